"""The tables of the report: incidents, faults, expectations, violations, accounts, the journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hal.journal import Entry
from lab.report.moments import rule_title
from lab.report.record import DayRecord
from lab.report.words import Words
from scenarios.accounting import Accounts, RoomAccount
from scenarios.expectations import expected
from scenarios.model import ExpectSpec, FaultSpec, Scenario
from scenarios.runner import Outcome
from station_core.events import DayEnded, IncidentClosed, KitPrinted, KitRejected, RoomFailed
from station_core.regulation import Violation


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident in words."""

    number: int
    time: str
    what: str
    where: str
    device: str
    code: str
    how: str
    closed: str
    lasted: str
    resolved: bool


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One fault of the scenario in words; ``began`` is empty when it never struck."""

    device: str
    code: str
    what: str
    began: str
    ended: str
    incidents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One expectation in words."""

    held: bool
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class ViolationRow:
    """One violation in words."""

    time: str
    title: str
    source: str
    subject: str


@dataclass(frozen=True, slots=True)
class PaperRow:
    """Paper of a room: kits by the station, sheets by hand and by the counters; -1: not counted."""

    room: str
    begun: int
    handed_out: int
    spoiled: int
    left: int
    sheets: tuple[int, int, int, int]
    by_hand: int
    by_counter: int
    forms_due: int
    forms_scanned: int
    forms_missing: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AudioRow:
    """Recordings of a room."""

    room: str
    participants: int
    due: int
    found: int
    unserved: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One entry in words."""

    n: int
    time: str
    name: str
    text: str


def incidents(record: DayRecord, words: Words) -> list[IncidentRow]:
    """Return all incidents, the unresolved first."""
    rows = []
    for trouble in sorted(record.troubles, key=lambda each: (each.resolved, each.number)):
        open_still = trouble.closed < 0
        end = record.end if open_still else trouble.closed
        device = record.token_name(trouble.device)
        rows.append(
            IncidentRow(
                trouble.number,
                words.clock(trouble.opened),
                words.code("kind", trouble.kind),
                words.place(trouble.place),
                words.name(device),
                trouble.device,
                words("still-open") if open_still else words.code("how", trouble.how),
                "" if open_still else words.clock(end),
                words.span(end - trouble.opened),
                trouble.resolved,
            )
        )
    return rows


def faults(record: DayRecord, never_came: Sequence[FaultSpec], words: Words) -> list[FaultRow]:
    """Return the faults that struck, then those that could not, then those that never came."""
    rows = []
    for damage in record.damages:
        noticed = tuple(
            trouble.number
            for trouble in record.troubles
            if record.token_name(trouble.device) == damage.device
            and damage.begin <= trouble.opened <= damage.end
        )
        ended = words(f"fault-how-{damage.how}") if damage.how else words("fault-how-lasts")
        if damage.how:
            ended = f"{words.clock(damage.end)}, {ended}"
        rows.append(_fault(damage.device, damage.kind, words.clock(damage.begin), ended, noticed, words))
    for t, idle in record.idle:
        why = words("fault-idle", why=words.code("idle", idle.why))
        rows.append(_fault(idle.device, idle.kind, words.clock(t), why, (), words))
    never = words("fault-never-came")
    return rows + [_fault(spec.target, spec.kind, "", never, (), words) for spec in never_came]


def _fault(
    device: str, kind: str, began: str, ended: str, noticed: tuple[int, ...], words: Words
) -> FaultRow:
    return FaultRow(words.name(device), device, words.code("fault", kind), began, ended, noticed)


def findings(outcome: Outcome, scenario: Scenario, words: Words) -> list[FindingRow]:
    """Return the expectations, those that did not hold first."""
    specs = [spec for _, spec in expected(scenario)]
    specs += [None] * (len(outcome.findings) - len(specs))
    rows = []
    for finding, spec in sorted(zip(outcome.findings, specs, strict=False), key=lambda pair: pair[0].held):
        title = finding.title or words.code("finding", finding.code)
        if not finding.title and spec is not None and spec.event is not None:
            title = _event_title(spec, words)
        detail = "" if finding.held else "; ".join(_in_words(finding.code, outcome, words))
        rows.append(FindingRow(finding.held, title, detail or finding.detail))
    return rows


def _event_title(spec: ExpectSpec, words: Words) -> str:
    """Return what a scenario expects of an event, for an expectation that has no words of its own."""
    parts = [spec.event or "", *(f"{name} = {value}" for name, value in spec.where.items())]
    if spec.count is not None:
        parts.append(words("finding-times", count=spec.count))
    if spec.by is not None:
        parts.append(words("until", time=words.minute_of_day(spec.by)))
    return words("finding-event-of", what=", ".join(parts))


def _in_words(code: str, outcome: Outcome, words: Words) -> Iterator[str]:
    """Yield in words what kept a standard expectation from holding."""
    if code == "accounting-balances":
        for room in outcome.accounts.rooms.values():
            yield from (f"{words.place(room.room)}: {words.problem(problem)}" for problem in room.problems)
        yield from (words.problem(problem) for problem in outcome.accounts.problems)
    elif code == "regulation-holds":
        yield from (f"{row.title} [{row.source}]" for row in violations(outcome.violations, words))
    for entry in outcome.entries:
        event = entry.event
        if code == "day-ends" and isinstance(event, DayEnded):
            yield words.code("aborted", event.aborted)
        if (code == "incidents-resolved" and isinstance(event, IncidentClosed) and not event.resolved) or (
            code == "everybody-served" and isinstance(event, RoomFailed)
        ):
            yield words.event(entry)


def violations(found: Sequence[Violation], words: Words) -> list[ViolationRow]:
    """Return the breaches of the regulation by time."""
    return [
        ViolationRow(words.clock(each.t), rule_title(words, each.rule, each.title), each.source, each.subject)
        for each in sorted(found, key=lambda each: (each.t, each.rule, each.subject))
    ]


def paper(accounts: Accounts, entries: Sequence[Entry], words: Words) -> list[PaperRow]:
    """Return the paper of every room that printed."""
    begun: dict[str, dict[str, bool]] = {}
    for entry in entries:
        if isinstance(entry.event, KitPrinted | KitRejected):
            begun.setdefault(entry.event.room, {})[entry.event.kit] = True
    rows = []
    for name in sorted(accounts.rooms):
        room = accounts.rooms[name]
        if name in begun or room.counted is not None or room.forms_due:
            problems = tuple(words.problem(problem) for problem in room.problems)
            rows.append(_paper(room, len(begun.get(name, {})), problems))
    return rows


def _paper(room: RoomAccount, begun: int, problems: tuple[str, ...]) -> PaperRow:
    counted = room.counted
    sheets = (-1, -1, -1, -1)
    left = by_hand = by_counter = -1
    if counted is not None:
        sheets = (
            counted.handed_out_sheets,
            counted.spoiled_sheets,
            counted.left_sheets,
            counted.test_sheets,
        )
        left, by_hand, by_counter = counted.kits_left, sum(sheets), counted.counter_sheets
    return PaperRow(
        room.room,
        begun,
        room.kits_handed_out,
        room.kits_rejected,
        left,
        sheets,
        by_hand,
        by_counter,
        room.forms_due,
        room.forms_scanned,
        room.forms_missing,
        problems,
    )


def audio(accounts: Accounts, words: Words) -> list[AudioRow]:
    """Return the recordings of every room where answers were recorded."""
    return [
        AudioRow(
            name,
            room.participants,
            room.recordings_due,
            room.recordings,
            room.unserved,
            tuple(words.problem(problem) for problem in room.problems),
        )
        for name, room in sorted(accounts.rooms.items())
        if room.records
    ]


def journal(entries: Sequence[Entry], words: Words) -> list[JournalRow]:
    """Return the journal in words."""
    return [
        JournalRow(entry.n, words.clock(entry.t), type(entry.event).event_name(), words.event(entry))
        for entry in entries
    ]
