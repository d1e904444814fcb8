"""After the exam: export, journals, протоколы, the count of paper, upload to the РЦОИ [001:159-208]."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from hal.computer import ComputerFailed
from hal.people import Action, Role
from hal.secret import Secret
from hal.storage import FileMissing, FlashDrive
from station_core.day.drives import Work
from station_core.day.headquarters import Headquarters
from station_core.day.printing import keep_printing
from station_core.day.tokens import with_member_token
from station_core.events import PaperCounted
from station_core.point import HEADQUARTERS, Point, Room
from station_core.station import Station

FINISHED = "Экзамен завершен"
SENT = "Бланки переданы в РЦОИ"

KEPT_IN_MEMORY = 1 << 20
"""Bytes of a package up to which the Штаб keeps its copy in memory while it is sent (our choice)."""

EXPORTS = 3
"""How often a package is exported anew when its drive is lost on the way (our choice)."""


async def authorise(point: Point, room: Room, station: Station, works: int = 0) -> bool:
    """Have a ГЭК member's token sign what a station exports."""

    async def operation(person: str, serial: str, pin: Secret) -> None:
        await station.authorise_export(person, serial, pin, works)

    return await with_member_token(point, room.name, station.name, operation)


async def deliver(
    point: Point,
    hq: Headquarters,
    room: Room,
    kind: str,
    works: int,
    export: Callable[[], Awaitable[tuple[Station, str] | None]],
) -> bool:
    """Export a package, carry it to the Штаб, read it there and send it off in the background.

    ``export`` writes the package to the technician's drive and returns the station and the name of the
    package, or ``None`` when it cannot be exported and an incident says why. A package whose drive is lost
    on the way is exported again.

    Returns:
        Whether it is on its way to the РЦОИ.
    """
    for _ in range(EXPORTS):
        exported = await export()
        if exported is None:
            return False
        station, package = exported
        try:
            file = await hq.drives.use(point.technician_of(room), HEADQUARTERS, _reader(package))
        except FileMissing:
            continue
        if file is None:
            return False
        hq.send_package(package, file, kind, room.name, works, station.export_bytes())
        return True
    return False


def _reader(name: str) -> Work[BinaryIO]:
    async def read(flash: FlashDrive) -> BinaryIO:
        copy = SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 - closed when it is sent
        try:
            await flash.fetch(name, copy)
        except BaseException:
            copy.close()
            raise
        return cast("BinaryIO", copy)

    return read


async def report_sent(hq: Headquarters, *, complete: bool) -> None:
    """Send the status of the end of transmission, if every package is confirmed [001:202-208]."""
    if await hq.all_confirmed() and complete:
        await hq.send_status(SENT)
        return
    await hq.escalate("not-all-sent", "portal", HEADQUARTERS)


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
    technician = point.technician_of(room)
    try:
        file = await hq.drives.use(technician, room.name, station.save_journal)
        await station.finish()
    except ComputerFailed as error:
        incident = point.incidents.open(error.code, station.computer.name, room.name)
        await point.ask(Action.WORK, Role.TECHNICIAN, HEADQUARTERS, note="rescue-journal")
        file = await hq.drives.use(technician, room.name, station.rescue_journal)
        incident.close("journal-rescued" if file else "no-reserve-flash", resolved=file is not None)
    if file is not None:
        hq.journals[station.name] = (technician, file)


async def close_point(point: Point, hq: Headquarters) -> None:
    """Journals of replaced and unused stations, then all journals and the last statuses [001:163-168]."""
    last = point.rooms[-1]
    for room in point.rooms:
        for station in room.old_stations:
            await close_station(point, hq, room, station)
    for station in (*point.reserve_organizers, *point.reserve_recorders):
        await close_station(point, hq, last, station)
    await hq.send_status(FINISHED)
    for technician in range(len(point.staff.names(Role.TECHNICIAN))):
        await _send_journals(hq, technician)
    missing = [station.name for station in point.all_stations() if station.name not in hq.journals]
    for name in missing:
        point.incidents.open("journal-missing", name, HEADQUARTERS).close("journal-missing", resolved=False)


async def _send_journals(hq: Headquarters, technician: int) -> None:
    """Have a technician bring the drive, and send the journals that are on it."""
    mine = {name: file for name, (owner, file) in hq.journals.items() if owner == technician}

    async def read(flash: FlashDrive) -> tuple[str, ...]:
        return await flash.names()

    there = await hq.drives.use(technician, HEADQUARTERS, read) if mine else ()
    for name, file in mine.items():
        if there is None or file not in there:
            del hq.journals[name]  # lost with the drive that it was on
        else:
            await hq.send_journal(name, file)
