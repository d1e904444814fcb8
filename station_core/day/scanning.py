"""Scanning the forms of a room on its организатор station, and the emergencies of the scanner (E11, E19)."""

from __future__ import annotations

from hal.computer import ComputerFailed
from hal.errors import DeviceError
from hal.people import Action, Role
from hal.scanner import FeederEmpty, Source
from station_core.day.headquarters import Headquarters
from station_core.day.replace import StationLost, first_aid, replace_scanner, restore_organizer
from station_core.events import FormsCollected
from station_core.point import Point, Room

ROUNDS = 6
"""How often sheets are laid in again before the scan is given up as doubtful (our choice)."""


async def scan_room(point: Point, hq: Headquarters, room: Room) -> bool:
    """Scan until every form of every kit handed out is read; returns whether that was reached.

    Doubtful or missing sheets are laid in again [001:173-177]; after a jam the work goes on from the
    sheet that was stuck [002:8059-8067].
    """
    kits = tuple(room.handed_out.values())
    forms = sum(kit.forms for kit in kits)
    await point.ask(Action.COLLECT_FORMS, Role.ORGANIZER, room.name)
    point.journal.write(FormsCollected(room.name, len(kits), forms))
    rescanned = fruitless = 0
    missing = room.organizer.forms_missing(kits)
    while missing and fruitless < ROUNDS:
        if fruitless:
            rescanned += len(missing)
        going_on = await _scan_once(point, hq, room, missing)
        before, missing = missing, room.organizer.forms_missing(kits)
        if not going_on:
            break
        fruitless = 0 if len(missing) < len(before) else fruitless + 1
    room.organizer.report_scanned(len(kits), rescanned, len(missing))
    if missing:
        await hq.escalate("forms-missing", room.organizer.name, room.name, how="exported-with-deviations")
    return not missing


async def _scan_once(point: Point, hq: Headquarters, room: Room, missing: tuple[str, ...]) -> bool:
    """Lay in what is missing and scan it; repair what stops the scanner. Returns whether to go on."""
    station = room.organizer
    scanner = station.scanner.info.name if station.scanner is not None else station.name
    laid_in = await point.ask(Action.LOAD_FEEDER, Role.ORGANIZER, room.name, scanner, missing)
    try:
        read = await station.scan_stack(Source.FLATBED if laid_in.reason == "flatbed" else Source.FEEDER)
    except ComputerFailed as error:
        try:
            await restore_organizer(point, hq, room, error)
        except StationLost:
            return False
        return True
    except FeederEmpty:
        return True  # the organiser found nothing more to lay in; the caller counts
    except DeviceError as error:
        incident = point.incidents.open(error.code, scanner, room.name)
        reply = await point.ask(first_aid(error), Role.TECHNICIAN, room.name, scanner)
        if reply.done:
            incident.close("repaired")
        elif await replace_scanner(point, station, room.name):
            incident.close("reserve-scanner")
        else:
            incident.close("no-reserve-scanner", resolved=False)
            return False
        return True
    if read < len(laid_in.items):
        incident = point.incidents.open("doubtful-scan", scanner, room.name)
        reply = await point.ask(Action.CLEAN_SCANNER, Role.TECHNICIAN, room.name, scanner)
        incident.close("glass-cleaned" if reply.done else "not-repairable", resolved=reply.done)
    return True
