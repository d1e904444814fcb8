"""Sheets and recordings accounted for, from the journal alone.

Three independent witnesses: what the stations say they printed, what the organisers counted by hand, and
what the printers' own counters show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hal.journal import Entry
from station_core.events import (
    AnswerRecorded,
    AudioExported,
    FormsCollected,
    FormsScanned,
    KitHandedOut,
    KitPrinted,
    KitRejected,
    PaperCounted,
    RecordingsCounted,
)


@dataclass(slots=True)
class RoomAccount:
    """One room. ``kits_*`` are the stations' word, ``counted_*`` the hand count."""

    room: str
    kits_printed: int = 0
    kits_rejected: int = 0
    kits_handed_out: int = 0
    counted: PaperCounted | None = None
    forms_due: int = 0
    forms_scanned: int = 0
    recordings: int = 0
    recordings_due: int = 0
    problems: list[str] = field(default_factory=list)

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
    problems: list[str] = field(default_factory=list)

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
        return [*found, *self.problems]


def account(entries: Sequence[Entry]) -> Accounts:
    """Read the accounts out of a journal."""
    accounts = Accounts()
    printed: dict[str, str] = {}
    rejected: dict[str, bool] = {}

    def room(name: str) -> RoomAccount:
        return accounts.rooms.setdefault(name, RoomAccount(name))

    recorded: dict[str, bool] = {}
    for entry in entries:
        match entry.event:
            case KitPrinted() as event:
                if event.kit in printed:
                    room(event.room).problems.append(f"kit {event.kit} was printed twice")
                printed[event.kit] = event.room
                room(event.room).kits_printed += 1
            case KitRejected() as event:
                rejected[event.kit] = True
                room(event.room).kits_rejected += 1
            case KitHandedOut() as event:
                _check_handed_out(room(event.room), event, printed, rejected)
            case PaperCounted() as event:
                room(event.room).counted = event
            case FormsCollected() as event:
                room(event.room).forms_due = event.sheets
            case FormsScanned() as event:
                room(event.room).forms_scanned = event.sheets
            case AnswerRecorded() as event:
                recorded[event.recording] = True
            case AudioExported() as event:
                accounts.recordings_exported += event.recordings
            case RecordingsCounted() as event:
                room(event.room).recordings, room(event.room).recordings_due = event.found, event.expected
            case _:
                pass
    accounts.recordings_recorded = len(recorded)
    for each in accounts.rooms.values():
        good = sum(1 for kit, place in printed.items() if place == each.room and kit not in rejected)
        _balance(each, good)
    if accounts.recordings_exported < accounts.recordings_recorded:
        accounts.problems.append(
            f"{accounts.recordings_recorded} answers recorded, {accounts.recordings_exported} exported"
        )
    return accounts


def _check_handed_out(
    room: RoomAccount, event: KitHandedOut, printed: dict[str, str], rejected: dict[str, bool]
) -> None:
    room.kits_handed_out += 1
    if event.kit not in printed:
        room.problems.append(f"kit {event.kit} was handed out but never printed")
    if event.kit in rejected:
        room.problems.append(f"kit {event.kit} was handed out although rejected")


def _balance(room: RoomAccount, good_kits: int) -> None:
    counted = room.counted
    if counted is not None:
        if counted.kits_handed_out + counted.kits_left != good_kits:
            room.problems.append(
                f"good kits: {good_kits} by the station, {counted.kits_handed_out} handed out"
                f" and {counted.kits_left} left by hand"
            )
        by_hand = (
            counted.handed_out_sheets + counted.spoiled_sheets + counted.left_sheets + counted.test_sheets
        )
        if counted.counter_sheets not in (-1, by_hand):
            room.problems.append(f"sheets: {counted.counter_sheets} by the counters, {by_hand} by hand")
    elif room.kits_printed or room.kits_rejected:
        room.problems.append("kits were printed, but the paper was never counted")
    if room.forms_scanned < room.forms_due:
        room.problems.append(f"forms: {room.forms_due} collected, {room.forms_scanned} scanned")
    if room.recordings != room.recordings_due:
        room.problems.append(f"recordings: {room.recordings_due} expected, {room.recordings} found")
