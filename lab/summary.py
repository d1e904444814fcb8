"""What came of a run, for people and as JSON: key moments, incidents, expectations, violations, accounts."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hal.journal import Entry
from lab.describe import clock, duration, key_of, named, table
from lab.story import imbalance, place
from lab.text import Texts
from scenarios.accounting import Accounts, RoomAccount
from scenarios.expectations import Finding, expected
from scenarios.model import ExpectSpec, FaultSpec, Scenario
from scenarios.runner import Outcome
from simulators.events import FaultBegan, FaultIdle
from station_core.day.closing import FINISHED, SENT
from station_core.day.eve import PREPARED
from station_core.day.written import BEGAN, NOT_HELD, WAITING
from station_core.events import DayEnded, IncidentClosed, RoomFailed
from station_core.portal import READY_STATUS
from station_core.regulation import Violation, edition


@dataclass(frozen=True, slots=True)
class Moment:
    """A key moment: the first and the last of some events.

    Args:
        code: Of its text.
        event: Name of the event.
        where: Which of those events; fields and values.
        per: Only the first for each value of this field counts.
        since: Events before do not count.
        always: It belongs to every exam day; if it is missing, that is said.
    """

    code: str
    event: str
    where: Mapping[str, str | bool] = field(default_factory=dict)
    per: str = ""
    since: int | None = None
    always: bool = False


MOMENTS = (
    Moment("prepared", "status_sent", {"status": PREPARED}, always=True),
    Moment("controlled", "status_sent", {"status": READY_STATUS}, always=True),
    Moment("materials", "materials_delivered", always=True),
    Moment("stations", "station_started", {"reserve": False}, per="station", since=0, always=True),
    Moment("key", "key_downloaded", {"key_kind": "main"}),
    Moment("password", "password_issued"),
    Moment("activated", "key_activated", {"key_kind": "main"}, since=0),
    Moment("printing", "printing_began"),
    Moment("exam-began", "exam_began"),
    Moment("began-status", "status_sent", {"status": BEGAN}),
    Moment("waiting-status", "status_sent", {"status": WAITING}),
    Moment("not-held-status", "status_sent", {"status": NOT_HELD}),
    Moment("exam-ended", "exam_ended"),
    Moment("uploaded", "package_uploaded"),
    Moment("sent-status", "status_sent", {"status": SENT}),
    Moment("finished-status", "status_sent", {"status": FINISHED}, always=True),
    Moment("journals", "journal_sent", always=True),
)


@dataclass(frozen=True, slots=True)
class MomentFound:
    """When a key moment was, against the times that the regulation sets; ``None`` = none."""

    moment: Moment
    first: int | None
    last: int | None
    not_before: int | None
    not_after: int | None
    sources: tuple[str, ...]

    @property
    def kept(self) -> bool:
        """Whether it was within the regulated times."""
        if self.first is None:
            return self.not_after is None  # what should have happened by then did not
        early = self.not_before is not None and self.first < self.not_before
        late = self.not_after is not None and self.last is not None and self.last > self.not_after
        return not early and not late


def moments(entries: Sequence[Entry], edition_name: str) -> list[MomentFound]:
    """Find the key moments of a day, with the bounds of that edition of the regulation."""
    found: dict[str, list[int]] = {moment.code: [] for moment in MOMENTS}
    seen: dict[tuple[str, object], bool] = {}
    by_event: dict[str, list[Moment]] = {}
    for moment in MOMENTS:
        by_event.setdefault(moment.event, []).append(moment)
    for entry in entries:
        for moment in by_event.get(type(entry.event).event_name(), ()):
            key = (moment.code, getattr(entry.event, moment.per) if moment.per else entry.n)
            if _counts(moment, entry) and key not in seen:
                seen[key] = True
                found[moment.code].append(entry.t)
    return [
        MomentFound(
            moment, min(times, default=None), max(times, default=None), *_bounds(moment, edition_name)
        )
        for moment in MOMENTS
        if (times := found[moment.code]) or moment.always
    ]


def _counts(moment: Moment, entry: Entry) -> bool:
    if moment.since is not None and entry.t < moment.since:
        return False
    return all(getattr(entry.event, name) == value for name, value in moment.where.items())


def _bounds(moment: Moment, edition_name: str) -> tuple[int | None, int | None, tuple[str, ...]]:
    low: list[int] = []
    high: list[int] = []
    sources: dict[str, bool] = {}
    for rule in edition(edition_name).rules:
        if rule.kind not in ("window", "first") or rule.event != moment.event:
            continue
        if any(moment.where.get(name) != value for name, value in rule.where.items()):
            continue
        low += [rule.not_before] if rule.not_before is not None else []
        high += [rule.not_after] if rule.not_after is not None else []
        sources[rule.source] = True
    return max(low, default=None), min(high, default=None), tuple(sources)


# -- in words --------------------------------------------------------------------------------------------


def summary_lines(outcome: Outcome, scenario: Scenario, seed: int, texts: Texts) -> Iterator[str]:
    """Yield the whole summary, line by line."""
    yield ""
    yield texts("summary-title", title=scenario.title, seed=str(seed), edition=scenario.edition)
    for part in (
        _moment_lines(outcome, scenario, texts),
        _incident_lines(outcome, texts),
        _idle_fault_lines(outcome, scenario, texts),
        _finding_lines(outcome, scenario, texts),
        _violation_lines(outcome.violations, texts),
        _account_lines(outcome.accounts, texts),
    ):
        lines = list(part)
        if lines:
            yield ""
            yield from lines
    yield ""
    yield texts("summary-held" if outcome.held else "summary-not-held", open=_still_open(outcome))
    yield texts("summary-hash", sha256=outcome.sha256)


def _moment_lines(outcome: Outcome, scenario: Scenario, texts: Texts) -> Iterator[str]:
    yield texts("moments-title")
    rows = [
        (
            "  " + texts(f"moment-{found.moment.code}"),
            _times(found, texts),
            _norm(found, texts),
            _mark(found, texts),
        )
        for found in moments(outcome.entries, scenario.edition)
    ]
    yield from table(rows, left=4)


def _times(found: MomentFound, texts: Texts) -> str:
    if found.first is None or found.last is None:
        return texts("moment-missing")
    first, last = clock(texts, found.first), clock(texts, found.last)
    return first if first == last else f"{first} – {last}"


def _norm(found: MomentFound, texts: Texts) -> str:
    low = "" if found.not_before is None else clock(texts, found.not_before, short=True)
    high = "" if found.not_after is None else clock(texts, found.not_after, short=True)
    if low and high:
        norm = texts("norm-between", low=low, high=high)
    elif low:
        norm = texts("norm-from", low=low)
    elif high:
        norm = texts("norm-until", high=high)
    else:
        return ""
    return f"{norm} [{', '.join(found.sources)}]"


def _mark(found: MomentFound, texts: Texts) -> str:
    if found.not_before is None and found.not_after is None:
        return ""
    return texts("kept" if found.kept else "not-kept")


def _incident_lines(outcome: Outcome, texts: Texts) -> Iterator[str]:
    closed = [(entry.t, entry.event) for entry in outcome.entries if isinstance(entry.event, IncidentClosed)]
    if not closed:
        yield texts("incidents-none")
        return
    yield texts("incidents-title", count=len(closed), open=_still_open(outcome))
    for t, event in sorted(closed, key=lambda pair: pair[1].incident):
        yield texts(
            "incident-line",
            number=f"{event.incident:>4}",
            clock=clock(texts, event.opened),
            device=event.device,
            place=place(texts, event.place),
            kind=named(texts, "word", event.kind),
        )
        yield texts(
            "incident-resolved" if event.resolved else "incident-unresolved",
            clock=clock(texts, t),
            duration=duration(texts, t - event.opened),
            how=named(texts, "word", event.how),
        )
        advice = key_of("device", event.kind)
        if not event.resolved and texts.has(advice):
            yield texts("incident-advice", advice=texts(advice))


def _still_open(outcome: Outcome) -> int:
    return sum(
        isinstance(entry.event, IncidentClosed) and not entry.event.resolved for entry in outcome.entries
    )


def faults_not_struck(outcome: Outcome, scenario: Scenario) -> list[FaultSpec]:
    """Return the scenario's faults that the journal does not know: what they wait for did not happen.

    Of several of one kind on one device the journal does not say which one struck: the last are returned.
    """
    struck = Counter(
        (entry.event.device, entry.event.kind)
        for entry in outcome.entries
        if isinstance(entry.event, FaultBegan | FaultIdle)
    )
    missing = []
    for fault in scenario.faults:
        if struck[fault.target, fault.kind]:
            struck[fault.target, fault.kind] -= 1
        else:
            missing.append(fault)
    return missing


def _idle_fault_lines(outcome: Outcome, scenario: Scenario, texts: Texts) -> Iterator[str]:
    if idle := faults_not_struck(outcome, scenario):
        yield texts("faults-not-struck")
        yield from (f"  {fault.target}: {named(texts, 'fault', fault.kind)}" for fault in idle)


def _finding_lines(outcome: Outcome, scenario: Scenario, texts: Texts) -> Iterator[str]:
    yield texts("findings-title")
    for finding, (_, spec) in zip(outcome.findings, expected(scenario), strict=True):
        mark = texts("held" if finding.held else "not-held")
        yield f"  {mark:<4} {finding_title(finding, spec, texts)}"
        if not finding.held:
            for line in _details(finding, outcome, texts):
                yield f"       {line}"


def finding_title(finding: Finding, spec: ExpectSpec | None, texts: Texts) -> str:
    """Say what was expected: in the scenario's own words, or in ours."""
    if finding.title:
        return finding.title
    if spec is None or spec.event is None:
        return texts(key_of("finding", finding.code))
    return expectation(spec, texts)


def expectation(spec: ExpectSpec, texts: Texts) -> str:
    """Say an expectation in words."""
    if spec.that is not None:
        return texts(key_of("finding", spec.that))
    where = ", ".join(f"{name} = {value}" for name, value in spec.where.items())
    said = texts(
        "expect-event",
        event=f"{spec.event} ({where})" if where else str(spec.event),
        count="any" if spec.count is None else spec.count,
    )
    return said if spec.by is None else texts("expect-by", said=said, clock=clock(texts, spec.by))


def _details(finding: Finding, outcome: Outcome, texts: Texts) -> Iterator[str]:
    """Say what was found instead; what has its own part of the summary is only counted here."""
    events = [entry.event for entry in outcome.entries]
    if finding.code == "day-ends":
        yield from (named(texts, "word", e.aborted) for e in events if isinstance(e, DayEnded))
    elif finding.code == "accounting-balances":
        yield from _imbalances(outcome.accounts, texts)
    elif finding.code == "regulation-holds":
        yield texts("detail-violations", count=len(outcome.violations))
    elif finding.code == "incidents-resolved":
        yield texts("detail-incidents", count=_still_open(outcome))
    elif finding.code == "everybody-served":
        for e in events:
            if isinstance(e, RoomFailed):
                why = named(texts, "word", e.why)
                yield texts("detail-room", room=e.room, why=why, count=e.unserved)
    else:
        yield texts("detail-found", found=finding.detail)


def _violation_lines(violations: Sequence[Violation], texts: Texts) -> Iterator[str]:
    if not violations:
        yield texts("violations-none")
        return
    yield texts("violations-title", count=len(violations))
    for violation in violations:
        key = key_of("report-rule", violation.rule)  # Russian titles stand in the edition itself
        title = texts(key) if texts.has(key) else violation.title
        told = f"  {clock(texts, violation.t)}  [{violation.source}] {title}"
        yield f"{told}: {violation.subject}" if violation.subject else told


def _account_lines(accounts: Accounts, texts: Texts) -> Iterator[str]:
    rooms = list(accounts.rooms.values())
    yield texts("accounts-title")
    printing = [room for room in rooms if room.counted is not None or room.kits_printed or room.kits_rejected]
    if printing:
        yield texts("accounts-sheets")
        yield from _sheets(printing, texts)
        yield texts("accounts-kits")
        yield from _kits(printing, texts)
    recording = [room for room in rooms if room.records]
    if recording:
        yield texts("accounts-recordings")
        columns = ("room", "participants", "due", "found", "unserved")
        rows = [
            (room.room, room.participants, room.recordings_due, room.recordings, room.unserved)
            for room in recording
        ]
        cells = [tuple(texts(f"column-{name}") for name in columns), *(tuple(map(str, row)) for row in rows)]
        yield from (f"    {line}" for line in table(cells))
        yield texts(
            "accounts-exported",
            recorded=accounts.recordings_recorded,
            exported=accounts.recordings_exported,
        )
    yield texts("accounts-balance" if accounts.balances else "accounts-do-not-balance")
    yield from (f"    {problem}" for problem in _imbalances(accounts, texts))


def _imbalances(accounts: Accounts, texts: Texts) -> Iterator[str]:
    for room in accounts.rooms.values():
        for problem in room.problems:
            yield f"{place(texts, room.room)}: {imbalance(texts, problem)}"
    for problem in accounts.problems:
        yield imbalance(texts, problem)


SHEETS = ("handed_out_sheets", "spoiled_sheets", "left_sheets", "test_sheets")


def _sheets(rooms: Sequence[RoomAccount], texts: Texts) -> list[str]:
    """Tabulate the sheets of each room: counted by hand, against the printers' counters."""
    columns = ("room", "handed-out", "spoiled", "left", "test", "by-hand", "counters")
    rows = [tuple(texts(f"column-{name}") for name in columns)]
    totals = [0] * 6
    for room in rooms:
        counted = room.counted
        if counted is None:
            rows.append((room.room, *["—"] * 6))
            continue
        numbers = [getattr(counted, name) for name in SHEETS]
        numbers += [sum(numbers), counted.counter_sheets]
        totals = [total + max(0, number) for total, number in zip(totals, numbers, strict=True)]
        rows.append((room.room, *("—" if number < 0 else str(number) for number in numbers)))
    if any(room.counted is None or room.counted.counter_sheets < 0 for room in rooms):
        rows.append((texts("column-total"), *(str(total) for total in totals[:-1]), "—"))
    else:
        rows.append((texts("column-total"), *(str(total) for total in totals)))
    return [f"    {line}" for line in table(rows)]


def _kits(rooms: Sequence[RoomAccount], texts: Texts) -> list[str]:
    """Tabulate the kits of each room and the forms that were scanned."""
    columns = ("room", "printed", "rejected", "handed-out", "left", "forms", "scanned", "unread")
    rows = [tuple(texts(f"column-{name}") for name in columns)]
    totals = [0] * 7
    for room in rooms:
        numbers = [
            room.kits_printed,
            room.kits_rejected,
            room.kits_handed_out,
            room.counted.kits_left if room.counted is not None else 0,
            room.forms_due,
            room.forms_scanned,
            room.forms_missing,
        ]
        totals = [total + number for total, number in zip(totals, numbers, strict=True)]
        rows.append((room.room, *(str(number) for number in numbers)))
    rows.append((texts("column-total"), *(str(total) for total in totals)))
    return [f"    {line}" for line in table(rows)]


# -- as JSON ---------------------------------------------------------------------------------------------


def summary_json(outcome: Outcome, scenario: Scenario, name: str, seed: int) -> dict[str, object]:
    """Return the summary as data. Times are microseconds since midnight of the exam day."""
    incidents = [
        {**_plain(entry.event), "closed": entry.t}
        for entry in outcome.entries
        if isinstance(entry.event, IncidentClosed)
    ]
    return {
        "scenario": name,
        "title": scenario.title,
        "seed": seed,
        "edition": scenario.edition,
        "held": outcome.held,
        "sha256": outcome.sha256,
        "entries": len(outcome.entries),
        "moments": [
            {
                "moment": found.moment.code,
                "first": found.first,
                "last": found.last,
                "not_before": found.not_before,
                "not_after": found.not_after,
                "sources": found.sources,
                "kept": found.kept,
            }
            for found in moments(outcome.entries, scenario.edition)
        ],
        "incidents": incidents,
        "faults_not_struck": [
            {"target": fault.target, "kind": fault.kind} for fault in faults_not_struck(outcome, scenario)
        ],
        "expectations": [dataclasses.asdict(finding) for finding in outcome.findings],
        "violations": [dataclasses.asdict(violation) for violation in outcome.violations],
        "accounts": {
            "balances": outcome.accounts.balances,
            "problems": outcome.accounts.all_problems(),
            "rooms": [_room_json(room) for room in outcome.accounts.rooms.values()],
            "recordings_recorded": outcome.accounts.recordings_recorded,
            "recordings_exported": outcome.accounts.recordings_exported,
        },
    }


def _plain(event: IncidentClosed) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def _room_json(room: RoomAccount) -> dict[str, object]:
    counted = room.counted
    return {
        **{
            each.name: getattr(room, each.name) for each in dataclasses.fields(room) if each.name != "counted"
        },
        "problems": [str(problem) for problem in room.problems],
        "counted": None
        if counted is None
        else {name: getattr(counted, name) for name in counted.__struct_fields__ if name != "room"},
    }
