"""What the report needs to know of a day, read from the journal in one pass."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hal.journal import Entry
from hal.runtime import HOUR
from simulators.events import FaultBegan, FaultEnded, FaultIdle, NobodyAble, Worked
from station_core.events import (
    ActivationFailed,
    DayBegan,
    DayEnded,
    DeviceReplaced,
    ExamBegan,
    GroupSeated,
    IncidentClosed,
    IncidentOpened,
    KeyActivated,
    ParticipantsAdmitted,
    StationPrepared,
    StationReplaced,
    StationStarted,
)

MORNING = 7 * HOUR
"""The picture begins here; what came before is the eve."""

_ROOM_IN_NAME = re.compile(r"-(\d{4})(?:-\d+)?$")


@dataclass(slots=True)
class Trouble:
    """An incident; ``closed`` is -1 while it is open in a journal that breaks off."""

    number: int
    kind: str
    device: str
    place: str
    opened: int
    closed: int = -1
    resolved: bool = False
    how: str = ""


@dataclass(slots=True)
class Damage:
    """A fault on a device; ``how`` is empty while it lasts."""

    device: str
    kind: str
    begin: int
    end: int
    how: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """What a person did, from ``since`` to ``t``; a person does one thing at a time, the rest waits."""

    since: int
    t: int
    done: Worked


@dataclass(slots=True)
class StationFacts:
    """A station: what it is and where it stands; ``room`` is empty for a reserve nobody needed."""

    name: str
    kind: str
    computer: int
    reserve: bool
    room: str
    seat: str = ""


@dataclass(slots=True)
class RoomFacts:
    """A room and how many came."""

    name: str
    present: int = 0
    absent: int = 0
    stations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class DayRecord:
    """The day."""

    began: DayBegan | None = None
    end: int = MORNING
    aborted: str = ""
    complete: bool = False
    rooms: dict[str, RoomFacts] = field(default_factory=dict)
    stations: dict[str, StationFacts] = field(default_factory=dict)
    works: dict[str, list[Work]] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    idle: list[tuple[int, FaultIdle]] = field(default_factory=list)
    unanswered: list[tuple[int, NobodyAble]] = field(default_factory=list)
    replaced: list[tuple[int, DeviceReplaced]] = field(default_factory=list)
    holders: dict[str, str] = field(default_factory=dict)
    """Who came with a token, by its serial number."""

    def station_of(self, device: str) -> str:
        """Return the station that a device serves, or is; empty if none."""
        if device in self.stations:
            return device
        for _, event in self.replaced:
            if event.new == device and event.station in self.stations:
                return event.station
        _, _, rest = device.removeprefix("port-").partition("-")
        whole = device.removeprefix("port-")
        for candidate in (whole, rest, f"st-{rest}", f"rec-{rest}"):
            if candidate in self.stations:
                return candidate
        return ""

    def home(self, device: str) -> str:
        """Return the room that a device or a person belongs to; empty for those of the whole point."""
        station = self.station_of(device)
        if station:
            return self.stations[station].room
        match = _ROOM_IN_NAME.search(device)
        return match[1] if match and match[1] in self.rooms else ""

    def token_name(self, serial: str) -> str:
        """Return the name of the token with this serial number, or the number itself.

        ``token-1`` is the token of ``member-1`` (see ``scenarios.layout``).
        """
        holder = self.holders.get(serial, "")
        return f"token-{holder.removeprefix('member-')}" if holder.startswith("member-") else serial


def read(entries: Sequence[Entry]) -> DayRecord:
    """Read a journal."""
    record = DayRecord()
    for entry in entries:
        record.end = max(record.end, entry.t)
        _read_course(record, entry)
        _read_trouble(record, entry)
    for damage in record.damages:
        if not damage.how:
            _end_of(record, damage)
    for name in sorted(record.stations):
        facts = record.stations[name]
        if facts.room:
            record.rooms.setdefault(facts.room, RoomFacts(facts.room)).stations.append(name)
    record.rooms = {name: record.rooms[name] for name in sorted(record.rooms)}
    return record


def _end_of(record: DayRecord, damage: Damage) -> None:
    """A fault that nobody lifted lasts until its device is replaced, else to the end of the day."""
    for t, event in record.replaced:
        if event.old == damage.device and t >= damage.begin:
            damage.end, damage.how = t, "replaced"
            return
    damage.end = record.end


def _read_course(record: DayRecord, entry: Entry) -> None:
    match entry.event:
        case DayBegan() as event:
            record.began = event
        case DayEnded() as event:
            record.complete, record.aborted = True, event.aborted
        case ParticipantsAdmitted() as event:
            room = record.rooms.setdefault(event.room, RoomFacts(event.room))
            room.present, room.absent = event.present, event.absent
        case ExamBegan() as event:
            room = record.rooms.setdefault(event.room, RoomFacts(event.room))
            room.present = room.present or event.participants
        case GroupSeated() as event:
            record.rooms.setdefault(event.room, RoomFacts(event.room))
        case StationPrepared() | StationStarted() as event:
            facts = StationFacts(event.station, event.station_kind, event.computer, event.reserve, event.room)
            record.stations.setdefault(event.station, facts)
        case StationReplaced() as event:
            if event.new in record.stations:
                record.stations[event.new].room = event.room
                record.stations[event.new].seat = event.seat
        case Worked() as event:
            works = record.works.setdefault(event.person, [])
            free = works[-1].t if works else event.since
            works.append(Work(min(max(event.since, free), entry.t), entry.t, event))
        case KeyActivated() | ActivationFailed() as event:
            record.holders[event.token] = event.person
        case _:
            pass


def _read_trouble(record: DayRecord, entry: Entry) -> None:
    match entry.event:
        case IncidentOpened() as event:
            record.troubles.append(Trouble(event.incident, event.kind, event.device, event.place, entry.t))
        case IncidentClosed() as event:
            for trouble in record.troubles:
                if trouble.number == event.incident:
                    trouble.closed, trouble.resolved, trouble.how = entry.t, event.resolved, event.how
        case FaultBegan() as event:
            record.damages.append(Damage(event.device, event.kind, entry.t, entry.t))
        case FaultEnded() as event:
            for damage in record.damages:
                if (damage.device, damage.kind, damage.how) == (event.device, event.kind, ""):
                    damage.end, damage.how = entry.t, event.how
        case FaultIdle() as event:
            record.idle.append((entry.t, event))
        case NobodyAble() as event:
            record.unanswered.append((entry.t, event))
        case DeviceReplaced() as event:
            record.replaced.append((entry.t, event))
        case _:
            pass
