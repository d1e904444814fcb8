"""From a scenario to names: which rooms, stations, devices and people there are, and what each is called.

================  ==========================================  =========================================
what              in a room                                   in reserve
================  ==========================================  =========================================
organiser station ``st-0001``                                 ``st-r1``
its computer      ``pc-0001``                                 ``pc-r1``
printer, scanner  ``printer-0001``, ``scanner-0001``          ``printer-r1`` (of ``st-r1``), ``printer-x1`` …
recording station ``rec-0101-2`` (seat 2)                     ``rec-r1``
its computer      ``pc-0101-2``                               ``pc-rec-r1``
headset           ``headset-0101-2``                          ``headset-r1`` (of ``rec-r1``), ``headset-x1``
USB ports         ``port-st-0001``                            ``port-st-r1``; the Штаб: ``port-hq``
people            ``organizer-0001-1``                        ``technician-1``, ``member-1``, ``head``
others            ``token-1`` (of ``member-1``), ``flash-1``, ``channel-main``, ``channel-reserve``
================  ==========================================  =========================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from scenarios.model import RoomSpec, Scenario
from simulators.computer import SimComputer
from simulators.device import SimDevice
from simulators.headset import SimHeadset
from simulators.network import SimChannel
from simulators.participant import SimParticipant
from simulators.people import SimPerson
from simulators.printer import SimPrinter
from simulators.scanner import SimScanner
from simulators.storage import SimFlash
from simulators.token import SimToken, SimTokenPort
from station_core.materials import ExamKind
from station_core.point import HEADQUARTERS, RoomKind

CHANNELS = ("channel-main", "channel-reserve")
FIRST_RESERVE_COMPUTER = 901


@dataclass(frozen=True, slots=True)
class StationPlan:
    """An organiser station; ``scanner`` and ``printer`` are profiles."""

    name: str
    computer_name: str
    computer: int
    room: str
    printer_name: str
    printer: str
    scanner_name: str
    scanner: str
    paper: int | None
    toner_percent: int
    act: bool

    @property
    def port(self) -> str:
        """Name of its USB ports."""
        return f"port-{self.name}"


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """A recording station; ``headset`` is a profile."""

    name: str
    computer_name: str
    computer: int
    room: str
    seat: str
    headset_name: str
    headset: str

    @property
    def port(self) -> str:
        """Name of its USB ports."""
        return f"port-{self.name}"


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """A room; ``spec_index`` says which entry of ``point.rooms`` it comes from."""

    name: str
    kind: RoomKind
    spec_index: int
    present: tuple[str, ...]
    absent: int
    kits: int
    organizers: tuple[str, ...]
    station: StationPlan | None
    seats: tuple[SeatPlan, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole point."""

    rooms: tuple[RoomPlan, ...]
    reserve_stations: tuple[StationPlan, ...]
    reserve_seats: tuple[SeatPlan, ...]
    reserve_printers: tuple[tuple[str, str], ...]
    reserve_scanners: tuple[tuple[str, str], ...]
    reserve_headsets: tuple[tuple[str, str], ...]
    technicians: tuple[str, ...]
    members: tuple[str, ...]
    flashes: tuple[str, ...]
    computers: tuple[tuple[int, tuple[str | int, ...]], ...] = field(default=())
    """Every computer number with the field that gave it."""

    def devices(self) -> dict[str, type[SimDevice]]:
        """Return every name that a fault can strike, with its model."""
        found: dict[str, type[SimDevice]] = dict.fromkeys(CHANNELS, SimChannel)
        found[f"port-{HEADQUARTERS}"] = SimTokenPort
        for station in self._stations():
            found[station.computer_name] = SimComputer
            found[station.port] = SimTokenPort
            found[station.printer_name] = SimPrinter
            if station.scanner_name:
                found[station.scanner_name] = SimScanner
        for seat in self._seats():
            found[seat.computer_name] = SimComputer
            found[seat.port] = SimTokenPort
            found[seat.headset_name] = SimHeadset
        found |= dict.fromkeys((name for name, _ in self.reserve_printers), SimPrinter)
        found |= dict.fromkeys((name for name, _ in self.reserve_scanners), SimScanner)
        found |= dict.fromkeys((name for name, _ in self.reserve_headsets), SimHeadset)
        found |= dict.fromkeys(self.flashes, SimFlash)
        found |= {f"token-{index}": SimToken for index in range(1, len(self.members) + 1)}
        organizers = (person for room in self.rooms for person in room.organizers)
        found |= dict.fromkeys((*self.technicians, *self.members, *organizers, "head"), SimPerson)
        answering = (room for room in self.rooms if room.kind is RoomKind.CONDUCT)
        found |= {participant_device(name): SimParticipant for room in answering for name in room.present}
        return found

    def headsets(self) -> tuple[str, ...]:
        """Name the headsets: those of the seats, then the reserve ones, then those of reserve stations."""
        seats = [seat.headset_name for room in self.rooms for seat in room.seats]
        reserve = [name for name, _ in self.reserve_headsets]
        return (*seats, *reserve, *(seat.headset_name for seat in self.reserve_seats))

    def _stations(self) -> Iterator[StationPlan]:
        yield from (room.station for room in self.rooms if room.station is not None)
        yield from self.reserve_stations

    def _seats(self) -> Iterator[SeatPlan]:
        for room in self.rooms:
            yield from room.seats
        yield from self.reserve_seats


def participant_device(name: str) -> str:
    """Return what faults call a participant of that name."""
    return f"participant-{name}"


def default_kind(scenario: Scenario, spec: RoomSpec) -> RoomKind:
    """Return what a room is for when the scenario does not say: the obvious thing."""
    if spec.kind is not None:
        return spec.kind
    if scenario.exam.kind is ExamKind.WRITTEN:
        return RoomKind.EXAM
    return RoomKind.CONDUCT if spec.seats is not None else RoomKind.PREPARATION


class _Numbers:
    """Gives out computer numbers: those that are written down first, then the next free one."""

    def __init__(self, first: int) -> None:
        self._next = first
        self.given: list[tuple[int, tuple[str | int, ...]]] = []

    def take(self, wanted: int | None, path: tuple[str | int, ...], taken: frozenset[int]) -> int:
        if wanted is None:
            while self._next in taken:
                self._next += 1
            wanted = self._next
            self._next += 1
        self.given.append((wanted, path))
        return wanted


def lay_out(scenario: Scenario) -> Layout:
    """Name everything in the scenario."""
    point = scenario.point
    written = scenario.exam.kind is ExamKind.WRITTEN
    taken = frozenset(_written_down(scenario))
    numbers, reserve_numbers = _Numbers(1), _Numbers(FIRST_RESERVE_COMPUTER)
    rooms: list[RoomPlan] = []
    next_name = {RoomKind.EXAM: 1, RoomKind.PREPARATION: 1, RoomKind.CONDUCT: 101}
    for index, spec in enumerate(point.rooms):
        kind = default_kind(scenario, spec)
        for _ in range(spec.count):
            name = spec.name if spec.name is not None else f"{next_name[kind]:04}"
            next_name[kind] += 1
            path = ("point", "rooms", index)
            station = None
            if spec.station is not None:
                number = numbers.take(spec.station.computer, (*path, "station", "computer"), taken)
                station = StationPlan(
                    name=f"st-{name}",
                    computer_name=f"pc-{name}",
                    computer=number,
                    room=name,
                    printer_name=f"printer-{name}",
                    printer=spec.station.printer,
                    scanner_name=f"scanner-{name}" if written else "",
                    scanner=spec.station.scanner,
                    paper=spec.station.paper,
                    toner_percent=spec.station.toner_percent,
                    act=spec.station.act,
                )
            rooms.append(
                RoomPlan(
                    name=name,
                    kind=kind,
                    spec_index=index,
                    present=tuple(
                        f"{name}-{seat:02}" for seat in range(1, max(0, spec.participants - spec.absent) + 1)
                    ),
                    absent=spec.absent,
                    kits=spec.participants if spec.kits is None else spec.kits,
                    organizers=tuple(f"organizer-{name}-{i}" for i in range(1, spec.organizers + 1)),
                    station=station,
                    seats=_seats(spec, name, path, numbers, taken),
                )
            )
    reserves = point.reserves
    return Layout(
        rooms=tuple(rooms if written else _same_people(rooms)),
        reserve_stations=tuple(
            StationPlan(
                name=f"st-r{i}",
                computer_name=f"pc-r{i}",
                computer=reserve_numbers.take(
                    spec.computer, ("point", "reserves", "organizer_stations", i - 1, "computer"), taken
                ),
                room="",
                printer_name=f"printer-r{i}",
                printer=spec.printer,
                scanner_name=f"scanner-r{i}" if written else "",
                scanner=spec.scanner,
                paper=spec.paper,
                toner_percent=spec.toner_percent,
                act=spec.act,
            )
            for i, spec in enumerate(reserves.organizer_stations, start=1)
        ),
        reserve_seats=tuple(
            SeatPlan(
                name=f"rec-r{i}",
                computer_name=f"pc-rec-r{i}",
                computer=reserve_numbers.take(
                    spec.computer, ("point", "reserves", "recording_stations", i - 1, "computer"), taken
                ),
                room="",
                seat=spec.seat or f"Р{i}",
                headset_name=f"headset-r{i}",
                headset=spec.headset,
            )
            for i, spec in enumerate(reserves.recording_stations, start=1)
        ),
        reserve_printers=tuple(
            (f"printer-x{i}", profile) for i, profile in enumerate(reserves.printers, start=1)
        ),
        reserve_scanners=tuple(
            (f"scanner-x{i}", profile) for i, profile in enumerate(reserves.scanners, start=1)
        ),
        reserve_headsets=tuple(
            (f"headset-x{i}", profile) for i, profile in enumerate(reserves.headsets, start=1)
        ),
        technicians=tuple(f"technician-{i}" for i in range(1, point.staff.technicians + 1)),
        members=tuple(f"member-{i}" for i in range(1, point.staff.commission_members + 1)),
        flashes=tuple(f"flash-{i}" for i in range(1, point.staff.technicians + reserves.flash_drives + 1)),
        computers=(*numbers.given, *reserve_numbers.given),
    )


def _same_people(rooms: list[RoomPlan]) -> list[RoomPlan]:
    """Those who wait in the preparation rooms are those who answer in the conduct rooms, in order."""
    waiting = iter([name for room in rooms if room.kind is RoomKind.PREPARATION for name in room.present])
    return [
        replace(room, present=tuple(islice(waiting, len(room.present))))
        if room.kind is RoomKind.CONDUCT
        else room
        for room in rooms
    ]


def _written_down(scenario: Scenario) -> Iterator[int]:
    for room in scenario.point.rooms:
        if room.station is not None and room.station.computer is not None:
            yield room.station.computer
        if room.seats is not None and room.seats.computers is not None:
            yield from room.seats.computers
    reserves = scenario.point.reserves
    for station in reserves.organizer_stations:
        if station.computer is not None:
            yield station.computer
    for recorder in reserves.recording_stations:
        if recorder.computer is not None:
            yield recorder.computer


def _seats(
    spec: RoomSpec, room: str, path: tuple[str | int, ...], numbers: _Numbers, taken: frozenset[int]
) -> tuple[SeatPlan, ...]:
    if spec.seats is None:
        return ()
    written_down: tuple[int | None, ...] = spec.seats.computers or (None,) * spec.seats.count
    return tuple(
        SeatPlan(
            name=f"rec-{room}-{i}",
            computer_name=f"pc-{room}-{i}",
            computer=numbers.take(wanted, (*path, "seats", "computers"), taken),
            room=room,
            seat=str(i),
            headset_name=f"headset-{room}-{i}",
            headset=spec.seats.headset,
        )
        for i, wanted in enumerate(written_down, start=1)
    )
