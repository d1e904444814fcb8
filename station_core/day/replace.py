"""Bringing a failed station or device back, or putting the reserve in its place (E4, E7, E15, E16)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from hal.audio import AudioError
from hal.computer import ComputerFailed
from hal.errors import DeviceError
from hal.people import Action, Role
from hal.printer import CoverOpen, Misfeed, OutOfPaper, PaperJam, PrinterOffline, TonerEmpty
from hal.scanner import DoubleFeed, FeederJam, ScannerCoverOpen
from hal.storage import FileMissing, FlashDrive
from station_core.day.headquarters import Headquarters, key_file
from station_core.day.tokens import with_member_token
from station_core.errors import MaterialsRefused
from station_core.events import DeviceReplaced, StationReplaced
from station_core.incidents import Incident
from station_core.materials import AccessKey
from station_core.organizer import OrganizerStation
from station_core.point import HEADQUARTERS, Point, Room
from station_core.portal import KEY_FROM
from station_core.recording import RecordingStation
from station_core.station import Station

REPAIRS: dict[type[DeviceError], Action] = {
    PaperJam: Action.CLEAR_JAM,
    Misfeed: Action.REFEED_PAPER,
    OutOfPaper: Action.ADD_PAPER,
    TonerEmpty: Action.REPLACE_CARTRIDGE,
    CoverOpen: Action.CLOSE_COVER,
    PrinterOffline: Action.RECONNECT,
    FeederJam: Action.CLEAR_FEEDER,
    DoubleFeed: Action.CLEAR_FEEDER,
    ScannerCoverOpen: Action.CLOSE_COVER,
}
"""What a technician does first against an error; anything else: RECONNECT."""


def first_aid(error: DeviceError) -> Action:
    """Return what to ask for."""
    if isinstance(error, AudioError):
        return Action.PLUG_IN
    return REPAIRS.get(type(error), Action.RECONNECT)


RESTARTS = 2
"""How often a technician restarts a station before the reserve takes over."""

S = TypeVar("S", bound=Station)


class StationLost(Exception):
    """A station failed for good and no reserve could take over; the incident in the journal says why."""


async def help_printer(
    point: Point, station: OrganizerStation, place: str, error: DeviceError, repairs: int
) -> bool:
    """Repair the printer, or put a reserve in its place (E16); returns whether printing can go on.

    ``repairs`` says how often it was repaired for this page already; then the reserve comes first.
    """
    printer = station.printer.info.name
    incident = point.incidents.open(error.code, printer, place)
    if repairs and await replace_printer(point, station, place):
        incident.close("reserve-printer")
        return True
    reply = await point.ask(first_aid(error), Role.TECHNICIAN, place, printer)
    if reply.done:
        incident.close("repaired")
    elif await replace_printer(point, station, place):
        incident.close("reserve-printer")
    else:
        incident.close("no-reserve-printer", resolved=False)
        return False
    return True


async def activate_station(point: Point, station: Station, place: str, person: str = "") -> bool:
    """Have a ГЭК member activate the key that is loaded on a station."""
    return await with_member_token(point, place, station.name, station.activate, person)


async def replace_printer(point: Point, station: OrganizerStation, place: str) -> bool:
    """Put a reserve printer in place of the present one (E16)."""
    name = await _reserve(point, station, station.printer.info.name, place)
    if name:
        station.printer = point.printers[name]
    return bool(name)


async def replace_scanner(point: Point, station: OrganizerStation, place: str) -> bool:
    """Put a reserve scanner in place of the present one."""
    name = await _reserve(point, station, station.scanner.info.name, place) if station.scanner else ""
    if name:
        station.scanner = point.scanners[name]
    return bool(name)


async def replace_headset(point: Point, station: RecordingStation, place: str) -> bool:
    """Put a reserve headset in place of the present one (E15)."""
    name = await _reserve(point, station, station.headset.info.name, place)
    if name:
        station.headset = point.headsets[name]
    return bool(name)


async def _reserve(point: Point, station: Station, old: str, place: str) -> str:
    """Have a technician connect a reserve device; returns its name, empty when there is none."""
    reply = await point.ask(Action.REPLACE_DEVICE, Role.TECHNICIAN, place, old)
    if not reply.done:
        return ""
    point.journal.write(DeviceReplaced(station.name, old, reply.items[0]))
    return reply.items[0]


async def restore_organizer(point: Point, hq: Headquarters, room: Room, error: ComputerFailed) -> None:
    """Bring the room's printing back after its computer stopped: repair, else the reserve station (E4).

    Raises:
        StationLost: Nothing helped.
    """
    old = room.organizer
    incident = _incident(point, old, room.name, error)
    restarted = await _restart(point, room, old)
    if restarted is not None:
        room.printer_station = restarted
        room.doubtful_kits += restarted.interrupted
        if await _open_again(point, hq, room, restarted):
            incident.close("restarted")
            return
    _wait_for_key(point, hq, room.organizer, incident)
    if not await swap_organizer(point, hq, room, incident):
        incident.close("no-reserve-station", resolved=False)
        raise StationLost(room.name)


async def swap_organizer(point: Point, hq: Headquarters, room: Room, incident: Incident) -> bool:
    """Put a reserve station, with its own printer and scanner, in the place of the room's (E4).

    Returns whether one took over; the incident is closed then.
    """
    old = room.organizer
    room.doubtful_kits += old.write_off()
    if old not in room.old_stations:
        room.old_stations.append(old)
    kits = max(1, len(room.participants) - len(room.kits))
    while point.reserve_organizers:
        new = point.reserve_organizers.pop(0)
        if await _take_over(point, hq, room, new, kits):
            point.journal.write(StationReplaced(room.name, "", old.name, new.name, new.settings.computer))
            room.printer_station = new
            incident.close("reserve-station")
            return True
        room.old_stations.append(new)
    return False


async def restore_recorder(
    point: Point, hq: Headquarters, room: Room, old: RecordingStation, error: ComputerFailed
) -> RecordingStation:
    """Bring a workplace back after its computer stopped: repair, else a reserve station (E7).

    No key is requested: the main key or any reserve key opens the КИМ [001:153-156].

    Raises:
        StationLost: Nothing helped.
    """
    incident = _incident(point, old, room.name, error)
    restarted = await _restart(point, room, old)
    if restarted is not None:
        room.seats[room.seats.index(old)] = restarted
        if await _open_again(point, hq, room, restarted):
            incident.close("restarted")
            return restarted
        old = restarted
    _wait_for_key(point, hq, old, incident)
    new = await swap_recorder(point, hq, room, old, incident)
    if new is None:
        incident.close("no-reserve-station", resolved=False)
        raise StationLost(old.name)
    return new


async def swap_recorder(
    point: Point, hq: Headquarters, room: Room, old: RecordingStation, incident: Incident
) -> RecordingStation | None:
    """Put a reserve station, with its own headset, in the place of a workplace's (E7).

    Returns the one that took over; the incident is closed then. Without any the workplace is out of use.
    """
    write_off(old)
    room.old_stations.append(old)
    while point.reserve_recorders:
        new = point.reserve_recorders.pop(0)
        if await _take_over(point, hq, room, new, 0):
            seat = new.settings.seat  # numbered with «Р» through the whole point: no new number needed
            point.journal.write(StationReplaced(room.name, seat, old.name, new.name, new.settings.computer))
            room.seats[room.seats.index(old)] = new
            incident.close("reserve-station")
            return new
        room.old_stations.append(new)
    room.seats.remove(old)
    return None


def write_off(old: RecordingStation, why: str = ComputerFailed.code) -> None:
    """Close what was cut off at a workplace; ``why`` is the code of an error."""
    with suppress(OSError):  # a disk that takes not even that is looked through once more at the export
        old.write_off(why)


def _incident(point: Point, old: Station, place: str, error: ComputerFailed) -> Incident:
    """Open an incident, or go on with the one that waited for the key."""
    waiting = point.waiting_for_key.pop(old.name, None)
    return waiting or point.incidents.open(error.code, old.computer.name, place)


def _wait_for_key(point: Point, hq: Headquarters, old: Station, incident: Incident) -> None:
    """Put the swap off: a reserve station needs a key, and before 09:30 there is none.

    Raises:
        StationLost: For now; on the round with the key the station is looked after again.
    """
    if hq.key is None and not hq.passwords and point.runtime.now() < KEY_FROM:
        point.waiting_for_key[old.name] = incident
        raise StationLost(old.name)


async def _restart(point: Point, room: Room, old: S) -> S | None:
    """Have the computer repaired and the station program started anew; ``None`` if it stays down."""
    for _ in range(RESTARTS):
        reply = await point.ask(Action.REPAIR_STATION, Role.TECHNICIAN, room.name, old.computer.name)
        if not reply.done:
            return None
        station = old.restarted()
        try:
            await station.start()
        except ComputerFailed:
            continue  # it went down again while it started: once more, then the reserve
        return station
    return None


async def _open_again(point: Point, hq: Headquarters, room: Room, station: Station) -> bool:
    """Open the materials after a restart: the content key was in memory only."""
    try:
        if station.key is not None:
            return await activate_station(point, station, room.name)
        if room.name in hq.passwords:
            await station.apply_password(*hq.passwords[room.name])
    except (ComputerFailed, MaterialsRefused) as error:
        point.incidents.open("reopening-failed", station.name, room.name).close(
            error.code if isinstance(error, ComputerFailed) else error.why, resolved=False
        )
        return False
    return True  # before the key has come there is nothing to open


async def _take_over(point: Point, hq: Headquarters, room: Room, new: Station, kits: int) -> bool:
    """Make a reserve station ready for the room."""
    computer = new.settings.computer
    try:
        if not new.started and not await start_station(point, new, room.name):
            return False
        if not await load_package(point, hq, new):
            return False
        if isinstance(new, OrganizerStation):
            if point.portal.acts.get(computer) is None:  # E6: its act goes first
                await hq.send_act(new.name, computer, reserve=True, on_exam_day=True)
            key = await hq.fetch_reserve_key(room.name, computer, kits, reserve_station=True)
        else:
            key = hq.key
        if key is None or not await load_key(point, hq, new, key, room):
            return False
        return await activate_station(point, new, room.name)
    except ComputerFailed as error:
        point.incidents.open(error.code, new.computer.name, room.name).close("next-reserve", resolved=False)
        return False


async def start_station(point: Point, station: Station, place: str, person: str = "") -> bool:
    """Have a station switched on, by this technician or somebody in his place; then it starts.

    Returns whether it runs; if not, an unresolved incident says why.

    Raises:
        ComputerFailed: It does not start.
    """
    name = station.computer.name
    reply = await point.ask(Action.START_STATION, Role.TECHNICIAN, place, name, person=person)
    if not reply.done:
        point.incidents.open(reply.reason, name, place).close("nobody-there", resolved=False)
        return False
    await station.start()
    return True


async def load_package(point: Point, hq: Headquarters, station: Station, technician: int = 0) -> bool:
    """Load the интернет-пакет; nothing if it is loaded already. Returns whether the station has it.

    Raises:
        ComputerFailed: The station's computer.
    """
    if station.package is not None:
        return True
    name = point.portal.package.name

    async def load(flash: FlashDrive) -> bool:
        await station.load_package(flash, name)
        return True

    place = station.room or HEADQUARTERS
    return await _load(hq, station, technician, place, load, (name, point.package_file))


async def load_key(
    point: Point, hq: Headquarters, station: Station, key: AccessKey, room: Room, technician: int = 0
) -> bool:
    """Carry a key file to a station and load it; returns whether it is loaded.

    Raises:
        ComputerFailed: The station's computer.
    """
    name, data = key_file(point, key)

    async def load(flash: FlashDrive) -> bool:
        await station.load_key(flash, name, room.name)
        return True

    return await _load(hq, station, technician, room.name, load, (name, data))


async def _load(
    hq: Headquarters,
    station: Station,
    technician: int,
    place: str,
    load: Callable[[FlashDrive], Awaitable[bool]],
    file: tuple[str, bytes],
) -> bool:
    """Bring a file to a station (E18); what the station refuses is an incident for the hot line (E8)."""

    async def fill(flash: FlashDrive) -> None:
        await flash.write(*file)

    try:
        return bool(await hq.drives.use(technician, place, load, fill))
    except (MaterialsRefused, FileMissing) as refusal:
        why = refusal.why if isinstance(refusal, MaterialsRefused) else refusal.code
        await hq.escalate(why, station.name, place)
        return False
