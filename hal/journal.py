r"""The journal: everything that happens, as typed events, one JSON line each.

A line is ``{"n": 17, "t": 34200000000, "event": "key_loaded", …}``: ``n`` counts from 0, ``t`` is in
microseconds since local midnight of the exam day, the rest are the fields of the event in the order of
its class. Lines are compact UTF-8 with ``\\n``, so that two runs can be compared byte for byte.

Event classes live with what they describe (``simulators.events``, ``station_core.events``); this module
knows only their base.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import msgspec


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Event(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag=_snake):
    """Base of all journal events. A subclass is a frozen record of texts, integers and tuples of them.

    Such a record is never part of a cycle, so the garbage collector need not look at it (``gc=False``).

    Floats are kept out of the journal: an integer in a named unit reads the same on every machine.
    """

    @classmethod
    def event_name(cls) -> str:
        """Return the name of the event in the journal, such as ``key_loaded``."""
        return _snake(cls.__name__)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One line of the journal."""

    n: int
    t: int
    event: Event


Listener = Callable[[Entry], None]


class LineFile(Protocol):
    """Where a journal's lines go: a binary file, or anything else that takes whole lines."""

    def write(self, line: bytes, /) -> object:
        """Take one line with its end."""


class Journal:
    """An append-only record. Keeps the entries, hashes the lines and passes both on.

    Args:
        now: The clock that stamps entries, usually ``runtime.now``.
        file: Where the lines go as they are written; ``None`` keeps them out of any file.
        first: Number of the first entry: how many lines the file already holds.
    """

    def __init__(self, now: Callable[[], int], file: LineFile | None = None, first: int = 0) -> None:
        self._now = now
        self._file = file
        self._first = first
        self._encode = msgspec.json.Encoder().encode
        self._hash = hashlib.sha256()
        self._listeners: list[Listener] = []
        self.entries: list[Entry] = []

    def write(self, event: Event) -> None:
        """Append an event at the present time.

        Raises:
            OSError: The file cannot take the line (disk full, medium gone).
        """
        now, encode = self._now, self._encode  # not called as methods, which they are not: faster
        n, t = self._first + len(self.entries), now()
        line = b'{"n":%d,"t":%d,%b\n' % (n, t, encode(event)[1:])
        if self._file is not None:
            self._file.write(line)
        self._hash.update(line)
        entry = Entry(n, t, event)
        self.entries.append(entry)
        for listener in self._listeners:
            listener(entry)

    def listen(self, listener: Listener) -> None:
        """Call the listener with every entry from now on, right after it is written."""
        self._listeners.append(listener)

    def sha256(self) -> str:
        """Return the SHA-256 of the lines that this object wrote, in hexadecimal."""
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


class JournalFile:
    """A journal's file that outlives the process that writes it: it holds whole lines, whatever happens.

    A kill or a power cut may tear the last line (a write is only whole up to the end of a memory page), and a
    full disk takes a part of one. Opening the file drops a torn end; a line that does not fit is taken back.

    Args:
        path: The file; made if it is not there. ``lines`` says how many whole lines it holds.

    Raises:
        OSError: The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        self.lines = 0
        self._end = 0  # where the next line begins
        try:
            self._find_end()
            self._drop_torn()
        except BaseException:
            self.close()
            raise

    def _find_end(self) -> None:
        place = 0
        while block := os.read(self._fd, 1 << 20):
            if newlines := block.count(b"\n"):
                self.lines += newlines
                self._end = place + block.rindex(b"\n") + 1
            place += len(block)

    def _drop_torn(self) -> None:
        os.ftruncate(self._fd, self._end)
        os.lseek(self._fd, self._end, os.SEEK_SET)

    def write(self, line: bytes) -> int:
        """Append one line, whole or not at all; returns its length.

        Raises:
            OSError: It does not fit (disk full, medium gone).
        """
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except BaseException:
            self._drop_torn()
            raise
        self._end += len(line)
        self.lines += 1
        return len(line)

    def close(self) -> None:
        """Close the file. Calling it twice is allowed."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
