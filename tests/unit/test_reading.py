"""Journal files: what is written is read back, and what is not a journal is refused with its line."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.journal import Entry, Event, Journal
from scenarios.loading import load
from scenarios.problems import BadInput, Problem
from scenarios.reading import LONGEST_LINE, event_fields, event_types, read_journal
from scenarios.runner import run
from station_core.events import DayEnded, KitHandedOut, RecordingTested

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
INTEGERS = st.integers(-(2**63), 2**64 - 1)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: INTEGERS,
    bool: st.booleans(),
    tuple[str, ...]: st.lists(TEXTS, max_size=3).map(tuple),
    tuple[tuple[str, int], ...]: st.lists(st.tuples(TEXTS, INTEGERS), max_size=3).map(tuple),
}


@cache
def made(kind: type[Event]) -> st.SearchStrategy[Event]:
    """Make events of a kind out of the declared types of its fields."""
    fields = msgspec.structs.fields(kind)
    return st.builds(kind, **{field.name: VALUES[field.type] for field in fields})


def write(file: Path, timed: Sequence[tuple[int, Event]]) -> bytes:
    times = iter(timed)
    content = io.BytesIO()
    now = 0
    journal = Journal(lambda: now, content)
    for now, event in times:  # noqa: B007 - the journal's clock reads it
        journal.write(event)
    file.write_bytes(content.getvalue())
    return content.getvalue()


def read(file: Path) -> list[Entry]:
    return list(read_journal(str(file)))


def problem(file: str | Path) -> Problem:
    with pytest.raises(BadInput) as caught:
        list(read_journal(str(file)))
    (found,) = caught.value.problems
    assert found.file == str(file)
    return found


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journals") / "day.jsonl"


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Write a journal of three lines."""
    file = tmp_path / "three.jsonl"
    write(file, [(0, KitHandedOut("0001", "7", "a")), (5, KitHandedOut("0001", "8", "b")), (9, DayEnded())])
    return file


@pytest.mark.parametrize("kind", event_types(), ids=lambda kind: str(kind.event_name()))
@given(st.data())
@settings(max_examples=15)
def test_every_event_comes_back_as_it_was_written(
    scratch: Path, kind: type[Event], data: st.DataObject
) -> None:
    timed = data.draw(st.lists(st.tuples(INTEGERS.filter(lambda t: t < 2**63), made(kind)), max_size=3))
    write(scratch, timed)
    entries = read(scratch)
    assert entries == [Entry(n, t, event) for n, (t, event) in enumerate(timed)]
    assert all(type(entry.event) is kind for entry in entries)


def test_a_whole_day_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "day.jsonl"
    with file.open("wb") as lines:
        outcome = run(load("printer-jam"), 1, file=lines)
    assert read(file) == list(outcome.entries)


def test_names_of_events_and_their_fields() -> None:
    names = [kind.event_name() for kind in event_types()]
    assert names == sorted(set(names))
    assert len(names) > 50
    assert event_fields()["kit_handed_out"] == ("room", "kit", "participant")
    assert event_fields()["day_ended"] == ("aborted",)


def test_an_empty_file_has_no_entries(tmp_path: Path) -> None:
    file = tmp_path / "empty"
    file.write_bytes(b"")
    assert read(file) == []


def test_a_journal_may_end_without_a_line_end(three: Path) -> None:
    whole = read(three)
    three.write_bytes(three.read_bytes()[:-1])
    assert read(three) == whole


def test_every_torn_last_line(three: Path) -> None:
    content = three.read_bytes()
    beginning = content.rindex(b"\n", 0, -1) + 1
    for end in range(beginning + 1, len(content) - 1):
        three.write_bytes(content[:end])
        torn = problem(three)
        assert (torn.line, torn.field, torn.code) == (3, "", "journal-torn")


def test_a_line_that_is_none_and_not_torn_is_no_end(three: Path) -> None:
    three.write_bytes(three.read_bytes() + b'{"n":3,"t"\n')
    assert (problem(three).line, problem(three).code) == (4, "bad-journal-line")
    three.write_bytes(b"hello")
    assert (problem(three).line, problem(three).code) == (1, "bad-journal-line"), "nothing of it is a journal"


def test_what_stands_before_the_bad_line_can_be_used(three: Path) -> None:
    three.write_bytes(three.read_bytes()[:-10])
    entries = read_journal(str(three))
    assert [next(entries).n, next(entries).n] == [0, 1]
    with pytest.raises(BadInput):
        next(entries)


@pytest.mark.parametrize(("lost", "line", "found"), [(0, 1, "1"), (1, 2, "2")])
def test_a_missing_line(three: Path, lost: int, line: int, found: str) -> None:
    lines = three.read_bytes().splitlines(keepends=True)
    three.write_bytes(b"".join(lines[:lost] + lines[lost + 1 :]))
    missing = problem(three)
    assert (missing.line, missing.code) == (line, "journal-line-missing")
    assert missing.values == {"expected": str(lost), "found": found}


def test_a_line_twice(three: Path) -> None:
    lines = three.read_bytes().splitlines(keepends=True)
    three.write_bytes(b"".join([lines[0], *lines]))
    assert (problem(three).line, problem(three).code) == (2, "journal-line-missing")


GOOD: dict[str, Any] = {
    "n": 1, "t": 5, "event": "recording_tested", "station": "s", "seat": "1", "headset": "h", "good": True,
    "active_level_tenth_db": -200, "noise_tenth_db": -500, "reasons": ["noise"],
}  # fmt: skip


def second_line(three: Path, line: str | bytes) -> None:
    lines = three.read_bytes().splitlines(keepends=True)
    lines[1] = line.encode() + b"\n" if isinstance(line, str) else line + b"\n"
    three.write_bytes(b"".join(lines))


def test_the_good_line_is_good(three: Path) -> None:
    second_line(three, json.dumps(GOOD))
    assert read(three)[1] == Entry(1, 5, RecordingTested("s", "1", "h", True, -200, -500, ("noise",)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", "1"),
        ("n", 1.0),
        ("n", None),
        ("t", "09:30"),
        ("event", "recording_lost"),
        ("event", 7),
        ("station", 7),
        ("station", None),
        ("good", 1),
        ("good", "true"),
        ("noise_tenth_db", -50.5),
        ("noise_tenth_db", "low"),
        ("reasons", "noise"),
        ("reasons", [1]),
        ("reasons", {}),
    ],
)
def test_a_wrong_value(three: Path, field: str, value: object) -> None:
    second_line(three, json.dumps(GOOD | {field: value}))
    wrong = problem(three)
    assert (wrong.line, wrong.code) == (2, "bad-journal-line")
    assert f"$.{field}" in wrong.values["why"] or field == "event"


@pytest.mark.parametrize("field", [field for field in GOOD if field != "reasons"])
def test_a_missing_field(three: Path, field: str) -> None:
    second_line(three, json.dumps({name: value for name, value in GOOD.items() if name != field}))
    assert (problem(three).line, problem(three).code) == (2, "bad-journal-line")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"null",
        b"7",
        b"[]",
        b"{}",
        b'"n"',
        b"\xff\xfe",
        b"\x00",
        b'{"n":1,"t":5,"event":"day_ended"} {}',
        b'{"n":1,"t":5,"event":"day_ended","aborted":"\xff"}',
        b'{"n":1,"t":5,"event":"day_ended","aborted":"\\ud800"}',
        b'{"n":1,"t":5,"x":' + b"[" * 100_000,
        b'{"n":1,"t":5,"event":"day_ended","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda line: str(line[:40]),
)
def test_no_line_of_a_journal(three: Path, line: bytes) -> None:
    second_line(three, line)
    wrong = problem(three)
    assert (wrong.line, wrong.code) == (2, "bad-journal-line")
    assert wrong.values["why"]


def test_a_field_that_the_event_does_not_have(three: Path) -> None:
    second_line(
        three, b'{"n":1,"t":5,"event":"kit_handed_out","room":"1","kit":"8","participant":"b","pin":"1"}'
    )
    wrong = problem(three)
    assert (wrong.line, wrong.code, wrong.values) == (2, "journal-unknown-field", {"field": "pin"})


def test_spelled_otherwise_it_is_the_same_journal(three: Path) -> None:
    before = read(three)
    lines = [json.dumps(json.loads(line)) for line in three.read_text(encoding="utf-8").splitlines()]
    three.write_text("\n".join(lines), encoding="utf-8")
    assert read(three) == before


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=300)
def test_any_bytes(scratch: Path, content: bytes) -> None:
    scratch.write_bytes(content)
    if content:
        assert problem(scratch).line >= 1


@given(
    st.recursive(st.none() | st.booleans() | INTEGERS | st.floats() | TEXTS, st.lists),
    st.data(),
)
@settings(max_examples=200)
def test_any_value_in_any_field(scratch: Path, value: object, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(GOOD)))
    scratch.write_text(json.dumps(GOOD | {"n": 0, field: value}) + "\n", encoding="utf-8")
    try:
        entries = read(scratch)
    except BadInput as error:
        places = [(each.file, each.line) for each in error.problems]
    else:
        places = [(str(scratch), 1)]
        assert [entry.n for entry in entries] == [0]
    assert places == [(str(scratch), 1)]


def test_what_may_never_end_is_refused_without_reading(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for file in (tmp_path / "pipe", "/dev/zero", "/dev/null"):
        assert problem(file).code == "not-a-file"


def test_a_line_that_does_not_end(three: Path) -> None:
    with three.open("ab") as file:
        file.truncate(three.stat().st_size + (300 << 20))  # 300 MB of zero bytes without a line end
    tracemalloc.start()
    try:
        long = problem(three)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (long.line, long.code, long.values) == (4, "journal-line-too-long", {"most": str(LONGEST_LINE)})
    assert most < 8 * LONGEST_LINE


def test_the_longest_line_is_read(three: Path) -> None:
    room = LONGEST_LINE - len(b'{"n":1,"t":5,"event":"day_ended","aborted":""}\n')
    second_line(three, b'{"n":1,"t":5,"event":"day_ended","aborted":"%b"}' % (b"x" * room))
    assert len(read(three)) == 3
    second_line(three, b'{"n":1,"t":5,"event":"day_ended","aborted":"%b"}' % (b"x" * (room + 1)))
    assert (problem(three).line, problem(three).code) == (2, "journal-line-too-long")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for file in (tmp_path / "none", tmp_path, tmp_path / "file" / "x", "a\0b", "n" * 300, "/proc/self/mem"):
        cannot = problem(file)
        assert (cannot.line, cannot.code) == (0, "cannot-read")
        assert cannot.values["why"]
