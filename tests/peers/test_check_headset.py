"""``ppelab check headset`` on the virtual headset: the whole way, as a technician goes it."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from station_core.audio_check import Kind
from tests.peers.virtual_headset import WITHIN_S, VirtualHeadset, served
from tests.peers.virtual_token import PPELAB

pytestmark = [pytest.mark.realtime, pytest.mark.peer("pulseaudio")]


@pytest.fixture(scope="module")
def _speaks() -> Iterator[VirtualHeadset]:
    with served("--profile", "sennheiser-pc8") as headset:
        yield headset


@pytest.fixture
def headset(_speaks: VirtualHeadset) -> Iterator[VirtualHeadset]:
    """One good headset into which somebody speaks."""
    yield _speaks
    for verb in ("plug-in", "lift", "let-go", "unmute"):
        _speaks.ctl(verb)


def begin(headset: VirtualHeadset, *arguments: str) -> subprocess.Popen[str]:
    command = [*PPELAB, "--lang", "ru", "check", "headset", *arguments]
    return subprocess.Popen(
        command,
        env=headset.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def check(headset: VirtualHeadset, *arguments: str) -> tuple[int, dict[str, Any]]:
    with begin(headset, "--json", *arguments) as process:
        out, err = process.communicate(timeout=2 * WITHIN_S)
    assert "Traceback" not in err
    return process.returncode, json.loads(out)


def failed_steps(told: dict[str, Any]) -> list[str]:
    return [step["step"] for step in told["steps"] if step["result"] == "failed"]


def test_a_good_headset_passes(headset: VirtualHeadset, tmp_path: Path) -> None:
    kept, page = tmp_path / "kept.flac", tmp_path / "page.html"
    code, told = check(headset, "--seconds", "4", "--save", str(kept), "--report", str(page))
    assert (code, failed_steps(told)) == (0, []), told
    assert told["headset"]["url"] == "portaudio:headset-1"
    assert told["sound"]["verdict"] in ("pass", "warn")
    samples, rate = soundfile.read(kept)
    assert (len(samples), rate) == (4 * 48_000, 48_000)
    assert "data:image/png" in page.read_text()


FAULTS = {
    "silent": {Kind.SILENT},
    "quiet:level_db=40": {Kind.QUIET, Kind.SILENT},
    "dropouts": {Kind.DROPOUT},
    "clicks": {Kind.CLICK, Kind.CRACKLE},
    "hum:level_dbfs=-30": {Kind.HUM},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(fault: str, headset: VirtualHeadset) -> None:
    headset.ctl("fault", "headset-1", fault)
    code, told = check(headset, "--seconds", "4")
    assert code == 1
    if told["sound"] is None:  # zeros are told by the driver already
        assert (fault, failed_steps(told)) == ("silent", ["record"])
        return
    assert failed_steps(told) == ["sound"]
    found = {each["kind"] for each in told["sound"]["findings"] if each["outcome"] == "fail"}
    assert found & FAULTS[fault], found


def test_the_sweep_comes_back_where_the_microphone_is_held(headset: VirtualHeadset) -> None:
    headset.ctl("hold", "headset-1")
    _, told = check(headset, "--seconds", "4", "--sweep")
    # the model goes on speaking into the sweep, so what is said of its distortion does not matter here
    assert [each["code"] for each in told["steps"][-1]["told"]][:1] == ["told-sweep"], told["steps"]
    assert told["loop"]["delay_us"] > 0
    assert max(abs(each["tenth_db"]) for each in told["loop"]["response"]) < 60
    headset.ctl("let-go", "headset-1")
    code, told = check(headset, "--seconds", "4", "--sweep")
    assert (code, failed_steps(told)) == (1, ["sweep"])
    assert told["steps"][-1]["advice"] == ["sweep-unheard"]


def test_pulled_out_while_somebody_speaks(headset: VirtualHeadset, tmp_path: Path) -> None:
    kept = tmp_path / "kept.wav"
    with begin(headset, "--seconds", "600", "--json", "--save", str(kept)) as process:
        assert process.stderr is not None
        assert "Говорите" in process.stderr.readline()
        _until_recorded(headset)
        time.sleep(1)  # a block of 100 ms has come
        headset.ctl("unplug", "headset-1")
        out, err = process.communicate(timeout=WITHIN_S)
    told = json.loads(out)
    assert (process.returncode, failed_steps(told)) == (1, ["record"]), err
    # a machine that is very busy sees first that no sound comes; which is which is tested with the drivers
    assert told["steps"][1]["error"] in ("headset-unplugged", "headset-stopped")
    assert told["saved"] == str(kept)
    assert len(soundfile.read(kept)[0]) > 0


@pytest.mark.parametrize(
    ("number", "code", "last_words"), [(signal.SIGINT, 130, "Прервано.\n"), (signal.SIGTERM, 143, "")]
)
def test_being_ended_keeps_what_was_recorded(
    headset: VirtualHeadset, tmp_path: Path, number: signal.Signals, code: int, last_words: str
) -> None:
    kept = tmp_path / "kept.wav"
    with begin(headset, "--seconds", "600", "--save", str(kept)) as process:
        assert process.stderr is not None
        assert "Говорите" in process.stderr.readline()
        _until_recorded(headset)
        time.sleep(1)  # a block of 100 ms has come
        process.send_signal(number)
        out, err = process.communicate(timeout=WITHIN_S)
    assert (process.returncode, err) == (code, f"Запись сохранена: {kept}\n{last_words}")
    assert "ИТОГ" not in out
    assert list(tmp_path.iterdir()) == [kept]
    assert len(soundfile.read(kept)[0]) > 0


def _until_recorded(headset: VirtualHeadset) -> None:
    """Wait until the check takes sound from the microphone."""
    deadline = time.monotonic() + WITHIN_S
    while not headset.run("pactl", "list", "short", "source-outputs").strip():
        assert time.monotonic() < deadline, "nobody records"
