"""(b) One ordinary day, 15 rooms × 15 participants × 16 sheets a kit, against a bare SimPy program.

The bare program is what one would write in plain SimPy for the same day — rooms, printers, scanners and
people as resources, a timeout for every page — with nothing of ours: no stations, no stores, no faults, no
tokens, no journal. It is topped up with timeouts to exactly the number of events that our day processes.
"""

from __future__ import annotations

import io
from collections.abc import Generator
from typing import Any

import simpy

from benchmarks.measure import Measurement, alternate
from hal.journal import Journal
from hal.runtime import HOUR, MINUTE
from scenarios.loading import load
from scenarios.model import Scenario
from scenarios.runner import BEGINNING, run_day
from simulators.runtime import SimRuntime
from station_core.events import DayEnded

ROOMS, PARTICIPANTS, SHEETS, FORMS = 15, 15, 16, 4
BAR = 3.0
TIMES_REAL = 100_000
ROUNDS = 9

Process = Generator[simpy.Event, Any, None]


def our_day(scenario: Scenario) -> tuple[int, Journal]:
    """Run the day with its journal on; return the number of events and the journal."""
    runtime = SimRuntime(BEGINNING)
    journal = Journal(runtime.now, io.BytesIO())
    run_day(scenario, 1, "ordinary-day", runtime, journal)
    return runtime.events, journal


class BareDay:
    """The same day in plain SimPy.

    Args:
        events: How many events to process.
    """

    def __init__(self, events: int) -> None:
        self.env = simpy.Environment(initial_time=7 * HOUR)
        self.technicians = simpy.Resource(self.env, 3)
        self.members = simpy.Resource(self.env, 3)
        for _ in range(ROOMS):
            self.env.process(self._room())
        self.left = events

    def run(self) -> int:
        """Run it; return how many events it processed."""
        env, count = self.env, 0
        while env.peek() != float("inf"):
            env.step()
            count += 1
        env.process(self._idle(self.left - count - 2))  # the process's own beginning and end are two
        while env.peek() != float("inf"):
            env.step()
            count += 1
        return count

    def _idle(self, events: int) -> Process:
        for _ in range(events):
            yield self.env.timeout(MINUTE)

    def _ask(self, people: simpy.Resource, duration: int) -> Process:
        with people.request() as request:
            yield request
            yield self.env.timeout(duration)

    def _room(self) -> Process:
        env = self.env
        organizers = simpy.Resource(env, 2)
        printer, scanner = simpy.Resource(env), simpy.Resource(env)
        for _ in range(3):  # start, key, activation
            yield from self._ask(self.technicians, 2 * MINUTE)
        yield from self._ask(self.members, MINUTE)
        for _ in range(PARTICIPANTS):
            with printer.request() as request:
                yield request
                for _ in range(SHEETS):
                    yield env.timeout(1_700_000)
            yield from self._ask(organizers, 12_000_000)
        yield env.timeout(3 * HOUR)
        with scanner.request() as request:
            yield request
            for _ in range(PARTICIPANTS * FORMS):
                yield env.timeout(2_000_000)
        for _ in range(3):  # export, journal, count
            yield from self._ask(self.technicians, 2 * MINUTE)


def run() -> Measurement:
    """Measure both side by side."""
    scenario = load("ordinary-day")
    events, journal = our_day(scenario)
    last = journal.entries[-1]
    if not isinstance(last.event, DayEnded) or last.event.aborted:
        raise RuntimeError("the day did not end")
    bare_events = BareDay(events).run()
    ours, bare = alternate((lambda: our_day(scenario), lambda: BareDay(events).run()), ROUNDS)
    exam_day = (last.t - 7 * HOUR - 30 * MINUTE) / 1_000_000
    speed = exam_day / ours
    return Measurement(
        name="day",
        ratio=ours / bare,
        bar=BAR if speed >= TIMES_REAL else 0.0,
        at_least=False,
        details=(
            f"events: {events} ours, {bare_events} bare; journal: {len(journal)} lines",
            f"time: {ours * 1000:.1f} ms ours, {bare * 1000:.1f} ms bare (best of {ROUNDS}, in turns)",
            f"07:30 to the end: {exam_day:.0f} s, {speed:,.0f} times faster than real (bar {TIMES_REAL:,})",
        ),
    )

