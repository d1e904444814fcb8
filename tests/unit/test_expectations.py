"""What a scenario expects: held or not, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from hal.journal import Entry, Event
from hal.runtime import HOUR, MINUTE
from scenarios.accounting import Accounts, Imbalance, account
from scenarios.expectations import ALWAYS, Finding, judge
from scenarios.loading import parse
from scenarios.model import ExpectSpec, Scenario
from station_core.events import DayBegan, DayEnded, IncidentClosed, KitHandedOut, PaperCounted, RoomFailed
from station_core.regulation import Violation

SCENARIO = """
title: Ожидания
about: Для проверки.
exam: {kind: written, subject: 01-РУС, date: 2024-05-28}
point: {rooms: [{participants: 1, station: {}}]}
expect:
"""


def scenario(*expect: str) -> Scenario:
    listed = "".join(f"  - {each}\n" for each in expect)
    return parse(SCENARIO + (listed or "  []"), "f")


def entries(*events: Event | tuple[int, Event]) -> list[Entry]:
    timed = [event if isinstance(event, tuple) else (n, event) for n, event in enumerate(events)]
    return [Entry(n, t, event) for n, (t, event) in enumerate(timed)]


def judged(
    expect: str, *events: Event | tuple[int, Event], violations: tuple[Violation, ...] = ()
) -> Finding:
    journal = entries(*events)
    findings = judge(scenario(expect), journal, account(journal), violations)
    assert [finding.code for finding in findings[: len(ALWAYS)]] == list(ALWAYS)
    (finding,) = findings[len(ALWAYS) :]
    return finding


def began(**values: Any) -> DayBegan:
    numbers = dict.fromkeys(("seed", "rooms", "participants", "technicians", "commission_members"), 1)
    texts = dict.fromkeys(set(DayBegan.__struct_fields__) - set(numbers), "x")
    return DayBegan(**{**numbers, **texts, **values})


# -- what always must hold -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "held", "detail"),
    [
        ([DayEnded()], True, ""),
        ([DayEnded(aborted="not-over-by-next-noon")], False, "not-over-by-next-noon"),
        ([], False, ""),
        ([DayEnded(), RoomFailed("0001", "x", 1)], False, ""),
    ],
)
def test_the_day_ends(events: list[Event], held: bool, detail: str) -> None:
    journal = entries(*events)
    day_ends, accounting, _ = judge(scenario(), journal, Accounts(), ())
    assert day_ends == Finding("day-ends", held, "", detail)
    assert accounting == Finding("accounting-balances", held=True)


def test_accounting() -> None:
    journal = entries(KitHandedOut("0001", "7", "0001-01"), DayEnded())
    _, accounting, _ = judge(scenario(), journal, account(journal), ())
    assert accounting == Finding(
        "accounting-balances", False, "", "0001: kit 7 was handed out but never printed"
    )
    counted = PaperCounted("0001", 0, 0, 0, 0, 1, 0, 0)
    journal = entries(KitHandedOut("0001", "7", "0001-01"), counted, DayEnded())
    _, accounting, _ = judge(scenario(), journal, account(journal), ())
    assert accounting.detail.count("; ") == 2
    of_the_point = Accounts(problems=[Imbalance("exported", "{a} lost", a=3)])
    assert judge(scenario(), [], of_the_point, ())[1].detail == "3 lost"


def test_what_always_holds_is_judged_once() -> None:
    findings = judge(scenario("that: accounting-balances"), entries(DayEnded()), Accounts(), ())
    assert [finding.code for finding in findings] == list(ALWAYS)


def test_the_order_is_that_of_the_scenario() -> None:
    expect = (
        "that: regulation-holds",
        "event: key_loaded",
        "that: incidents-resolved",
    )
    findings = judge(scenario(*expect), entries(DayEnded()), Accounts(), ())
    assert [finding.code for finding in findings] == [
        *ALWAYS,
        "regulation-holds",
        "event",
        "incidents-resolved",
    ]


def test_a_scenario_that_says_nothing_expects_everybody_to_be_served() -> None:
    failed = entries(RoomFailed("0002", "no-kits", 3), DayEnded())
    assert [f.code for f in judge(scenario(), failed, Accounts(), ()) if not f.held] == ["everybody-served"]


def test_a_scenario_in_which_a_room_fails_says_itself_who_must_be_served() -> None:
    failed = entries(RoomFailed("0002", "no-kits", 3), DayEnded())
    expect = ["{event: room_failed, count: 1}"]
    findings = judge(scenario(*expect), failed, Accounts(), ())
    assert [(f.code, f.held) for f in findings] == [
        ("day-ends", True), ("accounting-balances", True), ("event", True),
    ]  # fmt: skip
    findings = judge(scenario(*expect, "that: everybody-served"), failed, Accounts(), ())
    assert [f.code for f in findings if not f.held] == ["everybody-served"]


# -- standards -------------------------------------------------------------------------------------------


def test_everybody_served() -> None:
    expect = "{that: everybody-served, title: Все с комплектами}"
    fine = entries(began(), DayEnded())
    assert judge(scenario(expect), fine, Accounts(), ())[-1] == Finding(
        "everybody-served", True, "Все с комплектами", ""
    )
    failed = entries(began(), RoomFailed("0002", "no-kits", 3), RoomFailed("0003", "dead", 1), DayEnded())
    assert judge(scenario(expect), failed, Accounts(), ())[-1] == Finding(
        "everybody-served", False, "Все с комплектами", "0002: no-kits, 3; 0003: dead, 1"
    )


def test_incidents_resolved() -> None:
    good = IncidentClosed(1, "paper-jam", "printer-0001", "0001", True, "repaired", 0)
    bad = IncidentClosed(2, "dead", "printer-0001", "0001", False, "no-reserve-printer", 0)
    assert judged("that: incidents-resolved", good).held
    assert judged("that: incidents-resolved", good, bad) == Finding(
        "incidents-resolved", False, "", "2 dead printer-0001: no-reserve-printer"
    )


def test_regulation_holds() -> None:
    late = Violation("key-by", "001:130", "Ключ", 9 * HOUR + 31 * MINUTE, "")
    room = Violation("printing", "001:137", "Печать", 10 * HOUR, "0001")
    assert judged("that: regulation-holds", began()).held
    assert judged("that: regulation-holds", began(), violations=(late, room)) == Finding(
        "regulation-holds", False, "", "key-by [001:130] 09:31:00; printing [001:137] 10:00:00 0001"
    )


# -- events ----------------------------------------------------------------------------------------------

KITS = (
    (10 * HOUR, KitHandedOut("0001", "1", "a")),
    (11 * HOUR, KitHandedOut("0002", "2", "b")),
    (12 * HOUR, KitHandedOut("0002", "3", "c")),
)


@pytest.mark.parametrize(
    ("expect", "held", "detail"),
    [
        ("", True, ""),
        ("count: 3", True, ""),
        ("count: 2", False, "kit_handed_out: 3"),
        ("count: 4", False, "kit_handed_out: 3"),
        ("count: 0", False, "kit_handed_out: 3"),
        ('where: {room: "0002"}, count: 2', True, ""),
        ('where: {room: "0002", kit: "3"}, count: 1', True, ""),
        ('where: {room: "0003"}', False, "kit_handed_out: 0"),
        ('where: {room: "0003"}, count: 0', True, ""),
        ('where: {kit: "9"}', False, "kit_handed_out: 0"),
        ('by: "12:00"', True, ""),
        ('by: "11:59:59"', False, "kit_handed_out: 3, 12:00:00 > 11:59:59"),
        ('where: {room: "0001"}, by: "10:00"', True, ""),
        ('where: {room: "0003"}, count: 0, by: "08:00"', True, ""),
        ('count: 3, by: "11:00"', False, "kit_handed_out: 3, 12:00:00 > 11:00:00"),
    ],
)
def test_events(expect: str, held: bool, detail: str) -> None:
    more = f", {expect}" if expect else ""
    finding = judged(f"{{event: kit_handed_out{more}, title: Выдано}}", *KITS)
    assert finding == Finding("event", held, "Выдано", detail)


def test_truth_values_are_compared_as_such() -> None:
    closed = IncidentClosed(1, "dead", "x", "0001", False, "y", 0)
    assert judged("{event: incident_closed, where: {resolved: false}}", closed).held
    assert not judged("{event: incident_closed, where: {resolved: true}}", closed).held


def test_an_event_that_the_language_names_is_found_by_its_name_in_the_journal() -> None:
    spec = ExpectSpec(event="day_began")
    assert spec.event == DayBegan.event_name()
    assert judged("event: day_began", began()).held
    assert not judged("event: day_began", DayEnded()).held
