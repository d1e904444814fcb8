"""The Runtime protocol: everything station code may wait for.

Rules that every implementation keeps (``hal.conformance.runtime`` checks them):

* Waiters of one event, lock or queue wake in the order in which they began to wait; sleepers that end at
  one instant wake in the order in which they went to sleep.
* Cancellation is ``asyncio.CancelledError`` raised at the ``await`` where the task waits, on every runtime.
  A cancelled waiter takes nothing with it: no item of a queue, no lock.
* A task group waits for all its tasks. The first task that fails cancels its siblings and the group's
  body; the failures leave the group as one ``ExceptionGroup``.
* ``timeout`` raises ``TimeoutError`` from its own scope only: an inner scope that expires does not disturb
  the outer one, and an outer one that expires passes through the inner ones as cancellation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Task(Protocol[T_co]):
    """A coroutine at work."""

    @property
    def name(self) -> str:
        """The name given at the start, for messages."""

    def done(self) -> bool:
        """Whether it has ended: by a result, an error or cancellation."""

    def cancel(self) -> None:
        """Raise ``CancelledError`` at its current ``await``; nothing if it has ended."""

    async def wait(self) -> T_co:
        """Wait for the end; return its result or raise its error. Cancelling the waiter leaves it alone."""


class TaskGroup(Protocol):
    """Tasks that live no longer than the ``async with`` block around them."""

    def start(self, coroutine: Coroutine[Any, Any, T], name: str = "") -> Task[T]:
        """Begin a task; it first runs when the caller next waits."""

    def cancel(self) -> None:
        """Cancel every task of the group; the block then ends without an error."""


class Event(Protocol):
    """A flag that tasks can wait for."""

    def set(self) -> None:
        """Raise the flag and wake all who wait."""

    def clear(self) -> None:
        """Lower the flag."""

    def is_set(self) -> bool:
        """Whether the flag is up."""

    async def wait(self, within: int | None = None) -> bool:
        """Return ``True`` at once when the flag is up, else when it is raised.

        Args:
            within: Give up after that many microseconds and return ``False``; ``None`` never does.
        """


class Queue(Protocol[T]):
    """First in, first out."""

    def put(self, item: T) -> None:
        """Add an item; never waits (queues here have no bound)."""

    async def get(self) -> T:
        """Take the oldest item, waiting for one if need be."""

    def __len__(self) -> int: ...


class Lock(Protocol):
    """Mutual exclusion, in order of arrival: ``async with lock:``, or ``acquire`` and ``release``."""

    def locked(self) -> bool:
        """Whether somebody holds it."""

    async def acquire(self) -> None:
        """Wait for one's turn and take it."""

    def release(self) -> None:
        """Give it back; it passes to the first who waits."""

    async def __aenter__(self) -> None: ...
    async def __aexit__(self, *exc: object) -> None: ...


class Runtime(Protocol):
    """Time and waiting. All times and durations are integer microseconds (``hal.runtime.units``)."""

    def now(self) -> int:
        """Microseconds since local midnight of the exam day (or any epoch the runtime was given)."""

    def sleep(self, duration: int) -> Awaitable[None]:
        """Wait; a duration of zero or less lets the others run once."""

    async def compute(self, function: Callable[[], T]) -> T:
        """Do a long computation; in real time the other tasks run meanwhile, in virtual time it takes none.

        It is never left half-done: cancellation waits for its end. For what may hang there are drivers.

        Args:
            function: Called once, in another thread perhaps.
        """

    def task_group(self) -> AbstractAsyncContextManager[TaskGroup]:
        """Open a scope for concurrent tasks: ``async with runtime.task_group() as group``."""

    def timeout(self, duration: int | None) -> AbstractAsyncContextManager[None]:
        """Open a scope that raises ``TimeoutError`` after that long; ``None`` never does."""

    def event(self) -> Event:
        """Make an event, not set."""

    def queue(self) -> Queue[Any]:
        """Make an empty queue."""

    def lock(self) -> Lock:
        """Make a free lock."""
