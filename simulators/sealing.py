"""A model of public-key cryptography: **identity, not security**.

A scenario asks "does this key open for that member's token?" and "who signed this?". The model answers
both exactly, at the cost of one BLAKE2 per call, and needs no cryptographic library. It protects nothing:
whoever knows the public identity of a recipient can compute the secret that belongs to it. Real containers
and signatures come with the real token driver.

>>> anna, boris = recipient_id("1000000001"), recipient_id("1000000002")
>>> sealed = seal(anna, b"content key")
>>> unseal(secret_of(anna), sealed)
b'content key'
>>> unseal(secret_of(boris), sealed)
Traceback (most recent call last):
...
simulators.sealing.SealedForOther: sealed for another recipient, or damaged
"""

from __future__ import annotations

import hashlib
import hmac

_TAG_SIZE = 16
_BLOCK_SIZE = 64


class SealedForOther(ValueError):
    """The data was sealed for another recipient, or is damaged."""

    def __init__(self) -> None:
        super().__init__("sealed for another recipient, or damaged")


def recipient_id(serial: str) -> bytes:
    """Return the public identity of the key pair on the token with that serial number: 20 bytes."""
    return hashlib.blake2b(serial.encode(), digest_size=20, person=b"ppelab-identity").digest()


def secret_of(recipient: bytes) -> bytes:
    """Return what stands for the private key of that identity."""
    return hashlib.blake2b(recipient, digest_size=32, person=b"ppelab-secret").digest()


def seal(recipient_id: bytes, content_key: bytes) -> bytes:
    """Wrap a content key for one recipient.

    Args:
        recipient_id: ``Certificate.key_id`` of the recipient's token.
        content_key: Any bytes.
    """
    secret = secret_of(recipient_id)
    return _tag(secret, content_key) + _mask(secret, content_key)


def unseal(secret: bytes, sealed: bytes) -> bytes:
    """Unwrap with the recipient's secret.

    Raises:
        SealedForOther: It does not fit, or the data is damaged.
    """
    tag, masked = sealed[:_TAG_SIZE], sealed[_TAG_SIZE:]
    content_key = _mask(secret, masked)
    if not hmac.compare_digest(tag, _tag(secret, content_key)):
        raise SealedForOther
    return content_key


def sign(secret: bytes, data: bytes) -> bytes:
    """Sign data: 64 bytes."""
    return hashlib.blake2b(data, key=secret, person=b"ppelab-sign").digest()


def verify(signer_id: bytes, data: bytes, signature: bytes) -> bool:
    """Say whether the owner of that identity signed exactly this."""
    return hmac.compare_digest(signature, sign(secret_of(signer_id), data))


def _tag(secret: bytes, content_key: bytes) -> bytes:
    return hashlib.blake2b(content_key, digest_size=_TAG_SIZE, key=secret, person=b"ppelab-tag").digest()


def _mask(secret: bytes, data: bytes) -> bytes:
    """Add a keystream; doing it twice gives the data back."""
    blocks = -(-len(data) // _BLOCK_SIZE)
    stream = b"".join(
        hashlib.blake2b(number.to_bytes(8, "big"), key=secret, person=b"ppelab-mask").digest()
        for number in range(blocks)
    )
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))
