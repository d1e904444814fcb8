"""The content of an audio package: what is listed follows, and is what the list says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.audio import AudioBlock
from station_core.answer_file import Kept
from station_core.answers import Answer
from station_core.audio_package import MOST_INDEX, AudioReader, audio_files, package_pieces
from station_core.errors import MaterialsRefused
from station_core.recorder import ChainRecorder, FlacRecorder, Recorder

RATE = 48_000


def recorded(recorder: Recorder, seconds: dict[str, tuple[int, ...]]) -> dict[str, Answer]:
    """Record answers of so many parts, each of so many seconds."""
    answers = {}
    for recording, parts in seconds.items():
        answer = Answer(f"participant of {recording}")
        for number, length in enumerate(parts, start=1):
            file = f"{recording}_{number}.flac"
            answer = answer.begun(file, "headset-1")
            with recorder.begin(file) as part:
                for second in range(length):
                    sound = np.full((RATE, 1), second * 100 + number, np.int16)
                    part.add(AudioBlock(second * RATE, RATE, partial(np.asarray, sound)), sound)
                answer = answer.with_kept(part.finish(), closed=True)
        answers[recording] = answer
    return answers


def content(recorder: Recorder) -> bytes:
    answers = recorded(recorder, {"r-1": (1, 2), "r-2": (1,), "r-3": (0,)})
    return b"".join(bytes(piece) for piece in package_pieces(audio_files(answers), recorder))


@pytest.fixture(scope="module")
def flac(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return content(FlacRecorder(tmp_path_factory.mktemp("answers") / "new"))


def in_pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    at = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for begin, end in pairwise(at):
        yield data[begin:end]


def read(data: bytes, cuts: list[int] | None = None) -> list[tuple[str, int, int]]:
    reader = AudioReader("voice.abnk")
    for piece in in_pieces(data, cuts or []):
        reader.take(piece)
    return [(each.file, each.part, each.frames) for each in reader.finish()]


WHOLE = [("r-1_1.flac", 1, RATE), ("r-1_2.flac", 2, 2 * RATE), ("r-2_1.flac", 1, RATE)]
"""An empty part has no file."""


@given(cuts=st.lists(st.integers(0, 1 << 20), max_size=8))
def test_it_comes_in_pieces_of_any_size(flac: bytes, cuts: list[int]) -> None:
    assert read(flac, cuts) == WHOLE


def test_in_virtual_time_the_list_is_all() -> None:
    data = content(ChainRecorder())
    assert data.endswith(b"]\n")
    assert read(data) == WHOLE


@given(at=st.integers(0, 1 << 20))
def test_a_package_that_is_cut_off_is_refused(flac: bytes, at: int) -> None:
    with pytest.raises(MaterialsRefused, match=r"voice\.abnk"):
        read(flac[: at % len(flac)])


@given(at=st.integers(0, 1 << 20), bit=st.integers(0, 7))
def test_a_changed_file_is_refused(flac: bytes, at: int, bit: int) -> None:
    begin = flac.index(b"\n") + 1
    at = begin + at % (len(flac) - begin)
    with pytest.raises(MaterialsRefused, match="checksum"):
        read(flac[:at] + bytes([flac[at] ^ 1 << bit]) + flac[at + 1 :])


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"[", b"{}\n", b"[1]\n", b"\xff\n", b'[{"recording": "r"}]\n', b"x" * (MOST_INDEX + 1)],
)
def test_what_is_no_index_is_refused(data: bytes) -> None:
    with pytest.raises(MaterialsRefused, match=r"voice\.abnk"):
        read(data)


def test_more_than_is_listed_is_refused(flac: bytes) -> None:
    with pytest.raises(MaterialsRefused, match="more follows"):
        read(flac + b"x")


def test_the_digest_of_an_answer_covers_all_parts() -> None:
    one = Answer("p").begun("a", "h").with_kept(Kept(1, 2, "ab"), closed=True)
    assert one.digest == "ab"
    two = one.begun("b", "h").with_kept(Kept(1, 2, "cd"), closed=True)
    assert two.digest == hashlib.sha256(b"ab\ncd\n").hexdigest()
    assert (two.frames, two.size_bytes) == (2, 4)


def test_a_store_of_before_the_marks_is_read() -> None:
    old = {"file": "r-1.flac", "headset": "h", "kept": {"frames": 1, "size_bytes": 2, "digest": "ab"}}
    answer = msgspec.convert({"participant": "p", "parts": [{**old, "closed": True}]}, Answer)
    assert answer == Answer("p").begun("r-1.flac", "h").with_kept(Kept(1, 2, "ab"), closed=True)
    assert not answer.damaged


def test_parts_lie_where_only_the_owner_reads_them(tmp_path: Path) -> None:
    recorder = FlacRecorder(tmp_path / "answers")
    recorded(recorder, {"r-1": (1,)})
    assert recorder.folder.stat().st_mode & 0o777 == 0o700
    assert (recorder.folder / "r-1_1.flac").stat().st_mode & 0o777 == 0o600
