r"""The journal: everything that happens, as typed events, one JSON line each.

A line is ``{"n": 17, "t": 34200000000, "event": "key_loaded", …}``: ``n`` counts from 0, ``t`` is in
microseconds since local midnight of the exam day, the rest are the fields of the event in the order of
its class. Lines are compact UTF-8 with ``\\n``, so that two runs can be compared byte for byte.

Event classes live with what they describe (``simulators.events``, ``station_core.events``); this module
knows only their base.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

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


class Journal:
    """An append-only record. Keeps the entries, hashes the lines and passes both on.

    Args:
        now: The clock that stamps entries, usually ``runtime.now``.
        file: Where the lines go as they are written; ``None`` keeps them out of any file.
    """

    def __init__(self, now: Callable[[], int], file: BinaryIO | None = None) -> None:
        self._now = now
        self._file = file
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
        n, t = len(self.entries), now()
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
        """Return the SHA-256 of the lines so far, in hexadecimal."""
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)
