"""Who or what sounds before a microphone, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simulators import sound
from simulators.device import World
from simulators.sound import RATE_HZ, Wave

_FADE = RATE_HZ * 5 // 1000


class Sound(Protocol):
    """What can sound before a microphone: a voice, a recording, a signal."""

    def render(self, first: int, frames: int) -> Wave:
        """Make the stretch that begins at the absolute frame ``first``.

        Speech is to have the level ``sound.SPEECH_RMS``. The array is the caller's to change.
        """


@dataclass(slots=True)
class _Spoken:
    """What sounded from a frame to a frame, or still does; ``tenths_db`` louder than it is made."""

    identity: str
    what: Sound
    tenths_db: int
    begin: int
    end: int | None = None

    def touches(self, first: int, frames: int) -> bool:
        return self.begin < first + frames and (self.end is None or first < self.end + _FADE)


class Speaker:
    """Who is speaking into the microphone, and when.

    The voice follows from the run's seed and the speaker's identity, the words from the time.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._spans: list[_Spoken] = []
        self._tenths_db = 0

    @property
    def identity(self) -> str | None:
        """Who speaks now."""
        return self._spans[-1].identity if self._spans and self._spans[-1].end is None else None

    @property
    def tenths_db(self) -> int:
        """How much louder than ordinarily, in tenths of a decibel."""
        return self._tenths_db

    def start(self, identity: str) -> None:
        """Begin to speak; whoever spoke before falls silent."""
        key = self._world.streams.stream(identity, "voice").bits(48)
        self.say(identity, sound.voice(key))

    def say(self, identity: str, what: Sound) -> None:
        """Begin to make that sound; whoever spoke before falls silent."""
        self.stop()
        now = sound.frame_at(self._world.runtime.now())
        self._spans.append(_Spoken(identity, what, self._tenths_db, now))

    def louder(self, tenths_db: int) -> None:
        """Speak that much louder than ordinarily from now on, or softer."""
        self._tenths_db = tenths_db
        if self.identity is not None:
            self.say(self.identity, self._spans[-1].what)

    def stop(self) -> None:
        """Fall silent; nothing if nobody speaks."""
        if self.identity is not None:
            self._spans[-1].end = sound.frame_at(self._world.runtime.now())

    def forget(self, frame: int) -> None:
        """Give up what ended before a frame; it cannot be rendered any more."""
        self._spans = [span for span in self._spans if span.touches(frame, 1) or span.end is None]

    def render(self, first: int, frames: int) -> Wave:
        """Make what is spoken, at ``sound.SPEECH_RMS``."""
        wave: Wave = np.zeros(frames, dtype=np.int32)
        for span in self._spans:
            if span.touches(first, frames):
                spoken = sound.amplify(span.what.render(first, frames), sound.gain(span.tenths_db))
                _fade(spoken, span, first)
                wave += spoken
        return wave


def _fade(wave: Wave, span: _Spoken, first: int) -> None:
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
