"""Keys of a token, and what it does with them: signatures, encryption, agreement, wrapping.

RSA, elliptic curves and AES come from ``cryptography``, GOST from :mod:`simulators.crypto.gost`. "Raw" RSA is
done here with Python's integers: ``cryptography`` has no signature without a digest of its own making.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from simulators.crypto import der, gost

RSA_BITS = 2048
P256_DER = der.oid("1.2.840.10045.3.1.7")
P256_SIGNATURE_BYTES = 64

HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class CannotDo(ValueError):
    """The data does not fit the key or the algorithm."""


@dataclass(frozen=True, slots=True)
class Pss:
    """How RSA-PSS pads: digest, digest of the mask, salt in bytes."""

    hash: str
    mask: str
    salt: int

    def padding(self) -> padding.PSS:
        """Return it as ``cryptography`` wants it."""
        return padding.PSS(padding.MGF1(HASHES[self.mask]()), self.salt)


@dataclass(frozen=True, slots=True)
class Oaep:
    """How RSA-OAEP pads: digest, digest of the mask, label."""

    hash: str
    mask: str
    label: bytes = b""

    def padding(self) -> padding.OAEP:
        """Return it as ``cryptography`` wants it."""
        return padding.OAEP(padding.MGF1(HASHES[self.mask]()), HASHES[self.hash](), self.label or None)


class RsaPublic:
    """A public RSA key."""

    def __init__(self, key: rsa.RSAPublicKey) -> None:
        self.key = key
        self.numbers = key.public_numbers()
        self.size = (key.key_size + 7) // 8
        """Of a block, in bytes."""

    def spki(self) -> bytes:
        """Return the SubjectPublicKeyInfo."""
        return self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def raw(self, block: bytes) -> bytes:
        """Raise a block to the public exponent."""
        number = int.from_bytes(block, "big")
        if len(block) != self.size or number >= self.numbers.n:
            raise CannotDo("the block does not fit the key")
        return pow(number, self.numbers.e, self.numbers.n).to_bytes(self.size, "big")

    def opens(self, signature: bytes, block: bytes) -> bool:
        """Whether a signature is that of a block."""
        try:
            return self.raw(signature) == block
        except CannotDo:
            return False

    def verify_pkcs1(self, message: bytes, signature: bytes) -> bool:
        """Check a signature of a message that was padded as type 1 (RFC 8017, 9.2, steps 3 to 6)."""
        return self.opens(signature, _padded(message, self.size))

    def verify_pss(self, digest: bytes, signature: bytes, pss: Pss) -> bool:
        """Check a PSS signature of a digest."""
        try:
            self.key.verify(signature, digest, pss.padding(), utils.Prehashed(HASHES[pss.hash]()))
        except InvalidSignature:
            return False
        return True

    def encrypt_pkcs1(self, data: bytes) -> bytes:
        """Encrypt with padding of type 2."""
        if len(data) > self.size - 11:
            raise CannotDo("too long for this key")
        return self.key.encrypt(data, padding.PKCS1v15())

    def encrypt_oaep(self, data: bytes, oaep: Oaep) -> bytes:
        """Encrypt with OAEP."""
        try:
            return self.key.encrypt(data, oaep.padding())
        except ValueError as error:
            raise CannotDo("too long for this key") from error


def _padded(message: bytes, size: int) -> bytes:
    if len(message) > size - 11:
        raise CannotDo("too long for this key")
    return b"\0\1" + b"\xff" * (size - 3 - len(message)) + b"\0" + message


class RsaPrivate:
    """A private RSA key; made anew by default."""

    def __init__(self, key: rsa.RSAPrivateKey | None = None, bits: int = RSA_BITS) -> None:
        self.key = key or rsa.generate_private_key(65537, bits)
        self.public = RsaPublic(self.key.public_key())

    def raw(self, block: bytes) -> bytes:
        """Raise a block to the private exponent (RFC 8017, 5.1.2, with the two primes)."""
        number = int.from_bytes(block, "big")
        if len(block) != self.public.size or number >= self.public.numbers.n:
            raise CannotDo("the block does not fit the key")
        private = self.key.private_numbers()
        one, two = pow(number, private.dmp1, private.p), pow(number, private.dmq1, private.q)
        whole = two + private.q * ((one - two) * private.iqmp % private.p)
        return whole.to_bytes(self.public.size, "big")

    def sign_pkcs1(self, message: bytes) -> bytes:
        """Sign a message (a DigestInfo, as a rule) with padding of type 1."""
        return self.raw(_padded(message, self.public.size))

    def sign_pss(self, digest: bytes, pss: Pss) -> bytes:
        """Sign a digest with PSS."""
        try:
            return self.key.sign(digest, pss.padding(), utils.Prehashed(HASHES[pss.hash]()))
        except ValueError as error:
            raise CannotDo("the digest or the salt has the wrong length") from error

    def decrypt_pkcs1(self, data: bytes) -> bytes:
        """Decrypt padding of type 2; wrong padding is told, as a token does, not hidden as OpenSSL does."""
        block = self.raw(data)
        end = block.find(0, 2)
        if block[:2] != b"\0\2" or end < 10:
            raise CannotDo("encrypted for another key, or damaged")
        return block[end + 1 :]

    def decrypt_oaep(self, data: bytes, oaep: Oaep) -> bytes:
        """Decrypt OAEP."""
        try:
            return self.key.decrypt(data, oaep.padding())
        except ValueError as error:
            raise CannotDo("encrypted for another key, or damaged") from error


class EcPublic:
    """A public key on P-256."""

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        self.key = key

    @classmethod
    def of(cls, point: bytes) -> EcPublic:
        """Make it of an uncompressed point, bare or within an OCTET STRING.

        Raises:
            CannotDo: That is no point of the curve.
        """
        if len(point) > 65 and point[0] == der.OCTET_STRING:
            point = point[2:]
        try:
            return cls(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
        except ValueError as error:
            raise CannotDo("not a point of P-256") from error

    def point(self) -> bytes:
        """Return the uncompressed point."""
        return self.key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def spki(self) -> bytes:
        """Return the SubjectPublicKeyInfo."""
        return self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Check a signature (r and s) of a digest."""
        if len(signature) != P256_SIGNATURE_BYTES:
            return False
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        try:
            algorithm = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
            self.key.verify(utils.encode_dss_signature(r, s), _digest_32(digest), algorithm)
        except InvalidSignature:
            return False
        return True


def _digest_32(digest: bytes) -> bytes:
    """Bring a digest to the 256 bits of the curve (SEC 1, 4.1.3, step 5): the leftmost bits count."""
    return digest[:32].rjust(32, b"\0")


class EcPrivate:
    """A private key on P-256; made anew by default."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.public = EcPublic(self.key.public_key())

    def sign(self, digest: bytes) -> bytes:
        """Sign a digest; the signature is r and s, 32 bytes each (PKCS#11 v2.40, 2.3.1)."""
        signature = self.key.sign(_digest_32(digest), ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        r, s = utils.decode_dss_signature(signature)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def agree(self, other: EcPublic) -> bytes:
        """Return the shared secret of a Diffie-Hellman agreement: the x coordinate."""
        return self.key.exchange(ec.ECDH(), other.key)


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A symmetric key."""

    value: bytes

    @classmethod
    def random(cls, size: int) -> SecretKey:
        """Make one of that many bytes."""
        return cls(secrets.token_bytes(size))


PrivateKey = RsaPrivate | EcPrivate | gost.GostPrivateKey
PublicKey = RsaPublic | EcPublic | gost.GostPublicKey
Key = PrivateKey | PublicKey | SecretKey


def spki(public: PublicKey) -> bytes:
    """Return the SubjectPublicKeyInfo of any public key; for GOST as RFC 9215 says."""
    if not isinstance(public, gost.GostPublicKey):
        return public.spki()
    parameters = der.sequence(der.oid(gost.OID_CURVE), der.oid(gost.OID_DIGEST))
    algorithm = der.sequence(der.oid(gost.OID_KEY), parameters)
    return der.sequence(algorithm, der.bits(der.octets(public.value)))


def key_id(public: PublicKey) -> bytes:
    """Return what ``CKA_ID`` holds: SHA-1 of the public key, as most programs make it."""
    return hashlib.sha1(spki(public), usedforsecurity=False).digest()


def another(private: PrivateKey) -> PrivateKey:
    """Make another private key of the same kind."""
    make: Callable[[], PrivateKey] = type(private)
    return make()
