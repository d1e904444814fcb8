"""Headsets (гарнитуры): real samples, made only when somebody listens.

What is heard is a pure function of the frame number and of what happened when: who spoke, which faults were
in force. So a block can be rendered long after it was recorded, alone or not at all, with one result.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from hal.audio import (
    AudioBlock,
    AudioFormat,
    FormatUnsupported,
    HeadsetCapabilities,
    HeadsetInfo,
    HeadsetStatus,
    HeadsetUnplugged,
    Samples,
)
from hal.errors import DeviceBusy, DeviceDead, DeviceError
from hal.runtime import SECOND, Queue
from simulators import sound
from simulators.busy import BusyDevice
from simulators.device import World
from simulators.faults import FaultKind
from simulators.profile_types import HeadsetProfile
from simulators.sound import RATE_HZ, Wave

Params = Mapping[str, int]

_FADE = RATE_HZ * 5 // 1000
_BUFFER = 2 * SECOND  # of sound that the driver keeps for a slow reader
# Our estimates: neighbours speak up for two seconds every five, at about three times the speaker's distance.
_OTHERS_PER_MINUTE = 12
_OTHERS_SPEAK = 2 * RATE_HZ
_OTHERS_DISTANCE = 100  # tenths of a decibel
_AGC_ATTACK = RATE_HZ * 60 // 1000
_AGC_RELEASE = RATE_HZ * 400 // 1000


@dataclass(slots=True)
class _Span:
    """Something that lasted from a frame to a frame, or still lasts."""

    what: str
    params: Params
    begin: int
    end: int | None = None

    def touches(self, first: int, frames: int, more: int = 0) -> bool:
        return self.begin < first + frames and (self.end is None or first < self.end + more)


class Speaker:
    """Who is speaking into the microphone, and when.

    The voice follows from the run's seed and the speaker's identity, the words from the time.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._spans: list[_Span] = []

    @property
    def identity(self) -> str | None:
        """Who speaks now."""
        return self._spans[-1].what if self._spans and self._spans[-1].end is None else None

    def start(self, identity: str) -> None:
        """Begin to speak; whoever spoke before falls silent."""
        self.stop()
        key = self._world.streams.stream(identity, "voice").bits(48)
        now = sound.frame_at(self._world.runtime.now())
        self._spans.append(_Span(identity, {"key": key}, now))

    def stop(self) -> None:
        """Fall silent; nothing if nobody speaks."""
        if self.identity is not None:
            self._spans[-1].end = sound.frame_at(self._world.runtime.now())

    def render(self, first: int, frames: int) -> Wave:
        """Make what is spoken, at ``sound.SPEECH_RMS``."""
        wave: Wave = np.zeros(frames, dtype=np.int32)
        for span in self._spans:
            if span.touches(first, frames, _FADE):
                spoken = sound.voice(span.params["key"]).render(first, frames)
                _fade(spoken, span, first)
                wave += spoken
        return wave


def _fade(wave: Wave, span: _Span, first: int) -> None:
    """Keep the part of the sound that the span covers, with a short fade after its begin and its end."""
    head = wave[: max(0, span.begin + _FADE - first)]
    if len(head):
        frame = np.arange(first, first + len(head), dtype=np.int64)
        head[:] = head * np.clip(frame - span.begin, 0, _FADE) // _FADE
    if span.end is None:
        return
    # The fade comes after the end, so that a block which is already delivered need not change.
    tail = wave[max(0, span.end - first) :]
    if len(tail):
        frame = np.arange(first + len(wave) - len(tail), first + len(wave), dtype=np.int64)
        tail[:] = tail * np.clip(span.end + _FADE - frame, 0, _FADE) // _FADE


class _Recording:
    """A recording under way: the device puts blocks, or what ended it; the station takes them."""

    def __init__(self, queue: Queue[AudioBlock | DeviceError]) -> None:
        self.queue = queue
        self.on = True

    def __aiter__(self) -> _Recording:
        return self

    async def __anext__(self) -> AudioBlock:
        item = await self.queue.get()
        if isinstance(item, DeviceError):
            self.queue.put(item)  # whoever asks again gets the same answer
            raise item
        return item

    def fail(self, error: DeviceError) -> None:
        """End it; the blocks already there can still be taken."""
        if self.on:
            self.on = False
            self.queue.put(error)


class SimHeadset(BusyDevice):
    """A headset, as ``hal.audio.Headset``.

    Args:
        name: As scenarios and the journal call it.
        world: Surroundings.
        profile: Which model it is.
        speaker: Who speaks into it; its own one if none is given.
        room_noise_tenths_dbfs: The room as this microphone would hear it at the speaker's mouth. The default
            is our estimate of a quiet classroom: about 30 dB below speech.
    """

    FAULTS: ClassVar[Mapping[str, FaultKind]] = {
        "unplugged": FaultKind("the plug has come out", occurrence="block"),
        "dead": FaultKind("the headset is broken", occurrence="record"),
        "silent": FaultKind("the microphone is switched off: zeros without any error", occurrence="record"),
        "quiet": FaultKind("the microphone is too weak or too far away", {"level_db": 20}, "record"),
        "noise": FaultKind("loud hiss of that level", {"level_dbfs": -38}, "record"),
        "hum": FaultKind("mains hum of that level", {"level_dbfs": -36}, "record"),
        "clipping": FaultKind("the gain is so high that the sound is cut off", {"gain_db": 24}, "record"),
        "dropouts": FaultKind("stretches of silence", {"per_minute": 60, "length_ms": 40}, "record"),
        "clicks": FaultKind("clicks of that peak level", {"per_minute": 60, "level_dbfs": -8}, "record"),
        "choppy": FaultKind(
            "«кваканье»: packets are played again instead of new ones",
            {"per_minute": 60, "packet_ms": 20},
            "record",
        ),
        "other-voices": FaultKind(
            "other voices in the room make the automatic gain drop by that much",
            {"drop_db": 18},
            "record",
        ),
    }

    def __init__(
        self,
        name: str,
        world: World,
        profile: HeadsetProfile,
        *,
        speaker: Speaker | None = None,
        room_noise_tenths_dbfs: int = -550,
    ) -> None:
        super().__init__(name, world)
        self.profile = profile
        self.speaker = speaker or Speaker(world)
        self.room_noise_tenths_dbfs = room_noise_tenths_dbfs
        self.plugged = True
        self.info = HeadsetInfo(name, profile.make, profile.model, f"{self.luck('serial').bits(32):08x}")
        self.capabilities = HeadsetCapabilities(
            rates_hz=(RATE_HZ,),
            input_channels=profile.input_channels,
            output_channels=profile.output_channels,
            full_duplex=profile.full_duplex,
            reports_unplugging=profile.reports_unplugging,
        )
        self._key = self.luck("sound").bits(48)
        self._spans: list[_Span] = []
        self._recording: _Recording | None = None
        self._playing = False

    # -- what people do ----------------------------------------------------------------------------

    def plug_in(self) -> bool:
        """Put the plug in; return whether the headset is connected now."""
        self.plugged = True
        self.changed()
        return self.repair("unplugged")

    def unplug(self) -> None:
        """Pull the plug out."""
        self.plugged = False
        self.changed()

    # -- what the station does ---------------------------------------------------------------------

    async def status(self) -> HeadsetStatus:
        """Look whether it is there."""
        if "dead" in self.faults:
            raise DeviceDead(self.name)
        return HeadsetStatus(self.plugged and "unplugged" not in self.faults)

    @asynccontextmanager
    async def record(
        self, audio_format: AudioFormat, block_us: int = 100_000
    ) -> AsyncGenerator[AsyncIterator[AudioBlock], None]:
        """Record; each block comes when it is complete, and is rendered only by ``AudioBlock.samples``.

        Raises:
            FormatUnsupported: Before anything is recorded.
            DeviceBusy: Somebody records already, or plays where it cannot do both.
            HeadsetUnplugged, DeviceDead: At once; from the iterator at the instant when it happens, after
                the blocks that were complete by then.
        """
        self._check_format(audio_format, self.profile.input_channels)
        if block_us * RATE_HZ < SECOND:
            raise ValueError(f"{self.name}: a block of {block_us} us is shorter than a frame")
        self._check()
        if self._recording or (self._playing and not self.profile.full_duplex):
            raise DeviceBusy(self.name)
        recording = self._recording = _Recording(self.runtime.queue())
        self.world.spawn(self._produce(recording, audio_format.channels, block_us), f"record {self.name}")
        self.occurred("record")
        try:
            yield recording
        finally:
            recording.on = False
            self._recording = None

    async def play(self, samples: Samples, audio_format: AudioFormat) -> None:
        """Play to the end.

        Raises:
            FormatUnsupported, DeviceBusy, HeadsetUnplugged, DeviceDead
        """
        self._check_format(audio_format, self.profile.output_channels)
        self._check()
        if self._playing or (self._recording and not self.profile.full_duplex):
            raise DeviceBusy(self.name)
        self.occurred("play")
        self._playing = True
        try:
            await self.work(len(samples) * SECOND // RATE_HZ, self._check)
        finally:
            self._playing = False

    async def close(self) -> None:
        """Give the device back: the model holds nothing but a recording, which ends with its block."""

    def _check_format(self, audio_format: AudioFormat, channels: int) -> None:
        if audio_format.rate_hz != RATE_HZ or not 1 <= audio_format.channels <= channels:
            raise FormatUnsupported(self.name, f"{audio_format.rate_hz} Hz, {audio_format.channels} channels")

    def _error(self) -> DeviceError | None:
        if "dead" in self.faults:
            return DeviceDead(self.name)
        if not self.plugged or "unplugged" in self.faults:
            return HeadsetUnplugged(self.name)
        return None

    def _check(self) -> None:
        error = self._error()
        if error is not None:
            raise error

    def changed(self) -> None:
        """Make pending calls look again, and end a recording that cannot go on."""
        super().changed()
        error = self._error()
        if error is not None and self._recording is not None:
            self._recording.fail(error)

    async def _produce(self, recording: _Recording, channels: int, block_us: int) -> None:
        """Put a block into the queue whenever one is complete: one sleep each."""
        began = self.runtime.now()
        origin = first = sound.frame_at(began)
        number, overflow = 0, False
        while True:
            number += 1
            await self.runtime.sleep(began + number * block_us - self.runtime.now())
            if not recording.on:
                return
            end = sound.frame_at(began + number * block_us)
            if len(recording.queue) * block_us >= _BUFFER:
                overflow = True
            else:
                reader = self._reader(first, end - first, channels)
                recording.queue.put(AudioBlock(first - origin, end - first, reader, overflow))
                overflow = False
                self.occurred("block")
            first = end

    # -- sound -------------------------------------------------------------------------------------

    def fault_began(self, kind: str) -> None:
        """Remember from when on it is heard."""
        now = sound.frame_at(self.runtime.now())
        self._spans.append(_Span(kind, self.faults[kind], now))
        super().fault_began(kind)

    def fault_ended(self, kind: str) -> None:
        """Remember until when it is heard."""
        for span in reversed(self._spans):
            if span.what == kind:
                span.end = sound.frame_at(self.runtime.now())
                break
        super().fault_ended(kind)

    def _reader(self, first: int, frames: int, channels: int) -> Callable[[], Samples]:
        def read() -> Samples:
            mono = self.render(first, frames)
            return np.repeat(mono[:, np.newaxis], channels, axis=1)

        return read

    def render(self, first: int, frames: int) -> Samples:
        """Make the sound of a stretch that lies in the past.

        Args:
            first: Absolute frame, ``sound.frame_at`` of a time.
            frames: Length.

        Returns:
            One channel, shape ``(frames,)``.
        """
        parts = [self._damaged(begin, end - begin, faults) for begin, end, faults in self._cut(first, frames)]
        wave = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return wave.astype(np.int16)

    def _cut(self, first: int, frames: int) -> Iterator[tuple[int, int, Mapping[str, Params]]]:
        """Cut a stretch where faults begin or end, so that each part has the same faults throughout."""
        spans = [span for span in self._spans if span.touches(first, frames)]
        edges = [first, first + frames]
        for span in spans:
            edges += [edge for edge in (span.begin, span.end) if edge is not None]
        inner = sorted({edge for edge in edges if first <= edge <= first + frames})
        for begin, end in pairwise(inner):
            yield begin, end, {span.what: span.params for span in spans if span.touches(begin, end - begin)}

    def _damaged(self, first: int, frames: int, faults: Mapping[str, Params]) -> Wave:
        """Make what arrives at the computer: the microphone's signal after the damage on its way."""
        if "silent" in faults or "unplugged" in faults:
            return np.zeros(frames, dtype=np.int32)
        choppy = faults.get("choppy")
        if choppy is None:
            wave = self._converted(first, frames, faults)
        else:
            packet = choppy["packet_ms"] * RATE_HZ // 1000
            wave = self._converted(first - packet, frames + packet, faults)
            wave = _repeat_packets(wave, first, packet, self._events("choppy", choppy, first, frames, packet))
        clicks = faults.get("clicks")
        if clicks is not None:
            peak = sound.amplitude(clicks["level_dbfs"] * 10)
            for begin in self._events("clicks", clicks, first, frames, sound.CLICK_FRAMES):
                sound.add_click(wave, first, begin, peak)
            np.clip(wave, -sound.FULL_SCALE, sound.FULL_SCALE, out=wave)
        dropouts = faults.get("dropouts")
        if dropouts is not None:
            length = dropouts["length_ms"] * RATE_HZ // 1000
            for begin in self._events("dropouts", dropouts, first, frames, length):
                wave[max(0, begin - first) : max(0, begin + length - first)] = 0
        return wave

    def _events(self, kind: str, params: Params, first: int, frames: int, length: int) -> Iterator[int]:
        key = sound.mix(self._key, list(self.FAULTS).index(kind))
        return sound.events(first, frames, key, params["per_minute"], length)

    def _converted(self, first: int, frames: int, faults: Mapping[str, Params]) -> Wave:
        """Make the output of the converter: voice and room, weakened, with noise and hum, cut off."""
        weaker = faults["quiet"]["level_db"] * 10 if "quiet" in faults else 0
        level = self.profile.speech_level_tenths_dbfs - weaker
        wave = sound.amplify(self.speaker.render(first, frames), sound.gain(level - sound.SPEECH_TENTHS_DBFS))
        if "other-voices" in faults:
            self._disturb(wave, first, level, faults["other-voices"]["drop_db"] * 10)
        room = self.room_noise_tenths_dbfs - self.profile.room_rejection_tenths_db - weaker
        sound.add_noise(wave, first, sound.mix(self._key, 100), sound.amplitude(room))
        own = sound.amplitude(self.profile.self_noise_tenths_dbfs)
        sound.add_noise(wave, first, sound.mix(self._key, 101), own)
        if "noise" in faults:
            hiss = sound.amplitude(faults["noise"]["level_dbfs"] * 10)
            sound.add_noise(wave, first, sound.mix(self._key, 102), hiss)
        if "hum" in faults:
            sound.add_hum(wave, first, sound.amplitude(faults["hum"]["level_dbfs"] * 10))
        if "clipping" in faults:
            factor = sound.gain(faults["clipping"]["gain_db"] * 10)
            wave = (wave.astype(np.int64) * factor >> 12).clip(-40_000, 40_000).astype(np.int32)
        wave += np.int32(self.profile.dc_offset)
        return np.clip(wave, -sound.FULL_SCALE, sound.FULL_SCALE, out=wave)

    def _disturb(self, wave: Wave, first: int, level: int, drop: int) -> None:
        """Lower the voice, in place, while others speak, and add them as far as the microphone hears them."""
        low = sound.gain(-drop)
        others = sound.voice(sound.mix(self._key, 103))
        other_gain = sound.gain(
            level - self.profile.room_rejection_tenths_db - _OTHERS_DISTANCE - sound.SPEECH_TENTHS_DBFS
        )
        lasts = _OTHERS_SPEAK + _AGC_RELEASE
        for begin in sound.events(first, len(wave), sound.mix(self._key, 104), _OTHERS_PER_MINUTE, lasts):
            start, end = max(first, begin), min(first + len(wave), begin + lasts)
            frame = np.arange(start - begin, end - begin, dtype=np.int64)
            depth = np.minimum(frame * sound.UNITY // _AGC_ATTACK, sound.UNITY)
            depth = np.minimum(depth, (lasts - frame) * sound.UNITY // _AGC_RELEASE)
            part = wave[start - first : end - first]
            part[:] = part * (sound.UNITY - depth * (sound.UNITY - low) // sound.UNITY) >> 12
            part += sound.amplify(others.render(start, end - start), other_gain) * depth // sound.UNITY


def _repeat_packets(wave: Wave, first: int, packet: int, begins: Iterator[int]) -> Wave:
    """Return the stretch from ``first`` on, with packets replaced by the one before.

    Args:
        wave: The stretch with one packet of history in front.
        first: Its first frame, history left out.
        packet: Frames of a packet.
        begins: First frames of the packets that are replaced.
    """
    result = wave[packet:].copy()
    for begin in begins:
        start, end = max(begin, first), min(begin + packet, first + len(result))
        # wave starts one packet early, so index n of it is n - packet of the result
        result[start - first : end - first] = wave[start - first : end - first]
    return result
