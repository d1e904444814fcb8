"""After the last group: count, export, carry and send the recordings; papers for the drives [001:159-163]."""

from __future__ import annotations

from hal.computer import ComputerFailed, DiskFailed
from hal.people import Action, Role
from hal.secret import Secret
from hal.storage import FlashDrive
from station_core.answers import Answer, Elsewhere
from station_core.audio_package import audio_files
from station_core.day.closing import authorise, close_station, deliver
from station_core.day.drives import Work
from station_core.day.headquarters import Headquarters
from station_core.day.tokens import with_member_token
from station_core.events import ExportFailed, MediumFormsPrinted, RecordingsCounted
from station_core.point import HEADQUARTERS, Point, Room, RoomKind
from station_core.recorder import DAMAGED
from station_core.recording import RecordingStation
from station_core.station import Station


def _recorders(room: Room) -> list[RecordingStation]:
    """Return all stations of a room that may hold recordings, replaced ones too."""
    return [*room.seats, *(old for old in room.old_stations if isinstance(old, RecordingStation))]


def held_elsewhere(room: Room, station: RecordingStation, recording: str) -> Elsewhere:
    """Tell what other stations of the room hold of an answer: a person tells it to the one that goes on."""
    others = [each.answers for each in _recorders(room) if each is not station]
    answers = [held[recording] for held in others if recording in held]
    return Elsewhere(sum(len(each.parts) for each in answers), sum(each.frames for each in answers))


def complete_answer(room: Room, recording: str) -> Answer | None:
    """Return an answer that a station of the room holds to its end; ``None`` if none does."""
    answers = (station.answers.get(recording) for station in _recorders(room))
    return next((answer for answer in answers if answer is not None and answer.complete), None)


async def close_recording(point: Point, hq: Headquarters, room: Room, answered: int) -> None:
    """Count against the ведомость, export from every seat, replaced ones too, and send [001:159-163]."""
    stations = _recorders(room)
    complete = [
        recording for station in stations for recording, answer in station.answers.items() if answer.complete
    ]
    found = dict.fromkeys(complete)
    await _compare(point, hq, room, len(found))
    for recording in found:
        if complete.count(recording) > 1:  # the РЦОИ would block it [002:7385-7397]
            await hq.escalate("answer-recorded-twice", recording, room.name)
    room.answered, room.delivered = answered, True
    for station in stations:
        if station.answers and not await _deliver(point, hq, room, station):
            room.delivered = False
    for station in stations:
        for recording, answer in station.answers.items():
            if answer.damaged:
                await hq.escalate(DAMAGED, recording, room.name)
    for station in tuple(room.seats):
        await close_station(point, hq, room, station)


async def _compare(point: Point, hq: Headquarters, room: Room, found: int) -> None:
    """Compare the number of recordings with the ведомость, which an organiser keeps [001:160]."""
    reply = await point.ask(Action.COUNT_ANSWERS, Role.ORGANIZER, room.name)
    if not reply.done:
        incident = point.incidents.open(reply.reason, room.name, room.name)
        incident.close("answers-not-counted", resolved=False)
        return
    entered = int(reply.items[0])
    point.journal.write(RecordingsCounted(room.name, entered, found))
    if entered != found:
        await hq.escalate("recordings-differ", room.name, room.name)


async def _deliver(point: Point, hq: Headquarters, room: Room, station: RecordingStation) -> bool:
    """Export the recordings of a station and have them sent; returns whether they are on their way."""
    works = len(station.answers)

    async def export() -> tuple[Station, str] | None:
        package = await _export(point, hq, room, station)
        return None if package is None else (station, package)

    if await deliver(point, hq, room, "audio", works, export):
        return True
    point.journal.write(ExportFailed(station.name, room.name, "audio", works))
    return False


async def _authorise_rescue(point: Point, station: RecordingStation) -> bool:
    """Have a member sign in the Штаб what was on the disk: the dead station cannot ask for the token."""

    async def operation(person: str, serial: str, pin: Secret) -> None:  # noqa: ARG001
        await station.authorise_rescue(point.hq_port, serial, pin)

    return await with_member_token(point, HEADQUARTERS, HEADQUARTERS, operation)


async def _export(point: Point, hq: Headquarters, room: Room, station: RecordingStation) -> str | None:
    """Export a station's recordings; at another computer where the station's own or its disk fails."""
    technician = point.technician_of(room)
    try:
        if not await authorise(point, room, station):
            return None
        return await hq.drives.use(technician, room.name, _noted(hq, station, station.export))
    except (ComputerFailed, DiskFailed) as error:
        incident = point.incidents.open(error.code, station.computer.name, room.name)
        await point.ask(Action.WORK, Role.TECHNICIAN, room.name, note="rescue-recordings")
        name = await _rescue(point, hq, room, station)
        incident.close("recordings-rescued" if name else "not-rescued", resolved=name is not None)
        return name


async def _rescue(point: Point, hq: Headquarters, room: Room, station: RecordingStation) -> str | None:
    """Export from a station's disk at another computer; ``None`` if that does not go either."""
    try:
        if not await _authorise_rescue(point, station):
            return None
        rescue = _noted(hq, station, station.rescue_recordings)
        return await hq.drives.use(point.technician_of(room), room.name, rescue)
    except DiskFailed:  # nothing more can be done in the point; the incident stays unresolved
        return None


def _noted(hq: Headquarters, station: RecordingStation, export: Work[str]) -> Work[str]:
    """Note on which drive the recordings of a station lie."""

    async def noted(flash: FlashDrive) -> str:
        package = await export(flash)
        # an answer that broke off before anything was kept has no file, and is no work on the papers
        files = audio_files(station.answers)
        hq.media.setdefault(flash.name, {})[package] = tuple(file.recording for file in files)
        return package

    return noted


async def print_media_forms(point: Point, hq: Headquarters) -> None:
    """Print сопроводительный бланк and протокол создания аудионосителя, a set for each drive [001:162-163].

    It is done once, in the last room. A drive that has failed is no medium any more and gets none. ``ppelab
    journal forms`` makes the papers.
    """
    rooms = [room for room in point.rooms if room.kind is RoomKind.CONDUCT]
    for flash in (each.name for each in point.flashes if each.name in hq.media):
        packages = hq.media[flash]
        place = rooms[-1].name
        reply = await point.ask(Action.WORK, Role.TECHNICIAN, place, flash, note="print-media-forms")
        if not reply.done:
            point.incidents.open(reply.reason, flash, place).close("nobody-there", resolved=False)
            continue
        works = [work for held in packages.values() for work in held]
        point.journal.write(MediumFormsPrinted(place, flash, len(packages), len(set(works)), len(works)))
