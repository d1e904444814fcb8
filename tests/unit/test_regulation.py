"""Edition 2024: every rule holds on good days and is found broken in a journal changed to break it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hal.journal import Entry, Event
from hal.runtime import clock_text, parse_clock
from scenarios.loading import library, load, parse
from scenarios.runner import run
from station_core.events import JournalSent, KitRejected, PasswordIssued, StatusSent
from station_core.regulation import Day, edition, editions

EDITION = edition("2024")
SEEDS = (
    Path(__file__).resolve().parents[3] / "shared" / "seeds"
)  # beside the checkout, where they are at hand

Journal = tuple[Entry, ...]
Mutation = Callable[[Journal], Journal]

SMALL_DAY = """
title: Малый день
about: Для проверки правил, которых не касается библиотека.
rule: ["001:139"]
edition: "2024"
exam: {kind: written, subject: 01-РУС, date: 2024-05-28, work_time: 3h, kit_sheets: 4}
point:
  rooms:
    - {count: 2, participants: 3, absent: ABSENT, station: {}}
  reserves: {organizer_stations: [{}]}
  staff: {technicians: 2, commission_members: 2}
"""
NO_LINK = """
faults:
  - {target: channel-main, kind: down, at: "09:20"}
  - {target: channel-reserve, kind: down, at: "09:20"}
  - {target: technician-1, kind: slow, at: "09:25", lasts: 15min, params: {factor_percent: 300}}
  - {target: technician-2, kind: slow, at: "09:25", lasts: 15min, params: {factor_percent: 300}}
"""


@cache
def journal(name: str) -> Journal:
    """Return the journal of a day: of the library, or one of ours."""
    if name == "no-link":
        scenario = parse(SMALL_DAY.replace("ABSENT", "0") + NO_LINK, name)
    elif name == "nobody-came":
        scenario = parse(SMALL_DAY.replace("ABSENT", "3"), name)
    else:
        scenario = load(name)
    return tuple(run(scenario, 1, name=name).entries)


def broken(entries: Sequence[Entry]) -> set[str]:
    return {violation.rule for violation in EDITION.check(entries)}


# -- changing journals ---------------------------------------------------------------------------------


def matches(event: Event, name: str, where: dict[str, Any]) -> bool:
    return type(event).event_name() == name and all(
        getattr(event, field) == value for field, value in where.items()
    )


def numbered(entries: Sequence[Entry]) -> Journal:
    return tuple(Entry(n, entry.t, entry.event) for n, entry in enumerate(entries))


def drop(name: str, **where: Any) -> Mutation:
    """Take all such events out."""

    def mutate(entries: Journal) -> Journal:
        rest = [entry for entry in entries if not matches(entry.event, name, where)]
        assert len(rest) < len(entries)
        return numbered(rest)

    return mutate


def first(entries: Journal, name: str, where: dict[str, Any]) -> int:
    return next(n for n, entry in enumerate(entries) if matches(entry.event, name, where))


def alter(name: str, where: dict[str, Any], **fields: Any) -> Mutation:
    """Change fields of the first such event."""

    def mutate(entries: Journal) -> Journal:
        n = first(entries, name, where)
        entry = entries[n]
        return (*entries[:n], replace(entry, event=replace(entry.event, **fields)), *entries[n + 1 :])

    return mutate


def repeat(name: str, **where: Any) -> Mutation:
    """Have the first such event happen once more."""

    def mutate(entries: Journal) -> Journal:
        n = first(entries, name, where)
        return numbered((*entries[: n + 1], *entries[n:]))

    return mutate


def insert(event: Event, before: str, **where: Any) -> Mutation:
    """Put an event in front of the first of some kind."""

    def mutate(entries: Journal) -> Journal:
        n = first(entries, before, where)
        return numbered((*entries[:n], Entry(n, entries[n].t, event), *entries[n:]))

    return mutate


def at(time: int, name: str, **where: Any) -> Mutation:
    """Move the first such event to another time; its place in the journal stays."""

    def mutate(entries: Journal) -> Journal:
        n = first(entries, name, where)
        return (*entries[:n], replace(entries[n], t=time), *entries[n + 1 :])

    return mutate


def later(name: str, behind: str) -> Mutation:
    """Move the first such event behind the last of another kind."""

    def mutate(entries: Journal) -> Journal:
        n = first(entries, name, {})
        rest = [*entries[:n], *entries[n + 1 :]]
        last = max(i for i, entry in enumerate(rest) if matches(entry.event, behind, {}))
        return numbered((*rest[: last + 1], entries[n], *rest[last + 1 :]))

    return mutate


def both(*mutations: Mutation) -> Mutation:
    def mutate(entries: Journal) -> Journal:
        for mutation in mutations:
            entries = mutation(entries)
        return entries

    return mutate


# -- one case or more for each rule --------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A change that breaks a rule; ``also`` are rules that it cannot but break as well."""

    rule: str
    day: str
    mutate: Mutation
    also: frozenset[str] = frozenset()


PREPARED = "Техническая подготовка завершена"
READY = "Контроль технической готовности завершён"
BEGAN = "Экзамены успешно начались"
WAITING = "Ожидание участников"
NOT_HELD = "Экзамен не состоялся"
SENT = "Бланки переданы в РЦОИ"
JAM, ORAL, SWAP = "printer-jam", "audio-quality-check", "reserve-station-swap"

CASES = [
    Case("control-needs-acts", JAM, drop("act_sent", station="st-0003")),
    Case("computer-unique", JAM, alter("station_prepared", {"station": "st-0002"}, computer=1)),
    Case("two-technicians", JAM, alter("day_began", {}, technicians=1)),
    Case("two-members", JAM, alter("day_began", {}, commission_members=1)),
    Case("print-checked", JAM, drop("print_checked", station="st-0002")),
    Case("print-checked", JAM, both(drop("print_checked", station="st-0002"), repeat("print_checked"))),
    Case("act-on-day-reserve-only", JAM, alter("act_sent", {"reserve": False}, on_exam_day=True)),
    Case("no-link-call-hot-line", "no-link", both(drop("hot_line_called"), drop("password_issued"))),
    Case(
        "password-requested",
        "no-link",
        drop("hot_line_called", about="password"),
        frozenset({"no-link-call-hot-line"}),
    ),
    Case("password-requested", "no-link", later("hot_line_called", "password_issued")),
    Case("password-requested", JAM, insert(PasswordIssued("0001", 1), "printing_began")),
    Case("password-count", "no-link", alter("password_issued", {}, count=0)),
    Case("password-count", "no-link", alter("password_issued", {}, count=6)),
    Case(
        "loaded-key-downloaded",
        JAM,
        alter("key_loaded", {"station": "st-0001"}, key="other.dat"),
        frozenset({"activate-loaded-key"}),
    ),
    Case("activate-loaded-key", JAM, drop("key_loaded", station="st-0004")),
    Case("activate-loaded-key", JAM, alter("key_activated", {"station": "st-0004"}, key="other.dat")),
    Case("reserve-key-once", SWAP, repeat("reserve_key_requested")),
    Case("reserve-key-needs-act", SWAP, drop("act_sent", reserve=True), frozenset({"control-needs-acts"})),
    Case("swap-needs-reserve-key", SWAP, drop("reserve_key_requested")),
    Case("swap-needs-reserve-key", SWAP, alter("reserve_key_requested", {}, room="0009")),
    Case("print-activated", JAM, drop("key_activated", station="st-0005")),
    Case("print-activated", "no-link", drop("password_applied", room="0001")),
    Case("kit-printed-once", JAM, repeat("kit_printed")),
    Case("kit-handed-out-once", JAM, repeat("kit_handed_out")),
    Case("hand-out-printed", JAM, alter("kit_printed", {"room": "0001"}, kit="9000000000175")),
    Case("exam-by-1100", JAM, at(parse_clock("11:00:01"), "exam_began")),
    Case(
        "begin-status-after-all",
        JAM,
        both(drop("exam_began", room="0003"), drop("kit_handed_out", room="0003")),
    ),
    Case("waiting-replaced", "nobody-came", drop("status_sent", status=NOT_HELD)),
    Case("waiting-replaced", JAM, insert(StatusSent(WAITING), "exam_ended")),
    Case("tested-before-answer", ORAL, drop("recording_tested", station="rec-0101-1")),
    Case("tested-before-answer", ORAL, drop("recording_tested", headset="headset-x1")),
    Case("display-checked", ORAL, drop("display_checked", station="rec-0101-3")),
    Case("passport-saved", ORAL, drop("passport_saved", station="rec-0101-4")),
    Case("answer-activated", ORAL, drop("key_activated", station="rec-0101-2")),
    Case("group-after-group", ORAL, drop("answer_recorded", participant="0001-03")),
    Case("journal-saved-first", JAM, drop("journal_saved", station="st-0002")),
    Case("journal-saved-first", JAM, insert(JournalSent("st-0002"), "journal_saved")),
    Case("sent-status-after-confirmation", JAM, repeat("package_uploaded")),
    Case(
        "sent-status-needs-packages",
        JAM,
        both(drop("package_confirmed"), drop("package_uploaded")),
        frozenset({"sent-status-needs-every-room"}),
    ),
    Case(
        "sent-status-needs-every-room",
        JAM,
        drop("package_uploaded", room="0003"),
        frozenset({"sent-status-after-confirmation"}),
    ),
    Case(
        "sent-status-needs-every-answer",
        ORAL,
        drop("package_uploaded"),
        frozenset({"sent-status-after-confirmation"}),
    ),
    Case("sent-status-after-confirmation", JAM, later("package_confirmed", "status_sent")),
]


def reject_what_is_handed_out(entries: Journal) -> Journal:
    kit = entries[first(entries, "kit_handed_out", {})].event.kit  # type: ignore[attr-defined]
    event = KitRejected("st-0001", "0001", kit, "bad-print", 16)
    return insert(event, "kit_handed_out", kit=kit)(entries)


CASES.append(Case("no-rejected-kit", JAM, reject_what_is_handed_out))


@dataclass(frozen=True)
class Bound:
    """A rule about a time: at ``good`` it holds, a microsecond to the other side it does not."""

    rule: str
    day: str
    good: str
    early: bool  # what is earlier is bad
    event: str
    where: tuple[tuple[str, Any], ...] = ()


BOUNDS = [
    Bound("preparation-by-17", JAM, "-17:00:00", False, "status_sent", (("status", PREPARED),)),
    Bound("control-by-17", JAM, "-17:00:00", False, "status_sent", (("status", READY),)),
    Bound("materials-by-0730", JAM, "07:30", False, "materials_delivered"),
    Bound("key-from-0930", JAM, "09:30", True, "key_downloaded"),
    Bound("key-by-1000", JAM, "10:00", False, "key_downloaded", (("key_kind", "main"),)),
    Bound("hot-line-from-0935", "no-link", "09:35", True, "hot_line_called", (("about", "password"),)),
    Bound("no-link-call-hot-line", "no-link", "09:45", False, "hot_line_called", (("about", "password"),)),
    Bound("password-from-0945", "no-link", "09:45", True, "password_issued"),
    Bound("print-from-1000", JAM, "10:00", True, "printing_began"),
    Bound("exam-from-1000", JAM, "10:00", True, "exam_began"),
    Bound("exam-by-1100", JAM, "11:00", False, "exam_began"),
    Bound("waiting-from-1030", "nobody-came", "10:30", True, "status_sent", (("status", WAITING),)),
    Bound("not-held-from-1200", "nobody-came", "12:00", True, "status_sent", (("status", NOT_HELD),)),
    Bound("packages-by-1730", JAM, "17:30", False, "package_uploaded"),
    Bound("journals-by-1900", JAM, "19:00", False, "journal_sent"),
]


def start_of_the_day(time: int) -> Mutation:
    """Move the morning's start of one station; what happened on the eve does not count."""

    def mutate(entries: Journal) -> Journal:
        n = next(
            n
            for n, entry in enumerate(entries)
            if entry.t > 0 and matches(entry.event, "station_started", {"station": "st-0002"})
        )
        return (*entries[:n], replace(entries[n], t=time), *entries[n + 1 :])

    return mutate


def test_every_rule_has_a_case() -> None:
    rules = [rule.id for rule in EDITION.rules]
    assert len(set(rules)) == len(rules)
    tried = {case.rule for case in CASES} | {bound.rule for bound in BOUNDS} | {"stations-hour-before"}
    assert tried == set(rules)


GOOD_DAYS = [*library(), "no-link", "nobody-came"]


@pytest.mark.parametrize("day", GOOD_DAYS)
def test_good_days_hold(day: str) -> None:
    assert EDITION.check(journal(day)) == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}")
def test_a_broken_rule_is_found(case: Case) -> None:
    entries = case.mutate(journal(case.day))
    assert broken(entries) == {case.rule} | case.also


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.rule)
def test_a_bound_is_kept_to_the_microsecond(bound: Bound) -> None:
    good = parse_clock(bound.good)
    for time, held in ((good, True), (good + (-1 if bound.early else 1), False)):
        entries = at(time, bound.event, **dict(bound.where))(journal(bound.day))
        assert (bound.rule not in broken(entries)) is held


def test_stations_run_an_hour_before() -> None:
    nine = parse_clock("09:00")
    assert broken(start_of_the_day(nine)(journal(JAM))) == set()
    entries = start_of_the_day(nine + 1)(journal(JAM))
    assert broken(entries) == {"stations-hour-before"}
    # a restart later in the day is no start of the day
    assert broken(repeat("station_started", station="st-0002")(journal(JAM))) == set()
    (violation,) = EDITION.check(entries)
    assert (violation.t, violation.subject) == (nine + 1, "0002 st-0002 2")
    assert violation.title == "Станции запущены не менее чем за час до начала"


def test_violations_say_what_rule_where_and_whom() -> None:
    entries = both(
        at(parse_clock("09:59:59"), "printing_began", room="0002"), alter("day_began", {}, technicians=1)
    )(journal(JAM))
    first_one, second = EDITION.check(entries)
    assert (first_one.rule, first_one.source) == ("two-technicians", "001:31")
    assert (second.rule, second.source, second.subject) == (
        "print-from-1000",
        "002:8948-8957",
        "0002 st-0002",
    )
    assert clock_text(second.t) == "09:59:59"


MUST = {rule.id: rule for rule in EDITION.rules if getattr(rule, "must", False)}


@pytest.mark.parametrize("rule", MUST.values(), ids=lambda rule: rule.id)
def test_what_must_happen(rule: Any) -> None:
    assert broken(drop(rule.event, **rule.where)(journal(JAM))) == {rule.id}
    assert broken(()) == set()  # of nothing nothing can be said


def test_a_day_that_was_cut_short_breaks_only_what_has_to_happen() -> None:
    whole = journal(JAM)
    for length in range(0, len(whole), 37):
        assert broken(whole[:length]) <= MUST.keys()


def test_the_hot_line_need_not_be_called_while_the_key_comes() -> None:
    def without(*names: str) -> Journal:
        return both(*(drop(name) for name in names))(journal("no-link"))

    calls = ("hot_line_called", "password_issued")
    assert broken(without(*calls)) == {"no-link-call-hot-line"}
    # the download that began in time ended after 09:35 but before 09:45
    key = next(entry.event for entry in journal(JAM) if matches(entry.event, "key_downloaded", {}))
    came = both(insert(key, "participants_admitted"), at(parse_clock("09:40"), "key_downloaded"))
    assert broken(came(without(*calls))) == set()
    late = both(insert(key, "participants_admitted"), at(parse_clock("09:45:01"), "key_downloaded"))
    assert broken(late(without(*calls))) == {"no-link-call-hot-line"}


def test_every_rule_of_the_good_days_has_something_to_look_at() -> None:
    """A rule over events that never come would always hold."""
    idle = {rule.id for rule in EDITION.rules}
    for day in GOOD_DAYS:
        seen = Day(journal(day))
        idle -= {rule.id for rule in EDITION.rules if not hasattr(rule, "chosen") or any(rule.chosen(seen))}
    assert idle == {"act-on-day-reserve-only"}  # a rule that something never happens


# -- the edition as data -------------------------------------------------------------------------------


def test_editions() -> None:
    assert "2024" in editions()
    assert EDITION.edition == "2024"
    with pytest.raises(KeyError, match="1999"):
        edition("1999")


IN_OTHER_WORDS = {
    "stations-hour-before": "за 1 час",
    "not-held-from-1200": "двух часов",
}


@pytest.mark.parametrize("rule", EDITION.rules, ids=lambda rule: rule.id)
def test_sources_say_what_the_rule_says(rule: Any) -> None:
    if not SEEDS.is_dir():
        pytest.skip("the source documents are not here")
    number, _, span = rule.source.partition(":")
    low, _, high = span.partition("-")
    (path,) = SEEDS.glob(f"{number}_*.txt")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert 1 <= int(low) <= int(high or low) <= len(lines)
    cited = "\n".join(lines[int(low) - 1 : int(high or low)])
    assert cited.strip()
    for name in ("not_before", "not_after", "by", "until"):
        time = getattr(rule, name, None)
        if time is not None:
            clock = clock_text(time).lstrip("-")[:5]
            words = {clock, clock.lstrip("0"), clock.replace(":", "."), IN_OTHER_WORDS.get(rule.id, clock)}
            assert any(word in cited for word in words), f"{clock} does not stand in {rule.source}"
