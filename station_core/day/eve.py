"""The eve: technical preparation and control of readiness [001:70-91, 92-127], as far as stations need it."""

from __future__ import annotations

from hal.computer import ComputerFailed
from hal.errors import DeviceError
from hal.people import Action, Role
from hal.runtime import HOUR
from hal.secret import Secret
from station_core.day.headquarters import Headquarters
from station_core.day.replace import load_package
from station_core.day.tokens import with_member_token
from station_core.errors import PortalRefused
from station_core.events import StationPrepared
from station_core.organizer import OrganizerStation
from station_core.point import HEADQUARTERS, Point
from station_core.portal import READY_STATUS
from station_core.station import Station

PREPARATION_AT = -12 * HOUR  # noon of the eve; to be finished by 17:00 [001:70]
PREPARED = "Техническая подготовка завершена"


async def prepare(point: Point, hq: Headquarters, without_act: frozenset[str]) -> None:
    """Prepare every station and check it with a token; send the acts and both statuses.

    Args:
        point: The exam point.
        hq: The Штаб.
        without_act: Names of stations whose act is not sent on the eve (E6).
    """
    await point.until(PREPARATION_AT)
    technicians = point.staff.names(Role.TECHNICIAN)
    stations = point.all_stations()
    async with point.runtime.task_group() as group:
        for index, person in enumerate(technicians):
            mine = stations[index :: len(technicians)]
            group.start(_prepare_all(point, hq, mine, index, person), f"preparation by {person}")
    await hq.send_status(PREPARED)
    for station in stations:
        settings = station.settings
        act = station.started and station.name not in without_act
        if station.started:
            await _check_token(point, station)
        if act:
            await hq.send_act(station.name, settings.computer, reserve=settings.reserve, on_exam_day=False)
        point.journal.write(
            StationPrepared(
                station.name, station.KIND, settings.computer, settings.room, settings.reserve, act
            )
        )
    try:
        await hq.send_status(READY_STATUS)
    except PortalRefused as refusal:
        point.incidents.open(refusal.why, "portal", HEADQUARTERS).close("act-on-exam-day", resolved=False)


async def _prepare_all(
    point: Point, hq: Headquarters, stations: list[Station], technician: int, person: str
) -> None:
    for station in stations:
        place = station.room or HEADQUARTERS
        await point.ask(Action.START_STATION, Role.TECHNICIAN, place, station.computer.name, person=person)
        try:
            await station.start()
            await load_package(point, hq, station, technician)
        except ComputerFailed as error:
            await _report(point, error, place)
            continue
        if isinstance(station, OrganizerStation):
            try:
                await station.check_print()
            except DeviceError as error:
                await _report(point, error, place)


async def _report(point: Point, error: DeviceError, place: str) -> None:
    """A failure of the eve: there is time to repair it at leisure before the exam."""
    incident = point.incidents.open(error.code, error.device, place)
    reply = await point.ask(Action.REPAIR_STATION, Role.TECHNICIAN, place, error.device)
    incident.close("repaired" if reply.done else "not-repairable", resolved=reply.done)


async def _check_token(point: Point, station: Station) -> None:
    """The token opens with its password on this station: cryptography works [001:109, 233]."""

    async def operation(person: str, serial: str, pin: Secret) -> None:  # noqa: ARG001
        await station.check_token(serial, pin)

    place = station.room or HEADQUARTERS
    try:
        await with_member_token(point, place, station.name, operation)
    except ComputerFailed as error:
        await _report(point, error, place)
