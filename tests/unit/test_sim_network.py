"""The simulated Internet channel."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.network import ChannelDown
from hal.runtime import MILLISECOND, SECOND
from simulators.device import World
from simulators.faults import At, Fault, Lasts, Never, UntilRepaired
from simulators.network import SimChannel
from simulators.random import Streams
from simulators.runtime import SimRuntime


class Line:
    def __init__(self) -> None:
        self.runtime = SimRuntime()
        self.world = World(self.runtime, Streams(1), lambda event: None, self.runtime.spawn)
        self.channel = SimChannel("wired", self.world, bits_per_second=8_000_000, latency=100 * MILLISECOND)

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        return self.runtime.run(main)


def test_time_is_latency_and_size() -> None:
    line = Line()

    async def main() -> None:
        await line.channel.transfer(1_000_000)
        assert line.runtime.now() == 1100 * MILLISECOND

    line.run(main())


@given(st.integers(0, 1_099_999))
def test_a_transfer_ends_when_the_channel_goes_down(after: int) -> None:
    line = Line()
    line.channel.plan(Fault("wired", "down", At(after)))

    async def main() -> None:
        with pytest.raises(ChannelDown):
            await line.channel.transfer(1_000_000)
        assert line.runtime.now() == after
        with pytest.raises(ChannelDown):
            await line.channel.transfer(0)
        assert line.channel.restore()
        await line.channel.transfer(0)

    line.run(main())


def test_slow_and_drops() -> None:
    line = Line()

    async def main() -> None:
        line.channel.begin_fault("slow", {"factor_percent": 400}, Lasts(2 * SECOND))
        await line.channel.transfer(1_000_000)
        # two seconds at a quarter of the speed did 500 ms of 1100 ms
        assert line.runtime.now() == 2600 * MILLISECOND
        line.channel.begin_fault("drops", {"after_percent": 50}, UntilRepaired())
        with pytest.raises(ChannelDown, match="broke off"):
            await line.channel.transfer(1_000_000)
        assert line.runtime.now() == 3150 * MILLISECOND
        assert line.channel.restore()

    line.run(main())


def test_drops_break_a_transfer_under_way() -> None:
    line = Line()
    line.channel.plan(Fault("wired", "drops", At(300 * MILLISECOND)))

    async def main() -> None:
        with pytest.raises(ChannelDown, match="broke off"):
            await line.channel.transfer(1_000_000)
        assert line.runtime.now() == 300 * MILLISECOND

    line.run(main())


def test_what_never_ends_is_not_restored() -> None:
    line = Line()

    async def main() -> None:
        line.channel.begin_fault("down", {}, Never())
        assert not line.channel.restore()

    line.run(main())


def test_nonsense_speed_is_refused() -> None:
    line = Line()
    with pytest.raises(ValueError, match="bits_per_second"):
        SimChannel("modem", line.world, bits_per_second=0)
