"""DER (ITU-T X.690), as much of it as CMS needs: writing, and strict reading of what is small.

What is small is read whole before it is taken apart, so no length in it can make us allocate anything. Large
content is read by :mod:`station_core.container.stream`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NoReturn

from station_core.errors import MaterialsRefused

INTEGER, OCTETS, NULL, OID, UTF8, SEQUENCE, SET = 0x02, 0x04, 0x05, 0x06, 0x0C, 0x30, 0x31
CONSTRUCTED = 0x20
CONTEXT = 0x80

MOST_LENGTH_BYTES = 8


def head(tag: int, length: int) -> bytes:
    """Write a tag and a definite length."""
    if length < 0x80:
        return bytes((tag, length))
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big")


def tlv(tag: int, *parts: bytes) -> bytes:
    """Write an element from its parts.

    >>> tlv(SEQUENCE, integer(1), tlv(NULL)).hex()
    '30050201010500'
    """
    body = b"".join(parts)
    return head(tag, len(body)) + body


@lru_cache(maxsize=32)
def integer(value: int) -> bytes:
    """Write a number that is not below zero."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def set_of(*members: bytes, tag: int = SET) -> bytes:
    """Write a SET OF, its members in the order that DER demands."""
    return tlv(tag, *sorted(members))


@lru_cache(maxsize=128)
def oid(dotted: str) -> bytes:
    """Write an object identifier.

    >>> oid("1.2.840.113549").hex()
    '06062a864886f70d'
    """
    first, second, *rest = map(int, dotted.split("."))
    return tlv(OID, *(_base128(arc) for arc in (first * 40 + second, *rest)))


def _base128(arc: int) -> bytes:
    digits = [arc & 0x7F]
    while arc := arc >> 7:
        digits.append(0x80 | (arc & 0x7F))
    return bytes(reversed(digits))


class Reader:
    """Takes DER apart, element by element; says which field it was when something is wrong.

    Args:
        data: The bytes.
        file: Named by refusals.
        name: Named by refusals: what is being read.
        at, end: Which part of the bytes.
        within: The reader of what holds it.
    """

    __slots__ = ("_name", "_within", "at", "data", "end", "file")

    def __init__(
        self,
        data: bytes,
        file: str,
        name: str,
        at: int = 0,
        end: int | None = None,
        within: Reader | None = None,
    ) -> None:
        self.data = data
        self.file = file
        self._name = name
        self._within = within
        self.at = at
        self.end = len(data) if end is None else end

    @property
    def field(self) -> str:
        """The path to what is being read."""
        return self._name if self._within is None else f"{self._within.field}.{self._name}"

    def refuse(self, name: str, detail: str) -> NoReturn:
        """Refuse the file.

        Raises:
            MaterialsRefused: Always.
        """
        raise MaterialsRefused(self.file, "unreadable", f"{self.field}.{name}: {detail}")

    def peek(self) -> int:
        """Return the next tag, 0 at the end."""
        return self.data[self.at] if self.at < self.end else 0

    def _element(self, tag: int, name: str) -> tuple[int, int]:
        """Pass over the next element; return where its value begins and ends."""
        data, at, end = self.data, self.at, self.end
        if at + 2 > end:
            self.refuse(name, "is missing")
        if data[at] != tag:
            self.refuse(name, f"tag {data[at]:#04x} instead of {tag:#04x}")
        length = data[at + 1]
        at += 2
        if length >= 0x80:
            size = length & 0x7F
            if size == 0 or size > MOST_LENGTH_BYTES or at + size > end:
                self.refuse(name, "bad length")
            length = int.from_bytes(data[at : at + size], "big")
            at += size
            if length < 0x80 or length >> 8 * (size - 1) == 0:
                self.refuse(name, "its length is not in the shortest form")
        if length > end - at:
            self.refuse(name, "is longer than what holds it")
        self.at = at + length
        return at, self.at

    def take(self, tag: int, name: str) -> bytes:
        """Return the value of the next element.

        Raises:
            MaterialsRefused: It has another tag, or is damaged.
        """
        start, end = self._element(tag, name)
        return self.data[start:end]

    def whole(self, tag: int, name: str) -> bytes:
        """Return the next element with its tag and length. Raises like ``take``."""
        before = self.at
        self._element(tag, name)
        return self.data[before : self.at]

    def enter(self, tag: int, name: str) -> Reader:
        """Return a reader of what the next element holds. Raises like ``take``."""
        start, end = self._element(tag, name)
        return Reader(self.data, self.file, name, start, end, self)

    def expect(self, element: bytes, name: str) -> None:
        """Pass over an element that can be nothing else.

        Raises:
            MaterialsRefused: It is something else.
        """
        if not self.data.startswith(element, self.at, self.end):
            self.refuse(name, "is not what it has to be")
        self.at += len(element)

    def leave(self) -> None:
        """See that nothing is left.

        Raises:
            MaterialsRefused: Something is.
        """
        if self.at != self.end:
            self.refuse("end", f"{self.end - self.at} bytes too many")
