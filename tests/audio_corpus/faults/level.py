"""Faults of the level: nobody heard, too quiet, too loud, uneven, too short."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from station_core.audio_check import Kind
from tests.audio_corpus.clip import Clip, amplitude, rms_db, rounded
from tests.audio_corpus.faults.base import Damaged, Fault, speech_places, throughout
from tests.audio_corpus.voices import RATE_HZ, Wave, simulated


def silent(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Only the noise of the room, or of the converter, or digital silence."""
    if np.isinf(strength):
        return throughout(np.zeros(clip.frames))
    return throughout(clip.noise * amplitude(strength - rms_db(clip.noise)))


def quiet(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Amplify too little: voice and room are weak, the converter's own noise is not."""
    own = rng.standard_normal(clip.frames) * amplitude(-85)
    return throughout(clip.wave * amplitude(strength - clip.level_db) + own)


def loud(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Amplify too much; a limiter of the sound card keeps the peaks from being cut."""
    active = np.abs(clip.voice) > amplitude(clip.level_db - 20)
    aim = rms_db(clip.wave[active]) + strength - clip.level_db
    wave = clip.wave * amplitude(strength - clip.level_db)
    for _ in range(4):  # limiting takes away some of the level: come near to what was asked for
        wave = wave * amplitude(aim - rms_db(_limited(wave)[active]))
    return throughout(_limited(wave))


def _limited(wave: Wave) -> Wave:
    """Turn the gain down around whatever would reach 0.95 of full scale."""
    frames = RATE_HZ * 2 // 1000
    reach = maximum_filter1d(np.abs(wave), 2 * frames)
    limited: Wave = wave * uniform_filter1d(np.minimum(1, 0.95 / np.maximum(reach, 1e-9)), frames)
    return limited


def uneven(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Duck the voice for some seconds while somebody else speaks far away, as a poor gain control does.

    The room is quiet enough for the ducked voice to be heard: what falls below the noise is a pause.
    """
    noise = clip.noise * amplitude(min(0, clip.level_db - strength - 10 - clip.noise_db))
    factor = np.ones(clip.frames)
    others = simulated(int(rng.integers(1 << 40)), clip.frames)
    others *= amplitude(clip.level_db - strength - 12 - rms_db(others))
    spans = []
    lasts = int(rng.uniform(2.0, 3.0) * RATE_HZ)
    apart = lasts + RATE_HZ
    for begin in speech_places(clip, rng, lasts, count=int(rng.integers(1, 3)), apart=apart):
        factor[begin : begin + lasts] = amplitude(-strength)
        spans.append((begin, begin + lasts))
    factor = uniform_filter1d(factor, RATE_HZ * 60 // 1000)
    heard: Wave = clip.voice * factor + noise + others * (factor < 0.99)
    return Damaged(rounded(heard), tuple(spans))


def too_short(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Keep some seconds from the first word on."""
    first = int(np.flatnonzero(np.abs(clip.voice) > amplitude(clip.level_db - 6))[0])
    return throughout(clip.wave[first : first + int(strength * RATE_HZ)])


FAULTS = (
    Fault(
        "silent",
        Kind.SILENT,
        "dBFS of noise without a voice",
        (-52, -60, -70, -np.inf),
        -52,
        "Nobody is heard at all, whatever the noise of the room is.",
        silent,
        frozenset({Kind.NOISY, Kind.QUIET}),
    ),
    Fault(
        "quiet",
        Kind.QUIET,
        "dBov active speech level",
        (-35, -41, -44, -48),
        -41,
        "Below -40 dBov speech needs gain control (ITU handbook on telephony); 15 dB below the nominal -26 "
        "dBov (ITU-T G.100.1) it is heard as a third as loud.",
        quiet,
        frozenset({Kind.NOISY}),
    ),
    Fault(
        "loud",
        Kind.LOUD,
        "dBov active speech level",
        (-17, -13, -12, -11),
        -13,
        "Peaks of speech lie 12 to 18 dB above its active level: from -13 dBov on few fit the scale uncut.",
        loud,
        frozenset({Kind.DISTORTION, Kind.CLIPPING}),
    ),
    Fault(
        "uneven",
        Kind.UNEVEN,
        "dB fall for 2 to 3 s",
        (6, 12, 18, 24),
        18,
        "10 dB less is heard as half as loud (sone scale, ISO 532-1). But speakers themselves fall by up to "
        "12 dB for a second or two (measured on clean clips): a fall is a fault from 18 dB on.",
        uneven,
        frozenset({Kind.NOISY, Kind.QUIET}),
    ),
    Fault(
        "too-short",
        Kind.TOO_SHORT,
        "s",
        (4, 2.5, 0.9, 0.3),
        2.5,
        "No matter of hearing: below 3 s no level is sure (our limit).",
        too_short,
        frozenset({Kind.SILENT, Kind.QUIET, Kind.NOISY}),
    ),
)
