"""The morning of the exam: start, key, activation in every room [001:129-139]."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from hal.computer import ComputerFailed
from hal.people import Action, Role
from hal.runtime import HOUR, MINUTE
from station_core.day.headquarters import Headquarters
from station_core.day.printing import PATIENCE, keep_printing
from station_core.day.replace import (
    StationLost,
    activate_station,
    load_key,
    load_package,
    restore_organizer,
    restore_recorder,
    start_station,
)
from station_core.errors import MaterialsRefused
from station_core.events import MaterialsDelivered
from station_core.materials import AccessKey
from station_core.organizer import OrganizerStation
from station_core.point import HEADQUARTERS, Point, Room
from station_core.recording import RecordingStation
from station_core.station import Station

ARRIVAL = 7 * HOUR + 10 * MINUTE  # materials are to be there by 07:30 [001:129, 250]
START_STATIONS = 8 * HOUR  # so that all of them run an hour before the exam [001:131-133]


async def with_main_key(point: Point, hq: Headquarters, opening: Coroutine[Any, Any, None]) -> None:
    """Open the point; fetch the key at 09:30 [001:134], even where stations are still being started."""
    async with point.runtime.task_group() as group:
        group.start(opening, "opening of the point")
        group.start(hq.fetch_main_key(), "main key")


async def open_point(point: Point, hq: Headquarters) -> None:
    """07:30 to 09:30: materials, stations, printers."""
    await point.until(ARRIVAL)
    reply = await point.ask(Action.WORK, Role.COMMISSION_MEMBER, HEADQUARTERS, note="deliver-materials")
    if reply.done:
        point.journal.write(MaterialsDelivered(reply.person))
    else:
        point.incidents.open(reply.reason, HEADQUARTERS, HEADQUARTERS).close("nobody-there", resolved=False)
    await point.until(START_STATIONS)
    technicians = point.staff.names(Role.TECHNICIAN)
    async with point.runtime.task_group() as group:
        for index, person in enumerate(technicians):
            rooms = point.rooms[index :: len(technicians)]
            group.start(_start_rooms(point, hq, rooms, person), f"start by {person}")
    await _start_reserves(point)


async def _start_rooms(point: Point, hq: Headquarters, rooms: list[Room], person: str) -> None:
    for room in rooms:
        for station in room.stations():
            await _start(point, hq, room, station, person)
        if room.printer_station is not None and room.printer_station.started:
            await keep_printing(point, hq, room, lambda station: station.check_print())


async def _start(point: Point, hq: Headquarters, room: Room, old: Station, person: str) -> None:
    station = old.restarted()
    if isinstance(station, RecordingStation) and isinstance(old, RecordingStation):
        room.seats[room.seats.index(old)] = station
    elif isinstance(station, OrganizerStation):
        room.printer_station = station
    try:
        if not await start_station(point, station, room.name, person):
            return  # it is tried again when the key comes
    except ComputerFailed as error:
        await _restore(point, hq, room, station, error)
    if isinstance(station, OrganizerStation) and station.settings.computer not in point.portal.acts:
        # E6: on the exam day a station without an act can only be registered as a reserve
        await hq.send_act(station.name, station.settings.computer, reserve=True, on_exam_day=True)


async def _restore(
    point: Point, hq: Headquarters, room: Room, station: Station, error: ComputerFailed
) -> bool:
    """Bring a station back; returns whether the room has one in its place."""
    try:
        if isinstance(station, RecordingStation):
            await restore_recorder(point, hq, room, station, error)
        else:
            await restore_organizer(point, hq, room, error)
    except StationLost:
        return False
    return True


async def _start_reserves(point: Point) -> None:
    """Start the reserve stations in the Штаб; one that does not start is put aside."""
    for pool in (point.reserve_organizers, point.reserve_recorders):
        started: list[Station] = []
        for old in tuple(pool):
            station = old.restarted()
            try:
                if not await start_station(point, station, HEADQUARTERS):
                    station = old  # whoever takes it over later switches it on
            except ComputerFailed as error:
                incident = point.incidents.open(error.code, old.computer.name, HEADQUARTERS)
                incident.close("reserve-unusable", resolved=False)
                station = old  # kept for its journal; taken over only if it starts then
            started.append(station)
        pool[:] = started  # type: ignore[assignment]


async def distribute_key(point: Point, hq: Headquarters) -> None:
    """Pairs of a technician and a ГЭК member go round the rooms: load, activate, next [001:136-138]."""
    technicians = point.staff.names(Role.TECHNICIAN)
    members = point.staff.names(Role.COMMISSION_MEMBER)
    pairs = min(len(technicians), len(members))
    async with point.runtime.task_group() as group:
        for index in range(pairs):
            rooms = point.rooms[index::pairs]
            group.start(_round(point, hq, rooms, index, members[index]), f"round {index + 1}")


async def _round(point: Point, hq: Headquarters, rooms: list[Room], technician: int, member: str) -> None:
    for room in rooms:
        for station in tuple(room.stations()):
            opened = await _open_station(point, hq, room, station, technician, member)
            waiting = point.waiting_for_key.pop(station.name, None)
            if waiting is not None:  # it came back by itself before the round
                waiting.close("passed", resolved=opened)
            if not opened:
                room.failed = room.failed or "not-activated"
        room.ready.set()


async def _open_station(
    point: Point, hq: Headquarters, room: Room, station: Station, technician: int, member: str
) -> bool:
    """Bring the key (or the password) to a station and open it; whatever replaces it on the way."""
    for _ in range(PATIENCE):
        if station.opened:
            return True
        try:
            started = station.started or await start_station(point, station, room.name)
            can_open = hq.key is not None or room.name in hq.passwords
            # a station that was down on the eve has no package yet
            if not (started and can_open) or not await load_package(point, hq, station, technician):
                return False
            if hq.key is not None:
                key = await _key_for(hq, room, station, hq.key)
                return (
                    key is not None
                    and await load_key(point, hq, station, key, room, technician)
                    and await activate_station(point, station, room.name, member)
                )
            await point.ask(Action.WORK, Role.TECHNICIAN, room.name, note="enter-password")
            await station.apply_password(*hq.passwords[room.name])
        except ComputerFailed as error:
            seat = room.seats.index(station) if isinstance(station, RecordingStation) else 0
            if not await _restore(point, hq, room, station, error):
                return False
            station = room.seats[seat] if isinstance(station, RecordingStation) else room.organizer
        except MaterialsRefused as refusal:
            await hq.escalate(refusal.why, station.name, room.name)
            return False
    if not station.opened:
        incident = point.incidents.open("computer-failed", station.computer.name, room.name)
        incident.close("given-up", resolved=False)
    return station.opened


async def _key_for(hq: Headquarters, room: Room, station: Station, main: AccessKey) -> AccessKey | None:
    """Return the main key, or for a station that is not in it (E6) a reserve key."""
    computer = station.settings.computer
    if isinstance(station, RecordingStation) or main.grant_for(computer) is not None:
        return main
    return await hq.fetch_reserve_key(room.name, computer, len(room.participants), reserve_station=True)
