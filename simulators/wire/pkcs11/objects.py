"""What is stored on a token, as PKCS#11 objects: certificates, keys, data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from hal.token.certificates import long_names
from simulators.crypto import der, gost, keys
from simulators.crypto.store import KeyPair, RealKeys, stored_id
from simulators.wire.pkcs11.codec import Attribute, form_of
from simulators.wire.pkcs11.constants import UNAVAILABLE, Attr, Cls, KeyType, Refused, Rv

Plain = int | bool | bytes
Attributes = dict[int, Plain]

SECRET_PARTS = frozenset(
    (Attr.VALUE, Attr.PRIVATE_EXPONENT, Attr.PRIME_1, Attr.PRIME_2, Attr.EXPONENT_1, Attr.EXPONENT_2,
     Attr.COEFFICIENT)
)  # fmt: skip
"""What is never shown of a private or secret key that is sensitive or cannot be extracted."""

_OVERHEAD_BYTES = 64
"""Our estimate of what an object takes beside its values."""


class StoredObject:
    """One object.

    Args:
        attributes: What a program may ask for; numbers, flags, bytes.
        key: What it computes with; ``None`` for what is no key.
        pair: ``CKA_ID`` of the pair in the token's own key store, for a private key of it.
    """

    __slots__ = ("attributes", "key", "pair")

    def __init__(self, attributes: Attributes, key: keys.Key | None = None, pair: bytes = b"") -> None:
        self.attributes = attributes
        self.key = key
        self.pair = pair

    @property
    def cls(self) -> int:
        """``CKA_CLASS``."""
        return int(self.attributes[Attr.CLASS])

    def flag(self, kind: Attr) -> bool:
        """Whether a flag is set."""
        return bool(self.attributes.get(kind, False))

    @property
    def size(self) -> int:
        """How many bytes of the token's memory it takes, about."""
        lengths = (len(value) if isinstance(value, bytes) else 8 for value in self.attributes.values())
        return _OVERHEAD_BYTES + sum(lengths)

    def show(self, kind: int) -> bytes | int:
        """Return the value of an attribute as it travels.

        Raises:
            Refused: There is no such attribute, or it is secret.
        """
        secret = self.cls in {Cls.PRIVATE_KEY, Cls.SECRET_KEY} and kind in SECRET_PARTS
        if secret and (self.flag(Attr.SENSITIVE) or not self.flag(Attr.EXTRACTABLE)):
            raise Refused(Rv.ATTRIBUTE_SENSITIVE)
        value = self.attributes.get(kind)
        if value is None:
            raise Refused(Rv.ATTRIBUTE_TYPE_INVALID)
        return wire_value(kind, value)

    def matches(self, template: Iterable[Attribute]) -> bool:
        """Whether it has all these values; a secret value matches nothing."""
        for wanted in template:
            try:
                if self.show(wanted.type) != wanted.value:
                    return False
            except Refused:
                return False
        return True


def wire_value(kind: int, value: Plain) -> bytes | int:
    """Bring a value into the form in which its attribute travels."""
    if form_of(kind) == "bytes" and not isinstance(value, bytes):
        return bytes((int(value),))  # a flag that p11-kit does not know as one
    return int(value) if isinstance(value, bool) else value


def length_of(kind: int, value: bytes | int) -> int:
    """Return the length of a value in C: a flag has one byte, a CK_ULONG eight."""
    if isinstance(value, bytes):
        return len(value)
    return 1 if form_of(kind) == "byte" else 8


# -- what a token comes with -------------------------------------------------------------------------------


def of_keys(store: RealKeys) -> list[StoredObject]:
    """Return the objects of a new token."""
    found: list[StoredObject] = []
    for pair in store.pairs:
        found.append(certificate(pair.certificate, pair.label, pair.id))
        found.append(public_key(pair.private.public, _common(pair)))
        found.append(private_key(pair.private, _common(pair), pair.id))
    found += [certificate(each, store.owner, stored_id(each)) for each in store.stored]
    if store.secret is not None:
        about: Attributes = {
            Attr.TOKEN: True,
            Attr.PRIVATE: True,
            Attr.LABEL: b"AES",
            Attr.ID: b"AES",
        }
        found.append(secret_key(store.secret, KeyType.AES, about | {Attr.LOCAL: True}))
    return found


def _common(pair: KeyPair) -> Attributes:
    with long_names():
        name = x509.load_der_x509_certificate(pair.certificate).subject
    return {
        Attr.TOKEN: True, Attr.LABEL: pair.label.encode(), Attr.ID: pair.id, Attr.LOCAL: True,
        Attr.SUBJECT: name.public_bytes(), Attr.KEY_GEN_MECHANISM: UNAVAILABLE,
    }  # fmt: skip


def certificate(value: bytes, label: str, key: bytes, *, token: bool = True) -> StoredObject:
    """Make the object of a certificate.

    Raises:
        ValueError: That is no certificate.
    """
    parsed = x509.load_der_x509_certificate(value)
    with long_names():
        subject, issuer = parsed.subject.public_bytes(), parsed.issuer.public_bytes()
    # the first bytes of SHA-1 (PKCS#11 v2.40, 4.6.3)
    check = hashlib.sha1(value, usedforsecurity=False).digest()[:3]
    return StoredObject(
        {
            Attr.CLASS: Cls.CERTIFICATE, Attr.TOKEN: token, Attr.PRIVATE: False, Attr.MODIFIABLE: True,
            Attr.COPYABLE: False, Attr.DESTROYABLE: True, Attr.LABEL: label.encode(), Attr.ID: key,
            Attr.CERTIFICATE_TYPE: 0, Attr.CERTIFICATE_CATEGORY: 1, Attr.TRUSTED: False, Attr.VALUE: value,
            Attr.SUBJECT: subject, Attr.ISSUER: issuer,
            Attr.SERIAL_NUMBER: der.integer(parsed.serial_number),
            Attr.CHECK_VALUE: check,
            Attr.START_DATE: _date(parsed.not_valid_before_utc),
            Attr.END_DATE: _date(parsed.not_valid_after_utc),
        }
    )  # fmt: skip


def _date(moment: datetime) -> bytes:
    return moment.strftime("%Y%m%d").encode()


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _parameters(key: keys.PublicKey) -> Attributes:
    """Return what public and private half of a pair have in common."""
    if isinstance(key, keys.RsaPublic):
        numbers = key.numbers
        return {
            Attr.KEY_TYPE: KeyType.RSA,
            Attr.MODULUS: _number(numbers.n),
            Attr.PUBLIC_EXPONENT: _number(numbers.e),
        }
    if isinstance(key, keys.EcPublic):
        return {Attr.KEY_TYPE: KeyType.EC, Attr.EC_PARAMS: keys.P256_DER}
    return {
        Attr.KEY_TYPE: KeyType.GOSTR3410,
        Attr.GOSTR3410_PARAMS: der.oid(gost.OID_CURVE),
        Attr.GOSTR3411_PARAMS: der.oid(gost.OID_DIGEST),
    }


def public_key(key: keys.PublicKey, about: Attributes) -> StoredObject:
    """Make the object of a public key."""
    is_rsa = isinstance(key, keys.RsaPublic)
    made: Attributes = {
        Attr.CLASS: Cls.PUBLIC_KEY, Attr.TOKEN: False, Attr.PRIVATE: False, Attr.MODIFIABLE: True,
        Attr.COPYABLE: False, Attr.DESTROYABLE: True, Attr.LABEL: b"", Attr.ID: b"", Attr.SUBJECT: b"",
        Attr.LOCAL: False, Attr.KEY_GEN_MECHANISM: UNAVAILABLE, Attr.DERIVE: False,
        Attr.ENCRYPT: is_rsa, Attr.VERIFY: True, Attr.VERIFY_RECOVER: False, Attr.WRAP: is_rsa,
        Attr.TRUSTED: False, Attr.START_DATE: b"", Attr.END_DATE: b"",
        Attr.PUBLIC_KEY_INFO: keys.spki(key), **_parameters(key),
    }  # fmt: skip
    match key:
        case keys.RsaPublic():
            made[Attr.MODULUS_BITS] = key.numbers.n.bit_length()
        case keys.EcPublic():
            made[Attr.EC_POINT] = der.octets(key.point())
        case gost.GostPublicKey():
            made[Attr.VALUE] = key.value
    return StoredObject(made | about, key)


def private_key(key: keys.PrivateKey, about: Attributes, pair: bytes = b"") -> StoredObject:
    """Make the object of a private key; it is always sensitive and never leaves the token."""
    is_rsa = isinstance(key, keys.RsaPrivate)
    made: Attributes = {
        Attr.CLASS: Cls.PRIVATE_KEY, Attr.TOKEN: False, Attr.PRIVATE: True, Attr.MODIFIABLE: True,
        Attr.COPYABLE: False, Attr.DESTROYABLE: True, Attr.LABEL: b"", Attr.ID: b"", Attr.SUBJECT: b"",
        Attr.LOCAL: True, Attr.KEY_GEN_MECHANISM: UNAVAILABLE,
        Attr.SENSITIVE: True, Attr.ALWAYS_SENSITIVE: True,
        Attr.EXTRACTABLE: False, Attr.NEVER_EXTRACTABLE: True,
        Attr.SIGN: True, Attr.SIGN_RECOVER: False, Attr.DECRYPT: is_rsa, Attr.UNWRAP: is_rsa,
        Attr.DERIVE: isinstance(key, keys.EcPrivate), Attr.WRAP_WITH_TRUSTED: False,
        Attr.ALWAYS_AUTHENTICATE: False, Attr.START_DATE: b"", Attr.END_DATE: b"",
        Attr.PUBLIC_KEY_INFO: keys.spki(key.public), **_parameters(key.public),
    }  # fmt: skip
    return StoredObject(made | about, key, pair)


def secret_key(key: keys.SecretKey, kind: int, about: Attributes) -> StoredObject:
    """Make the object of a symmetric key; sensitive unless ``about`` says otherwise."""
    made: Attributes = {
        Attr.CLASS: Cls.SECRET_KEY, Attr.KEY_TYPE: kind, Attr.TOKEN: False, Attr.PRIVATE: True,
        Attr.MODIFIABLE: True, Attr.COPYABLE: False, Attr.DESTROYABLE: True, Attr.LABEL: b"", Attr.ID: b"",
        Attr.SENSITIVE: True, Attr.EXTRACTABLE: False, Attr.LOCAL: False, Attr.KEY_GEN_MECHANISM: UNAVAILABLE,
        Attr.ENCRYPT: True, Attr.DECRYPT: True, Attr.WRAP: True, Attr.UNWRAP: True, Attr.DERIVE: False,
        Attr.SIGN: False, Attr.VERIFY: False, Attr.START_DATE: b"", Attr.END_DATE: b"",
        Attr.VALUE: key.value, Attr.VALUE_LEN: len(key.value),
    }  # fmt: skip
    made |= about
    made.setdefault(Attr.ALWAYS_SENSITIVE, made[Attr.SENSITIVE])
    made.setdefault(Attr.NEVER_EXTRACTABLE, not made[Attr.EXTRACTABLE])
    return StoredObject(made, key)


def mechanism(kind: int, low: int, high: int, flags: int) -> StoredObject:
    """Make the object that tells of a mechanism (PKCS#11 v2.40, 4.12), and what its info is."""
    info = b"".join(number.to_bytes(8, "big") for number in (low, high, flags))
    return StoredObject(
        {
            Attr.CLASS: Cls.MECHANISM,
            Attr.TOKEN: True,
            Attr.MECHANISM_TYPE: kind,
            Attr.MECHANISM_INFO: info,
        }
    )


# -- what programs make ------------------------------------------------------------------------------------

_SETTABLE = frozenset(
    (Attr.TOKEN, Attr.PRIVATE, Attr.MODIFIABLE, Attr.LABEL, Attr.ID, Attr.SUBJECT, Attr.ENCRYPT, Attr.DECRYPT,
     Attr.WRAP, Attr.UNWRAP, Attr.SIGN, Attr.VERIFY, Attr.DERIVE, Attr.START_DATE, Attr.END_DATE,
     Attr.EXTRACTABLE, Attr.SENSITIVE)
)  # fmt: skip
LONGEST_VALUE = 65536
"""Of one attribute of an object that a program makes."""


class Template:
    """The attributes that a program gives for a new object.

    Raises:
        Refused: A value has not the form of its attribute, or one comes twice.
    """

    def __init__(self, attributes: Iterable[Attribute]) -> None:
        self.values: dict[int, bytes | int] = {}
        for attribute in attributes:
            if not isinstance(attribute.value, (int, bytes)):
                raise Refused(Rv.ATTRIBUTE_VALUE_INVALID)
            if form_of(attribute.type) in {"byte", "ulong"} and not isinstance(attribute.value, int):
                raise Refused(Rv.ATTRIBUTE_VALUE_INVALID)
            if isinstance(attribute.value, bytes) and len(attribute.value) > LONGEST_VALUE:
                raise Refused(Rv.ATTRIBUTE_VALUE_INVALID)
            if attribute.type in self.values:
                raise Refused(Rv.TEMPLATE_INCONSISTENT)
            self.values[attribute.type] = attribute.value

    def number(self, kind: Attr, default: int | None = None) -> int:
        """Return a number.

        Raises:
            Refused: It is missing and there is no default.
        """
        value = self.values.get(kind, default)
        if not isinstance(value, int):
            raise Refused(Rv.TEMPLATE_INCOMPLETE)
        return value

    def bytes_of(self, kind: Attr, default: bytes | None = None) -> bytes:
        """Return bytes.

        Raises:
            Refused: They are missing and there is no default.
        """
        value = self.values.get(kind, default)
        if not isinstance(value, bytes):
            raise Refused(Rv.TEMPLATE_INCOMPLETE)
        return value

    def flag(self, kind: Attr, *, default: bool = False) -> bool:
        """Return a flag."""
        return bool(self.values.get(kind, default))

    def settable(self) -> Attributes:
        """Return what a program may choose of any object."""
        return {
            kind: bool(value) if form_of(kind) == "byte" else value
            for kind, value in self.values.items()
            if kind in _SETTABLE
        }


def create(template: Template) -> StoredObject:
    """Make what ``C_CreateObject`` asks for: data, certificates, public and secret keys.

    Raises:
        Refused: The template does not describe such an object. Private keys are made on the token, not given
            to it.
    """
    about = template.settable()
    match template.number(Attr.CLASS):
        case Cls.DATA:
            fields: Attributes = {
                Attr.CLASS: Cls.DATA, Attr.TOKEN: False, Attr.PRIVATE: False, Attr.MODIFIABLE: True,
                Attr.LABEL: b"", Attr.APPLICATION: template.bytes_of(Attr.APPLICATION, b""),
                Attr.OBJECT_ID: template.bytes_of(Attr.OBJECT_ID, b""),
                Attr.VALUE: template.bytes_of(Attr.VALUE, b""),
            }  # fmt: skip
            return StoredObject(fields | about)
        case Cls.CERTIFICATE:
            try:
                made = certificate(template.bytes_of(Attr.VALUE), "", b"")
            except ValueError as error:
                raise Refused(Rv.ATTRIBUTE_VALUE_INVALID) from error
            made.attributes |= {Attr.TOKEN: False} | about
            return made
        case Cls.PUBLIC_KEY:
            return public_key(_public(template), about)
        case Cls.SECRET_KEY:
            value = template.bytes_of(Attr.VALUE)
            kind = template.number(Attr.KEY_TYPE)
            check_secret(kind, len(value))
            return secret_key(keys.SecretKey(value), kind, about | {Attr.ALWAYS_SENSITIVE: False})
        case _:
            raise Refused(Rv.TEMPLATE_INCONSISTENT)


def check_secret(kind: int, size: int) -> None:
    """Check the type and the length in bytes of a symmetric key.

    Raises:
        Refused: There is no such key.
    """
    if kind == KeyType.AES:
        if size not in {16, 24, 32}:
            raise Refused(Rv.KEY_SIZE_RANGE)
    elif kind != KeyType.GENERIC_SECRET:
        raise Refused(Rv.TEMPLATE_INCONSISTENT)
    elif not 1 <= size <= 512:
        raise Refused(Rv.KEY_SIZE_RANGE)


def _public(template: Template) -> keys.PublicKey:
    try:
        match template.number(Attr.KEY_TYPE):
            case KeyType.RSA:
                modulus, exponent = (
                    int.from_bytes(template.bytes_of(kind), "big")
                    for kind in (Attr.MODULUS, Attr.PUBLIC_EXPONENT)
                )
                if not 1024 <= modulus.bit_length() <= 4096 or exponent.bit_length() > 64:
                    raise Refused(Rv.KEY_SIZE_RANGE)
                return keys.RsaPublic(rsa.RSAPublicNumbers(exponent, modulus).public_key())
            case KeyType.EC:
                if template.bytes_of(Attr.EC_PARAMS) != keys.P256_DER:
                    raise Refused(Rv.DOMAIN_PARAMS_INVALID)
                return keys.EcPublic.of(template.bytes_of(Attr.EC_POINT))
            case KeyType.GOSTR3410:
                return gost.GostPublicKey(template.bytes_of(Attr.VALUE))
            case _:
                raise Refused(Rv.TEMPLATE_INCONSISTENT)
    except ValueError as error:
        raise Refused(Rv.ATTRIBUTE_VALUE_INVALID) from error
