"""The journal: bytes, hash, listeners, a full disk."""

from __future__ import annotations

import hashlib
import io
import json
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.journal import Entry, Event, Journal, JournalFile
from hal.runtime import HOUR


class KeyTurned(Event, frozen=True):
    """An event with every type of field."""

    room: str
    count: int
    good: bool = True
    reasons: tuple[str, ...] = ()
    params: tuple[tuple[str, int], ...] = ()


class Rang(Event, frozen=True):
    """An event without fields."""


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


def test_names_of_events() -> None:
    assert KeyTurned.event_name() == "key_turned"
    assert Rang.event_name() == "rang"


def test_the_bytes_of_the_lines() -> None:
    clock, file = Clock(), io.BytesIO()
    journal = Journal(clock, file)
    clock.now = -13 * HOUR
    journal.write(Rang())
    clock.now = 9 * HOUR + 1
    journal.write(KeyTurned('Ауд. «1»\n"\\', 7, False, ("a", "б"), (("left", 5),)))
    first, second = file.getvalue().decode().splitlines(keepends=True)
    assert first == '{"n":0,"t":-46800000000,"event":"rang"}\n'
    assert second == (
        '{"n":1,"t":32400000001,"event":"key_turned","room":"Ауд. «1»\\n\\"\\\\","count":7,"good":false,'
        '"reasons":["a","б"],"params":[["left",5]]}\n'
    )


def test_fields_with_default_values_are_written_too() -> None:
    file = io.BytesIO()
    Journal(Clock(), file).write(KeyTurned("1", 0))
    line = b'{"n":0,"t":0,"event":"key_turned","room":"1","count":0,"good":true,"reasons":[],"params":[]}\n'
    assert file.getvalue() == line


def test_entries_in_memory() -> None:
    clock = Clock()
    journal = Journal(clock)
    for clock.now in (5, 5, 9):
        journal.write(Rang())
    assert list(journal) == journal.entries == [Entry(0, 5, Rang()), Entry(1, 5, Rang()), Entry(2, 9, Rang())]
    assert len(journal) == 3


EVENTS = st.lists(
    st.builds(KeyTurned, st.text(), st.integers(-(2**63), 2**64 - 1), st.booleans(), st.tuples(st.text()))
    | st.just(Rang()),
    max_size=8,
)


@given(EVENTS)
def test_the_hash_is_that_of_the_file(events: list[Event]) -> None:
    file = io.BytesIO()
    journal, without = Journal(Clock(), file), Journal(Clock())
    assert journal.sha256() == hashlib.sha256(b"").hexdigest()
    for event in events:
        journal.write(event)
        without.write(event)
        assert journal.sha256() == hashlib.sha256(file.getvalue()).hexdigest()
    assert without.sha256() == journal.sha256()
    lines = file.getvalue().splitlines(keepends=True)
    assert len(lines) == len(events)
    assert [json.loads(line)["n"] for line in lines] == list(range(len(events)))


def test_listeners_hear_every_entry_from_then_on_in_order() -> None:
    journal = Journal(Clock())
    heard: list[tuple[str, Entry]] = []

    def named(name: str) -> Callable[[Entry], None]:
        return lambda entry: heard.append((name, entry))

    journal.write(Rang())
    journal.listen(named("first"))
    journal.write(Rang())
    journal.listen(named("second"))
    journal.write(Rang())
    one, two = Entry(1, 0, Rang()), Entry(2, 0, Rang())
    assert heard == [("first", one), ("first", two), ("second", two)]


def test_a_listener_finds_the_entry_in_the_journal_and_may_write_itself() -> None:
    file = io.BytesIO()
    journal = Journal(Clock(), file)

    def answer(entry: Entry) -> None:
        assert journal.entries[entry.n] is entry
        if isinstance(entry.event, Rang):
            journal.write(KeyTurned("1", 1))

    journal.listen(answer)
    journal.write(Rang())
    assert [type(entry.event) for entry in journal] == [Rang, KeyTurned]
    assert [entry.n for entry in journal] == [0, 1]
    assert journal.sha256() == hashlib.sha256(file.getvalue()).hexdigest()


def test_a_full_disk_is_an_error_and_leaves_the_journal_as_it_was() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        journal = Journal(Clock(), full)
        journal.listen(lambda entry: pytest.fail(f"{entry} was not written"))
        with pytest.raises(OSError, match="No space left"):
            journal.write(Rang())
    assert len(journal) == 0
    assert journal.sha256() == hashlib.sha256(b"").hexdigest()


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        KeyTurned("1", 1).count = 2  # type: ignore[misc]


def test_what_cannot_be_written_is_an_error() -> None:
    journal = Journal(Clock())
    with pytest.raises(UnicodeEncodeError):
        journal.write(KeyTurned("\ud800", 1))
    assert len(journal) == 0


def test_a_file_is_taken_up_where_it_was_left(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for lives in range(3):
        with JournalFile(path) as file:
            assert file.lines == 2 * lives
            journal = Journal(Clock(), file, file.lines)
            journal.write(Rang())
            journal.write(KeyTurned("я" * 3000, 1))
    lines = path.read_bytes().splitlines()
    assert [json.loads(line)["n"] for line in lines] == list(range(6))


def test_wherever_a_line_was_torn_the_whole_ones_before_it_stay(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with JournalFile(path) as file:
        journal = Journal(Clock(), file)
        for _ in range(3):
            journal.write(KeyTurned("1", 1))
    whole = path.read_bytes()
    length = len(whole) // 3
    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        with JournalFile(path) as file:
            assert file.lines == end // length
        assert path.read_bytes() == whole[: end - end % length]


def test_a_line_that_does_not_fit_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with JournalFile(path) as file:
        journal = Journal(Clock(), file)
        journal.write(Rang())
        whole = path.read_bytes()
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 10, limits[1]))
        try:
            with pytest.raises(OSError, match="File too large"):
                journal.write(Rang())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert path.read_bytes() == whole
        journal.write(Rang())  # there is room again
    assert path.read_bytes() == whole + whole.replace(b'"n":0', b'"n":1')


def test_a_journal_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        JournalFile(tmp_path)
    file = JournalFile(tmp_path / "journal.jsonl")
    file.close()
    file.close()
