"""How fast stations step: coroutines on SimRuntime against plain generators on SimPy.

The work is the same on both sides: stations that go through scan cycles of a few waits each, over an
ordinary helper call in between (an ``await`` of a coroutine here, ``yield from`` there).
"""

from __future__ import annotations

from collections.abc import Generator

import simpy

from benchmarks.measure import Measurement, alternate
from simulators.runtime import SimRuntime

NAME = "steps"
BAR = "steps/s of stations on SimRuntime at least 0.75 of plain SimPy generators"

STATIONS = 20
CYCLES = 500
WAITS = (700_000, 40_000, 1_250_000, 300_000)  # feed, scan, recognise, eject: microseconds
STEPS = STATIONS * CYCLES * (len(WAITS) + 1)


def plain_simpy() -> None:
    """Run the stations as generators on SimPy alone."""
    env = simpy.Environment()
    sheets = 0

    def feed() -> Generator[simpy.Event, object, None]:
        yield env.timeout(90_000)

    def station() -> Generator[simpy.Event, object, None]:
        nonlocal sheets
        for _ in range(CYCLES):
            yield from feed()
            for wait in WAITS:
                yield env.timeout(wait)
            sheets += 1

    for _ in range(STATIONS):
        env.process(station())
    env.run()
    assert sheets == STATIONS * CYCLES


def sim_runtime() -> None:
    """Run the same stations as coroutines on SimRuntime."""
    runtime = SimRuntime()
    sheets = 0

    async def feed() -> None:
        await runtime.sleep(90_000)

    async def station() -> None:
        nonlocal sheets
        for _ in range(CYCLES):
            await feed()
            for wait in WAITS:
                await runtime.sleep(wait)
            sheets += 1

    async def main() -> None:
        async with runtime.task_group() as group:
            for _ in range(STATIONS):
                group.start(station())

    runtime.run(main())
    assert sheets == STATIONS * CYCLES


def run() -> Measurement:
    """Measure both."""
    plain, ours = alternate((plain_simpy, sim_runtime), rounds=11)
    details = (
        f"plain SimPy: {STEPS / plain:,.0f} steps/s",
        f"SimRuntime:  {STEPS / ours:,.0f} steps/s",
    )
    return Measurement(NAME, ratio=plain / ours, bar=0.75, at_least=True, details=details)
