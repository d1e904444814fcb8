"""What the spectrum tells: how far up the sound reaches, and whether it was taken at another rate.

Spectra are computed in floating point, whose last bits differ between machines; so what leaves this module
is rounded to hundreds of hertz or to tenths, see ``docs/decisions/0020``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

import numpy as np

from station_core.audio_check.blocks import Blocks, Floats, Mono

_FRAME_SECONDS = 0.0427  # 2048 samples at 48 kHz
_MOST_FRAMES = 1200
_BAND_HZ = 500
_LOWEST_HZ = 60
_REACH = 10**-4.5  # of the strongest band: what lies below is the noise of the converter
_LOUD_PERCENT = 95
_ACTIVE = 1 / 30  # of the loud frames
_LOW_SHARE = 0.2
_VOICE_HZ = 6000  # clicks and hiss above do not count
_VOICED = 0.45
_PITCH_HZ = (85, 760)
_RATE = 100  # frames of 10 ms a second
_SYLLABLES_HZ = (0.5, 16)
_HELD_BLOCKS = 20
_HELD_AT_MOST = 12


@dataclass(frozen=True, slots=True)
class Spectrum:
    """What the spectrum tells.

    Args:
        bandwidth_hz: Top of the highest band of 500 Hz whose loud moments are heard.
        voiced_per_mille: Share of the active time in which the sound has a pitch.
        low_hz: A fifth of the energy up to 6 kHz lies below.
    """

    bandwidth_hz: int
    voiced_per_mille: int
    low_hz: int


def spectrum(x: Mono, rate_hz: int, offset: int) -> Spectrum:
    """Measure at most some 1200 frames, spread evenly."""
    size = 1 << round(log2(rate_hz * _FRAME_SECONDS))
    count = len(x) // size
    if not count:
        return Spectrum(0, 0, 0)
    frames = x[: count * size].reshape(count, size)[:: max(1, -(-count // _MOST_FRAMES))]
    window = np.hanning(size)
    spectra = np.square(np.abs(np.fft.rfft((frames - np.float64(offset)) * window)))
    powers = spectra.sum(axis=1)
    loud = np.partition(powers, place := (len(powers) - 1) * _LOUD_PERCENT // 100)[place]
    if loud <= 0:
        return Spectrum(0, 0, 0)
    active = spectra[powers > loud * _ACTIVE]
    return Spectrum(
        _bandwidth(spectra, rate_hz / size), _voiced(active, window, rate_hz), _low(active, rate_hz / size)
    )


def _bandwidth(spectra: Floats, bin_hz: float) -> int:
    edges = np.arange(_LOWEST_HZ, (spectra.shape[1] - 1) * bin_hz, _BAND_HZ)
    starts = np.unique((edges / bin_hz).astype(np.int64))
    bands = np.add.reduceat(spectra, starts, axis=1)
    place = (len(bands) - 1) * _LOUD_PERCENT // 100
    levels = np.partition(bands, place, axis=0)[place]
    reached = np.flatnonzero(levels > _REACH * levels.max())
    return round((int(reached[-1]) + 1) * _BAND_HZ) if len(reached) else 0


def _low(active: Floats, bin_hz: float) -> int:
    first = int(_LOWEST_HZ / bin_hz)
    grown = np.cumsum(active[:, first : int(_VOICE_HZ / bin_hz)].sum(axis=0))
    return round((first + int(np.searchsorted(grown, _LOW_SHARE * grown[-1]))) * bin_hz)


def _voiced(active: Floats, window: Floats, rate_hz: int) -> int:
    """Count the frames whose autocorrelation has a peak at a pitch period."""
    correlation = np.fft.irfft(active)
    shape = np.fft.irfft(np.square(np.abs(np.fft.rfft(window))))
    shortest, longest = (rate_hz // hertz for hertz in reversed(_PITCH_HZ))
    peaks = correlation[:, shortest : longest + 1] / shape[shortest : longest + 1] * shape[0]
    voiced = peaks.max(axis=1) > _VOICED * correlation[:, 0]
    return int(voiced.sum()) * 1000 // len(active)


def pace_tenth_hz(powers: Floats) -> int:
    """Return the middle of the frequencies at which the envelope swings: the pace of syllables.

    Args:
        powers: Mean squares of frames of 10 ms.
    """
    envelope = np.sqrt(powers)
    if len(envelope) < _RATE or not envelope.any():
        return 0
    swings = np.square(np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(len(envelope)))))
    hertz = np.fft.rfftfreq(len(envelope), 1 / _RATE)
    heard = (hertz > _SYLLABLES_HZ[0]) & (hertz < _SYLLABLES_HZ[1])
    total = float(swings[heard].sum())
    return round(10 * float((swings[heard] * hertz[heard]).sum()) / total) if total > 0 else 0


def held_samples(x: Mono, blocks: Blocks, size: int) -> int:
    """Return how often each sample is given: more than once where a driver fills up a lower rate so.

    Args:
        x: The samples.
        blocks: Their blocks.
        size: Samples of a block.
    """
    span = blocks.high.astype(np.int32) - blocks.low
    count = len(span) // _HELD_BLOCKS
    if not count:
        return 1
    stretches = span[: count * _HELD_BLOCKS].reshape(count, _HELD_BLOCKS).min(axis=1)
    factors = []
    for stretch in np.argsort(-stretches, kind="stable")[:_HELD_BLOCKS].tolist():
        begin = stretch * _HELD_BLOCKS * size
        part = x[begin : begin + _HELD_BLOCKS * size]
        changes = np.flatnonzero(part[1:] != part[:-1])
        factors.append(int(np.gcd.reduce(np.diff(changes))) if len(changes) > 2 else 1)
    return min(factors) if max(factors) <= _HELD_AT_MOST else 1
