"""The level meter: how loud a block is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hal.audio.values import Samples

FULL_SCALE = 32_767

QUIETEST = -999
"""Shown for digital silence, and for less than a hundredth of a step; tenths of dBFS."""


@dataclass(frozen=True, slots=True)
class Level:
    """How loud a stretch of sound is, in tenths of dBFS; 0 is the RMS of a full-scale square wave."""

    rms_tenths: int
    peak_tenths: int


def meter(samples: Samples) -> Level:
    """Measure the RMS and the peak of a block, of its loudest channel.

    For people to look at: it is computed in floating point and decides nothing.

    Args:
        samples: Shape ``(frames, channels)``; of no frames it is silence.

    >>> meter(np.full((480, 1), 32767, dtype=np.int16))
    Level(rms_tenths=0, peak_tenths=0)
    >>> meter(np.zeros((480, 2), dtype=np.int16))
    Level(rms_tenths=-999, peak_tenths=-999)
    """
    if not len(samples):
        return Level(QUIETEST, QUIETEST)
    sound = samples.astype(np.float64)
    rms = float(np.sqrt(np.square(sound).mean(axis=0).max()))
    return Level(_tenths(rms), _tenths(float(np.abs(sound).max())))


def _tenths(amplitude: float) -> int:
    if amplitude <= 0:
        return QUIETEST
    return max(QUIETEST, round(200 * float(np.log10(amplitude / FULL_SCALE))))
