"""What is no fault but looks like one: sounds of mouths, hands and rooms that a good recording may hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.audio_corpus.voices import RATE_HZ, WHISPER, Speaker, Wave


def whispering(speaker: Speaker) -> Speaker:
    """Return the same speaker whispering."""
    return replace(speaker, variant=WHISPER)


def draw(voice: Wave, noise: Wave, level: float, rng: np.random.Generator) -> tuple[str, ...]:
    """Put some traps into a recording, in place; most recordings hold one or two.

    Args:
        voice: Of the speaker.
        noise: Of the room.
        level: RMS of active speech.
        rng: Chooses.

    Returns:
        Names of what was put in.
    """
    found = []
    for trap in (_plosives, _breath, _distant_click, _gate, _chair):
        if rng.random() < 0.25:
            trap(voice, noise, level, rng)
            found.append(trap.__name__.removeprefix("_"))
    return tuple(found)


def _place(wave: Wave, sound: Wave, rng: np.random.Generator) -> None:
    begin = int(rng.integers(0, max(1, len(wave) - len(sound))))
    part = wave[begin : begin + len(sound)]
    part += sound[: len(part)]


def _plosives(voice: Wave, noise: Wave, level: float, rng: np.random.Generator) -> None:
    """Breath hits the microphone: a thump of 20 to 60 Hz that swells in 10 ms and dies away in 50."""
    for _ in range(rng.integers(1, 5)):
        time = np.arange(int(0.12 * RATE_HZ)) / RATE_HZ
        thump = (
            np.sin(2 * np.pi * rng.uniform(20, 60) * time) * (1 - np.exp(-time / 0.01)) * np.exp(-time / 0.03)
        )
        _place(voice, thump * level * rng.uniform(1, 3), rng)


def _breath(voice: Wave, noise: Wave, level: float, rng: np.random.Generator) -> None:
    """Breathe in before a phrase: half a second of soft noise, 20 dB or more below speech."""
    frames = int(rng.uniform(0.25, 0.6) * RATE_HZ)
    hiss = np.convolve(rng.standard_normal(frames), np.ones(6) / 6, mode="same")
    hiss *= np.sin(np.linspace(0, np.pi, frames)) ** 2
    _place(noise, hiss * level * rng.uniform(0.05, 0.2), rng)


def _distant_click(voice: Wave, noise: Wave, level: float, rng: np.random.Generator) -> None:
    """A mouse or a pen some metres away: a resonance that dies away, with the room after it."""
    for _ in range(rng.integers(1, 6)):
        time = np.arange(int(0.03 * RATE_HZ)) / RATE_HZ
        knock = np.sin(2 * np.pi * rng.uniform(1500, 4000) * time) * np.exp(-time / rng.uniform(0.001, 0.003))
        knock += rng.standard_normal(len(time)) * np.exp(-time / 0.008) * 0.1
        knock *= 1 - np.exp(-time / 0.0002)
        _place(noise, knock * level * rng.uniform(0.05, 0.25), rng)


def _gate(voice: Wave, noise: Wave, level: float, rng: np.random.Generator) -> None:
    """A noise gate opens when the first word comes: digital silence before it."""
    loud = np.flatnonzero(np.abs(voice) > level / 20)
    opening = max(0, int(loud[0]) - int(0.02 * RATE_HZ)) if len(loud) else 0
    for wave in (voice, noise):
        wave[:opening] = 0
        ramp = wave[opening : opening + RATE_HZ // 200]
        ramp *= np.linspace(0, 1, len(ramp))


def _chair(voice: Wave, noise: Wave, level: float, rng: np.random.Generator) -> None:
    """A chair creaks or paper rustles: a tenth of a second of noise bursts, softer than speech."""
    frames = int(rng.uniform(0.1, 0.3) * RATE_HZ)
    bursts = np.repeat(rng.random(frames // 400 + 1) ** 3, 400)[:frames]
    smooth = np.convolve(bursts, np.hanning(200) / 100, mode="same")
    rustle = np.convolve(rng.standard_normal(frames), np.ones(3) / 3, mode="same") * smooth
    _place(noise, rustle * level * rng.uniform(0.1, 0.3), rng)
