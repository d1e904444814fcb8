"""Sound that comes sooner than it can have been spoken waits for its time: it may be another device's.

Where a microphone is pulled out, a sound server moves its streams to another source at once, and that gives
all it holds in one piece: PulseAudio's silent stand-in 1.8 s of it, 10 to 20 ms before the server tells that
the headset is gone. Of what waits nothing is passed on once something has gone wrong.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from hal.audio.portaudio.backend import BYTES_PER_SAMPLE
from hal.audio.portaudio.wire import Reply, Sound, Tick, Trouble

EARLY_S = 0.2
"""Seconds by which sound may be early: sound cards and servers give it in pieces of up to 100 ms (ours)."""

DRIFT = 0.001
"""How much faster than our clock a sound card's may be; crystals are ten times better (our choice)."""


class Pace:
    """Passes on what a recording gives, sound not sooner than it is due.

    Args:
        rate_hz, channels: Of the sound.
        send: Takes what is passed on.
        now: A clock that never goes back, in seconds.
    """

    def __init__(
        self,
        rate_hz: int,
        channels: int,
        send: Callable[[Reply], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate = rate_hz
        self._width = BYTES_PER_SAMPLE * channels
        self._send = send
        self._now = now
        self._began: float | None = None
        self._waiting: deque[Sound] = deque()

    def send(self, message: Reply) -> None:
        """Take a message; sound that is due goes before it, none before ``Trouble``."""
        match message:
            case Sound():
                self._waiting.append(message)
                if self._began is None:
                    self._began = self._now()
                self._pass_on()
            case Trouble():
                self._send(message)
            case Tick():
                if not self._pass_on():
                    self._send(message)
            case _:
                self._pass_on()
                self._send(message)

    def _pass_on(self) -> bool:
        """Send the sound that is due; whether there was any."""
        if self._began is None:
            return False
        waited = len(self._waiting)
        due = (self._now() - self._began) * (1 + DRIFT) + EARLY_S
        while self._waiting and self._end_s(self._waiting[0]) <= due:
            self._send(self._waiting.popleft())
        return len(self._waiting) < waited

    def _end_s(self, sound: Sound) -> float:
        return (sound.first_frame + len(sound.data) // self._width) / self._rate
