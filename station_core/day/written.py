"""The day of a written exam, from 07:30 to the last confirmation [000:36-56, 001:129-208]."""

from __future__ import annotations

from hal.computer import ComputerFailed
from hal.people import Action, Role
from hal.runtime import HOUR, MINUTE
from station_core.day.closing import (
    SENT,
    authorise,
    carry_to_headquarters,
    close_point,
    close_printing,
    close_station,
    with_flash,
)
from station_core.day.headquarters import Headquarters
from station_core.day.morning import distribute_key, open_point
from station_core.day.printing import PrintRun
from station_core.day.replace import StationLost, restore_organizer
from station_core.day.scanning import scan_room
from station_core.events import (
    ExamBegan,
    ExamEnded,
    ExportFailed,
    KitHandedOut,
    ParticipantsAdmitted,
    RoomFailed,
)
from station_core.organizer import OrganizerStation
from station_core.point import HEADQUARTERS, Point, Room

SEATED = 9 * HOUR + 50 * MINUTE  # instruction part 1 [002:3435]
EXAM_START = 10 * HOUR  # [003]
WAITING_STATUS_AT = 10 * HOUR + 30 * MINUTE  # [000:36-40]
NOBODY_CAME_AT = 12 * HOUR  # two hours without anyone [000:46-51]

BEGAN = "Экзамены успешно начались"
WAITING = "Ожидание участников"
NOT_HELD = "Экзамен не состоялся"


async def written_day(point: Point, hq: Headquarters) -> None:
    """Run the whole day."""
    await open_point(point, hq)
    await hq.fetch_main_key()
    if not any(room.participants for room in point.rooms):
        await nobody_came(point, hq)
        return
    async with point.runtime.task_group() as group:
        for room in point.rooms:
            group.start(_room_day(point, hq, room), f"room {room.name}")
        group.start(distribute_key(point, hq), "distribution of the key")
        group.start(report_beginning(point, hq), "status of the beginning")
    await hq.send_status(SENT)
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
    if room.participants and not room.failed and await _print_and_begin(point, hq, room):
        await point.runtime.sleep(point.exam.duration)
        point.journal.write(ExamEnded(room.name, len(room.handed_out)))
        await scan_room(point, hq, room)
        await _export(point, hq, room)
    if len(room.handed_out) < len(room.participants):
        room.failed = room.failed or "no-kits"
        unserved = len(room.participants) - len(room.handed_out)
        point.journal.write(RoomFailed(room.name, room.failed, unserved))
    room.began.set()
    await close_printing(point, hq, room)


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


async def _export(point: Point, hq: Headquarters, room: Room) -> None:
    """Export with a token, carry to the Штаб, send, and wait for the РЦОИ."""
    works = len(room.handed_out)
    package = await _export_to_flash(point, hq, room, works)
    if package is None:
        point.journal.write(ExportFailed(room.organizer.name, room.name, "blanks", works))
        return
    await carry_to_headquarters(point, room)
    await send_package(point, hq, package, "blanks", room, works, room.organizer.export_bytes())


async def _export_to_flash(point: Point, hq: Headquarters, room: Room, works: int) -> str | None:
    """Return the name of the package; ``None`` when it cannot be exported, and an incident says why."""
    while True:
        station = room.organizer
        try:
            if not await authorise(point, room, station):
                return None
            return await with_flash(point, hq, room, lambda flash: room.organizer.export(flash, works))
        except ComputerFailed as error:
            try:
                await restore_organizer(point, hq, room, error)
            except StationLost:
                return None
            if room.organizer is not station and not room.organizer.scanned:
                await scan_room(point, hq, room)  # the reserve station has seen none of the forms


async def send_package(
    point: Point, hq: Headquarters, package: str, kind: str, room: Room, works: int, size_bytes: int
) -> None:
    """Upload a package and see it confirmed; a rejected one is an incident (E12)."""
    await hq.upload(package, kind, room.name, works, size_bytes)
    if not await hq.confirmed(package):
        incident = point.incidents.open("package-rejected", package, HEADQUARTERS)
        await hq.call_hot_line("package-rejected", room.name)
        incident.close("told-to-hot-line", resolved=False)
