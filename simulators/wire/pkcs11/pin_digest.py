"""What a served token knows of a PIN: enough to compare, and nothing that could be shown."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from hal.secret import Secret
from simulators.token import Pin

SALT_BYTES, DIGEST_BYTES = 16, 32


@dataclass(frozen=True, slots=True)
class PinDigest:
    """A salted digest of a PIN (scrypt, RFC 7914, some milliseconds).

    It keeps the PIN out of files and out of sight; eight digits can be found by trying, as anybody could who
    has the keys that lie beside it.
    """

    salt: bytes
    digest: bytes = field(repr=False)

    @classmethod
    def of(cls, pin: Pin) -> PinDigest:
        """Make it of a PIN; a digest stays what it is.

        Raises:
            TypeError: It is something else that only compares.
        """
        if isinstance(pin, cls):
            return pin
        if not isinstance(pin, Secret):
            raise TypeError(type(pin).__name__)
        salt = secrets.token_bytes(SALT_BYTES)
        return cls(salt, _digest(pin, salt))

    def matches(self, other: Secret) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.digest, _digest(other, self.salt))


def _digest(pin: Secret, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.reveal().encode(), salt=salt, n=2**10, r=8, p=1, dklen=DIGEST_BYTES)
