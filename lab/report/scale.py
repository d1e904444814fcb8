"""The axis of the picture: time to place.

Long quiet stretches are folded; each other stretch is linear, and wider where more happened. Places are in
percent of the width, so that the picture fits any page and can be zoomed without a program.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hal.runtime import MINUTE

QUIET = 22 * MINUTE
"""A stretch without anything happening that is at least so long is folded."""

FOLD = 3.2
"""Width of a fold in percent."""

WIDTH = 1130
"""Width in pixels for which labels are chosen: the usual window, no zoom."""

ZOOMS = (1, 2, 4, 8)

_THINNEST, _DENSEST = 0.7, 1.6
"""Bounds of how a stretch is drawn against the mean."""

_STEPS = tuple(minutes * MINUTE for minutes in (1, 5, 10, 30, 60, 120, 240))
"""Each a multiple of the one before, so that fine ticks fall between coarse ones."""
_TICK_PIXELS = 38


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the axis, places in percent."""

    begin: int
    end: int
    left: float
    right: float
    folded: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A clock time on the axis; ``zoom`` is the least zoom at which there is room for it."""

    t: int
    x: float
    zoom: int


class Scale:
    """A piecewise linear axis.

    Args:
        busy: Stretches of time in which something happened.
        times: When something happened: a stretch with more of it gets more room, within bounds.
        begin: Left end of the axis.
        end: Right end of the axis.
    """

    def __init__(self, busy: Iterable[tuple[int, int]], times: Sequence[int], begin: int, end: int) -> None:
        self.begin, self.end = begin, max(end, begin + MINUTE)
        parts = _parts(_joined(busy, begin, self.end), begin, self.end)
        folds = sum(1 for _, _, folded in parts if folded)
        fold = min(FOLD, 30.0 / folds) if folds else 0.0
        weights = _weights(parts, times)
        per_weight = (100.0 - fold * folds) / sum(weights)
        self.stretches: list[Stretch] = []
        left = 0.0
        for (start, stop, folded), weight in zip(parts, weights, strict=True):
            right = left + (fold if folded else weight * per_weight)
            self.stretches.append(Stretch(start, stop, left, right, folded))
            left = right

    def x(self, t: int) -> float:
        """Return the place of a time, in percent; times off the axis go to its ends."""
        if t <= self.begin:
            return 0.0
        for part in self.stretches:
            if t <= part.end:
                return part.left + (part.right - part.left) * (t - part.begin) / (part.end - part.begin)
        return 100.0

    def ticks(self) -> list[Tick]:
        """Return the clock times to write, from the coarse to the fine, sorted by time."""
        found: dict[int, int] = {}
        for zoom in ZOOMS:
            for part in self.stretches:
                if not part.folded:
                    pixels = (part.right - part.left) / (part.end - part.begin) * WIDTH * zoom / 100.0
                    step = next((step for step in _STEPS if step * pixels >= _TICK_PIXELS), _STEPS[-1])
                    first = -(-part.begin // step) * step
                    for t in range(first, part.end + 1, step):
                        found.setdefault(t, zoom)
        return [Tick(t, self.x(t), zoom) for t, zoom in sorted(found.items())]

    def zoom_for(self, begin: int, end: int, pixels: float) -> int:
        """Return the least zoom at which so many pixels fit between two times; 0 if none does."""
        room = (self.x(end) - self.x(begin)) * WIDTH / 100.0
        return next((zoom for zoom in ZOOMS if room * zoom >= pixels), 0)


def _weights(parts: list[tuple[int, int, bool]], times: Sequence[int]) -> list[float]:
    """Return how much room each part wants; folded parts want none of what is shared out."""
    ordered = sorted(times)
    counts = [bisect_left(ordered, end) - bisect_left(ordered, begin) for begin, end, _ in parts]
    length = sum(end - begin for begin, end, folded in parts if not folded)
    mean = max(1, sum(counts)) / length
    return [
        0.0
        if folded
        else (end - begin) * min(_DENSEST, max(_THINNEST, (count / (end - begin) / mean) ** 0.5))
        for (begin, end, folded), count in zip(parts, counts, strict=True)
    ]


def _joined(busy: Iterable[tuple[int, int]], begin: int, end: int) -> list[tuple[int, int]]:
    """Join stretches that are closer than ``QUIET``, and cut them to the axis."""
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(busy):
        start, stop = max(start, begin), min(stop, end)  # noqa: PLW2901 - cut to the axis
        if stop < start:
            continue
        if joined and start - joined[-1][1] < QUIET:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def _parts(joined: list[tuple[int, int]], begin: int, end: int) -> list[tuple[int, int, bool]]:
    """Cover the whole axis with busy and folded parts."""
    if not joined:
        return [(begin, end, False)]
    parts: list[tuple[int, int, bool]] = []
    at = begin
    for start, stop in joined:
        if start - at >= QUIET:
            parts.append((at, start, True))
            at = start
        if stop > at:
            parts.append((at, stop, False))
            at = stop
    if end > at:
        parts.append((at, end, end - at >= QUIET))
    return parts if any(not folded for _, _, folded in parts) else [(begin, end, False)]
