"""Faults that come from around the voice: noise, hum, offset, echo, the wrong microphone."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d

from station_core.audio_check import Kind
from tests.audio_corpus.clip import Clip, amplitude, coloured_noise, room
from tests.audio_corpus.faults.base import Damaged, Fault, throughout
from tests.audio_corpus.voices import RATE_HZ, Wave


def noisy(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Add steady noise between white and pink; a fan makes it swell by a decibel."""
    noise = coloured_noise(clip.frames, rng, pink=rng.uniform(0, 1)) * amplitude(clip.level_db - strength)
    time = np.arange(clip.frames) / RATE_HZ
    swell: Wave = 1 + 0.1 * np.sin(2 * np.pi * rng.uniform(0.2, 5) * time)
    return throughout(clip.wave + noise * swell)


_MAINS = ((50, 1.0), (150, 0.4), (250, 0.2)), ((50, 1.0),), ((100, 1.0), (200, 0.5), (300, 0.3), (400, 0.2))


def hum(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Add the mains: a ground loop, a stray field, or a rectifier; the mains hold 50 Hz to 0.2 %."""
    partials = _MAINS[rng.integers(len(_MAINS))]
    scale = rng.uniform(0.998, 1.002)
    time = np.arange(clip.frames) / RATE_HZ
    wave = np.zeros(clip.frames)
    for hertz, weight in partials:
        wave += weight * np.sin(2 * np.pi * (hertz * scale * time + rng.random()))
    return throughout(clip.wave + wave * amplitude(strength) / np.sqrt(np.square(wave).mean()))


def dc_offset(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Shift everything, up or down."""
    return throughout(clip.wave + strength / 100 * rng.choice((-1, 1)))


def echo(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Add the voice once more, later and a little duller: the earphones leak into the microphone."""
    delay = int(rng.uniform(0.08, 0.3) * RATE_HZ)
    late = np.zeros(clip.frames)
    late[delay:] = uniform_filter1d(clip.voice, 5)[:-delay]
    return throughout(clip.wave + late * amplitude(strength))


def far_microphone(clip: Clip, rng: np.random.Generator, strength: float) -> Damaged:
    """Hear the room rather than the mouth: the microphone in a laptop's lid, half a metre away."""
    voice = room(clip.voice, rng, t60_s=rng.uniform(0.5, 0.8), direct_db=strength)
    voice *= np.sqrt(np.square(clip.voice).sum() / np.square(voice).sum())
    fan = coloured_noise(clip.frames, rng, pink=1.0) * amplitude(clip.level_db - rng.uniform(18, 26))
    return throughout(voice + clip.noise + fan)


FAULTS = (
    Fault(
        "noisy",
        Kind.NOISY,
        "dB signal to noise",
        (24, 15, 10, 5),
        15,
        "Below 15 dB noise takes intelligibility away (speech transmission index, IEC 60268-16).",
        noisy,
    ),
    Fault(
        "hum",
        Kind.HUM,
        "dBFS",
        (-58, -42, -36, -30),
        -42,
        "16 dB below nominal speech: about 50 dB SPL when that plays at 65, above the threshold of hearing "
        "for 50 Hz (44 dB SPL) and far above it for harmonics (ISO 226).",
        hum,
        frozenset({Kind.NOISY}),
    ),
    Fault(
        "dc-offset",
        Kind.DC_OFFSET,
        "% of full scale",
        (1, 4, 10, 20),
        4,
        "Not heard itself, but a broken converter; 4 % is 10 dB above what good ones show (our limit 3 %).",
        dc_offset,
    ),
    Fault(
        "echo",
        Kind.ECHO,
        "dB below the voice, 80 to 300 ms later",
        (-26, -10, -6, -3),
        -10,
        "Later than 50 ms an echo is heard apart from its voice, at 10 dB below it still; at 3 dB below most "
        "listeners are disturbed (Haas, 1951).",
        echo,
    ),
    Fault(
        "far microphone",
        Kind.WRONG_DEVICE,
        "dB direct to reverberant sound",
        (10, 0, -4, -8),
        0,
        "At the distance where both are equally strong (critical distance, 0.5 to 1 m in a classroom) a "
        "voice sounds far away; a headset's microphone has 15 dB and more.",
        far_microphone,
        frozenset({Kind.NOISY, Kind.ECHO}),
    ),
)
