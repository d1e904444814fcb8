"""A whole oral day whose stations keep the sound: what lies on the disks is what the papers say."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from lab.forms.media import media
from scenarios.loading import parse
from scenarios.real_devices import RealDevices
from scenarios.runner import Outcome, run
from station_core.answer_file import read_samples
from station_core.events import (
    ActivationFailed,
    AnswerBegan,
    AnswerInterrupted,
    AnswerRecorded,
    DeviceReplaced,
    ExportFailed,
    IncidentClosed,
)
from station_core.recorder import FlacRecorder
from station_core.store import Content

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


def recorded(scenario: str, folder: Path) -> Outcome:
    """Run a day whose stations keep their sound, each in a folder of its own."""
    return run(parse(scenario, "test"), 3, real=RealDevices(recordings=folder))


def check_papers(outcome: Outcome, folder: Path) -> None:
    """Every file of the papers is on a station's disk, as they say."""
    for medium in media(outcome.entries):
        for file in medium.files:
            path = folder / file.station / file.file
            assert hashlib.sha256(path.read_bytes()).hexdigest() == file.digest
            assert path.stat().st_size == file.size_bytes
            assert sum(map(len, read_samples(path))) == file.frames


def test_a_day_without_incidents(tmp_path: Path) -> None:
    outcome = recorded(DAY, tmp_path)
    assert outcome.held
    assert [e.event for e in outcome.entries if isinstance(e.event, IncidentClosed)] == []
    answers = [e.event for e in outcome.entries if isinstance(e.event, AnswerRecorded)]
    assert [(event.parts, event.frames, event.good) for event in answers] == [(1, 20 * RATE, True)] * 2
    check_papers(outcome, tmp_path)


def test_a_microphone_that_falls_silent_during_the_answer(tmp_path: Path) -> None:
    """Noticed at once, the reserve headset is taken, the answer goes on in a further part (E15)."""
    # two test recordings of five blocks, then blocks of 100 ms: the answer is ten seconds old
    outcome = recorded(DAY + SILENT % (10 + 100), tmp_path)
    assert outcome.held
    (interrupted,) = [e.event for e in outcome.entries if isinstance(e.event, AnswerInterrupted)]
    assert interrupted.error == "sound-spoiled"
    assert 10 * RATE <= interrupted.frames <= 10 * RATE + RATE // 2 + RATE // 10
    (incident,) = [e.event for e in outcome.entries if isinstance(e.event, IncidentClosed)]
    assert (incident.kind, incident.how, incident.resolved) == ("sound-spoiled", "reserve-headset", True)
    (replaced,) = [e.event for e in outcome.entries if isinstance(e.event, DeviceReplaced)]
    assert (replaced.old, replaced.new) == ("headset-0101-1", "headset-x1")
    answers = [e.event for e in outcome.entries if isinstance(e.event, AnswerRecorded)]
    assert [event.parts for event in answers] == [2, 1]
    assert all(event.frames == 20 * RATE for event in answers)
    first, second = sorted((tmp_path / interrupted.station).glob(f"{interrupted.recording}*"))
    assert np.concatenate(list(read_samples(first)))[: 10 * RATE - RATE].any()
    assert np.concatenate(list(read_samples(second)))[:RATE].any()
    check_papers(outcome, tmp_path)


@pytest.mark.parametrize("reserve", [True, False])
def test_an_answer_goes_on_at_another_station(tmp_path: Path, *, reserve: bool) -> None:
    """The computer breaks in the midst of it: the reserve station records the rest, or another seat does."""
    plain = recorded(DAY, tmp_path / "plain")
    began = next(e.t for e in plain.entries if isinstance(e.event, AnswerBegan))
    seconds = began // 1_000_000 + 8
    at = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    two_seats = DAY.replace("count: 1", "count: 2").replace("[{seat: Р1}]", "[]")
    day = DAY if reserve else two_seats
    broken = f"faults: [{{target: pc-0101-1, kind: broken, at: '{at}', ends: never}}]\n"
    outcome = recorded(day + broken, tmp_path / "broken")
    assert outcome.held
    (interrupted,) = [e.event for e in outcome.entries if isinstance(e.event, AnswerInterrupted)]
    assert 6 * RATE < interrupted.frames < 9 * RATE
    answers = [e.event for e in outcome.entries if isinstance(e.event, AnswerRecorded)]
    (moved,) = [event for event in answers if event.recording == interrupted.recording]
    assert moved.station == ("rec-r1" if reserve else "rec-0101-2")
    assert moved.parts == 2
    assert all(20 * RATE <= event.frames < 20 * RATE + RATE // 10 for event in answers)
    assert len(answers) == 2
    assert outcome.accounts.all_problems() == []
    files = [file for medium in media(outcome.entries) for file in medium.files]
    assert [(file.file, file.part) for file in files if file.recording == moved.recording] in (
        [(f"{moved.recording}~2.flac", 2), (f"{moved.recording}.flac", 1)],
        [(f"{moved.recording}.flac", 1), (f"{moved.recording}~2.flac", 2)],
    )
    assert len({file.file for file in files}) == len(files) == 3
    check_papers(outcome, tmp_path / "broken")


@pytest.mark.parametrize("times", [1, 99])
def test_a_disk_that_fails_during_the_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """The disk is brought to another computer; no token is blamed, and the day goes on to its end."""
    content, left = FlacRecorder.content, [times]

    def failing(recorder: FlacRecorder, file: str) -> Content:
        if left[0]:
            left[0] -= 1
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return content(recorder, file)

    monkeypatch.setattr(FlacRecorder, "content", failing)
    outcome = recorded(DAY, tmp_path)
    (incident,) = [
        e.event
        for e in outcome.entries
        if isinstance(e.event, IncidentClosed) and e.event.kind == "disk-failed"
    ]
    assert incident.how == ("recordings-rescued" if times == 1 else "not-rescued")
    assert incident.resolved is (times == 1)
    failed = [e.event for e in outcome.entries if isinstance(e.event, ExportFailed)]
    assert [(event.package_kind, event.works) for event in failed] == ([] if times == 1 else [("audio", 2)])
    assert [e.event for e in outcome.entries if isinstance(e.event, ActivationFailed)] == []
    assert outcome.held  # nothing is unaccounted for: what was not exported is said
    check_papers(outcome, tmp_path)


def test_an_answer_that_is_gone_is_told_and_the_others_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = FlacRecorder.content

    def losing(recorder: FlacRecorder, file: str) -> Content:
        (recorder.folder / "29-АНГ-0001-01.flac").unlink(missing_ok=True)
        return content(recorder, file)

    monkeypatch.setattr(FlacRecorder, "content", losing)
    outcome = recorded(DAY, tmp_path)
    closed = [e.event for e in outcome.entries if isinstance(e.event, IncidentClosed)]
    assert [(e.kind, e.device, e.how) for e in closed] == [
        ("disk-failed", "pc-0101-1", "recordings-rescued"),
        ("recording-damaged", "29-АНГ-0001-01", "told-to-hot-line"),
    ]
    (medium,) = media(outcome.entries)
    assert [(file.file, file.damaged, file.size_bytes > 0) for file in medium.files] == [
        ("29-АНГ-0001-01.flac", True, False),
        ("29-АНГ-0001-02.flac", False, True),
    ]
