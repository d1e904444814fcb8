"""``run_in``: a Ctrl-C that asyncio takes for a cancellation is one all the same."""

from __future__ import annotations

import asyncio

import pytest

from hal.runtime import run_in


async def interrupted_as_it_begins() -> None:
    """What a Ctrl-C between two lines of ``asyncio.Runner.run`` comes to."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(60)


async def three() -> int:
    return 3


def test_a_cancelled_main_task_is_an_interruption() -> None:
    with asyncio.Runner() as runner:
        with pytest.raises(KeyboardInterrupt):
            run_in(runner, interrupted_as_it_begins())
        assert run_in(runner, three()) == 3
