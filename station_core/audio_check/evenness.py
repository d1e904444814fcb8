"""Evenness: how far the weakest stretch of speech lies below the usual."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station_core.audio_check.blocks import Floats
from station_core.audio_check.level import difference_tenth_db, quantile

_WINDOW = 200  # frames of 10 ms: longer than a pause between two phrases
_HOP = 10
_SPEAKING = 0.33  # of the window
_ABOVE_NOISE = 2
_FAINTEST = 10**-3.2  # of the active power
_LOUD_PERCENT = 97  # what is loudest speaks for a stretch: pauses do not change it


def unevenness(powers: Floats, active_power: float, noise_power: float) -> tuple[int, int, int]:
    """Compare the loudest moments of every two seconds that hold speech with those of the whole.

    Args:
        powers: Mean squares of frames of 10 ms.
        active_power: Of the speech.
        noise_power: Of the quietest moments.

    Returns:
        The greatest difference in tenths of a decibel, first frame of that stretch, and its end.
    """
    if len(powers) <= _WINDOW or active_power <= 0:
        return 0, 0, 0
    speaking = powers > max(_ABOVE_NOISE * noise_power, _FAINTEST * active_power)
    spoken: NDArray[np.int64] = np.concatenate([[0], np.cumsum(speaking)])
    begins = np.arange(0, len(powers) - _WINDOW + 1, _HOP)
    begins = begins[spoken[begins + _WINDOW] - spoken[begins] >= _SPEAKING * _WINDOW]
    if not len(begins):
        return 0, 0, 0
    windows = np.lib.stride_tricks.sliding_window_view(powers, _WINDOW)[begins]
    place = (_WINDOW - 1) * _LOUD_PERCENT // 100
    loud = np.partition(windows, place, axis=1)[:, place]
    weakest = int(loud.argmin())
    begin = int(begins[weakest])
    usual = quantile(powers, _LOUD_PERCENT)
    return max(0, difference_tenth_db(usual, float(loud[weakest]))), begin, begin + _WINDOW
