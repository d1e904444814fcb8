"""Dropouts (пропуски): the signal stands still in the middle of sound."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from station_core.audio_check.blocks import Blocks, Mono
from station_core.audio_check.events import Event, runs

_SHORTEST_MS = 2
_EDGE_BLOCKS = 10  # a pitch period of the deepest voice
_ABRUPT = 0.09  # of the active power: the edge lies less than some 10 dB below speech
_FLAT_TOP = 1000  # what stands still higher than this may be an overload


def gaps(x: Mono, blocks: Blocks, rate_hz: int, active_power: float) -> Iterator[Event]:
    """Find the gaps of at least 2 ms that have speech right before or after them.

    Args:
        x: The samples.
        blocks: Their blocks.
        rate_hz: Sample rate.
        active_power: Of the speech, mean square.
    """
    size = rate_hz // 1000
    still = blocks.low == blocks.high
    for first, last in runs(np.flatnonzero(still)):
        peaks = _peak_power(blocks, first, last)
        if max(peaks) < _ABRUPT * active_power:
            continue
        begin, end = _refined(x, first * size, (last + 1) * size, size)
        if begin > 0 and end - begin >= rate_hz * _SHORTEST_MS // 1000 and not _flat_top(x, blocks, begin):
            yield Event(begin, end)


def _peak_power(blocks: Blocks, first: int, last: int) -> tuple[float, float]:
    """Return the squared peaks of the stretches before and after."""
    sides = blocks.part(max(0, first - _EDGE_BLOCKS), first), blocks.part(last + 1, last + 1 + _EDGE_BLOCKS)
    value = int(blocks.low[first])
    powers = []
    for side in sides:
        peak = max((int(side.high.max()) - value, value - int(side.low.min())), default=0) if len(side) else 0
        powers.append(float(peak) ** 2)
    return powers[0], powers[1]


def _refined(x: Mono, begin: int, end: int, size: int) -> tuple[int, int]:
    """Extend what stands still to the last sample."""
    value = x[begin]
    before = np.flatnonzero(x[max(0, begin - size) : begin] != value)
    after = np.flatnonzero(x[end : end + size] != value)
    first = begin - size + int(before[-1]) + 1 if len(before) else max(0, begin - size)
    last = end + int(after[0]) if len(after) else min(len(x), end + size)
    return max(0, first), last


def _flat_top(x: Mono, blocks: Blocks, begin: int) -> bool:
    value = int(x[begin])
    return abs(value) >= _FLAT_TOP and value in (int(blocks.low.min()), int(blocks.high.max()))
