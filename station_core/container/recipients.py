"""For whom a package is encrypted, and who opens it.

The content of a package has a key of its own. That key is wrapped by the content key that comes with an
access key (``kekri``), or for the holder of a certificate, as the РЦОИ (``ktri`` for RSA, ``kari`` for
P-256).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hal.token import Certificate
from hal.token.certificates import long_names
from station_core.container import names
from station_core.container.der import CONTEXT, OCTETS, SEQUENCE, Reader, integer, tlv
from station_core.errors import MaterialsRefused

KEY_SIZE = 32
"""Bytes of every symmetric key here: AES-256."""

KTRI, KARI, KEKRI = SEQUENCE, 0xA1, 0xA2
BIT_STRING = 0x03

_OAEP = OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), None)
_SHARED_INFO = tlv(  # ECC-CMS-SharedInfo of RFC 5753: what the key is for, and its length in bits
    SEQUENCE, names.AES_256_WRAP, tlv(0xA2, tlv(OCTETS, (8 * KEY_SIZE).to_bytes(4, "big")))
)


class Recipient(Protocol):
    """Somebody whom a package is encrypted for."""

    def info(self, key: bytes) -> bytes:
        """Wrap the package's key; return the RecipientInfo."""


class Opener(Protocol):
    """Somebody who can open packages."""

    def open(self, infos: Reader) -> bytes:
        """Find the RecipientInfo that is ours and unwrap the package's key.

        Raises:
            MaterialsRefused: None is ours, or ours is damaged.
        """


def _each(infos: Reader) -> Iterator[tuple[int, Reader]]:
    number = 0
    while infos.peek():
        number += 1
        tag = infos.peek()
        yield tag, infos.enter(tag, f"recipient-{number}")


def _nobody(infos: Reader, detail: str) -> MaterialsRefused:
    return MaterialsRefused(infos.file, "not-for-this-recipient", f"{infos.field}: {detail}")


def _damaged(ours: Reader) -> MaterialsRefused:
    return MaterialsRefused(ours.file, "damaged", f"{ours.field}: the wrapped key does not open")


def _unwrapped(wrapping_key: bytes, wrapped: bytes) -> bytes:
    """Unwrap a key; return nothing if it does not open.

    The error goes no further: a traceback that shows variables would show the key.
    """
    try:
        return aes_key_unwrap(wrapping_key, wrapped)
    except (InvalidUnwrap, ValueError):
        return b""


def _right_size(key: bytes, ours: Reader) -> bytes:
    if len(key) != KEY_SIZE:
        raise _damaged(ours)
    return key


# -- the content key of the access keys ----------------------------------------------------------------


def content_key_id(content_key: bytes) -> bytes:
    """Return the public name of a content key: 16 bytes that tell nothing about it."""
    return hashlib.sha256(b"ppe-lab content key\0" + content_key).digest()[:16]


@dataclass(frozen=True, slots=True)
class ContentKeyRecipient:
    """Whoever gets the content key out of an access key [001:29].

    Args:
        content_key: 32 bytes.
    """

    content_key: bytes = field(repr=False)

    def info(self, key: bytes) -> bytes:
        """Wrap the package's key; return the KEKRecipientInfo (RFC 5652 §6.2.3, RFC 3394)."""
        return tlv(
            KEKRI,
            integer(4),
            tlv(SEQUENCE, tlv(OCTETS, content_key_id(self.content_key))),
            names.AES_256_WRAP,
            tlv(OCTETS, aes_key_wrap(self.content_key, key)),
        )


@dataclass(frozen=True, slots=True)
class ContentKeyOpener:
    """Opens with the content key.

    Args:
        content_key: As it came out of the token; any length, since it comes from outside.
        key_id: The package's name of its content key; by default the one that we give it.
    """

    content_key: bytes = field(repr=False)
    key_id: bytes | None = None

    def open(self, infos: Reader) -> bytes:
        """Unwrap the package's key.

        Raises:
            MaterialsRefused: ``wrong-content-key`` where the package names another one.
        """
        wanted = self.key_id or content_key_id(self.content_key)
        named = []
        for tag, info in _each(infos):
            if tag != KEKRI:
                continue
            info.expect(integer(4), "version")
            key_id = info.enter(SEQUENCE, "kekid")
            name = key_id.take(OCTETS, "keyIdentifier")
            key_id.leave()
            info.expect(names.AES_256_WRAP, "keyEncryptionAlgorithm")
            wrapped = info.take(OCTETS, "encryptedKey")
            info.leave()
            if name != wanted:
                named.append(name.hex())
            else:
                return _right_size(_unwrapped(self.content_key, wrapped), info)
        if named:
            detail = f"{infos.field}: {', '.join(named)}, here {wanted.hex()}"
            raise MaterialsRefused(infos.file, "wrong-content-key", detail)
        raise _nobody(infos, "no content key opens it")


# -- holders of certificates ---------------------------------------------------------------------------


@lru_cache(maxsize=64)
def certificate_of(der: bytes) -> x509.Certificate:
    """Read a certificate that is trusted.

    Raises:
        ValueError: It is none.
    """
    return x509.load_der_x509_certificate(der)


@lru_cache(maxsize=64)
def key_id_of(der: bytes) -> bytes:
    """Return the subjectKeyIdentifier of a certificate, computed where it has none (RFC 5280 §4.2.1.2).

    Raises:
        ValueError: It is no certificate.
    """
    certificate = certificate_of(der)
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        try:
            public = certificate.public_key()
        except UnsupportedAlgorithm as error:  # a GOST key
            raise ValueError(f"the certificate names no key and its own is unknown: {error}") from error
        return x509.SubjectKeyIdentifier.from_public_key(public).digest


def identity(certificate: Certificate) -> bytes:
    """Return what names the owner of a key to others.

    ``CKA_ID`` does not: it tells the keys of one token apart, and two tokens may hold the same.

    Raises:
        ValueError: See :func:`key_id_of`.
    """
    return key_id_of(certificate.der) if certificate.der else certificate.key_id


class CertificateRecipient:
    """The holder of a certificate with an RSA or P-256 key, as the РЦОИ [001:198, 204].

    Args:
        certificate: DER.

    Raises:
        ValueError: It is no certificate, or its key is of another kind.
    """

    def __init__(self, certificate: bytes) -> None:
        self.key_id = key_id_of(certificate)
        try:
            self._public = certificate_of(certificate).public_key()
        except UnsupportedAlgorithm as error:
            raise ValueError(f"the certificate's key cannot be encrypted for: {error}") from error
        if not isinstance(self._public, rsa.RSAPublicKey) and not (
            isinstance(self._public, ec.EllipticCurvePublicKey) and self._public.curve.name == "secp256r1"
        ):
            raise ValueError("the certificate's key is neither RSA nor on the curve P-256")

    def info(self, key: bytes) -> bytes:
        """Wrap the package's key; return the RecipientInfo (RFC 5652 §6.2.1, RFC 4055; RFC 5753)."""
        if isinstance(self._public, rsa.RSAPublicKey):
            return _key_transport(self.key_id, names.RSA_OAEP_SHA_256[0], self._public.encrypt(key, _OAEP))
        assert isinstance(self._public, ec.EllipticCurvePublicKey)  # noqa: S101 - __init__ has seen to it
        ours = ec.generate_private_key(self._public.curve)
        point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return tlv(
            KARI,
            integer(3),
            tlv(0xA0, tlv(0xA1, tlv(SEQUENCE, names.EC_PUBLIC_KEY), tlv(BIT_STRING, b"\0", point))),
            names.ECDH_SHA_256,
            tlv(
                SEQUENCE,
                tlv(
                    SEQUENCE,
                    tlv(0xA0, tlv(OCTETS, self.key_id)),
                    tlv(OCTETS, aes_key_wrap(_agreed(ours, self._public), key)),
                ),
            ),
        )


def _agreed(private: ec.EllipticCurvePrivateKey, public: ec.EllipticCurvePublicKey) -> bytes:
    shared = private.exchange(ec.ECDH(), public)
    return X963KDF(hashes.SHA256(), KEY_SIZE, _SHARED_INFO).derive(shared)


def _key_transport(key_id: bytes, algorithm: bytes, wrapped: bytes) -> bytes:
    return tlv(KTRI, integer(2), tlv(CONTEXT, key_id), algorithm, tlv(OCTETS, wrapped))


class PrivateKeyOpener:
    """Opens with a private key that lies in memory: the РЦОИ's.

    Args:
        certificate: DER.
        key: The key that belongs to it.

    Raises:
        ValueError: It is no certificate, or the key belongs to another one.
    """

    def __init__(self, certificate: bytes, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
        parsed = certificate_of(certificate)
        if parsed.public_key() != key.public_key():
            raise ValueError("the private key does not belong to the certificate")
        self._key = key
        self._key_id = key_id_of(certificate)
        serial = parsed.serial_number
        with long_names():
            issuer = parsed.issuer.public_bytes()
        self._issuer_and_serial = tlv(SEQUENCE, issuer, integer(serial))

    def open(self, infos: Reader) -> bytes:
        """Unwrap the package's key.

        Raises:
            MaterialsRefused: It is not for this certificate, or damaged.
        """
        for tag, info in _each(infos):
            key = None
            if tag == KTRI and isinstance(self._key, rsa.RSAPrivateKey):
                key = self._transported(info, self._key)
            elif tag == KARI and isinstance(self._key, ec.EllipticCurvePrivateKey):
                key = self._agreed(info, self._key)
            if key is not None:
                return _right_size(key, info)
        raise _nobody(infos, f"the certificate {self._key_id.hex()} is not among the recipients")

    def _transported(self, info: Reader, private: rsa.RSAPrivateKey) -> bytes | None:
        version = info.whole(0x02, "version")
        ours = info.whole(info.peek(), "rid") in (tlv(CONTEXT, self._key_id), self._issuer_and_serial)
        if not ours:
            return None
        if version not in (integer(2), integer(0)):
            info.refuse("version", "unknown")
        if info.whole(SEQUENCE, "keyEncryptionAlgorithm") not in names.RSA_OAEP_SHA_256:
            info.refuse("keyEncryptionAlgorithm", "is not RSA-OAEP with SHA-256")
        wrapped = info.take(OCTETS, "encryptedKey")
        info.leave()
        try:
            return private.decrypt(wrapped, _OAEP)
        except ValueError as error:
            raise _damaged(info) from error

    def _agreed(self, info: Reader, private: ec.EllipticCurvePrivateKey) -> bytes | None:
        info.expect(integer(3), "version")
        originator = info.enter(0xA0, "originator").enter(0xA1, "originatorKey")
        originator.enter(SEQUENCE, "algorithm").expect(names.EC_PUBLIC_KEY, "algorithm")
        point = originator.take(BIT_STRING, "publicKey")
        originator.leave()
        info.expect(names.ECDH_SHA_256, "keyEncryptionAlgorithm")
        keys = info.enter(SEQUENCE, "recipientEncryptedKeys")
        info.leave()
        while keys.peek():
            each = keys.enter(SEQUENCE, "recipientEncryptedKey")
            rid = each.whole(each.peek(), "rid")
            wrapped = each.take(OCTETS, "encryptedKey")
            each.leave()
            if rid in (tlv(0xA0, tlv(OCTETS, self._key_id)), self._issuer_and_serial):
                try:
                    public = ec.EllipticCurvePublicKey.from_encoded_point(private.curve, point[1:])
                except ValueError as error:
                    raise _damaged(info) from error
                return _unwrapped(_agreed(private, public), wrapped)
        return None


# -- the model -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SimulatedRecipient:
    """A recipient of the simulation: identity, not security.

    Args:
        key_id: Who.
        wrap: Seals a key for that identity: ``wrap(key_id, key)``.
    """

    key_id: bytes
    wrap: Callable[[bytes, bytes], bytes]

    def info(self, key: bytes) -> bytes:
        """Seal the package's key; return a KeyTransRecipientInfo with an algorithm of ours."""
        return _key_transport(self.key_id, names.SIMULATED_TRANSPORT, self.wrap(self.key_id, key))


@dataclass(frozen=True, slots=True)
class SimulatedOpener:
    """Opens what was sealed for a :class:`SimulatedRecipient`.

    Args:
        key_id: Who.
        unwrap: Opens what was sealed; raises ``ValueError`` where it does not fit.
    """

    key_id: bytes
    unwrap: Callable[[bytes], bytes] = field(repr=False)

    def open(self, infos: Reader) -> bytes:
        """Unseal the package's key.

        Raises:
            MaterialsRefused: It is not for this identity, or damaged.
        """
        for tag, info in _each(infos):
            if tag != KTRI:
                continue
            info.expect(integer(2), "version")
            if not hmac.compare_digest(info.take(CONTEXT, "rid"), self.key_id):
                continue
            info.expect(names.SIMULATED_TRANSPORT, "keyEncryptionAlgorithm")
            sealed = info.take(OCTETS, "encryptedKey")
            info.leave()
            try:
                return _right_size(self.unwrap(sealed), info)
            except ValueError as error:
                raise _damaged(info) from error
        raise _nobody(infos, f"{self.key_id.hex()} is not among the recipients")
