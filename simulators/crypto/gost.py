"""GOST R 34.10-2012 with 256-bit keys and GOST R 34.11-2012 (Стрибог), by the library ``gostcrypto``.

Byte orders follow RFC 9215 and what Рутокен's module gives out: a public key is x and y, a private key one
number, all little-endian; a signature is s and r, big-endian; a digest as GOST R 34.11 writes it. OpenSSL's
GOST engine agrees (``tests/peers/test_virtual_token_gost.py``).

The library is pure Python and slow, the digest above all. Run it in a worker thread.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from gostcrypto import gosthash, gostsignature

OID_KEY = "1.2.643.7.1.1.1.1"
OID_SIGNATURE = "1.2.643.7.1.1.3.2"
OID_DIGEST = "1.2.643.7.1.1.2.2"
OID_CURVE = "1.2.643.2.2.35.1"
"""id-GostR3410-2001-CryptoPro-A-ParamSet, the usual curve of Рутокен; the same as TC 26's 256-paramSetB."""

DIGEST_BYTES, SIGNATURE_BYTES = 32, 64
_HALF, _BLOCK = 32, 64
_CURVE: Mapping[str, int] = gostsignature.CURVES_R_1323565_1_024_2019["id-tc26-gost-3410-2012-256-paramSetB"]


def _scheme() -> gostsignature.GOST34102012:
    return gostsignature.new(gostsignature.MODE_256, _CURVE)


class Digest:
    """GOST R 34.11-2012 with 256 bits, in parts.

    The library (1.2.5) counts a part twice when it completes a block of 64 bytes exactly, so it only gets
    whole blocks, and what is left over at the end.
    """

    def __init__(self) -> None:
        self._hash = gosthash.new("streebog256")
        self._rest = b""

    def update(self, data: bytes) -> None:
        """Add data."""
        data = self._rest + data
        whole = len(data) - len(data) % _BLOCK
        self._rest = data[whole:]
        if whole:
            self._hash.update(bytearray(data[:whole]))

    def finalize(self) -> bytes:
        """Return the digest; once."""
        self._hash.update(bytearray(self._rest))
        return bytes(self._hash.digest())


def digest(data: bytes) -> bytes:
    """Return the GOST R 34.11-2012 digest, 256 bits."""
    whole = Digest()
    whole.update(data)
    return whole.finalize()


class GostPublicKey:
    """A public key.

    Args:
        value: x and y, little-endian, 64 bytes.

    Raises:
        ValueError: That is no point of the curve.
    """

    def __init__(self, value: bytes) -> None:
        if len(value) != 2 * _HALF:
            raise ValueError("a GOST R 34.10-2012 public key of 256 bits has 64 bytes")
        x, y = (int.from_bytes(half, "little") for half in (value[:_HALF], value[_HALF:]))
        p = _CURVE["p"]
        if not (x < p and y < p and (y * y - x * x * x - _CURVE["a"] * x - _CURVE["b"]) % p == 0):
            raise ValueError("not a point of the curve")
        self.value = value

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Check a signature of a digest of 32 bytes."""
        if len(digest) != DIGEST_BYTES or len(signature) != SIGNATURE_BYTES:
            return False
        point = bytearray(self.value[:_HALF][::-1] + self.value[_HALF:][::-1])
        s, r = signature[:_HALF], signature[_HALF:]
        return bool(_scheme().verify(point, bytearray(digest[::-1]), bytearray(r + s)))


class GostPrivateKey:
    """A private key.

    Args:
        number: Between 0 and the order of the curve; a random one by default.
    """

    def __init__(self, number: int | None = None) -> None:
        self._number = number or 1 + secrets.randbelow(_CURVE["q"] - 1)
        point = bytes(_scheme().public_key_generate(self._bytes()))
        self.public = GostPublicKey(point[:_HALF][::-1] + point[_HALF:][::-1])

    def _bytes(self) -> bytearray:
        # the library overwrites what it is given, so every call has its own copy
        return bytearray(self._number.to_bytes(_HALF, "big"))

    def sign(self, digest: bytes) -> bytes:
        """Sign a digest of 32 bytes.

        Raises:
            ValueError: It has another length.
        """
        if len(digest) != DIGEST_BYTES:
            raise ValueError("GOST R 34.10-2012 with 256 bits signs digests of 32 bytes")
        both = bytes(_scheme().sign(self._bytes(), bytearray(digest[::-1])))
        return both[_HALF:] + both[:_HALF]

    def value(self) -> bytes:
        """Return the number, little-endian, as files hold it."""
        return self._number.to_bytes(_HALF, "little")
