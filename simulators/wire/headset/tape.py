"""What was played through the earphones, kept for whoever wants to look into it."""

from __future__ import annotations

from collections import deque

import numpy as np

from hal.audio import Samples
from simulators.sound import FULL_SCALE, RATE_HZ

KEPT = 60 * RATE_HZ
"""Frames: the last minute."""

_PAUSE = 2 * RATE_HZ  # frames of silence after which a sound is over: a longer pause is not kept
_REST = RATE_HZ // 5  # frames of silence within a sound: between words


class Tape:
    """The last minute of sound, from its first sample that is not zero; pauses over two seconds are cut.

    Args:
        channels: Of what is played.
    """

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._blocks: deque[Samples] = deque()
        self._pause: list[Samples] = []  # silence that is kept if a sound follows
        self._frames = 0
        self._silent = _REST

    def add(self, samples: Samples) -> bool:
        """Keep what was played, shape ``(frames, channels)``; return whether it sounds now."""
        if samples.any():
            self._blocks += self._pause
            self._frames += len(samples) + sum(map(len, self._pause))
            self._pause = []
            self._blocks.append(samples)
            self._silent = 0
        else:
            self._silent += len(samples)
            self._pause = [*self._pause, samples] if self._frames and self._silent < _PAUSE else []
        while self._frames - len(self._blocks[0] if self._blocks else ()) >= KEPT:
            self._frames -= len(self._blocks.popleft())
        return self._silent < _REST

    @property
    def frames(self) -> int:
        """How many there are."""
        return self._frames

    def samples(self) -> Samples:
        """Return them, shape ``(frames, channels)``."""
        if not self._blocks:
            return np.zeros((0, self._channels), dtype=np.int16)
        return np.concatenate(list(self._blocks))

    def level_tenths_dbfs(self) -> int | None:
        """Return the RMS of the last second; ``None`` for silence."""
        last: list[Samples] = []
        for block in reversed(self._blocks):
            last.append(block[::-1])
            if sum(map(len, last)) >= RATE_HZ:
                break
        rms = float(np.sqrt((np.concatenate(last)[:RATE_HZ].astype(np.float64) ** 2).mean())) if last else 0.0
        return round(200 * float(np.log10(rms / FULL_SCALE))) if rms else None

    def put_back(self, samples: Samples) -> None:
        """Keep again what was taken before ``clear``, in front of what has come since."""
        if len(samples):
            self._blocks.appendleft(samples)
            self._frames += len(samples)

    def clear(self) -> None:
        """Forget everything."""
        self._blocks.clear()
        self._pause = []
        self._frames = 0
        self._silent = _REST
