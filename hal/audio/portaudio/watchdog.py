"""Is the sound of a recording still that of a living headset? Pure logic over what the process sends.

PortAudio stays silent about most of what can happen: a suspended source stops the callbacks, one that is
pulled out or muted becomes zeros (``docs/guides/headsets.md`` has the table). Time is counted in the ticks of
the process that records, so that a computer which is busy for a moment raises no alarm.
"""

from __future__ import annotations

from hal.audio.portaudio.silence import is_silent
from hal.audio.portaudio.wire import TICK_MS, Kind

STOPPED_MS = 150
"""No sound for so long means that it has stopped. Ours: with a tick more, and with what the system still has
in its buffers, it is noticed within 300 ms."""

STOPPED_WITH_SERVER_MS = 2_000
"""The same where a sound server tells of suspended sources: then a pause only means that it is busy."""

START_MS = 3_000
"""A stream that gives no sound within this never will: a monitor of PulseAudio takes up to 1.5 s."""

SILENT_MS = 200
"""Exact zeros for so long after sound: no living microphone is that quiet. Ours, for the same 300 ms."""


class Watchdog:
    """Watches one recording.

    Where a sound server knows the stream (``attached``), its word decides whether the microphone is muted or
    gone, because headsets that gate noise give zeros in every pause. Without one, zeros are the only sign of
    some systems that the microphone is gone, so such a headset cannot be used there.

    Args:
        bytes_per_second: Of the sound.
    """

    def __init__(self, bytes_per_second: int) -> None:
        self._rate = bytes_per_second
        self._attached = False
        self._begun = False
        self._heard = False
        self._zeros = 0
        self._pause_ms = 0

    def attached(self) -> None:
        """Learn that a sound server tells what happens to the stream."""
        self._attached = True

    def sound(self, data: bytes) -> Kind | None:
        """Learn of sound; say what is wrong, if anything is."""
        self._begun = True
        self._pause_ms = 0
        if not is_silent(data):
            self._heard = True
            self._zeros = 0
            return None
        self._zeros += len(data)
        too_long = self._zeros * 1000 >= SILENT_MS * self._rate
        return Kind.SILENT if self._heard and too_long and not self._attached else None

    def tick(self) -> Kind | None:
        """Learn that no sound came for ``TICK_MS``; say what is wrong, if anything is."""
        self._pause_ms += TICK_MS
        longest = STOPPED_WITH_SERVER_MS if self._attached else STOPPED_MS
        return Kind.STOPPED if self._pause_ms >= (longest if self._begun else START_MS) else None
