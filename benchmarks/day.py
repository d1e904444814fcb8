"""(b) One ordinary day, 15 rooms × 15 participants × 16 sheets a kit, against a bare SimPy program.

The bare program is what one would write in plain SimPy for the same day: rooms, printers, scanners and
people as resources, a timeout for every page, and a line of JSON for everything worth noting, made with the
standard library. It has nothing of ours: no stations, stores, faults, tokens, accounts of paper. It is
topped up to exactly the number of events and of journal lines that our day has. The details also give the
ratio to the same program without any journal.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Generator
from typing import Any

import simpy

from benchmarks.measure import Measurement, alternate
from hal.journal import Journal
from hal.runtime import HOUR, MINUTE
from scenarios.loading import load
from scenarios.model import BEGINNING, Scenario
from scenarios.runner import run_day
from simulators.runtime import SimRuntime
from station_core.events import DayEnded

ROOMS, PARTICIPANTS, SHEETS, FORMS = 15, 15, 16, 4
BAR = 3.0
TIMES_REAL = 100_000
ROUNDS = 31

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
        lines: How many journal lines to write; none at all when 0.
    """

    def __init__(self, events: int, lines: int) -> None:
        self.env = simpy.Environment(initial_time=7 * HOUR)
        self.technicians = simpy.Resource(self.env, 3)
        self.members = simpy.Resource(self.env, 3)
        self.events = events
        self.lines = lines
        self.written = 0
        self.file = io.BytesIO()
        self.hash = hashlib.sha256()
        for room in range(ROOMS):
            self.env.process(self._room(f"{room + 1:04}"))

    def run(self) -> int:
        """Run it; return how many events it processed."""
        count = self._all_events()
        self.env.process(self._idle(self.events - count - 2))  # its own beginning and end are two
        count += self._all_events()
        while self.written < self.lines:
            self._log("worked", "0001", person="technician-1", action="work", since=self.env.now)
        return count

    def _all_events(self) -> int:
        env, count = self.env, 0
        while env.peek() != float("inf"):
            env.step()
            count += 1
        return count

    def _log(self, event: str, room: str, **values: object) -> None:
        if self.written >= self.lines:
            return
        record = {"n": self.written, "t": self.env.now, "event": event, "room": room, **values}
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self.file.write(line)
        self.hash.update(line)
        self.written += 1

    def _idle(self, events: int) -> Process:
        for _ in range(events):
            yield self.env.timeout(MINUTE)

    def _ask(self, people: simpy.Resource, room: str, action: str, duration: int) -> Process:
        since = self.env.now
        with people.request() as request:
            yield request
            yield self.env.timeout(duration)
        self._log("worked", room, person="technician-1", action=action, since=since, done=True)

    def _room(self, room: str) -> Process:
        env = self.env
        organizers = simpy.Resource(env, 2)
        printer, scanner = simpy.Resource(env), simpy.Resource(env)
        for action in ("start-station", "carry-flash", "load-key"):
            yield from self._ask(self.technicians, room, action, 2 * MINUTE)
        yield from self._ask(self.members, room, "insert-token", MINUTE)
        for number in range(PARTICIPANTS):
            with printer.request() as request:
                yield request
                for _ in range(SHEETS):
                    yield env.timeout(1_700_000)
            self._log("kit_printed", room, station=f"st-{room}", kit=f"{number:013}", sheets=SHEETS)
            yield from self._ask(organizers, room, "inspect-print", 12_000_000)
            self._log("kit_handed_out", room, kit=f"{number:013}", participant=f"{room}-{number:02}")
        yield env.timeout(3 * HOUR)
        with scanner.request() as request:
            yield request
            for _ in range(PARTICIPANTS * FORMS):
                yield env.timeout(2_000_000)
        for action in ("export", "save-journal", "count-paper"):
            yield from self._ask(self.technicians, room, action, 2 * MINUTE)


def run() -> Measurement:
    """Measure them side by side."""
    scenario = load("ordinary-day")
    events, journal = our_day(scenario)
    lines = len(journal)
    last = journal.entries[-1]
    if not isinstance(last.event, DayEnded) or last.event.aborted:
        raise RuntimeError("the day did not end")
    if BareDay(events, lines).run() != events:
        raise RuntimeError("the bare program has another number of events")
    ours, bare, silent = alternate(
        (lambda: our_day(scenario), lambda: BareDay(events, lines).run(), lambda: BareDay(events, 0).run()),
        ROUNDS,
    )
    exam_day = (last.t - 7 * HOUR - 30 * MINUTE) / 1_000_000
    speed = exam_day / ours
    return Measurement(
        name="day",
        ratio=ours / bare,
        bar=BAR if speed >= TIMES_REAL else 0.0,  # both must hold
        at_least=False,
        details=(
            f"{events} events and {lines} journal lines each",
            f"ours {ours * 1000:.1f} ms, bare {bare * 1000:.1f} ms (best of {ROUNDS}, in turns)",
            f"bare without a journal {silent * 1000:.1f} ms: ratio {ours / silent:.2f}",
            f"07:30 to the end: {exam_day:.0f} s, {speed:,.0f} times faster than real (bar {TIMES_REAL:,})",
        ),
    )
