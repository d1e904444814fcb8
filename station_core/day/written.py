"""The day of a written exam, from 07:30 to the last confirmation [000:36-56, 001:129-208]."""

from __future__ import annotations

from hal.computer import ComputerFailed
from hal.people import Action, Role
from hal.runtime import HOUR, MINUTE
from station_core.day.closing import (
    authorise,
    close_point,
    close_printing,
    close_station,
    deliver,
    report_sent,
)
from station_core.day.headquarters import Headquarters
from station_core.day.morning import distribute_key, open_point, with_main_key
from station_core.day.printing import PATIENCE, PrintRun
from station_core.day.replace import StationLost, restore_organizer
from station_core.day.scanning import scan_room
from station_core.events import (
    ExamBegan,
    ExamEnded,
    ExportFailed,
    KitHandedOut,
    ParticipantsAdmitted,
    RoomEmpty,
    RoomFailed,
)
from station_core.organizer import OrganizerStation
from station_core.point import Point, Room
from station_core.station import Station

SEATED = 9 * HOUR + 50 * MINUTE  # instruction part 1 [002:3435]
EXAM_START = 10 * HOUR  # [003]
WAITING_STATUS_AT = 10 * HOUR + 30 * MINUTE  # [000:36-40]
NOBODY_CAME_AT = 12 * HOUR  # two hours without anyone [000:46-51]

BEGAN = "Экзамены успешно начались"
WAITING = "Ожидание участников"
NOT_HELD = "Экзамен не состоялся"


async def written_day(point: Point, hq: Headquarters) -> None:
    """Run the whole day."""
    await with_main_key(point, hq, open_point(point, hq))
    if not any(room.participants for room in point.rooms):
        await nobody_came(point, hq)
        return
    async with point.runtime.task_group() as group:
        for room in point.rooms:
            group.start(_room_day(point, hq, room), f"room {room.name}")
        group.start(distribute_key(point, hq), "distribution of the key")
        group.start(report_beginning(point, hq), "status of the beginning")
    complete = all(room.delivered for room in point.rooms if room.handed_out)
    await report_sent(hq, complete=complete)
    await close_point(point, hq)


async def report_beginning(point: Point, hq: Headquarters) -> None:
    """Send the status once the exam has begun in all rooms that can begin [001:140]."""
    for room in point.rooms:
        await room.began.wait()
    if any(not room.failed for room in point.rooms):
        await hq.send_status(BEGAN)


async def nobody_came(point: Point, hq: Headquarters) -> None:
    """E9: wait until 12:00, then close all stations, reserves included."""
    await point.until(WAITING_STATUS_AT)
    await hq.send_status(WAITING)
    await point.until(NOBODY_CAME_AT)
    for room in point.rooms:
        for station in room.stations():
            if isinstance(station, OrganizerStation):
                await close_printing(point, hq, room)
            else:
                await close_station(point, hq, room, station)
    await hq.send_status(NOT_HELD)
    await close_point(point, hq)


async def _room_day(point: Point, hq: Headquarters, room: Room) -> None:
    await point.until(SEATED)
    point.journal.write(ParticipantsAdmitted(room.name, len(room.participants), room.absent))
    await point.until(EXAM_START)
    await room.ready.wait()
    if not room.participants:
        await wait_in_vain(point, room)
    elif not room.failed and await _print_and_begin(point, hq, room):
        await point.runtime.sleep(point.exam.duration)
        point.journal.write(ExamEnded(room.name, len(room.handed_out)))
        await scan_room(point, hq, room)
        room.delivered = await _export(point, hq, room)
    if len(room.handed_out) < len(room.participants):
        room.failed = room.failed or "no-kits"
        unserved = len(room.participants) - len(room.handed_out)
        point.journal.write(RoomFailed(room.name, room.failed, unserved))
    room.began.set()
    await close_printing(point, hq, room)


async def wait_in_vain(point: Point, room: Room) -> None:
    """An empty room among others that began is closed after two hours [000:53-56]."""
    point.journal.write(RoomEmpty(room.name))
    room.began.set()
    await point.until(NOBODY_CAME_AT)


async def _print_and_begin(point: Point, hq: Headquarters, room: Room) -> bool:
    """Print and hand out; returns whether anybody could begin."""
    await PrintRun(point, hq, room, len(room.participants)).run()
    await hand_out(point, room)
    if not room.handed_out:
        return False
    await point.ask(Action.WORK, Role.ORGANIZER, room.name, note="briefing")
    point.journal.write(ExamBegan(room.name, len(room.handed_out)))
    room.began.set()
    return True


async def hand_out(point: Point, room: Room) -> None:
    """Give each participant a whole good kit."""
    pairs = list(zip(room.participants, room.kits, strict=False))
    items = tuple(text for participant, kit in pairs for text in (kit.number, participant))
    reply = await point.ask(Action.HAND_OUT, Role.ORGANIZER, room.name, items=items)
    if not reply.done:
        point.incidents.open(reply.reason, room.name, room.name).close("nobody-there", resolved=False)
        return
    for participant, kit in pairs:
        room.handed_out[participant] = kit
        point.journal.write(KitHandedOut(room.name, kit.number, participant))


async def _export(point: Point, hq: Headquarters, room: Room) -> bool:
    """Export with a token and have the package sent; returns whether it is on its way."""
    works = len(room.handed_out)

    async def export() -> tuple[Station, str] | None:
        return await _export_to_flash(point, hq, room, works)

    if await deliver(point, hq, room, "blanks", works, export):
        return True
    point.journal.write(ExportFailed(room.organizer.name, room.name, "blanks", works))
    return False


async def _export_to_flash(
    point: Point, hq: Headquarters, room: Room, works: int
) -> tuple[Station, str] | None:
    for _ in range(PATIENCE):
        station = room.organizer
        try:
            if not await authorise(point, room, station, works):
                return None
            package = await hq.drives.use(point.technician_of(room), room.name, station.export)
        except ComputerFailed as error:
            try:
                await restore_organizer(point, hq, room, error)
            except StationLost:
                return None
            if room.organizer is not station and not room.organizer.scanned:
                await scan_room(point, hq, room)  # the reserve station has seen none of the forms
        else:
            return None if package is None else (room.organizer, package)
    incident = point.incidents.open("computer-failed", room.organizer.computer.name, room.name)
    incident.close("given-up", resolved=False)
    return None
