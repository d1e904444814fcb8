"""Running a whole exam day in virtual time."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hal.journal import Entry, Journal, LineFile, Listener
from hal.runtime import HOUR
from scenarios.accounting import Accounts, account
from scenarios.build import Builder, BuiltDay
from scenarios.expectations import Finding, judge
from scenarios.layout import default_kind
from scenarios.model import BEGINNING, Scenario
from scenarios.real_devices import SIMULATED, RealDevices
from simulators.runtime import SimRuntime
from station_core.day.eve import prepare
from station_core.day.headquarters import Headquarters
from station_core.day.morning import ARRIVAL
from station_core.day.oral import oral_day
from station_core.day.written import written_day
from station_core.events import DayBegan, DayEnded
from station_core.materials import ExamKind
from station_core.point import RoomKind
from station_core.regulation import Violation, edition

PACED_FROM = ARRIVAL
"""A paced run hurries through the eve: people watch the day."""

LONGEST = 49 * HOUR
"""A day that is not over by noon of the next one has hung; it is cut off and reported."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Args:
        entries: The journal.
        sha256: Hash of its lines.
        accounts: Sheets and recordings accounted for.
        violations: Breaches of the regulation.
        findings: The scenario's expectations, each held or not.
        events: Events of the simulation engine, for measuring speed.
    """

    entries: Sequence[Entry]
    sha256: str
    accounts: Accounts
    violations: tuple[Violation, ...]
    findings: tuple[Finding, ...]
    events: int

    @property
    def held(self) -> bool:
        """Whether everything held."""
        return all(finding.held for finding in self.findings)


def run(
    scenario: Scenario,
    seed: int = 1,
    *,
    name: str = "",
    pace: float = 0.0,
    file: LineFile | None = None,
    listener: Listener | None = None,
    real: RealDevices = SIMULATED,
) -> Outcome:
    """Run a scenario to the end of its day.

    Args:
        scenario: What to run; checked already.
        seed: Luck.
        name: What to call it in the journal.
        pace: Virtual seconds per real second; 0 = as fast as possible.
        file: Where the journal's lines go.
        listener: Told every entry as it is written.
        real: Real devices in place of simulated ones.

    Raises:
        Exception: What ``file`` raises, such as OSError; inside an ``ExceptionGroup`` when it struck in the
            midst of the day's tasks.
    """
    runtime = SimRuntime(BEGINNING, pace, PACED_FROM)
    journal = Journal(runtime.now, file)
    if listener is not None:
        journal.listen(listener)
    run_day(scenario, seed, name, runtime, journal, real)
    accounts = account(journal.entries)
    violations = edition(scenario.edition).check(journal.entries)
    return Outcome(
        entries=journal.entries,
        sha256=journal.sha256(),
        accounts=accounts,
        violations=violations,
        findings=judge(scenario, journal.entries, accounts, violations),
        events=runtime.events,
    )


def run_day(
    scenario: Scenario,
    seed: int,
    name: str,
    runtime: SimRuntime,
    journal: Journal,
    real: RealDevices = SIMULATED,
) -> None:
    """Run the day alone, without reading anything out of its journal."""
    with _few_collections():
        runtime.run(_whole_day(scenario, seed, name, runtime, journal, real))


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage cycles less often: a day makes many objects that live on, and hardly a cycle."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], 50_000), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


async def _whole_day(
    scenario: Scenario,
    seed: int,
    name: str,
    runtime: SimRuntime,
    journal: Journal,
    real: RealDevices,
) -> None:
    _write_beginning(scenario, seed, name, journal)
    day = Builder(scenario, seed, runtime, journal, runtime.spawn, real).build()
    aborted = ""
    try:
        async with runtime.timeout(LONGEST):
            await _hold(scenario, day)
    except TimeoutError:
        aborted = "not-over-by-next-noon"
    day.point.incidents.close_all("open-at-end")
    journal.write(DayEnded(aborted))


async def _hold(scenario: Scenario, day: BuiltDay) -> None:
    point = day.point
    async with point.runtime.task_group() as background:
        hq = Headquarters(point, background)
        await prepare(point, hq, day.without_act)
        if scenario.exam.kind is ExamKind.WRITTEN:
            await written_day(point, hq)
        else:
            await oral_day(point, hq)
        background.cancel()  # repairs that nobody needs any more


def _write_beginning(scenario: Scenario, seed: int, name: str, journal: Journal) -> None:
    point, exam = scenario.point, scenario.exam
    journal.write(
        DayBegan(
            scenario=name,
            title=scenario.title,
            seed=seed,
            edition=scenario.edition,
            exam_kind=exam.kind,
            subject=exam.subject,
            exam_date=exam.exam_date.isoformat(),
            region=point.region,
            point=point.code,
            rooms=sum(room.count for room in point.rooms),
            # those who answer in a conduct room are those who waited in a preparation room
            participants=sum(
                (room.participants - room.absent) * room.count
                for room in point.rooms
                if default_kind(scenario, room) is not RoomKind.CONDUCT
            ),
            technicians=point.staff.technicians,
            commission_members=point.staff.commission_members,
        )
    )
