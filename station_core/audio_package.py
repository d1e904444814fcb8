"""The content of an audio package: a line that lists the files, then the files, one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

import msgspec

from station_core.answers import Answer
from station_core.container import Piece
from station_core.errors import MaterialsRefused
from station_core.materials import Natural
from station_core.recorder import Recorder

MOST_INDEX = 1 << 20
"""Bytes of the longest index: some thousand files (our choice)."""
_PIECE = 1 << 20


class AudioFile(msgspec.Struct, frozen=True):
    """One part of an answer as the package lists it.

    Args:
        part: The how-manieth of its answer, from 1; the first may lie in another station's package.
        complete: The answer was recorded to its end.
        frames: Sample frames that were recorded.
        size_bytes, digest: Of the file; its SHA-256, hexadecimal.
        follows: Its bytes follow the index; not where sound is only modelled, nor where the disk gave none.
        damaged: The file is not what was recorded, but what the station's disk gave back of it.
    """

    recording: str
    participant: str
    part: int
    complete: bool
    file: str
    headset: str
    frames: Natural
    size_bytes: Natural
    digest: str
    follows: bool = False
    damaged: bool = False


def audio_files(answers: Mapping[str, Answer]) -> list[AudioFile]:
    """List what there is of all answers, in the order in which they were begun."""
    return [
        AudioFile(
            recording=recording,
            participant=answer.participant,
            part=number,
            complete=answer.complete,
            file=part.file,
            headset=part.headset,
            frames=part.kept.frames,
            size_bytes=part.kept.size_bytes,
            digest=part.kept.digest,
            damaged=part.damaged,
        )
        for recording, answer in answers.items()
        for number, part in enumerate(answer.parts, start=answer.elsewhere.parts + 1)
        if part.kept.frames
    ]


def package_pieces(files: Sequence[AudioFile], recorder: Recorder) -> Iterator[Piece]:
    """Make the content of a package, piece by piece.

    Raises:
        OSError: A recording cannot be read.
    """
    sound = recorder.keeps_sound
    listed = [msgspec.structs.replace(each, follows=sound and each.size_bytes > 0) for each in files]
    yield msgspec.json.encode(listed) + b"\n"
    for each in listed:
        if each.follows:
            with recorder.content(each.file).open() as source:
                while piece := source.read(_PIECE):
                    yield piece


class AudioReader:
    """Takes the content of an audio package as it is decrypted, and checks every file's length and checksum.

    Args:
        package: Its name, for refusals.
    """

    def __init__(self, package: str) -> None:
        self.files: tuple[AudioFile, ...] | None = None
        self._package = package
        self._line = bytearray()
        self._left: list[AudioFile] = []
        self._missing = 0  # bytes of the first one left
        self._hash = hashlib.sha256()

    def take(self, data: Piece) -> None:
        """Take the next bytes.

        Raises:
            MaterialsRefused: The index is none, a file is not what the index says, or more follows.
        """
        rest = memoryview(data)
        if self.files is None:
            rest = self._take_index(bytes(rest))
        while rest:
            if not self._left:
                self._refuse("more follows than the index lists")
            piece = rest[: self._missing]
            self._hash.update(piece)
            self._missing -= len(piece)
            rest = rest[len(piece) :]
            if not self._missing:
                self._end_file()

    def _take_index(self, data: bytes) -> memoryview:
        line, found, rest = data.partition(b"\n")
        self._line += line
        if len(self._line) > MOST_INDEX:
            self._refuse(f"the index has more than {MOST_INDEX} bytes")
        if not found:
            return memoryview(b"")
        try:
            self.files = msgspec.json.decode(bytes(self._line), type=tuple[AudioFile, ...])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MaterialsRefused(self._package, "unreadable", f"index: {error}") from error
        self._left = [each for each in self.files if each.follows and each.size_bytes]
        self._missing = self._left[0].size_bytes if self._left else 0
        return memoryview(rest)

    def _end_file(self) -> None:
        ended = self._left.pop(0)
        if self._hash.hexdigest() != ended.digest:
            self._refuse(f"{ended.file}: its checksum differs from the index")
        self._hash = hashlib.sha256()
        self._missing = self._left[0].size_bytes if self._left else 0

    def _refuse(self, detail: str) -> NoReturn:
        raise MaterialsRefused(self._package, "unreadable", detail)

    def finish(self) -> tuple[AudioFile, ...]:
        """Return the list after the last byte.

        Raises:
            MaterialsRefused: Something is missing.
        """
        if self.files is None:
            raise MaterialsRefused(self._package, "unreadable", "no index")
        if self._left:
            self._refuse(f"{self._left[0].file}: cut off")
        return self.files
