"""Signatures that tokens have made: the side without a token."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from hal.token.values import Mechanism


def verify(certificate_der: bytes, data: bytes, signature: bytes, mechanism: Mechanism) -> bool:
    """Say whether the signature is that of the certificate's owner over exactly this data.

    ECDSA signatures are ``ECDSA-Sig-Value`` in DER, as ``Token.sign`` returns them. A certificate
    whose key is not for the mechanism gives False.

    Raises:
        ValueError: It is no certificate.
        NotImplementedError: The mechanism is none of X.509 here: ГОСТ needs a library of its own.
    """
    parsed = x509.load_der_x509_certificate(certificate_der)
    if mechanism not in _CHECKS:
        raise NotImplementedError(f"{mechanism} cannot be verified here")
    try:
        key = parsed.public_key()
    except UnsupportedAlgorithm:
        return False
    try:
        _CHECKS[mechanism](key, signature, data)
    except (InvalidSignature, _OtherKey):
        return False
    return True


class _OtherKey(Exception):
    """The key is of another kind than the mechanism."""


def _pkcs1(key: object, signature: bytes, data: bytes) -> None:
    _rsa(key).verify(signature, data, padding.PKCS1v15(), hashes.SHA256())


def _pss(key: object, signature: bytes, data: bytes) -> None:
    _rsa(key).verify(signature, data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def _ecdsa(key: object, signature: bytes, data: bytes) -> None:
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _OtherKey
    key.verify(signature, data, ec.ECDSA(hashes.SHA256()))


def _rsa(key: object) -> rsa.RSAPublicKey:
    if not isinstance(key, rsa.RSAPublicKey):
        raise _OtherKey
    return key


_CHECKS = {
    Mechanism.RSA_PKCS_SHA256: _pkcs1,
    Mechanism.RSA_PSS_SHA256: _pss,
    Mechanism.ECDSA_P256_SHA256: _ecdsa,
}

STANDARD = tuple(_CHECKS)
"""What :func:`verify` can check."""
