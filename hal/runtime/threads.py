"""Blocking calls of libraries and of the operating system, each in a thread that may be left behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T], within_s: float, name: str) -> T:
    """Do something that may hang, without hanging with it.

    The thread is a daemon: one that hangs for good keeps neither the station nor the end of the program
    waiting. What it returns or raises after the deadline is dropped.

    Args:
        work: What to do.
        within_s: Deadline in seconds of real time.
        name: Of the thread, for whoever looks at a hanging program.

    Raises:
        TimeoutError: It has not ended in time.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type] # what work returned

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, result, failure)

    threading.Thread(target=run, name=name, daemon=True).start()
    async with asyncio.timeout(within_s):
        return await done
