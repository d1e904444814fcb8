"""Overload: tops that are cut flat (clipping), or bent (saturation)."""

from __future__ import annotations

import numpy as np

from station_core.audio_check.blocks import Blocks, Mono
from station_core.audio_check.events import Event, runs
from station_core.audio_check.level import difference_tenth_db, quantile

_LEAST_HEIGHT = 1000  # steps: extremes below are no overload
_FLAT = 3  # samples in a row
_NEAR = 100  # blocks
_FRAME = 10  # blocks
_TOP_PERCENT = 95


def flat_tops(x: Mono, blocks: Blocks, size: int) -> tuple[int, list[Event]]:
    """Find at least three samples in a row at an extreme of the recording.

    Args:
        x: The samples.
        blocks: Their blocks.
        size: Samples of a block.

    Returns:
        How many samples lie on flat tops, and the stretches that hold them.
    """
    if not len(blocks):
        return 0, []
    count = 0
    found: list[int] = []
    for extreme, reached in (
        (int(blocks.high.max()), blocks.high == blocks.high.max()),
        (int(blocks.low.min()), blocks.low == blocks.low.min()),
    ):
        if abs(extreme) < _LEAST_HEIGHT:
            continue
        places = np.flatnonzero(reached & (blocks.low != blocks.high))
        top = x[: len(blocks) * size].reshape(-1, size)[places] == extreme
        flat = top[:, :-2] & top[:, 1:-1] & top[:, 2:]
        # a run of n samples holds n - 2 windows of three
        starts = flat.copy()
        starts[:, 1:] &= ~flat[:, :-1]
        count += int(flat.sum()) + (_FLAT - 1) * int(starts.sum())
        found += places[flat.any(axis=1)].tolist()
    return count, [
        Event(first * size, (last + 1) * size)
        for first, last in runs(np.array(sorted(found), np.int64), _NEAR)
    ]


def peak_factor_tenth_db(blocks: Blocks, active_power: float) -> int:
    """Return how far the peaks of speech lie above its active level.

    Single sounds do not count: it is the level that the peaks of 95 % of the frames of 10 ms stay below.
    """
    count = len(blocks) // _FRAME
    if not count or active_power <= 0:
        return 0
    high = blocks.high[: count * _FRAME].reshape(count, _FRAME).max(axis=1).astype(np.float64)
    low = blocks.low[: count * _FRAME].reshape(count, _FRAME).min(axis=1).astype(np.float64)
    peak = quantile(np.maximum(high, -low), _TOP_PERCENT)
    return difference_tenth_db(max(peak, 1.0) ** 2, active_power)
