"""Keys as bytes, for files: PKCS#8, SubjectPublicKeyInfo, or the bytes of the value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_der_public_key,
)

from simulators.crypto import gost
from simulators.crypto.keys import EcPrivate, EcPublic, Key, RsaPrivate, RsaPublic, SecretKey

_GOST_BYTES = 32


def _pkcs8(key: RsaPrivate | EcPrivate) -> bytes:
    return key.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _rsa_private(data: bytes) -> RsaPrivate:
    key = load_der_private_key(data, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("it is no RSA key")
    return RsaPrivate(key)


def _ec_private(data: bytes) -> EcPrivate:
    key = load_der_private_key(data, None)
    if not (isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)):
        raise TypeError("it is no key on P-256")
    return EcPrivate(key)


def _rsa_public(data: bytes) -> RsaPublic:
    key = load_der_public_key(data)
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("it is no RSA key")
    return RsaPublic(key)


def _ec_public(data: bytes) -> EcPublic:
    key = load_der_public_key(data)
    if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        raise TypeError("it is no key on P-256")
    return EcPublic(key)


def _gost_private(data: bytes) -> gost.GostPrivateKey:
    number = int.from_bytes(data, "little")
    if len(data) != _GOST_BYTES or not number:
        raise ValueError(f"a private key of GOST has {_GOST_BYTES} bytes")
    return gost.GostPrivateKey(number)


_KINDS: Mapping[type[Key], tuple[str, Callable[[Any], bytes], Callable[[bytes], Key]]] = {
    RsaPrivate: ("rsa-private", _pkcs8, _rsa_private),
    RsaPublic: ("rsa-public", RsaPublic.spki, _rsa_public),
    EcPrivate: ("ec-private", _pkcs8, _ec_private),
    EcPublic: ("ec-public", EcPublic.spki, _ec_public),
    gost.GostPrivateKey: ("gost-private", gost.GostPrivateKey.value, _gost_private),
    gost.GostPublicKey: ("gost-public", lambda key: bytes(key.value), gost.GostPublicKey),
    SecretKey: ("secret", lambda key: bytes(key.value), SecretKey),
}
_READERS = {kind: read for kind, _, read in _KINDS.values()}


def bytes_of(key: Key) -> tuple[str, bytes]:
    """Return the kind of a key and its bytes."""
    kind, write, _ = _KINDS[type(key)]
    return kind, write(key)


def key_of(kind: str, data: bytes) -> Key:
    """Make a key again.

    Raises:
        ValueError, TypeError: The bytes are none of that kind, or there is no such kind.
    """
    if kind not in _READERS:
        raise ValueError(f"no kind of keys: {kind}")
    return _READERS[kind](data)
