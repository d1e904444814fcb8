"""What is true of SimRuntime only; what all runtimes share is in ``hal.conformance.runtime``."""

from __future__ import annotations

import asyncio
import time
from asyncio import CancelledError
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

import simulators.runtime
from hal.runtime import HOUR, MILLISECOND, SECOND, Event, Lock, Queue, Task
from simulators.runtime import Deadlock, SimRuntime

# -- time ------------------------------------------------------------------------------------------


def test_time_is_exact_and_integer() -> None:
    runtime = SimRuntime(start=-16 * HOUR)

    async def main() -> int:
        for _ in range(10):
            await runtime.sleep(3)
        return runtime.now()

    assert runtime.run(main()) == -16 * HOUR + 30
    assert type(runtime.now()) is int
    assert runtime.env.now == runtime.now()


@pytest.mark.parametrize("duration", [1.5, 2.0, True, None])
def test_a_sleep_that_is_not_an_integer_is_refused(duration: Any) -> None:
    runtime = SimRuntime()

    async def main() -> None:
        await runtime.sleep(duration)

    with pytest.raises(TypeError, match="integer count of microseconds"):
        runtime.run(main())


def test_a_simpy_timeout_that_is_not_an_integer_is_refused() -> None:
    with pytest.raises(TypeError, match="integer count of microseconds"):
        SimRuntime().env.timeout(0.5)


def test_nothing_but_waiting_moves_the_clock() -> None:
    runtime = SimRuntime()
    lock, event, queue = runtime.lock(), runtime.event(), runtime.queue()

    async def child() -> int:
        await event.wait()
        return int(await queue.get())

    async def main() -> None:
        async with lock, runtime.timeout(HOUR), runtime.task_group() as group:
            task = group.start(child())
            await runtime.sleep(0)
            event.set()
            queue.put(5)
            assert await task.wait() == 5

    runtime.run(main())
    assert runtime.now() == 0


def test_a_second_run_goes_on_where_the_first_ended() -> None:
    runtime = SimRuntime(start=100)

    async def main() -> None:
        await runtime.sleep(10)

    runtime.run(main())
    runtime.run(main())
    assert runtime.now() == 120


def test_timeouts_strike_on_the_microsecond() -> None:
    runtime = SimRuntime()

    async def main() -> None:
        async with runtime.timeout(11):
            await runtime.sleep(10)
        with pytest.raises(TimeoutError):
            async with runtime.timeout(10):
                await runtime.sleep(10)  # the deadline was set first, so at that instant it comes first
        assert runtime.now() == 20

    runtime.run(main())


# -- cancelled timers ------------------------------------------------------------------------------


def test_cancelled_timers_do_not_move_the_clock() -> None:
    runtime = SimRuntime()

    async def main() -> None:
        async with runtime.timeout(HOUR):
            await runtime.sleep(1)
        async with runtime.task_group() as group:
            group.start(runtime.event().wait(), "left").cancel()
            sleeper = group.start(_sleep(runtime, 2 * HOUR))
            await runtime.sleep(1)
            sleeper.cancel()
        await runtime.event().wait()

    with pytest.raises(Deadlock):
        runtime.run(main())
    assert runtime.now() == 2
    assert runtime.env.peek() == simpy.core.Infinity


def test_cancelled_timers_do_not_pile_up() -> None:
    runtime = SimRuntime()

    async def main() -> None:
        for _ in range(5_000):
            async with runtime.timeout(HOUR):
                await runtime.sleep(1)

    runtime.run(main())
    assert len(runtime.env.heap) < 1_000


def test_a_step_passes_over_cancelled_timers() -> None:
    runtime = SimRuntime()
    seen: list[int] = []

    async def sleeper(duration: int) -> None:
        await runtime.sleep(duration)
        seen.append(runtime.now())

    async def main() -> None:
        async with runtime.task_group() as group:
            tasks = [group.start(sleeper(duration)) for duration in range(1, 1_001)]
            await runtime.sleep(0)
            for number, task in enumerate(tasks, start=1):
                if number % 100:
                    task.cancel()

    runtime.run(main())
    assert seen == list(range(100, 1_001, 100))


async def _sleep(runtime: SimRuntime, duration: int) -> None:
    await runtime.sleep(duration)


def test_events_counts_what_happened() -> None:
    runtime = SimRuntime()

    async def main() -> None:
        before = runtime.events
        for _ in range(10):
            await runtime.sleep(1)
        assert runtime.events == before + 10

    assert runtime.events == 0
    runtime.run(main())


# -- deadlock --------------------------------------------------------------------------------------


def test_a_deadlock_names_the_tasks_and_unwinds_them() -> None:
    runtime = SimRuntime(start=5)
    unwound: list[str] = []

    async def wait(name: str, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        finally:
            await runtime.sleep(1)
            unwound.append(f"{name} {runtime.now()}")

    async def main() -> None:
        lock = runtime.lock()
        async with lock, runtime.task_group() as group:
            group.start(wait("chair", runtime.queue().get()), "chair")
            group.start(wait("clerk", lock.__aenter__()), "clerk")

    runtime.spawn(wait("printer", runtime.event().wait()), "printer")
    with pytest.raises(Deadlock, match=r"'chair' at test_sim_runtime\.py:\d+, 'clerk' at") as caught:
        runtime.run(main())
    assert caught.value.tasks == ("printer", "main", "chair", "clerk")
    assert unwound == ["chair 6", "clerk 6", "printer 7"]


def test_a_deadlock_in_the_unwinding_is_broken_too() -> None:
    runtime = SimRuntime()
    unwound: list[str] = []

    async def stuck(name: str) -> None:
        try:
            await runtime.event().wait()
        finally:
            try:
                await runtime.event().wait()
            finally:
                unwound.append(name)

    async def main() -> None:
        async with runtime.task_group() as group:
            group.start(stuck("child"))

    runtime.spawn(stuck("daemon"))
    with pytest.raises(Deadlock):
        runtime.run(main())
    assert unwound == ["child", "daemon"]


def test_a_spawned_task_stuck_in_its_unwinding_is_an_error() -> None:
    runtime = SimRuntime()

    async def stuck() -> None:
        try:
            await runtime.sleep(HOUR)
        finally:
            await runtime.event().wait()

    runtime.spawn(stuck(), "stuck")
    with pytest.raises(Deadlock) as caught:
        runtime.run(_sleep(runtime, 1))
    assert caught.value.tasks == ("stuck",)


def test_a_task_that_ignores_cancellation_is_closed() -> None:
    runtime = SimRuntime()
    closed: list[str] = []

    async def deaf() -> None:
        try:
            while True:
                try:
                    await runtime.event().wait()
                except CancelledError:
                    continue
        finally:
            closed.append("deaf")

    runtime.spawn(deaf(), "deaf")
    with pytest.raises(Deadlock):
        runtime.run(_sleep(runtime, 1))
    assert closed == ["deaf"]


# -- SimPy -----------------------------------------------------------------------------------------


def test_a_task_can_wait_for_any_simpy_event() -> None:
    runtime = SimRuntime()

    def machine() -> Generator[simpy.Event, Any, str]:
        yield runtime.env.timeout(7)
        return "printed"

    async def main() -> None:
        process = runtime.env.process(machine())
        assert await runtime.until(process) == "printed"
        assert runtime.now() == 7
        assert await runtime.until(process) == "printed"
        both = runtime.env.timeout(3, "a") & runtime.env.timeout(5, "b")
        assert list((await runtime.until(both)).values()) == ["a", "b"]
        assert runtime.now() == 12

    runtime.run(main())


def test_a_simpy_event_that_fails_raises_in_the_task() -> None:
    runtime = SimRuntime()

    async def main() -> None:
        event = runtime.env.event()
        event.fail(ValueError("jam"))
        for _ in range(2):
            with pytest.raises(ValueError, match="jam"):
                await runtime.until(event)

    runtime.run(main())


def test_waiting_for_a_simpy_event_can_be_cancelled() -> None:
    runtime = SimRuntime()

    async def main() -> None:
        event = runtime.env.event()
        with pytest.raises(TimeoutError):
            async with runtime.timeout(5):
                await runtime.until(event)
        assert event.callbacks == []
        event.succeed("late")
        assert await runtime.until(event) == "late"

    runtime.run(main())
    assert runtime.now() == 5


def test_a_simpy_process_that_fails_unheard_fails_the_run() -> None:
    runtime = SimRuntime()
    seen: list[str] = []

    def machine() -> Generator[simpy.Event, Any, None]:
        yield runtime.env.timeout(7)
        raise ValueError("jam")

    async def main() -> None:
        try:
            await runtime.sleep(HOUR)
        finally:
            seen.append(f"unwound {runtime.now()}")

    runtime.env.process(machine())
    with pytest.raises(ValueError, match="jam"):
        runtime.run(main())
    assert seen == ["unwound 7"]


def test_what_is_not_of_this_runtime_cannot_be_awaited() -> None:
    runtime = SimRuntime()

    async def main() -> None:
        with pytest.raises(TypeError, match="'main' awaited None, which is not of this runtime"):
            await asyncio.sleep(0)
        await runtime.sleep(1)

    runtime.run(main())
    assert runtime.now() == 1


def test_only_a_task_can_sleep_or_open_scopes() -> None:
    runtime = SimRuntime()
    with pytest.raises(RuntimeError, match="only a task"):
        _sleep(runtime, 1).send(None)
    with pytest.raises(RuntimeError, match="only a task"):
        runtime.task_group().__aenter__().send(None)
    assert runtime.current_task_name() == ""


# -- pace ------------------------------------------------------------------------------------------


class _Clock:
    """A wall clock that moves when somebody sleeps or works."""

    def __init__(self) -> None:
        self.time = 1_000.0
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(round(seconds, 9))
        self.time += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    monkeypatch.setattr(simulators.runtime, "time", clock)
    return clock


def test_pace_waits_for_the_wall_clock(clock: _Clock) -> None:
    runtime = SimRuntime(start=HOUR, pace=60.0)

    async def main() -> None:
        for _ in range(3):
            await runtime.sleep(30 * SECOND)
            assert clock.time == pytest.approx(1_000.0 + (runtime.now() - HOUR) / SECOND / 60)

    runtime.run(main())
    assert clock.sleeps == [0.5, 0.5, 0.5]


def test_pace_catches_up_and_does_not_drift(clock: _Clock) -> None:
    runtime = SimRuntime(pace=1.0)

    async def main() -> None:
        for work in (0.0, 2.5, 0.25, 0.0):
            clock.time += work
            await runtime.sleep(SECOND)

    runtime.run(main())
    assert clock.sleeps == [1.0, 0.25]  # late by 2.5 s in the second, in time again in the fourth
    assert clock.time == 1_004.0


def test_pace_zero_does_not_look_at_the_clock(clock: _Clock) -> None:
    runtime = SimRuntime()
    runtime.run(_sleep(runtime, HOUR))
    assert clock.sleeps == []


def test_pace_does_not_wait_for_cancelled_timers(clock: _Clock) -> None:
    runtime = SimRuntime(pace=1.0)

    async def main() -> None:
        async with runtime.timeout(HOUR):
            await runtime.sleep(SECOND)
        await runtime.event().wait()

    with pytest.raises(Deadlock):
        runtime.run(main())
    assert clock.sleeps == [1.0]


def test_interrupt_stops_a_paced_wait_and_unwinds_without_waiting(
    clock: _Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = SimRuntime(pace=1.0)
    seen: list[str] = []

    async def work(name: str) -> None:
        try:
            await runtime.sleep(HOUR)
        finally:
            await runtime.sleep(SECOND)
            seen.append(name)

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(clock, "sleep", interrupt)
    runtime.spawn(work("daemon"))
    with pytest.raises(KeyboardInterrupt):
        runtime.run(work("main"))
    assert seen == ["main", "daemon"]


def test_pace_in_real_time() -> None:
    runtime = SimRuntime(pace=2.0)
    before = time.monotonic()
    runtime.run(_sleep(runtime, 40 * MILLISECOND))
    assert time.monotonic() - before >= 0.02


def test_pace_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="zero or more"):
        SimRuntime(pace=-1.0)


# -- random programs -------------------------------------------------------------------------------

Step = tuple[str, int]
Program = list[list[Step]]

steps = st.one_of(
    st.tuples(st.just("sleep"), st.integers(-1, 5)),
    st.tuples(st.sampled_from(["put", "get", "hold", "set", "clear", "wait"]), st.integers(0, 1)),
    st.tuples(st.sampled_from(["cancel", "join"]), st.integers(0, 4)),
    st.tuples(st.sampled_from(["bounded get", "bounded hold", "bounded wait"]), st.integers(0, 3)),
    st.tuples(st.sampled_from(["fail", "shield"]), st.just(0)),
)
programs = st.lists(st.lists(steps, max_size=6), min_size=1, max_size=5)


class _Machine:
    """Runs a program: each list is a task; notes who did what when."""

    def __init__(self, program: Program) -> None:
        self.runtime = SimRuntime()
        self.program = program
        self.trace: list[tuple[int, int, str]] = []
        self.queues: list[Queue[int]] = [self.runtime.queue(), self.runtime.queue()]
        self.locks: list[Lock] = [self.runtime.lock(), self.runtime.lock()]
        self.events: list[Event] = [self.runtime.event(), self.runtime.event()]
        self.tasks: list[Task[None]] = []
        self.taken: list[int] = []
        self.put: list[int] = []

    def note(self, who: int, what: str) -> None:
        self.trace.append((self.runtime.now(), who, what))

    async def get(self, number: int) -> None:
        self.taken.append(await self.queues[number].get())

    async def hold(self, number: int) -> None:
        async with self.locks[number]:
            await self.runtime.sleep(2)

    async def bounded(self, duration: int, work: Callable[[int], Coroutine[Any, Any, object]]) -> None:
        try:
            async with self.runtime.timeout(duration):
                await work(duration % 2)
        except TimeoutError:
            self.note(-1, "timeout")

    async def step(self, who: int, kind: str, number: int) -> None:  # noqa: C901, PLR0912  # a table of steps
        match kind:
            case "sleep":
                await self.runtime.sleep(number)
            case "put":
                self.put.append(len(self.put))
                self.queues[number].put(self.put[-1])
            case "get":
                await self.get(number)
            case "hold":
                await self.hold(number)
            case "set":
                self.events[number].set()
            case "clear":
                self.events[number].clear()
            case "wait":
                await self.events[number].wait()
            case "cancel" if number < len(self.tasks):
                self.tasks[number].cancel()
            case "join" if number < len(self.tasks) and number != who:
                await self.tasks[number].wait()
            case "bounded get":
                await self.bounded(number, self.get)
            case "bounded hold":
                await self.bounded(number, self.hold)
            case "bounded wait":
                await self.bounded(number, lambda index: self.events[index].wait())
            case "fail":
                raise ValueError(who)

    async def work(self, who: int, steps: list[Step]) -> None:
        for kind, number in steps:
            try:
                await self.step(who, kind, number)
            except CancelledError:
                self.note(who, f"cancelled in {kind} {number}")
                if ("shield", 0) not in steps:
                    raise
            self.note(who, f"{kind} {number}")

    async def main(self) -> None:
        async with self.runtime.task_group() as group:
            for who, steps in enumerate(self.program):
                self.tasks.append(group.start(self.work(who, steps), str(who)))

    def run(self) -> tuple[list[tuple[int, int, str]], str, int]:
        try:
            self.runtime.run(self.main())
            end = "result"
        except (Deadlock, ExceptionGroup, CancelledError) as error:
            end = f"{type(error).__name__} {error}"
        return self.trace, end, self.runtime.events


@given(programs)
def test_a_program_runs_the_same_way_every_time(program: Program) -> None:
    assert _Machine(program).run() == _Machine(program).run()


@given(programs)
def test_no_program_loses_an_item_or_a_lock(program: Program) -> None:
    machine = _Machine(program)
    machine.run()
    left = [machine.runtime.run(queue.get()) for queue in machine.queues for _ in range(len(queue))]
    assert sorted(machine.taken + left) == machine.put
    assert not any(lock.locked() for lock in machine.locks)
    assert all(task.done() for task in machine.tasks)


@given(st.lists(st.lists(st.integers(0, 5), max_size=8), max_size=6))
def test_sleepers_wake_as_in_plain_simpy(durations: list[list[int]]) -> None:
    runtime, env = SimRuntime(), simpy.Environment()
    ours: list[tuple[int, int]] = []
    plain: list[tuple[int, int]] = []

    async def sleeper(who: int) -> None:
        for duration in durations[who]:
            await runtime.sleep(duration)
            ours.append((runtime.now(), who))

    def process(who: int) -> Generator[simpy.Event, Any, None]:
        for duration in durations[who]:
            yield env.timeout(duration)
            plain.append((int(env.now), who))

    async def main() -> None:
        async with runtime.task_group() as group:
            for who in range(len(durations)):
                group.start(sleeper(who))

    for who in range(len(durations)):
        env.process(process(who))
    env.run()
    runtime.run(main())
    assert ours == plain


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 10)), max_size=10))
def test_a_lock_serves_as_a_single_server_queue(visits: list[tuple[int, int]]) -> None:
    runtime = SimRuntime()
    lock = runtime.lock()
    ends: list[tuple[int, int]] = []

    async def visitor(who: int, arrival: int, service: int) -> None:
        await runtime.sleep(arrival)
        async with lock:
            await runtime.sleep(service)
            ends.append((runtime.now(), who))

    async def main() -> None:
        async with runtime.task_group() as group:
            for who, (arrival, service) in enumerate(visits):
                group.start(visitor(who, arrival, service))

    runtime.run(main())
    wanted, free = [], 0
    for arrival, who in sorted((arrival, who) for who, (arrival, _) in enumerate(visits)):
        free = max(free, arrival) + visits[who][1]
        wanted.append((free, who))
    assert ends == wanted


def test_what_lies_before_paced_from_is_not_waited_for() -> None:
    """The eve of a day takes no real time, however slow the pace; the day itself does."""
    runtime = SimRuntime(0, pace=0.1, paced_from=1_000_000_000)
    began = time.monotonic()

    async def main() -> float:
        await runtime.sleep(1_000_000_000)
        eve = time.monotonic() - began
        await runtime.sleep(5_000)  # 50 ms at this pace
        return eve

    eve = runtime.run(main())
    assert runtime.now() == 1_000_005_000
    assert time.monotonic() - began - eve >= 0.04
    assert eve < 1000  # ten thousand seconds at this pace
