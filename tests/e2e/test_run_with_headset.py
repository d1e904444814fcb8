"""``ppelab run --device headset=URL``: a day whose headset is a real one; here it is a tape."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from hal.audio import HeadsetCapabilities, HeadsetUnplugged, Samples
from hal.errors import DeviceNotFound
from hal.registry import Availability, DeviceInfo, register
from lab.cli import main
from scenarios.reading import read_journal
from simulators import sound
from station_core.answer_file import AnswerFile, Kept
from station_core.events import AnswerBegan
from tests.tape import Tape

ROOMS = [
    {"name": "0001", "kind": "preparation", "participants": 1, "station": {"printer": "pantum-p3300dn"}},
    {"name": "0101", "kind": "conduct", "participants": 1, "seats": {"count": 1}},
]
SHORT = [
    "audio-quality-check",
    "--set=exam.answer_time=20s",
    "--set=exam.reading_time=10s",
    f"--set=point.rooms={json.dumps(ROOMS)}",
    "--set=faults=[]",
    "--set=expect=[{that: everybody-served}, {that: incidents-resolved}]",
    "--json",
]
"""An oral day with one participant at one seat."""

VOICE = sound.voice(7)


def speech(first: int, frames: int) -> Samples:
    wave = sound.amplify(VOICE.render(first, frames), sound.gain(-80))
    sound.add_noise(wave, first, 1, sound.amplitude(-650))
    return wave.astype(np.int16)[:, np.newaxis]


class Tapes:
    """Opens ``tape:NAME``."""

    def __init__(self) -> None:
        self.tapes = {f"tape:{name}": Tape(speech) for name in ("a", "b")}

    async def open(self, url: str) -> object:
        if url not in self.tapes:
            raise DeviceNotFound(url)
        return self.tapes[url]

    async def discover(self) -> tuple[DeviceInfo, ...]:
        return ()

    async def watch(self) -> Any:
        found: tuple[Availability, ...] = ()
        for each in found:
            yield each


@pytest.fixture
def tapes() -> Iterator[dict[str, Tape]]:
    opener = Tapes()
    unregister = register("tape", opener)
    yield opener.tapes
    unregister()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["run", *SHORT, *arguments])
    out, err = capsys.readouterr()
    assert code in (0, 1), err
    found: dict[str, Any] = json.loads(out)
    return code, found


def test_the_answer_is_recorded_from_the_real_microphone(
    tapes: dict[str, Tape], capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = run(capsys, "--device=headset=tape:a")
    assert code == 0, found
    assert found["incidents"] == []
    assert (
        tapes["tape:a"].begun == tapes["tape:a"].ended == 3
    )  # in the morning, before the answer, the answer
    assert tapes["tape:a"].closed == 1


def test_the_recordings_are_kept(
    tapes: dict[str, Tape], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = run(capsys, "--device=headset=tape:a", "--recordings", str(tmp_path / "answers"))
    assert code == 0, found
    [file] = (tmp_path / "answers").glob("*/*.flac")
    assert file.parent.name == "rec-0101-1"
    heard, rate = soundfile.read(file, dtype="int16", always_2d=True)
    assert rate == 48_000
    assert np.array_equal(heard, speech(0, 20 * rate))
    assert main(["run", *SHORT, "--recordings", str(tmp_path / "answers")]) == 2
    assert "папка не пуста" in capsys.readouterr().err
    assert main(["run", *SHORT, "--recordings", str(file)]) == 2
    assert main(["run", *SHORT, "--recordings", str(tmp_path / "none" / "answers")]) == 2
    assert main(["run", *SHORT, "--recordings", str(tmp_path / "new"), "--verify"]) == 2
    assert "нельзя проверить" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_recordings_of_simulated_headsets_are_kept_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = run(capsys, "--recordings", str(tmp_path))
    assert code == 0, found
    [file] = tmp_path.glob("*/*.flac")
    assert soundfile.info(file).frames == 20 * 48_000


def test_an_interrupted_day_says_where_its_recordings_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep = AnswerFile.keep
    kept: list[Kept] = []

    def until_interrupted(file: AnswerFile) -> Kept:
        if len(kept) == 40:
            raise KeyboardInterrupt
        kept.append(keep(file))
        return kept[-1]

    monkeypatch.setattr(AnswerFile, "keep", until_interrupted)
    journal, folder = tmp_path / "day.jsonl", tmp_path / "answers"
    assert main(["run", *SHORT, "--journal", str(journal), "--recordings", str(folder)]) == 130
    assert capsys.readouterr().err.splitlines() == [
        f"День не окончен. Журнал сохранён неполным: {journal}",
        f"Записи ответов, которые успели сделать, лежат в папке {folder}",
        "Прервано.",
    ]
    [file] = folder.glob("*/*.flac")
    [began] = [e.event for e in read_journal(str(journal)) if isinstance(e.event, AnswerBegan)]
    assert file.name.startswith(began.recording)


def test_a_folder_that_cannot_be_written_to_is_refused_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    folder.mkdir(mode=0o555)
    # root may write anywhere, unless it gives up that right
    without = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*without, sys.executable, "-m", "lab", "run", *SHORT, "--recordings", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"{folder}: файл не записать: нет прав; укажите другое место\n"


def test_a_refused_run_leaves_no_new_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new, there = tmp_path / "new", tmp_path / "there"
    there.mkdir()
    for folder in (new, there):
        arguments = ["--device=headset=tape:none", "--recordings", str(folder)]
        assert main(["run", *SHORT, *arguments]) == 2
        assert "лежат" not in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [there]
    assert list(there.iterdir()) == []


def test_a_folder_that_cannot_be_used_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main(["run", *SHORT, "--recordings", str(tmp_path / "new")]) == 2
    assert "файл не записать: на диске нет места" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "place", "told"),
    [
        ("--journal", "answers/day.jsonl", "в папке записей лежат только записи"),
        ("--report", "answers/day.html", "в папке записей лежат только записи"),
        ("--report", "answers", "это папка"),
    ],
)
@pytest.mark.parametrize("there", [False, True])
def test_nothing_else_is_written_where_the_recordings_are(
    option: str,
    place: str,
    told: str,
    there: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lab.run_command.run", lambda *_, **__: pytest.fail("the day began"))
    folder = Path("answers")
    if there:
        folder.mkdir()
    assert main(["run", *SHORT, option, place, "--recordings", "answers"]) == 2
    assert capsys.readouterr().err.startswith(f"{place}: {told}")
    assert list(Path().rglob("*")) == [folder][: int(there)]


def test_a_folder_that_goes_away_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The drive with the folder is pulled out, then somebody interrupts the day."""
    folder = tmp_path / "new"

    def interrupted(*_: object, **__: object) -> None:
        folder.rmdir()
        raise KeyboardInterrupt

    monkeypatch.setattr("lab.run_command.run", interrupted)
    assert main(["run", *SHORT, "--recordings", str(folder)]) == 130
    assert capsys.readouterr().err == "Прервано.\n"


def test_an_empty_folder_is_not_said_to_hold_recordings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "printer-jam", "--recordings", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.endswith(f"Записей ответов нет: папка {tmp_path} пуста\n")
    assert "лежат" not in out


def test_a_loss_during_the_answer_is_an_incident_and_the_reserve_headset_goes_on(
    tapes: dict[str, Tape], capsys: pytest.CaptureFixture[str]
) -> None:
    tape = tapes["tape:a"]
    tape.blocks, tape.error = 120, HeadsetUnplugged("hw:1")  # 12 s: both tests pass, the answer breaks off
    lost = "faults=[{target: headset-0101-1, kind: dead, after: {what: record, count: 4}, ends: never}]"
    code, found = run(capsys, "--device=headset=tape:a", "--device=headset=tape:b", f"--set={lost}")
    assert code == 0, found
    assert [each["kind"] for each in found["incidents"]] == ["headset-unplugged", "dead"]
    assert [each["how"] for each in found["incidents"]] == ["repaired", "reserve-headset"]
    assert tapes["tape:b"].begun == 2  # its test, and the rest of the answer
    assert tapes["tape:b"].closed == 1


def test_a_full_disk_during_the_answer_ends_at_the_reserve_station_and_loses_nothing(
    tapes: dict[str, Tape],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keep = AnswerFile.keep
    kept: list[Kept] = []

    def until_full(file: AnswerFile) -> Kept:
        if "rec-0101-1" in file.path.parts and len(kept) == 80:  # 8 s of blocks
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        kept.append(keep(file))
        return kept[-1]

    monkeypatch.setattr(AnswerFile, "keep", until_full)
    folder = tmp_path / "answers"
    journal = tmp_path / "day.jsonl"
    code, found = run(
        capsys, "--device=headset=tape:a", "--recordings", str(folder), "--journal", str(journal)
    )
    assert code == 0, found
    [incident] = found["incidents"]
    assert (incident["kind"], incident["how"]) == ("disk-failed", "reserve-station")
    told = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [each["error"] for each in told if each["event"] == "answer_interrupted"] == ["disk-failed"]
    [before, after] = [file for name in ("rec-0101-1", "rec-r1") for file in (folder / name).glob("*.flac")]
    assert after.name == before.name.replace(".flac", "~2.flac")
    heard, rate = soundfile.read(before, dtype="int16", always_2d=True)
    assert len(heard) >= 7 * rate
    assert np.array_equal(heard, speech(0, len(heard)))
    assert 0 <= len(heard) + soundfile.info(after).frames - 20 * rate < rate // 10  # whole blocks


def test_a_day_without_any_answer_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: AnswerFile) -> Kept:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(AnswerFile, "keep", full)
    arguments = [argument for argument in SHORT if argument != "--json"]
    page = tmp_path / "day.html"
    options = ["--set=expect=[]", "--recordings", str(tmp_path / "answers"), "--report", str(page)]
    assert main(["run", *arguments, *options]) == 1
    out = capsys.readouterr().out
    assert "НЕТ  каждый участник получил своё" in out
    lines = [line.split() for line in out.splitlines()]
    head = lines.index(["ауд.", "участников", "по", "ведомости", "найдено", "без", "ответа"])
    assert lines[head + 1] == ["0101", "1", "0", "0", "1"]
    assert "ИТОГ: выполнено не всё; не устранено происшествий: 1" in out
    assert "без ответа" in page.read_text(encoding="utf-8")


def test_first_aid_that_does_not_help_is_given_once(
    tapes: dict[str, Tape], capsys: pytest.CaptureFixture[str]
) -> None:
    tapes["tape:a"].blocks, tapes["tape:a"].error = 20, HeadsetUnplugged("hw:1")  # a cable with a bad contact
    code, found = run(capsys, "--device=headset=tape:a", "--device=headset=tape:b")
    assert code == 0, found
    assert [each["kind"] for each in found["incidents"]] == ["headset-unplugged"] * 2
    assert [each["how"] for each in found["incidents"]] == ["repaired", "reserve-headset"]


def test_a_silent_microphone_is_found_before_anybody_speaks(
    tapes: dict[str, Tape], capsys: pytest.CaptureFixture[str]
) -> None:
    tapes["tape:a"].sound = lambda first, frames: np.zeros((frames, 1), dtype=np.int16)
    code, found = run(capsys, "--device=headset=tape:a", "--device=headset=tape:b")
    assert code == 0, found
    assert [each["kind"] for each in found["incidents"]] == ["bad-sound"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--device=headset=tape:none"], "tape:none: гарнитуру нельзя использовать: Устройство не найдено"),
        (["--device=headset=tape:a", "--device=headset=tape:a"], "дважды"),
        ([f"--device=headset=tape:{n}" for n in range(9)], "гарнитур больше, чем в сценарии (3)"),
        (["--device=headset=tape:a", "--verify"], "--verify"),
        (["--device=headset=pkcs11:serial=none?module-path=/none"], "это адрес токена, а нужна гарнитура"),
        (["--device=headset=pkcs11:serial=1?pin-value=4711"], "headset=pkcs11:…: это адрес токена"),
        (["--device=headset=nothing:1"], "«nothing:1» — не адрес гарнитуры"),
        (["--device=token=pkcs11:serial=1", "--device=headset=tape:none"], "headset=tape:none: "),
    ],
)
def test_bad_input(
    arguments: list[str], told: str, tapes: dict[str, Tape], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *SHORT, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert len(err.splitlines()) == 1
    assert tapes["tape:a"].begun == 0


def test_a_headset_that_is_not_fit(tapes: dict[str, Tape], capsys: pytest.CaptureFixture[str]) -> None:
    tapes["tape:a"].capabilities = HeadsetCapabilities(rates_hz=(16_000,))
    assert main(["run", *SHORT, "--device=headset=tape:a"]) == 2
    assert "48000" in capsys.readouterr().err
    tapes["tape:b"].plugged = False
    assert main(["run", *SHORT, "--device=headset=tape:b"]) == 2
    assert "не подключена" in capsys.readouterr().err
    assert tapes["tape:a"].closed == tapes["tape:b"].closed == 1


def test_a_written_exam_has_no_headsets(tapes: dict[str, Tape], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "printer-jam", "--device=headset=tape:a"]) == 2
    assert "не устный экзамен" in capsys.readouterr().err
