"""Whole oral days with real headset drivers on a real PulseAudio: what goes wrong during an answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import soundfile

from hal.journal import Entry, Event
from hal.runtime import SECOND
from lab.real_devices import real_devices
from lab.text import Texts
from scenarios.loading import load
from scenarios.problems import BadInput
from scenarios.runner import Outcome, run
from simulators.bound_headset import BoundHeadset
from station_core.events import (
    AnswerBegan,
    AnswerFileExported,
    AnswerInterrupted,
    AnswerRecorded,
    IncidentOpened,
)
from station_core.recorder import FlacRecorder
from tests.peers.virtual_headset import RATE, VirtualHeadset, served

pytestmark = pytest.mark.realtime

ROOMS = [
    {"name": "0001", "kind": "preparation", "participants": 1, "station": {"printer": "pantum-p3300dn"}},
    {"name": "0101", "kind": "conduct", "participants": 1, "seats": {"count": 1}},
]
ANSWER_S = 6
SETTINGS = [
    f"exam.answer_time={ANSWER_S}s",
    "exam.reading_time=10s",
    f"point.rooms={json.dumps(ROOMS)}",
    "faults=[]",
    "expect=[{that: everybody-served}, {that: incidents-resolved}, {that: regulation-holds}]",
]
BLOCK_FRAMES = FlacRecorder.block_us * RATE // SECOND
SPOKEN_BLOCKS = 20
"""How much of the answer is spoken before something happens."""

E = TypeVar("E", bound=Event)


@pytest.fixture
def headsets(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualHeadset]:
    with served("--count", "2") as virtual:
        for name, value in virtual.ready["env"].items():
            monkeypatch.setenv(name, value)
        yield virtual


class Hand:
    """Does something to the first headset while the answer is spoken; starts a dead server again.

    Args:
        headsets: To which.
        verb: What it does.
    """

    def __init__(self, headsets: VirtualHeadset, verb: str) -> None:
        self._headsets = headsets
        self._verb = verb
        self._blocks_until: int | None = None

    def read(self, entry: Entry) -> None:
        """Look at the journal."""
        event = entry.event
        if isinstance(event, AnswerBegan) and self._blocks_until is None:
            self._blocks_until = SPOKEN_BLOCKS
        elif isinstance(event, IncidentOpened) and event.kind == "sound-server-gone":
            self._headsets.ctl("start-server")  # as the system does, or a technician

    def hear(self, what: str) -> None:
        """Count the blocks of the answer, and strike."""
        if what == "block" and self._blocks_until:
            self._blocks_until -= 1
            if not self._blocks_until:
                self._headsets.ctl(self._verb, "" if self._verb == "kill-server" else "headset-1")


def events(outcome: Outcome, kind: type[E]) -> list[E]:
    return [entry.event for entry in outcome.entries if isinstance(entry.event, kind)]


UNPLUG = ("unplug", "headset-unplugged", "headset-x1")
MUTE = ("mute", "headset-muted", "headset-x1")
SUSPEND = ("suspend", "headset-stopped", "headset-x1")
KILL_STREAM = ("kill-stream", "headset-stopped", "headset-0101-1")
KILL_SERVER = ("kill-server", "sound-server-gone", "headset-0101-1")


@pytest.mark.parametrize(
    ("scheme", "verb", "named", "goes_on_with"),
    [
        *(("portaudio", *each) for each in (UNPLUG, MUTE, SUSPEND, KILL_STREAM, KILL_SERVER)),
        # the other driver differs in how PortAudio's errors reach it; tests/peers/test_headset_faults.py
        # has every fault with both
        *(("pyaudio", *each) for each in (UNPLUG, KILL_SERVER)),
    ],
)
def test_a_fault_during_the_answer(
    headsets: VirtualHeadset,
    scheme: str,
    verb: str,
    named: str,
    goes_on_with: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = load("audio-quality-check", SETTINGS)
    hand = Hand(headsets, verb)
    monkeypatch.setattr(BoundHeadset, "occurred", lambda _headset, what: hand.hear(what))
    options = [f"headset={scheme}:headset-{n}" for n in (1, 2)]
    folder = tmp_path / "answers"
    with real_devices(options, folder, scenario, Texts("ru")) as real:
        outcome = run(scenario, real=real, listener=hand.read)

    assert outcome.held, [*events(outcome, IncidentOpened), *events(outcome, AnswerRecorded)]
    # noticed and named, the reserve headset taken where the first is no use any more
    [interrupted] = events(outcome, AnswerInterrupted)
    assert interrupted.error == named
    [recorded] = events(outcome, AnswerRecorded)
    assert recorded.good
    assert recorded.parts == 2
    assert recorded.headset == goes_on_with
    # what was spoken before is safe and can be played
    before, after = sorted(folder.glob("*/*.flac"))
    assert soundfile.info(before).frames == interrupted.frames >= SPOKEN_BLOCKS * BLOCK_FRAMES
    assert soundfile.info(before).frames + soundfile.info(after).frames == recorded.frames
    assert recorded.frames >= ANSWER_S * RATE
    for file in (before, after):
        sound, rate = soundfile.read(file, dtype="int16")
        assert rate == RATE
        assert sound[:RATE].any()
        assert sound[-RATE // 50 :].any()  # no sound of whatever the server went on with
    exported = {each.file: each.digest for each in events(outcome, AnswerFileExported)}
    assert exported == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (before, after)}


def test_without_faults_the_answer_is_one_file(headsets: VirtualHeadset, tmp_path: Path) -> None:
    scenario = load("audio-quality-check", SETTINGS)
    with real_devices(["headset=portaudio:headset-1"], tmp_path, scenario, Texts("ru")) as real:
        outcome = run(scenario, real=real)
    assert outcome.held
    assert events(outcome, IncidentOpened) == []
    [file] = tmp_path.glob("*/*.flac")
    assert soundfile.info(file).frames == ANSWER_S * RATE


def test_one_headset_cannot_have_two_places(headsets: VirtualHeadset, tmp_path: Path) -> None:
    scenario = load("audio-quality-check", SETTINGS)
    options = ["headset=portaudio:headset-1", "headset=pyaudio:headset-1"]
    with pytest.raises(BadInput) as refused, real_devices(options, tmp_path, scenario, Texts("ru")):
        raise AssertionError("it was taken for two")
    [problem] = refused.value.problems
    assert (problem.code, problem.values) == ("headset-same", {"other": "portaudio:headset-1"})
