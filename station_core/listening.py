"""The station's ear during an answer: which blocks are measured, and what their sound is worth."""

from __future__ import annotations

import numpy as np

from hal.audio import Samples
from hal.runtime import SECOND
from station_core.audio_check import Measurement, Verdict, judge, limits, measure
from station_core.recorder import FORMAT

WINDOW_US = 2 * SECOND
"""Sound that is measured at once: several syllables and pauses (our choice)."""


def judge_sound(blocks: list[Samples]) -> tuple[Measurement, Verdict]:
    """Measure blocks that follow each other, and judge them by the criteria of [001:79]."""
    samples = np.concatenate(blocks)
    if len(samples) < FORMAT.rate_hz:
        # the last moments of an interrupted answer: too short for levels, so measured as if they went on
        samples = np.resize(samples, (FORMAT.rate_hz, FORMAT.channels))
    measurement = measure(samples, FORMAT.rate_hz)
    return measurement, judge(measurement, limits())


class Windows:
    """Measures a window of an answer every so often.

    Args:
        block_us: Length of a block.
        every_us: From the beginning of one window to that of the next; in virtual time it is long, because
            sound that nobody measures is never made.
    """

    def __init__(self, block_us: int, every_us: int) -> None:
        self._per_window = max(1, WINDOW_US // block_us)
        self._every = max(self._per_window, every_us // block_us)
        self._windows: list[list[Samples]] = []
        self._count = 0

    def wants_next(self) -> bool:
        """Whether the next block's samples are needed."""
        return self._count % self._every < self._per_window

    def hear(self, samples: Samples | None) -> None:
        """Take the next block; its samples where they are wanted."""
        if self.wants_next() and samples is not None:
            if self._count % self._every == 0:
                self._windows.append([])
            self._windows[-1].append(samples)
        self._count += 1

    def judged(self) -> tuple[Measurement, Verdict]:
        """Judge every window; the one with the most reasons speaks for the answer."""
        judged = [judge_sound(window) for window in self._windows]
        return max(judged, key=lambda pair: len(pair[1].reasons))
