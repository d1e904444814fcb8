"""Exam materials (ЭМ): kits, the интернет-пакет, access keys, passwords, and the names of export packages.

A package is delivered closed; a content key opens it. The content key is wrapped for the token of every
ГЭК member of the point and comes with an access key (ключ доступа), which also says *what* a station may
use: its grants. Here is what the files hold; ``station_core.packages`` reads and writes them, closed and
signed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from hal.secret import Secret
from station_core.errors import MaterialsRefused

T = TypeVar("T", bound="msgspec.Struct")

LONGEST_REMEMBERED = 1_000_000
"""Bytes of the longest file whose content is remembered: every station of a simulated point reads the same
ones, and a real one must not keep a large file beyond its use."""

# checked when a file is read
Natural = Annotated[int, msgspec.Meta(ge=0)]
Hexadecimal = Annotated[str, msgspec.Meta(pattern="^(?:[0-9a-f]{2})*$")]
KitNumber = Annotated[str, msgspec.Meta(pattern="^[0-9]{13}$")]


class ExamKind(StrEnum):
    """How answers are given."""

    WRITTEN = "written"
    ORAL = "oral"  # раздел «Говорение»


class Scope(msgspec.Struct, frozen=True):
    """Where and when materials are valid."""

    region: str
    point: str
    exam_date: date
    subject: str

    def __str__(self) -> str:
        return f"{self.region}/{self.point} {self.exam_date} {self.subject}"


def exam_moment(exam_date: date, now: int) -> datetime:
    """Return a time since midnight of the exam day (microseconds) as certificates have theirs.

    Those are UTC, and an exam day has no time zone: its clock is taken as if it were UTC, which is wrong by
    twelve hours at most (our choice).
    """
    return datetime.combine(exam_date, time(), UTC) + timedelta(microseconds=now)


class Kit(msgspec.Struct, frozen=True, gc=False):
    """An individual kit (комплект ЭМ): one participant's sheets under one number.

    Args:
        number: 13 digits, the last one a check digit.
        sheets: How many sheets are printed for it.
        forms: How many of them are forms that are scanned later; they come first.
    """

    number: KitNumber
    sheets: Natural
    forms: Natural

    def sheet_ids(self) -> tuple[str, ...]:
        """Return the identity of every sheet, in order."""
        return _sheet_ids(self.number, self.sheets)

    def form_ids(self) -> tuple[str, ...]:
        """Return the identity of every form, in order."""
        return _sheet_ids(self.number, self.forms)


@lru_cache(maxsize=1024)  # asked again and again while a kit is printed, inspected and scanned
def _sheet_ids(kit: str, sheets: int) -> tuple[str, ...]:
    return tuple([f"{kit}/{page}" for page in range(1, sheets + 1)])


def kit_number(region: str, serial: int) -> str:
    """Make a kit number: two digits of the region, ten of the serial, and a Luhn check digit.

    The seeds show numbers of 13 digits that grow by a step with a check digit [000:371-372]; the rule of
    the digit is not given, so Luhn (ISO/IEC 7812-1) is our choice.

    >>> kit_number("90", 17)
    '9000000000175'
    """
    body = f"{int(region):02}{serial:010}"
    digits = body.encode()
    return f"{body}{-(sum(digits[::2].translate(_PLAIN)) + sum(digits[1::2].translate(_DOUBLED))) % 10}"


_PLAIN = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))  # two digits are added up


class Package(msgspec.Struct, frozen=True):
    """The index of the интернет-пакет: one per date and subject, for all stations of the point [001:73-74].

    Nothing of it is readable without the content key. The pages themselves follow the index.

    Args:
        name: File name.
        scope: Where it is valid.
        kits: All kits, those for the rooms first, then the reserve ЭМ [001:141].
        size_bytes: What it would weigh on a flash drive.
        content_bytes: How many bytes follow the index; none where pages are only modelled.
    """

    name: str
    scope: Scope
    kits: tuple[Kit, ...]
    size_bytes: Natural
    content_bytes: Natural = 0


class KeyKind(StrEnum):
    """Which of the two keys of [001:29, 141-150]."""

    MAIN = "main"
    RESERVE = "reserve"


class Grant(msgspec.Struct, frozen=True):
    """What one computer may print: the kits of its room. The room is filled in from here [001:144, 149]."""

    computer: int
    room: str
    first_kit: Natural
    kits: Natural


class AccessKey(msgspec.Struct, frozen=True):
    """A key file. A reserve key also holds the main grants and all reserve grants issued before [001:143].

    Args:
        name: File name.
        wrapped: The content key, wrapped for each member: token key id in hexadecimal → hexadecimal.
        issue: Grows with every grant that the portal adds; a station never goes back to an older key.
    """

    name: str
    kind: KeyKind
    scope: Scope
    wrapped: dict[str, Hexadecimal]
    grants: tuple[Grant, ...]
    issue: Natural = 1

    def grant_for(self, computer: int) -> Grant | None:
        """Return the newest grant of that computer."""
        return next((grant for grant in reversed(self.grants) if grant.computer == computer), None)


class PasswordFile(msgspec.Struct, frozen=True):
    """What the hot line's password opens: the content key of a room, closed by the password (E2).

    Args:
        closed_key: The content key, wrapped (RFC 3394) by a key that follows from the password and the salt
            (scrypt, RFC 7914).
        salt: 16 random bytes.
    """

    room: str
    scope: Scope
    grants: tuple[Grant, ...]
    closed_key: Hexadecimal
    salt: Hexadecimal

    @classmethod
    def close(
        cls, room: str, scope: Scope, grants: tuple[Grant, ...], content_key: bytes, words: Iterable[str]
    ) -> PasswordFile:
        """Close a content key with the words of a password."""
        salt = secrets.token_bytes(16)
        closed = aes_key_wrap(_key_from("".join(words), salt), content_key)
        return cls(room, scope, grants, closed.hex(), salt.hex())

    def open(self, words: tuple[Secret, ...], where: str) -> bytes:
        """Return the content key.

        Args:
            words: All words of the hot line, in their order.
            where: The station, for the refusal.

        Raises:
            MaterialsRefused: A password is wrong, or the closed key is damaged.
        """
        key = self._try(words)
        if key is None:
            raise MaterialsRefused(where, "wrong-password")
        return key

    def _try(self, words: tuple[Secret, ...]) -> bytes | None:
        """Open it, or not: the library's error would carry the key in its variables."""
        password = "".join(word.reveal() for word in words)
        try:
            return aes_key_unwrap(
                _key_from(password, bytes.fromhex(self.salt)), bytes.fromhex(self.closed_key)
            )
        except (InvalidUnwrap, ValueError):
            return None


def _key_from(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**10, r=8, p=1, dklen=32)


def encode(value: msgspec.Struct) -> bytes:
    """Write materials as a file's content."""
    return msgspec.json.encode(value)


def decode(data: bytes, kind: type[T], file: str) -> T:
    """Read materials from a file's content.

    Raises:
        MaterialsRefused: It is not such a file, or a field is wrong; names the file and the field.
    """
    try:
        read = _decode if len(data) <= LONGEST_REMEMBERED else _decode.__wrapped__
        materials: T = read(data, kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MaterialsRefused(file, "unreadable", str(error)) from error
    return materials


def restore(value: object, kind: type[T], place: str) -> T:
    """Take materials out of a store: one in memory gives them as they are, one on a disk as plain values.

    Raises:
        MaterialsRefused: It is not what was stored; names the place and the field.
    """
    if isinstance(value, kind):
        return value
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise MaterialsRefused(place, "unreadable", str(error)) from error


@lru_cache(maxsize=16)  # every station of a point loads the same package; what is read is frozen
def _decode(data: bytes, kind: type[Any]) -> Any:
    return msgspec.json.decode(data, type=kind)


EXPORT_AFFIXES = {
    "BLANK": ("BLANK_EGE_", ".bnk"),
    "BLANK_TEST": ("BLANK_TEST_EGE_", ".bnk"),
    "VOICE": ("VOICE_EGE_", ".abnk"),
    "KEGE": ("KEGE_", ".kbnk"),
}
"""How names of export packages begin and end [000:644, 910-926, 1042]."""


def export_name(
    kind: str, scope: Scope, room: str, station: int, count: int, created: datetime, prep_room: int = 1
) -> str:
    """Name an export package as the seeds show it [000:910-926, 1042].

    The seeds do not explain the fields between subject and time stamp; read here as room code, room,
    number of works and computer *(inferred)*. Packages of the computer exam have no ``EGE`` in their names.
    Test packages of the eve hold a few test forms, and no number of works [000:644].

    >>> scope = Scope("90", "9099", date(2025, 1, 1), "25-ИНФ")
    >>> export_name("BLANK", scope, "10", 333, 5, datetime(2025, 1, 1, 17, 42, 25), prep_room=2)
    'BLANK_EGE_90_9099_20250101_25-ИНФ_AC02_RC10_0005_333_20250101_174225.bnk'
    >>> export_name("KEGE", scope, "3", 333, 105, datetime(2023, 9, 14, 17, 41, 27))
    'KEGE_90_9099_20250101_25-ИНФ_AC01_RC03_105_20230914_174127.kbnk'
    >>> export_name("BLANK_TEST", scope, "1", 999, 0, datetime(2024, 12, 28, 12, 5, 42))
    'BLANK_TEST_EGE_90_9099_20250101_25-ИНФ_AC01_RC01_999_20241228_120542.bnk'
    """
    begins, suffix = EXPORT_AFFIXES[kind]
    numbers = {
        "BLANK": f"{count:04}_{station:03}", "BLANK_TEST": f"{station:03}",
    }.get(kind, f"{count:03}")  # fmt: skip
    return (
        f"{begins}{scope.region}_{scope.point}_{scope.exam_date:%Y%m%d}_{scope.subject}"
        f"_AC{prep_room:02}_RC{int(room):02}_{numbers}_{created:%Y%m%d_%H%M%S}{suffix}"
    )
