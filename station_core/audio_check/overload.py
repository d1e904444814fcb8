"""Overload: tops that are cut flat (clipping), or bent (saturation)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from station_core.audio_check.blocks import Blocks, Bools, Mono
from station_core.audio_check.level import difference_tenth_db, quantile

_LEAST_HEIGHT = 1000  # steps: extremes below are no overload
_FLAT = 3  # samples in a row
_FRAME = 10  # blocks
_TOP_PERCENT = 95
_ACTIVE = 0.1  # of the active power


@dataclass(frozen=True, slots=True)
class FlatTops:
    """Where at least three samples in a row lie at an extreme of the recording.

    Args:
        samples: How many lie on flat tops.
        reached: Blocks that reach an extreme at which there are flat tops.
    """

    samples: int
    reached: Bools


def flat_tops(x: Mono, blocks: Blocks, size: int) -> FlatTops:
    """Find what was cut off.

    Args:
        x: The samples.
        blocks: Their blocks.
        size: Samples of a block.
    """
    samples, all_reached = 0, np.zeros(len(blocks), np.bool_)
    if not len(blocks):
        return FlatTops(0, all_reached)
    rows = x[: len(blocks) * size].reshape(-1, size)
    for extreme, reached in (
        (int(blocks.high.max()), blocks.high == blocks.high.max()),
        (int(blocks.low.min()), blocks.low == blocks.low.min()),
    ):
        if abs(extreme) < _LEAST_HEIGHT:
            continue
        top = rows[reached & (blocks.low != blocks.high)] == extreme
        flat = top[:, :-2] & top[:, 1:-1] & top[:, 2:]
        if flat.any():
            # a run of n samples holds n - 2 windows of three
            starts = flat.copy()
            starts[:, 1:] &= ~flat[:, :-1]
            samples += int(flat.sum()) + (_FLAT - 1) * int(starts.sum())
            all_reached |= reached
    return FlatTops(samples, all_reached)


def peak_factor_tenth_db(blocks: Blocks, size: int, active_power: float) -> int:
    """Return how far the peaks of speech lie above its active level.

    Single sounds do not count: it is what the peaks of 95 % of the active frames of 10 ms stay below.
    """
    count = len(blocks) // _FRAME
    if not count or active_power <= 0:
        return 0
    frames = _FRAME * size
    high = blocks.high[: count * _FRAME].reshape(count, _FRAME).max(axis=1).astype(np.float64)
    low = blocks.low[: count * _FRAME].reshape(count, _FRAME).min(axis=1).astype(np.float64)
    energies = blocks.energy[: count * _FRAME].reshape(count, _FRAME).sum(axis=1)
    active = energies > _ACTIVE * active_power * frames
    peak = quantile(np.maximum(high, -low)[active], _TOP_PERCENT)
    return difference_tenth_db(max(peak, 1.0) ** 2, active_power)
