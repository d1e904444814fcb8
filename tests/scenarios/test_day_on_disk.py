"""A whole oral day whose stations keep the sound: what lies on the disks is what the papers say."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from lab.forms.media import media
from scenarios.build import Builder
from scenarios.layout import SeatPlan
from scenarios.loading import parse
from scenarios.runner import Outcome, run
from station_core.answer_file import read_samples
from station_core.events import AnswerInterrupted, AnswerRecorded, DeviceReplaced, IncidentClosed
from station_core.recorder import FlacRecorder
from station_core.recording import RecordingStation

DAY = """
title: Устный экзамен с записями на диске
about: Ответы короткие, чтобы звук можно было записать целиком.
exam: {kind: oral, subject: 29-АНГ, date: 2024-06-07, reading_time: 1 min, answer_time: 20s}
point:
  rooms:
    - {kind: preparation, participants: 2, station: {}}
    - {kind: conduct, participants: 2, seats: {count: 1}}
  reserves: {recording_stations: [{seat: Р1}], headsets: [sennheiser-pc8]}
  staff: {technicians: 2, commission_members: 2}
"""
SILENT = "faults: [{target: headset-0101-1, kind: silent, after: {what: block, count: %d}, ends: never}]\n"
RATE = 48_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stations of the day keep their sound, each in a folder of its own."""

    def recorder(self: Builder, plan: SeatPlan) -> RecordingStation:
        headset = self._headset(plan.headset_name, plan.headset)
        return RecordingStation(self._seat(plan, plan.seat), headset, FlacRecorder(tmp_path / plan.name))

    monkeypatch.setattr(Builder, "_recorder", recorder)
    return tmp_path


def check_papers(outcome: Outcome, folder: Path) -> None:
    """Every file of the papers is on a station's disk, as they say."""
    for medium in media(outcome.entries):
        for file in medium.files:
            path = folder / file.station / file.file
            assert hashlib.sha256(path.read_bytes()).hexdigest() == file.digest
            assert path.stat().st_size == file.size_bytes
            assert sum(map(len, read_samples(path))) == file.frames


def test_a_day_without_incidents(folder: Path) -> None:
    outcome = run(parse(DAY, "test"), 3)
    assert outcome.held
    assert [e.event for e in outcome.entries if isinstance(e.event, IncidentClosed)] == []
    recorded = [e.event for e in outcome.entries if isinstance(e.event, AnswerRecorded)]
    assert [(event.parts, event.frames, event.good) for event in recorded] == [(1, 20 * RATE, True)] * 2
    check_papers(outcome, folder)


def test_a_microphone_that_falls_silent_during_the_answer(folder: Path) -> None:
    """Noticed at once, the reserve headset is taken, the answer goes on in a further part (E15)."""
    # two test recordings of five blocks, then blocks of 100 ms: the answer is ten seconds old
    outcome = run(parse(DAY + SILENT % (10 + 100), "test"), 3)
    assert outcome.held
    (interrupted,) = [e.event for e in outcome.entries if isinstance(e.event, AnswerInterrupted)]
    assert interrupted.error == "sound-spoiled"
    assert 10 * RATE <= interrupted.frames <= 10 * RATE + RATE // 2 + RATE // 10
    (incident,) = [e.event for e in outcome.entries if isinstance(e.event, IncidentClosed)]
    assert (incident.kind, incident.how, incident.resolved) == ("sound-spoiled", "reserve-headset", True)
    (replaced,) = [e.event for e in outcome.entries if isinstance(e.event, DeviceReplaced)]
    assert (replaced.old, replaced.new) == ("headset-0101-1", "headset-x1")
    recorded = [e.event for e in outcome.entries if isinstance(e.event, AnswerRecorded)]
    assert [event.parts for event in recorded] == [2, 1]
    assert all(event.frames == 20 * RATE for event in recorded)
    first, second = sorted((folder / interrupted.station).glob(f"{interrupted.recording}*"))
    assert np.concatenate(list(read_samples(first)))[: 10 * RATE - RATE].any()
    assert np.concatenate(list(read_samples(second)))[:RATE].any()
    check_papers(outcome, folder)
