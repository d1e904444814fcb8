"""A certification authority for tests, and the certificates of the members of the ГЭК.

One authority has two keys, RSA and GOST, each with its own self-signed certificate: a GOST certificate is
issued under GOST, so that a verifier of GOST checks the whole chain.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

from hal.token.certificates import long_names
from simulators.crypto import der, gost
from simulators.crypto.keys import PublicKey, RsaPrivate, spki

ORGANIZATION = "ППЭ-лаборатория (испытания)"
AUTHORITY = "Испытательный УЦ ППЭ-лаборатории"
LONGEST_NAME = 64
"""Characters of a common name, and of a title (RFC 5280, appendix A.1, ``ub-common-name``, ``ub-title``)."""


@dataclass(frozen=True, slots=True)
class Period:
    """When a certificate is valid; whole seconds, UTC."""

    begins: datetime
    ends: datetime

    @classmethod
    def now(cls) -> Period:
        """Return the usual one: since yesterday, for 15 months."""
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(today - timedelta(days=1), today + timedelta(days=455))


def subject(owner: str) -> x509.Name:
    """Return the name of a person: "Иванова Анна, член ГЭК" gives the common name and the title.

    Raises:
        ValueError: One of them is longer than ``LONGEST_NAME``, or there is no name.
    """
    name, title = name_and_title(owner)
    if not name or max(len(name), len(title)) > LONGEST_NAME:
        raise ValueError(f"a name has 1 to {LONGEST_NAME} characters, a title no more: {owner!r}")
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "RU"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
    ]
    with long_names():  # a full Russian name is often longer than 32 letters
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, name, _validate=False))
    if title:
        parts.append(x509.NameAttribute(NameOID.TITLE, title))
    return x509.Name(parts)


def name_and_title(owner: str) -> tuple[str, str]:
    """Divide an owner at the first comma."""
    name, _, title = owner.partition(",")
    return name.strip(), title.strip()


class Authority:
    """Issues certificates.

    Args:
        period: When its certificates are valid.
        rsa_key, gost_key: Its keys; made anew by default.
        certificates: Of these keys, RSA and GOST; issued anew by default.
    """

    def __init__(
        self,
        period: Period | None = None,
        rsa_key: RsaPrivate | None = None,
        gost_key: gost.GostPrivateKey | None = None,
        certificates: tuple[bytes, bytes] | None = None,
    ) -> None:
        self.period = period or Period.now()
        self.rsa_key = rsa_key or RsaPrivate()
        self.gost_key = gost_key or gost.GostPrivateKey()
        self._name = subject(AUTHORITY)
        self.certificate, self.gost_certificate = certificates or (
            self._issue_rsa(self._name, self.rsa_key.public, self.period, authority=True),
            self._issue_gost(self._name, self.gost_key.public, self.period, authority=True),
        )

    def pem(self) -> tuple[str, str]:
        """Return its two certificates, RSA and GOST, as text."""
        return _pem(self.certificate), _pem(self.gost_certificate)

    def issue(self, owner: str, public: PublicKey, period: Period | None = None) -> bytes:
        """Issue a certificate for a person's key.

        Args:
            owner: "Фамилия Имя, член ГЭК".
            public: The key.
            period: When it is valid; as the authority's own by default.

        Returns:
            The certificate, DER.
        """
        issue = self._issue_gost if isinstance(public, gost.GostPublicKey) else self._issue_rsa
        return issue(subject(owner), public, period or self.period, authority=False)

    def _issue_rsa(self, name: x509.Name, public: PublicKey, period: Period, *, authority: bool) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            # any key that the library can load; the type of the parameter names each class
            .public_key(load_der_public_key(spki(public)))  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(period.begins)
            .not_valid_after(period.ends)
        )
        for extension, critical in _extensions(authority=authority):
            builder = builder.add_extension(extension, critical)
        return _der(builder.sign(self.rsa_key.key, hashes.SHA256()))

    def _issue_gost(self, name: x509.Name, public: PublicKey, period: Period, *, authority: bool) -> bytes:
        algorithm = der.sequence(der.oid(gost.OID_SIGNATURE))
        extensions = [
            der.sequence(
                der.oid(extension.oid.dotted_string),
                *([der.tlv(0x01, b"\xff")] if critical else []),
                der.octets(extension.public_bytes()),
            )
            for extension, critical in _extensions(authority=authority)
        ]
        body = der.sequence(
            der.tlv(0xA0, der.integer(2)),  # version 3
            der.integer(x509.random_serial_number()),
            algorithm,
            self._name.public_bytes(),
            der.sequence(_time(period.begins), _time(period.ends)),
            name.public_bytes(),
            spki(public),
            der.tlv(0xA3, der.sequence(*extensions)),
        )
        return der.sequence(body, algorithm, der.bits(self.gost_key.sign(gost.digest(body))))


def _extensions(*, authority: bool) -> list[tuple[x509.ExtensionType, bool]]:
    usage = x509.KeyUsage(
        digital_signature=not authority, content_commitment=not authority, key_encipherment=not authority,
        data_encipherment=False, key_agreement=not authority, key_cert_sign=authority, crl_sign=authority,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return [(x509.BasicConstraints(ca=authority, path_length=None), True), (usage, True)]


def _time(moment: datetime) -> bytes:
    """Write a time as RFC 5280, 4.1.2.5 says: two digits of the year until 2049."""
    moment = moment.astimezone(UTC)
    if moment.year < 2050:
        return der.tlv(der.UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return der.tlv(der.GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())


def _pem(certificate: bytes) -> str:
    text = base64.encodebytes(certificate).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
