"""A headset of the model that is a real one underneath.

People take it from its place, exchange it and pull it out as in any simulation, and faults lie over it; but
what is recorded comes from the real microphone, and what the real device reports ends the recording.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np

from hal.audio import AudioBlock, AudioFormat, FormatUnsupported, Headset, HeadsetStopped, Samples
from hal.errors import DeviceError
from hal.runtime import SECOND
from simulators import sound
from simulators.device import World
from simulators.headset import Recording, SimHeadset
from simulators.outside import Outside
from simulators.profile_types import HeadsetProfile
from simulators.sound import RATE_HZ, Wave
from simulators.speaker import Speaker

_CHUNK_US = SECOND // 10  # what is asked of the driver at a time: a loss is noticed within such a stretch
_NOISELESS = -2000  # tenths of a decibel: the room and the converter are the real ones'


@dataclass(frozen=True, slots=True)
class RealHeadset:
    """An opened headset and the way to it. Whoever opened it closes it."""

    headset: Headset
    outside: Outside


class _Microphone(Speaker):
    """What the real microphone gave: stands in the model where somebody speaks into it.

    It holds the end of the recording only: the block that is being given and the one before it.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._first = 0
        self._wave: Wave = np.zeros(0, dtype=np.int32)

    def hear(self, first: int, wave: Wave) -> None:
        """Take what was recorded from the absolute frame ``first`` on."""
        follows = self._first + len(self._wave) == first
        self._wave = np.concatenate([self._wave[-RATE_HZ:], wave]) if follows else wave
        self._first = first + len(wave) - len(self._wave)

    def render(self, first: int, frames: int) -> Wave:
        """Return what was recorded; nothing where nothing was or what is long past."""
        wave: Wave = np.zeros(frames, dtype=np.int32)
        begin = max(first, self._first)
        end = min(first + frames, self._first + len(self._wave))
        if begin < end:
            wave[begin - first : end - first] = self._wave[begin - self._first : end - self._first]
        return wave


class _Feed:
    """A recording of the real device, taken in the background: what the driver gives waits in a queue."""

    def __init__(self, real: RealHeadset) -> None:
        self._real = real
        self._queue: asyncio.Queue[AudioBlock | Exception] = asyncio.Queue()
        self._left: Samples = np.zeros((0, 1), dtype=np.int16)
        self._pump: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to record.

        Raises:
            DeviceError: The device cannot; any other error is a driver's own.
        """
        begun: asyncio.Queue[Exception | None] = asyncio.Queue()
        self._pump = self._real.outside.start(self._run(begun))
        error = self._real.outside.call(begun.get())
        if error is not None:
            raise error

    async def _run(self, begun: asyncio.Queue[Exception | None]) -> None:
        """Record to the end; whatever that is, whoever waits at a queue learns of it."""
        started = False
        ended: Exception = HeadsetStopped(self._real.headset.info.name, "its driver gives no more sound")
        try:
            async with self._real.headset.record(AudioFormat(RATE_HZ, 1), _CHUNK_US) as blocks:
                started = True
                begun.put_nowait(None)
                async for block in blocks:
                    self._queue.put_nowait(block)
        except Exception as error:  # noqa: BLE001 - raised again in ``start`` or ``take``
            ended = error
        (self._queue if started else begun).put_nowait(ended)

    def take(self, frames: int) -> tuple[Samples, bool, DeviceError | None]:
        """Return the next frames, and whether the system lost some before or among them; waits in real time.

        They are fewer when the device could not go on: the error is returned with what it gave before. An
        error that is none of a device's is raised.
        """
        parts, lost, error = [self._left], False, None
        missing = frames - len(self._left)
        while missing > 0 and error is None:
            item = self._real.outside.call(self._queue.get())
            if isinstance(item, DeviceError):
                error = item
            elif isinstance(item, Exception):
                raise item
            else:
                parts.append(item.samples())
                lost |= item.overflow
                missing -= item.frames
        taken = np.concatenate(parts)
        self._left = taken[frames:]
        return taken[:frames], lost, error

    def stop(self) -> None:
        """End the recording."""
        if self._pump is not None:
            self._real.outside.end(self._pump)
            self._pump = None


class BoundHeadset(SimHeadset):
    """The model around a real headset; the journal calls it by the model's name.

    Virtual time stands still while the next sound is awaited, so a second of an answer lasts a second. Errors
    of the device name the model's headset.

    Args:
        name: As scenarios and the journal call it.
        world: Surroundings.
        profile: What the model's steps are like; microphone and room are the real ones.
        real: The headset underneath.

    Raises:
        FormatUnsupported: It does not record at the rate of the model, ``sound.RATE_HZ``.
    """

    def __init__(self, name: str, world: World, profile: HeadsetProfile, *, real: RealHeadset) -> None:
        can = real.headset.capabilities
        if RATE_HZ not in can.rates_hz:
            raise FormatUnsupported(real.headset.info.name, f"{RATE_HZ} Hz")
        profile = profile.model_copy(
            update={
                "speech_level_tenths_dbfs": sound.SPEECH_TENTHS_DBFS,  # the sound is left as it is
                "self_noise_tenths_dbfs": _NOISELESS,
                "dc_offset": 0,
                "input_channels": 1,
                "output_channels": can.output_channels,
                "full_duplex": can.full_duplex,
            }
        )
        self._microphone = _Microphone(world)
        super().__init__(name, world, profile, speaker=self._microphone, room_noise_tenths_dbfs=_NOISELESS)
        self._real = real
        self._feeds: dict[AsyncIterator[AudioBlock], _Feed] = {}  # of recordings under way

    @asynccontextmanager
    async def record(
        self, audio_format: AudioFormat, block_us: int = 100_000
    ) -> AsyncGenerator[AsyncIterator[AudioBlock], None]:
        """Record from the real microphone; raises as the model does, and what the device raises."""
        async with super().record(audio_format, block_us) as recording:
            feed = self._feeds[recording] = _Feed(self._real)
            try:
                yield recording
            finally:
                del self._feeds[recording]
                feed.stop()  # now: whoever records next must find the device free

    async def _produce(self, recording: Recording, channels: int, block_us: int) -> None:
        feed = self._feeds.get(recording)
        if feed is None:
            return  # it was left at once
        try:
            feed.start()
            began = self.runtime.now()
            origin = first = sound.frame_at(began)
            number = 0
            while True:
                number += 1
                await self.runtime.sleep(began + number * block_us - self.runtime.now())
                if not recording.on:
                    return
                wanted = sound.frame_at(began + number * block_us) - first
                wave, lost, error = feed.take(wanted)
                if len(wave):
                    self._microphone.hear(first, wave[:, 0].astype(np.int32))
                    read = self._reader(first, len(wave), channels)
                    recording.queue.put(AudioBlock(first - origin, len(wave), read, lost))
                    self.occurred("block")
                if error is not None:
                    raise error
                first += wanted
        except DeviceError as error:
            recording.fail(self._named(error))

    def _reader(self, first: int, frames: int, channels: int) -> Callable[[], Samples]:
        samples = super()._reader(first, frames, channels)()  # now: the microphone keeps its last sound only
        return lambda: samples

    async def play(self, samples: Samples, audio_format: AudioFormat) -> None:
        """Play to the end, also in the real earphones; raises what the model or the device does."""
        self._check_format(audio_format, self.profile.output_channels)
        self._check()
        sounding = self._real.outside.start(self._real.headset.play(samples, audio_format))
        try:
            await super().play(samples, audio_format)
            self._real.outside.result(sounding)
        except DeviceError as error:
            raise self._named(error) from error
        finally:
            self._real.outside.end(sounding)

    def _named(self, error: DeviceError) -> DeviceError:
        """Say it of the headset that the scenario knows."""
        named = type(error)(self.name, error.detail or error.device)
        named.__cause__ = error
        return named
