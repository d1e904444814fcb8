"""The room in the recording: how fast sound dies away, and whether the voice comes back as an echo."""

from __future__ import annotations

import numpy as np

from station_core.audio_check.blocks import Floats, Mono
from station_core.audio_check.level import difference_tenth_db

_FALL_FRAMES = 15
_FROM = 0.25  # of the active power
_PERCENT = 95

_ECHO_RATE_HZ = 8000
_ECHO_WINDOW = 16_384
_MOST_WINDOWS = 60
_DELAYS_MS = (60, 320)
_BAND_HZ = (100, 3600)
_SMOOTH = 65  # bins


def fall_tenth_db(powers: Floats, active_power: float) -> int:
    """Return how deep the sound falls within 150 ms after strong syllables, in the clearest of cases.

    Args:
        powers: Mean squares of frames of 10 ms.
        active_power: Of the speech.
    """
    if len(powers) <= _FALL_FRAMES:
        return 0
    strong = powers[:-_FALL_FRAMES] > _FROM * active_power
    after = np.minimum(powers[_FALL_FRAMES:], powers[_FALL_FRAMES - 1 : -1])
    ratios = powers[:-_FALL_FRAMES][strong] / np.maximum(after[strong], 0.1)
    if not len(ratios):
        return 0
    place = (len(ratios) - 1) * _PERCENT // 100
    return difference_tenth_db(float(np.partition(ratios, place)[place]), 1.0)


def echo(x: Mono, rate_hz: int, offset: int) -> tuple[int, int]:
    """Look for a second arrival of everything, by the cepstrum: an echo ripples the spectrum.

    Bogert, Healy and Tukey: The quefrency alanysis of time series for echoes (1963). The mean over windows
    of the logarithmic spectrum is what the voice has in common at all times, which is the ripple.

    Returns:
        Strength in thousandths of the first arrival, and delay in microseconds to the millisecond.
    """
    step = rate_hz // _ECHO_RATE_HZ
    rate = rate_hz / step
    count = (len(x) // step - _ECHO_WINDOW) // (_ECHO_WINDOW // 2) + 1
    if count < 1:
        return 0, 0
    window = np.hanning(_ECHO_WINDOW)
    hertz = np.fft.rfftfreq(_ECHO_WINDOW, 1 / rate)
    total = np.zeros(len(hertz))
    for number in range(0, count, -(-count // _MOST_WINDOWS)):
        begin = number * _ECHO_WINDOW // 2 * step
        part = x[begin : begin + _ECHO_WINDOW * step].reshape(_ECHO_WINDOW, step)
        slow = np.einsum("ij->i", part.astype(np.float64)) - offset * step
        total += np.log(np.square(np.abs(np.fft.rfft(slow * window))) + 1)
    total /= len(range(0, count, -(-count // _MOST_WINDOWS)))
    ripple = total - np.convolve(total, np.ones(_SMOOTH) / _SMOOTH, mode="same")
    heard = (hertz >= _BAND_HZ[0]) & (hertz <= _BAND_HZ[1])
    cepstrum = np.fft.irfft(np.where(heard, ripple, 0)) * (len(hertz) - 1) / int(heard.sum())
    low, high = (int(delay * rate / 1000) for delay in _DELAYS_MS)
    place = low + int(cepstrum[low:high].argmax())
    return max(0, round(1000 * float(cepstrum[place]))), round(place * 1000 / rate) * 1000
