"""A real headset, as ``hal.audio.Headset``."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from hal.audio.errors import FormatUnsupported, HeadsetStopped, HeadsetUnplugged, SoundServerGone
from hal.audio.portaudio import wire
from hal.audio.portaudio.backend import BYTES_PER_SAMPLE
from hal.audio.portaudio.blocks import Cutter
from hal.audio.portaudio.failures import error_of
from hal.audio.portaudio.finding import Found, find, is_there, with_channels
from hal.audio.portaudio.link import Link, again
from hal.audio.portaudio.silence import Silence
from hal.audio.portaudio.watchdog import Watchdog
from hal.audio.values import (
    AudioBlock,
    AudioFormat,
    HeadsetCapabilities,
    HeadsetInfo,
    HeadsetStatus,
    Samples,
)
from hal.errors import BadReply, DeviceBusy, DeviceError, DeviceNotFound

_OPEN_S = 20.0
"""Start of a process and of PortAudio, which asks every sound card: half a second, and up to 10 s on one
that has eight times more to do than it can. What hangs takes longer."""

_SILENT_S = 3.0
"""A process with a stream says something every 50 ms, unless the computer is very busy."""

_TAKES_NOTHING_MS = 5_000
"""Earphones that take nothing for so long are stuck; a sound server's buffer holds up to 2 s."""

_PIECE_FRAMES = 4096

R = TypeVar("R", bound=wire.Reply)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a headset is: the library's module in ``hal.audio``, the URL's scheme, the name in it."""

    driver: str
    scheme: str
    name: str

    @property
    def device(self) -> str:
        """Its name in errors."""
        return f"{self.scheme}:{self.name}"


async def look(driver: str, device: str) -> wire.Seen:
    """List what is there, in a fresh process: PortAudio looks only once in each.

    Raises:
        DriverMissing: The library is not installed.
        DeviceTimeout: It hangs.
    """
    async with Link(device) as link:
        link.send(wire.Look(driver))
        return await _reply(link, wire.Seen)


async def open_headset(place: Place) -> PortAudioHeadset:
    """Open a headset.

    Raises:
        DeviceNotFound: There is none of that name.
        HeadsetUnplugged: It is listed, and cannot be opened.
        SoundServerGone: The same, while a sound server that should answer does not.
        DriverMissing, DeviceBusy, DeviceTimeout, AudioError
    """
    async with Link(place.device) as link:
        link.send(wire.Look(place.driver))
        seen = await _reply(link, wire.Seen)
        try:
            found, reached = await _reach(link, place, seen)
        except (DeviceNotFound, HeadsetUnplugged) as error:
            require_server(seen, place.device, error)
            raise
    return PortAudioHeadset(place, with_channels(found, seen, reached), reached)


async def _reach(link: Link, place: Place, seen: wire.Seen) -> tuple[Found, wire.Reached]:
    found = find(seen, place.name)
    if found is None:
        raise DeviceNotFound(place.device)
    link.send(wire.Probe(place.driver, found.target, found.channels[1]))
    return found, await _reply(link, wire.Reached)


def require_server(seen: wire.Seen, device: str, cause: DeviceError | None = None) -> None:
    """Refuse to say that no headset is there where the sound server that knows it does not answer.

    Raises:
        SoundServerGone: With its address.
    """
    if seen.silent:
        raise SoundServerGone(device, f"nobody answers at {seen.silent}") from cause


async def _reply(link: Link, kind: type[R]) -> R:
    reply = await link.next(_OPEN_S)
    if not isinstance(reply, kind):
        raise BadReply(link.device, f"{type(reply).__name__} in place of {kind.__name__}")
    return reply


class PortAudioHeadset:
    """A headset that was open for a moment; every recording and every sound opens it anew.

    Args:
        place: Where it is.
        found: What is known of it.
        reached: What its ends offered, and what the sound server calls them.
    """

    def __init__(self, place: Place, found: Found, reached: wire.Reached) -> None:
        self._place = place
        self._reached = reached
        # what the system took by default stays this headset, whatever the default becomes
        self._target = wire.Target(
            found.target.microphone, found.target.earphones, reached.source, reached.sink
        )
        # a sound server's name has the maker's number in it where there is one, else the socket's
        self.info = HeadsetInfo(found.label, serial=reached.source)
        self.capabilities = HeadsetCapabilities(
            rates_hz=tuple(reached.rates_hz),
            input_channels=found.channels[0],
            output_channels=found.channels[1],
        )
        self._links: dict[str, Link] = {}  # of what runs

    async def status(self) -> HeadsetStatus:
        """Look whether it is there."""
        seen = await look(self._place.driver, self._place.device)
        return HeadsetStatus(is_there(seen, self._place.name, self._reached.source, self._reached.sink))

    @asynccontextmanager
    async def record(
        self, audio_format: AudioFormat, block_us: int = 100_000
    ) -> AsyncGenerator[AsyncIterator[AudioBlock], None]:
        """Record, in a process of its own; leaving the block kills that.

        Raises:
            FormatUnsupported: Before anything is recorded.
            DeviceBusy: It records already, or another program holds it.
            HeadsetUnplugged, HeadsetStopped, HeadsetSilent, SoundServerGone: From the iterator too, after the
                blocks that were recorded before; the last of them may be shorter.
        """
        self._check(audio_format, self.capabilities.input_channels)
        cutter = Cutter(audio_format, block_us)
        bytes_per_second = BYTES_PER_SAMPLE * audio_format.channels * audio_format.rate_hz
        async with self._process("record") as link:
            link.send(
                wire.Record(self._place.driver, self._target, audio_format.rate_hz, audio_format.channels)
            )
            await _reply(link, wire.Opened)
            yield _Blocks(link, cutter, Silence(bytes_per_second), Watchdog(bytes_per_second))

    async def play(self, samples: Samples, audio_format: AudioFormat) -> None:
        """Play to the end, also while recording; one channel is played in both ears.

        Raises:
            FormatUnsupported: Before anything is played.
            DeviceBusy: It plays already, or another program holds it.
            HeadsetUnplugged, HeadsetStopped, SoundServerGone
        """
        self._check(audio_format, self.capabilities.output_channels)
        if samples.ndim != 2 or samples.dtype != np.int16 or samples.shape[1] != audio_format.channels:
            raise ValueError(f"{audio_format.channels} channels of int16 expected, not {samples.shape}")
        if audio_format.channels == 1 and self.capabilities.output_channels > 1:
            samples = np.repeat(samples, 2, axis=1)
        async with self._process("play") as link:
            link.send(wire.Play(self._place.driver, self._target, audio_format.rate_hz, samples.shape[1]))
            feeding = asyncio.create_task(_feed(link, samples))
            try:
                await _played(link)
            finally:
                feeding.cancel()

    async def close(self) -> None:
        """End what still runs. Calling it twice is allowed."""
        for link in tuple(self._links.values()):
            await link.close()

    def _check(self, audio_format: AudioFormat, channels: int) -> None:
        good_rate = audio_format.rate_hz in self.capabilities.rates_hz
        if not good_rate or not 1 <= audio_format.channels <= channels:
            detail = f"{audio_format.rate_hz} Hz, {audio_format.channels} channels"
            raise FormatUnsupported(self._place.device, detail)

    @asynccontextmanager
    async def _process(self, purpose: str) -> AsyncGenerator[Link, None]:
        if purpose in self._links:
            raise DeviceBusy(self._place.device)
        link = self._links[purpose] = Link(self._place.device)
        try:
            async with link:
                yield link
        finally:
            del self._links[purpose]


class _Blocks:
    """The blocks of a recording; after the last the error, as often as somebody asks."""

    def __init__(self, link: Link, cutter: Cutter, silence: Silence, watchdog: Watchdog) -> None:
        self._link = link
        self._cutter = cutter
        self._silence = silence
        self._watchdog = watchdog
        self._ready: deque[AudioBlock] = deque()
        self._error: DeviceError | None = None

    def __aiter__(self) -> _Blocks:
        return self

    async def __anext__(self) -> AudioBlock:
        while not self._ready:
            if self._error is not None:
                raise again(self._error)
            try:
                self._take(await self._link.next(_SILENT_S))
            except DeviceError as error:
                self._fail(error)
        return self._ready.popleft()

    def _take(self, message: wire.Reply) -> None:
        wrong: wire.Kind | None = None
        match message:
            case wire.Sound():
                for chunk in self._silence.add(message):
                    self._ready.extend(self._cutter.add(chunk))
                wrong = self._watchdog.sound(message.data)
            case wire.Tick():
                wrong = self._watchdog.tick()
            case wire.Attached():
                self._watchdog.attached()
        if wrong is not None:
            self._fail(error_of(wrong, self._link.device))

    def _fail(self, error: DeviceError) -> None:
        self._error = error
        self._ready.extend(self._cutter.rest())


async def _feed(link: Link, samples: Samples) -> None:
    for start in range(0, len(samples), _PIECE_FRAMES):
        link.send(wire.Piece(samples[start : start + _PIECE_FRAMES].astype("<i2").tobytes()))
        await link.room()
    link.send(wire.Piece(b""))


async def _played(link: Link) -> None:
    """Wait until all is played."""
    await _reply(link, wire.Opened)
    pause_ms = 0
    while True:
        match await link.next(_SILENT_S):
            case wire.Played():
                return
            case wire.Took():
                pause_ms = 0
            case wire.Tick():
                pause_ms += wire.TICK_MS
        if pause_ms >= _TAKES_NOTHING_MS:
            raise HeadsetStopped(link.device, "it takes no sound")
