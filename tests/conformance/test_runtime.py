"""Both runtimes keep the same rules."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from hal.conformance.runtime import CHECKS, Check, RunnableRuntime, check_runtime
from hal.runtime import MILLISECOND, AsyncioRuntime
from simulators.runtime import SimRuntime

RUNTIMES: dict[str, Callable[[], RunnableRuntime]] = {
    "asyncio": AsyncioRuntime,
    "sim": SimRuntime,
    "sim-paced": lambda: SimRuntime(start=-1_000_000, pace=50.0),
}


@pytest.mark.parametrize("make", RUNTIMES.values(), ids=RUNTIMES.keys())
@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_rule(check: Check, make: Callable[[], RunnableRuntime]) -> None:
    check(make)


@pytest.mark.parametrize("make", RUNTIMES.values(), ids=RUNTIMES.keys())
def test_ctrl_c_unwinds_and_leaves_the_run(make: Callable[[], RunnableRuntime]) -> None:
    runtime = make()
    unwound: list[str] = []

    async def wait(name: str) -> None:
        try:
            await runtime.event().wait()
        finally:
            await runtime.sleep(MILLISECOND)
            unwound.append(name)

    async def press() -> None:
        await runtime.sleep(MILLISECOND)
        signal.raise_signal(signal.SIGINT)

    async def main() -> None:
        async with runtime.task_group() as group:
            group.start(wait("child"))
            group.start(press())

    runtime.spawn(wait("daemon"))
    with pytest.raises(KeyboardInterrupt):
        runtime.run(main())
    assert unwound == ["child", "daemon"]


def test_all_checks_at_once() -> None:
    check_runtime(SimRuntime)


def test_a_runtime_that_errs_is_found() -> None:
    class Sleepless(SimRuntime):
        def now(self) -> int:
            return 0

    with pytest.raises(AssertionError, match="ended early by now"):
        check_runtime(Sleepless)
