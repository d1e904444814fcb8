"""Reading sound files: every coding comes out as the same sound, every broken file is named."""

from __future__ import annotations

import os
import stat
import struct
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lab.sound.reading import BLOCK, EIGHT_BITS, BadSound, opened
from tests.sound_files import BROKEN, GOOD, LOSS, RATE, Broken, encoded, flac, flac_of_length, voice, wav


@cache
def good(name: str) -> bytes:
    return GOOD[name]()


def everything(path: Path) -> tuple[NDArray[np.int16], BadSound | None]:
    with opened(str(path)) as sound:
        blocks = list(sound.blocks())
        return (
            np.concatenate(blocks) if blocks else np.zeros((0, sound.channels), dtype=np.int16)
        ), sound.flaw


@pytest.mark.parametrize("name", GOOD)
def test_every_coding_gives_the_same_sound(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(GOOD[name]())
    samples, flaw = everything(path)
    assert (flaw and flaw.code) == (EIGHT_BITS if name.startswith("pcm8") else None)
    assert samples.dtype == np.int16
    wanted, loss = voice().astype(np.int64), LOSS.get(name, 1)
    if loss is not None:
        assert samples.shape[0] - len(wanted) in range(1024), "codings in packets fill up the last one"
        assert np.abs(samples[: len(wanted)] - wanted).max() <= loss
    else:
        assert abs(len(samples) - len(wanted)) <= RATE // 20
        levels = [20 * np.log10(np.sqrt(np.mean(each.astype(np.float64) ** 2))) for each in (samples, wanted)]
        assert abs(levels[0] - levels[1]) < 1.5


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_every_broken_file_is_named(broken: Broken, tmp_path: Path) -> None:
    path = tmp_path / broken.name
    path.write_bytes(broken.make())
    if broken.judged:
        samples, flaw = everything(path)
        assert flaw is not None
        assert flaw.code == broken.code
        assert len(samples) > 0
    else:
        with pytest.raises(BadSound) as caught:
            everything(path)
        assert caught.value.code == broken.code


def test_of_a_file_that_was_cut_everything_before_the_cut_is_read(tmp_path: Path) -> None:
    path = tmp_path / "half"
    for data, lost in ((wav(), 1), (flac(), 4096 + BLOCK)):
        path.write_bytes(data[: len(data) // 2])
        samples, _ = everything(path)
        whole = voice()
        assert np.array_equal(samples, whole[: len(samples)])
        assert len(samples) >= len(whole) // 2 - lost - RATE // 10


def test_how_much_is_there_is_said(tmp_path: Path) -> None:
    path = tmp_path / "half.wav"
    path.write_bytes(wav()[: 44 + RATE])  # a quarter of 2 s at 2 bytes
    _, flaw = everything(path)
    assert flaw is not None
    assert flaw.values == {"percent": "25", "seconds": "0.5"}


def test_what_a_header_promises_is_never_allocated(tmp_path: Path) -> None:
    for name, data in (
        ("long.flac", flac_of_length(0xF_FFFF_FFFE)),
        ("long.wav", wav()[:40] + struct.pack("<I", 0x7FFE_FFFE) + wav()[44:]),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        with opened(str(path)) as sound:
            assert max(len(block) for block in sound.blocks()) <= BLOCK
            assert sound.flaw is not None


def test_sound_louder_than_full_scale_is_cut_and_does_not_wrap(tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    path.write_bytes(
        encoded("WAV", "FLOAT", np.array([[2.0], [-2.0], [1.0], [-1.0], [0.5]], dtype=np.float32))
    )
    assert everything(path)[0][:, 0].tolist() == [32_767, -32_768, 32_767, -32_768, 16_384]


def test_what_is_no_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    wanted = {
        str(tmp_path): "folder",
        str(pipe): "not-a-file",
        "/dev/null": "not-a-file",
        "-": "standard-input",
        "": "no-name",
        **dict.fromkeys(
            ("a\0b", str(loop), str(tmp_path / "nothing"), str(tmp_path / ("x" * 300))), "unreadable"
        ),
    }
    for path, code in wanted.items():
        with pytest.raises(BadSound) as caught, opened(path):
            pass
        assert caught.value.code == code, path


def test_a_file_without_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.wav"
    path.write_bytes(wav())
    path.chmod(0)
    if os.geteuid() == 0:  # root may read everything: let the system refuse
        assert stat.S_IMODE(path.stat().st_mode) == 0

        def refused(*_: object) -> int:
            raise PermissionError(13, os.strerror(13))

        monkeypatch.setattr("lab.sound.reading.os.open", refused)
    with pytest.raises(BadSound) as caught, opened(str(path)):
        pass
    assert (caught.value.code, caught.value.values["why"]) == ("unreadable", "Permission denied")


def test_names_that_are_no_utf_8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff\xfe.wav")
    path.write_bytes(wav())
    with opened(str(path)) as sound:
        assert sum(len(block) for block in sound.blocks()) == len(voice())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(("pcm16.wav", "pcm16.flac", "vorbis.ogg", "float.wav", "adpcm.wav")),
    changes=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=6),
    head=st.booleans(),
    cut=st.none() | st.integers(1, 2**20),
)
def test_no_damage_makes_anything_but_sound_or_a_name_for_it(
    kind: str, changes: list[tuple[int, int]], head: bool, cut: int | None, tmp_path: Path
) -> None:
    data = bytearray(good(kind))
    for at, value in changes:
        data[at % (min(len(data), 200) if head else len(data))] = value
    path = tmp_path / "damaged"
    path.write_bytes(data if cut is None else data[: cut % len(data)])
    try:
        samples, _ = everything(path)
    except BadSound:
        return
    assert samples.dtype == np.int16
    assert len(samples) <= 100 * len(voice())
