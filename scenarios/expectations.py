"""What a scenario expects, judged from the journal and its readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hal.journal import Entry
from hal.runtime import clock_text
from scenarios.accounting import Accounts
from scenarios.model import ExpectSpec, Scenario
from station_core.events import DayEnded, IncidentClosed, RoomFailed
from station_core.regulation import Violation


@dataclass(frozen=True, slots=True)
class Finding:
    """One expectation.

    Args:
        code: A key of the message catalogue that says what was expected.
        title: The scenario's own words for it, if it has any.
        detail: What was found, when it did not hold: names and numbers.
    """

    code: str
    held: bool
    title: str = ""
    detail: str = ""


ALWAYS = ("day-ends", "accounting-balances", "everybody-served")
"""What holds in every scenario, said or not; but see :func:`expected`."""


def expected(scenario: Scenario) -> tuple[tuple[str, ExpectSpec | None], ...]:
    """Return all that is expected, as it is judged: the code, and what the scenario says of it, if anything.

    First comes what must hold in every scenario. One that expects a ``room_failed`` shows a day on which
    somebody cannot be served; there it alone can tell whether everybody must be.
    """
    said: dict[str | None, ExpectSpec] = {spec.that: spec for spec in scenario.expect}
    somebody_fails = any(spec.event == RoomFailed.event_name() for spec in scenario.expect)
    always = [code for code in ALWAYS if code != "everybody-served" or not somebody_fails]
    own = [(spec.that or "event", spec) for spec in scenario.expect if spec.that not in always]
    return (*((code, said.get(code)) for code in always), *own)


def judge(
    scenario: Scenario, entries: Sequence[Entry], accounts: Accounts, violations: Sequence[Violation]
) -> tuple[Finding, ...]:
    """Judge all that is expected, in its order."""
    return tuple(
        _event(spec, entries)
        if spec is not None and spec.that is None
        else _standard(code, entries, accounts, violations, "" if spec is None else spec.title or "")
        for code, spec in expected(scenario)
    )


def _standard(
    code: str, entries: Sequence[Entry], accounts: Accounts, violations: Sequence[Violation], title: str
) -> Finding:
    found: list[str]
    if code == "day-ends":
        last = entries[-1].event if entries else None
        found = [] if isinstance(last, DayEnded) and not last.aborted else [getattr(last, "aborted", "")]
    elif code == "accounting-balances":
        found = accounts.all_problems()
    elif code == "regulation-holds":
        found = [f"{v.rule} [{v.source}] {clock_text(v.t)} {v.subject}".rstrip() for v in violations]
    elif code == "incidents-resolved":
        closed = (entry.event for entry in entries if isinstance(entry.event, IncidentClosed))
        found = [f"{e.incident} {e.kind} {e.device}: {e.how}" for e in closed if not e.resolved]
    else:
        failed = (entry.event for entry in entries if isinstance(entry.event, RoomFailed))
        found = [f"{e.room}: {e.why}, {e.unserved}" for e in failed]
    return Finding(code, not found, title, "; ".join(found))


def _event(spec: ExpectSpec, entries: Sequence[Entry]) -> Finding:
    matching = [
        entry
        for entry in entries
        if type(entry.event).event_name() == spec.event
        and all(getattr(entry.event, name) == value for name, value in spec.where.items())
    ]
    count = len(matching)
    held = count > 0 if spec.count is None else count == spec.count
    detail = f"{spec.event}: {count}"
    if spec.by is not None and matching and matching[-1].t > spec.by:
        held, detail = False, f"{detail}, {clock_text(matching[-1].t)} > {clock_text(spec.by)}"
    return Finding("event", held, spec.title or "", "" if held else detail)
