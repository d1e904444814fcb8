"""What sounds in the earphones, as far as the microphone may hear it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hal.audio import Samples
from simulators.sound import Wave


@dataclass(slots=True)
class _Played:
    begin: int
    samples: Samples
    end: int


class Earphones:
    """Sound that was played, each stretch with its place on the time line.

    Only what somebody may still hear is kept: whoever owns this forgets the rest.
    """

    def __init__(self) -> None:
        self._played: list[_Played] = []

    def play(self, first: int, samples: Samples) -> None:
        """Begin to play a sound at an absolute frame, which is not before the one of the sound before."""
        self._played.append(_Played(first, samples, first + len(samples)))

    def stop(self, frame: int) -> None:
        """End the latest sound at a frame, before its own end."""
        self._played[-1].end = min(self._played[-1].end, frame)

    def forget(self, frame: int) -> None:
        """Give up what was played before a frame."""
        self._played = [played for played in self._played if played.end > frame]

    def render(self, first: int, frames: int) -> Wave:
        """Make the stretch that begins at the absolute frame ``first``, the channels' mean."""
        wave: Wave = np.zeros(frames, dtype=np.int32)
        for played in self._played:
            begin, end = max(first, played.begin), min(first + frames, played.end)
            if begin < end:
                part = played.samples[begin - played.begin : end - played.begin]
                wave[begin - first : end - first] += part.sum(axis=1, dtype=np.int32) // part.shape[1]
        return wave
