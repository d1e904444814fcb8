"""Sheets and recordings accounted for, from the journal alone.

Three independent witnesses: what the stations say they printed, what the organisers counted by hand, and
what the printers' own counters show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hal.journal import Entry, Event
from station_core.events import (
    AnswerRecorded,
    AudioExported,
    ExamBegan,
    ExportFailed,
    FormsCollected,
    FormsScanned,
    KitHandedOut,
    KitPrinted,
    KitRejected,
    PackageExported,
    PaperCounted,
    RecordingsCounted,
    RoomFailed,
)


class Imbalance:
    """What does not balance: an English sentence, and its parts for other languages.

    Args:
        code: A key of the message catalogue.
        sentence: With the names of the values in braces.
        values: What the sentence names.
    """

    __slots__ = ("_sentence", "code", "values")

    def __init__(self, code: str, sentence: str, **values: object) -> None:
        self.code = code
        self.values: Mapping[str, str] = {name: str(value) for name, value in values.items()}
        self._sentence = sentence

    def __str__(self) -> str:
        return self._sentence.format_map(self.values)


@dataclass(slots=True)
class RoomAccount:
    """One room. ``kits_*`` and ``answers`` are the stations' word, ``counted`` the count by hand.

    ``participants`` are those with whom the exam began, ``unserved`` those who got no kit or gave no answer;
    ``records`` says whether recordings were counted here.
    """

    room: str
    kits_printed: int = 0
    kits_rejected: int = 0
    kits_handed_out: int = 0
    counted: PaperCounted | None = None
    forms_due: int = 0
    forms_scanned: int = 0
    forms_missing: int = 0
    works_scanned: int = 0
    works_exported: int = 0
    works_not_exported: int = 0
    answers: int = 0
    recordings: int = 0
    recordings_due: int = 0
    participants: int = 0
    unserved: int = 0
    records: bool = False
    problems: list[Imbalance] = field(default_factory=list)

    @property
    def balances(self) -> bool:
        """Whether nothing is lost and nothing is too much."""
        return not self.problems


@dataclass(slots=True)
class Accounts:
    """All rooms, and what concerns the whole point."""

    rooms: dict[str, RoomAccount] = field(default_factory=dict)
    recordings_recorded: int = 0
    recordings_exported: int = 0
    recordings_not_exported: int = 0
    problems: list[Imbalance] = field(default_factory=list)

    @property
    def balances(self) -> bool:
        """Whether everything is accounted for."""
        return not self.problems and all(room.balances for room in self.rooms.values())

    def total(self, name: str) -> int:
        """Add up a number over all rooms."""
        return sum(getattr(room, name) for room in self.rooms.values())

    def all_problems(self) -> list[str]:
        """List what does not balance; each starts with the room."""
        found = [f"{room.room}: {problem}" for room in self.rooms.values() for problem in room.problems]
        return [*found, *(str(problem) for problem in self.problems)]


def account(entries: Sequence[Entry]) -> Accounts:
    """Read the accounts out of a journal."""
    return _Reader().read(entries)


class _Reader:
    """Collects the numbers, entry by entry."""

    def __init__(self) -> None:
        self.accounts = Accounts()
        self.printed: dict[str, str] = {}  # kit → room
        self.rejected: dict[str, bool] = {}
        self.recorded: dict[str, bool] = {}
        self.exported: dict[str, int] = {}  # station → recordings in its last package

    def read(self, entries: Sequence[Entry]) -> Accounts:
        readers = self._readers()
        for entry in entries:
            reader = readers.get(type(entry.event))
            if reader is not None:
                reader(entry.event)
        accounts = self.accounts
        accounts.rooms = dict(sorted(accounts.rooms.items()))
        accounts.recordings_recorded = len(self.recorded)
        accounts.recordings_exported = sum(self.exported.values())
        for room in accounts.rooms.values():
            good = sum(
                1 for kit, place in self.printed.items() if place == room.room and kit not in self.rejected
            )
            _balance(room, good)
        # more may be exported than recorded to the end: beginnings of answers that went on elsewhere
        if accounts.recordings_exported + accounts.recordings_not_exported < accounts.recordings_recorded:
            accounts.problems.append(
                Imbalance(
                    "exported",
                    "{recorded} answers recorded, {exported} exported",
                    recorded=accounts.recordings_recorded,
                    exported=accounts.recordings_exported,
                )
            )
        return accounts

    def _readers(self) -> dict[type[Event], Callable[[Any], None]]:
        return {
            KitPrinted: self._printed,
            KitRejected: self._rejected,
            KitHandedOut: self._handed_out,
            PaperCounted: self._counted,
            FormsCollected: self._collected,
            FormsScanned: self._scanned,
            AnswerRecorded: self._answer,
            AudioExported: self._audio_exported,
            PackageExported: self._blanks_exported,
            ExportFailed: self._export_failed,
            RecordingsCounted: self._recordings,
            ExamBegan: self._exam_began,
            RoomFailed: self._failed,
        }

    def _room(self, name: str) -> RoomAccount:
        return self.accounts.rooms.setdefault(name, RoomAccount(name))

    def _printed(self, event: KitPrinted) -> None:
        room = self._room(event.room)
        if event.kit in self.printed:
            room.problems.append(Imbalance("kit-printed-twice", "kit {kit} was printed twice", kit=event.kit))
        self.printed[event.kit] = event.room
        room.kits_printed += 1

    def _rejected(self, event: KitRejected) -> None:
        self.rejected[event.kit] = True
        self._room(event.room).kits_rejected += 1

    def _handed_out(self, event: KitHandedOut) -> None:
        room = self._room(event.room)
        room.kits_handed_out += 1
        if event.kit not in self.printed:
            room.problems.append(
                Imbalance("kit-never-printed", "kit {kit} was handed out but never printed", kit=event.kit)
            )
        if event.kit in self.rejected:
            room.problems.append(
                Imbalance("kit-rejected", "kit {kit} was handed out although rejected", kit=event.kit)
            )

    def _counted(self, event: PaperCounted) -> None:
        self._room(event.room).counted = event

    def _collected(self, event: FormsCollected) -> None:
        self._room(event.room).forms_due = event.sheets

    def _scanned(self, event: FormsScanned) -> None:
        room = self._room(event.room)
        room.forms_scanned, room.forms_missing = event.sheets, event.missing
        room.works_scanned = event.works

    def _answer(self, event: AnswerRecorded) -> None:
        if event.recording not in self.recorded:
            self._room(event.room).answers += 1
        self.recorded[event.recording] = True

    def _audio_exported(self, event: AudioExported) -> None:
        # all that the station has: again where the drive was lost on its way
        self.exported[event.station] = event.recordings

    def _blanks_exported(self, event: PackageExported) -> None:
        self._room(event.room).works_exported = event.works

    def _export_failed(self, event: ExportFailed) -> None:
        # one that was written before did not arrive: its drive was lost on the way
        if event.package_kind == "audio":
            self.exported.pop(event.station, None)
            self.accounts.recordings_not_exported += event.works
        else:
            room = self._room(event.room)
            room.works_exported, room.works_not_exported = 0, event.works

    def _recordings(self, event: RecordingsCounted) -> None:
        room = self._room(event.room)
        room.recordings, room.recordings_due, room.records = event.found, event.expected, True

    def _exam_began(self, event: ExamBegan) -> None:
        self._room(event.room).participants = event.participants

    def _failed(self, event: RoomFailed) -> None:
        self._room(event.room).unserved = event.unserved


def _balance(room: RoomAccount, good_kits: int) -> None:
    counted = room.counted
    if counted is not None:
        _balance_count(room, counted, good_kits)
    elif room.kits_printed or room.kits_rejected:
        room.problems.append(Imbalance("not-counted", "kits were printed, but the paper was never counted"))
    if room.forms_scanned + room.forms_missing != room.forms_due:
        room.problems.append(
            Imbalance(
                "forms",
                "forms: {due} collected, {scanned} scanned and {missing} reported as not readable",
                due=room.forms_due,
                scanned=room.forms_scanned,
                missing=room.forms_missing,
            )
        )
    if room.works_exported + room.works_not_exported != room.works_scanned:
        room.problems.append(
            Imbalance(
                "works",
                "works: {scanned} scanned, {exported} exported",
                scanned=room.works_scanned,
                exported=room.works_exported,
            )
        )
    # those who got no blank count as not served although the exam began without them
    if room.records and room.participants > room.recordings_due + room.unserved:
        room.problems.append(
            Imbalance(
                "participants",
                "participants: {began} began, {answered} answered, {unserved} reported as not served",
                began=room.participants,
                answered=room.recordings_due,
                unserved=room.unserved,
            )
        )
    if room.recordings != room.recordings_due:
        room.problems.append(
            Imbalance(
                "recordings",
                "recordings: {due} expected, {found} found",
                due=room.recordings_due,
                found=room.recordings,
            )
        )

    if room.answers != room.recordings:
        room.problems.append(
            Imbalance(
                "answers",
                "answers: {recorded} recorded, {found} found on the stations",
                recorded=room.answers,
                found=room.recordings,
            )
        )


def _balance_count(room: RoomAccount, counted: PaperCounted, good_kits: int) -> None:
    if counted.kits_handed_out + counted.kits_left != good_kits:
        room.problems.append(
            Imbalance(
                "kits",
                "good kits: {printed} by the station, {handed_out} handed out and {left} left by hand",
                printed=good_kits,
                handed_out=counted.kits_handed_out,
                left=counted.kits_left,
            )
        )
    if counted.kits_handed_out != room.kits_handed_out:
        room.problems.append(
            Imbalance(
                "handed-out",
                "kits handed out: {noted} by the list, {handed_out} by hand",
                noted=room.kits_handed_out,
                handed_out=counted.kits_handed_out,
            )
        )
    by_hand = counted.handed_out_sheets + counted.spoiled_sheets + counted.left_sheets + counted.test_sheets
    if counted.counter_sheets not in (-1, by_hand):
        room.problems.append(
            Imbalance(
                "sheets",
                "sheets: {counters} by the counters, {by_hand} by hand",
                counters=counted.counter_sheets,
                by_hand=by_hand,
            )
        )
