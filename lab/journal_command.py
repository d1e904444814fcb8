"""``ppelab journal``: a journal in words, and the first difference between two journals."""

from __future__ import annotations

import hashlib
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from hal.journal import Entry
from lab.describe import clock, problem_text
from lab.story import sentence
from lab.text import Texts
from scenarios.problems import BadInput, Problem
from scenarios.reading import TornJournal, event_fields, read_journal


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two journals part. An entry is ``None`` where its journal has already ended."""

    n: int
    left: Entry | None
    right: Entry | None

    def fields(self) -> list[tuple[str, str, str]]:
        """Return the fields that differ, each with both values."""
        if self.left is None or self.right is None:
            return []
        return [
            (name, left, right)
            for (name, left), (other, right) in zip_longest(
                _fields(self.left), _fields(self.right), fillvalue=("", "—")
            )
            if (name, left) != (other, right)
        ]


def _fields(entry: Entry) -> list[tuple[str, str]]:
    event = entry.event
    named = [(name, repr(getattr(event, name))) for name in event.__struct_fields__]
    return [("t", str(entry.t)), ("event", type(event).event_name()), *named]


def whole_journal(file: str) -> list[Entry]:
    """Read a journal to its end before anything is said about it.

    Raises:
        BadInput: It cannot be read, is empty, or is not a journal.
    """
    return _not_empty(file, list(read_journal(file)))


def readable_journal(file: str, texts: Texts) -> list[Entry]:
    """Read a journal as far as it goes: of one that a power cut has torn, the whole lines, with a warning.

    Raises:
        BadInput: As ``whole_journal``.
    """
    entries: list[Entry] = []
    try:
        for entry in read_journal(file):
            entries.append(entry)  # noqa: PERF402 - what came before an error counts
    except TornJournal as torn:
        print(*(problem_text(texts, each) for each in torn.problems), sep="\n", file=sys.stderr)
    return _not_empty(file, entries)


def _not_empty(file: str, entries: list[Entry]) -> list[Entry]:
    if not entries:
        raise BadInput((Problem(file, "journal-empty"),))
    return entries


def first_difference(left: str, right: str) -> Difference | None:
    """Compare two journal files byte for byte; return the first entry that differs.

    Raises:
        BadInput: One of them is not a journal.
    """
    entries_left, entries_right = whole_journal(left), whole_journal(right)
    lines = zip_longest(Path(left).read_bytes().split(b"\n"), Path(right).read_bytes().split(b"\n"))
    for n, (line_left, line_right) in enumerate(lines):
        if line_left != line_right:
            return Difference(n, _entry(entries_left, n), _entry(entries_right, n))
    return None


def differing_entry(left: Sequence[Entry], right: Sequence[Entry]) -> Difference:
    """Compare two journals that are known to differ by their entries."""
    n = next(
        (n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
    )
    return Difference(n, _entry(left, n), _entry(right, n))


def _entry(entries: Sequence[Entry], n: int) -> Entry | None:
    return entries[n] if n < len(entries) else None


def difference_lines(texts: Texts, difference: Difference, left: str, right: str) -> list[str]:
    """Say where two journals part, in words."""
    lines = [texts("diff-first", n=str(difference.n))]
    width = max(len(left), len(right))
    for name, entry in ((left, difference.left), (right, difference.right)):
        told = texts("diff-ended") if entry is None else _told(texts, entry)
        lines.append(f"  {name:<{width}}  {told}")
    fields = difference.fields()
    lines += [texts("diff-field", name=name, left=a, right=b) for name, a, b in fields]
    if not fields and difference.left is not None and difference.right is not None:
        lines.append(texts("diff-spelling"))
    return lines


def _told(texts: Texts, entry: Entry) -> str:
    return f"{clock(texts, entry.t)}  {sentence(texts, entry.event)}"


def show(args: Namespace, texts: Texts) -> int:
    """Print a journal in words.

    Raises:
        BadInput: The file is not a journal, or there is no event of that name.
    """
    for name in args.event:
        if name not in event_fields():
            values = {"known": ", ".join(sorted(event_fields()))}
            raise BadInput((Problem(f"--event {name}", "unknown-event", values=values),))
    shown = 0
    for entry in readable_journal(args.file, texts):
        name = type(entry.event).event_name()
        line = f"{entry.n:>6}  {clock(texts, entry.t):<15}  {sentence(texts, entry.event)}"
        if (args.event and name not in args.event) or not _is_about(entry, line, args.about):
            continue
        print(line)
        shown += 1
    if not shown:
        print(texts("journal-nothing-found"))
    return 0


def _is_about(entry: Entry, line: str, about: str) -> bool:
    values = (str(getattr(entry.event, name)) for name in entry.event.__struct_fields__)
    wanted = about.casefold()
    return wanted in line.casefold() or any(wanted in value.casefold() for value in values)


def diff(args: Namespace, texts: Texts) -> int:
    """Name the first event in which two journals differ.

    Raises:
        BadInput: One of the files is not a journal.
    """
    difference = first_difference(args.left, args.right)
    if difference is None:
        data = Path(args.left).read_bytes()
        print(texts("diff-same", count=data.count(b"\n"), sha256=hashlib.sha256(data).hexdigest()))
        return 0
    print("\n".join(difference_lines(texts, difference, args.left, args.right)))
    return 1
