"""Reading BER that is too large for memory: definite and indefinite lengths, strings in pieces.

Only what CMS streams is read this way: the wrappers round the content, and the content. A wrapper's length is
never trusted further than the bytes that really come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, Protocol

from station_core.container.der import CONSTRUCTED, MOST_LENGTH_BYTES, OCTETS
from station_core.errors import MaterialsRefused

MOST_SMALL = 1 << 20
"""Whatever is not content is refused when it is larger (our choice; a real one has a few kilobytes)."""

INDEFINITE = -1

READ_AHEAD = 1024
"""How much is asked for at once where a few bytes are needed."""


class Readable(Protocol):
    """What a stream reads from: a file, or the content of another stream."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes; none at the end only."""


class Stream:
    """Reads elements from the beginning to the end.

    Args:
        source: Where from.
        file: Named by refusals.
        skip: Passes over so many bytes of the source without reading them; returns how many there were.
    """

    __slots__ = ("_ahead", "_next", "_open", "_skip", "_source", "at", "file")

    def __init__(self, source: Readable, file: str, skip: Callable[[int], int] | None = None) -> None:
        self.file = file
        self.at = 0
        self._ahead = b""  # read already, and used up to _next
        self._next = 0
        self._source = source
        self._skip = skip
        self._open: list[tuple[str, int]] = []  # wrappers: name, and where they end

    def refuse(self, name: str, detail: str) -> NoReturn:
        """Refuse the file.

        Raises:
            MaterialsRefused: Always.
        """
        field = ".".join([wrapper for wrapper, _ in self._open] + [name])
        raise MaterialsRefused(self.file, "unreadable", f"{field}: {detail}")

    def cut_off(self, name: str) -> NoReturn:
        """Say that the file ends too early.

        Raises:
            MaterialsRefused: Always.
        """
        field = ".".join([wrapper for wrapper, _ in self._open] + [name])
        raise MaterialsRefused(self.file, "truncated", f"{field}: the file ends at byte {self.at}")

    def exactly(self, size: int, name: str) -> bytes:
        """Return so many bytes.

        Raises:
            MaterialsRefused: The file ends before.
        """
        end = self._next + size
        if end > len(self._ahead):
            self._read_ahead(size, name)
            end = size
        data = self._ahead[self._next : end]
        self._next = end
        self.at += size
        return data

    def _read_ahead(self, size: int, name: str) -> None:
        """Have at least so many bytes ready, at the beginning of what is read ahead."""
        parts = [self._ahead[self._next :]]
        missing = size - len(parts[0])
        while missing > 0:
            more = self._source.read(max(missing, READ_AHEAD))
            if not more:
                self.at += size - missing
                self.cut_off(name)
            parts.append(more)
            missing -= len(more)
        self._ahead, self._next = b"".join(parts), 0

    def some(self, most: int, name: str) -> bytes:
        """Return between one and so many bytes.

        Raises:
            MaterialsRefused: The file has ended.
        """
        data = self._ahead[self._next : self._next + most]
        if data:
            self._next += len(data)
        else:
            data = self._source.read(most)
            if not data:
                self.cut_off(name)
        self.at += len(data)
        return data

    def pass_over(self, size: int, name: str) -> None:
        """Pass over so many bytes, which may be more than there are.

        Raises:
            MaterialsRefused: The file ends before.
        """
        if self._skip is not None:
            known = min(size, len(self._ahead) - self._next)
            self._next += known
            self.at += known
            passed = self._skip(size - known)
            self.at += passed
            if passed < size - known:
                self.cut_off(name)
            return
        while size:
            size -= len(self.some(min(size, MOST_SMALL), name))

    def header(self, tag: int, name: str) -> int:
        """Read a tag and a length; return the length or ``INDEFINITE``.

        Raises:
            MaterialsRefused: Another tag, a bad length, or more than the wrapper holds.
        """
        two = self.exactly(2, name)
        if two[0] != tag:
            self.refuse(name, f"tag {two[0]:#04x} instead of {tag:#04x}")
        return self._length(two[1], name)

    def _length(self, first: int, name: str) -> int:
        length = first
        if first == 0x80:
            return INDEFINITE
        if first > 0x80:
            size = first & 0x7F
            if size > MOST_LENGTH_BYTES:
                self.refuse(name, "bad length")
            length = int.from_bytes(self.exactly(size, name), "big")
            if length < 0x80 or length >> 8 * (size - 1) == 0:
                self.refuse(name, "its length is not in the shortest form")
        end = self._open[-1][1] if self._open else INDEFINITE
        if end != INDEFINITE and self.at + length > end:
            self.refuse(name, "is longer than what holds it")
        return length

    def enter(self, tag: int, name: str) -> None:
        """Go into a wrapper. Raises like ``header``."""
        length = self.header(tag, name)
        if length == INDEFINITE and not tag & CONSTRUCTED:
            self.refuse(name, "bad length")
        end = INDEFINITE if length == INDEFINITE else self.at + length
        if end == INDEFINITE and self._open and self._open[-1][1] != INDEFINITE:
            self.refuse(name, "indefinite length within a definite one")  # nobody writes this
        self._open.append((name, end))

    def enter_known(self, beginning: bytes, *names: str) -> bool:
        """Go into several wrappers of indefinite length at once, where the next bytes are exactly these.

        Nearly all files begin alike, so this is a shortcut and no other rule: whoever gets ``False`` reads
        the same elements one by one.
        """
        end = self._next + len(beginning)
        if not self._ahead:
            self._ahead = self._source.read(READ_AHEAD)
        if self._ahead[self._next : end] != beginning:
            return False
        self._next = end
        self.at += len(beginning)
        self._open += [(name, INDEFINITE) for name in names]
        return True

    def leave_all(self, count: int) -> None:
        """Come out of so many wrappers. Raises like ``leave``."""
        end = self._next + 2 * count
        all_indefinite = all(where == INDEFINITE for _, where in self._open[-count:])
        if all_indefinite and self._ahead[self._next : end] == bytes(2 * count):
            self._next = end
            self.at += 2 * count
            del self._open[-count:]
            return
        for _ in range(count):
            self.leave()

    def leave(self) -> None:
        """Come out of the wrapper.

        Raises:
            MaterialsRefused: There is more in it.
        """
        end = self._open[-1][1]
        if end == INDEFINITE:
            if self.exactly(2, "end") != b"\0\0":
                self.refuse("end", "something else where it should end")
        elif self.at != end:
            self.refuse("end", f"{end - self.at} bytes too many")
        self._open.pop()

    def small(self, tag: int, name: str) -> bytes:
        """Return a whole element that has to be small, with its tag and length. Raises like ``header``."""
        two = self.exactly(2, name)
        return self._rest_of_small(two, tag, name)

    def small_any(self, name: str) -> tuple[int, bytes]:
        """Return the next small element, whatever it is: its tag, and the whole. Raises like ``header``."""
        two = self.exactly(2, name)
        return two[0], self._rest_of_small(two, two[0], name)

    def _rest_of_small(self, two: bytes, tag: int, name: str) -> bytes:
        if two[0] != tag:
            self.refuse(name, f"tag {two[0]:#04x} instead of {tag:#04x}")
        length = self._length(two[1], name)
        if length == INDEFINITE:
            self.refuse(name, "bad length")
        if length > MOST_SMALL:
            self.refuse(name, f"{length} bytes are too many")
        if length < 0x80:
            return two + self.exactly(length, name)
        size = (length.bit_length() + 7) // 8
        return two + length.to_bytes(size, "big") + self.exactly(length, name)

    def octets(self, tag: int, name: str) -> Octets:
        """Go into an octet string, in one piece or in several.

        Args:
            tag: Of the one piece; several are in a wrapper with the tag of a constructed element.
            name: Named by refusals.

        Raises:
            MaterialsRefused: It is no octet string.
        """
        first = self.exactly(1, name)[0]
        length = self._length(self.exactly(1, name)[0], name)
        if first == tag and length != INDEFINITE:
            return Octets(self, name, INDEFINITE, length, in_pieces=False)
        if first != tag | CONSTRUCTED:
            self.refuse(name, f"tag {first:#04x} instead of {tag:#04x}")
        end = INDEFINITE if length == INDEFINITE else self.at + length
        return Octets(self, name, end, 0, in_pieces=True)

    def end(self) -> None:
        """See that the source has ended.

        Raises:
            MaterialsRefused: Something follows.
        """
        if self._next < len(self._ahead) or self._source.read(1):
            raise MaterialsRefused(self.file, "trailing-garbage", f"after byte {self.at}")


class Octets:
    """An octet string that is read bit by bit; itself something that a stream can read from.

    Args:
        stream: What it lies in; not to be read from until this has ended.
        name: Named by refusals.
        end: Where its pieces end, or ``INDEFINITE``.
        left: What is left of the piece.
        in_pieces: Whether more pieces may follow.
    """

    __slots__ = ("_end", "_in_pieces", "_left", "_name", "_stream", "tap")

    def __init__(self, stream: Stream, name: str, end: int, left: int, *, in_pieces: bool) -> None:
        self._stream = stream
        self._name = name
        self._end = end
        self._left = left
        self._in_pieces = in_pieces
        self.tap: Callable[[bytes], object] | None = None
        """Is shown everything that is read."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes; none at the end only.

        Raises:
            MaterialsRefused: It is cut off or its pieces are damaged.
        """
        if not self._left and not (self._in_pieces and self._next_piece()):
            return b""
        data = self._stream.some(min(size, self._left), self._name)
        self._left -= len(data)
        if self.tap is not None:
            self.tap(data)
        return data

    def skip_rest(self) -> None:
        """Pass over all that is left without looking at it. Raises like ``read``."""
        while self._left or (self._in_pieces and self._next_piece()):
            self._stream.pass_over(self._left, self._name)
            self._left = 0

    def _next_piece(self) -> bool:
        """Go on to the next piece that is not empty; return whether there is one."""
        stream = self._stream
        while not self._left:
            if self._end != INDEFINITE and stream.at >= self._end:
                if stream.at > self._end:
                    stream.refuse(self._name, "is longer than what holds it")
                self._in_pieces = False
                return False
            two = stream.exactly(2, self._name)
            if two == b"\0\0" and self._end == INDEFINITE:
                self._in_pieces = False
                return False
            if two[0] != OCTETS:
                stream.refuse(self._name, f"tag {two[0]:#04x} in a piece")
            self._left = stream._length(two[1], self._name)  # noqa: SLF001 - its other half
            if self._left == INDEFINITE:
                stream.refuse(self._name, "bad length of a piece")
        return True
