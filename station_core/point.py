"""The exam point (ППЭ) as the procedures of the day see it."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from hal.audio import Headset
from hal.journal import Journal
from hal.network import Channel
from hal.people import Action, Reply, Request, Role, Staff
from hal.printer import Printer
from hal.runtime import Event, Runtime
from hal.scanner import Scanner
from hal.storage import FlashDrive
from hal.token import TokenPort
from station_core.incidents import Incident, Incidents
from station_core.materials import ExamKind, Kit, Scope
from station_core.organizer import OrganizerStation
from station_core.portal import Portal
from station_core.recording import RecordingStation
from station_core.station import Station

HEADQUARTERS = "hq"
"""Name of the Штаб as a place."""


@dataclass(frozen=True, slots=True)
class Exam:
    """What is held. Durations in microseconds.

    Args:
        duration: Work time in the room (written) or of the whole oral exam.
        answer: Oral: recording of one answer [001:23].
        reading: Oral: reading and preparation at the screen [001:23].
        instruction: Oral: preparatory steps before the КИМ opens [001:23].
    """

    kind: ExamKind
    subject: str
    exam_date: date
    region: str
    point: str
    duration: int
    answer: int = 0
    reading: int = 0
    instruction: int = 0

    @property
    def scope(self) -> Scope:
        """Which materials fit."""
        return Scope(self.region, self.point, self.exam_date, self.subject)


class RoomKind(StrEnum):
    """What a room is for."""

    EXAM = "exam"  # аудитория, written exam
    PREPARATION = "preparation"  # аудитория подготовки, oral exam
    CONDUCT = "conduct"  # аудитория проведения, oral exam


@dataclass(slots=True, eq=False)
class Room:
    """A room and what goes on in it.

    Args:
        participants: Those who came, by name; the absent only as a number.
        kits: Good printed kits, in order.
        ready: Set when every station of the room is activated, or ``failed`` says why not.
        doubtful_kits: Kits that a crash interrupted and whose paper is still to be put aside.
        answered: How many answers were recorded here.
        delivered: Its packages are on their way to the РЦОИ.
        began: Set when the exam began in the room, or it failed.
    """

    name: str
    kind: RoomKind
    participants: tuple[str, ...]
    absent: int
    ready: Event
    began: Event
    printer_station: OrganizerStation | None = None
    seats: list[RecordingStation] = field(default_factory=list)
    old_stations: list[Station] = field(default_factory=list)
    kits: list[Kit] = field(default_factory=list)
    handed_out: dict[str, Kit] = field(default_factory=dict)
    doubtful_kits: list[Kit] = field(default_factory=list)
    answered: int = 0
    delivered: bool = False
    failed: str = ""

    @property
    def organizer(self) -> OrganizerStation:
        """The station that prints here.

        Raises:
            LookupError: None does (a room where answers are recorded).
        """
        if self.printer_station is None:
            raise LookupError(f"room {self.name} has no organiser station")
        return self.printer_station

    def stations(self) -> list[Station]:
        """Stations in use, in a fixed order."""
        printing: list[Station] = [self.printer_station] if self.printer_station else []
        return [*printing, *self.seats]


@dataclass(slots=True)
class Point:
    """Everything a procedure needs.

    Args:
        package_file: The интернет-пакет as a file for the flash drives.
        flashes: Drives for carrying files between stations, one per technician, then the reserves.
        channels: Main first, then reserve.
        hq_port: Where tokens are inserted in the Штаб.
        waiting_for_key: Incidents of stations that are swapped as soon as there is a key, by station.
        unusable_tokens: Members whose tokens failed today, with the error; kept for the last.
        reserve_organizers, reserve_recorders: Stations that can take over, in order of use.
        printers, scanners, headsets: Devices by the name that the staff says.
    """

    exam: Exam
    runtime: Runtime
    journal: Journal
    staff: Staff
    incidents: Incidents
    portal: Portal
    rooms: list[Room]
    channels: tuple[Channel, ...]
    flashes: list[FlashDrive]
    hq_port: TokenPort
    package_file: bytes
    printers: Mapping[str, Printer]
    scanners: Mapping[str, Scanner]
    headsets: Mapping[str, Headset]
    waiting_for_key: dict[str, Incident] = field(default_factory=dict)
    unusable_tokens: dict[str, str] = field(default_factory=dict)
    reserve_organizers: list[OrganizerStation] = field(default_factory=list)
    reserve_recorders: list[RecordingStation] = field(default_factory=list)

    async def until(self, time: int) -> None:
        """Wait until that time of the exam day; returns at once when it is past."""
        if time > self.runtime.now():
            await self.runtime.sleep(time - self.runtime.now())

    def ask(
        self,
        action: Action,
        role: Role,
        place: str,
        device: str = "",
        items: tuple[str, ...] = (),
        *,
        note: str = "",
        person: str = "",
        avoid: tuple[str, ...] = (),
    ) -> Coroutine[Any, Any, Reply]:
        """Ask the staff; see :class:`hal.people.Request`."""
        return self.staff.ask(Request(action, role, place, device, items, note, person, avoid))

    def technician_of(self, room: Room) -> int:
        """Return which technician looks after a room, as an index into the technicians and their drives."""
        return self.rooms.index(room) % len(self.staff.names(Role.TECHNICIAN))

    def all_stations(self) -> list[Station]:
        """Every station of the point: in use, replaced, and reserve."""
        found: list[Station] = []
        for room in self.rooms:
            found += [*room.stations(), *room.old_stations]
        return [*found, *self.reserve_organizers, *self.reserve_recorders]
