"""A headset that gives what a test says, without waiting for any clock, and its opener."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np

from hal.audio import (
    AudioBlock,
    AudioFormat,
    HeadsetCapabilities,
    HeadsetInfo,
    HeadsetStatus,
    Samples,
)
from hal.errors import DeviceError, DeviceNotFound
from hal.registry import Availability, DeviceInfo, Family
from hal.runtime import HOUR, SECOND
from simulators import sound
from simulators.device import World
from simulators.faults import UntilRepaired
from simulators.headset import SimHeadset
from simulators.profiles import headset_profile
from simulators.random import Streams
from simulators.runtime import SimRuntime

RATE = 48_000


def spoken(seconds: int, kind: str = "", params: Mapping[str, int] | None = None) -> Samples:
    """Return what the model of a headset hears of somebody who speaks, under one of its faults."""
    runtime = SimRuntime(start=10 * HOUR)
    world = World(runtime, Streams(1), lambda event: None, runtime.spawn)
    headset = SimHeadset("headset-1", world, headset_profile("logitech-h390"))

    async def main() -> Samples:
        if kind:
            headset.begin_fault(kind, {**SimHeadset.FAULTS[kind].params, **(params or {})}, UntilRepaired())
        headset.speaker.start("participant-1")
        await runtime.sleep(SECOND)
        first = sound.frame_at(runtime.now())
        await runtime.sleep(seconds * SECOND)
        return headset.render(first, seconds * RATE)[:, np.newaxis]

    samples: Samples = runtime.run(main())
    return samples


def _giving(samples: Samples) -> Callable[[], Samples]:
    return lambda: samples


@dataclass
class ScriptedHeadset:
    """See :class:`hal.audio.Headset`.

    Args:
        microphone: What it hears; silence afterwards.
        fails: What is raised when that is over; None: it goes on.
        overflows: Numbers of blocks before which sound was lost.
        coupling: How much of what is played the microphone hears, in percent, 20 ms later.
        plugged: Whether it is there.
        capabilities: What it can do.
    """

    microphone: Samples
    fails: DeviceError | None = None
    overflows: tuple[int, ...] = ()
    coupling: int = 0
    plugged: bool = True
    capabilities: HeadsetCapabilities = field(default_factory=HeadsetCapabilities)
    info: HeadsetInfo = field(default_factory=lambda: HeadsetInfo("H390", "Logitech", "H390", "1"))
    played: list[Samples] = field(default_factory=list)
    closed: int = 0
    formats: list[AudioFormat] = field(default_factory=list)
    _sounding: list[Samples] = field(default_factory=list)
    _recording: bool = False
    _silent: asyncio.Event = field(default_factory=asyncio.Event)

    async def status(self) -> HeadsetStatus:
        return HeadsetStatus(self.plugged)

    @asynccontextmanager
    async def record(
        self, audio_format: AudioFormat, block_us: int = 100_000
    ) -> AsyncIterator[AsyncIterator[AudioBlock]]:
        self._recording = True
        self.formats.append(audio_format)
        try:
            yield self._blocks(audio_format.rate_hz * block_us // SECOND)
        finally:
            self._recording = False
            self._silent.set()

    async def _blocks(self, size: int) -> AsyncIterator[AudioBlock]:
        late = np.zeros((RATE // 50, 1), dtype=np.int64)
        number = 0
        while True:
            await asyncio.sleep(0)
            heard = self.microphone[:size].astype(np.int64)
            self.microphone = self.microphone[size:]
            if not len(heard) and self.fails is not None:
                raise self.fails
            block = np.zeros((size, 1), dtype=np.int64)
            block[: len(heard)] = heard
            late = np.concatenate((late, self._next(size).astype(np.int64)[:, :1] * self.coupling // 100))
            block += late[:size]
            late = late[size:]
            samples = block.clip(-32_768, 32_767).astype(np.int16)
            yield AudioBlock(number * size, size, _giving(samples), number in self.overflows)
            number += 1

    def _next(self, size: int) -> Samples:
        """Take what the earphones play meanwhile."""
        piece = np.zeros((size, 1), dtype=np.int16)
        if self._sounding:
            playing = self._sounding[0]
            piece[: len(playing[:size])] = playing[:size, :1]
            self._sounding[0] = playing[size:]
            if not len(self._sounding[0]):
                self._sounding.clear()
                self._silent.set()
        return piece

    async def play(self, samples: Samples, audio_format: AudioFormat) -> None:
        if self.fails is not None and not len(self.microphone):
            raise self.fails
        self.played.append(samples)
        if self._recording:
            self._sounding.append(samples)
            self._silent.clear()
            await self._silent.wait()

    async def close(self) -> None:
        self.closed += 1


@dataclass
class ScriptedDevices:
    """An opener of devices by URL."""

    devices: Mapping[str, object]

    async def open(self, url: str) -> object:
        if url not in self.devices:
            raise DeviceNotFound(url)
        return self.devices[url]

    async def discover(self) -> tuple[DeviceInfo, ...]:
        return tuple(DeviceInfo(url, Family.AUDIO, f"label of {url}") for url in self.devices)

    def watch(self) -> AsyncIterator[Availability]:
        raise NotImplementedError("no command watches")
