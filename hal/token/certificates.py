"""Certificates as tokens hold them: whose, until when, and what their key can do."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hal.token.errors import CertificateExpired, CertificateNotYetValid, KeyNotFound, TokenError
from hal.token.values import Certificate, Mechanism

GOST_KEYS = frozenset({"1.2.643.7.1.1.1.1"})
"""Algorithm identifiers of public keys of ГОСТ Р 34.10-2012, 256 bits (Р 1323565.1.023-2018)."""

_WRAPPABLE = frozenset({Mechanism.SIMULATED, Mechanism.RSA_PKCS_SHA256, Mechanism.ECDSA_P256_SHA256})
"""Keys of these kinds open what ``hal.token.wrapping`` closes; those of ГОСТ do not."""

_BY_KEY = {
    "rsa": (Mechanism.RSA_PKCS_SHA256, Mechanism.RSA_PSS_SHA256),
    "p256": (Mechanism.ECDSA_P256_SHA256,),
    "gost": (Mechanism.GOST_2012_256,),
}


def certificate_of(key_id: bytes, der: bytes) -> Certificate:
    """Read what a token holds.

    Raises:
        ValueError: It is no X.509 certificate.
    """
    parsed = x509.load_der_x509_certificate(der)
    return Certificate(
        key_id=key_id,
        subject=_subject(parsed),
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        der=der,
    )


def out_of_date(
    certificate: Certificate, since: datetime, until: datetime | None = None
) -> type[CertificateExpired | CertificateNotYetValid] | None:
    """Say why a certificate is not valid at that time, or not until that other one; ``None`` if it is.

    Both of its dates belong to its period (RFC 5280, 4.1.2.5).
    """
    if (until or since) > certificate.not_after:
        return CertificateExpired
    return CertificateNotYetValid if since < certificate.not_before else None


def valid_certificate(
    certificates: Sequence[Certificate], device: str, since: datetime, until: datetime | None = None
) -> Certificate:
    """Return a member's certificate: the first that is valid all that time (an old one may be there still).

    Those that content keys cannot be wrapped for count only where there is no other.

    Raises:
        KeyNotFound: There is none at all.
        CertificateExpired, CertificateNotYetValid: None is valid; the error is that of the first one.
    """
    first: TokenError = KeyNotFound(device)
    for certificate in [each for each in certificates if opens_content_keys(each)] or certificates:
        wrong = out_of_date(certificate, since, until)
        if wrong is None:
            return certificate
        if isinstance(first, KeyNotFound):
            first = wrong(device, f"valid {dates_of(certificate)}")
    raise first


def dates_of(certificate: Certificate) -> str:
    """Write when a certificate is valid, for details of errors."""
    return f"{certificate.not_before:%Y-%m-%d} – {certificate.not_after:%Y-%m-%d}"


@contextmanager
def long_names() -> Iterator[None]:
    """Let ``cryptography`` have names of 64 characters (RFC 5280, A.1): it counts bytes, and warns."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Attribute's length", UserWarning)
        yield


def _subject(certificate: x509.Certificate) -> str:
    """Return the common name, or the whole name where there is none."""
    with long_names():
        name = certificate.subject
    common = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()


def public_key_info(der: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of a certificate, in DER.

    Raises:
        ValueError: It is no certificate, or its key is of a kind that is not known.
    """
    try:
        key = x509.load_der_x509_certificate(der).public_key()
    except UnsupportedAlgorithm as error:
        raise ValueError(f"the key of the certificate is not known: {error}") from error
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def opens_content_keys(certificate: Certificate) -> bool:
    """Say whether content keys can be wrapped for this certificate (``hal.token.wrapping``).

    Raises:
        ValueError: It is no certificate.
    """
    return not _WRAPPABLE.isdisjoint(mechanisms_of(certificate))


def mechanisms_of(certificate: Certificate) -> tuple[Mechanism, ...]:
    """Return the mechanisms that the certificate's key signs with, the usual one first.

    That of a model's certificate, which has no DER, is ``SIMULATED``.

    Raises:
        ValueError: It is no certificate.
    """
    if not certificate.der:
        return (Mechanism.SIMULATED,)
    parsed = x509.load_der_x509_certificate(certificate.der)
    if parsed.public_key_algorithm_oid.dotted_string in GOST_KEYS:
        return _BY_KEY["gost"]
    try:
        key = parsed.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return ()
    if isinstance(key, rsa.RSAPublicKey):
        return _BY_KEY["rsa"]
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return _BY_KEY["p256"]
    return ()
