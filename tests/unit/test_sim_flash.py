"""The simulated flash drive."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.runtime import SECOND
from hal.storage import FileMissing, FlashFull, FlashLost, FlashUnreadable
from simulators.device import World
from simulators.faults import After, Fault, Lasts, UntilRepaired
from simulators.random import Streams
from simulators.runtime import SimRuntime
from simulators.storage import FlashLimits, SimFlash

LIMITS = FlashLimits(write_bytes_per_s=1000, read_bytes_per_s=4000, capacity_bytes=10_000)


class Pocket:
    def __init__(self) -> None:
        self.runtime = SimRuntime()
        self.world = World(self.runtime, Streams(1), lambda event: None, self.runtime.spawn)
        self.flash = SimFlash("flash-1", self.world, LIMITS)

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        return self.runtime.run(main)


def test_time_follows_from_size_and_speed() -> None:
    pocket = Pocket()

    async def main() -> None:
        await pocket.flash.write("a", b"modelled", size_bytes=5000)
        assert pocket.runtime.now() == 5 * SECOND
        assert await pocket.flash.read("a") == b"modelled"
        assert pocket.runtime.now() == 6_250_000

    pocket.run(main())


def test_old_file_needs_its_room_until_the_new_one_is_complete() -> None:
    pocket = Pocket()

    async def main() -> None:
        await pocket.flash.write("a", b"old", 6000)
        with pytest.raises(FlashFull):
            await pocket.flash.write("a", b"new", 5000)
        assert await pocket.flash.read("a") == b"old"
        await pocket.flash.write("a", b"new", 4000)
        assert pocket.flash.free_bytes() == 6000

    pocket.run(main())


@given(st.integers(0, 2_000_000), st.sampled_from(["unreadable", "lost"]))
def test_a_write_that_is_cut_leaves_the_old_file(after: int, kind: str) -> None:
    pocket = Pocket()
    error = {"unreadable": FlashUnreadable, "lost": FlashLost}[kind]

    async def strike() -> None:
        await pocket.runtime.sleep(after)
        pocket.flash.begin_fault(kind, {}, Lasts(SECOND))

    async def main() -> None:
        await pocket.flash.write("a", b"old", 0)
        pocket.runtime.spawn(strike(), "strike")
        try:
            await pocket.flash.write("a", b"new", 1000)
        except error:
            assert pocket.runtime.now() == after
            expected = b"old"
        else:
            assert after >= SECOND
            expected = b"new"
        await pocket.runtime.sleep(4 * SECOND)
        assert await pocket.flash.read("a") == expected

    pocket.run(main())


def test_cancelled_write_leaves_nothing() -> None:
    pocket = Pocket()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with pocket.runtime.timeout(SECOND):
                await pocket.flash.write("a", b"new", 5000)
        assert await pocket.flash.names() == ()
        with pytest.raises(FileMissing):
            await pocket.flash.read("a")

    pocket.run(main())


def test_two_writers_share_the_room() -> None:
    pocket = Pocket()

    async def main() -> None:
        async with pocket.runtime.task_group() as group:
            first = group.start(pocket.flash.write("a", b"a", 6000))
            second = group.start(_full(pocket.flash.write("b", b"b", 7000)))
        assert first.done()
        assert second.done()
        assert await pocket.flash.names() == ("a",)

    async def _full(write: Coroutine[Any, Any, None]) -> None:
        with pytest.raises(FlashFull):
            await write

    pocket.run(main())


def test_faults_by_occurrence() -> None:
    pocket = Pocket()
    pocket.flash.plan(Fault("flash-1", "unreadable", After("read", 1)))
    pocket.flash.plan(Fault("flash-1", "full", After("write", 2), UntilRepaired(), {"free_bytes": 10}))

    async def main() -> None:
        await pocket.flash.write("a", b"0123456789")
        with pytest.raises(FlashFull):
            await pocket.flash.write("b", b"0123456789+")
        with pytest.raises(FlashUnreadable):
            await pocket.flash.read("a")
        assert pocket.flash.repair("unreadable", "full")
        assert await pocket.flash.read("a") == b"0123456789"

    pocket.run(main())
