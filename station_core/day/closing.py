"""After the exam: export, journals, протоколы, the count of paper, upload to the РЦОИ [001:159-208]."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from hal.computer import ComputerFailed
from hal.people import Action, Role
from hal.storage import FlashDrive, StorageError
from station_core.day.headquarters import Headquarters
from station_core.day.printing import keep_printing
from station_core.day.tokens import with_member_token
from station_core.events import PaperCounted
from station_core.point import HEADQUARTERS, Point, Room
from station_core.station import Station

T = TypeVar("T")

FINISHED = "Экзамен завершен"
SENT = "Бланки переданы в РЦОИ"


async def with_flash(
    point: Point, hq: Headquarters, room: Room, use: Callable[[FlashDrive], Awaitable[T]]
) -> T | None:
    """Have the room's technician bring a flash drive and use it; another drive if it fails (E18).

    Returns:
        What ``use`` returned, or ``None`` when no drive is left (an incident says so).
    """
    technician = point.technician_of(room)
    person = point.staff.names(Role.TECHNICIAN)[technician]
    while True:
        flash = point.flashes[technician]
        await point.ask(Action.CARRY_FLASH, Role.TECHNICIAN, room.name, flash.name, person=person)
        try:
            return await use(flash)
        except StorageError as error:
            if not await hq.replace_flash(technician, error):
                return None


async def authorise(point: Point, room: Room, station: Station) -> bool:
    """Have a ГЭК member's token authorise the export of a station."""
    return await with_member_token(point, room.name, station.name, station.authorise_export)


async def carry_to_headquarters(point: Point, room: Room) -> None:
    """Have the technician bring the drive with the exports to the Штаб."""
    technician = point.technician_of(room)
    await point.ask(
        Action.CARRY_FLASH,
        Role.TECHNICIAN,
        HEADQUARTERS,
        point.flashes[technician].name,
        person=point.staff.names(Role.TECHNICIAN)[technician],
    )


async def close_printing(point: Point, hq: Headquarters, room: Room) -> None:
    """Протокол, count of paper, journal, end of the organiser station of a room."""
    await keep_printing(point, hq, room, lambda station: station.print_protocol())
    station = room.organizer
    reply = await point.ask(Action.COUNT_PAPER, Role.ORGANIZER, room.name, station.printer.info.name)
    if reply.done:
        point.journal.write(PaperCounted(room.name, *(int(item) for item in reply.items)))
    else:
        point.incidents.open(reply.reason, room.name, room.name).close("paper-not-counted", resolved=False)
    await close_station(point, hq, room, station)


async def close_station(point: Point, hq: Headquarters, room: Room, station: Station) -> None:
    """Save the journal and finish. A broken computer's journal is taken from its disk."""
    try:
        await with_flash(point, hq, room, station.save_journal)
        await station.finish()
    except ComputerFailed as error:
        incident = point.incidents.open(error.code, station.computer.name, room.name)
        await point.ask(Action.WORK, Role.TECHNICIAN, HEADQUARTERS, note="rescue-journal")
        saved = await with_flash(point, hq, room, station.rescue_journal)
        incident.close(
            "journal-rescued" if saved is not None else "no-reserve-flash", resolved=saved is not None
        )


async def close_point(point: Point, hq: Headquarters) -> None:
    """Journals of replaced and unused stations, then all journals and the last statuses [001:163-168]."""
    last = point.rooms[-1]
    for room in point.rooms:
        for station in room.old_stations:
            await close_station(point, hq, room, station)
    for station in (*point.reserve_organizers, *point.reserve_recorders):
        await close_station(point, hq, last, station)
    await hq.send_status(FINISHED)
    for station in point.all_stations():
        await hq.send_journal(station.name)


def unserved(room: Room) -> int:
    """How many participants of the room got no kit."""
    return max(0, len(room.participants) - len(room.handed_out))
