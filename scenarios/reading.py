"""Reading journals back from files: checked line by line, as typed events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any, Union, get_type_hints

import msgspec

import simulators.events
import station_core.events
from hal.journal import Entry, Event
from scenarios.problems import BadInput, Problem

LONGEST_LINE = 1 << 20
"""Bytes of a line with its end. Our longest lines have some hundreds; a file without lines is no journal."""


@cache
def event_types() -> tuple[type[Event], ...]:
    """Return every kind of event, by name."""
    found = [
        value
        for module in (simulators.events, station_core.events)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Event) and value is not Event
    ]
    return tuple(sorted(found, key=lambda kind: kind.event_name()))


@cache
def event_fields() -> Mapping[str, tuple[str, ...]]:
    """Return the fields of every event, by its name."""
    return {kind.event_name(): kind.__struct_fields__ for kind in event_types()}


@cache
def _fields_by_type(event: str) -> Mapping[str, type | None]:
    kind = next(kind for kind in event_types() if kind.event_name() == event)
    hints = get_type_hints(kind)
    return {name: hints[name] if isinstance(hints[name], type) else None for name in kind.__struct_fields__}


def fits(event: str, field: str, value: str | int | bool) -> bool:
    """Say whether the field of that event can hold this value at all; lists are compared with nothing."""
    kind = _fields_by_type(event)[field]
    if kind is None:
        return False
    return type(value) is kind


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(Union[event_types()])  # noqa: UP007 - built from a tuple


class _Head(msgspec.Struct):
    n: int
    t: int


_head = msgspec.json.Decoder(_Head)
_encode = msgspec.json.Encoder().encode


class TornJournal(BadInput):
    """The last line is cut off, as a power cut leaves it; the lines before it are a journal."""


def read_journal(file: str) -> Iterator[Entry]:
    """Yield the entries of a journal file.

    Raises:
        TornJournal: After the whole entries.
        BadInput: It is no regular file or cannot be read, or a line is not an event or longer than
            :data:`LONGEST_LINE`; names the line.
    """
    try:
        _refuse_endless(file)
        with Path(file).open("rb") as lines:
            number = 0
            while line := lines.readline(LONGEST_LINE + 1):
                yield _entry(line, number, file)
                number += 1
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise BadInput((Problem(file, "cannot-read", values={"why": why}),)) from None


def _refuse_endless(file: str) -> None:
    """A pipe or a device may never end, or never begin. Opening a folder says by itself what is wrong."""
    mode = Path(file).stat().st_mode
    if not S_ISREG(mode) and not S_ISDIR(mode):
        raise BadInput((Problem(file, "not-a-file"),))


def _entry(line: bytes, number: int, file: str) -> Entry:
    if len(line) > LONGEST_LINE:
        values = {"most": str(LONGEST_LINE)}
        raise BadInput((Problem(file, "journal-line-too-long", number + 1, values=values),))
    try:
        head = _head.decode(line)
        event = _decoder().decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if number and not line.endswith(b"\n"):
            raise TornJournal((Problem(file, "journal-torn", number + 1),)) from None
        raise BadInput((Problem(file, "bad-journal-line", number + 1, values={"why": str(error)}),)) from None
    _refuse_unknown_fields(line, event, number, file)
    if head.n != number:
        values = {"expected": str(number), "found": str(head.n)}
        raise BadInput((Problem(file, "journal-line-missing", number + 1, values=values),))
    return Entry(head.n, head.t, event)


def _refuse_unknown_fields(line: bytes, event: Event, number: int, file: str) -> None:
    if line.endswith(_encode(event)[1:] + b"\n"):
        return  # spelled as we write it: nothing can be hidden in it
    unknown = set(msgspec.json.decode(line)) - {"n", "t", "event", *event.__struct_fields__}
    if unknown:
        values = {"field": ", ".join(sorted(unknown))}
        raise BadInput((Problem(file, "journal-unknown-field", number + 1, values=values),))
