"""A clean recording: somebody speaks into a good headset in a quiet room. A pure function of half and seed.

Voice and noise stay apart until a fault has been mixed in or the samples are rounded, since some faults
(a weak microphone, a gain after the noise) touch one of them only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter, oaconvolve

from hal.audio import Samples
from tests.audio_corpus import traps
from tests.audio_corpus.p56 import active_level
from tests.audio_corpus.texts import Half
from tests.audio_corpus.voices import RATE_HZ, Wave, draw_speaker, sentences, simulated, spoken

LEVELS_DBOV = (-30.0, -20.0)
"""Active speech levels of clean clips (ITU-T P.56); nominal is -26 (ITU-T G.100.1)."""

NOISE_DBFS = (-70.0, -50.0)
SNR_LEAST_DB = 27.0
"""Clean means also: noise lies this far below speech. IEC 60268-16 needs 15 dB, our limit is 20 dB."""

_SIMULATED_SHARE = 0.08
_SECONDS = (5.0, 12.0)


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A recording before it is rounded to samples.

    Args:
        seed: With the half, what makes it.
        half: Which half of the corpus it belongs to.
        speaker: Who speaks, for people.
        traps: What it holds that may look like a fault.
        voice: What the microphone hears of the speaker, at ``level_db``.
        noise: Everything else.
        level_db: Active speech level in dBov.
        noise_db: Level of the noise in dBFS (RMS of a full-scale square wave).
    """

    seed: int
    half: Half
    speaker: str
    traps: tuple[str, ...]
    voice: Wave
    noise: Wave
    level_db: float
    noise_db: float

    @property
    def frames(self) -> int:
        """Its length."""
        return len(self.voice)

    @property
    def wave(self) -> Wave:
        """What the converter sees."""
        return self.voice + self.noise


def rounded(wave: Wave) -> Samples:
    """Make 16-bit samples, as a converter does: rounded, cut off at the ends of the scale."""
    return np.clip(np.rint(wave * 32767), -32768, 32767).astype(np.int16)


def amplitude(db: float) -> float:
    """Turn decibels into a factor."""
    return float(10 ** (db / 20))


def rms_db(wave: Wave) -> float:
    """Return the level of the whole; silence gives -inf."""
    power = float(np.square(wave).mean())
    return 10 * float(np.log10(power)) if power else -np.inf


def clean(half: Half, seed: int) -> Clip:
    """Make the clean clip of that number."""
    rng = np.random.default_rng((seed, list(Half).index(half)))
    name, voice = _said(half, rng)
    voice = room(voice, rng, t60_s=rng.uniform(0.15, 0.35), direct_db=rng.uniform(12, 22))
    voice *= _moving_head(len(voice), rng)
    level = rng.uniform(*LEVELS_DBOV)
    # every fourth sample has the same level to within 0.1 dB, in a quarter of the time
    voice *= amplitude(level - active_level(voice[::4], RATE_HZ // 4)[0])
    peak = float(np.abs(voice).max())
    if peak > 0.8:  # a good headset leaves 2 dB to the end of the scale
        voice *= 0.8 / peak
        level += 20 * float(np.log10(0.8 / peak))
    noise_db = min(rng.uniform(*NOISE_DBFS), level - SNR_LEAST_DB)
    noise = coloured_noise(len(voice), rng, pink=rng.uniform(0, 1)) * amplitude(noise_db)
    sounds = traps.draw(voice, noise, amplitude(level), rng)
    return Clip(seed, half, name, sounds, voice, noise, level, noise_db)


def _said(half: Half, rng: np.random.Generator) -> tuple[str, Wave]:
    """Let somebody speak some sentences with pauses between them; return who and the sound."""
    seconds = rng.uniform(*_SECONDS)
    if rng.random() < _SIMULATED_SHARE:
        key = int(rng.integers(1 << 40)) * 2 + list(Half).index(half)
        return f"simulators.sound {key}", simulated(key, int(seconds * RATE_HZ))
    speaker = draw_speaker(half, rng)
    whispers = rng.random() < 0.04
    texts = sentences(half, speaker.language)
    parts: list[Wave] = [_pause(rng.uniform(0.1, 0.8))]
    for number in rng.permutation(len(texts)):
        voice = traps.whispering(speaker) if whispers and len(parts) > 2 else speaker
        part = spoken(voice, texts[number])
        if voice is not speaker:
            part = part * (amplitude(-rng.uniform(6, 10)) * np.sqrt(_power(parts[1]) / _power(part)))
        # 2 dB: how far sentences of one speaker differ
        parts += [part * amplitude(rng.normal(0, 1.0)), _pause(rng.gamma(2.0, 0.25))]
        if sum(map(len, parts)) >= seconds * RATE_HZ:
            break
    return f"{speaker.name}{' whispers' * whispers}", np.concatenate(parts)[: int(_SECONDS[1] * RATE_HZ)]


def _power(wave: Wave) -> float:
    return float(np.square(wave).mean())


def _pause(seconds: float) -> Wave:
    return np.zeros(int(seconds * RATE_HZ))


def _moving_head(frames: int, rng: np.random.Generator) -> Wave:
    """Vary the level slowly, by at most 2 dB either way: the distance of the mouth changes."""
    milliseconds = frames // (RATE_HZ // 1000) + 1
    knots = np.linspace(0, milliseconds, max(3, frames // (2 * RATE_HZ)))
    decibels = np.interp(np.arange(milliseconds), knots, rng.uniform(-1, 1, len(knots)) * rng.uniform(0, 2))
    factors: Wave = np.repeat(10 ** (decibels / 20), RATE_HZ // 1000)[:frames]
    return factors


def room(voice: Wave, rng: np.random.Generator, t60_s: float, direct_db: float) -> Wave:
    """Add what comes back from walls: noise that decays by 60 dB in ``t60_s``.

    Args:
        voice: The direct sound.
        rng: Shapes the room.
        t60_s: Reverberation time.
        direct_db: Energy of the direct sound relative to that of all reflections.
    """
    length = int(t60_s * RATE_HZ)
    tail = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    tail[: RATE_HZ * 3 // 1000] = 0  # the nearest wall is half a metre away
    tail *= amplitude(-direct_db) / np.sqrt(np.square(tail).sum())
    heard: Wave = voice + oaconvolve(voice, tail)[: len(voice)]
    return heard


# 3 dB an octave from 20 Hz to 20 kHz (J. O. Smith, Spectral Audio Signal Processing, "Pink noise")
_PINK = (0.049922035, -0.095993537, 0.050612699, -0.004408786), (1, -2.494956002, 2.017265875, -0.522189400)


def coloured_noise(frames: int, rng: np.random.Generator, pink: float) -> Wave:
    """Make noise of RMS 1: white (0) to pink (1), in between as rooms have it."""
    white = rng.standard_normal(frames)
    warm = lfilter(*_PINK, white)
    noise: Wave = (1 - pink) * white + pink * warm / np.sqrt(np.square(warm).mean())
    noise /= np.sqrt(np.square(noise).mean())
    return noise
