"""A folder in which virtual tokens outlast their server: keys, certificates, numbers, PIN counters, contents.

There is one file, written whole or not at all whenever something of it changes, so that the attempts left for
a PIN are on the disk before anybody learns whether it was right. PINs are not in it, only digests; keys are.
What hands have done to a token (pulled out, dead, slow, locked by a fault) is not kept.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal, Self, TypeVar

import msgspec
from cryptography import x509

from hal.files import new_file
from hal.token import PinRole
from simulators.crypto import gost, keys
from simulators.crypto.certificates import Authority, Period
from simulators.crypto.kept_keys import bytes_of, key_of
from simulators.crypto.store import KeyPair, RealKeys
from simulators.profiles import UnknownProfile, names, token_profile
from simulators.wire.pkcs11.constants import Cls
from simulators.wire.pkcs11.device import Contents, VirtualTokens, Wanted
from simulators.wire.pkcs11.limits import MOST_TOKENS
from simulators.wire.pkcs11.objects import StoredObject
from simulators.wire.pkcs11.pin_digest import DIGEST_BYTES, SALT_BYTES, PinDigest

K = TypeVar("K", bound=keys.Key)

FILE, LOCK = "tokens.json", "lock"

LONGEST_FILE = 64 * 1024 * 1024
"""Bytes; far above fifteen full tokens."""


class StoreDamaged(ValueError):
    """The file is not what a server has written.

    Args:
        file: Which one.
        field: Where in it, as a path.
        why: What is wrong there.
    """

    def __init__(self, file: Path, field: str, why: str) -> None:
        super().__init__(f"{file}: {field}: {why}")
        self.file, self.field, self.why = file, field, why


class StoreInUse(OSError):
    """Another server keeps its tokens there."""


# -- what is in the file -----------------------------------------------------------------------------------


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the file."""


class _Key(_Part, frozen=True):
    """A key, as ``kept_keys`` writes it."""

    kind: str
    value: bytes


class _Pin(_Part, frozen=True):
    salt: Annotated[bytes, msgspec.Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]
    digest: Annotated[bytes, msgspec.Meta(min_length=DIGEST_BYTES, max_length=DIGEST_BYTES)]
    tries_left: Annotated[int, msgspec.Meta(ge=0)]


class _Pair(_Part, frozen=True):
    label: str
    private: _Key
    certificate: bytes


class _Object(_Part, frozen=True):
    attributes: dict[int, bool | int | bytes]
    key: _Key | None
    pair: bytes


class _Period(_Part, frozen=True):
    begins: Annotated[datetime, msgspec.Meta(tz=True)]
    ends: Annotated[datetime, msgspec.Meta(tz=True)]


class _Token(_Part, frozen=True):
    profile: str
    owner: str
    serial: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
    user_pin: _Pin
    admin_pin: _Pin
    period: _Period | None
    pairs: tuple[_Pair, ...]
    stored: tuple[bytes, ...]
    secret: _Key | None
    objects: tuple[_Object, ...]


class _Authority(_Part, frozen=True):
    rsa: _Key
    rsa_certificate: bytes
    gost: _Key
    gost_certificate: bytes
    period: _Period


class _File(_Part, frozen=True):
    format: Literal[1]
    authority: _Authority
    tokens: Annotated[tuple[_Token, ...], msgspec.Meta(min_length=1, max_length=MOST_TOKENS)]


# -- writing -----------------------------------------------------------------------------------------------


def _key(key: keys.Key) -> _Key:
    return _Key(*bytes_of(key))


def _period(period: Period) -> _Period:
    return _Period(period.begins, period.ends)


def _object(stored: StoredObject) -> _Object:
    values = {
        int(kind): value if isinstance(value, bool | bytes) else int(value)
        for kind, value in stored.attributes.items()
    }
    return _Object(values, None if stored.key is None else _key(stored.key), stored.pair)


def _token(wanted: Wanted, digests: dict[PinRole, PinDigest], held: Contents) -> _Token:
    pins = [
        _Pin(digests[role].salt, digests[role].digest, held.tries_left[role])
        for role in (PinRole.USER, PinRole.ADMINISTRATOR)
    ]
    return _Token(
        profile=next(name for name in names("tokens") if token_profile(name) == wanted.profile),
        owner=wanted.owner,
        serial=held.serial,
        user_pin=pins[0],
        admin_pin=pins[1],
        period=None if wanted.period is None else _period(wanted.period),
        pairs=tuple(_Pair(each.label, _key(each.private), each.certificate) for each in held.keys.pairs),
        stored=held.keys.stored,
        secret=None if held.keys.secret is None else _key(held.keys.secret),
        objects=tuple(map(_object, held.objects)),
    )


def snapshot(tokens: VirtualTokens) -> bytes:
    """Return all that is kept of virtual tokens, as the content of the file."""
    made = tokens.authority
    authority = _Authority(
        _key(made.rsa_key), made.certificate, _key(made.gost_key), made.gost_certificate, _period(made.period)
    )
    kept = []
    for token in tokens.tokens.values():
        wanted, held = tokens.holds(token)
        kept.append(_token(wanted, token.digests, held))
    return msgspec.json.format(msgspec.json.encode(_File(1, authority, tuple(kept))), indent=1) + b"\n"


# -- reading -----------------------------------------------------------------------------------------------


class _Wrong(ValueError):
    """A value is not what it should be.

    Args:
        field: Where, within what is read.
        why: What is wrong.
    """

    def __init__(self, field: str, why: str) -> None:
        super().__init__(field, why)
        self.field, self.why = field, why


@contextmanager
def _at(field: str) -> Iterator[None]:
    """Say where a value stands that is wrong."""
    try:
        yield
    except _Wrong as error:
        raise _Wrong(f"{field}.{error.field}".rstrip("."), error.why) from error
    except (ValueError, TypeError) as error:  # of the libraries: no key, no certificate
        raise _Wrong(field, str(error) or type(error).__name__) from error


def _read_key(kept: _Key, kind: type[K]) -> K:
    key = key_of(kept.kind, kept.value)
    if not isinstance(key, kind):
        raise TypeError(f"a {kept.kind} key is out of place")
    return key


def _read_authority(kept: _Authority) -> Authority:
    with _at("rsa"):
        rsa_key = _read_key(kept.rsa, keys.RsaPrivate)
    with _at("gost"):
        gost_key = _read_key(kept.gost, gost.GostPrivateKey)
    with _at("period"):
        period = _read_period(kept.period)
    with _at("rsa_certificate"):
        _require_certificate(kept.rsa_certificate, rsa_key)
    with _at("gost_certificate"):
        _require_certificate(kept.gost_certificate, gost_key)
    certificates = (kept.rsa_certificate, kept.gost_certificate)
    return Authority(period, rsa_key, gost_key, certificates)


def _require_certificate(certificate: bytes, key: keys.PrivateKey) -> None:
    """See that it is the certificate of that key."""
    x509.load_der_x509_certificate(certificate)
    # as bytes: the library cannot read keys of GOST
    if keys.spki(key.public) not in certificate:
        raise ValueError("it is that of another key")


def _read_period(kept: _Period) -> Period:
    if kept.begins >= kept.ends:
        raise ValueError("it ends before it begins")
    return Period(kept.begins, kept.ends)


def _read_pair(kept: _Pair) -> KeyPair:
    with _at("private"):
        private = key_of(kept.private.kind, kept.private.value)
        if not isinstance(private, keys.PrivateKey):
            raise TypeError(f"a {kept.private.kind} key is out of place")
    with _at("certificate"):
        _require_certificate(kept.certificate, private)
    return KeyPair(keys.key_id(private.public), kept.label, private, kept.certificate)


def _read_object(kept: _Object, pairs: set[bytes]) -> StoredObject:
    with _at("attributes"):
        if kept.attributes.get(0) not in [*Cls]:  # CKA_CLASS
            raise ValueError("there is no class of objects")
    with _at("key"):
        key = None if kept.key is None else key_of(kept.key.kind, kept.key.value)
    with _at("pair"):
        if kept.pair and kept.pair not in pairs:
            raise ValueError("there is no such pair")
    return StoredObject(dict(kept.attributes), key, kept.pair)


def _read_pin(kept: _Pin, most: int) -> PinDigest:
    with _at("tries_left"):
        if kept.tries_left > most:
            raise ValueError(f"this token gives {most} tries")
    return PinDigest(kept.salt, kept.digest)


def _read_token(kept: _Token) -> Wanted:
    with _at("profile"):
        try:
            profile = token_profile(kept.profile)
        except UnknownProfile as error:
            raise ValueError(f"no such model: {kept.profile}") from error
    pairs: list[KeyPair] = []
    for index, pair in enumerate(kept.pairs):
        with _at(f"pairs[{index}]"):
            pairs.append(_read_pair(pair))
    for index, certificate in enumerate(kept.stored):
        with _at(f"stored[{index}]"):
            x509.load_der_x509_certificate(certificate)
    with _at("secret"):
        secret = None if kept.secret is None else _read_key(kept.secret, keys.SecretKey)
    objects: list[StoredObject] = []
    for index, each in enumerate(kept.objects):
        with _at(f"objects[{index}]"):
            objects.append(_read_object(each, {pair.id for pair in pairs}))
    with _at("period"):
        period = None if kept.period is None else _read_period(kept.period)
    with _at("user_pin"):
        user = _read_pin(kept.user_pin, profile.pin_tries)
    with _at("admin_pin"):
        admin = _read_pin(kept.admin_pin, profile.admin_pin_tries)
    tries = {
        PinRole.USER: kept.user_pin.tries_left,
        PinRole.ADMINISTRATOR: kept.admin_pin.tries_left,
    }
    store = RealKeys(kept.owner, tuple(pairs), kept.stored, secret)
    return Wanted(profile, kept.owner, user, admin, period, Contents(kept.serial, store, objects, tries))


def _read(data: bytes, file: Path) -> tuple[Authority, list[Wanted]]:
    try:
        kept = msgspec.json.decode(data, type=_File)
    except msgspec.ValidationError as error:  # "… - at `$.tokens[0].serial`"
        why, _, place = str(error).partition(" - at ")
        raise StoreDamaged(file, place.strip("`").removeprefix("$.") or "$", why) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreDamaged(file, "$", str(error)) from error
    try:
        with _at("authority"):
            authority = _read_authority(kept.authority)
        tokens: list[Wanted] = []
        for index, token in enumerate(kept.tokens):
            with _at(f"tokens[{index}]"):
                tokens.append(_read_token(token))
        with _at("tokens"):
            if len({token.serial for token in kept.tokens}) != len(kept.tokens):
                raise ValueError("two tokens have one serial number")
    except _Wrong as error:
        raise StoreDamaged(file, error.field, error.why) from error
    return authority, tokens


# -- the folder --------------------------------------------------------------------------------------------


class TokenStore:
    """The folder, held for one server as long as the block lasts.

    Args:
        folder: It is made if its parent is there, for us alone.

    Raises:
        StoreInUse: Another server keeps its tokens there.
        OSError: The folder cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / FILE
        self._lock = -1
        self._written = b""

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(mode=0o700)
        except FileExistsError:
            if not self.folder.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), self.folder) from None
        self._lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise StoreInUse(
                error.errno, "another server keeps its tokens there", str(self.folder)
            ) from error
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lock)

    def load(self) -> tuple[Authority, list[Wanted]] | None:
        """Return what was kept; nothing if the folder is new.

        Raises:
            StoreDamaged: The file is not what a server has written.
            OSError: It cannot be read.
        """
        try:
            with self.file.open("rb") as file:
                data = file.read(LONGEST_FILE + 1)
        except FileNotFoundError:
            return None
        if len(data) > LONGEST_FILE:
            raise StoreDamaged(self.file, "$", f"longer than {LONGEST_FILE} bytes")
        found = _read(data, self.file)
        self._written = data
        return found

    def save(self, tokens: VirtualTokens) -> None:
        """Write down what has changed, if anything has.

        Raises:
            OSError: The disk is full or cannot be written; the file is as it was before.
        """
        data = snapshot(tokens)
        if data != self._written:
            with new_file(self.file) as file:
                file.write(data)
            self._written = data
