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
        self._window: list[Samples] = []
        self._worst: tuple[Measurement, Verdict] | None = None
        self._count = 0

    def wants_next(self) -> bool:
        """Whether the next block's samples are needed."""
        return self._count % self._every < self._per_window

    def hear(self, samples: Samples | None) -> None:
        """Take the next block; its samples where they are wanted."""
        if self.wants_next() and samples is not None:
            self._window.append(samples)
            if len(self._window) == self._per_window:
                self._judge()
        self._count += 1

    def _judge(self) -> None:
        judged = judge_sound(self._window)
        self._window = []
        if self._worst is None or len(judged[1].reasons) > len(self._worst[1].reasons):
            self._worst = judged

    def judged(self) -> tuple[Measurement, Verdict]:
        """Return what the window with the most reasons says; it speaks for the answer."""
        if self._window:
            self._judge()
        return self._worst or judge_sound([np.zeros((FORMAT.rate_hz, FORMAT.channels), np.int16)])
