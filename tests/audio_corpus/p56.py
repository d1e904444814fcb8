"""Active speech level, a second implementation: ITU-T P.56 (12/2011), method B, as the text describes it.

Nothing is shared with ``station_core.audio_check``. Every sample is looked at; thresholds are 15 halvings.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

TIME_CONSTANT_S = 0.03
HANGOVER_S = 0.2
MARGIN_DB = 15.9
_THRESHOLDS = 2.0 ** -np.arange(1, 16)  # of full scale


def active_level(wave: NDArray[np.float64], rate_hz: int) -> tuple[float, float]:
    """Return the active level in dB relative to full scale 1, and the activity factor 0…1.

    Silence gives ``(-inf, 0)``.
    """
    energy = float(np.square(wave).sum())
    if energy == 0:
        return -np.inf, 0.0
    g = np.exp(-1 / (rate_hz * TIME_CONSTANT_S))
    smooth = lfilter([1 - g], [1, -g], np.abs(wave))
    envelope = lfilter([1 - g], [1, -g], smooth)
    hangover = round(HANGOVER_S * rate_hz)
    place = np.arange(len(wave))
    above: list[tuple[float, float]] = []  # threshold and level of what is active above it, in dB
    for threshold in _THRESHOLDS:
        last = np.maximum.accumulate(np.where(envelope >= threshold, place, -hangover - 1))
        active = int((place - last <= hangover).sum())
        if active:
            above.append((20 * float(np.log10(threshold)), 10 * float(np.log10(energy / active))))
    long_term = 10 * float(np.log10(energy / len(wave)))
    if not above:
        return long_term, 1.0
    level = _where_margin_is_met(above)
    return level, min(1.0, 10 ** ((long_term - level) / 10))


def _where_margin_is_met(above: list[tuple[float, float]]) -> float:
    """Interpolate the level at which it lies the margin above its threshold; thresholds fall."""
    for (c0, a0), (c1, a1) in pairwise(above):
        d0, d1 = a0 - c0 - MARGIN_DB, a1 - c1 - MARGIN_DB
        if d0 < 0 <= d1:
            return a0 + (a1 - a0) * -d0 / (d1 - d0)
    first, last = above[0], above[-1]
    return first[1] if first[1] - first[0] >= MARGIN_DB else last[1]
