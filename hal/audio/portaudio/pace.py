"""Sound that comes sooner than it can have been spoken waits for its time: it may be another device's.

Where a microphone is pulled out, a sound server moves its streams to another source at once, and that gives
all it holds in one piece: PulseAudio's silent stand-in 1.8 s of it, 10 to 20 ms before the server tells that
the headset is gone. Of what waits nothing is passed on once something has gone wrong. What has waited for
longer than that takes is this microphone's: a busy computer was late before.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from hal.audio.portaudio.backend import BYTES_PER_SAMPLE
from hal.audio.portaudio.wire import Reply, Sound, Tick, Trouble

EARLY_S = 0.2
"""Seconds by which sound may be early: sound cards and servers give it in pieces of up to 100 ms (ours)."""

HELD_S = 0.5
"""Seconds for which early sound waits: a failure is told within 300 ms (``soundserver``)."""

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
        """When the recording would have begun, had all sound been in time."""
        self._waiting: deque[tuple[Sound, float]] = deque()

    def send(self, message: Reply) -> None:
        """Take a message; sound that is due goes before it, none before ``Trouble``."""
        match message:
            case Sound():
                now = self._now()
                self._waiting.append((message, now))
                if self._began is None or message.overflow:
                    # frames that were lost are not counted on, so nothing is known of what came before
                    self._began = now - self._end_s(message)
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
        waited = len(self._waiting)
        now = self._now()
        while self._waiting:
            sound, since = self._waiting[0]
            if now - since >= HELD_S:
                self._began = now - self._end_s(sound)
            elif self._end_s(sound) > self._due_s(now):
                break
            self._send(sound)
            self._waiting.popleft()
        return len(self._waiting) < waited

    def _due_s(self, now: float) -> float:
        began = now if self._began is None else self._began
        return (now - began) * (1 + DRIFT) + EARLY_S

    def _end_s(self, sound: Sound) -> float:
        return (sound.first_frame + len(sound.data) // self._width) / self._rate
