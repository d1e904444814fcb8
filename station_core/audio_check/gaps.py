"""Dropouts (пропуски): the signal stands still in the middle of sound."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from station_core.audio_check.blocks import Blocks, Mono
from station_core.audio_check.events import Event, runs

_SHORTEST_MS = 2
_EDGE_BLOCKS = 10  # a pitch period of the deepest voice
_LOUD = 0.09  # of the active power: the edge lies less than some 10 dB below speech
_NEXT = 3  # blocks
_NO_FADE = 0.15  # of the peak of a pitch period: a sound that fades in or out is softer next to the gap
_NO_FADE_BETWEEN = 0.1  # where speech is on both sides
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
        before = blocks.part(max(0, first - _EDGE_BLOCKS), first)
        after = blocks.part(last + 1, last + 1 + _EDGE_BLOCKS)
        if not _torn(before.reversed(), after, int(blocks.low[first]), active_power):
            continue
        begin, end = _refined(x, first * size, (last + 1) * size, size)
        if begin > 0 and end - begin >= rate_hz * _SHORTEST_MS // 1000 and not _flat_top(x, blocks, begin):
            yield Event(begin, end)


def gated_per_mille(blocks: Blocks) -> int:
    """Return the share of blocks that stand still after a sound and before the next."""
    still = blocks.low == blocks.high
    moving = np.flatnonzero(~still)
    return int(still[moving[0] : moving[-1]].sum()) * 1000 // len(still) if len(moving) else 0


def _torn(before: Blocks, after: Blocks, value: int, active_power: float) -> bool:
    """Whether speech breaks off or sets in at a gap; next to a gate's pause it fades out or in.

    Args:
        before: Blocks before the gap, the nearest first.
        after: Blocks after it.
        value: Where the signal stands still.
        active_power: Of the speech.
    """
    near = []
    for side in (before, after):
        peaks = np.maximum(side.high.astype(np.float64) - value, value - side.low.astype(np.float64))
        if len(peaks) and peaks.max() ** 2 >= _LOUD * active_power:
            near.append(float(peaks[:_NEXT].max() / peaks.max()))
    return max(near, default=0) >= (_NO_FADE if len(near) == 1 else _NO_FADE_BETWEEN)


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
