"""The model of a headset with a real one underneath; here the real one is a tape."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import numpy as np
import pytest

from hal.audio import (
    AudioBlock,
    AudioFormat,
    FormatUnsupported,
    HeadsetCapabilities,
    HeadsetStopped,
    HeadsetUnplugged,
    Samples,
)
from hal.errors import DeviceBusy, DeviceDead, DeviceError
from hal.runtime import SECOND
from simulators.bound_headset import BoundHeadset, RealHeadset
from simulators.device import World
from simulators.faults import Never, UntilRepaired
from simulators.outside import Outside
from simulators.profiles import headset_profile
from simulators.random import Streams
from simulators.runtime import SimRuntime
from simulators.sound import RATE_HZ
from tests.tape import Tape, counting

FORMAT = AudioFormat(RATE_HZ, 1)


class Desk:
    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self.runtime = SimRuntime()
        self.world = World(self.runtime, Streams(1), lambda event: None, self.runtime.spawn)

    def headset(self, tape: Tape, name: str = "headset-1") -> BoundHeadset:
        profile = headset_profile("sennheiser-pc8")
        return BoundHeadset(name, self.world, profile, real=RealHeadset(tape, self.outside))

    def run(self, main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        return self.runtime.run(main())


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Outside() as outside:
        yield Desk(outside)


async def record(headset: BoundHeadset, blocks: int, block_us: int = SECOND) -> list[Samples]:
    found = []
    async with headset.record(FORMAT, block_us) as stream:
        async for block in stream:
            found.append(block)
            if len(found) == blocks:
                break
    return [block.samples() for block in found]


@pytest.mark.parametrize("block_us", [SECOND, 250_000, 33_333])
def test_every_sample_of_the_real_microphone_comes_once_and_in_order(desk: Desk, block_us: int) -> None:
    tape = Tape()
    sound = np.concatenate(desk.run(lambda: record(desk.headset(tape), 5, block_us)))
    assert np.array_equal(sound[:, 0], np.arange(len(sound)) % 20_000)
    assert abs(len(sound) - 5 * block_us * RATE_HZ // SECOND) <= 1


@pytest.mark.parametrize("begins", [True, False])
def test_a_driver_s_own_error_is_not_waited_out(desk: Desk, begins: bool) -> None:
    tape = Tape(counting, 25, OSError("no such file"))
    tape.refuses = None if begins else tape.error
    with pytest.raises(OSError, match="no such file"):
        desk.run(lambda: record(desk.headset(tape), 9))


def test_a_driver_that_gives_no_more_has_stopped(desk: Desk) -> None:
    class Short(Tape):
        async def _blocks(self, frames: int) -> AsyncIterator[AudioBlock]:
            yield AudioBlock(0, frames, lambda: counting(0, frames))

    with pytest.raises(HeadsetStopped, match="headset-1"):
        desk.run(lambda: record(desk.headset(Short()), 2))


def test_where_the_system_lost_sound_the_block_says_so(desk: Desk) -> None:
    headset = desk.headset(Tape(overflows=(0, 25)))

    async def main() -> list[bool]:
        async with headset.record(FORMAT, SECOND) as stream:
            return [(await anext(stream)).overflow for _ in range(4)]

    assert desk.run(main) == [True, False, True, False]  # the device gives ten blocks a second


def test_a_second_of_sound_takes_a_second_of_virtual_time(desk: Desk) -> None:
    headset = desk.headset(Tape())
    assert len(desk.run(lambda: record(headset, 7))) == 7
    assert desk.runtime.now() == 7 * SECOND


def test_the_real_recording_ends_with_the_models_and_can_begin_again(desk: Desk) -> None:
    tape = Tape()
    headset = desk.headset(tape)

    async def twice() -> None:
        for _ in range(2):
            await record(headset, 1)
            await desk.runtime.sleep(2 * SECOND)
            assert tape.begun == tape.ended

    desk.run(twice)
    assert tape.begun == 2


def test_two_headsets_record_side_by_side(desk: Desk) -> None:
    async def both() -> None:
        async with desk.runtime.task_group() as group:
            tasks = [
                group.start(record(desk.headset(Tape(), f"headset-{n}"), 3), f"record {n}") for n in (1, 2)
            ]
        for task in tasks:
            assert len(await task.wait()) == 3

    desk.run(both)
    assert desk.runtime.now() == 3 * SECOND


@pytest.mark.parametrize("error", [HeadsetUnplugged, DeviceDead])
def test_a_loss_ends_the_recording_after_what_was_recorded_before(
    desk: Desk, error: type[DeviceError]
) -> None:
    headset = desk.headset(Tape(counting, 25, error("alsa:hw:1", "it said -9999")))
    found: list[Samples] = []

    async def main() -> None:
        async with headset.record(FORMAT, SECOND) as stream:
            async for block in stream:
                found.append(block.samples())  # noqa: PERF401 what came before the error counts

    with pytest.raises(error) as caught:
        desk.run(main)
    assert caught.value.device == "headset-1"
    assert caught.value.detail == "it said -9999"
    sound = np.concatenate(found)
    assert np.array_equal(sound[:, 0], np.arange(25 * RATE_HZ // 10) % 20_000)


def test_a_device_that_refuses(desk: Desk) -> None:
    tape = Tape()
    tape.refuses = DeviceBusy("alsa:hw:1")
    headset = desk.headset(tape)
    with pytest.raises(DeviceBusy, match="headset-1"):
        desk.run(lambda: record(headset, 1))
    with pytest.raises(DeviceBusy, match="headset-1"):
        desk.run(lambda: headset.play(np.zeros((10, 1), dtype=np.int16), FORMAT))


def test_what_is_played_is_heard_in_the_real_earphones(desk: Desk) -> None:
    tape = Tape()
    sound = np.arange(RATE_HZ, dtype=np.int16)[:, np.newaxis]
    desk.run(lambda: desk.headset(tape).play(sound, FORMAT))
    assert np.array_equal(tape.played[0], sound)
    assert desk.runtime.now() == SECOND


def test_faults_lie_over_the_real_sound(desk: Desk) -> None:
    headset = desk.headset(Tape())
    headset.begin_fault("silent", {}, UntilRepaired())
    [zeros] = desk.run(lambda: record(headset, 1))
    assert not zeros.any()
    headset.repair("silent")
    headset.begin_fault("quiet", {"level_db": 20}, UntilRepaired())
    [weak] = desk.run(lambda: record(headset, 1))
    assert int(weak.max()) == pytest.approx(1_999, abs=2)


def test_a_plug_that_is_pulled_in_the_model_ends_the_real_recording(desk: Desk) -> None:
    tape = Tape()
    headset = desk.headset(tape)

    async def main() -> None:
        async with desk.runtime.task_group() as group:
            task = group.start(record(headset, 10), "record")
            await desk.runtime.sleep(2_500_000)
            headset.unplug()
            await task.wait()

    with pytest.raises(BaseExceptionGroup) as caught:
        desk.run(main)
    assert caught.group_contains(HeadsetUnplugged)

    async def a_little_later() -> None:
        await desk.runtime.sleep(2 * SECOND)

    desk.run(a_little_later)
    assert tape.begun == tape.ended == 1


def test_a_dead_model_never_reaches_the_real_one(desk: Desk) -> None:
    tape = Tape()
    headset = desk.headset(tape)
    headset.begin_fault("dead", {}, Never())
    with pytest.raises(DeviceDead):
        desk.run(lambda: record(headset, 1))
    assert tape.begun == 0


def test_a_headset_without_the_models_rate(desk: Desk) -> None:
    tape = Tape()
    tape.capabilities = HeadsetCapabilities(rates_hz=(16_000,))
    with pytest.raises(FormatUnsupported, match="48000 Hz"):
        desk.headset(tape)


def test_the_device_is_free_at_once_when_a_recording_is_left(desk: Desk) -> None:
    tape = Tape()
    headset = desk.headset(tape)

    async def main() -> None:
        await record(headset, 1)
        assert tape.begun == tape.ended == 1
        async with headset.record(FORMAT, SECOND):
            pass  # left before anything came
        await record(headset, 2)

    desk.run(main)
    assert tape.begun == tape.ended == 2
