"""The eve: technical preparation and control of readiness [001:70-91, 92-127], as far as stations need it."""

from __future__ import annotations

from hal.computer import ComputerFailed
from hal.errors import DeviceError
from hal.people import Action, Role
from hal.runtime import HOUR
from hal.secret import Secret
from station_core.day.headquarters import Headquarters
from station_core.day.replace import help_printer, load_package, start_station
from station_core.day.tokens import with_member_token
from station_core.errors import PortalRefused
from station_core.events import StationPrepared
from station_core.organizer import OrganizerStation
from station_core.point import HEADQUARTERS, Point
from station_core.portal import READY_STATUS
from station_core.recording import RecordingStation
from station_core.station import Station

PREPARATION_AT = -12 * HOUR  # noon of the eve; to be finished by 17:00 [001:70]
TRIES = 3
"""How often a station is repaired and tried again on the eve (our choice)."""

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
    ready: dict[str, bool] = {}
    async with point.runtime.task_group() as group:
        for index, person in enumerate(technicians):
            mine = stations[index :: len(technicians)]
            group.start(_prepare_all(point, hq, mine, index, person, ready), f"preparation by {person}")
    await hq.send_status(PREPARED)
    for station in stations:
        settings = station.settings
        # an act says that the station is ready: it runs, has its package, prints, and a token works on it
        good = ready.get(station.name, False) and await _check_token(point, station)
        act = good and station.name not in without_act
        if act:
            act = await hq.send_act(
                station.name, settings.computer, reserve=settings.reserve, on_exam_day=False
            )
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
    point: Point,
    hq: Headquarters,
    stations: list[Station],
    technician: int,
    person: str,
    ready: dict[str, bool],
) -> None:
    for station in stations:
        place = station.room or HEADQUARTERS
        ready[station.name] = await _started(point, station, place, person) and await _prepare(
            point, hq, station, technician, place
        )


async def _started(point: Point, station: Station, place: str, person: str) -> bool:
    """Start a station, after a repair if need be; on the eve there is time for it."""
    for _ in range(TRIES):
        try:
            return await start_station(point, station, place, person)
        except ComputerFailed as error:
            if not await _repair(point, error, place):
                return False
    return False


async def _prepare(point: Point, hq: Headquarters, station: Station, technician: int, place: str) -> bool:
    """Load the package; print a test page, or look at the screen; returns whether it is done."""
    for repairs in range(TRIES):
        try:
            if not await load_package(point, hq, station, technician):
                return False
            if isinstance(station, OrganizerStation):
                await station.check_print()
            if isinstance(station, RecordingStation):
                return await _check_recorder(point, hq, station, technician, place)
        except ComputerFailed as error:
            if not await _repair(point, error, place):
                return False
        except DeviceError as error:
            if not isinstance(station, OrganizerStation) or not await help_printer(
                point, station, place, error, repairs
            ):
                return False
        else:
            return True
    return False


async def _check_recorder(
    point: Point, hq: Headquarters, station: RecordingStation, technician: int, place: str
) -> bool:
    """See that the КИМ will be shown well, and save the passport of the station [001:108, 111]."""
    name = station.computer.name
    reply = await point.ask(Action.WORK, Role.TECHNICIAN, place, name, note="check-display")
    if not reply.done:
        point.incidents.open(reply.reason, name, place).close("nobody-there", resolved=False)
        return False
    await station.report_display()
    return await hq.drives.use(technician, place, station.save_passport) is not None


async def _repair(point: Point, error: ComputerFailed, place: str) -> bool:
    incident = point.incidents.open(error.code, error.device, place)
    reply = await point.ask(Action.REPAIR_STATION, Role.TECHNICIAN, place, error.device)
    incident.close("repaired" if reply.done else "not-repairable", resolved=reply.done)
    return reply.done


async def _check_token(point: Point, station: Station) -> bool:
    """The token opens with its password on this station: cryptography works [001:109, 233]."""

    async def operation(person: str, serial: str, pin: Secret) -> None:  # noqa: ARG001
        await station.check_token(serial, pin)

    place = station.room or HEADQUARTERS
    for _ in range(TRIES):
        try:
            return await with_member_token(point, place, station.name, operation)
        except ComputerFailed as error:
            if not await _repair(point, error, place):
                return False
    return False
