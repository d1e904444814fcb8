"""Levels: the active speech level of ITU-T P.56, noise, and decibels that are the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal

import numpy as np
from numpy.typing import NDArray

from station_core.audio_check.blocks import Blocks, Floats

FULL_SCALE = 32_767
SILENT_TENTH_DB = -960
"""What stands for the level of digital silence: the noise of a perfect 16-bit converter is higher."""

# P.56, method B: time constant of the envelope, hangover, margin between the active level and the threshold
_TIME_CONSTANT_MS = 30
_HANGOVER_MS = 200
_MARGIN_DB = Decimal("15.9")
_BITS = 15
_DOUBLINGS = 8  # 2**8 blocks: what is older weighs less than exp(-8)
_FRAME = 10
_QUIET_PERCENT = 5
_GATED = 5

# Decimal, since its logarithm is the same everywhere while that of the C library is not.
_CONTEXT = Context(prec=15)


@dataclass(frozen=True, slots=True)
class SpeechLevel:
    """Active level and share of time in which somebody speaks (P.56 A and activity factor).

    Args:
        tenth_db: Relative to the RMS of a full-scale square wave.
        activity_per_mille: Share of the blocks that are active.
        power: The same level as mean square, in steps of a sample.
    """

    tenth_db: int
    activity_per_mille: int
    power: float


def decibels(power_ratio: float) -> Decimal:
    """Return ten times the logarithm of a positive ratio."""
    return 10 * _CONTEXT.log10(Decimal(power_ratio))


def tenth_db(power: float) -> int:
    """Turn a mean square (in steps) into a level."""
    if power <= 0:
        return SILENT_TENTH_DB
    return max(SILENT_TENTH_DB, int((10 * decibels(power / FULL_SCALE**2)).to_integral_value()))


def difference_tenth_db(power: float, other: float) -> int:
    """Return by how much one positive power is above another."""
    return int((10 * decibels(power / other)).to_integral_value())


def speech_level(blocks: Blocks, size: int, rate_hz: int) -> SpeechLevel:
    """Measure the active speech level by ITU-T P.56, method B.

    The envelope is sampled once a block: the standard asks for 694 Hz or more.

    Args:
        blocks: Of one channel.
        size: Samples of a block.
        rate_hz: Sample rate.
    """
    energy = float(blocks.energy.sum())
    if energy <= 0:
        return SpeechLevel(SILENT_TENTH_DB, 0, 0.0)
    envelope = _smoothed(_smoothed(blocks.magnitude / size, size, rate_hz), size, rate_hz)
    hangover = _HANGOVER_MS * rate_hz // (1000 * size)
    level, above = decibels(energy / (len(blocks) * size)), Decimal("Infinity")
    for bit in range(_BITS):
        active = _active_blocks(envelope, 1 << bit, hangover)
        if not active:
            break
        next_level = decibels(energy / (active * size))
        next_above = next_level - decibels(float(1 << 2 * bit))
        if next_above <= _MARGIN_DB:
            if above.is_finite():
                level += (next_level - level) * (above - _MARGIN_DB) / (above - next_above)
            else:
                level = next_level
            break
        level, above = next_level, next_above
    return _speech(level, energy, len(blocks) * size)


def _speech(level: Decimal, energy: float, frames: int) -> SpeechLevel:
    power = float(Decimal(10) ** (level / 10))
    share = min(1000, round(1000 * energy / (frames * power)))
    return SpeechLevel(tenth_db(power), share, power)


def _smoothed(values: Floats, size: int, rate_hz: int) -> Floats:
    """Average exponentially: y[n] = g y[n-1] + (1 - g) x[n], by doubling the reach of a sum."""
    # a multiple of 2**-30, so that it does not depend on the last bit of a C library's exponential
    gain = round(2**30 * float(np.exp(-1000 * size / (_TIME_CONSTANT_MS * rate_hz)))) / 2**30
    result: Floats = values * (1 - gain)
    reach = 1
    for _ in range(_DOUBLINGS):
        if reach >= len(result):
            break
        result[reach:] += gain * result[:-reach]
        gain *= gain
        reach *= 2
    return result


def _active_blocks(envelope: Floats, threshold: int, hangover: int) -> int:
    """Count the blocks above a threshold or less than the hangover after one that is."""
    places = np.flatnonzero(envelope >= threshold)
    if not len(places):
        return 0
    gaps = np.minimum(np.diff(places, append=len(envelope)), hangover + 1)
    return int(gaps.sum())


def frame_powers(blocks: Blocks, size: int) -> Floats:
    """Return the mean square of every 10 ms; what stands still has none, wherever it stands."""
    count = len(blocks) // _FRAME
    energy = np.where(blocks.low == blocks.high, 0.0, blocks.energy)
    powers: Floats = energy[: count * _FRAME].reshape(count, _FRAME).sum(axis=1) / (_FRAME * size)
    return powers


def noise_power(powers: Floats) -> float:
    """Return the power of the quietest moments; digital silence is a gap unless there is much of it."""
    sounding = powers[powers > 0]
    if len(powers) - len(sounding) > len(powers) // _GATED:
        return 0.0  # a noise gate
    return quantile(sounding, _QUIET_PERCENT)


def quantile(values: NDArray[np.float64], percent: int) -> float:
    """Return the value that so many percent of the values do not exceed; 0 of none."""
    if not len(values):
        return 0.0
    place = (len(values) - 1) * percent // 100
    return float(np.partition(values, place)[place])
