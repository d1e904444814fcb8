"""The runtime of real devices: asyncio, its clock scaled by a pace."""

from __future__ import annotations

import asyncio
import time
from asyncio import CancelledError
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Generic, TypeVar

from hal.runtime.primitives import (
    Alarm,
    Ended,
    Primitives,
    ScopeTask,
    default_name,
    raise_failures,
)
from hal.runtime.protocol import Task
from hal.runtime.runner import run_in

T = TypeVar("T")


class _Exit(BaseException):
    """Carries ``KeyboardInterrupt`` or ``SystemExit`` out of a task.

    At the bare ones asyncio drops its loop at once, and again when the next task passes them on, so that
    tasks would be left in the middle of their unwinding.
    """

    def __init__(self, stop: BaseException) -> None:
        super().__init__(stop)
        self.stop = stop


async def _carry(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        return await coroutine
    except (KeyboardInterrupt, SystemExit) as stop:
        raise _Exit(stop) from stop


class AioTask(Generic[T]):
    """An asyncio task as the runtime shows it."""

    __slots__ = ("inner",)

    def __init__(self, inner: asyncio.Task[T]) -> None:
        self.inner = inner

    @property
    def name(self) -> str:
        """The name given at the start."""
        return self.inner.get_name()

    def done(self) -> bool:
        """Whether it has ended."""
        return self.inner.done()

    def cancel(self) -> None:
        """Raise ``CancelledError`` at its current ``await``."""
        self.inner.cancel()

    def cancelling(self) -> int:
        """How many requests to cancel it are in force."""
        return self.inner.cancelling()

    def uncancel(self) -> int:
        """Withdraw one request; return how many are left."""
        return self.inner.uncancel()

    async def wait(self) -> T:
        """Wait for the end; return the result or raise the error."""
        if self.inner is asyncio.current_task():
            raise RuntimeError(f"task {self.name!r} waits for itself")
        if not self.inner.done():
            await asyncio.wait((self.inner,))
        return self.outcome()

    def outcome(self) -> T:
        """Return the result of an ended task or raise its error."""
        try:
            return self.inner.result()
        except _Exit as carrier:
            raise carrier.stop from None


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class AsyncioRuntime(Primitives):
    """Real time. ``run`` starts an event loop; inside a running loop everything else works without it.

    Args:
        start: What ``now()`` shows at first, integer microseconds.
        pace: Seconds of this clock per real second.
    """

    def __init__(self, start: int = 0, pace: float = 1.0) -> None:
        if pace <= 0:
            raise ValueError(f"the pace of real time must be above zero, not {pace}")
        self._start = start
        self._pace = pace
        self._origin = time.monotonic_ns()
        self._runner: asyncio.Runner | None = None  # from the first spawn or run until run ends
        self._main: AioTask[Any] | None = None
        self._daemons: dict[AioTask[Any], None] = {}
        self._failures: list[BaseException] = []

    def now(self) -> int:
        """Microseconds since the epoch that was given at the start."""
        return self._start + int((time.monotonic_ns() - self._origin) * self._pace) // 1000

    async def sleep(self, duration: int) -> None:
        """Wait; a duration of zero or less lets the others run once."""
        await asyncio.sleep(self._seconds(duration))

    def _seconds(self, duration: int) -> float:
        if not isinstance(duration, int):
            raise TypeError(f"a duration is an integer count of microseconds, not {duration!r}")
        # One microsecond more: now() is rounded down, and a sleeper must not wake before its time by now().
        return (duration + 1) / 1_000_000 / self._pace if duration > 0 else 0.0

    async def compute(self, function: Callable[[], T]) -> T:
        """Do a long computation in a thread; cancellation waits for its end."""
        work = asyncio.ensure_future(asyncio.to_thread(function))
        cancelled: CancelledError | None = None
        while not work.done():
            try:
                await asyncio.wait((work,))
            except CancelledError as error:
                cancelled = error
        if cancelled is not None:
            work.exception()  # whoever is cancelled takes no result
            raise cancelled
        return work.result()

    def current_task_name(self) -> str:
        """Name the task that runs now; empty outside of tasks."""
        task = asyncio.current_task() if _running_loop() is not None else None
        return task.get_name() if task is not None else ""

    # -- what the primitives need ------------------------------------------------------------------

    def current(self) -> AioTask[Any]:
        """Return the task that runs now; ``RuntimeError`` outside of tasks."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task of this runtime can do that")
        return AioTask(task)

    def begin(self, coroutine: Coroutine[Any, Any, T], name: str, ended: Ended) -> AioTask[T]:
        """Start a task and tell ``ended`` about its end."""

        def note(inner: asyncio.Task[T]) -> None:
            coroutine.close()  # it has never begun if the task was cancelled before its first step
            error = None if inner.cancelled() else inner.exception()
            ended(task, error.stop if isinstance(error, _Exit) else error)

        inner = self._loop().create_task(_carry(coroutine), name=name or default_name(coroutine))
        task = AioTask(inner)
        inner.add_done_callback(note)
        return task

    def waiter(self, within: int | None = None) -> asyncio.Future[Any]:
        """Make a waiter; it is woken with ``False`` after that long."""
        waiter = asyncio.get_running_loop().create_future()
        if within is not None:
            alarm = self.alarm(within, partial(_expire, waiter))
            waiter.add_done_callback(lambda _: alarm.cancel())
        return waiter

    def alarm(self, duration: int, ring: Callable[[], None]) -> Alarm:
        """Call ``ring`` after that long."""
        loop, seconds = asyncio.get_running_loop(), self._seconds(duration)
        return loop.call_later(seconds, ring) if seconds else loop.call_soon(ring)

    # -- the run -----------------------------------------------------------------------------------

    def _loop(self) -> asyncio.AbstractEventLoop:
        running = _running_loop()
        if running is not None:
            return running
        self._runner = self._runner or asyncio.Runner()  # a task may be spawned before the run
        return self._runner.get_loop()

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str = "") -> Task[T]:
        """Start a task that lives until ``run`` ends; if it fails, the run fails with its error."""

        def ended(_task: ScopeTask[Any], error: BaseException | None) -> None:
            del self._daemons[task]
            if error is not None:
                self._fail(error)

        task = self.begin(coroutine, name, ended)
        self._daemons[task] = None
        return task

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, then cancel what was spawned.

        Returns:
            Its result.

        Raises:
            BaseException: Its own error, or the error of a spawned task. When there are several, all come
                in one ``BaseExceptionGroup``; but ``KeyboardInterrupt`` and ``SystemExit`` come bare, with
                the others as their cause.
        """
        if _running_loop() is not None:
            main.close()
            raise RuntimeError("run() cannot be called while an event loop runs")
        self._main = task = self.begin(main, "main", self._main_ended)
        runner = self._runner or asyncio.Runner()
        try:
            with runner:
                run_in(runner, self._supervise(task))
        except KeyboardInterrupt as stop:  # by Ctrl-C; the Runner says so after all has unwound
            self._fail(stop)
        finally:
            self._runner = None
            self._main = None
        failures, self._failures = self._failures, []
        if failures:
            raise_failures(failures)
        return task.outcome()

    async def _supervise(self, main: AioTask[Any]) -> None:
        interrupted: CancelledError | None = None  # by Ctrl-C: asyncio cancels this task, not main
        while not main.done():
            try:
                await asyncio.wait((main.inner,))
            except CancelledError as error:
                interrupted = error
                main.cancel()
        while self._daemons:  # their unwinding may spawn others
            daemons = list(self._daemons)
            for daemon in daemons:
                daemon.cancel()
            try:
                await asyncio.wait([daemon.inner for daemon in daemons])
            except CancelledError as error:
                interrupted = error
        if interrupted is not None:
            raise interrupted

    def _main_ended(self, _task: ScopeTask[Any], error: BaseException | None) -> None:
        if error is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not any(error is known for known in self._failures):  # main may pass on a spawned task's error
            self._failures.append(error)
        if self._main is not None:
            self._main.cancel()


def _expire(waiter: asyncio.Future[Any]) -> None:
    if not waiter.done():
        waiter.set_result(False)
