"""Content keys for the owner of a certificate: the side without a token.

:func:`wrap` makes what ``Token.unwrap`` opens. The format, version 1; all lengths in bytes:

======== ====== =====================================================================================
offset   length
======== ====== =====================================================================================
0        1      version, 1
1        1      kind: 1 for RSA, 2 for elliptic curves
2        32     recipient: SHA-256 of the SubjectPublicKeyInfo of the certificate (DER)
34       …      what the kind says
======== ====== =====================================================================================

* Kind 1, RSA: RSAES-OAEP (RFC 8017) of the content key with SHA-1, MGF1 with SHA-1 and an empty label, as
  long as the
  modulus. SHA-1 because it is what tokens and SoftHSM 2.6 offer; OAEP does not need it to resist collisions.
* Kind 2, NIST P-256: 65 bytes, an ephemeral public key as uncompressed point; then the content key wrapped
  with AES-256
  (RFC 3394). The key for that is made from the x coordinate of the shared point (32 bytes) by the KDF of
  ANSI X9.63 with SHA-256, whose SharedInfo is ``b"ppelab wrap 1"`` + recipient + the ephemeral point.

A content key is 16, 24 or 32 bytes long.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hal.token.certificates import public_key_info

VERSION = 1
RSA, EC = 1, 2
KEY_LENGTHS = (16, 24, 32)

_HEAD = 2 + 32
_POINT = 65
_LABEL = b"ppelab wrap 1"
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303 - see the module's text


class BadWrapping(ValueError):
    """The bytes are no wrapped content key, or they are damaged."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A wrapped content key, taken apart.

    Attributes:
        kind: ``RSA`` or ``EC``.
        recipient: Whom it is for, see :func:`recipient_of`.
        body: For RSA what goes to the token; for EC the wrapped key.
        point: The ephemeral public key; empty for RSA.
    """

    kind: int
    recipient: bytes
    body: bytes
    point: bytes = b""


def recipient_of(certificate_der: bytes) -> bytes:
    """Return the 32 bytes that name a recipient.

    Raises:
        ValueError: It is no certificate with a known key.
    """
    return hashlib.sha256(public_key_info(certificate_der)).digest()


def wrap(certificate_der: bytes, content_key: bytes) -> bytes:
    """Wrap a content key of 16, 24 or 32 bytes for the owner of the certificate.

    Raises:
        ValueError: It is no certificate, its key is neither RSA nor P-256, or the content key has another
        length.
    """
    if len(content_key) not in KEY_LENGTHS:
        raise ValueError(f"a content key has 16, 24 or 32 bytes, not {len(content_key)}")
    recipient = recipient_of(certificate_der)
    key = x509.load_der_x509_certificate(certificate_der).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return bytes((VERSION, RSA)) + recipient + key.encrypt(content_key, _OAEP)
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        ephemeral = ec.generate_private_key(key.curve)
        point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        shared = ephemeral.exchange(ec.ECDH(), key)
        body = aes_key_wrap(_key_encryption_key(shared, recipient, point), content_key)
        return bytes((VERSION, EC)) + recipient + point + body
    raise ValueError("content keys are wrapped for RSA and P-256 only")


def parse(wrapped: bytes) -> Wrapped:
    """Take a wrapped content key apart.

    Raises:
        BadWrapping: It is none of this version.
    """
    if len(wrapped) <= _HEAD or wrapped[0] != VERSION:
        raise BadWrapping("no wrapped content key of version 1")
    kind, recipient, rest = wrapped[1], wrapped[2:_HEAD], wrapped[_HEAD:]
    if kind == RSA:
        return Wrapped(kind, recipient, rest)
    if kind != EC:
        raise BadWrapping(f"kind {kind} is not known")
    point, body = rest[:_POINT], rest[_POINT:]
    if len(body) not in {length + 8 for length in KEY_LENGTHS}:  # RFC 3394 adds 8 bytes
        raise BadWrapping(f"{len(wrapped)} bytes are no whole key")
    try:
        # a point that is not on the curve could make the token tell about its key
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise BadWrapping("the ephemeral key is no point of the curve") from error
    return Wrapped(kind, recipient, body, point)


def finish_ec(shared: bytes, wrapped: Wrapped) -> bytes:
    """Return the content key, given the shared x coordinate (32 bytes) that the token has derived.

    Raises:
        BadWrapping: It does not open.
    """
    try:
        return aes_key_unwrap(_key_encryption_key(shared, wrapped.recipient, wrapped.point), wrapped.body)
    except (InvalidUnwrap, ValueError) as error:
        raise BadWrapping("the key does not open") from error


def _key_encryption_key(shared: bytes, recipient: bytes, point: bytes) -> bytes:
    return X963KDF(hashes.SHA256(), 32, _LABEL + recipient + point).derive(shared)
