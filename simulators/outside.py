"""Real devices in a simulation: time stands still while one of them is at work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Outside:
    """A loop in a thread of its own, on which drivers of real devices run; use it as ``with``.

    A simulated step calls :meth:`call` and waits for it. The simulation's clock cannot go on meanwhile, so a
    slow device is slow in real time only; what it takes in virtual time is the model's affair.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="real devices")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it outside; return or raise what comes of it. Drivers keep their own deadlines.

        Interrupted (Ctrl-C), the work is cancelled and its clean-up awaited.
        """
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            if future.cancel():
                self._settle()
            raise

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin it outside and go on here; :meth:`result` waits for it, :meth:`end` breaks it off."""
        return self.call(_begin(work))

    def result(self, task: asyncio.Task[T]) -> T:
        """Wait for what was started; return or raise what comes of it."""
        return self.call(_outcome(task))

    def end(self, task: asyncio.Task[Any]) -> None:
        """Break off what was started and await its clean-up; nothing if it is over."""
        if not task.done():
            self.call(_cancelled(task))

    def _settle(self) -> None:
        """Let everything that was cancelled end."""
        asyncio.run_coroutine_threadsafe(_others(), self._loop).result()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._settle()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _begin(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    return asyncio.create_task(work)


async def _outcome(task: asyncio.Task[T]) -> T:
    return await task


async def _cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def _others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
