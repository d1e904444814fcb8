"""``ppelab serve headset`` as people start it: what it tells, and what it refuses."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lab.arguments import build_parser
from lab.cli import main
from lab.text import texts
from simulators.wire import pulse
from simulators.wire.headset import say
from tests.peers.virtual_headset import WITHIN_S, VirtualHeadset, begun, served

pytestmark = pytest.mark.realtime

GUIDE = Path(__file__).parents[2] / "docs/guides/virtual-headset.md"


def test_the_line_of_readiness_and_the_lines_for_a_person(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with begun("--count", "2", "--say", "tone", TMPDIR=str(tmp_path)) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        ready = json.loads(server.stdout.readline())
        headset = VirtualHeadset(ready, server.pid)
        refused = headset.asked("explode")
        assert (refused["ok"], refused["error"]) == (False, "control-unknown-verb")
        for verb, words, error in (
            ("hush", ["loud"], "control-no-words"),
            ("level", [], "control-one-word"),
            ("level", ["99"], "control-bad-number"),
            ("fault", ["rain"], "control-unknown-fault"),
            ("fault", ["hum:loud=1"], "control-unknown-param"),
            ("fault", ["hum:level_dbfs=much"], "control-bad-number"),
            ("fault", ["hum", "noise"], "control-one-word"),
            ("lift", ["rain"], "control-unknown-fault"),
            ("speak", ["tone:hz=0"], "say-bad-param"),
            ("speak", ["nowhere.wav"], "say-no-file"),
            ("played", [], "control-needs-option"),
        ):
            assert headset.asked(verb, "headset-2", *words)["error"] == error
        assert headset.asked("played", "headset-2", file="/nowhere/x.wav")["error"] == "control-not-written"
        assert headset.asked("played", "headset-2", file="x.what")["error"] == "control-file-kind"
        assert headset.asked("speak", "headset-2", file="tone")["error"] == "say-no-file"
        for file, why in (("/nowhere/x.wav", "нет такого файла или папки"), ("/dev/x/y.wav", "нет такого")):
            assert main(["ctl", headset.control, "played", "headset-2", "--file", file]) == 2
            assert f"{file}: не записать ({why}" in capsys.readouterr().err
        assert headset.asked("speak", "headset-2", "tone", file="tone")["error"] == "control-no-words"
        assert headset.asked("unplug", "headset-2", seconds=0)["error"] == "control-bad-number"
        server.send_signal(signal.SIGINT)
        told = server.stderr.read()
        assert (server.wait(WITHIN_S), server.stdout.read()) == (0, "")
    assert ready["urls"] == {"headset-1": "portaudio:headset-1", "headset-2": "portaudio:headset-2"}
    for name, value in ready["env"].items():
        assert f"export {name}={value}" in told
    assert "2 штуки" in told
    assert "ppelab check headset portaudio:headset-1" in told
    assert f"ppelab ctl {ready['control']} state" in told
    assert list(tmp_path.iterdir()) == []


def test_every_command_of_the_guide(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sound = (3000 * np.sin(np.arange(48_000) / 10)).astype(np.int16)
    soundfile.write(tmp_path / "answer.flac", sound, 48_000)
    lines = [line for line in GUIDE.read_text("utf-8").splitlines() if line.startswith("$ ppelab ctl $C ")]
    assert len(lines) > 20
    with served("--say", "silence") as headset:
        for line in lines:
            words = shlex.split(line.removeprefix("$ ppelab ctl $C "), comments=True)
            assert main(["ctl", headset.control, *words]) == 0, (line, capsys.readouterr().err)
            assert json.loads(capsys.readouterr().out)["device"] == "headset"
    assert (tmp_path / "played.wav").exists()


def test_every_start_of_the_guide_is_understood() -> None:
    parser = build_parser(texts("ru"))
    starts = [line for line in GUIDE.read_text("utf-8").splitlines() if line.startswith("$ ppelab serve ")]
    assert len(starts) > 5
    for line in starts:
        assert parser.parse_args(shlex.split(line, comments=True)[2:]).runs == "serve headset"


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("гарнитура",), "гарнитура"),
        (("a b",), "a b"),
        (("x" * 33,), "32"),
        (("--profile", "headset-9"), "logitech-h390"),
        (("--count", "0"), "16"),
        (("--count", "17"), "16"),
        (("--level", "25"), "24"),
        (("--level", "loud"), "--level"),
        (("--fault", "rain"), "dropouts"),
        (("--fault", "hum:loud=1"), "level_dbfs"),
        (("--fault", "hum:level_dbfs=1"), "level_dbfs"),
        (("--say", ""), ""),
        (("--say", "tone:hz=24000"), "23999"),
        (("--say", "tone:loud"), "level_dbfs"),
        (("--say", "sweep:from_hz=500,to_hz=500"), "500"),
        (("--say", "nowhere.wav"), "nowhere.wav"),
        (("--say", "broken.flac"), "broken.flac"),
        (("--say", "empty.wav"), "empty.wav"),
        (("--say", "x" * 5001), "5000"),
        (("--say", "text", "--voice", "klingon-9"), "espeak-ng"),
        (("--server", "unix:/nowhere"), "--server"),
    ],
)
def test_wishes_that_cannot_be_granted(
    language: str,
    arguments: tuple[str, ...],
    named: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.flac").write_bytes(b"fLaC nonsense")
    soundfile.write(tmp_path / "empty.wav", np.zeros((0, 1), dtype=np.int16), 48_000)
    assert main(["--lang", language, "serve", "headset", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert named in told.err


@pytest.mark.parametrize(
    ("say", "told"),
    [
        ("nowhere.wav", "nowhere.wav: не прочитать (нет такого файла или папки)"),
        ("folder.wav", "folder.wav: не прочитать (это папка)"),
        ("text.wav", "text.wav: не прочитать (это не звуковой файл)"),
    ],
)
def test_why_a_recording_cannot_be_said(
    say: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "text.wav").write_text("not a sound\n" * 50)
    assert main(["--lang", "ru", "serve", "headset", "--say", say]) == 2
    assert capsys.readouterr().err == f"{told}\n"


def test_a_temporary_folder_that_is_too_deep_for_a_socket_is_named(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    with begun("--say", "tone", TMPDIR=str(deep)) as server:
        out, told = server.communicate(timeout=WITHIN_S)
    assert (server.returncode, out, len(told.splitlines())) == (2, "", 1), told
    assert "временная папка лежит слишком глубоко для сокета" in told
    assert told.startswith(str(deep))
    assert list(deep.iterdir()) == []


def test_a_name_that_is_taken_at_the_server_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with served("room5", "--say", "silence") as other:
        address = other.ready["env"]["PULSE_SERVER"]
        code = main(["--lang", "ru", "serve", "headset", "room5", "--say", "silence", "--server", address])
    assert code == 2
    assert "имя room5 на звуковом сервере занято; возьмите другое" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("module", "arguments", "package"),
    [(pulse, (), "apt-get install pulseaudio"), (say, ("--say", "текст"), "apt-get install espeak-ng")],
)
def test_a_missing_program_is_named_with_its_package(
    module: object,
    arguments: tuple[str, ...],
    package: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PROGRAM", "no-such-program")
    assert main(["serve", "headset", "--say", "tone", *arguments]) == 2
    told = capsys.readouterr()
    assert package in told.err
    assert len(told.err.splitlines()) == 1


def test_a_missing_library_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("simulators.wire.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pulsectl", None)
    assert main(["serve", "headset"]) == 2
    assert "pip install 'ppe-lab[audio]'" in capsys.readouterr().err
