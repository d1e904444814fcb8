"""One part of an answer as a FLAC file that grows while it is spoken and is sound at every instant.

The encoder writes into memory; :meth:`AnswerFile.keep` appends what it has finished and forces it to the
disk. The header (STREAMINFO, RFC 9639 §8.2) always tells a length that is on the disk already, so whatever
opens the file after a power cut plays what was kept, and :func:`cut_off` makes it whole to the frame.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec
import soundfile

from hal.audio import AudioFormat, Samples
from hal.files import for_us_alone, sync_folder

FRAMES_PER_READ = 48_000
"""Frames that are decoded at once."""

_PIECE = 1 << 20
_BLOCK_SIZE = slice(8, 10)  # of a fixed-blocksize stream; bytes since the beginning of the file
_LENGTH = slice(21, 26)  # its last 36 bits: samples per channel
_LENGTH_MASK = (1 << 36) - 1
_MD5 = slice(26, 42)
_FIRST_FRAME = b"\xff\xf8"  # sync code of a frame in a fixed-blocksize stream


class Kept(msgspec.Struct, frozen=True):
    """What of a part is safe: a crash or a power cut takes nothing of it.

    Args:
        frames: Sample frames.
        size_bytes: Length of the file.
        digest: SHA-256, hexadecimal: of the encoded sound without the header while the part grows, of the
            whole file once it is closed.
    """

    frames: int = 0
    size_bytes: int = 0
    digest: str = ""


class FileDamaged(OSError):
    """The disk gives back something else than was written, or not all of it.

    Args:
        path: Which file.
        detail: What is wrong.
    """

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(f"{path}: the recording is damaged ({detail}); keep the disk for the РЦОИ")
        self.path = path


class _Encoded:
    """Where the encoder writes to: memory. It goes back to the header, never to the sound."""

    def __init__(self) -> None:
        self.header = bytearray()
        self.sound = bytearray()  # what is not taken yet
        self.blocks = 0  # FLAC frames so far
        self._taken = 0
        self._at = 0

    def write(self, data: bytes) -> int:
        begins_sound = not self.blocks and data[:2] == _FIRST_FRAME
        if self._at < len(self.header):
            self.header[self._at : self._at + len(data)] = data
        elif not self.blocks and not begins_sound:
            self.header += data
        else:
            self.sound += data
            self.blocks += 1
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        end = len(self.header) + self._taken + len(self.sound)
        self._at = (0, self._at, end)[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def take(self) -> bytes:
        """Return the encoded sound that has come since the last time."""
        sound = bytes(self.sound)
        self.sound.clear()
        self._taken += len(sound)
        return sound


class AnswerFile:
    """A part that is being recorded. Leaving the ``with`` block without ``finish`` leaves what was kept.

    Args:
        path: A file that does not exist yet.
        audio_format: Of the samples.

    Raises:
        FileExistsError: There is one; a part is never written over another.
        OSError: The disk cannot be written.
    """

    def __init__(self, path: Path, audio_format: AudioFormat) -> None:
        self.path = path
        self._encoded = _Encoded()
        self._file: BinaryIO = open(path, "x+b", opener=for_us_alone)  # noqa: SIM115 - closed by close
        self._encoder = soundfile.SoundFile(
            self._encoded, "w", audio_format.rate_hz, audio_format.channels, "PCM_16", format="FLAC"
        )
        self._hash = hashlib.sha256()
        self._frames = 0  # given to the encoder
        self._size = 0
        self._kept = Kept()

    def write(self, samples: Samples) -> None:
        """Encode samples, shape ``(frames, channels)``; they are not kept yet."""
        self._encoder.write(samples)
        self._frames += len(samples)

    def keep(self) -> Kept:
        """Force to the disk what is encoded: all but the last 4,096 frames at most (85 ms at 48 kHz).

        Raises:
            OSError: The disk is full or gone; what was kept before is still good.
        """
        encoded = self._encoded
        self._append(encoded.take())
        if not self._size:
            return self._kept
        frames = encoded.blocks * int.from_bytes(encoded.header[_BLOCK_SIZE], "big")
        self._kept = Kept(frames, self._size, self._hash.hexdigest())
        self._tell(_with_length(bytes(encoded.header), frames))
        return self._kept

    def finish(self) -> Kept:
        """Encode the rest, complete the header, and read the file once more for its checksum.

        Raises:
            OSError: The disk is full or gone; what was kept before is still good.
            FileDamaged: It reads otherwise than it was written.
        """
        self._encoder.close()
        self._append(self._encoded.take())
        if not self._frames:
            return Kept()
        self._tell(bytes(self._encoded.header))
        _sync(self._file)
        digest = _digest(self.path, self._file, len(self._encoded.header), self._hash.hexdigest())
        self._kept = Kept(self._frames, self._size, digest)
        return self._kept

    def _append(self, sound: bytes) -> None:
        if not sound:
            return
        begins = not self._size
        if begins:
            self._size = self._file.write(self._encoded.header)
        self._file.write(sound)
        self._hash.update(sound)
        self._size += len(sound)
        _sync(self._file)
        if begins:
            sync_folder(self.path.parent)

    def _tell(self, header: bytes) -> None:
        self._file.seek(0)
        self._file.write(header)
        self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        """Let go of the file, and remove it if it is empty. Calling it twice is allowed."""
        self._encoder.close()
        if not self._file.closed:
            self._file.close()
            if not self._size:
                self.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def cut_off(path: Path, kept: Kept) -> Kept:
    """Make a part that a crash cut off a whole file: exactly what was kept, and nothing after it.

    Raises:
        FileDamaged: The disk does not hold what it had promised; the file is left as it is.
        OSError: It cannot be read or written.
    """
    with path.open(mode="r+b") as file:
        header = _header(path, file)
        file.seek(0, os.SEEK_END)
        if file.tell() < kept.size_bytes:
            raise FileDamaged(path, f"{file.tell()} bytes of {kept.size_bytes}")
        _check(path, file, len(header), kept)
        file.truncate(kept.size_bytes)
        file.seek(0)
        file.write(_with_length(header, kept.frames))
        _sync(file)
        return Kept(kept.frames, kept.size_bytes, _digest(path, file, len(header), kept.digest))


def as_found(path: Path, kept: Kept) -> Kept:
    """Return a closed part as the disk gives it back: its real size and checksum, and the frames as kept.

    What cannot be read has no size and no checksum: one lost file must not keep the others from whoever wants
    them, and whoever compares sees that it is lost.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return Kept(kept.frames, file.tell(), digest)
    except OSError:
        return Kept(kept.frames)


def read_samples(path: Path) -> Iterator[Samples]:
    """Decode a closed part, piece by piece, each of shape ``(frames, channels)``.

    Raises:
        FileDamaged: It is no sound FLAC file.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        try:
            with soundfile.SoundFile(file) as sound:
                yield from sound.blocks(FRAMES_PER_READ, dtype="int16", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise FileDamaged(path, str(error)) from error


def _with_length(header: bytes, frames: int) -> bytes:
    """Return a header that tells this length and no checksum of the samples (zeros = not known)."""
    told = int.from_bytes(header[_LENGTH], "big") & ~_LENGTH_MASK | frames
    return header[: _LENGTH.start] + told.to_bytes(5, "big") + bytes(16) + header[_MD5.stop :]


def _header(path: Path, file: BinaryIO) -> bytes:
    """Read everything before the first frame: the magic and the metadata blocks (RFC 9639 §8)."""
    header = file.read(4)
    last = header != b"fLaC"
    if last:
        raise FileDamaged(path, "no FLAC file")
    while not last:
        start = file.read(4)
        body = file.read(int.from_bytes(start[1:], "big"))
        if len(start) < 4 or len(body) < int.from_bytes(start[1:], "big"):
            raise FileDamaged(path, "its header is cut off")
        last = bool(start[0] & 0x80)
        header += start + body
    return header


def _check(path: Path, file: BinaryIO, header_size: int, kept: Kept) -> None:
    """See that the sound that was kept is still what it was."""
    file.seek(header_size)
    running, left = hashlib.sha256(), kept.size_bytes - header_size
    while left > 0:
        piece = file.read(min(_PIECE, left))
        running.update(piece)
        left -= len(piece)
    if running.hexdigest() != kept.digest:
        raise FileDamaged(path, "its checksum differs from the one made while it was spoken")


def _digest(path: Path, file: BinaryIO, header_size: int, sound: str) -> str:
    """Return the checksum of a whole file whose sound has this one."""
    file.seek(0)
    header = file.read(header_size)
    whole, body = hashlib.sha256(header), hashlib.sha256()
    while piece := file.read(_PIECE):
        whole.update(piece)
        body.update(piece)
    if body.hexdigest() != sound:
        raise FileDamaged(path, "it reads otherwise than it was written")
    return whole.hexdigest()


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
