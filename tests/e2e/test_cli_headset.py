"""``ppelab check headset`` on headsets that do what a test says."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from hal.audio import HeadsetCapabilities, HeadsetUnplugged, Level
from hal.errors import DeviceTimeout
from hal.registry import DeviceInfo, register, schemes
from lab.language import LANGUAGES
from lab.level_line import LevelLine
from lab.text import texts
from station_core.audio_check import Kind
from tests.command_line import Command
from tests.scripted_headset import ScriptedDevices, ScriptedHeadset, spoken

URL = "scripted:1"


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[object], None]]:
    """Make a headset the only one of this computer."""
    taken: list[Callable[[], None]] = []
    monkeypatch.setattr("hal.registry.entry_points", lambda **_: ())
    monkeypatch.setattr("hal.registry._openers", {})  # what earlier tests have opened
    devices: dict[str, object] = {}
    taken.append(register("scripted", ScriptedDevices(devices)))

    def add(device: object) -> None:
        devices[f"scripted:{len(devices) + 1}"] = device

    yield add
    for undo in taken:
        undo()


def steps(out: str) -> dict[str, Any]:
    return {step["step"]: step for step in json.loads(out)["steps"]}


def test_a_good_headset_passes(ppelab: Command, plug: Callable[[object], None]) -> None:
    headset = ScriptedHeadset(spoken(11))
    plug(headset)
    code, out, err = ppelab("check", "headset")
    assert (code, "ИТОГ: гарнитура исправна" in out) == (0, True), out
    assert err.splitlines() == ["Говорите обычным голосом 10 секунд.", "Слушайте запись."]
    lines = out.splitlines()
    assert lines[0] == "Проверка гарнитуры"
    for line, step in zip(
        lines[1:5], ("Гарнитура: H390", "Запись: 10 секунд", "Качество", "Прослушивание"), strict=True
    ):
        assert re.match(rf"да +{step}.*\([0-9]+ мс\)$", line), line
    assert [len(played) for played in headset.played] == [480_000]
    assert headset.closed == 1
    assert [each.rate_hz for each in headset.formats] == [48_000]


FAULTS = {
    "silent": ({}, {Kind.SILENT}),
    "quiet": ({"level_db": 40}, {Kind.QUIET, Kind.SILENT}),
    "noise": ({}, {Kind.NOISY}),
    "clipping": ({}, {Kind.CLIPPING, Kind.DISTORTION}),
    "dropouts": ({}, {Kind.DROPOUT}),
    "clicks": ({}, {Kind.CLICK, Kind.CRACKLE}),
    "choppy": ({}, {Kind.REPEATED}),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_named(kind: str, ppelab: Command, plug: Callable[[object], None]) -> None:
    params, wanted = FAULTS[kind]
    plug(ScriptedHeadset(spoken(11, kind, params)))
    code, out, _ = ppelab("check", "headset", "--json")
    told = json.loads(out)
    assert (code, told["ok"]) == (1, False)
    found = {each["kind"] for each in told["sound"]["findings"] if each["outcome"] == "fail"}
    assert found & wanted, found
    assert steps(out)["sound"]["result"] == "failed"
    assert set(steps(out)["sound"]["advice"]) >= {f"sound-{each}" for each in found}


def test_what_is_wrong_and_what_to_do_is_told(ppelab: Command, plug: Callable[[object], None]) -> None:
    plug(ScriptedHeadset(spoken(11, "silent")))
    code, out, _ = ppelab("check", "headset")
    words = texts("ru")
    assert code == 1
    assert f"НЕТ       Качество: {words('sound-silent')}" in out
    assert "ИТОГ: гарнитура не готова" in out
    assert f"Что делать: {words('advice-sound-silent')}" in out


def test_a_headset_that_is_pulled_out_while_somebody_speaks(
    ppelab: Command, plug: Callable[[object], None], tmp_path: Path
) -> None:
    headset = ScriptedHeadset(spoken(4), fails=HeadsetUnplugged(URL))
    plug(headset)
    kept = tmp_path / "kept.flac"
    code, out, _ = ppelab("check", "headset", "--save", str(kept), "--report", str(tmp_path / "page.html"))
    assert code == 1
    assert re.search(r"НЕТ +Запись: Гарнитура не подключена\. Подключите её или резервную", out)
    assert re.search(r"— +Качество: не проверено", out)
    assert "ИТОГ: гарнитура не готова" in out
    assert headset.closed == 1
    assert f"Запись сохранена: {kept}" in out
    samples, rate = soundfile.read(kept, dtype="int16")
    assert (rate, np.array_equal(samples, spoken(4)[:, 0])) == (48_000, True)
    assert "Гарнитура не подключена" in (tmp_path / "page.html").read_text()


def test_a_headset_that_is_not_there(ppelab: Command, plug: Callable[[object], None]) -> None:
    code, out, _ = ppelab("check", "headset", "scripted:nine")
    assert code == 1
    assert "НЕТ       Гарнитура: Устройство не найдено" in out
    plug(ScriptedHeadset(spoken(1), plugged=False))
    assert steps(ppelab("check", "headset", "--json")[1])["headset"]["error"] == "headset-unplugged"


@pytest.mark.parametrize("url", ["no-scheme", "nothing:1"])
def test_an_address_that_leads_nowhere(url: str, ppelab: Command, plug: Callable[[object], None]) -> None:
    code, out, err = ppelab("check", "headset", url)
    assert (code, err) == (1, "")
    assert "Нет драйвера для такого адреса" in out


def test_what_is_no_headset(ppelab: Command, plug: Callable[[object], None]) -> None:
    plug(object())
    code, out, _ = ppelab("check", "headset", URL)
    assert code == 1
    assert "это не гарнитура" in out


def test_of_several_one_is_to_be_named(ppelab: Command, plug: Callable[[object], None]) -> None:
    plug(ScriptedHeadset(spoken(1)))
    plug(ScriptedHeadset(spoken(1)))
    code, out, _ = ppelab("check", "headset")
    assert code == 1
    assert "label of scripted:1: scripted:1; label of scripted:2: scripted:2" in out
    assert "Что делать: назовите одну" in out


def test_without_a_driver_it_is_said_what_is_missing(ppelab: Command, plug: Callable[[object], None]) -> None:
    assert "portaudio" not in schemes()
    code, out, _ = ppelab("check", "headset")
    assert code == 1
    assert "Нет драйвера" in out


def test_a_driver_that_cannot_look_says_why(
    ppelab: Command, plug: Callable[[object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging(ScriptedDevices):
        async def discover(self) -> tuple[DeviceInfo, ...]:
            raise DeviceTimeout("portaudio:")

    undo = register("portaudio", Hanging({}))
    try:
        code, out, _ = ppelab("check", "headset")
        assert code == 1
        assert "Гарнитура: Устройство не ответило вовремя" in out
        headset = ScriptedHeadset(spoken(11))
        plug(headset)
        assert ppelab("check", "headset")[0] == 0, "another driver knows a headset"
    finally:
        undo()


def test_no_headset_at_all(ppelab: Command, plug: Callable[[object], None]) -> None:
    undo = register("portaudio", ScriptedDevices({}))
    try:
        code, out, _ = ppelab("check", "headset")
        assert code == 1
        assert "Что делать: подключите гарнитуру" in out
    finally:
        undo()


def test_sound_that_was_lost_on_its_way(ppelab: Command, plug: Callable[[object], None]) -> None:
    plug(ScriptedHeadset(spoken(11), overflows=(7, 20)))
    code, out, _ = ppelab("check", "headset")
    assert code == 1
    assert "звук терялся по пути, раз: 2" in out


def test_another_rate_is_used_where_the_usual_one_is_not_there(
    ppelab: Command, plug: Callable[[object], None]
) -> None:
    headset = ScriptedHeadset(spoken(3), capabilities=HeadsetCapabilities(rates_hz=(8_000, 16_000)))
    plug(headset)
    ppelab("check", "headset", "--seconds", "2")
    assert [each.rate_hz for each in headset.formats] == [16_000]


def test_the_sweep_is_heard_back(ppelab: Command, plug: Callable[[object], None], tmp_path: Path) -> None:
    hiss = np.random.default_rng(1).normal(0, 8, (10 * 48_000, 1))  # of the room while nobody speaks
    headset = ScriptedHeadset(np.concatenate((spoken(2), hiss.astype(np.int16))), coupling=30)
    plug(headset)
    page = tmp_path / "page.html"
    code, out, err = ppelab("check", "headset", "--sweep", "--seconds", "2", "--json", "--report", str(page))
    told = json.loads(out)
    assert steps(out)["sweep"]["result"] == "passed", told["steps"][-1]
    assert told["loop"]["verdict"] == "pass"
    assert 10_000 <= told["loop"]["delay_us"] <= 400_000
    assert len(told["loop"]["response"]) >= 5
    assert "Приложите микрофон вплотную к наушнику" in err
    assert len(headset.played) == 2
    assert "Частотная характеристика" in page.read_text()
    assert code == (0 if told["ok"] else 1)


def test_a_sweep_that_is_not_heard(ppelab: Command, plug: Callable[[object], None]) -> None:
    plug(ScriptedHeadset(spoken(2)))
    code, out, _ = ppelab("check", "headset", "--sweep", "--seconds", "2")
    assert code == 1
    assert re.search("НЕТ +Наушник и микрофон: микрофон сигнала не слышит", out)


def test_a_headset_that_fails_under_the_sweep(ppelab: Command, plug: Callable[[object], None]) -> None:
    headset = ScriptedHeadset(spoken(3), fails=HeadsetUnplugged(URL))
    plug(headset)
    code, out, _ = ppelab("check", "headset", "--sweep", "--seconds", "2", "--json")
    assert code == 1
    assert steps(out)["sweep"]["error"] == "headset-unplugged"
    assert headset.closed == 1


def test_no_sweep_where_only_one_direction_works(ppelab: Command, plug: Callable[[object], None]) -> None:
    plug(ScriptedHeadset(spoken(11), capabilities=HeadsetCapabilities(full_duplex=False)))
    code, out, _ = ppelab("check", "headset", "--sweep")
    assert code == 0
    assert "не умеет играть и записывать сразу" in out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "wanted"), [("н\n", 1), ("N\n", 1), ("\n", 0), ("да\n", 0), ("", 0)])
def test_the_person_has_the_last_word_on_the_earphones(
    answer: str, wanted: int, ppelab: Command, plug: Callable[[object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plug(ScriptedHeadset(spoken(11)))
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    code, out, err = ppelab("check", "headset")
    assert code == wanted
    assert err.endswith("Слышно ясно? [Д/н] ")
    assert ("в наушниках слышно плохо" in out) is (wanted == 1)


def test_the_page_shows_the_recording(
    ppelab: Command, plug: Callable[[object], None], tmp_path: Path
) -> None:
    plug(ScriptedHeadset(spoken(11, "clicks")))
    page = tmp_path / "page.html"
    code, out, _ = ppelab("check", "headset", "--report", str(page))
    assert code == 1
    assert f"Отчёт записан: {page}" in out
    told = page.read_text()
    assert "data:image/png;base64," in told
    assert "<h2" in told
    assert "H390" in told


def test_what_cannot_be_written_is_refused_before_anybody_speaks(
    ppelab: Command, plug: Callable[[object], None], tmp_path: Path
) -> None:
    headset = ScriptedHeadset(spoken(1))
    plug(headset)
    same = str(tmp_path / "same.flac")
    for arguments, told in (
        (["--save", str(tmp_path / "a.mp3")], "a.mp3: запись сохраняется в файл .flac, .wav"),
        (["--save", str(tmp_path / "no" / "a.flac")], "создайте её или укажите другую"),
        (["--report", str(tmp_path)], "это папка"),
        (["--save", same, "--report", same], "это сама запись"),
        (["--seconds", "0"], "нужно целое число от 1 до 600"),
    ):
        code, out, err = ppelab("check", "headset", *arguments)
        assert (code, out) == (2, "")
        assert told in err
    assert headset.formats == []
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_somebody_speaks(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "lab", "check", "headset", "sim:audio/logitech-h390", "--seconds", "600",
         "--save", str(tmp_path / "kept.flac"), "--report", str(page)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    with process:
        assert process.stderr is not None
        assert "Говорите" in process.stderr.readline().decode()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err.decode()) == (130, "Прервано.\n")
    assert "ИТОГ" not in out.decode()
    assert list(tmp_path.iterdir()) == []


# -- the level meter ----------------------------------------------------------------------------------


def test_the_level_line_is_drawn_on_a_terminal_and_taken_away() -> None:
    stream = Terminal()
    line = LevelLine(10, texts("ru"), stream)
    line(Level(-230, -120), 1_000_000)
    line(Level(-999, -999), 2_000_000)
    first, second = stream.getvalue().split("\r")[1:]
    assert "−23,0 дБ, осталось 9 с" in first
    assert first.index("#") < first.index("|")
    assert "#" not in second
    assert len(second) >= len(first)
    line.end()
    assert stream.getvalue().rsplit("\r", 2)[1:] == [" " * len(second.rstrip()), ""]


def test_elsewhere_it_is_quiet() -> None:
    stream = io.StringIO()
    line = LevelLine(10, texts("ru"), stream)
    line(Level(-230, -120), 1_000_000)
    line.end()
    assert stream.getvalue() == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_be_told_has_a_text(language: str) -> None:
    from lab.headset_check import STEPS

    words = texts(language)
    keys = [
        *(f"check-step-{each}" for each in STEPS),
        *(f"check-headset-{each}" for each in ("title", "good", "warned", "bad")),
        *(f"{part}{kind}" for kind in Kind for part in ("sound-", "advice-sound-")),
        *(f"advice-{each}" for each in ("headset-none", "headset-choose", "recorded-lost", "not-heard")),
    ]
    assert [key for key in keys if not words.has(key)] == []
