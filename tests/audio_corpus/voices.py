"""Who speaks: voices of espeak-ng, and the voice that our own simulator makes; other ones in each half."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from simulators import sound
from tests.audio_corpus.texts import ENGLISH, RUSSIAN, Half

RATE_HZ = 48_000
Wave = NDArray[np.float64]
"""Samples; full scale is ±1. Shape ``(frames,)``."""

VARIANTS = {
    Half.TUNE: (
        *("m1", "m3", "m5", "m7", "adam", "Alex", "Denis", "Marco", "Michael", "paul", "travis", "klatt2"),
        *("f1", "f3", "Alicia", "anika", "belinda", "steph"),
    ),
    Half.REPORT: (
        *("m2", "m4", "m6", "m8", "Andy", "boris", "Hugo", "john", "pablo", "max", "Henrique", "klatt4"),
        *("f2", "f4", "f5", "Andrea", "Annie", "linda"),
    ),
}
"""Speakers of espeak-ng: men, then women."""

_LANGUAGES = ("ru", "ru", "en-gb", "en-us")  # half of the speakers are Russian
WHISPER = "whisper"


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice of espeak-ng with its manner of speaking."""

    language: str
    variant: str
    words_per_minute: int
    pitch: int  # 0…99
    melody: str  # the range of SSML's <prosody>

    @property
    def name(self) -> str:
        """Write it shortly: what a label of a clip says."""
        return f"{self.language}+{self.variant} {self.words_per_minute}wpm p{self.pitch} {self.melody}"


def draw_speaker(half: Half, rng: np.random.Generator) -> Speaker:
    """Choose a speaker of that half; low voices have pitch periods near those of the mains."""
    names = VARIANTS[half]
    return Speaker(
        language=_LANGUAGES[rng.integers(len(_LANGUAGES))],
        variant=names[rng.integers(len(names))],
        words_per_minute=int(rng.integers(110, 200)),
        pitch=int(rng.integers(10, 80)),
        melody=("low", "medium", "medium", "high", "x-high")[rng.integers(5)],
    )


def sentences(half: Half, language: str) -> tuple[str, ...]:
    """Return what may be said in that half."""
    return (RUSSIAN if language == "ru" else ENGLISH)[half]


@lru_cache(maxsize=8)
def spoken(speaker: Speaker, text: str) -> Wave:
    """Synthesise a text at 48 kHz.

    Raises:
        FileNotFoundError: espeak-ng is not installed.
        subprocess.CalledProcessError: It failed.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        raise FileNotFoundError("espeak-ng is missing: run tools/debian-packages")
    done = subprocess.run(
        (
            program,
            *("-v", f"{speaker.language}+{speaker.variant}", "-s", str(speaker.words_per_minute)),
            *("-p", str(speaker.pitch), "-m", "--stdout"),
            f'<prosody range="{speaker.melody}">{text}</prosody>',
        ),
        check=True,
        capture_output=True,
    )
    # the length in the header is not known while espeak-ng writes to a pipe
    samples = np.frombuffer(done.stdout[44:], dtype="<i2").astype(np.float64) / 32768
    with soundfile.SoundFile(io.BytesIO(done.stdout[:44])) as header:
        rate = header.samplerate
    common = int(np.gcd(rate, RATE_HZ))
    wave: Wave = resample_poly(samples, RATE_HZ // common, rate // common)
    return wave


def simulated(key: int, frames: int) -> Wave:
    """Make speech of ``simulators.sound``: the voice in the headset model."""
    return sound.voice(key).render(0, frames).astype(np.float64) / 32768
