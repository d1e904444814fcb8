"""Sounds for tests of the audio check: the voice of the simulator in a quiet room, and simple signals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulators import sound

RATE = sound.RATE_HZ
Mono = NDArray[np.int16]


def speech(seconds: float = 6, key: int = 1, level: float = 1.0, noise: float = 20.0) -> Mono:
    """Let a voice speak, at about -18 dBFS times ``level``, over white noise of that RMS in steps."""
    frames = int(seconds * RATE)
    wave = sound.voice(key).render(0, frames) * level
    return rounded(wave + np.random.default_rng(key).normal(size=frames) * noise)


def rounded(wave: NDArray[np.float64]) -> Mono:
    """Round to samples and cut off at the ends of the scale."""
    return np.clip(np.rint(wave), -32_768, 32_767).astype(np.int16)


def tone(hertz: float, peak: float, seconds: float = 3, rate_hz: int = RATE) -> Mono:
    """Make a sine."""
    return rounded(peak * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate_hz)) / rate_hz))


def loudest_at(x: Mono, begin: float = 1.0, end: float | None = None) -> int:
    """Return the frame of the strongest sample between two times in seconds."""
    first = int(begin * RATE)
    return first + int(np.abs(x[first : None if end is None else int(end * RATE)].astype(np.int32)).argmax())


def gated(x: Mono) -> Mono:
    """Let a noise gate close in every pause of ``speech`` (of key 1)."""
    said = sound.voice(1).render(0, len(x)) != 0
    return np.where(said, x, np.int16(0))
