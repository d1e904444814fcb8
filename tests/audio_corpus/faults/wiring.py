"""Faults of channels and rates: a dead channel, a recording at the wrong rate."""

from __future__ import annotations

import numpy as np
from scipy.signal import resample_poly

from station_core.audio_check import Kind
from tests.audio_corpus.clip import Clip, amplitude, rounded
from tests.audio_corpus.faults.base import Damaged, Fault, throughout
from tests.audio_corpus.voices import RATE_HZ


def dead_channel(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Record two channels, one of which hears that much less, or nothing at all."""
    good = rounded(clip.wave)
    own = rng.standard_normal(clip.frames) * amplitude(-80)
    weak = np.zeros_like(good) if np.isinf(strength) else rounded(clip.wave * amplitude(-strength) + own)
    pair = (good, weak) if rng.random() < 0.5 else (weak, good)
    return Damaged(np.column_stack(pair), ((0, clip.frames),))


def narrow(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Record at a lower rate and convert that to 48 kHz: nothing above half the rate is left."""
    factor = round(RATE_HZ / 1000 / strength)
    wave = resample_poly(resample_poly(clip.wave, 1, factor), factor, 1)[: clip.frames]
    return throughout(wave)


def held(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Record at a lower rate and give every sample several times: a driver that converts nothing."""
    factor = round(RATE_HZ / 1000 / strength)
    return throughout(np.repeat(resample_poly(clip.wave, 1, factor), factor)[: clip.frames])


def too_fast(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Take the samples of a lower rate for those of 48 kHz: the voice is too high and too fast."""
    factor = round(RATE_HZ / 1000 / strength)
    return throughout(resample_poly(clip.wave, 1, factor))


FAULTS = (
    Fault(
        "dead channel",
        Kind.DEAD_CHANNEL,
        "dB below the other channel",
        (10, 40, 60, np.inf),
        40,
        "No balance control reaches 30 dB; 40 dB is what crosstalk leaves.",
        dead_channel,
    ),
    Fault(
        "narrow band",
        Kind.WRONG_RATE,
        "kHz the rate it was recorded at",
        (16, 8, 6),
        8,
        "Telephone band: f and s cannot be told apart. Wide band (7 kHz) is allowed (ITU-T P.341).",
        narrow,
    ),
    Fault(
        "held samples",
        Kind.WRONG_RATE,
        "kHz the rate it was recorded at",
        (16, 8),
        8,
        "Images of the voice from 4 kHz on are heard as a metallic hiss.",
        held,
    ),
    Fault(
        "too fast",
        Kind.WRONG_RATE,
        "kHz the rate it was recorded at, played at 48",
        (24, 16, 8),
        16,
        "Three times too fast nothing is understood; at twice the speed something is.",
        too_fast,
        frozenset({Kind.TOO_SHORT}),
    ),
)
