"""Sounds that are not the model's own voices: recordings, test signals, silence. Each is a ``Sound``."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.sound import RATE_HZ, SPEECH_TENTHS_DBFS, Wave, amplitude

LONGEST_SWEEP_S = 60
_COUNTER_BITS = 15


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing."""

    def render(self, first: int, frames: int) -> Wave:  # noqa: ARG002 - it is the same at any time
        """Make the stretch."""
        return np.zeros(frames, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Tone:
    """A sine that never ends.

    Args:
        hz: Its frequency, a whole number.
        tenths_dbfs: Its RMS; as loud as ordinary speech by default.
    """

    hz: int
    tenths_dbfs: int = SPEECH_TENTHS_DBFS

    def render(self, first: int, frames: int) -> Wave:
        """Make the stretch."""
        # a whole number of periods a second, so the phase is exact at any distance
        phase = (np.arange(first, first + frames, dtype=np.int64) * self.hz) % RATE_HZ
        return _sine(phase / RATE_HZ, self.tenths_dbfs)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sine whose frequency rises by the same number of octaves every second, again and again.

    A. Farina: Simultaneous Measurement of Impulse Response and Distortion with a Swept-Sine Technique, 2000.

    Args:
        from_hz, to_hz: Where it begins and ends.
        frames: How long it lasts.
        begin: The frame at which it begins for the first time.
        tenths_dbfs: Its RMS.
    """

    from_hz: int
    to_hz: int
    frames: int
    begin: int
    tenths_dbfs: int = SPEECH_TENTHS_DBFS

    def render(self, first: int, frames: int) -> Wave:
        """Make the stretch."""
        at = (np.arange(first, first + frames, dtype=np.int64) - self.begin) % self.frames
        rise = math.log(self.to_hz / self.from_hz)
        turns = self.from_hz * self.frames / RATE_HZ / rise * np.expm1(at / self.frames * rise)
        return _sine(turns % 1.0, self.tenths_dbfs)


@dataclass(frozen=True, slots=True)
class Counter:
    """A sequence that shows every lost, repeated or changed sample: sample ``n`` is ``n mod 32768``.

    It has to reach the program unchanged: no microphone, no room.
    """

    begin: int

    def render(self, first: int, frames: int) -> Wave:
        """Make the stretch."""
        at = np.arange(first - self.begin, first - self.begin + frames, dtype=np.int64)
        return (at & ((1 << _COUNTER_BITS) - 1)).astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """A recording, once or again and again.

    Args:
        wave: The sound, one channel.
        begin: The frame at which it begins.
        again: Whether it begins anew at its end.
    """

    wave: Wave
    begin: int
    again: bool = True

    def render(self, first: int, frames: int) -> Wave:
        """Make the stretch."""
        at = np.arange(first - self.begin, first - self.begin + frames, dtype=np.int64)
        if self.again:
            return self.wave[at % len(self.wave)]
        inside = (at >= 0) & (at < len(self.wave))
        return np.where(inside, self.wave[np.clip(at, 0, len(self.wave) - 1)], 0).astype(np.int32)


def _sine(turns: NDArray[np.float64], tenths_dbfs: int) -> Wave:
    peak = amplitude(tenths_dbfs) * math.sqrt(2)
    return np.round(peak * np.sin(2 * np.pi * turns)).astype(np.int32)
