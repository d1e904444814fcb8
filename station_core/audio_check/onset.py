"""What begins in the middle of an answer, decided by the last 0.4 s alone.

So short a time holds no pause, in which steady faults are easily measured: each is known by something that
no voice does for that long. Noise fills all bands at once and does not swell; mains hold their phase; an
offset never swings back; bent sound has tops of one height.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import log2, sqrt

import numpy as np
from numpy.typing import NDArray

from station_core.audio_check.blocks import Blocks, Floats, Mono
from station_core.audio_check.judge import FULL_SCALE, above, below
from station_core.audio_check.level import difference_tenth_db, quantile, tenth_db
from station_core.audio_check.limits import AudioLimits
from station_core.audio_check.values import Kind, Outcome

SPAN_MS = 400
"""What is looked at: with 100 ms until the next look, half a second."""

Judged = tuple[Kind, int, tuple[Outcome, int]]

_FRAME_MS = 10
_BANDS_HZ = (1000, 2000, 4000)  # lower ends of octaves: below, a held vowel is as steady as noise
_LOWEST_HZ = 20
_MOST_PERCENT = 65  # of the time noise lies bare in one of the bands
_FLOOR_PERCENT = 25
_PASSED = 0, (Outcome.PASS, 0)
_LINES = 50 * np.arange(1, 9)  # Hz: the mains and their harmonics
_TURN_MS = 100  # whole periods of all lines
_HOP_MS = 50
_PIECE_MS = 50  # a period of 20 Hz: lower sounds are thumps, which swing to both sides
_TOP_PERCENT = 95
_ACTIVE = 0.1  # of the usual power
_LEAST_ACTIVE = 12  # frames


_BEGINS = np.arange(0, SPAN_MS - _TURN_MS + 1, _HOP_MS)[:, None]
_TURNS = _BEGINS + np.arange(_TURN_MS)
"""Milliseconds: a row for each tenth of a second."""


def _probes() -> NDArray[np.complex128]:
    """Return what turns means into phasors (RMS), of shape ``(lines, tenths, milliseconds)``."""
    window = np.hanning(_TURN_MS + 1)[:-1]
    turning = np.exp(-2j * np.pi * _LINES[:, None, None] * _TURNS / 1000)
    probes: NDArray[np.complex128] = turning * window * (sqrt(2) / window.sum())
    return probes


_PROBES = _probes()


def begun(x: Mono, blocks: Blocks, rate_hz: int, usual: float, limits: AudioLimits) -> Iterator[Judged]:
    """Judge the last 0.4 s.

    Args:
        x: The samples of the blocks.
        blocks: ``SPAN_MS`` of them.
        rate_hz: Sample rate.
        usual: Active power of the speech before, mean square; 0 when nobody has spoken yet.
        limits: See ``hum``, ``dc_offset``, ``loud``, ``noisy`` and those that begin with ``sudden``.
    """
    size = len(x) // len(blocks)
    means = blocks.total / size
    yield Kind.HUM, *_hum(means, limits)
    offset = round(_offset(means) * 1000 / FULL_SCALE)
    yield Kind.DC_OFFSET, offset, above(limits.dc_offset, abs(offset))
    if usual <= 0:
        return
    frames = x.reshape(-1, _FRAME_MS * size).astype(np.float64)
    frames -= frames.mean(axis=1, keepdims=True)
    powers = np.einsum("ij,ij->i", frames, frames) / frames.shape[1]
    yield Kind.LOUD, *_loud(float(powers.mean()), usual, limits)
    yield Kind.NOISY, *_noise(frames, rate_hz, usual, limits)
    yield Kind.DISTORTION, *_bent(frames, powers, usual, limits)


def _hum(means: Floats, limits: AudioLimits) -> tuple[int, tuple[Outcome, int]]:
    """Add up the lines whose amplitude and phase are the same in every tenth of a second."""
    # not as a product of matrices: for that BLAS wakes threads, which takes milliseconds on a busy computer
    phasors = np.einsum("ltm,tm->lt", _PROBES, means[_TURNS])
    mean = phasors.mean(axis=1)
    strength = np.abs(mean)
    steady = 2 * np.abs(phasors - mean[:, None]).max(axis=1) <= strength
    # no voice reaches down to the mains; but a low one that is held on one note may have lines from 100 Hz on
    mains, rectified = steady[0], steady[1]
    if not (mains or rectified):
        return _PASSED
    lines = strength[steady] if mains else strength[1::2][steady[1::2]]
    level = tenth_db(float(np.square(lines).sum()))
    return level, above(limits.hum if mains else limits.sudden_hum, level)


def _offset(means: Floats) -> float:
    """Return the mean that is nearest to zero, as long as all are on the same side."""
    pieces = means.reshape(-1, _PIECE_MS).mean(axis=1)
    return float(max(pieces.min(), 0.0) + min(pieces.max(), 0.0))


def _loud(power: float, usual: float, limits: AudioLimits) -> tuple[int, tuple[Outcome, int]]:
    if power <= 0 or above(limits.sudden_loud, difference_tenth_db(power, usual))[0] is Outcome.PASS:
        return _PASSED
    level = tenth_db(power)
    return level, above(limits.loud, level)


def _noise(
    frames: Floats, rate_hz: int, usual: float, limits: AudioLimits
) -> tuple[int, tuple[Outcome, int]]:
    """Estimate noise from the band that holds least of the voice, where that is steady most of the time."""
    length = frames.shape[1]
    spectra = np.square(np.abs(np.fft.rfft(frames * _window(length))))
    least = np.full(len(frames), np.inf)
    for low in _BANDS_HZ:
        if 4 * low > rate_hz:
            break
        # the share of white noise that lies in the octave, and of pink noise: rooms are in between
        share = sqrt(2 * low / rate_hz / log2(rate_hz / 2 / _LOWEST_HZ))
        band = spectra[:, low * length // rate_hz : 2 * low * length // rate_hz].sum(axis=1)
        least = np.minimum(least, band / share)
    least = (least[1:] + least[:-1]) / 2
    floor = float(np.partition(least, 1)[1])
    if floor <= 0:
        return _PASSED
    swell = difference_tenth_db(quantile(least, _MOST_PERCENT), floor)
    if below(limits.sudden_noise, swell)[0] is Outcome.PASS:
        return _PASSED
    margin = difference_tenth_db(usual, quantile(least, _FLOOR_PERCENT))
    if below(limits.sudden_noisy, margin)[0] is Outcome.PASS:
        return _PASSED
    return margin, below(limits.noisy, margin)


@cache
def _window(length: int) -> Floats:
    """Return a Hann window such that squares of the spectrum's bins add up to the mean square."""
    window: Floats = np.hanning(length)
    return window * sqrt(2 / (length * float(np.square(window).sum())))


def _bent(
    frames: Floats, powers: Floats, usual: float, limits: AudioLimits
) -> tuple[int, tuple[Outcome, int]]:
    active = powers > _ACTIVE * usual
    if int(active.sum()) < _LEAST_ACTIVE:
        return _PASSED
    peak = quantile(np.abs(frames[active]).max(axis=1), _TOP_PERCENT)
    factor = difference_tenth_db(peak**2, float(powers[active].mean()))
    return factor, below(limits.sudden_distortion, factor)
