"""What is told while a day runs: one line for each key moment and each incident."""

from __future__ import annotations

from typing import TextIO

from hal.journal import Entry, Event
from lab.describe import clock
from lab.story import sentence
from lab.text import Texts
from simulators.events import FaultBegan
from station_core.events import (
    AnswerBegan,
    AnswerRecorded,
    DayBegan,
    DayEnded,
    DeviceReplaced,
    ExamBegan,
    ExamEnded,
    HotLineCalled,
    IncidentClosed,
    IncidentOpened,
    KeyDownloaded,
    MaterialsDelivered,
    PackageRejected,
    PackageUploaded,
    PasswordIssued,
    PrintingBegan,
    RecordingTested,
    RoomFailed,
    StationReplaced,
    StatusSent,
)

ALWAYS: tuple[type[Event], ...] = (
    DayBegan,
    DayEnded,
    DeviceReplaced,
    FaultBegan,
    HotLineCalled,
    IncidentClosed,
    IncidentOpened,
    KeyDownloaded,
    MaterialsDelivered,
    PackageRejected,
    PasswordIssued,
    RoomFailed,
    StationReplaced,
    StatusSent,
)
"""Told every time."""

FIRST: tuple[type[Event], ...] = (PrintingBegan, ExamBegan, ExamEnded, PackageUploaded)
"""Told when it happens in the first room; the statuses tell when all rooms are through."""


BY_THE_CLOCK: tuple[type[Event], ...] = (AnswerBegan, AnswerRecorded, RecordingTested)
"""Told where a real headset takes the time for them, so that a day does not seem to hang."""


class Progress:
    """A listener of the journal that writes to a stream, usually standard error.

    Args:
        texts: In the user's language.
        stream: Where to.
        real_headsets: Whether sound is recorded in real time.
    """

    def __init__(self, texts: Texts, stream: TextIO, *, real_headsets: bool = False) -> None:
        self._texts = texts
        self._stream: TextIO | None = stream
        self._always = ALWAYS + BY_THE_CLOCK if real_headsets else ALWAYS
        self._told: dict[type[Event], bool] = {}

    def __call__(self, entry: Entry) -> None:
        """Tell an entry if it is one of those to be told."""
        kind = type(entry.event)
        if kind in FIRST and kind not in self._told:
            self._told[kind] = True
        elif kind not in self._always:
            return
        if self._stream is None:
            return
        try:
            line = f"{clock(self._texts, entry.t):<15}  {sentence(self._texts, entry.event)}"
            print(line, file=self._stream, flush=True)
        except OSError:
            self._stream = None  # nobody reads it any more; the day itself goes on
