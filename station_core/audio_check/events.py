"""Events that last a moment: where they begin and end, and how they are put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from station_core.audio_check.blocks import Ints


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A stretch of samples, end not included."""

    begin: int
    end: int

    @property
    def frames(self) -> int:
        """Its length."""
        return self.end - self.begin


def runs(places: Ints, step: int = 1) -> list[tuple[int, int]]:
    """Put ascending places that lie at most ``step`` apart together: first and last of each group.

    >>> runs(np.array([1, 2, 3, 7, 8]))
    [(1, 3), (7, 8)]
    """
    if not len(places):
        return []
    breaks = np.flatnonzero(np.diff(places) > step)
    firsts = places[np.concatenate([[0], breaks + 1])]
    lasts = places[np.concatenate([breaks, [len(places) - 1]])]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))
