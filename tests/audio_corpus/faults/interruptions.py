"""Interruptions: dropouts, repeated packets, clicks, crackle."""

from __future__ import annotations

import numpy as np

from station_core.audio_check import Kind
from tests.audio_corpus.clip import Clip, amplitude, rounded
from tests.audio_corpus.faults.base import Damaged, Fault, Span, speech_places
from tests.audio_corpus.voices import RATE_HZ, Wave


def dropout(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Lose sound within speech: a driver puts zeros there, or holds the last value."""
    samples = rounded(clip.wave)
    frames = int(strength * RATE_HZ / 1000)
    holds = rng.random() < 0.3
    spans = []
    for begin in speech_places(clip, rng, frames, count=int(rng.integers(1, 4)), apart=RATE_HZ // 2):
        samples[begin : begin + frames] = samples[begin - 1] if holds else 0
        spans.append((begin, begin + frames))
    return Damaged(samples, tuple(spans))


def repeated(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Play a packet twice instead of the next one («кваканье»)."""
    samples = rounded(clip.wave)
    frames = int(strength * RATE_HZ / 1000)
    spans = []
    for begin in speech_places(clip, rng, frames, count=int(rng.integers(2, 6)), apart=RATE_HZ // 2):
        samples[begin : begin + frames] = samples[begin - frames : begin].copy()
        spans.append((begin, begin + frames))
    return Damaged(samples, tuple(spans))


def _impulse(rng: np.random.Generator) -> Wave:
    """Make a click with a peak of 1: one sample, or some that change sign and die away within 1 ms."""
    if rng.random() < 0.3:
        return np.ones(1)
    frames = int(rng.integers(4, RATE_HZ // 1000))
    shape: Wave = (-1.0) ** np.arange(frames) * (1 - np.arange(frames) / frames) ** 2
    return shape


def _add(wave: Wave, begin: int, sound: Wave) -> Span:
    part = wave[begin : begin + len(sound)]
    part += sound[: len(part)]
    return begin, begin + len(part)


def click(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Add single clicks anywhere, in speech and in pauses."""
    wave, peak = clip.wave, amplitude(clip.level_db + strength)
    seconds = rng.permutation(np.arange(1, clip.frames // RATE_HZ))[: rng.integers(1, 5)]
    spans = [
        _add(wave, int((second + rng.uniform(0, 0.5)) * RATE_HZ), rng.choice((-1, 1)) * peak * _impulse(rng))
        for second in np.sort(seconds)
    ]
    return Damaged(rounded(wave), tuple(spans))


def jump(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Let the signal jump and creep back within some milliseconds: a bad contact, a switch."""
    wave, peak = clip.wave, amplitude(clip.level_db + strength)
    decay = np.exp(-np.arange(RATE_HZ // 50) / (rng.uniform(0.001, 0.004) * RATE_HZ))
    seconds = rng.permutation(np.arange(1, clip.frames // RATE_HZ))[: rng.integers(1, 5)]
    spans = [
        _add(wave, int((second + rng.uniform(0, 0.5)) * RATE_HZ), rng.choice((-1, 1)) * peak * decay)
        for second in np.sort(seconds)
    ]
    return Damaged(rounded(wave), tuple(spans))


def crackle(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Add 15 to 60 clicks a second of uneven height for one to four seconds: a loose plug."""
    wave, peak = clip.wave, amplitude(clip.level_db + strength)
    lasts = min(clip.frames - RATE_HZ, int(rng.uniform(1, 4) * RATE_HZ))
    begin = int(rng.integers(RATE_HZ // 2, clip.frames - lasts))
    count = int(rng.uniform(15, 60) * lasts / RATE_HZ)
    for place in rng.integers(begin, begin + lasts, count):
        _add(wave, int(place), rng.uniform(0.5, 1) * rng.choice((-1, 1)) * peak * _impulse(rng))
    return Damaged(rounded(wave), ((begin, begin + lasts),))


_CLICK_WHY = (
    "In pauses a click is heard at any of these heights. Through vowels it is heard since its spectrum "
    "reaches beyond 5 kHz, where vowels mask little; 6 dB above the active level is our estimate of where "
    "that begins."
)

FAULTS = (
    Fault(
        "dropout",
        Kind.DROPOUT,
        "ms within speech",
        (2, 10, 20, 40, 100),
        10,
        "Gaps of 2 to 3 ms are heard in steady noise (Plomp, 1964); speech changes by itself: from 10 ms on "
        "(our estimate).",
        dropout,
    ),
    Fault(
        "repeated",
        Kind.REPEATED,
        "ms of a packet",
        (256 / 48, 10, 20, 1024 / 48, 40),
        10,
        "Repeating 10 ms breaks the pitch period off, as a gap of that length does.",
        repeated,
    ),
    Fault("click", Kind.CLICK, "dB peak above active speech level", (-6, 6, 12, 18), 6, _CLICK_WHY, click),
    Fault(
        "jump",
        Kind.CLICK,
        "dB height above active speech level",
        (-6, 6, 12, 18),
        12,
        "As for clicks; but a jump falls by 6 dB an octave as speech does, so vowels mask it longer.",
        jump,
    ),
    Fault(
        "crackle",
        Kind.CRACKLE,
        "dB peak above active speech level",
        (-6, 6, 12, 18),
        6,
        "As for clicks; from 15 a second on they are heard as one rough sound.",
        crackle,
        frozenset({Kind.CLICK}),
    ),
)
