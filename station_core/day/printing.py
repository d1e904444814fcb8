"""Printing the kits of a room until every participant has a good one [001:137-150, 003:49]."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hal.computer import ComputerFailed
from hal.errors import DeviceError
from hal.people import Action, Role
from hal.printer import PaperJam, PrinterAttention
from station_core.day.headquarters import Headquarters
from station_core.day.replace import (
    StationLost,
    activate_station,
    first_aid,
    help_printer,
    load_key,
    replace_printer,
    restore_organizer,
    swap_organizer,
)
from station_core.errors import KitsUsedUp, StepRefused
from station_core.events import PrintingBegan, PrintingEnded
from station_core.incidents import Incident
from station_core.materials import Kit
from station_core.organizer import KitState, OrganizerStation
from station_core.point import Point, Room

STOPS_PER_PRINTER = 3
"""Jams and failures of one printer that are repaired before a reserve printer takes over (our choice)."""

PATIENCE = 6
"""Stops and restarts in a row without a good kit, after which a repair is no repair any more (our choice)."""

BAD_KITS_IN_ROW = 2
"""Bad prints in a row after which the technician changes the cartridge (our choice)."""


@dataclass(slots=True)
class PrintRun:
    """The printing of one room.

    Args:
        point, hq, room: Where.
        wanted: How many good kits are needed.
    """

    point: Point
    hq: Headquarters
    room: Room
    wanted: int
    _stops: int = 0
    _fruitless: int = 0
    _bad_in_row: int = 0
    _cartridge_changed: bool = False
    _continue: bool = False
    _want: Incident | None = None

    @property
    def _station(self) -> OrganizerStation:
        return self.room.organizer

    async def run(self) -> bool:
        """Print; returns whether there are enough good kits. If not, an unresolved incident says why."""
        self.point.journal.write(PrintingBegan(self._station.name, self.room.name, self.wanted))
        done = True
        while done and len(self.room.kits) < self.wanted:
            try:
                done = await self._one_kit()
            except ComputerFailed as error:
                done = await self._restore(error)
        station = self._station
        self.point.journal.write(
            PrintingEnded(station.name, self.room.name, len(self.room.kits), station.count(KitState.REJECTED))
        )
        return done

    async def _one_kit(self) -> bool:
        """Print one kit and have it inspected; returns whether to go on."""
        station = self._station
        going_on, self._continue = self._continue, False
        try:
            kit = await (station.continue_kit() if going_on else station.print_kit())
        except KitsUsedUp:
            return await self._more_kits()
        except ComputerFailed:
            raise
        except DeviceError as error:
            return await self._stopped(error)
        await self._inspect(kit)
        return True

    # -- quality -----------------------------------------------------------------------------------

    async def _inspect(self, kit: Kit) -> None:
        station, room = self._station, self.room
        reply = await self.point.ask(
            Action.INSPECT_PRINT, Role.ORGANIZER, room.name, station.printer.info.name, kit.sheet_ids()
        )
        if reply.done and not reply.items:
            room.kits.append(kit)
            self._bad_in_row = self._fruitless = 0
            return
        await station.reject_kit("bad-print", kit)
        await self._put_aside(kit)
        self._bad_in_row += 1
        if self._bad_in_row >= BAD_KITS_IN_ROW:
            await self._improve_print()

    async def _improve_print(self) -> None:
        """Change the cartridge (toner and drum in one) once, then the printer."""
        station, place = self._station, self.room.name
        incident = self.point.incidents.open("bad-print", station.printer.info.name, place)
        self._bad_in_row = 0
        if not self._cartridge_changed:
            self._cartridge_changed = True
            reply = await self.point.ask(
                Action.REPLACE_CARTRIDGE, Role.TECHNICIAN, place, station.printer.info.name
            )
            if reply.done:
                incident.close("cartridge-replaced")
                return
        if await replace_printer(self.point, station, place):
            self._cartridge_changed = False
            incident.close("reserve-printer")
        else:
            incident.close("no-reserve-printer", resolved=False)

    async def _put_aside(self, kit: Kit, printer: str = "") -> None:
        printer = printer or self._station.printer.info.name
        await self.point.ask(Action.PUT_ASIDE, Role.ORGANIZER, self.room.name, printer, kit.sheet_ids())

    # -- the printer -------------------------------------------------------------------------------

    async def _stopped(self, error: DeviceError) -> bool:
        """The printer stopped (E16); returns whether printing can go on.

        A jam or a failure spoils the whole kit (E10); paper, toner or an open cover does not: the job
        goes on after the repair.
        """
        place, printer = self.room.name, self._station.printer.info.name
        incident = self.point.incidents.open(error.code, printer, place)
        keeps_kit = isinstance(error, PrinterAttention) and not isinstance(error, PaperJam)
        spoiled = None
        if not keeps_kit:
            spoiled = await self._spoil(error)
            self._stops += 1
        reply = await self.point.ask(first_aid(error), Role.TECHNICIAN, place, printer)
        if spoiled is not None:
            await self._put_aside(spoiled)
        self._fruitless += 1
        if reply.done and self._stops < STOPS_PER_PRINTER and self._fruitless <= PATIENCE:
            incident.close("repaired")
            self._continue = keeps_kit
            return True
        if keeps_kit and (spoiled := await self._spoil(error)) is not None:
            await self._put_aside(spoiled)
        self._stops = 0
        if await replace_printer(self.point, self._station, place):
            self._fruitless = 0
            incident.close("reserve-printer")
            return True
        if reply.done and self._fruitless <= PATIENCE:  # it stops often, but it prints, and there is no other
            incident.close("repaired")
            return True
        # no printer is left for this station: that is a failure of the station as a whole (E4)
        if await swap_organizer(self.point, self.hq, self.room, incident):
            self._fruitless = 0
            return True
        incident.close("no-reserve-printer", resolved=False)
        return False

    async def _spoil(self, error: DeviceError) -> Kit | None:
        """Reject the kit under way; ``None`` when the printer failed before a kit was begun."""
        try:
            return await self._station.reject_kit(error.code)
        except StepRefused:
            return None

    # -- kits and station --------------------------------------------------------------------------

    async def _more_kits(self) -> bool:
        """E3: a reserve key for the main station's own computer number."""
        station, room = self._station, self.room
        missing = self.wanted - len(room.kits)
        # a crash on the way leaves it open: it is the same want of kits after the restart
        self._want = self._want or self.point.incidents.open("kits-used-up", station.name, room.name)
        key = await self.hq.fetch_issued_key(station, room.name)
        if key is None:
            key = await self.hq.fetch_reserve_key(
                room.name, station.settings.computer, missing, reserve_station=False
            )
        if (
            key is not None
            and await load_key(self.point, self.hq, station, key, room)
            and await activate_station(self.point, station, room.name)
        ):
            self._want.close("reserve-key")
            self._want = None
            return True
        self._want.close("no-reserve-kits", resolved=False)
        return False

    async def _restore(self, error: ComputerFailed) -> bool:
        printer = self._station.printer.info.name
        self._fruitless += 1
        if self._fruitless > PATIENCE:
            incident = self.point.incidents.open(error.code, self._station.computer.name, self.room.name)
            incident.close("given-up", resolved=False)
            return False
        try:
            await restore_organizer(self.point, self.hq, self.room, error)
        except StationLost:
            return False
        finally:
            doubtful, self.room.doubtful_kits = self.room.doubtful_kits, []
            for kit in doubtful:
                await self._put_aside(kit, printer)
                self._station.confirm_aside(kit)
        return True


async def keep_printing(
    point: Point, hq: Headquarters, room: Room, step: Callable[[OrganizerStation], Awaitable[None]]
) -> bool:
    """Do a step that prints one page (test page, протокол), repairing or replacing what stops it.

    Returns:
        Whether it was printed. If not, an unresolved incident says why.
    """
    for repairs in range(STOPS_PER_PRINTER):
        station = room.organizer
        try:
            await step(station)
        except ComputerFailed as error:
            try:
                await restore_organizer(point, hq, room, error)
            except StationLost:
                return False
        except DeviceError as error:
            if not await help_printer(point, station, room.name, error, repairs):
                return False
        else:
            return True
    point.incidents.open("page-not-printed", room.organizer.printer.info.name, room.name).close(
        "given-up", resolved=False
    )
    return False
