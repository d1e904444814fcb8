"""What only the whole scenario can tell: one case and more for every code."""

from __future__ import annotations

import ast
import inspect

import pytest

from scenarios import soundness
from scenarios.layout import lay_out
from scenarios.loading import library, load, parse
from scenarios.problems import BadInput, Problem
from simulators.device import SimDevice
from simulators.faults import bounds_of
from simulators.profiles import names
from station_core.regulation import editions

WRITTEN = """
title: Письменный
about: Для проверки.
exam: {kind: written, subject: 01-РУС, date: 2024-05-28}
point:
  rooms: [{participants: 5, station: {}}, {participants: 5, station: {computer: 7}}]
  reserves:
    organizer_stations: [{}]
    recording_stations: [{}, {}]
    printers: [pantum-p3300dn]
    scanners: [canon-dr-c230]
    headsets: [sennheiser-pc8]
faults: [{target: printer-0001, kind: toner-low, at: "09:30"}]
expect: [{event: key_loaded}]
"""
ORAL = """
title: Устный
about: Для проверки.
exam: {kind: oral, subject: 29-АНГ, date: 2024-06-07}
point:
  rooms:
    - {kind: preparation, participants: 4, station: {}}
    - {kind: conduct, participants: 4, seats: {count: 2}}
"""

ROOM, OTHER = "point.rooms.0", "point.rooms.1"
RESERVES = "point.reserves"

# code, scenario, changes, field of the problem, some values of its message
CASES: list[tuple[str, str, list[str], str, dict[str, str]]] = [
    (
        "certificate-of-nobody",
        WRITTEN,
        ["point.staff.certificates=[{member: 9, until: 2024-01-01}]"],
        "point.staff.certificates.0.member",
        {"member": "9", "members": "3"},
    ),
    (
        "certificate-twice",
        WRITTEN,
        ["point.staff.certificates=[{member: 1, until: 2024-01-01}, {member: 1, since: 2024-01-01}]"],
        "point.staff.certificates.1.member",
        {"member": "1"},
    ),
    (
        "certificate-without-dates",
        WRITTEN,
        ["point.staff.certificates=[{member: 1}]"],
        "point.staff.certificates.0",
        {},
    ),
    (
        "certificate-ends-before",
        WRITTEN,
        ["point.staff.certificates=[{member: 1, since: 2024-01-02, until: 2024-01-01}]"],
        "point.staff.certificates.0.until",
        {"since": "2024-01-02"},
    ),
    ("unknown-edition", WRITTEN, ["edition='1999'"], "edition", {"known": ", ".join(editions())}),
    ("room-kind-of-other-exam", WRITTEN, [f"{ROOM}.kind=conduct"], f"{ROOM}.kind", {"exam": "written"}),
    ("room-kind-of-other-exam", WRITTEN, [f"{ROOM}.kind=preparation"], f"{ROOM}.kind", {}),
    (
        "room-kind-of-other-exam",
        ORAL,
        [f"{ROOM}.kind=exam", f"{OTHER}.participants=0"],
        f"{ROOM}.kind",
        {"kind": "exam"},
    ),
    ("room-without-station", WRITTEN, [f"{OTHER}.station=~"], f"{OTHER}.station", {"kind": "exam"}),
    ("room-without-station", ORAL, [f"{ROOM}.station=~"], f"{ROOM}.station", {"kind": "preparation"}),
    ("room-without-station", ORAL, [f"{OTHER}.seats=~"], f"{OTHER}.seats", {"kind": "conduct"}),
    ("more-absent-than-seated", WRITTEN, [f"{ROOM}.absent=6"], f"{ROOM}.absent", {"seated": "5"}),
    (
        "one-name-for-many-rooms",
        WRITTEN,
        [f"{ROOM}={{name: '0009', count: 2, station: {{}}}}"],
        f"{ROOM}.name",
        {"count": "2"},
    ),
    (
        "one-number-for-many-rooms",
        WRITTEN,
        [f"{ROOM}={{count: 2, station: {{computer: 3}}}}"],
        f"{ROOM}.station.computer",
        {"count": "2"},
    ),
    ("no-conduct-room", ORAL, [f"{OTHER}={{participants: 4, station: {{}}}}"], "point.rooms", {}),
    (
        "computers-not-seats",
        ORAL,
        [f"{OTHER}.seats.computers=[5]"],
        f"{OTHER}.seats.computers",
        {"count": "2"},
    ),
    (
        "too-many-for-seats",
        ORAL,
        [f"{ROOM}.participants=9", f"{OTHER}.participants=9"],
        f"{OTHER}.participants",
        {"most": "8"},
    ),
    ("oral-counts-differ", ORAL, [f"{ROOM}.absent=1"], "point.rooms", {"preparation": "3", "conduct": "4"}),
    ("oral-counts-differ", ORAL, [f"{OTHER}.count=2"], "point.rooms", {"preparation": "4", "conduct": "8"}),
    *(
        ("unknown-profile", base, [f"{field}=no-such"], field, {"known": ", ".join(names(family))})
        for base, field, family in (
            (WRITTEN, f"{ROOM}.station.printer", "printers"),
            (WRITTEN, f"{OTHER}.station.scanner", "scanners"),
            (ORAL, f"{OTHER}.seats.headset", "headsets"),
            (WRITTEN, f"{RESERVES}.organizer_stations.0.printer", "printers"),
            (WRITTEN, f"{RESERVES}.organizer_stations.0.scanner", "scanners"),
            (WRITTEN, f"{RESERVES}.recording_stations.1.headset", "headsets"),
            (WRITTEN, f"{RESERVES}.printers.0", "printers"),
            (WRITTEN, f"{RESERVES}.scanners.0", "scanners"),
            (WRITTEN, f"{RESERVES}.headsets.0", "headsets"),
            (WRITTEN, "point.staff.token", "tokens"),
        )
    ),
    (
        "computer-number-twice",
        WRITTEN,
        [f"{ROOM}.station.computer=7"],
        f"{OTHER}.station.computer",
        {"number": "7"},
    ),
    (
        "computer-number-twice",
        WRITTEN,
        [f"{RESERVES}.organizer_stations.0.computer=7"],
        f"{RESERVES}.organizer_stations.0.computer",
        {"number": "7"},
    ),
    (
        "computer-number-twice",
        WRITTEN,
        [f"{RESERVES}.recording_stations.1.computer=7"],
        f"{RESERVES}.recording_stations.1.computer",
        {"number": "7"},
    ),
    (
        "computer-number-twice",
        ORAL,
        [f"{OTHER}.seats.computers=[5, 5]"],
        f"{OTHER}.seats.computers",
        {"number": "5"},
    ),
    ("room-twice", WRITTEN, [f"{OTHER}.name='0001'"], f"{OTHER}.name", {"room": "0001"}),
    (
        "reserve-seat-twice",
        WRITTEN,
        [f"{RESERVES}.recording_stations=[{{seat: Р5}}, {{seat: Р5}}]"],
        f"{RESERVES}.recording_stations.1.seat",
        {"seat": "Р5"},
    ),
    (
        "reserve-seat-twice",
        WRITTEN,
        [f"{RESERVES}.recording_stations.0.seat=Р2"],
        f"{RESERVES}.recording_stations.1.seat",
        {"seat": "Р2"},
    ),
    (
        "more-forms-than-sheets",
        WRITTEN,
        ["exam.kit_sheets=3", "exam.kit_forms=4"],
        "exam.kit_forms",
        {"sheets": "3"},
    ),
    (
        "unknown-target",
        WRITTEN,
        ["faults.0.target=printer-0009"],
        "faults.0.target",
        {"near": "printer-0001, printer-0002, printer-r1, printer-x1"},
    ),
    ("unknown-target", WRITTEN, ["faults.0.target=nothing"], "faults.0.target", {"target": "nothing"}),
    ("unknown-fault", WRITTEN, ["faults.0.kind=double-feed"], "faults.0.kind", {"target": "printer-0001"}),
    (
        "unknown-param",
        WRITTEN,
        ["faults.0.params={percent: 3}"],
        "faults.0.params.percent",
        {"known": "left_percent"},
    ),
    (
        "unknown-param",
        WRITTEN,
        ["faults.0={target: printer-0001, kind: jam, at: '9:00', params: {damaged: 1}}"],
        "faults.0.params.damaged",
        {"known": "-"},
    ),
    (
        "param-out-of-bounds",
        WRITTEN,
        ["faults.0.params={left_percent: -1}"],
        "faults.0.params.left_percent",
        {"least": "0", "most": "1000000"},
    ),
    ("one-trigger", WRITTEN, ["faults.0.at=~"], "faults.0", {"given": "0"}),
    ("one-trigger", WRITTEN, ["faults.0.after={what: page, count: 1}"], "faults.0", {"given": "2"}),
    ("one-trigger", WRITTEN, ["faults.0.rate={what: page, per_million: 1}"], "faults.0", {"given": "2"}),
    (
        "unknown-occurrence",
        WRITTEN,
        ["faults.0={target: printer-0001, kind: jam, after: {what: login, count: 1}}"],
        "faults.0.after.what",
        {"known": "job, page"},
    ),
    (
        "unknown-occurrence",
        WRITTEN,
        ["faults.0={target: token-1, kind: dead, rate: {what: page, per_million: 1}}"],
        "faults.0.rate.what",
        {"known": "login, sign, unwrap"},
    ),
    ("lasts-and-never", WRITTEN, ["faults.0.lasts=5 min", "faults.0.ends=never"], "faults.0.ends", {}),
    ("alone-without-lasts", WRITTEN, ["faults.0.ends=alone"], "faults.0.ends", {}),
    (
        "more-paper-than-trays",
        WRITTEN,
        ["point.rooms.0.station.paper=9999"],
        "point.rooms.0.station.paper",
        {},
    ),
    (
        "token-cannot",
        WRITTEN,
        ["point.staff.token=rutoken-lite"],
        "point.staff.token",
        {"profile": "rutoken-lite"},
    ),
    ("that-or-event", WRITTEN, ["expect.0.that=everybody-served"], "expect.0", {}),
    ("that-or-event", WRITTEN, ["expect.0={count: 1}"], "expect.0", {}),
    ("unknown-event", WRITTEN, ["expect.0.event=key_lost"], "expect.0.event", {}),
    (
        "unknown-event-field",
        WRITTEN,
        ["expect.0.where={rooms: '0001'}"],
        "expect.0.where.rooms",
        {"known": "station, room, key, key_kind"},
    ),
    *(
        (
            "event-field-type",
            WRITTEN,
            [f"expect.0={{event: {event}, where: {{{field}: {value}}}}}"],
            f"expect.0.where.{field}",
            {"field": field},
        )
        for event, field, value in (
            ("key_loaded", "room", "7"),
            ("kit_printed", "sheets", "'16'"),
            ("station_started", "reserve", "1"),
            ("recording_tested", "reasons", "hum"),
        )
    ),
    ("fault-before-beginning", WRITTEN, ["faults.0.at=-10:59"], "faults.0.at", {"beginning": "-11:00:00"}),
]


def found(base: str, changes: list[str]) -> tuple[Problem, ...]:
    try:
        parse(base, "day.yaml", changes)
    except BadInput as error:
        return error.problems
    return ()


def written(field: str) -> str:
    """Write a path of dots as problems write it."""
    text = ""
    for step in field.split("."):
        text += f"[{step}]" if step.isdecimal() else f".{step}" if text else step
    return text


def test_the_bases_are_sound() -> None:
    assert found(WRITTEN, []) == found(ORAL, []) == ()
    for name in library():
        load(name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[3]}")
def test_code(case: tuple[str, str, list[str], str, dict[str, str]]) -> None:
    code, base, changes, field, values = case
    (problem,) = found(base, changes)
    assert (problem.code, problem.field) == (code, written(field))
    assert {name: problem.values.get(name) for name in values} == values


def codes_in_source() -> set[str]:
    """Collect the second item of every triple that ``scenarios.soundness`` yields."""
    tree = ast.parse(inspect.getsource(soundness))
    triples = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 3
    ]
    yields = [node for node in ast.walk(tree) if isinstance(node, ast.Yield)]
    assert len(triples) == len(yields), "a yield of another form: its code cannot be seen here"
    codes = [triple.elts[1] for triple in triples]
    assert all(isinstance(code, ast.Constant) for code in codes), "a code that is not written out"
    return {str(code.value) for code in codes if isinstance(code, ast.Constant)}


def test_every_code_has_a_case() -> None:
    assert codes_in_source() == {code for code, *_ in CASES}


def test_bounds_that_still_hold() -> None:
    sound = [
        (WRITTEN, [f"{ROOM}.absent=5"]),  # nobody came
        (ORAL, [f"{ROOM}.participants=8", f"{OTHER}.participants=8"]),  # four at each of two seats
        (
            ORAL,
            [f"{ROOM}.participants=9", f"{OTHER}.participants=9", f"{ROOM}.absent=1", f"{OTHER}.absent=1"],
        ),
        (WRITTEN, ["exam.kit_sheets=4", "exam.kit_forms=4"]),
        (WRITTEN, ["faults.0.lasts=5 min", "faults.0.ends=alone"]),
        (WRITTEN, ["faults.0.ends=never"]),
        (WRITTEN, ["faults.0.params={left_percent: 0}"]),
        (WRITTEN, ["expect.0.where={station: st-0001, key_kind: main}"]),
        (ORAL, [f"{OTHER}.seats.computers=[5, 6]"]),
    ]
    assert [found(base, changes) for base, changes in sound] == [()] * len(sound)


def test_rooms_are_told_first() -> None:
    # numbers and names follow from the rooms: what they would say now would only confuse
    changes = [f"{ROOM}.station=~", f"{OTHER}.name='0001'", "faults.0.target=nothing"]
    assert [problem.code for problem in found(WRITTEN, changes)] == ["room-without-station"]
    changes = [f"{OTHER}.name='0001'", "faults.0.kind=nothing", "expect.0.event=nothing"]
    assert [problem.code for problem in found(WRITTEN, changes)] == [
        "room-twice",
        "unknown-fault",
        "unknown-event",
    ]


@pytest.mark.parametrize("base", [WRITTEN, ORAL])
def test_every_parameter_has_bounds_around_its_default(base: str) -> None:
    seen: dict[tuple[type[SimDevice], str, str], tuple[str, int]] = {}
    for name, model in lay_out(parse(base, "x")).devices().items():
        for kind, about in model.FAULTS.items():
            seen |= {(model, kind, param): (name, default) for param, default in about.params.items()}
    assert seen
    for (_, kind, param), (name, default) in seen.items():
        least, most = bounds_of(param)
        assert least <= default <= most
        for value, sound in ((least, True), (most, True), (least - 1, False), (most + 1, False)):
            fault = f"{{target: {name}, kind: {kind}, at: '09:30', params: {{{param}: {value}}}}}"
            assert (found(base, [f"faults=[{fault}]"]) == ()) is sound, fault
