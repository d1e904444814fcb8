"""Distortion: clipping and saturation."""

from __future__ import annotations

import numpy as np

from station_core.audio_check import Kind
from tests.audio_corpus.clip import Clip, amplitude, rms_db
from tests.audio_corpus.faults.base import Damaged, Fault, throughout


def clipping(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Cut off the highest samples: at full scale, or earlier, before the converter or a gain."""
    wave = clip.wave
    height = float(np.quantile(np.abs(wave), 1 - strength / 1000))
    cut = np.clip(wave, -height, height)
    if rng.random() < 0.5:
        return throughout(wave / height)
    return throughout(cut * rng.uniform(0.5, min(2, 0.95 / height)))


def saturation(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Bend the tops softly (tanh), as an overdriven capsule does, and bring the level back."""
    wave = clip.wave
    bent = np.tanh(wave * amplitude(strength - clip.level_db))
    active = np.abs(clip.voice) > amplitude(clip.level_db - 20)
    return throughout(bent * amplitude(rms_db(wave[active]) - rms_db(bent[active])))


FAULTS = (
    Fault(
        "clipping",
        Kind.CLIPPING,
        "‰ of samples cut off",
        (0.05, 0.5, 2, 10, 50),
        0.5,
        "One cut peak of 10 samples in half a second, each with harmonics up to the end of the scale.",
        clipping,
        frozenset({Kind.LOUD, Kind.DISTORTION}),
    ),
    Fault(
        "saturation",
        Kind.DISTORTION,
        "dB active level over the knee of tanh",
        (-12, 0, 6, 12),
        6,
        "A sine at the level of the voice has 10 % of harmonics at 0 dB and 22 % at 6 dB (computed).",
        saturation,
        frozenset({Kind.CLIPPING, Kind.LOUD, Kind.NOISY}),
    ),
)
