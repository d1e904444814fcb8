"""Who signed a file: the mechanisms of ``hal.token`` as CMS writes them, and the trust in signers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol

from hal.token import Certificate, Mechanism
from hal.token.certificates import mechanisms_of
from hal.token.signatures import STANDARD as CHECKED
from hal.token.signatures import verify
from station_core.container import names
from station_core.container.der import (
    CONTEXT,
    NULL,
    OCTETS,
    OID,
    SEQUENCE,
    SET,
    UTF8,
    Reader,
    integer,
    set_of,
    tlv,
)
from station_core.container.recipients import identity
from station_core.errors import MaterialsRefused

VERSION = integer(3)  # of a SignerInfo whose signer is named by subjectKeyIdentifier (RFC 5652 §5.3)


class Digest(Protocol):
    """A hash that is fed bit by bit."""

    def update(self, data: Any, /) -> object:
        """Take more bytes."""

    def digest(self) -> bytes:
        """Return the hash of all."""


Digests = Mapping[Mechanism, Callable[[], Digest]]
Verify = Callable[[bytes, bytes, bytes, bytes], bool]
"""``verify(key_id, certificate, data, signature)``."""

_SHA_256 = (tlv(SEQUENCE, names.SHA_256), tlv(SEQUENCE, names.SHA_256, tlv(NULL)))
_STREEBOG_256 = (tlv(SEQUENCE, names.STREEBOG_256), tlv(SEQUENCE, names.STREEBOG_256, tlv(NULL)))


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How CMS writes a mechanism. Of several forms the first is written, all are read."""

    mechanism: Mechanism
    signature: tuple[bytes, ...]
    digest: tuple[bytes, ...] = _SHA_256


ALGORITHMS = (
    Algorithm(
        Mechanism.RSA_PKCS_SHA256,
        (tlv(SEQUENCE, names.RSA_SHA_256, tlv(NULL)), tlv(SEQUENCE, names.RSA, tlv(NULL))),
    ),
    Algorithm(Mechanism.RSA_PSS_SHA256, names.RSA_PSS_SHA_256),
    Algorithm(Mechanism.ECDSA_P256_SHA256, (tlv(SEQUENCE, names.ECDSA_SHA_256),)),
    Algorithm(Mechanism.GOST_2012_256, (tlv(SEQUENCE, names.GOST_2012_256),), _STREEBOG_256),
    Algorithm(Mechanism.SIMULATED, (tlv(SEQUENCE, names.SIMULATED_SIGNATURE),)),
)
_BY_MECHANISM = {each.mechanism: each for each in ALGORITHMS}
_BY_SIGNATURE = {form: each for each in ALGORITHMS for form in each.signature}

SHA_256_DIGESTS: Digests = MappingProxyType(
    {each.mechanism: hashlib.sha256 for each in ALGORITHMS if each.digest is _SHA_256}
)
"""Hashes that Python has. Streebog for GOST has to be given by whoever has it."""


def algorithm_of(mechanism: Mechanism) -> Algorithm:
    """Return how CMS writes a mechanism."""
    return _BY_MECHANISM[mechanism]


@dataclass(frozen=True, slots=True)
class SignerKey:
    """The public side of a key that signs.

    Args:
        key_id: ``Certificate.key_id`` of the token; the subjectKeyIdentifier of the certificate.
        mechanism: How it signs.
        certificate: DER; empty in the simulation.
    """

    key_id: bytes
    mechanism: Mechanism
    certificate: bytes = b""

    @classmethod
    def of(cls, certificate: Certificate, mechanism: Mechanism) -> SignerKey:
        """Return the key that belongs to a certificate on a token.

        The signer's name is the certificate's own subjectKeyIdentifier, which any other software looks for,
        and not the number that the token files it under; they need not be the same.

        Raises:
            ValueError: What the token holds is no certificate.
        """
        return cls(identity(certificate), mechanism, certificate.der)


def mechanism_for(
    certificate: Certificate, offered: Iterable[Mechanism], known: Container[Mechanism]
) -> Mechanism | None:
    """Choose how a token signs a file.

    Args:
        certificate: Of the token.
        offered: What the token can do, with whichever of its keys.
        known: What can be checked.

    Returns:
        The first that fits the certificate's key and is known; ``None`` if there is none.

    Raises:
        ValueError: It is no certificate.
    """
    fitting = mechanisms_of(certificate)
    return next((each for each in offered if each in fitting and each in known), None)


def verify_standard(mechanism: Mechanism) -> Verify:
    """Return the verifier of a mechanism that ``hal.token.signatures`` knows."""

    def check(key_id: bytes, certificate: bytes, data: bytes, signature: bytes) -> bool:  # noqa: ARG001
        return verify(certificate, data, signature, mechanism)

    return check


STANDARD: Mapping[Mechanism, Verify] = MappingProxyType({each: verify_standard(each) for each in CHECKED})
"""Verifiers for RSA and ECDSA."""


@dataclass(frozen=True, slots=True, eq=False)
class Trust:
    """Whose signatures are taken, and how they are checked.

    Args:
        signers: key id → certificate (DER; empty in the simulation). Nobody else's signature counts,
            whatever certificates a file brings along.
        verifiers: How to check each mechanism; one that is not here is refused.
        digests: The hash of each mechanism.
    """

    signers: Mapping[bytes, bytes]
    verifiers: Mapping[Mechanism, Verify] = field(default_factory=lambda: STANDARD)
    digests: Digests = field(default_factory=lambda: SHA_256_DIGESTS)


# -- SignerInfo ----------------------------------------------------------------------------------------


def attributes(content_type: bytes, digest: bytes, label: bytes) -> list[bytes]:
    """Make the signed attributes (RFC 5652 §11 and our label), in the order of DER."""
    return sorted(
        [
            _content_type(content_type),
            tlv(SEQUENCE, names.MESSAGE_DIGEST, tlv(SET, tlv(OCTETS, digest))),
            tlv(SEQUENCE, names.LABEL, tlv(SET, tlv(UTF8, label))),
        ]
    )


@lru_cache(maxsize=8)
def _content_type(content_type: bytes) -> bytes:
    return tlv(SEQUENCE, names.CONTENT_TYPE, tlv(SET, content_type))


def signer_infos(signer: SignerKey, signed: list[bytes], signature: bytes) -> bytes:
    """Make the SET OF SignerInfo with the one signer."""
    algorithm = algorithm_of(signer.mechanism)
    return set_of(
        tlv(
            SEQUENCE,
            VERSION,
            tlv(CONTEXT, signer.key_id),
            algorithm.digest[0],
            tlv(0xA0, *signed),
            algorithm.signature[0],
            tlv(OCTETS, signature),
        )
    )


@dataclass(frozen=True, slots=True)
class Signed:
    """A SignerInfo that was read; nothing of it is known to be true before ``check``."""

    file: str
    key_id: bytes
    algorithm: Algorithm
    attributes: bytes
    content_type: bytes
    digest: bytes
    label: bytes | None
    signature: bytes

    def check(self, trust: Trust) -> None:
        """See that somebody who is trusted signed the attributes.

        Raises:
            MaterialsRefused: ``signer-unknown``, ``signature-unsupported`` or ``signature-wrong``.
        """
        certificate = trust.signers.get(self.key_id)
        who = self.key_id.hex()
        if certificate is None:
            raise MaterialsRefused(self.file, "signer-unknown", f"signerInfo.sid: {who}")
        mechanism = self.algorithm.mechanism
        verify = trust.verifiers.get(mechanism)
        # whoever has a certificate signs with its key: the model's signatures, which everybody can make,
        # count for identities of the model only
        if verify is None or (mechanism is Mechanism.SIMULATED) != (not certificate):
            raise MaterialsRefused(
                self.file, "signature-unsupported", f"signerInfo.signatureAlgorithm: {mechanism}"
            )
        if not verify(self.key_id, certificate, tlv(SET, self.attributes), self.signature):
            raise MaterialsRefused(self.file, "signature-wrong", f"signerInfo.signature: of {who}")


def read_signer_infos(element: bytes, file: str) -> Signed:
    """Read a SET OF SignerInfo that has to hold exactly one.

    Raises:
        MaterialsRefused: It is damaged, or holds what the format has no place for.
    """
    infos = Reader(element, file, "signerInfos").enter(SET, "set")
    info = infos.enter(SEQUENCE, "signerInfo")
    infos.leave()
    info.expect(VERSION, "version")
    key_id = info.take(CONTEXT, "sid")
    digest_algorithm = info.whole(SEQUENCE, "digestAlgorithm")
    signed = info.enter(0xA0, "signedAttrs")
    raw = signed.data[signed.at : signed.end]
    signature_algorithm = info.whole(SEQUENCE, "signatureAlgorithm")
    signature = info.take(OCTETS, "signature")
    info.leave()
    algorithm = _BY_SIGNATURE.get(signature_algorithm)
    if algorithm is None or digest_algorithm not in algorithm.digest:
        raise MaterialsRefused(file, "signature-unsupported", "signerInfo.signatureAlgorithm: unknown")
    found = _read_attributes(signed)
    content_type, digest = found.get(names.CONTENT_TYPE), found.get(names.MESSAGE_DIGEST)
    if content_type is None or digest is None:
        signed.refuse("contentType" if content_type is None else "messageDigest", "is missing")
    label = found.get(names.LABEL)
    return Signed(
        file=file,
        key_id=key_id,
        algorithm=algorithm,
        attributes=raw,
        content_type=content_type,
        digest=Reader(digest, file, "messageDigest").take(OCTETS, "value"),
        label=None if label is None else Reader(label, file, "label").take(UTF8, "value"),
        signature=signature,
    )


def _read_attributes(signed: Reader) -> dict[bytes, bytes]:
    """Return the value of each attribute; each has one, and there is one of each."""
    found: dict[bytes, bytes] = {}
    while signed.peek():
        attribute = signed.enter(SEQUENCE, "attribute")
        name = attribute.whole(OID, "type")
        if name in found:
            attribute.refuse("type", "comes twice")
        values = attribute.enter(SET, "values")
        attribute.leave()
        found[name] = values.whole(values.peek(), "value")
        values.leave()
    return found
