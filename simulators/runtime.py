"""Virtual time: the ``Runtime`` on SimPy.

Coroutines are driven by the callbacks of SimPy events: a leaf of the ``await`` chain yields the event it
waits for to the task's driver, and that event calls the driver back. Nothing else stands between station
code and SimPy, so a step of an ``async def`` costs no more than a step of a plain SimPy process.
"""

from __future__ import annotations

import time
import types
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from heapq import heapify, heappop, heappush
from itertools import count
from pathlib import PurePath
from typing import Any, Generic, ParamSpec, TypeVar, cast

import simpy
from simpy.core import EmptySchedule
from simpy.events import NORMAL, PENDING, EventPriority

from hal.runtime import primitives
from hal.runtime.primitives import (
    Ended,
    Flag,
    Primitives,
    ScopeTask,
    default_name,
    raise_failures,
)
from hal.runtime.protocol import Task

T = TypeVar("T")
P = ParamSpec("P")

_COMPACT_ABOVE = 256
_UNWIND_ROUNDS = 8


class Deadlock(RuntimeError):
    """Tasks wait, and nothing is scheduled that could wake one of them.

    Attributes:
        tasks: The names of the tasks that waited, in order of start.
    """

    def __init__(self, waiting: Sequence[tuple[str, str]]) -> None:
        places = ", ".join(f"{name!r} at {place}" for name, place in waiting)
        super().__init__(f"nothing is left to happen, and these tasks wait: {places}")
        self.tasks = tuple(name for name, _ in waiting)


class Environment(simpy.Environment):
    """SimPy's environment with integer time and a schedule that forgets what was cancelled.

    It overrides the public methods through which all of SimPy reaches the schedule, and keeps its own heap.
    """

    def __init__(self, start: int = 0) -> None:
        super().__init__(start)
        self.time = start
        self.heap: list[tuple[int, int, int, Any]] = []  # time, priority, number, event
        self.numbers = count()
        self.events = 0
        self._dead = 0

    @property
    def now(self) -> int:
        """The current time."""
        return self.time

    def schedule(
        self, event: simpy.Event, priority: EventPriority = NORMAL, delay: simpy.core.SimTime = 0
    ) -> None:
        """Schedule an event; refuses times that are not integers."""
        if not isinstance(delay, int):
            raise TypeError(f"a duration is an integer count of microseconds, not {delay!r}")
        heappush(self.heap, (self.time + delay, priority, next(self.numbers), event))

    def discard(self, event: simpy.Event) -> None:
        """Make an event that nobody else knows never happen."""
        event.callbacks = None  # type: ignore[assignment]  # SimPy's own mark of an event that is over
        self._dead += 1
        if self._dead > _COMPACT_ABOVE and self._dead * 2 > len(self.heap):
            self.heap[:] = [entry for entry in self.heap if entry[3].callbacks is not None]
            heapify(self.heap)
            self._dead = 0

    def peek(self) -> simpy.core.SimTime:
        """Return the time of the next event, infinity if there is none."""
        heap = self.heap
        while heap and heap[0][3].callbacks is None:
            heappop(heap)
            self._dead -= 1
        return heap[0][0] if heap else simpy.core.Infinity

    def step(self) -> None:
        """Process the next event.

        Raises:
            EmptySchedule: There is none.
        """
        heap = self.heap
        while True:
            if not heap:
                raise EmptySchedule
            now, _, _, event = heappop(heap)
            callbacks = event.callbacks
            if callbacks is not None:
                break
            self._dead -= 1
        self.time = now
        self.events += 1
        event.callbacks = None
        for callback in callbacks:
            callback(event)
        if (
            event.__class__ is not _Wake
            and event.__class__ is not _Waiter
            and not event.ok
            and not event.defused
        ):
            raise cast("BaseException", event.value)

    def run_while(self, task: SimTask[Any]) -> None:
        """Process events until the task has ended: ``step``, written out to spare a call for every event.

        Raises:
            EmptySchedule: There are none left.
        """
        heap, pop, wake, waiter = self.heap, heappop, _Wake, _Waiter
        while not task.ended:
            if not heap:
                raise EmptySchedule
            now, _, _, event = pop(heap)
            callbacks = event.callbacks
            if callbacks is None:
                self._dead -= 1
                continue
            self.time = now
            self.events += 1
            event.callbacks = None
            if event.__class__ is wake:  # two events of three; it has one callback and does not fail
                callbacks[0](event)
                continue
            for callback in callbacks:
                callback(event)
            if event.__class__ is not waiter and not event.ok and not event.defused:
                raise cast("BaseException", event.value)


class _Wake(simpy.Event):
    """An event of a timer or an alarm. Whoever makes it gives it its callbacks and schedules it."""

    ok = True
    callbacks: Any = ()
    _value = None  # triggered from birth, like simpy.Timeout

    def __init__(self, env: Environment) -> None:
        self.env = env

    def cancel(self) -> None:
        """Let it not happen; nothing if it has happened."""
        if self.callbacks is not None:
            cast("Environment", self.env).discard(self)


class _Waiter(simpy.Event):
    """A waiter of the primitives: an event that one task awaits. The task's driver gives it its callbacks."""

    callbacks: Any = ()
    _abandoned = False
    _ok = True

    def __init__(self, env: Environment, within: int | None = None) -> None:
        self.env = env
        self._timed = within is not None
        if within is not None:
            # The waiter is its own alarm: processed before anybody woke it, it has no value.
            env.schedule(self, NORMAL, within if within > 0 else 0)  # noqa: FURB136 - twice as fast as max()

    def __await__(self) -> Generator[Any, Any, Any]:
        if self.callbacks is not None:
            yield self
        return False if self._value is PENDING else self._value

    def set_result(self, result: Any, /) -> None:
        self.succeed(result)  # scheduled now; what is scheduled for later finds it processed

    def result(self) -> Any:
        return self.value

    def done(self) -> bool:
        return self._value is not PENDING or self._abandoned or self.callbacks is None

    def cancelled(self) -> bool:
        return self._abandoned

    def cancel(self) -> None:
        """Its task waits no more."""
        self._abandoned = self._value is PENDING
        in_schedule = self._timed or not self._abandoned
        if in_schedule and self.callbacks is not None:
            cast("Environment", self.env).discard(self)


class SimTask(Generic[T]):
    """A coroutine at work in virtual time."""

    __slots__ = (
        "_cancelling",
        "_coroutine",
        "_error",
        "_finished",
        "_on_end",
        "_result",
        "_runtime",
        "_send",
        "_target",
        "_thrown",
        "ended",
        "name",
        "resume",
        "timer",
    )

    def __init__(
        self, runtime: SimRuntime, coroutine: Coroutine[Any, Any, T], name: str, on_end: Ended
    ) -> None:
        self.name = name or default_name(coroutine)
        self.ended = False
        self._runtime = runtime
        self._coroutine = coroutine
        self._on_end = on_end
        self._result: Any = None
        self._error: BaseException | None = None
        self._cancelling = 0
        self._thrown: BaseException | None = None  # what the next step throws into the coroutine
        self._finished: Flag | None = None  # made when somebody waits for the end
        # Bound once: binding at every step would cost as much as the step itself.
        self._send: Callable[[None], Any] = coroutine.send
        self.resume = [self._step]
        self.timer = _Wake(runtime.env)
        self._target: _Wake | _Waiter = self.timer
        self._arm()

    def __repr__(self) -> str:
        return f"<SimTask {self.name!r}{' ended' if self.ended else ''}>"

    def done(self) -> bool:
        """Whether it has ended."""
        return self.ended

    def cancel(self) -> None:
        """Raise ``CancelledError`` at its current ``await``; nothing if it has ended."""
        if self.ended:
            return
        self._cancelling += 1
        if self._thrown is None:
            self._thrown = CancelledError()
            if self._runtime.running is not self:
                self._come_now()

    def cancelling(self) -> int:
        """How many requests to cancel it are in force."""
        return self._cancelling

    def uncancel(self) -> int:
        """Withdraw one request; return how many are left."""
        self._cancelling -= 1
        return self._cancelling

    async def wait(self) -> T:
        """Wait for the end; return the result or raise the error."""
        if self._runtime.running is self:
            raise RuntimeError(f"task {self.name!r} waits for itself")
        if not self.ended:
            if self._finished is None:
                self._finished = Flag(self._runtime)
            await self._finished.wait()
        return self.outcome()

    def outcome(self) -> T:
        """Return the result of an ended task or raise its error."""
        if self._error is not None:
            raise self._error
        return cast("T", self._result)

    def place(self) -> str:
        """Tell where it waits: file and line of the innermost frame outside of the runtime."""
        place = default_name(self._coroutine)
        coroutine: Any = self._coroutine
        while isinstance(coroutine, types.CoroutineType) and coroutine.cr_frame is not None:
            frame = coroutine.cr_frame
            if frame.f_globals.get("__name__") not in (__name__, primitives.__name__):
                place = f"{PurePath(frame.f_code.co_filename).name}:{frame.f_lineno}"
            coroutine = coroutine.cr_await
        return place

    def close(self) -> None:
        """End the coroutine by force; for tasks that cannot be cancelled."""
        error: BaseException | None = None
        self._target.cancel()
        try:
            self._coroutine.close()
        except BaseException as failure:  # noqa: BLE001  # goes to on_end
            error = failure
        self._end(None, error)

    # -- the driver --------------------------------------------------------------------------------

    def _arm(self) -> None:
        """Let the next step come at this instant, after all that is scheduled for it already."""
        self.timer.callbacks = self.resume
        self._runtime.env.schedule(self.timer)
        self._target = self.timer

    def _come_now(self) -> None:
        """Give up what the task waits for; let the next step come now."""
        self._target.cancel()
        if self._target is self.timer:
            self.timer = _Wake(self._runtime.env)  # the cancelled one may still be in the schedule
        self._arm()

    def _step(self, _event: simpy.Event) -> None:
        runtime = self._runtime
        runtime.running = self
        thrown = self._thrown
        try:
            if thrown is None:
                send = self._send  # not called as a method: Python 3.11 is slow at that in a slot
                target = send(None)
            else:
                self._thrown = None
                target = self._coroutine.throw(thrown)
        except StopIteration as stop:
            self._end(stop.value, None)
        except BaseException as error:  # noqa: BLE001  # goes to on_end and to those who wait
            self._end(None, error)
        else:
            if target is not self.timer:  # else it sleeps, and sleep() has scheduled the timer
                if target.__class__ is _Waiter:
                    target.callbacks = self.resume
                else:
                    target = self._refuse(target)
            self._target = target
            if self._thrown is not None:  # it cancelled itself, or awaited what it cannot
                self._come_now()
        runtime.running = None

    def _refuse(self, target: object) -> _Wake:
        self._thrown = self._thrown or TypeError(
            f"task {self.name!r} awaited {target!r}, which is not of this runtime"
        )
        return self.timer

    def _end(self, result: Any, error: BaseException | None) -> None:
        self.ended = True
        self._result = result
        self._error = error
        del self.resume, self._send  # they and the task hold each other
        del self._runtime.tasks[self]
        self._on_end(self, None if isinstance(error, CancelledError) else error)
        if self._finished is not None:
            self._finished.set()


def _awaitable(function: Callable[P, Generator[Any, Any, T]]) -> Callable[P, Awaitable[T]]:
    """Let a generator be awaited: ``types.coroutine`` with a signature that mypy takes for what it says."""
    return types.coroutine(function)


class SimRuntime(Primitives):
    """Virtual time.

    Args:
        start: The time at first, integer microseconds.
        pace: Seconds of virtual time per real second; 0 is as fast as possible.
        paced_from: What lies before that time is not paced (the eve of a day that somebody watches).
    """

    def __init__(self, start: int = 0, pace: float = 0.0, paced_from: int | None = None) -> None:
        if pace < 0:
            raise ValueError(f"a pace is zero or more, not {pace}")
        self.env = Environment(start)
        self.running: SimTask[Any] | None = None
        self._pace = pace
        self._paced_from = start if paced_from is None else paced_from
        self._origin = (0.0, start)  # the same moment by the wall clock and by this one
        self._main: SimTask[Any] | None = None
        self.tasks: dict[SimTask[Any], None] = {}  # all that live, in order of start
        self._daemons: dict[SimTask[Any], None] = {}
        self._failures: list[BaseException] = []

    @property
    def events(self) -> int:
        """How many SimPy events were processed so far."""
        return self.env.events

    def now(self) -> int:
        """Microseconds since the epoch that was given at the start."""
        return self.env.time

    async def compute(self, function: Callable[[], T]) -> T:
        """Do a long computation; it takes no virtual time."""
        return function()

    @_awaitable
    def sleep(self, duration: int) -> Generator[Any, Any, None]:
        """Wait; a duration of zero or less lets the others run once."""
        # The path of every step of every station: each task has one timer event, scheduled here again and
        # again without the calls, the list and the object that simpy.Timeout would cost.
        task = self.running
        if task is None:
            raise RuntimeError("only a task of this runtime can sleep")
        if duration.__class__ is not int:
            raise TypeError(f"a duration is an integer count of microseconds, not {duration!r}")
        timer = task.timer
        timer.callbacks = task.resume
        env = self.env
        now = env.time
        heappush(env.heap, (now + duration if duration > 0 else now, NORMAL, next(env.numbers), timer))
        yield timer

    async def until(self, event: simpy.Event) -> Any:
        """Wait for any SimPy event of ``env``; return its value or raise its error."""
        if not event.processed:
            waiter = self.waiter()

            def wake(_event: simpy.Event) -> None:
                if not event.ok:
                    event.defused = True
                waiter.set_result(None)

            event.callbacks.append(wake)
            try:
                await waiter
            except BaseException:
                if not event.processed:
                    event.callbacks.remove(wake)
                raise
        if not event.ok:
            raise cast("BaseException", event.value)
        return event.value

    def current_task_name(self) -> str:
        """Name the task that runs now; empty outside of tasks."""
        return self.running.name if self.running is not None else ""

    # -- what the primitives need ------------------------------------------------------------------

    def current(self) -> SimTask[Any]:
        """Return the task that runs now; ``RuntimeError`` outside of tasks."""
        if self.running is None:
            raise RuntimeError("only a task of this runtime can do that")
        return self.running

    def begin(self, coroutine: Coroutine[Any, Any, T], name: str, ended: Ended) -> SimTask[T]:
        """Start a task and tell ``ended`` about its end."""
        task = SimTask(self, coroutine, name, ended)
        self.tasks[task] = None
        return task

    def waiter(self, within: int | None = None) -> _Waiter:
        """Make a waiter; it is woken with ``False`` after that long."""
        return _Waiter(self.env, within)

    def alarm(self, duration: int, ring: Callable[[], None]) -> _Wake:
        """Call ``ring`` after that long."""
        alarm = _Wake(self.env)
        alarm.callbacks = (lambda _: ring(),)
        self.env.schedule(alarm, NORMAL, max(duration, 0))
        return alarm

    # -- the run -----------------------------------------------------------------------------------

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str = "") -> Task[T]:
        """Start a task that lives until ``run`` ends; if it fails, the run fails with its error."""
        task = self.begin(coroutine, name, self._daemon_ended)
        self._daemons[task] = None
        return task

    def _daemon_ended(self, task: ScopeTask[Any], error: BaseException | None) -> None:
        del self._daemons[cast("SimTask[Any]", task)]
        if error is not None:
            self._fail(error)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, then cancel what was spawned.

        Returns:
            Its result.

        Raises:
            Deadlock: Nothing is scheduled and it has not ended.
            BaseException: Its own error, or the error of a spawned task. When there are several, all come
                in one ``BaseExceptionGroup``; but ``KeyboardInterrupt`` and ``SystemExit`` come bare, with
                the others as their cause.
        """
        if self._main is not None:
            main.close()
            raise RuntimeError("this runtime is running already")
        self._origin = (time.monotonic(), self.env.time)
        self._main = task = self.begin(main, "main", self._main_ended)
        try:
            self._drive(task, self._pace)
            while self._daemons:
                daemons = list(self._daemons)
                for daemon in daemons:
                    daemon.cancel()
                for daemon in daemons:
                    self._drive(daemon, 0.0)  # nobody waits for the clock of a run that is over
        finally:
            self._main = None
        failures, self._failures = self._failures, []
        if failures:
            raise_failures(failures)
        return task.outcome()

    def _main_ended(self, _task: ScopeTask[Any], error: BaseException | None) -> None:
        if error is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not any(error is known for known in self._failures):  # main may pass on a spawned task's error
            self._failures.append(error)
        if self._main is not None:
            self._main.cancel()

    def _drive(self, task: SimTask[Any], pace: float) -> None:
        """Process events until the task has ended, whatever happens."""
        rounds = 0
        while not task.ended:
            try:
                self._loop(task, pace)
            except EmptySchedule:
                rounds += 1
                self._break_deadlock(rounds)
            except BaseException as error:  # noqa: BLE001  # Ctrl-C or a failed SimPy event; run() raises it
                self.running = None
                self._fail(error)
            pace = 0.0

    def _loop(self, task: SimTask[Any], pace: float) -> None:
        step = self.env.step
        if pace:
            while not task.ended:
                self._wait_for_clock(pace)
                step()
        else:
            self.env.run_while(task)

    def _wait_for_clock(self, pace: float) -> None:
        due = self.env.peek()
        if due <= self._paced_from:
            self._origin = (time.monotonic(), self._paced_from)
        elif due != simpy.core.Infinity:
            wall, virtual = self._origin
            delay = wall + (due - virtual) / 1_000_000 / pace - time.monotonic()
            if delay > 0:
                time.sleep(delay)

    def _break_deadlock(self, rounds: int) -> None:
        """Cancel main; if the unwinding gets stuck too cancel everybody, and in the end close them."""
        if rounds == 1:
            self._fail(Deadlock([(task.name, task.place()) for task in self.tasks]))
        elif rounds <= _UNWIND_ROUNDS:
            for task in list(self.tasks):
                task.cancel()
        else:
            for task in reversed(list(self.tasks)):
                task.close()
