"""The real keys of one token, as ``simulators.token.KeyStore``, and the material that the wire face shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509

from hal.token import Certificate, Mechanism
from simulators.crypto import gost
from simulators.crypto.certificates import Authority, Period
from simulators.crypto.keys import (
    CannotDo,
    EcPrivate,
    Oaep,
    PrivateKey,
    Pss,
    RsaPrivate,
    SecretKey,
    another,
    key_id,
)
from simulators.profile_types import TokenProfile
from simulators.sealing import SealedForOther

_MAKERS: Mapping[str, type[PrivateKey]] = {"rsa": RsaPrivate, "ec": EcPrivate, "gost": gost.GostPrivateKey}
_MECHANISMS: Mapping[type[PrivateKey], tuple[Mechanism, ...]] = {
    RsaPrivate: (Mechanism.RSA_PSS_SHA256, Mechanism.RSA_PKCS_SHA256),
    EcPrivate: (Mechanism.ECDSA_P256_SHA256,),
    gost.GostPrivateKey: (Mechanism.GOST_2012_256,),
}
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a SHA-256 digest in a DigestInfo (RFC 8017, 9.2, note 1)."""
PSS_SHA256 = Pss("sha256", "sha256", 32)
AES_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key pair with its certificate (DER)."""

    id: bytes
    label: str
    private: PrivateKey
    certificate: bytes


class RealKeys:
    """Real keys of a token.

    Args:
        owner: "Фамилия Имя, член ГЭК", the subject of the certificates.
        pairs: Key pairs with their certificates, the RSA one first.
        stored: Certificates without a key.
        secret: A symmetric key.
    """

    def __init__(
        self,
        owner: str,
        pairs: tuple[KeyPair, ...],
        stored: tuple[bytes, ...] = (),
        secret: SecretKey | None = None,
    ) -> None:
        self.owner = owner
        self.pairs = pairs
        self.stored = stored
        self.secret = secret
        self._strangers: dict[bytes, PrivateKey] = {}
        self.mechanisms = tuple(each for pair in pairs for each in _MECHANISMS[type(pair.private)])

    @classmethod
    def new(
        cls, owner: str, profile: TokenProfile, authority: Authority, period: Period | None = None
    ) -> RealKeys:
        """Make one pair for each algorithm of a profile, each with a certificate.

        A token that computes nothing (Рутокен Lite) holds the certificate of an RSA key and not the key:
        programs keep keys on it in formats of their own.

        Args:
            owner: The subject of the certificates.
            profile: Which model it is.
            authority: Issues the certificates.
            period: When they are valid; as the authority's own by default.
        """
        pairs: list[KeyPair] = []
        for algorithm in profile.algorithms:
            if algorithm in _MAKERS:
                private = _MAKERS[algorithm]()
                certificate = authority.issue(owner, private.public, period)
                pairs.append(KeyPair(key_id(private.public), f"{owner} ({algorithm})", private, certificate))
        stored = () if profile.can_sign else (authority.issue(owner, RsaPrivate().public, period),)
        secret = SecretKey.random(AES_BYTES) if "aes" in profile.algorithms else None
        return cls(owner, tuple(pairs), stored, secret)

    def certificates(self) -> tuple[Certificate, ...]:
        """List the certificates, the RSA one first."""
        found = [(pair.id, pair.certificate) for pair in self.pairs]
        found += [(stored_id(certificate), certificate) for certificate in self.stored]
        return tuple(self._certificate(*each) for each in found)

    def _certificate(self, key: bytes, der: bytes) -> Certificate:
        parsed = x509.load_der_x509_certificate(der)
        return Certificate(key, self.owner, parsed.not_valid_before_utc, parsed.not_valid_after_utc, der)

    def private(self, key: bytes, *, foreign: bool = False) -> PrivateKey:
        """Return a private key.

        Args:
            key: Its ``CKA_ID``.
            foreign: Return the key of a stranger in its place, always the same one.

        Raises:
            LookupError: There is none.
        """
        for pair in self.pairs:
            if pair.id == key:
                if not foreign:
                    return pair.private
                if key not in self._strangers:
                    self._strangers[key] = another(pair.private)
                return self._strangers[key]
        raise LookupError(key.hex())

    def sign(self, key_id: bytes, data: bytes, mechanism: Mechanism, *, foreign: bool) -> bytes:
        """Sign data.

        Raises:
            LookupError: No such key, or not for this mechanism.
        """
        private = self.private(key_id, foreign=foreign)
        if mechanism not in _MECHANISMS[type(private)]:
            raise LookupError(f"{key_id.hex()} does not sign with {mechanism.value}")
        if isinstance(private, gost.GostPrivateKey):
            return private.sign(gost.digest(data))
        digest = hashlib.sha256(data).digest()
        if isinstance(private, EcPrivate):
            return private.sign(digest)
        if mechanism is Mechanism.RSA_PSS_SHA256:
            return private.sign_pss(digest, PSS_SHA256)
        return private.sign_pkcs1(SHA256_INFO + digest)

    def unwrap(self, key_id: bytes, wrapped: bytes, *, foreign: bool) -> bytes:
        """Open a content key that was encrypted with RSA-OAEP, under SHA-256 or else SHA-1.

        Raises:
            LookupError: No such key, or it is no RSA key.
            SealedForOther: It was encrypted for another key, or is damaged.
        """
        private = self.private(key_id, foreign=foreign)
        if not isinstance(private, RsaPrivate):
            raise LookupError(f"{key_id.hex()} opens nothing")  # noqa: TRY004 - as for a key that is missing
        for digest in ("sha256", "sha1"):
            try:
                return private.decrypt_oaep(wrapped, Oaep(digest, digest))
            except CannotDo:
                continue
        raise SealedForOther


def stored_id(certificate: bytes) -> bytes:
    """Return the ``CKA_ID`` of a certificate that has no key on the token."""
    return hashlib.sha1(certificate, usedforsecurity=False).digest()
