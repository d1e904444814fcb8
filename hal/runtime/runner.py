"""Running coroutines one after the other, where Ctrl-C is always ``KeyboardInterrupt``."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_in(runner: asyncio.Runner, main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, as ``runner.run`` does.

    That one (Python 3.11) sets its count of interruptions to zero just after it has taken over the signal: a
    Ctrl-C in between cancels the main task, and comes out as ``CancelledError``.

    Raises:
        KeyboardInterrupt: Ctrl-C; nobody but that cancels the main task of a runner.
    """
    try:
        return runner.run(main)
    except asyncio.CancelledError as stop:
        raise KeyboardInterrupt from stop
