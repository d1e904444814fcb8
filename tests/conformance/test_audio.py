"""The simulated headset and flash drive against the public suites, in virtual and in real time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from hal.audio import AudioBlock, AudioFormat, Headset
from hal.conformance import audio as suite
from hal.conformance import storage
from hal.conformance.suite import Check, run_check
from hal.runtime import HOUR, AsyncioRuntime, Runtime
from hal.storage import FlashDrive
from simulators.device import World
from simulators.faults import Never, UntilRepaired
from simulators.headset import SimHeadset
from simulators.profiles import headset_profile, names
from simulators.random import Streams
from simulators.runtime import SimRuntime
from simulators.storage import SimFlash


class SimulatedHeadsets:
    supports = frozenset(suite.CONDITIONS)
    patience = HOUR

    def __init__(self, runtime: Runtime, spawn: Callable[..., object], profile: str) -> None:
        self.runtime = runtime
        self.world = World(runtime, Streams(1), lambda event: None, spawn)
        self.profile = headset_profile(profile)
        self.device: SimHeadset

    async def open(self) -> Headset:
        self.device = SimHeadset("headset-1", self.world, self.profile)
        return self.device

    async def plug_in(self) -> None:
        assert self.device.plug_in()

    async def unplug(self) -> None:
        self.device.unplug()

    async def speak(self) -> None:
        self.device.speaker.start("participant-1")

    async def kill(self) -> None:
        self.device.begin_fault("dead", {}, Never())


class SimulatedDrives:
    supports = frozenset(storage.CONDITIONS)
    patience = HOUR

    def __init__(self, runtime: Runtime, spawn: Callable[..., object]) -> None:
        self.runtime = runtime
        self.world = World(runtime, Streams(1), lambda event: None, spawn)
        self.device: SimFlash

    async def open(self) -> FlashDrive:
        self.device = SimFlash("flash-1", self.world)
        return self.device

    async def provoke(self, condition: str) -> None:
        self.device.begin_fault(condition, self.device.FAULTS[condition].params, UntilRepaired())


def in_virtual_time(profile: str, main: Callable[[SimulatedHeadsets], Coroutine[Any, Any, Any]]) -> Any:
    runtime = SimRuntime()
    return runtime.run(main(SimulatedHeadsets(runtime, runtime.spawn, profile)))


@pytest.mark.parametrize("profile", names("headsets"))
@pytest.mark.parametrize("check", suite.CHECKS.values(), ids=suite.CHECKS)
def test_in_virtual_time(profile: str, check: Check[suite.HeadsetBench]) -> None:
    in_virtual_time(profile, lambda bench: run_check(check, bench))


@pytest.mark.parametrize("check", suite.CHECKS.values(), ids=suite.CHECKS)
def test_in_real_time(check: Check[suite.HeadsetBench]) -> None:
    runtime = AsyncioRuntime(pace=5)
    runtime.run(run_check(check, SimulatedHeadsets(runtime, runtime.spawn, "logitech-h390")))


@pytest.mark.parametrize("check", storage.CHECKS.values(), ids=storage.CHECKS)
def test_flash_drive(check: Check[storage.FlashBench]) -> None:
    runtime = SimRuntime()
    runtime.run(run_check(check, SimulatedDrives(runtime, runtime.spawn)))
    real = AsyncioRuntime(pace=100)
    real.run(run_check(check, SimulatedDrives(real, real.spawn)))


class Stuttering(SimHeadset):
    """Loses every second block without saying so."""

    @asynccontextmanager
    async def record(
        self, audio_format: AudioFormat, block_us: int = 100_000
    ) -> AsyncIterator[AsyncIterator[AudioBlock]]:
        async with super().record(audio_format, block_us) as blocks:

            async def half() -> AsyncIterator[AudioBlock]:
                async for block in blocks:
                    if block.first_frame // block.frames % 2 == 0:
                        yield replace(block, overflow=False)

            yield half()


def test_the_suite_catches_a_driver_that_loses_blocks() -> None:
    async def main(bench: SimulatedHeadsets) -> None:
        async def open_wrong() -> Headset:
            bench.device = Stuttering("headset-1", bench.world, bench.profile)
            return bench.device

        bench.open = open_wrong  # type: ignore[method-assign]
        await suite.check_headset(bench)

    with pytest.raises(AssertionError) as caught:
        in_virtual_time("sennheiser-pc8", main)
    text = str(caught.value)
    assert "records-without-gaps: a block has to begin at frame 4800 unless it says overflow" in text
    assert "names-itself" not in text
