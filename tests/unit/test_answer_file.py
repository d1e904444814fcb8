"""A part as a FLAC file: whole at every instant, and nothing of what was promised is ever lost."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.audio import AudioFormat, Samples
from simulators import sound
from station_core.answer_file import AnswerFile, FileDamaged, Kept, cut_off, read_samples

RATE = 48_000
FORMAT = AudioFormat(RATE, 1)
BLOCK = RATE // 10
HALF_A_SECOND = RATE // 2


def speech(frames: int, channels: int = 1) -> Samples:
    """Speech as the headset's model makes it."""
    wave = sound.voice(7).render(RATE, frames).astype(np.int16)
    return np.repeat(wave[:, np.newaxis], channels, axis=1)


SPOKEN = speech(3 * RATE)


def decoded(path: Path) -> Samples:
    return np.concatenate([np.empty((0, 1), np.int16), *read_samples(path)])


def flac_finds_it_sound(path: Path) -> None:
    """The reference implementation decodes all of it."""
    done = subprocess.run(["flac", "-t", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def record(path: Path, samples: Samples = SPOKEN, block: int = BLOCK, every: int = 2) -> list[Kept]:
    """Record to the end; returns what was kept each time."""
    kept = []
    with AnswerFile(path, FORMAT) as file:
        for number, first in enumerate(range(0, len(samples), block), start=1):
            file.write(samples[first : first + block])
            if number % every == 0:
                kept.append(file.keep())
        kept.append(file.finish())
    return kept


def test_a_finished_part_is_what_was_spoken(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    last = record(path)[-1]
    assert np.array_equal(decoded(path), SPOKEN)
    assert last == Kept(len(SPOKEN), path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    assert path.stat().st_mode & 0o777 == 0o600
    flac_finds_it_sound(path)


def test_two_channels(tmp_path: Path) -> None:
    path, samples = tmp_path / "a.flac", speech(RATE, 2)
    samples[:, 1] //= 2
    with AnswerFile(path, AudioFormat(RATE, 2)) as file:
        file.write(samples)
        assert file.finish().frames == RATE
    assert np.array_equal(np.concatenate(list(read_samples(path))), samples)


def test_nothing_spoken_is_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    with AnswerFile(path, FORMAT) as file:
        assert file.keep() == Kept()
        assert file.finish() == Kept()
    assert not path.exists()


def test_a_part_is_never_written_over_another(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    record(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        AnswerFile(path, FORMAT)
    assert path.read_bytes() == before


def test_at_every_instant_the_file_plays(tmp_path: Path) -> None:
    """Whoever copies it while somebody speaks has a sound file, at most half a second short."""
    path, copy = tmp_path / "a.flac", tmp_path / "copy.flac"
    with AnswerFile(path, FORMAT) as file:
        for number in range(len(SPOKEN) // BLOCK):
            file.write(SPOKEN[number * BLOCK : (number + 1) * BLOCK])
            if number % 2:
                kept = file.keep()
                copy.write_bytes(path.read_bytes())
                if kept.frames:
                    there = decoded(copy)
                    flac_finds_it_sound(copy)
                    assert np.array_equal(there, SPOKEN[: len(there)])
                    assert len(there) >= (number + 1) * BLOCK - HALF_A_SECOND


class Disk:
    """What would be left of a file after a power cut: what was forced to the disk, and what was promised."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.forced: list[bytes] = []

    def sync(self, descriptor: int) -> None:
        if os.path.samestat(os.fstat(descriptor), self.path.stat()):
            self.forced.append(self.path.read_bytes())


def spoken_onto(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, Kept]]:
    """Record; returns frames spoken, number of the last forced state, and the promise, at each promise."""
    monkeypatch.setattr(os, "fsync", disk.sync)
    promises = []
    with AnswerFile(disk.path, FORMAT) as file:
        for number in range(len(SPOKEN) // BLOCK):
            file.write(SPOKEN[number * BLOCK : (number + 1) * BLOCK])
            if number % 2:
                kept = file.keep()
                promises.append(((number + 1) * BLOCK, len(disk.forced), kept))
    monkeypatch.undo()
    return promises


def test_a_power_cut_takes_half_a_second_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what was forced to the disk is there, and somebody has spoken on until just before the next."""
    disk, left = Disk(tmp_path / "a.flac"), tmp_path / "left.flac"
    for spoken, forced, kept in spoken_onto(disk, monkeypatch):
        if not kept.frames:
            assert spoken + 2 * BLOCK <= HALF_A_SECOND
            continue
        left.write_bytes(disk.forced[forced - 1])
        closed = cut_off(left, kept)
        assert (
            closed.frames >= spoken + 2 * BLOCK - HALF_A_SECOND
        )  # the power goes just before the next promise
        assert np.array_equal(decoded(left), SPOKEN[: closed.frames])
        assert closed.digest == hashlib.sha256(left.read_bytes()).hexdigest()
        flac_finds_it_sound(left)


def test_cut_at_every_byte_behind_a_promise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever of the next write came to the disk, the promise holds to the frame."""
    disk, left = Disk(tmp_path / "a.flac"), tmp_path / "left.flac"
    promises = spoken_onto(disk, monkeypatch)
    (_, _, kept), (_, after, _) = promises[3:5]
    larger = disk.forced[after - 1]
    for size in range(kept.size_bytes, len(larger) + 1, 7):
        left.write_bytes(larger[:size])
        assert cut_off(left, kept).frames == kept.frames
        assert left.stat().st_size == kept.size_bytes
    assert np.array_equal(decoded(left), SPOKEN[: kept.frames])
    flac_finds_it_sound(left)


@pytest.mark.parametrize("state", ["before the header is complete", "after the end"])
def test_killed_while_the_part_is_closed(tmp_path: Path, state: str) -> None:
    """The last promise still holds when the encoder has completed the header already."""
    path = tmp_path / "a.flac"
    kept = record(path)
    if state.startswith("before"):
        data = path.read_bytes()
        path.write_bytes(data[:21] + bytes([data[21] & 0xF0]) + bytes(20) + data[42:])
    assert cut_off(path, kept[-2]).frames == kept[-2].frames
    assert np.array_equal(decoded(path), SPOKEN[: kept[-2].frames])
    flac_finds_it_sound(path)


def short(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    return data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "short": short,
    "flipped": flipped,
    "empty": lambda data: b"",
    "no FLAC": lambda data: b"RIFF" + data[4:],
    "cut in the header": lambda data: data[:60],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_disk_that_loses_what_it_promised(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.flac"
    kept = record(path)[-2]
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    before = path.read_bytes()
    with pytest.raises(FileDamaged, match=r"a\.flac"):
        cut_off(path, kept)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["short", "empty", "no FLAC", "cut in the header"])
def test_a_damaged_file_is_not_played(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.flac"
    record(path)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(FileDamaged, match=r"a\.flac"):
        list(read_samples(path))


def test_a_full_disk_says_so_and_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.flac"

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with AnswerFile(path, FORMAT) as file:
        file.write(SPOKEN[:RATE])
        kept = file.keep()
        monkeypatch.setattr(os, "fsync", full)
        file.write(SPOKEN[RATE:])
        with pytest.raises(OSError, match="No space left"):
            file.keep()
    monkeypatch.undo()
    assert cut_off(path, kept).frames == kept.frames
    assert np.array_equal(decoded(path), SPOKEN[: kept.frames])


@settings(max_examples=25, deadline=None)
@given(blocks=st.lists(st.integers(1, 20_000), min_size=1, max_size=12), every=st.integers(1, 4))
def test_blocks_of_any_length(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[int], every: int
) -> None:
    path = tmp_path_factory.mktemp("answer") / "a.flac"
    at, kept = 0, Kept()
    with AnswerFile(path, FORMAT) as file:
        for number, frames in enumerate(blocks):
            file.write(SPOKEN[at : at + frames])
            at = min(at + frames, len(SPOKEN))
            if number % every == 0:
                kept = file.keep()
                assert at - 2 * 4096 < kept.frames <= at
        assert file.finish().frames == at
    assert np.array_equal(decoded(path), SPOKEN[:at])
    if kept.frames:
        assert cut_off(path, kept).frames == kept.frames
        assert np.array_equal(decoded(path), SPOKEN[: kept.frames])
