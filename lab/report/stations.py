"""What each station did through the day, as bars and marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hal.journal import Entry
from lab.report.picture import Bar, Mark
from lab.report.record import MORNING, DayRecord
from lab.report.words import Words
from station_core.events import (
    ActivationFailed,
    AnswerBegan,
    AnswerInterrupted,
    AnswerListened,
    AnswerRecorded,
    AudioExported,
    ExamBegan,
    ExamEnded,
    FormsCollected,
    FormsScanned,
    KeyActivated,
    KeyLoaded,
    KitPrinted,
    KitRejected,
    PackageExported,
    PasswordApplied,
    PrintChecked,
    PrintingBegan,
    PrintingEnded,
    RecordingTested,
    StationFinished,
    StationReplaced,
    StationStarted,
)

DOWN = ("crash", "power-cut", "broken")
"""Faults of a computer while which its station does not run."""

_IN_COURSE = ("printing", "exam", "collecting", "scanning", "export")
"""Phases of a room that a station which comes back, or comes new, goes on with."""


@dataclass(slots=True)
class Course:
    """One station through the day."""

    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    phase: str = ""
    since: int = 0


class Courses:
    """Reads the journal into the course of every station."""

    def __init__(self, record: DayRecord, words: Words) -> None:
        self._record = record
        self._words = words
        self._room_phase: dict[str, str] = {}
        self._in_use: dict[str, list[str]] = {}
        self._answers: dict[str, tuple[int, AnswerBegan]] = {}
        self.of: dict[str, Course] = {name: Course() for name in record.stations}

    def read(self, entries: Sequence[Entry]) -> dict[str, Course]:
        """Read everything from the morning on."""
        for name, facts in self._record.stations.items():
            if facts.room and not facts.reserve:
                self._in_use.setdefault(facts.room, []).append(name)
        stops = [
            (damage.begin, self._record.station_of(damage.device))
            for damage in self._record.damages
            if damage.kind in DOWN
        ]
        for entry in entries:
            while stops and stops[0][0] <= entry.t:
                t, station = stops.pop(0)
                if station:
                    self._enter(station, "down", t)
            if entry.t >= MORNING:
                self._phases(entry)
                self._room_phases(entry)
                self._marks(entry)
                self._recording(entry)
        for station in self.of:
            self._enter(station, "", self._record.end)
        return self.of

    def _enter(self, station: str, phase: str, t: int) -> None:
        """Begin a phase; the one before becomes a bar."""
        course = self.of.setdefault(station, Course())
        if course.phase == phase:
            return
        t = max(t, MORNING)
        if course.phase and t > course.since:
            label = self._words(f"phase-{course.phase}")
            title = f"{label}: {self._words.period(course.since, t)}"
            course.bars.append(Bar(course.since, t, f"phase-{course.phase}", label, title))
        course.phase, course.since = phase, t

    def _enter_room(self, room: str, phase: str, t: int) -> None:
        self._room_phase[room] = phase
        for station in self._in_use.get(room, ()):
            if self.of[station].phase not in ("", "down"):
                self._enter(station, phase, t)

    def _opened(self, station: str, room: str, t: int) -> None:
        phase = self._room_phase.get(room, "")
        self._enter(station, phase if phase in _IN_COURSE else "open", t)

    def _phases(self, entry: Entry) -> None:
        t = entry.t
        match entry.event:
            case StationStarted() as event:
                self._enter(event.station, "ready", t)
            case KeyLoaded() as event:
                if self.of.setdefault(event.station, Course()).phase == "ready":
                    self._enter(event.station, "key", t)
            case KeyActivated() | PasswordApplied() as event:
                self._opened(event.station, event.room, t)
            case PrintingBegan() | KitPrinted() as event:
                self._room_phase[event.room] = "printing"
                self._enter(event.station, "printing", t)
            case PrintingEnded() as event:
                self._room_phase[event.room] = "handing"
                self._enter(event.station, "handing", t)
            case FormsScanned() as event:
                self._room_phase[event.room] = "export"
                self._enter(event.station, "export", t)
            case PackageExported() | AudioExported() as event:
                self._enter(event.station, "closing", t)
            case StationFinished() as event:
                self._enter(event.station, "", t)
            case StationReplaced() as event:
                in_use = self._in_use.setdefault(event.room, [])
                self._in_use[event.room] = [name for name in in_use if name != event.old] + [event.new]
                self._enter(event.old, "out", t)
                self._opened(event.new, event.room, t)
            case _:
                pass

    def _room_phases(self, entry: Entry) -> None:
        t = entry.t
        match entry.event:
            case ExamBegan() as event:
                self._enter_room(event.room, "exam", t)
            case ExamEnded() as event:
                self._enter_room(event.room, "collecting", t)
            case FormsCollected() as event:
                self._enter_room(event.room, "scanning", t)
            case _:
                pass

    def _marks(self, entry: Entry) -> None:
        words, t = self._words, entry.t
        clock = words.clock(t)
        match entry.event:
            case KitPrinted() as event:
                self._mark(event.station, t, "kit", words("mark-kit", time=clock, kit=event.kit))
            case KitRejected() as event:
                why = words.code("kind", event.why)
                title = words("mark-rejected", time=clock, kit=event.kit, why=why, sheets=event.sheets)
                self._mark(event.station, t, "reject", title)
            case KeyActivated() as event:
                who = words.name(event.person)
                self._mark(event.station, t, "key", words("mark-activated", time=clock, person=who))
            case PasswordApplied() as event:
                self._mark(event.station, t, "key", words("mark-password", time=clock))
            case ActivationFailed() as event:
                why = words.code("kind", event.error)
                title = words("mark-not-activated", time=clock, person=words.name(event.person), why=why)
                self._mark(event.station, t, "reject", title)
            case PrintChecked() as event:
                sign = "good" if event.good else "bad"
                self._mark(event.station, t, sign, words(f"mark-print-{sign}", time=clock))
            case StationReplaced() as event:
                title = words(
                    "mark-replaced", time=clock, old=words.name(event.old), new=words.name(event.new)
                )
                self._mark(event.new, t, "swap", title)
            case StationFinished() as event:
                self._mark(event.station, t, "finish", words("mark-finished", time=clock))
            case _:
                pass

    def _recording(self, entry: Entry) -> None:
        words, t = self._words, entry.t
        match entry.event:
            case RecordingTested() as event:
                sign = "good" if event.good else "bad"
                why = ", ".join(words.code("sound", reason) for reason in event.reasons)
                title = words(
                    f"mark-test-{sign}",
                    time=words.clock(t),
                    level=decibels(event.active_level_tenth_db),
                    noise=decibels(event.noise_tenth_db),
                    why=why,
                )
                self._mark(event.station, t, sign, title)
            case AnswerBegan() as event:
                self._answers[event.station] = (t, event)
            case AnswerRecorded() as event:
                self._answer(event.station, t, "answer" if event.good else "answer-bad")
            case AnswerInterrupted() as event:
                self._answer(event.station, t, "answer-cut")
            case AnswerListened() as event:
                if not event.content:
                    title = words("mark-complaint", time=words.clock(t), participant=event.participant)
                    self._mark(event.station, t, "reject", title)
            case _:
                pass

    def _answer(self, station: str, t: int, style: str) -> None:
        began = self._answers.pop(station, None)
        if began is None:
            return
        since, event = began
        title = self._words(
            f"bar-{style}", participant=event.participant, period=self._words.period(since, t)
        )
        self.of[station].bars.append(Bar(since, t, style, event.participant, title, row=1))

    def _mark(self, station: str, t: int, sign: str, title: str) -> None:
        self.of.setdefault(station, Course()).marks.append(Mark(t, sign, title))


def decibels(tenths: int) -> str:
    """Write a level in dBFS.

    >>> decibels(-243)
    '−24.3'
    """
    return f"{'−' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10}"
