"""``ppelab check recording``: files that exist, good and broken, in words, as JSON and as a page."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from lab import recording_check
from lab.language import LANGUAGES
from lab.sound.reading import EIGHT_BITS
from lab.text import texts
from station_core.audio_check import Kind
from tests.command_line import Command
from tests.scripted_headset import spoken
from tests.sound_files import BROKEN, RATE, Broken, voice


@cache
def speech() -> NDArray[np.int16]:
    return spoken(10)


def clicked() -> NDArray[np.int16]:
    sound = speech().copy()
    for at in range(1, 9):
        sound[at * RATE : at * RATE + 4] = [[28_000], [-24_000], [15_000], [-9_000]]
    return sound


def write(path: Path, sound: NDArray[np.int16], rate: int = RATE) -> str:
    soundfile.write(path, sound, rate, subtype="PCM_16")
    return str(path)


def test_a_good_recording(ppelab: Command, tmp_path: Path) -> None:
    for name in ("a.wav", "a.flac"):
        path = write(tmp_path / name, speech())
        code, out, err = ppelab("check", "recording", path)
        assert (code, err) == (0, "")
        kind = "WAV" if name.endswith("wav") else "FLAC"
        assert out.splitlines()[0] == f"{path}: ГОДИТСЯ"
        assert re.match(
            rf"    10,0 с, 48000 Гц, каналов: 1, {kind}/PCM_16; речь −[0-9,]+ дБ, шум −", out.splitlines()[1]
        )


def test_a_bad_recording_says_what_where_and_what_to_do(ppelab: Command, tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", clicked())
    code, out, _ = ppelab("check", "recording", path)
    assert code == 1
    assert out.startswith(f"{path}: НЕ ГОДИТСЯ\n")
    assert "    НЕТ" in out
    assert re.search(r"щелчки: 8 раз — 0:01,0\d(–0:08,0\d|; 0:02,0\d)", out)
    assert "    Что делать: проверьте штекер и шнур" in out


def test_the_json_is_a_list_of_files(ppelab: Command, tmp_path: Path) -> None:
    good, bad = write(tmp_path / "good.wav", speech()), write(tmp_path / "bad.wav", clicked())
    missing = str(tmp_path / "missing.wav")
    code, out, err = ppelab("check", "recording", "--json", good, missing, bad, good)
    assert (code, err) == (2, "")
    told = json.loads(out)
    assert [each["file"] for each in told] == [good, missing, bad, good]
    assert [each["verdict"] for each in told] == ["pass", "fail", "fail", "pass"]
    assert told[0]["figures"]["duration_us"] == 10_000_000
    assert "error" not in told[0]
    assert told[0] == told[3]
    assert (told[1]["error"], told[1]["figures"], told[1]["findings"]) == ("unreadable", {}, [])
    clicks = [each for each in told[2]["findings"] if each["kind"] in ("click", "crackle")]
    assert clicks
    assert clicks[0]["start_s"] == pytest.approx(1, abs=0.05)
    assert clicks[0]["end_s"] >= clicks[0]["start_s"]
    assert {each["kind"] for each in told[2]["findings"]} <= {kind.value for kind in Kind}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_a_broken_file_is_named_and_the_others_are_judged(
    broken: Broken, ppelab: Command, tmp_path: Path
) -> None:
    path, good = tmp_path / broken.name, write(tmp_path / "good.flac", speech())
    path.write_bytes(broken.make())
    page = tmp_path / "page.html"
    code, out, err = ppelab("check", "recording", str(path), good, "--report", str(page))
    assert code == (1 if broken.judged else 2)
    assert f"{good}: ГОДИТСЯ" in out
    reason = texts("ru")(f"recording-error-{broken.code}", **dict.fromkeys(
        ("why", "rate", "low", "high", "channels", "most", "percent", "seconds"), "…"))  # fmt: skip
    first = re.split("…| \\(…", reason)[0].split("(")[0]
    assert f"{path}" in (out if broken.judged else err)
    assert first in (out if broken.judged else err)
    assert "Traceback" not in out + err
    assert page.read_text().count("<section") == 2
    told = json.loads(ppelab("check", "recording", "--json", str(path))[1])
    assert (told[0]["verdict"], told[0]["error"], bool(told[0]["figures"])) == (
        "fail",
        broken.code,
        broken.judged,
    )


def test_what_is_no_file(ppelab: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = ppelab("check", "recording", "-", ".", "нет.wav", "\x1b[31m.wav", "")
    assert (code, out) == (2, "")
    first, second, third, fourth, fifth = err.splitlines()
    assert first.startswith("-: из стандартного ввода записи не читаются")
    assert second.startswith(".: это папка")
    assert third == "нет.wav: файл не читается: нет такого файла или папки; проверьте имя, права и носитель"
    assert fourth.startswith("\\x1b[31m.wav: ")
    assert fifth == "«»: имя файла пусто (не задана переменная?); укажите файл записи"


def test_what_is_wrong_is_told_in_the_language(
    ppelab: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # long names are shortened in messages
    path = Path("half.flac")
    path.write_bytes(next(each for each in BROKEN if each.name == path.name).make())
    code, out, _ = ppelab("check", "recording", str(path))
    assert code == 1
    assert "файл повреждён (поток FLAC обрывается или испорчен); найдите копию" in out
    loop = Path("loop.html")
    loop.symlink_to(loop)
    code, out, err = ppelab("check", "recording", str(path), "--report", str(loop))
    assert (code, out) == (2, "")
    assert err.startswith(f"{loop}: файл не записать: ссылки файлов ходят по кругу")
    quiet = Path("socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(quiet))  # opening it fails as opening /dev/tty does without a terminal
    assert "это не обычный файл" in ppelab("check", "recording", str(quiet))[2]


def test_eight_bits_are_no_fault_of_the_room(ppelab: Command, tmp_path: Path) -> None:
    path, page = tmp_path / "a.wav", tmp_path / "page.html"
    soundfile.write(path, speech(), RATE, subtype="PCM_U8")
    code, out, _ = ppelab("check", "recording", str(path), "--report", str(page))
    assert code == 1
    assert "    в файле 8 бит на отсчёт: шум и обрывы могут быть от этого" in out
    assert "НЕТ  шум" in out
    for told in (out, page.read_text("utf-8")):
        assert "окна" not in told
        assert "USB" not in told
    soundfile.write(path, speech(), RATE, subtype="ULAW")
    assert ppelab("check", "recording", str(path))[0] == 0, "8 bits, but as fine as 14 where it is quiet"


def test_a_name_that_is_no_utf_8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.wav")
    write(tmp_path / "a.wav", speech())
    (tmp_path / "a.wav").rename(path)
    command: list[str | bytes] = [sys.executable, "-P", "-m", "lab", "check", "recording", os.fsencode(path)]
    done = subprocess.run(
        [*command, "--json", "--report", str(tmp_path / "page.html")], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert os.fsencode(json.loads(done.stdout)[0]["file"]) == os.fsencode(path)
    assert "\\udcff.wav" in (tmp_path / "page.html").read_text()
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "\\udcff.wav: ГОДИТСЯ".encode() in done.stdout


def test_a_dead_channel_is_named(ppelab: Command, tmp_path: Path) -> None:
    sound = np.concatenate((speech(), np.zeros_like(speech())), axis=1)
    code, out, _ = ppelab("check", "recording", "--json", write(tmp_path / "a.wav", sound))
    told = json.loads(out)[0]
    dead = [each for each in told["findings"] if each["kind"] == "dead-channel"]
    assert [each["channel"] for each in dead] == [1]
    assert code == (1 if told["verdict"] == "fail" else 0)


def test_a_report_never_takes_the_place_of_a_recording(ppelab: Command, tmp_path: Path) -> None:
    path = Path(write(tmp_path / "a.wav", speech()))
    before = path.read_bytes()
    link = tmp_path / "link.wav"
    link.symlink_to(path)
    for other in (path, link, tmp_path / "." / "a.wav"):
        code, _, err = ppelab("check", "recording", str(path), "--report", str(other))
        assert code == 2
        assert "это сама запись" in err
    assert path.read_bytes() == before
    code, _, err = ppelab("check", "recording", str(path), "--report", str(tmp_path / "no" / "page.html"))
    assert code == 2
    assert "создайте её" in err


def test_the_page(ppelab: Command, tmp_path: Path) -> None:
    path = write(tmp_path / "<b>&.wav", clicked())
    page = tmp_path / "page.html"
    code, out, _ = ppelab("check", "recording", path, "--report", str(page), "--lang", "en")
    assert code == 1
    assert f"written: {page}" in out
    told = page.read_text()
    assert '<html lang="en">' in told
    assert "&lt;b&gt;&amp;.wav" in told
    assert "<b>&.wav" not in told
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", told), "nothing is loaded"
    assert "<script" not in told
    assert told.count('class="wave"') >= 2, "the whole, and close-ups"
    assert re.search('class="(over|lane)', told)


def test_a_long_recording_is_judged_in_stretches(
    ppelab: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = np.tile(speech(), (5, 1))
    clicks = (3, 19, 21, 38, 47)
    for at in clicks:
        sound[at * RATE : at * RATE + 4] = [[28_000], [-24_000], [15_000], [-9_000]]
    path = write(tmp_path / "a.flac", sound)
    page = tmp_path / "page.html"
    monkeypatch.setattr("lab.recording_check.MOST_HELD", 20 * RATE)
    code, out, _ = ppelab("check", "recording", "--json", path, "--report", str(page))
    told = json.loads(out)[0]
    assert code == (1 if told["verdict"] == "fail" else 0)
    assert (told["figures"]["duration_us"], told["figures"]["clicks"]) == (50_000_000, len(clicks))
    for at in clicks:
        spans = [(each["start_s"], each["end_s"]) for each in told["findings"]]
        assert any(start - 0.05 <= at <= end + 0.05 for start, end in spans), (at, spans)
    assert [each["start_s"] for each in told["findings"]] == sorted(
        each["start_s"] for each in told["findings"]
    )
    assert page.read_text().count("<figcaption>") == 1 + len(told["findings"]), "each is shown close up"


def test_no_stretch_is_too_short_to_be_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.recording_check.MOST_HELD", 4 * RATE)
    for frames in (4 * RATE, 4 * RATE + 1, 6 * RATE + 1, 12 * RATE - 1):
        sound = np.resize(speech(), (frames, 1))
        blocks = np.split(sound, range(4096, frames, 4096))
        stretches = [stretch.copy() for stretch in recording_check._stretches(blocks, 1)]
        assert np.array_equal(np.concatenate(stretches), sound)
        assert min(map(len, stretches)) >= 2 * RATE - 4096
        assert max(map(len, stretches)) <= 4 * RATE


def test_the_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "long.flac"
    block = np.tile(speech(), (6, 1))
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for _ in range(40):
            file.write(block)
    code = (
        "import resource, sys; from lab.cli import main; code = main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "check", "recording", "--json", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    told: list[dict[str, Any]] = json.loads(done.stdout)
    assert told[0]["figures"]["duration_us"] == 2_400_000_000
    assert done.returncode in (0, 1)
    assert int(done.stderr.splitlines()[-1]) < 600_000, "kilobytes, as with half an hour"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_a_text(language: str) -> None:
    source = (Path(__file__).parents[2] / "lab" / "sound" / "reading.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'BadSound\("([a-z-]+)"', source)) | {
        EIGHT_BITS,
        "folder",
        "not-a-file",
        "empty-file",
        "not-audio",
    }
    assert {broken.code for broken in BROKEN} <= codes
    assert [code for code in codes if not texts(language).has(f"recording-error-{code}")] == []


def test_noise_alone_is_no_speech(ppelab: Command, tmp_path: Path) -> None:
    quiet = (voice(10).astype(np.int32) // 3000).astype(np.int16)
    assert ppelab("check", "recording", write(tmp_path / "a.wav", quiet))[0] == 1
