"""``ppelab check headset`` on headsets that do what a test says."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
import soundfile

from hal.audio import HeadsetCapabilities, HeadsetUnplugged
from hal.audio.level import Level
from hal.errors import DeviceTimeout
from hal.registry import DeviceInfo, register, schemes
from lab.language import LANGUAGES
from lab.level_line import LevelLine
from lab.output import OutputFile
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
    assert out.startswith("Проверка гарнитуры: scripted:nine\n")
    assert "НЕТ       Гарнитура: Устройство не найдено" in out
    plug(ScriptedHeadset(spoken(1), plugged=False))
    assert steps(ppelab("check", "headset", "--json")[1])["headset"]["error"] == "headset-unplugged"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("no-scheme", "«no-scheme» — не адрес гарнитуры"),
        ("nothing:1", "«nothing:1» — не адрес гарнитуры"),
        ("scripted", "он вида portaudio:ИМЯ"),
        (":1", "«:1» — не адрес гарнитуры"),
        ("pkcs11:x", "это адрес токена, а нужна гарнитура"),
    ],
)
def test_an_address_that_is_none(
    url: str, told: str, ppelab: Command, plug: Callable[[object], None], tmp_path: Path
) -> None:
    code, out, err = ppelab("check", "headset", url, "--save", str(tmp_path / "kept.flac"))
    assert (code, out) == (2, "")
    assert err.startswith("АДРЕС: ")
    assert told in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


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
    assert "Гарнитура: подключено несколько (2), назовите, какую; label of" in out
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


@pytest.mark.parametrize("url", ["portaudio:", "portaudio:headset-1"])
def test_a_sound_server_that_does_not_answer(
    url: str, ppelab: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pulsectl")
    monkeypatch.setenv("PULSE_SERVER", "unix:/nope")
    code, out, _ = ppelab("check", "headset", url)
    assert code == 1
    assert "Гарнитура: Служба звука компьютера остановилась." in out
    assert "по адресу unix:/nope никто не отвечает; адрес задан переменной PULSE_SERVER" in out


def test_the_devices_name_a_sound_server_that_does_not_answer() -> None:
    pytest.importorskip("pulsectl")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "lab", "devices"],
        env={**os.environ, "PULSE_SERVER": "unix:/nope"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "portaudio: список не получен: Служба звука" in done.stderr
    assert "по адресу unix:/nope никто не отвечает" in done.stderr


def test_no_headset_at_all(ppelab: Command, plug: Callable[[object], None], tmp_path: Path) -> None:
    undo, page = register("portaudio", ScriptedDevices({})), tmp_path / "page.html"
    try:
        code, out, _ = ppelab("check", "headset", "--report", str(page))
        assert code == 1
        assert re.search("<h2[^>]*>Гарнитура</h2>", page.read_text("utf-8")), "a heading that is not empty"
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
    assert "Приложите микрофон вплотную к левому наушнику" in err, "at the right one the ears seem swapped"
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


@pytest.mark.parametrize(
    ("answers", "questions", "told"),
    [
        ("\n", 1, "воспроизведено"),
        ("Да\n", 1, "воспроизведено"),
        ("д \n", 1, "воспроизведено"),
        ("н\n", 1, "в наушниках слышно плохо"),
        ("N\n", 1, "в наушниках слышно плохо"),
        # the key of «н» on a Latin layout; a slip; then an answer that is one
        ("y\nнет\n", 2, "в наушниках слышно плохо"),
        ("abc\n0\n-\nда\n", 4, "воспроизведено"),
        ("", 1, "на вопрос, слышно ли ясно, ответа нет"),
        ("abc\n", 2, "на вопрос, слышно ли ясно, ответа нет"),
    ],
)
def test_the_person_has_the_last_word_on_the_earphones(
    answers: str,
    questions: int,
    told: str,
    ppelab: Command,
    plug: Callable[[object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plug(ScriptedHeadset(spoken(11)))
    monkeypatch.setattr(sys, "stdin", Terminal(answers))
    code, out, err = ppelab("check", "headset")
    assert code == (0 if told == "воспроизведено" else 1)
    assert re.search(f"^(да|НЕТ) +Прослушивание: {told} \\(", out, re.MULTILINE), out
    assert err.count("Слышно ясно? [Д/н] ") == questions
    assert err.count("не понят. Введите «д» или «н»") == (questions - 1)


def test_an_answer_in_another_encoding_is_asked_again(
    ppelab: Command, plug: Callable[[object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    class OldTerminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    class Lines(io.BytesIO):
        """Gives a line at a time, as a terminal does."""

        def read1(self, size: int | None = -1) -> bytes:
            return self.readline(-1 if size is None else size)

    plug(ScriptedHeadset(spoken(11)))
    typed = Lines("н\n".encode("koi8-r") + "н\n".encode())
    monkeypatch.setattr(sys, "stdin", OldTerminal(typed, encoding="utf-8"))
    code, out, err = ppelab("check", "headset")
    assert (code, err.count("Слышно ясно?")) == (1, 2)
    assert "в наушниках слышно плохо" in out


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_answer_means_yes_and_no(language: str) -> None:
    yes, no = (set(texts(language)(f"headset-heard-{each}").split()) for each in ("yes", "no"))
    assert yes
    assert no
    assert not yes & no


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
        (["--report", ""], "«»: имя файла пусто"),
        (["--report", "-"], "-: в стандартный вывод файл не пишется"),
        (["--save", same, "--report", same], "это сама запись"),
        (["--seconds", "0"], "нужно целое число от 1 до 600"),
    ):
        code, out, err = ppelab("check", "headset", *arguments)
        assert (code, out) == (2, "")
        assert told in err
    assert headset.formats == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("broken", ["--save", "--report"])
@pytest.mark.parametrize("as_json", [False, True])
def test_the_verdict_is_told_though_a_file_cannot_be_written(
    broken: str,
    as_json: bool,
    ppelab: Command,
    plug: Callable[[object], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # long names are shortened in messages
    files = {"--save": Path("kept.flac"), "--report": Path("page.html")}
    full, fine = files[broken], next(path for option, path in files.items() if option != broken)
    finish = OutputFile.finish

    def finish_on_a_full_disk(output: OutputFile, data: bytes) -> None:
        if output.name == str(full):
            raise output.cannot(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        finish(output, data)

    monkeypatch.setattr(OutputFile, "finish", finish_on_a_full_disk)
    plug(ScriptedHeadset(spoken(11)))
    arguments = [part for option, path in files.items() for part in (option, str(path))]
    code, out, err = ppelab("check", "headset", *arguments, *(["--json"] if as_json else []))
    assert code == 2
    assert err.endswith(f"{full}: файл не записать: на диске нет места; укажите другое место\n")
    if as_json:
        assert json.loads(out)["ok"] is True
        assert json.loads(out)["saved"] == (None if broken == "--save" else str(fine))
    else:
        assert "48000 Гц, каналов: 1; речь" in out
        assert "ИТОГ: гарнитура исправна" in out
        assert str(full) not in out
        assert str(fine) in out
    assert list(tmp_path.iterdir()) == [tmp_path / fine]


def test_ctrl_c_at_the_question_keeps_the_recording(
    ppelab: Command, plug: Callable[[object], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Terminal):
        def readline(self, size: int | None = -1, /) -> NoReturn:
            raise KeyboardInterrupt

    headset, kept = ScriptedHeadset(spoken(11)), tmp_path / "kept.flac"
    plug(headset)
    monkeypatch.setattr(sys, "stdin", Interrupted())
    code, out, err = ppelab("check", "headset", "--save", str(kept), "--report", str(tmp_path / "page.html"))
    assert (code, "ИТОГ" in out) == (130, False)
    assert err.endswith(f"[Д/н] \nЗапись сохранена: {kept}\nПрервано.\n")
    assert len(soundfile.read(kept)[0]) == 10 * 48_000
    assert headset.closed == 1
    assert list(tmp_path.iterdir()) == [kept], "no page of half a check"


@pytest.mark.parametrize("moment", ["before", "Говорите", "Слушайте"])
def test_ctrl_c_keeps_what_was_recorded(moment: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept.flac"
    seconds = "2" if moment == "Слушайте" else "600"
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "lab", "check", "headset", "sim:audio/logitech-h390",
         "--seconds", seconds, "--save", str(kept), "--report", str(tmp_path / "page.html")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert process.stdout is not None
        if moment == "before":
            assert "Проверка" in process.stdout.readline().decode()
        else:
            while moment not in process.stderr.readline().decode():
                assert process.poll() is None
            time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, "ИТОГ" in out.decode()) == (130, False)
    if moment == "before" and not kept.exists():  # else the command was quicker
        assert err.decode().endswith("Прервано.\n")
        assert list(tmp_path.iterdir()) == []
        return
    assert err.decode() == f"Запись сохранена: {kept}\nПрервано.\n"
    assert list(tmp_path.iterdir()) == [kept]
    frames = len(soundfile.read(kept)[0])
    assert frames == 2 * 48_000 if moment == "Слушайте" else frames > 0


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
        *(f"advice-{each}" for each in ("headset-none", "headset-choose", "recorded-lost")),
        *(f"{part}-not-{each}" for part in ("told", "advice") for each in ("heard", "answered")),
    ]
    assert [key for key in keys if not words.has(key)] == []
