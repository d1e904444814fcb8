"""Scenario files that are wrong: what is said, of which file, which line, which field."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.runtime import HOUR, MINUTE
from scenarios.loading import MOST_LEVELS, library, load, parse
from scenarios.model import Scenario
from scenarios.problems import BadInput, Problem

# Lines are counted in the tests: title is in line 1, exam in line 3, rooms[0] in line 6.
GOOD = """\
title: Проба
about: Для проверки чтения.
exam: {kind: written, subject: 01-РУС, date: 2024-05-28}
point:
  rooms:
    - participants: 5
      station:
        printer: pantum-p3300dn
        paper: 100
    - participants: 7
      station: {}
  staff: {technicians: 1}
faults:
  - target: printer-0001
    kind: jam
    at: "09:30"
expect:
  - that: everybody-served
"""


ROOM = "point.rooms[0]"
SET_ROOM = "point.rooms.0.participants"


def problems(text: str, sets: Sequence[str] = ()) -> tuple[Problem, ...]:
    with pytest.raises(BadInput) as caught:
        parse(text, "my/day.yaml", sets)
    assert caught.value.problems
    return caught.value.problems


def places(text: str, sets: Sequence[str] = ()) -> list[tuple[str, int, str, str]]:
    return [(each.file, each.line, each.field, each.code) for each in problems(text, sets)]


def in_file(line: int, field: str, code: str) -> list[tuple[str, int, str, str]]:
    return [("my/day.yaml", line, field, code)]


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def test_the_good_file_is_good() -> None:
    scenario = parse(GOOD, "my/day.yaml")
    assert scenario.title == "Проба"
    assert [room.participants for room in scenario.point.rooms] == [5, 7]
    assert scenario.faults[0].at == 9 * HOUR + 30 * MINUTE


# -- the file ------------------------------------------------------------------------------------------


def file_problem(file: str) -> Problem:
    with pytest.raises(BadInput) as caught:
        load(file)
    (problem,) = caught.value.problems
    assert problem.file == file
    assert file in str(caught.value)
    return problem


def test_the_library_by_name() -> None:
    assert library() == (
        "audio-quality-check",
        "oral-complaint",
        "ordinary-day",
        "printer-jam",
        "reserve-station-swap",
        "token-failure",
    )
    for name in library():
        assert isinstance(load(name), Scenario)


def test_a_file_by_path(tmp_path: Path) -> None:
    file = tmp_path / "day.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert load(str(file)) == parse(GOOD, "x")


def test_no_such_scenario_names_the_library(tmp_path: Path) -> None:
    problem = file_problem(str(tmp_path / "none.yaml"))
    assert problem.code == "no-such-scenario"
    assert problem.values["library"] == ", ".join(library())


def test_a_directory(tmp_path: Path) -> None:
    assert file_problem(str(tmp_path)).code == "is-a-directory"


def test_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(GOOD, encoding="utf-8")
    problem = file_problem(str(tmp_path / "file" / "day.yaml"))
    assert problem.code == "cannot-read"
    assert problem.values["why"] == "Not a directory"


@pytest.mark.parametrize("name", ["a\0b", "n" * 300])
def test_a_name_that_no_file_can_have(name: str) -> None:
    assert file_problem(name).code == "cannot-read"


def test_an_unreadable_file() -> None:
    # root may read everything; what refuses even root to be read is a process's own memory at address 0
    assert file_problem("/proc/self/mem").code == "cannot-read"


def test_not_utf8(tmp_path: Path) -> None:
    file = tmp_path / "cp1251.yaml"
    file.write_bytes(b"title: " + "Проба".encode("cp1251"))
    problem = file_problem(str(file))
    assert (problem.code, problem.values["byte"]) == ("not-utf8", "7")


@pytest.mark.parametrize(("size", "code"), [(1_000_000, "not-a-scenario"), (1_000_001, "file-too-big")])
def test_the_biggest_file(tmp_path: Path, size: int, code: str) -> None:
    file = tmp_path / "big.yaml"
    file.write_bytes(b"#" * size)
    assert file_problem(str(file)).code == code


def test_an_endless_file_is_not_read_to_its_end() -> None:
    assert file_problem("/dev/zero").code == "file-too-big"


# -- YAML ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [("", 0), ("# nothing but words\n", 0), ("\n\n- title: a\n", 3), ("just a text", 1), ("---\n~\n", 2)],
)
def test_not_a_mapping(text: str, line: int) -> None:
    assert places(text) == in_file(line, "", "not-a-scenario")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("title: a\nabout: [b\nexam: c\n", 3),
        ("title: a\nabout: 'b\n", 3),  # where the missing quote was looked for in vain: the end
        ("title: a\n about: b\n", 2),
        ("title: a\n\tabout: b\n", 2),
        ("title: a\n---\ntitle: b\n", 2),
        ("title: *nobody\n", 1),
        ("title: a\nabout: \x00\n", 2),
        ("title: a\nabout: \ud800\n", 2),
        ("title: a\nabout: !nobody%zz b\n", 2),
        ("title: a\n<<: b\n", 2),
    ],
)
def test_broken_yaml(text: str, line: int) -> None:
    (problem,) = problems(text)
    assert (problem.file, problem.line, problem.field, problem.code) == (
        "my/day.yaml",
        line,
        "",
        "broken-yaml",
    )
    assert problem.values["why"]


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object:os.system x",
        "!!binary aGVsbG8=",
        "!!timestamp 2024-05-28",
        "!!set {a}",
        "!mine x",
        "!!int x",
        "!!int ''",
        "!!float x",
        "!!bool x",
        "!!float .inf",
        "!!float .nan",
        "1" * 400 + ".0",
        "9" * 5000,
        "18446744073709551616",
        "-9223372036854775809",
        r'"\UFFFFFFFF"',
        r'"\U00110000"',
        r'"\ud800"',
        "{1.5: a}",
        "{true: a}",
        "{null: a}",
        "{? [a] : b}",
        "=",
    ],
)
def test_values_that_are_none(value: str) -> None:
    assert places(f"title: a\nabout:\n  {value}\n") == in_file(3, "", "bad-value")


def test_a_version_that_is_no_number() -> None:
    assert places(f"%YAML {'9' * 5000}.1\n---\ntitle: a\n") == in_file(1, "", "bad-value")


def test_a_key_written_twice() -> None:
    text = changed("  staff: {technicians: 1}", "  staff:\n    technicians: 1\n    technicians: 1")
    (problem,) = problems(text)
    assert str(problem) == "my/day.yaml:14: point.staff.technicians: key-twice: first='13'"


def test_every_key_written_twice_is_told() -> None:
    text = GOOD.replace("kind: jam", "kind: jam\n    kind: jam") + "title: Ещё раз\n"
    assert places(text) == [
        ("my/day.yaml", 16, "faults[0].kind", "key-twice"),
        ("my/day.yaml", 20, "title", "key-twice"),
    ]


def test_an_integer_and_a_text_are_one_key() -> None:
    assert places("title: a\n1: b\n'1': c\n") == in_file(3, "1", "key-twice")


def bomb(levels: int) -> str:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.timeout(20)
def test_an_alias_bomb_is_counted_not_blown() -> None:
    (problem,) = problems(bomb(12))
    assert problem.code == "too-many-values"
    assert problem.line > 0


@pytest.mark.timeout(20)
def test_a_bomb_of_merges() -> None:
    lines = ["l0: &l0 {a: x, b: x, c: x, d: x}"]
    lines += [f"l{i}: &l{i} {{<<: [{', '.join([f'*l{i - 1}'] * 9)}]}}" for i in range(1, 12)]
    assert problems("\n".join(lines))[0].code == "too-many-values"


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: &a {b: *a}\n", "a: &a {<<: *a}\n"])
def test_a_thing_inside_of_itself(text: str) -> None:
    assert problems(text)[0].code in ("nested-too-deep", "broken-yaml")


@pytest.mark.parametrize(("left", "right"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
@pytest.mark.timeout(20)
def test_the_deepest_nesting(left: str, right: str) -> None:
    text = f"title: a\nabout:\n  {left * 100_000}x{right * 100_000}\n"
    assert places(text) == in_file(3, "", "nested-too-deep")


def test_a_nesting_that_is_still_allowed() -> None:
    levels = MOST_LEVELS - 2  # the file itself is one, the value at the bottom another
    (problem,) = problems(changed("Проба", "[" * levels + "x" + "]" * levels))
    assert (problem.field, problem.code) == ("title", "string-type")
    assert (
        problems(changed("Проба", "[" * (levels + 1) + "x" + "]" * (levels + 1)))[0].code == "nested-too-deep"
    )


def test_aliases_and_merges_are_fine_and_each_value_is_its_own() -> None:
    text = changed("    - participants: 5", "    - &room\n      participants: 5").replace(
        "    - participants: 7\n      station: {}", "    - <<: *room\n      participants: 7"
    )
    rooms = parse(text, "f").point.rooms
    assert [(room.participants, room.station and room.station.paper) for room in rooms] == [
        (5, 100),
        (7, 100),
    ]
    rooms = parse(text, "f", ["point.rooms.0.station.paper=50"]).point.rooms
    assert [room.station and room.station.paper for room in rooms] == [50, 100]


def test_the_line_of_a_field_that_overrides_a_merged_one() -> None:
    text = changed("    - participants: 5", "    - &room\n      participants: 5").replace(
        "    - participants: 7\n      station: {}", "    - <<: *room\n      participants: x"
    )
    assert places(text) == in_file(12, "point.rooms[1].participants", "int-type")


# -- values that YAML would take for something else ------------------------------------------------------


@pytest.mark.parametrize("text", ["09:30", '"09:30"', "'9:30'", "09:30:00"])
def test_clock_times_are_not_numbers_of_base_60(text: str) -> None:
    assert parse(changed('"09:30"', text), "f").faults[0].at == 9 * HOUR + 30 * MINUTE


@pytest.mark.parametrize("text", ["930", "9.30", "24:00", "09:60", '" 09:30"', "~", "yes", "[9]", '"٠٩:٣٠x"'])
def test_no_clock_time(text: str) -> None:
    if text == "~":
        assert places(changed('"09:30"', text)) == in_file(14, "faults[0]", "one-trigger")
    else:
        assert places(changed('"09:30"', text)) == in_file(16, "faults[0].at", "not-a-clock-time")


def test_numbers_with_leading_zeros_are_texts() -> None:
    named = changed("- participants: 7", "- name: 0010\n      participants: 7")
    assert parse(named, "f").point.rooms[1].name == "0010"
    assert places(changed("paper: 100", "paper: 010")) == in_file(
        9, "point.rooms[0].station.paper", "int-type"
    )


@pytest.mark.parametrize(
    "text", ["0x10", "0o10", "0b1", "1_000", "1e3", "+1.", ".5", "5.0", "yes", "'5'", "~", "[5]"]
)
def test_no_integer(text: str) -> None:
    field = "point.rooms[0].participants"
    (problem,) = problems(changed("participants: 5", f"participants: {text}"))
    assert (problem.line, problem.field) == (6, field)
    assert problem.code in ("int-type", "int-from-float")
    assert "input" in problem.values


def test_a_number_where_a_text_belongs() -> None:
    assert places(changed("title: Проба", "title: 2024")) == in_file(1, "title", "string-type")
    text = changed("- participants: 5", "- name: 1234\n      participants: 5")
    assert places(text) == in_file(6, "point.rooms[0].name", "string-type")


@pytest.mark.parametrize("text", ["2024-13-01", "28.05.2024", "2024", "2024-05-28 10:00:00", "~", "[2024]"])
def test_no_date(text: str) -> None:
    (problem,) = problems(changed("2024-05-28", text))
    assert (problem.line, problem.field) == (3, "exam.date")
    assert problem.code.startswith("date-")
    assert problem.values["why"]


@pytest.mark.parametrize("text", ["90", "1 day", "h", "''", "-5 min", "1.5h", "3h x", "~", "{h: 3}"])
def test_no_duration(text: str) -> None:
    text = changed("date: 2024-05-28}", f"date: 2024-05-28, work_time: {text}}}")
    assert places(text) == in_file(3, "exam.work_time", "not-a-duration")


@pytest.mark.parametrize("text", ["0s", "999 ms"])
def test_an_answer_takes_a_second_or_more(text: str) -> None:
    text = changed("date: 2024-05-28}", f"date: 2024-05-28, answer_time: {text}}}")
    assert places(text) == in_file(3, "exam.answer_time", "less-than-a-second")


def test_a_duration_of_thousands_of_digits() -> None:
    text = changed("date: 2024-05-28}", f"date: 2024-05-28, work_time: {'9' * 5000}h}}")
    assert [place[:3] for place in places(text)] == [("my/day.yaml", 3, "exam.work_time")]


# -- fields ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "code"),
    [
        ("title: Проба", "titel: Проба", 1, "title", "missing"),
        ("about: Для проверки чтения.", "about: ''", 2, "about", "string-too-short"),
        ("kind: written", "kind: verbal", 3, "exam.kind", "enum"),
        ("01-РУС", "РУС", 3, "exam.subject", "string-pattern-mismatch"),
        ("    - participants: 5", "    - participants: 26", 6, f"{ROOM}.participants", "less-than-equal"),
        ("    - participants: 5", "    - participants: -1", 6, f"{ROOM}.participants", "greater-than-equal"),
        ("        paper: 100", "        papers: 100", 9, "point.rooms[0].station.papers", "extra-forbidden"),
        ("      station: {}", "      station: [a]", 11, "point.rooms[1].station", "model-type"),
        ("  staff: {technicians: 1}", "  staff: 3", 12, "point.staff", "model-type"),
        ("  - target: printer-0001\n", "  - target: ' '\n", 14, "faults[0].target", "string-too-short"),
        ("    kind: jam\n", "", 14, "faults[0].kind", "missing"),
        ("    kind: jam\n", "    kind: jam\n    ends: soon\n", 16, "faults[0].ends", "literal-error"),
        ("    kind: jam\n", "    kind: jam\n    params: 3\n", 16, "faults[0].params", "dict-type"),
        ("    kind: jam\n", "    kind: jam\n    params:\n      a: x\n", 17, "faults[0].params.a", "int-type"),
        ("  - that: everybody-served", "  - that: fun", 18, "expect[0].that", "literal-error"),
        ("  - that: everybody-served", "  - str: 1", 18, "expect[0].str", "extra-forbidden"),
        ("  - that: everybody-served", "  - everybody-served", 18, "expect[0]", "model-type"),
        ("expect:\n  - that: everybody-served", "expect: all", 17, "expect", "tuple-type"),
    ],
)  # fmt: skip
def test_one_wrong_field(old: str, new: str, line: int, field: str, code: str) -> None:
    assert ("my/day.yaml", line, field, code) in places(changed(old, new))
    assert len(places(changed(old, new))) == (2 if new.startswith("titel") else 1)


def test_an_empty_list_of_rooms_and_a_wrong_room() -> None:
    rooms = GOOD[GOOD.index("    - participants: 5") : GOOD.index("  staff:")]
    assert places(GOOD.replace("  rooms:\n" + rooms, "  rooms: []\n")) == in_file(
        5, "point.rooms", "too-short"
    )
    # the only room is wrong: the list is not called too short besides
    assert places(GOOD.replace(rooms, "    - 5\n")) == in_file(6, "point.rooms[0]", "model-type")


def test_a_wrong_value_where_several_types_are_allowed_is_told_once() -> None:
    text = changed("  - that: everybody-served", "  - event: key_loaded\n    where:\n      str: [1]")
    assert places(text) == in_file(20, "expect[0].where.str", "scalar-type")


def test_several_problems_at_once() -> None:
    text = (
        changed("title: Проба", "title: 5").replace("paper: 100", "paper: x").replace("kind: jam", "knd: jam")
    )
    assert places(text) == [
        ("my/day.yaml", 1, "title", "string-type"),
        ("my/day.yaml", 9, "point.rooms[0].station.paper", "int-type"),
        ("my/day.yaml", 14, "faults[0].kind", "missing"),
        ("my/day.yaml", 15, "faults[0].knd", "extra-forbidden"),
    ]


def test_what_only_the_whole_can_tell_has_lines_too() -> None:
    text = changed("printer: pantum-p3300dn", "printer: hp-9000").replace(
        "target: printer-0001", "target: printer-0003"
    )
    assert places(text) == [
        ("my/day.yaml", 8, "point.rooms[0].station.printer", "unknown-profile"),
        ("my/day.yaml", 14, "faults[0].target", "unknown-target"),
    ]
    absent = changed("    - participants: 7", "    - participants: 7\n      absent: 8")
    assert places(absent) == in_file(11, "point.rooms[1].absent", "more-absent-than-seated")


def test_line_ends_of_windows_and_a_byte_order_mark() -> None:
    text = "\ufeff" + changed("paper: 100", "paper: x").replace("\n", "\r\n")
    assert places(text) == in_file(9, "point.rooms[0].station.paper", "int-type")


# -- --set -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "get", "value"),
    [
        ("title=Другое", lambda s: s.title, "Другое"),
        ("title='a=b'", lambda s: s.title, "a=b"),
        ("point.rooms.1.participants=3", lambda s: s.point.rooms[1].participants, 3),
        ("point.rooms.0.station.paper=~", lambda s: s.point.rooms[0].station.paper, None),
        ("point.reserves.kits=4", lambda s: s.point.reserves.kits, 4),
        ("exam.work_time=2h", lambda s: s.exam.work_time, 2 * HOUR),
        ("faults.0.at=10:05", lambda s: s.faults[0].at, 10 * HOUR + 5 * MINUTE),
        ('faults.0.at="10:05"', lambda s: s.faults[0].at, 10 * HOUR + 5 * MINUTE),
        ("faults=[]", lambda s: s.faults, ()),
        ("point.staff={technicians: 5}", lambda s: s.point.staff.technicians, 5),
    ],
)  # fmt: skip
def test_set(change: str, get: Any, value: object) -> None:
    assert get(parse(GOOD, "f", [change])) == value


def test_the_last_change_of_a_field_counts() -> None:
    assert parse(GOOD, "f", ["title=a", "title=b"]).title == "b"
    changes = ["point.staff={technicians: 5}", "point.staff.technicians=6"]
    assert parse(GOOD, "f", changes).point.staff.technicians == 6
    assert parse(GOOD, "f", changes[::-1]).point.staff.technicians == 5


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ("title", "", "set-without-value"),
        ("", "", "set-without-value"),
        ("=5", "", "set-without-value"),
        ("point.rooms.2.participants=5", "point.rooms.2.participants", "set-leads-nowhere"),
        ("point.rooms.2=5", "point.rooms.2", "set-leads-nowhere"),
        ("point.rooms.-1.participants=5", "point.rooms.-1.participants", "set-leads-nowhere"),
        ("point.rooms.first=5", "point.rooms.first", "set-leads-nowhere"),
        (f"point.rooms.{'1' * 5000}=5", f"point.rooms.{'1' * 5000}", "set-leads-nowhere"),
        (f"point.rooms.{'1' * 5000}.count=5", f"point.rooms.{'1' * 5000}.count", "set-leads-nowhere"),
        ("title.first=5", "title.first", "set-leads-nowhere"),
        ("title=[", "", "broken-yaml"),
        ("title==", "", "bad-value"),  # "=" alone is a type of its own in YAML
        ("title=\x00", "", "broken-yaml"),
        ("title='\ud800'", "", "broken-yaml"),
        (r'title="\ud800"', "", "bad-value"),
        ("title=!!int x", "", "bad-value"),
        ("title=" + "[" * 1000, "", "nested-too-deep"),
        ("point.staff={technicians: 1, technicians: 2}", "point.staff.technicians", "key-twice"),
        ("title=5", "title", "string-type"),
        ("title=", "title", "string-type"),
        ("point.rooms.1.participants=x", "point.rooms[1].participants", "int-type"),
        ("point.rooms.1={participants: x, station: {}}", "point.rooms[1].participants", "int-type"),
        ("point.rooms.1.name=0001", "point.rooms[1].name", "room-twice"),
        ("faults.0.target=printer-0009", "faults[0].target", "unknown-target"),
        ("point.staff.technicans=3", "point.staff.technicans", "extra-forbidden"),
        ("pint.staff.technicians=3", "pint", "extra-forbidden"),
    ],
)
def test_bad_set(change: str, field: str, code: str) -> None:
    assert places(GOOD, [change]) == [(f"--set {change}", 0, field, code)]


def test_a_problem_of_the_file_stays_with_the_file() -> None:
    assert places(changed("paper: 100", "paper: x"), ["point.rooms.0.station.toner_percent=50"]) == in_file(
        9, "point.rooms[0].station.paper", "int-type"
    )
    assert places(changed("    - participants: 5", "    - participants: x"), [f"{SET_ROOM}=y"]) == [
        ("--set point.rooms.0.participants=y", 0, "point.rooms[0].participants", "int-type")
    ]
    # the change repairs the file
    repaired = parse(changed("    - participants: 5", "    - participants: x"), "f", [f"{SET_ROOM}=1"])
    assert repaired.point.rooms[0].participants == 1


def test_the_last_of_several_changes_is_to_blame() -> None:
    assert places(GOOD, ["title=5", "about=a", "title=6"]) == [("--set title=6", 0, "title", "string-type")]
    changes = ["point.staff={technicians: x}", "point.staff.technicians=y"]
    assert places(GOOD, changes)[0][0] == f"--set {changes[1]}"
    assert places(GOOD, changes[::-1])[0][0] == f"--set {changes[0]}"


def test_a_field_of_the_file_that_a_change_only_adds_to_stays_with_the_file() -> None:
    text = changed("title: Проба", "title: Проба\nextra: {a: 1}")
    assert places(text, ["extra.b=2"]) == in_file(2, "extra", "extra-forbidden")


def test_a_field_is_not_taken_for_a_change_of_a_like_one() -> None:
    text = changed("title: Проба", "title: 5")
    assert places(text, ["titl=5"])[0] == ("my/day.yaml", 1, "title", "string-type")


# -- whatever comes --------------------------------------------------------------------------------------


def only_bad_input(text: str, sets: Sequence[str] = ()) -> None:
    try:
        parse(text, "f.yaml", sets)
    except BadInput as error:
        found = error.problems
    else:
        return
    assert found
    for problem in found:
        assert problem.file in ("f.yaml", *(f"--set {change}" for change in sets))
        assert 0 <= problem.line <= len(text.splitlines()) + 1
        assert problem.code


SCRAPS = st.sampled_from(
    [
        *"{}[],:?#~|>\"'=0é\t\n",
        *(": ", "- ", "? ", "  ", "&a ", "*a", "<<", "!!", "int", "\\U", "\\x", "%YAML", "---", "..."),
        *("title", "point", "rooms", "true", "9:30", "2024-05-28"),
    ]
)


@given(st.text())
def test_any_text(text: str) -> None:
    only_bad_input(text)


@given(st.lists(SCRAPS | st.text(max_size=3)).map("".join))
@settings(max_examples=400)
def test_anything_that_looks_like_yaml(text: str) -> None:
    only_bad_input(text)


@given(st.lists(SCRAPS | st.text(max_size=3), max_size=12).map("".join), st.sampled_from(GOOD.splitlines()))
@settings(max_examples=400)
def test_anything_in_the_place_of_a_value(scrap: str, line: str) -> None:
    only_bad_input(GOOD.replace(line, f"{line.partition(':')[0]}: {scrap}", 1))


@given(st.text(), st.text())
def test_any_change(path: str, value: str) -> None:
    only_bad_input(GOOD, [f"{path}={value}"])


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
KEYS = st.sampled_from(
    [*Scenario.model_json_schema()["properties"], "rooms", "station", "kind", "at"]
) | st.text(max_size=4)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5)
)


@given(st.dictionaries(KEYS, JSON))
def test_any_data(data: dict[str, object]) -> None:
    only_bad_input(yaml.safe_dump(data, allow_unicode=True))


def paths(data: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [before] if before else []
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, inner in items:
        found += paths(inner, (*before, step))
    return found


@given(st.sampled_from(paths(yaml.safe_load(GOOD))), JSON)
@settings(max_examples=300)
def test_any_data_in_the_place_of_a_field(path: tuple[Any, ...], value: object) -> None:
    data = yaml.safe_load(GOOD)
    data["exam"]["date"] = "2024-05-28"
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    only_bad_input(yaml.safe_dump(data, allow_unicode=True))
