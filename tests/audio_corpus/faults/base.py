"""What a fault of the corpus is: how it is mixed in, how strong, and from where on it must be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hal.audio import Samples
from station_core.audio_check import Kind
from tests.audio_corpus.clip import Clip, rounded
from tests.audio_corpus.voices import RATE_HZ, Wave

Span = tuple[int, int]
"""Begin and end in frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Damaged:
    """A damaged recording with its label.

    Args:
        samples: Shape ``(frames,)`` or ``(frames, channels)``.
        spans: Where the fault lies, in frames.
    """

    samples: Samples
    spans: tuple[Span, ...]


Damage = Callable[[Clip, np.random.Generator, float], Damaged]


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of the table.

    Args:
        name: Of the row.
        kind: What the check has to call it.
        unit: Of its strengths.
        strengths: Weakest first.
        audible_from: The weakest strength that must be found, one of ``strengths``.
        why: Source or reason of that threshold.
        damage: Mixes it in.
        companions: What else may rightly be said of such a recording.
    """

    name: str
    kind: Kind
    unit: str
    strengths: tuple[float, ...]
    audible_from: float
    why: str
    damage: Damage
    companions: frozenset[Kind] = field(default_factory=frozenset)

    def audible(self, strength: float) -> bool:
        """Whether it must be found at that strength."""
        return self.strengths.index(strength) >= self.strengths.index(self.audible_from)


def throughout(wave: Wave) -> Damaged:
    """Round a recording that is damaged from its begin to its end."""
    return Damaged(rounded(wave), ((0, len(wave)),))


_STEP = RATE_HZ // 100


def speech_places(clip: Clip, rng: np.random.Generator, frames: int, count: int, apart: int) -> list[int]:
    """Draw begins of stretches in which somebody speaks, in order; fewer where there is no room for more.

    Args:
        clip: The recording.
        rng: Chooses.
        frames: Length of a stretch.
        count: How many.
        apart: Least distance between two begins, in frames.
    """
    loud = _speaking(clip, max(1, frames // _STEP))
    drawn: list[int] = []
    for step in rng.permutation(np.flatnonzero(loud)).tolist():
        begin = step * _STEP + int(rng.integers(_STEP))
        if RATE_HZ // 2 <= begin <= clip.frames - frames - RATE_HZ // 4 and all(
            abs(begin - other) >= apart for other in drawn
        ):
            drawn.append(begin)
            if len(drawn) == count:
                break
    return sorted(drawn)


def _speaking(clip: Clip, steps: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell for every 10 ms whether the voice is, from there on, within 8 dB of its active level."""
    count = clip.frames // _STEP
    power = np.square(clip.voice[: count * _STEP]).reshape(count, _STEP).mean(axis=1)
    means = np.convolve(power, np.ones(steps) / steps, mode="full")[steps - 1 :]
    speaking: np.ndarray[tuple[int], np.dtype[np.bool_]] = means >= 10 ** ((clip.level_db - 8) / 10)
    return speaking
