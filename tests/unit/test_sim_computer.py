"""The simulated computer: work that a crash cuts off."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.computer import ComputerFailed
from hal.runtime import SECOND, AsyncioRuntime
from simulators.computer import SimComputer
from simulators.device import World
from simulators.faults import After, Fault, Lasts, Never, UntilRepaired
from simulators.random import Streams
from simulators.runtime import SimRuntime

Runtimes = SimRuntime | AsyncioRuntime


@pytest.fixture(params=["virtual", "real"])
def runtime(request: pytest.FixtureRequest) -> Runtimes:
    return SimRuntime() if request.param == "virtual" else AsyncioRuntime(pace=100)


def computer_on(runtime: Runtimes) -> SimComputer:
    world = World(runtime, Streams(1), lambda event: None, runtime.spawn)
    return SimComputer("computer-7", world, number=7)


def test_result_and_error_pass_through(runtime: Runtimes) -> None:
    computer = computer_on(runtime)

    async def work(*, fail: bool) -> str:
        await runtime.sleep(SECOND)
        if fail:
            raise KeyError("the operation's own")
        return "done"

    async def main() -> None:
        assert await computer.run(work(fail=False)) == "done"
        with pytest.raises(KeyError, match="own"):
            await computer.run(work(fail=True))
        assert computer._running == {}

    runtime.run(main())


@given(
    st.integers(0, 3 * SECOND).filter(lambda after: after != 2 * SECOND),
    st.sampled_from(["crash", "power-cut", "broken"]),
)
def test_a_crash_at_any_instant(after: int, kind: str) -> None:
    runtime = SimRuntime()
    computer = computer_on(runtime)
    steps: list[str] = []

    async def work() -> str:
        try:
            steps.append("begun")
            await runtime.sleep(SECOND)
            steps.append("middle")
            await runtime.sleep(SECOND)
            return "done"
        finally:
            steps.append("closed")

    async def strike() -> None:
        await runtime.sleep(after)
        computer.begin_fault(kind, {}, UntilRepaired())

    async def main() -> None:
        runtime.spawn(strike(), "strike")
        if after > 2 * SECOND:
            assert await computer.run(work()) == "done"
            return
        with pytest.raises(ComputerFailed, match=kind):
            await computer.run(work())
        assert runtime.now() == after
        assert not computer.on

    runtime.run(main())
    assert steps.count("closed") == steps.count("begun")


def test_a_computer_that_is_down_refuses_at_once(runtime: Runtimes) -> None:
    computer = computer_on(runtime)
    begun: list[bool] = []

    async def work() -> None:
        begun.append(True)

    async def main() -> None:
        computer.begin_fault("crash", {}, UntilRepaired())
        operation = work()
        with pytest.raises(ComputerFailed, match="crash"):
            await computer.run(operation)  # an operation left open would warn, and warnings are errors here
        assert computer.restart()
        await computer.run(work())

    runtime.run(main())
    assert begun == [True]


def test_all_work_under_way_is_cut(runtime: Runtimes) -> None:
    computer = computer_on(runtime)
    failed: list[int] = []

    async def long_work() -> None:
        await runtime.sleep(1000 * SECOND)

    async def one(number: int) -> None:
        try:
            await computer.run(long_work())
        except ComputerFailed:
            failed.append(number)

    async def main() -> None:
        async with runtime.task_group() as group:
            for number in range(3):
                group.start(one(number), f"work {number}")
            await runtime.sleep(SECOND)
            computer.begin_fault("crash", {}, UntilRepaired())

    runtime.run(main())
    assert failed == [0, 1, 2]


def test_cancellation_from_outside_is_cancellation(runtime: Runtimes) -> None:
    computer = computer_on(runtime)
    closed: list[bool] = []

    async def work() -> None:
        try:
            await runtime.sleep(1000 * SECOND)
        finally:
            closed.append(True)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with runtime.timeout(SECOND):
                await computer.run(work())
        assert computer._running == {}
        assert computer.on

    runtime.run(main())
    assert closed == [True]


def test_a_timeout_of_the_operation_stays_its_own(runtime: Runtimes) -> None:
    computer = computer_on(runtime)

    async def work() -> str:
        try:
            async with runtime.timeout(SECOND):
                await runtime.sleep(1000 * SECOND)
        except TimeoutError:
            return "gave up"
        return "done"

    async def main() -> str:
        return await computer.run(work())

    assert runtime.run(main()) == "gave up"


def test_an_operation_that_cancels_itself(runtime: Runtimes) -> None:
    computer = computer_on(runtime)

    async def work() -> None:
        await runtime.sleep(1)
        raise asyncio.CancelledError

    async def main() -> None:
        with pytest.raises(asyncio.CancelledError):
            await computer.run(work())

    runtime.run(main())


def test_an_error_while_being_cut_is_kept_as_the_cause() -> None:
    runtime = SimRuntime()
    computer = computer_on(runtime)

    async def work() -> None:
        try:
            await runtime.sleep(1000 * SECOND)
        finally:
            raise ValueError("the file is half written")

    async def main() -> None:
        runtime.spawn(_strike(runtime, computer), "strike")
        with pytest.raises(ComputerFailed) as caught:
            await computer.run(work())
        assert isinstance(caught.value.__cause__, ValueError)

    runtime.run(main())


async def _strike(runtime: SimRuntime, computer: SimComputer) -> None:
    await runtime.sleep(SECOND)
    computer.begin_fault("crash", {}, UntilRepaired())


def test_what_a_restart_can_do() -> None:
    runtime = SimRuntime()
    computer = computer_on(runtime)

    async def main() -> None:
        computer.begin_fault("power-cut", {}, Lasts(60 * SECOND))
        assert not computer.restart()
        await runtime.sleep(61 * SECOND)
        assert computer.restart()
        computer.begin_fault("power-cut", {}, UntilRepaired())
        assert computer.restart()
        computer.begin_fault("broken", {}, Never())
        assert not computer.restart()

    runtime.run(main())


def test_crash_at_the_second_piece_of_work() -> None:
    runtime = SimRuntime()
    computer = computer_on(runtime)
    computer.plan(Fault("computer-7", "crash", After("run", 2)))

    async def work() -> None:
        await runtime.sleep(SECOND)

    async def main() -> None:
        await computer.run(work())
        with pytest.raises(ComputerFailed):
            await computer.run(work())

    runtime.run(main())


def test_a_station_step_inside_another() -> None:
    """Stations call ``run`` for steps of steps; a crash leaves both with the same error."""
    runtime = SimRuntime()
    computer = computer_on(runtime)

    async def inner() -> Coroutine[Any, Any, None] | None:
        await runtime.sleep(1000 * SECOND)
        return None

    async def outer() -> None:
        await computer.run(inner())

    async def main() -> None:
        runtime.spawn(_strike(runtime, computer), "strike")
        with pytest.raises(ComputerFailed):
            await computer.run(outer())
        assert computer._running == {}

    runtime.run(main())
