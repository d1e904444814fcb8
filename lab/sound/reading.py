"""Reading sound files: WAV, FLAC, Ogg (Vorbis, Opus), MP3 and whatever else libsndfile knows.

A file is read in blocks and never trusted: what its header promises is compared with what comes out.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import soundfile

from hal.audio import Samples

LOWEST_HZ, HIGHEST_HZ = 8_000, 192_000
"""Rates that are judged: below there is no speech to judge, above no microphone that has it."""

MOST_CHANNELS = 8
"""A recording of an answer has one or two channels; the bound is ours, for memory."""

BLOCK = 1 << 12
"""Frames that are read at once; so many may be lost before a damaged place, 85 ms at 48 kHz."""

EIGHT_BITS = "eight-bits"
"""The code of a file whose own coarse steps are heard as noise; what is found may come of them alone."""

_ENDLESS = 0x7FFF_0000
"""Programs that write WAV into a pipe declare at least so many bytes, since they do not know the length."""

_DECLARED = re.compile(r"^\s*data : (\d+) \(should be (\d+)\)", re.MULTILINE)
_SCALED = frozenset({"PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "ULAW", "ALAW"})
"""What libsndfile itself turns into 16 bits; the others it would leave unscaled or let overflow."""

_EIGHT_BITS = frozenset({"PCM_S8", "PCM_U8"})
"""Their steps are louder than the noise of a good microphone; µ-law and A-law keep quiet sound fine."""

_NOT_AUDIO = 1  # SF_ERR_UNRECOGNISED_FORMAT of sndfile.h


class BadSound(Exception):
    """A file that is no sound, or none that can be judged.

    Args:
        code: What is wrong; its text is ``recording-error-CODE``.
        values: What the text names; ``why`` in the words of the system or of libsndfile.
    """

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code, values)
        self.code = code
        self.values: Mapping[str, str] = values


class _Forward(soundfile.SoundFile):  # type: ignore[misc] # the library has no types
    """Read from front to back: seeking fails in FLAC whose header was never completed."""

    def seekable(self) -> bool:
        return False


@dataclass(slots=True)
class Sound:
    """An open sound file.

    Attributes:
        rate_hz: Sample rate.
        channels: Channel count.
        kind: Container and coding, as libsndfile calls them.
        frames: Frames that the header declares; None if it does not know.
        read: Frames that were read so far.
        flaw: What is wrong with the file (the sound ends early …), once :meth:`blocks` has come to its end.
    """

    rate_hz: int
    channels: int
    kind: str
    frames: int | None
    _file: Any = field(repr=False)
    read: int = 0
    flaw: BadSound | None = None

    def blocks(self) -> Iterator[Samples]:
        """Yield the sound as 16-bit blocks, shape ``(frames, channels)``; call it once."""
        scaled = self._file.subtype in _SCALED
        while True:
            try:
                raw = self._file.read(BLOCK, dtype="int16" if scaled else "float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                self.flaw = BadSound("damaged", why=error.error_string)
                return
            if not len(raw):
                break
            self.read += len(raw)
            yield raw if scaled else self._to_int16(raw)
        if self.frames is not None and self.read < self.frames:
            self.flaw = self._truncated(self.read / self.frames)
        elif self._file.subtype in _EIGHT_BITS:
            self.flaw = BadSound(EIGHT_BITS)

    def _truncated(self, part: float) -> BadSound:
        return BadSound("truncated", percent=f"{100 * part:.0f}", seconds=f"{self.read / self.rate_hz:.1f}")

    def _to_int16(self, raw: Any) -> Samples:
        """Scale as libsndfile does with integers: ±1 is ±32768; louder is cut, as any converter does."""
        if not np.isfinite(raw).all():
            self.flaw = BadSound("not-numbers")
            raw = np.where(np.isnan(raw), 0, raw)
        steps = np.rint(np.clip(raw, -1.0, 1.0) * 32_768.0)
        return np.asarray(np.minimum(steps, 32_767), dtype=np.int16)


@contextmanager
def opened(path: str) -> Iterator[Sound]:
    """Open a sound file for as long as the block lasts.

    Raises:
        BadSound: It cannot be opened, is no sound, holds none, or none that can be judged.
    """
    descriptor = _descriptor(path)
    try:
        try:
            file = _Forward(descriptor, closefd=False)
        except soundfile.LibsndfileError as error:
            code = "not-audio" if error.code == _NOT_AUDIO else "damaged"
            raise BadSound(code, why=error.error_string) from None
        with file:
            yield _checked(file)
    finally:
        os.close(descriptor)


def _descriptor(path: str) -> int:
    if not path:
        raise BadSound("no-name")
    if path == "-":
        raise BadSound("standard-input")
    try:
        # a pipe without a writer must not keep us waiting before we see that it is one
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        if isinstance(error, OSError) and error.errno == errno.ENXIO:  # a device without anybody behind it
            raise BadSound("not-a-file") from None
        why = error.strerror if isinstance(error, OSError) else None
        raise BadSound("unreadable", why=why or str(error)) from None
    found = os.fstat(descriptor)
    code = ""
    if stat.S_ISDIR(found.st_mode):
        code = "folder"
    elif not stat.S_ISREG(found.st_mode):
        code = "not-a-file"
    elif found.st_size == 0:
        code = "empty-file"
    if code:
        os.close(descriptor)
        raise BadSound(code)
    return descriptor


def _checked(file: Any) -> Sound:
    if not LOWEST_HZ <= file.samplerate <= HIGHEST_HZ:
        raise BadSound("rate", rate=str(file.samplerate), low=str(LOWEST_HZ), high=str(HIGHEST_HZ))
    if file.channels > MOST_CHANNELS:
        raise BadSound("channels", channels=str(file.channels), most=str(MOST_CHANNELS))
    if file.frames == 0:
        raise BadSound("no-sound")
    return Sound(file.samplerate, file.channels, f"{file.format}/{file.subtype}", _declared(file), file)


def _declared(file: Any) -> int | None:
    """Return how many frames the header declares; libsndfile itself corrects that of a WAV that was cut."""
    corrected = _DECLARED.search(file.extra_info)
    if corrected is not None:
        declared, there = int(corrected[1]), int(corrected[2])
        if declared >= _ENDLESS or there == 0:
            return None
        return max(1, int(file.frames) * declared // there)
    # FLAC keeps the number in 36 bits, all of them 0 for "not known"
    frames = int(file.frames)
    return frames if frames < 1 << 36 else None
