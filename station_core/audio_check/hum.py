"""Mains hum (гул сети): 50 Hz and its harmonics, steady over seconds as no voice is."""

from __future__ import annotations

import numpy as np

from station_core.audio_check.blocks import Blocks
from station_core.audio_check.level import quantile, tenth_db

_MAINS_HZ = 50
_HARMONICS = 8
_WIDTH = 2  # bins of 1 Hz to either side: the window's main lobe, and mains that are 0.2 % off
_AROUND = range(4, 13)  # bins that show what is not hum
_PERCENT = 10  # hum is there all the time, a voice on the same pitch is not
_PROMINENT = 10  # times what is around: 10 dB
_LEAST_WINDOWS = 5


def hum_tenth_db(blocks: Blocks, size: int, rate_hz: int) -> int:
    """Measure the level of the lines.

    The sums of blocks are the signal at a thousandth of the time resolution: enough for 400 Hz.

    Args:
        blocks: Of one channel, some seconds.
        size: Samples of a block.
        rate_hz: Sample rate.
    """
    slow_rate = rate_hz / size
    length = round(slow_rate)
    signal = (blocks.total - blocks.total.mean()) / size if len(blocks) else blocks.total
    begins = range(0, len(signal) - length + 1, length // 2)
    if len(begins) < _LEAST_WINDOWS:
        return tenth_db(0)
    window = np.hanning(length)
    frames = np.stack([signal[begin : begin + length] for begin in begins]) * window
    # power of a line = sum of its bins, since a Hann window spreads it over them
    spectra = np.square(np.abs(np.fft.rfft(frames))) * 2 / (length * float(np.square(window).sum()))
    total = 0.0
    for harmonic in range(1, _HARMONICS + 1):
        hertz = _MAINS_HZ * harmonic
        centre = round(hertz * length / slow_rate)
        if centre + _AROUND[-1] >= spectra.shape[1]:
            break
        line = spectra[:, centre - _WIDTH : centre + _WIDTH + 1].sum(axis=1)
        around = spectra[:, [centre + sign * step for step in _AROUND for sign in (-1, 1)]]
        level = quantile(line, _PERCENT)
        rest = quantile(np.median(around, axis=1), _PERCENT) * (2 * _WIDTH + 1)
        if level > _PROMINENT * rest:
            total += (level - rest) / float(np.sinc(hertz / slow_rate)) ** 2
    return tenth_db(total)
