"""Where the sound of answers goes: FLAC files beside a real station, a chain of digests in virtual time.

A recorder's methods may take a while (they wait for the disk); a station calls them through
``Runtime.compute``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

import numpy as np
from msgspec.structs import replace

from hal.audio import AudioBlock, AudioFormat, Samples
from hal.runtime import MILLISECOND, SECOND
from station_core.answer_file import AnswerFile, Kept, as_found, cut_off, read_samples
from station_core.answers import Answer, Part
from station_core.heard import Heard
from station_core.store import Content, InMemory, OnDisk

FORMAT = AudioFormat(rate_hz=48_000, channels=1)
BYTES_PER_FRAME = 2
DAMAGED = "recording-damaged"
"""Why an answer stopped whose promised part the disk does not give back."""


class Growing(Protocol):
    """A part under way."""

    def add(self, block: AudioBlock, samples: Samples | None) -> Kept | None:
        """Take a block, with its samples where the station has them; returns what is safe if more is now.

        Raises:
            OSError: The disk cannot take it; what was kept before is still good.
        """

    def finish(self) -> Kept:
        """Close it; all blocks are safe now. Raises like ``add``."""


class Recorder(Protocol):
    """Takes the parts of answers and keeps them."""

    @property
    def block_us(self) -> int:
        """Length of the blocks that it wants."""

    @property
    def keeps_sound(self) -> bool:
        """Whether it needs the samples of every block, and can give them back."""

    def begin(self, file: str) -> AbstractContextManager[Growing]:
        """Begin a part. A ``with`` block that is left without ``finish`` leaves what was kept.

        Raises:
            OSError: The disk cannot be written, or has a file of that name.
        """

    def close_cut(self, file: str, kept: Kept) -> Kept:
        """Close a part that a crash has cut off.

        Raises:
            OSError: What was promised cannot be had from the disk.
        """

    def given_back(self, file: str, kept: Kept) -> Kept:
        """Return a closed part as the disk gives it back now; it equals ``kept`` if nothing is lost."""

    def samples(self, file: str) -> Iterator[Samples]:
        """Give the sound of a closed part back, in pieces of a second; nothing where none is kept.

        Raises:
            OSError: It cannot be read.
        """

    def content(self, file: str) -> Content:
        """Return a closed part as a file; empty where no sound is kept."""


class ChainRecorder:
    """Keeps no sound, only who could tell whether it was the same: for virtual time.

    Sizes are those of 16-bit samples. What it hashes is the order and the length of the blocks, and the
    sound of those that are measured, so that a day of many hours takes a fraction of a second.
    """

    block_us = SECOND
    keeps_sound = False

    def begin(self, file: str) -> AbstractContextManager[Growing]:  # noqa: ARG002 - it has no files
        """Begin a part."""
        return nullcontext(_Chain())

    def close_cut(self, file: str, kept: Kept) -> Kept:  # noqa: ARG002
        """Close a part that a crash has cut off."""
        return kept

    def given_back(self, file: str, kept: Kept) -> Kept:  # noqa: ARG002
        """Lose nothing."""
        return kept

    def samples(self, file: str) -> Iterator[Samples]:  # noqa: ARG002
        """Give nothing back."""
        return iter(())

    def content(self, file: str) -> Content:  # noqa: ARG002
        """Return an empty file."""
        return InMemory(b"")


class _Chain:
    """A part in virtual time."""

    def __init__(self) -> None:
        self.kept = Kept()

    def add(self, block: AudioBlock, samples: Samples | None) -> Kept:
        frames = self.kept.frames + block.frames
        sound = b"" if samples is None else samples.tobytes()
        head = f"{self.kept.digest}/{block.first_frame}/{block.frames}/{int(block.overflow)}/".encode()
        self.kept = Kept(frames, frames * BYTES_PER_FRAME, hashlib.sha256(head + sound).hexdigest())
        return self.kept

    def finish(self) -> Kept:
        return self.kept


class FlacRecorder:
    """Keeps every part as a FLAC file in a folder of its own; a power cut takes half a second at most.

    That is a block on its way (100 ms), the block that is being written (100 ms) and what the encoder holds
    (85 ms); the rest is for the sound system and for a disk that takes its time.

    Args:
        folder: Made if it is not there; for its owner only.
    """

    block_us = 100 * MILLISECOND
    keeps_sound = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, file: str) -> AbstractContextManager[Growing]:
        """Begin a part.

        Raises:
            OSError: The disk cannot be written, or has a file of that name.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _GrowingFile(self.folder / file, FORMAT)

    def close_cut(self, file: str, kept: Kept) -> Kept:
        """Close a part that a crash has cut off; one of which nothing was kept is removed.

        Raises:
            OSError: What was promised cannot be had from the disk (``FileDamaged``).
        """
        path = self.folder / file
        if not kept.frames:
            path.unlink(missing_ok=True)
            return kept
        return cut_off(path, kept)

    def given_back(self, file: str, kept: Kept) -> Kept:
        """Return a closed part as the disk gives it back now (``as_found``)."""
        return as_found(self.folder / file, kept)

    def samples(self, file: str) -> Iterator[Samples]:
        """Give the sound of a closed part back."""
        return read_samples(self.folder / file)

    def content(self, file: str) -> Content:
        """Return a closed part as a file."""
        return OnDisk(self.folder / file)


class _GrowingFile(AnswerFile):
    """A part on the disk."""

    def add(self, block: AudioBlock, samples: Samples | None) -> Kept | None:
        self.write(block.samples() if samples is None else samples)
        return self.keep()


def closed_after_crash(
    answer: Answer, recorder: Recorder, why: str, heard: Heard | None = None
) -> tuple[Answer, str]:
    """Close the part that something cut off; returns the answer, and why the part ended.

    A file that the disk has damaged stays as it is; the part is marked, and listed as the disk gives it back.

    Args:
        answer: Its last part is open.
        recorder: Who kept it.
        why: What cut it off, the code of an error; it gives way to ``DAMAGED``.
        heard: What its sound is worth, if anybody still knows.
    """
    last = answer.parts[-1]
    try:
        kept = recorder.close_cut(last.file, last.kept)
    except OSError:
        found = recorder.given_back(last.file, last.kept)
        return answer.with_kept(found, heard, closed=True, damaged=True), DAMAGED
    return answer.with_kept(kept, heard, closed=True), why


def seen_again(answer: Answer, recorder: Recorder) -> Answer:
    """Return an answer with its closed parts as the disk gives them back now; what has changed is damaged."""
    return replace(answer, parts=tuple(_seen_again(part, recorder) for part in answer.parts))


def _seen_again(part: Part, recorder: Recorder) -> Part:
    if not part.kept.frames:
        return part
    found = recorder.given_back(part.file, part.kept)
    return part if found == part.kept else replace(part, kept=found, damaged=True)


def beginning(recorder: Recorder, files: Iterable[str], longest: int) -> Samples:
    """Give the first ``longest`` frames of several parts back, one after the other.

    Raises:
        OSError: A part cannot be read.
    """
    pieces = [np.zeros((0, FORMAT.channels), dtype=np.int16)]
    missing = longest
    for piece in (piece for file in files for piece in recorder.samples(file)):
        pieces.append(piece[:missing])
        missing -= len(pieces[-1])
        if not missing:
            break
    return np.concatenate(pieces)
