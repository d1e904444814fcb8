"""Sound files for tests, good and broken in every way that was met, made by code."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 48_000
SECONDS = 2


def voice(seconds: float = SECONDS, rate: int = RATE, channels: int = 1, seed: int = 1) -> NDArray[np.int16]:
    """Make noise that swells and fades four times a second as speech does, shape ``(frames, channels)``."""
    frames = int(seconds * rate)
    noise = np.random.default_rng(seed).normal(size=frames)
    swell = np.maximum(0, np.sin(2 * np.pi * 2 * np.arange(frames) / rate))
    mono = np.rint(noise * swell * 2500 + noise * 3).clip(-32_000, 32_000).astype(np.int16)
    return np.repeat(mono[:, np.newaxis], channels, axis=1)


def encoded(kind: str, coding: str, samples: NDArray[np.generic] | None = None, rate: int = RATE) -> bytes:
    """Return a file."""
    file = io.BytesIO()
    sound = voice(rate=rate) if samples is None else samples
    soundfile.write(file, sound, rate, format=kind, subtype=coding)
    return file.getvalue()


def patched(data: bytes, at: int, new: bytes) -> bytes:
    """Return a file with other bytes at a place."""
    return data[:at] + new + data[at + len(new) :]


def wav() -> bytes:
    """Return a good WAV: its header is 44 bytes."""
    return encoded("WAV", "PCM_16")


def flac() -> bytes:
    """Return a good FLAC: STREAMINFO begins at byte 8, the number of its frames at byte 21."""
    return encoded("FLAC", "PCM_16")


def flac_of_length(frames: int) -> bytes:
    """Return a FLAC whose header declares that many frames, in 36 bits."""
    data = flac()
    first = bytes([data[21] & 0xF0 | frames >> 32])
    return patched(data, 21, first + struct.pack(">I", frames & 0xFFFF_FFFF))


@dataclass(frozen=True)
class Broken:
    """A file with something wrong.

    Args:
        name: Of the file.
        make: Its bytes.
        code: What is said of it.
        judged: Whether there is sound in it that is judged all the same.
    """

    name: str
    make: Callable[[], bytes] = field(repr=False)
    code: str
    judged: bool = False


def _nine_channels() -> bytes:
    return encoded("WAV", "PCM_16", voice(channels=9))


def _not_numbers() -> bytes:
    sound = voice().astype(np.float32) / 32_768
    sound[1000:1010] = np.nan
    sound[2000] = np.inf
    return encoded("WAV", "FLOAT", sound)


BROKEN = (
    Broken("empty.wav", lambda: b"", "empty-file"),
    Broken("text.wav", lambda: b"not a sound, only its name\n" * 50, "not-audio"),
    Broken("one-byte.flac", lambda: b"f", "not-audio"),
    Broken("zeros.wav", lambda: bytes(5000), "not-audio"),
    Broken("no-samples.wav", lambda: encoded("WAV", "PCM_16", voice()[:0]), "no-sound"),
    Broken("never-ended.wav", lambda: patched(patched(wav(), 40, bytes(4)), 4, bytes(4)), "no-sound"),
    Broken("header-cut.wav", lambda: wav()[:20], "damaged"),
    Broken("header-cut.flac", lambda: flac()[:20], "damaged"),
    Broken("header-cut.ogg", lambda: encoded("OGG", "VORBIS")[:20], "damaged"),
    Broken("no-channels.wav", lambda: patched(wav(), 22, bytes(2)), "damaged"),
    Broken("no-rate.wav", lambda: patched(wav(), 24, bytes(4)), "damaged"),
    Broken("huge-rate.wav", lambda: patched(wav(), 24, b"\xff" * 4), "damaged"),
    Broken("slow.wav", lambda: encoded("WAV", "PCM_16", rate=4000), "rate"),
    Broken("fast.wav", lambda: encoded("WAV", "PCM_16", rate=384_000), "rate"),
    Broken("nine-channels.wav", _nine_channels, "channels"),
    Broken("half.ogg", lambda: encoded("OGG", "OPUS")[:4000], "damaged"),
    Broken("half.wav", lambda: wav()[: len(wav()) // 2], "truncated", judged=True),
    Broken("half.flac", lambda: flac()[: len(flac()) // 2], "damaged", judged=True),
    Broken("hole.flac", lambda: patched(flac(), len(flac()) // 2, b"\xff" * 700), "damaged", judged=True),
    Broken(
        "long-header.wav", lambda: patched(wav(), 40, struct.pack("<I", 960_000)), "truncated", judged=True
    ),
    Broken("long-header.flac", lambda: flac_of_length(0xF_FFFF_FFFF), "truncated", judged=True),
    Broken("eight-bits.wav", lambda: encoded("WAV", "PCM_U8"), "eight-bits", judged=True),
    Broken("eight-bits.flac", lambda: encoded("FLAC", "PCM_S8"), "eight-bits", judged=True),
    Broken("not-numbers.wav", _not_numbers, "not-numbers", judged=True),
)


GOOD: dict[str, Callable[[], bytes]] = {
    "pcm16.wav": wav,
    "pcm16.flac": flac,
    "pcm24.wav": lambda: encoded("WAV", "PCM_24"),
    "pcm24.flac": lambda: encoded("FLAC", "PCM_24"),
    "pcm32.wav": lambda: encoded("WAV", "PCM_32"),
    "pcm8.wav": lambda: encoded("WAV", "PCM_U8"),
    "pcm8.flac": lambda: encoded("FLAC", "PCM_S8"),
    "float.wav": lambda: encoded("WAV", "FLOAT", voice().astype(np.float32) / 32_768),
    "double.wav": lambda: encoded("WAV", "DOUBLE", voice().astype(np.float64) / 32_768),
    "ulaw.wav": lambda: encoded("WAV", "ULAW"),
    "alaw.wav": lambda: encoded("WAV", "ALAW"),
    "adpcm.wav": lambda: encoded("WAV", "IMA_ADPCM"),
    "rf64.wav": lambda: encoded("RF64", "PCM_16"),
    "vorbis.ogg": lambda: encoded("OGG", "VORBIS"),
    "opus.ogg": lambda: encoded("OGG", "OPUS"),
    "layer3.mp3": lambda: encoded("MP3", "MPEG_LAYER_III"),
    # written into a pipe: the program did not know the length, and that is no fault
    "pipe-ffmpeg.wav": lambda: patched(patched(wav(), 40, b"\xff" * 4), 4, b"\xff" * 4),
    "pipe-sox.wav": lambda: patched(wav(), 40, struct.pack("<I", 0x7FFF_F000)),
    "pipe.flac": lambda: flac_of_length(0),
}  # fmt: skip
"""Good files by name; how far the sound may differ from ``voice()`` is in ``LOSS``."""

LOSS: dict[str, int | None] = {
    "pcm8.wav": 260, "pcm8.flac": 260, "ulaw.wav": 520, "alaw.wav": 520,
    "adpcm.wav": None,
    "vorbis.ogg": None, "opus.ogg": None, "layer3.mp3": None,
}  # fmt: skip
"""Greatest difference in steps of a sample; None where only length and level can be compared."""
