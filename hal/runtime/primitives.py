"""Events, queues, locks, groups and timeouts, written once over the few things a runtime gives.

``AsyncioRuntime`` and ``SimRuntime`` both build on this module, so waiting and cancellation follow one set
of rules on both and on every Python. (asyncio's own versions differ between Pythons in what happens when an
error and a cancellation meet, its queue lets a late getter overtake a waiting one, and its groups cannot be
cancelled before Python 3.15.)
"""

from __future__ import annotations

from asyncio import CancelledError
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, MutableSequence
from types import TracebackType
from typing import Any, NoReturn, Protocol, Self, TypeVar

from hal.runtime.protocol import Event, Lock, Queue, Task

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Ended = Callable[["ScopeTask[Any]", BaseException | None], None]


class Waiter(Awaitable[Any], Protocol):
    """A place in a queue: one task awaits it once. ``asyncio.Future`` is one."""

    def set_result(self, result: Any, /) -> None:
        """Wake the task; its ``await`` returns the result."""

    def result(self) -> Any:
        """Return what it was woken with."""

    def done(self) -> bool:
        """Whether it was woken or its task was cancelled."""

    def cancelled(self) -> bool:
        """Whether its task was cancelled before it was woken."""


class Alarm(Protocol):
    """A callback to come."""

    def cancel(self) -> None:
        """Let it not come."""


class ScopeTask(Task[T_co], Protocol[T_co]):
    """A task that counts who asked for its cancellation, as ``asyncio.Task`` does."""

    def cancelling(self) -> int:
        """How many requests to cancel it are in force."""

    def uncancel(self) -> int:
        """Withdraw one request; return how many are left."""


class Kernel(Protocol):
    """What a runtime gives to the primitives."""

    def current(self) -> ScopeTask[Any]:
        """Return the task that runs now; ``RuntimeError`` outside of tasks."""

    def begin(self, coroutine: Coroutine[Any, Any, T], name: str, ended: Ended) -> ScopeTask[T]:
        """Start a task; ``ended`` gets it with its error, or with ``None`` for a result or cancellation."""

    def waiter(self, within: int | None = None) -> Waiter:
        """Make a waiter; it is woken with ``False`` after that long if nobody woke it before."""

    def alarm(self, duration: int, ring: Callable[[], None]) -> Alarm:
        """Call ``ring`` after that long (never at once), outside of any task."""

    def sleep(self, duration: int) -> Awaitable[None]:
        """Wait."""


def default_name(coroutine: Coroutine[Any, Any, Any]) -> str:
    """Name a task that was given no name."""
    return getattr(coroutine, "__qualname__", "task")


def raise_failures(failures: list[BaseException]) -> NoReturn:
    """Raise everything that went wrong in a run: one error as it is, several as a group.

    ``KeyboardInterrupt`` and ``SystemExit`` come bare, with the others as their cause.
    """
    if len(failures) == 1:
        raise failures[0]
    for stop in failures:
        if isinstance(stop, (KeyboardInterrupt, SystemExit)):
            others = [error for error in failures if error is not stop]
            raise stop from BaseExceptionGroup("this failed too", others)
    raise BaseExceptionGroup("the run failed in several places", failures)


class Flag:
    """The ``Event`` of both runtimes."""

    __slots__ = ("_kernel", "_set", "_waiters")

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._set = False
        self._waiters: list[Waiter] = []

    def set(self) -> None:
        """Raise the flag and wake all who wait."""
        self._set = True
        if self._waiters:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(True)

    def clear(self) -> None:
        """Lower the flag; who was woken stays awake."""
        self._set = False

    def is_set(self) -> bool:
        """Whether the flag is up."""
        return self._set

    async def wait(self, within: int | None = None) -> bool:
        """Return True once the flag is up, or False when it was not raised within that long."""
        if self._set:
            return True
        waiter = self._kernel.waiter(within)
        self._waiters.append(waiter)
        try:
            if await waiter:
                return True
        except BaseException:
            _leave(self._waiters, waiter)
            raise
        if waiter in self._waiters:  # else the flag was raised since, and has passed over it
            self._waiters.remove(waiter)
        return False


class Fifo:
    """The ``Queue`` of both runtimes: an item goes straight to the first who waits, nobody overtakes."""

    __slots__ = ("_items", "_kernel", "_waiters")

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._items: deque[Any] = deque()
        self._waiters: deque[Waiter] = deque()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Any) -> None:
        """Add an item, or hand it to the first who waits."""
        if not _wake_first(self._waiters, item):
            self._items.append(item)

    async def get(self) -> Any:
        """Take the oldest item, waiting for one if need be."""
        if self._items:
            return self._items.popleft()
        waiter = self._kernel.waiter()
        self._waiters.append(waiter)
        try:
            return await waiter
        except BaseException:
            if not _leave(self._waiters, waiter) and not _wake_first(self._waiters, waiter.result()):
                # handed over but not taken: it was the oldest, so it goes back to the front
                self._items.appendleft(waiter.result())
            raise


class Mutex:
    """The ``Lock`` of both runtimes: it passes from hand to hand, so it is never free while one waits."""

    __slots__ = ("_kernel", "_locked", "_waiters")

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._locked = False
        self._waiters: deque[Waiter] = deque()

    def locked(self) -> bool:
        """Whether somebody holds it."""
        return self._locked

    async def acquire(self) -> None:
        """Take it, in turn."""
        if not self._locked:
            self._locked = True
            return
        waiter = self._kernel.waiter()
        self._waiters.append(waiter)
        try:
            await waiter
        except BaseException:
            if not _leave(self._waiters, waiter):
                self.release()
            raise

    def release(self) -> None:
        """Give it back."""
        self._locked = _wake_first(self._waiters, None)

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(self, *exc: object) -> None:
        self.release()


def _wake_first(waiters: deque[Waiter], result: Any) -> bool:
    while waiters:
        waiter = waiters.popleft()
        if not waiter.done():
            waiter.set_result(result)
            return True
    return False


def _leave(waiters: MutableSequence[Waiter], waiter: Waiter) -> bool:
    """Forget a waiter whose task was cancelled; return False if it had been woken already."""
    if waiter.done() and not waiter.cancelled():
        return False
    if waiter in waiters:  # else somebody has passed over it since
        waiters.remove(waiter)
    return True


class _Scope:
    """What groups and timeouts share: a task whose cancellation they may request, once."""

    __slots__ = ("_before", "_kernel", "_requested", "_task")

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._task: ScopeTask[Any] | None = None
        self._before = 0
        self._requested = False

    def _enter(self) -> None:
        if self._task is not None:
            raise RuntimeError("this scope was entered before")
        self._task = self._kernel.current()
        self._before = self._task.cancelling()

    @property
    def _owner(self) -> ScopeTask[Any]:
        if self._task is None:
            raise RuntimeError("this scope was not entered yet")
        return self._task

    def _request(self) -> None:
        self._requested = True
        self._owner.cancel()

    async def _withdraw(self, error: BaseException | None) -> CancelledError | None:
        """Take the request back; return a cancellation that was met meanwhile."""
        met = None
        if not isinstance(error, CancelledError):
            # The request may not have reached an await of the body. It must not hit one after the scope.
            try:
                await self._kernel.sleep(0)
            except CancelledError as cancellation:
                met = cancellation
        self._owner.uncancel()
        return met

    def _others_cancel(self) -> bool:
        return self._owner.cancelling() > self._before

    def _cancel_again(self) -> None:
        """Let a cancellation that was met here, and hidden by an error, strike at the next ``await``."""
        self._owner.uncancel()
        self._owner.cancel()


class TimeoutScope(_Scope):
    """The ``timeout`` of both runtimes."""

    __slots__ = ("_alarm", "_duration")

    def __init__(self, kernel: Kernel, duration: int | None) -> None:
        super().__init__(kernel)
        self._duration = duration
        self._alarm: Alarm | None = None

    async def __aenter__(self) -> None:
        self._enter()
        if self._duration is not None:
            self._alarm = self._kernel.alarm(self._duration, self._request)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        if not self._requested:
            return
        met = await self._withdraw(error)
        if not self._others_cancel():
            if isinstance(error, CancelledError):
                raise TimeoutError from error
        elif met is not None:
            self._cancel_again()


class GroupScope(_Scope):
    """The ``task_group`` of both runtimes."""

    __slots__ = ("_aborting", "_children", "_errors", "_exiting", "_fatal", "_idle")

    def __init__(self, kernel: Kernel) -> None:
        # What _Scope.__init__ does, written out: every step of a station opens a group.
        self._kernel = kernel
        self._task = None
        self._before = 0
        self._requested = False
        self._children: dict[ScopeTask[Any], None] = {}  # in order of start
        self._errors: list[BaseException] = []
        self._fatal: BaseException | None = None
        self._aborting = False
        self._exiting = False
        self._idle: Event | None = None  # made when somebody has to wait for the children

    async def __aenter__(self) -> Self:
        self._enter()
        return self

    def start(self, coroutine: Coroutine[Any, Any, T], name: str = "") -> Task[T]:
        """Begin a task; in a group that is being cancelled it is cancelled before its first step."""
        if self._task is None or (self._exiting and not self._children):
            coroutine.close()
            raise RuntimeError("a task can only start in a group that is open")
        child = self._kernel.begin(coroutine, name, self._child_ended)
        self._children[child] = None
        if self._aborting:
            child.cancel()
        return child

    def cancel(self) -> None:
        """Cancel every task and the body; the block then ends without an error."""
        if self._exiting and not self._children:
            return
        self._abort()
        if not self._exiting and not self._requested:
            self._request()

    def _abort(self) -> None:
        if not self._aborting:
            self._aborting = True
            for child in list(self._children):
                child.cancel()

    def _child_ended(self, child: ScopeTask[Any], error: BaseException | None) -> None:
        del self._children[child]
        if error is not None:
            self._note(error)
            self.cancel()
        if not self._children and self._idle is not None:
            self._idle.set()

    def _note(self, error: BaseException) -> None:
        self._errors.append(error)
        if isinstance(error, (KeyboardInterrupt, SystemExit)) and self._fatal is None:
            self._fatal = error

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._exiting = True
        if error is None and not self._children and not self._requested and not self._errors:
            return False
        if error is not None:
            self._abort()
        met = error if isinstance(error, CancelledError) else None
        while self._children:
            idle = self._idle = Flag(self._kernel)
            try:
                await idle.wait()
            except CancelledError as cancellation:
                met = cancellation
                self._abort()
        if self._requested:
            met = await self._withdraw(error) or met
            if not self._others_cancel():
                met = None
        # An error of the body comes after those of the tasks: it was the last to reach the group.
        if error is not None and not isinstance(error, CancelledError):
            self._note(error)
        errors, self._errors = self._errors, []  # an exception that holds itself would wait for the collector
        if self._fatal is not None:
            raise self._fatal
        if errors:
            if met is not None and self._others_cancel():
                self._cancel_again()
            raise BaseExceptionGroup("tasks of a group failed", errors) from None
        if met is not None and met is not error:
            raise met
        return error is not None and met is None


class Primitives(Kernel, Protocol):
    """What both runtimes offer alike, made of what each of them gives as a :class:`Kernel`."""

    def task_group(self) -> GroupScope:
        """Open a scope for concurrent tasks."""
        return GroupScope(self)

    def timeout(self, duration: int | None) -> TimeoutScope:
        """Open a scope that raises ``TimeoutError`` after that long; ``None`` never does."""
        return TimeoutScope(self, duration)

    def event(self) -> Event:
        """Make an event, not set."""
        return Flag(self)

    def queue(self) -> Queue[Any]:
        """Make an empty queue."""
        return Fifo(self)

    def lock(self) -> Lock:
        """Make a free lock."""
        return Mutex(self)
