"""From a scenario to a point that can be run: simulated devices and people, stations, portal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from hal.journal import Journal
from hal.people import Role
from hal.runtime import DAY, SECOND, Runtime
from hal.secret import Secret
from hal.token import Certificate, CertificateExpired, CertificateNotYetValid, wrapping
from hal.token.certificates import valid_certificate
from scenarios.federal import authorities, federal_keys
from scenarios.layout import CHANNELS, Layout, RoomPlan, SeatPlan, StationPlan, lay_out, participant_device
from scenarios.model import FaultSpec, Scenario
from scenarios.real_devices import SIMULATED, RealDevices
from simulators import sealing
from simulators.bound_headset import BoundHeadset
from simulators.bound_token import BoundToken
from simulators.computer import SimComputer
from simulators.device import SimDevice, Spawn, World
from simulators.faults import After, At, Ending, Fault, Lasts, Never, Rate, Trigger, UntilRepaired
from simulators.headset import SimHeadset
from simulators.network import SimChannel
from simulators.participant import SimParticipant
from simulators.people import Bench, SimPerson, SimStaff
from simulators.printer import SimPrinter
from simulators.profiles import headset_profile, printer_profile, scanner_profile, token_profile
from simulators.random import Streams
from simulators.room import RoomPaper
from simulators.scanner import SimScanner
from simulators.storage import SimFlash
from simulators.token import SimToken, SimTokenPort, Validity
from station_core.container import identity
from station_core.incidents import Incidents
from station_core.materials import Kit, Package, exam_moment, kit_number
from station_core.oral_timing import timing_for
from station_core.organizer import OrganizerStation
from station_core.point import HEADQUARTERS, Exam, Point, Room, RoomKind
from station_core.portal import Portal
from station_core.recorder import FlacRecorder
from station_core.recording import RecordingStation
from station_core.regulation import edition
from station_core.station import Seat, StationSettings
from station_core.store import MemoryStore

MODEM_BITS_PER_SECOND = 5_000_000  # the reserve channel is a USB modem [001:87]; its speed is our estimate
PACKAGE_BYTES = 500_000_000  # an интернет-пакет of one exam day; our estimate
BEFORE_EXAM, AFTER_EXAM = timedelta(days=274), timedelta(days=183)
"""How long a certificate is valid before and after the exam: 15 months, the life of such keys."""

D = TypeVar("D", bound=SimDevice)


@dataclass(slots=True)
class BuiltDay:
    """A point ready to be run.

    Args:
        devices: Everything that faults can strike, by name.
        without_act: Stations whose act is not sent on the eve.
    """

    point: Point
    layout: Layout
    devices: dict[str, SimDevice]
    without_act: frozenset[str]


class Builder:
    """Builds one point. Use it once: :meth:`build`.

    Args:
        scenario: What to build.
        seed: The run's luck.
        runtime: Time.
        journal: Where events go.
        spawn: Starts tasks that live as long as the run.
        real: Real devices in place of simulated ones.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        runtime: Runtime,
        journal: Journal,
        spawn: Spawn,
        real: RealDevices = SIMULATED,
    ) -> None:
        self.scenario = scenario
        self.layout = lay_out(scenario)
        self.runtime = runtime
        self.journal = journal
        self.world = World(runtime, Streams(seed), journal.write, spawn)
        self.bench = Bench()
        self._real = real
        self._real_headsets = dict(zip(self.layout.headsets(), real.headsets, strict=False))
        self._certificates: dict[str, Certificate] = {}
        self.devices: dict[str, SimDevice] = {}
        spec = scenario.exam
        timing = timing_for(edition(scenario.edition).oral, spec.subject)
        self.exam = Exam(
            kind=spec.kind,
            subject=spec.subject,
            exam_date=spec.exam_date,
            region=scenario.point.region,
            point=scenario.point.code,
            duration=spec.work_time,
            answer=timing.answer if spec.answer_time is None else spec.answer_time,
            reading=timing.reading if spec.reading_time is None else spec.reading_time,
            instruction=timing.instruction,
        )

    def build(self) -> BuiltDay:
        """Make everything and arm the faults."""
        layout = self.layout
        main, reserve = CHANNELS
        channels = (
            self._add(SimChannel(main, self.world)),
            self._add(SimChannel(reserve, self.world, MODEM_BITS_PER_SECOND)),
        )
        self.bench.channels = {channel.name: channel for channel in channels}
        hq_port = self._port(f"port-{HEADQUARTERS}", HEADQUARTERS)
        self._make_tokens()
        rooms = [self._room(plan) for plan in layout.rooms]
        reserve_organizers = [self._organizer(plan) for plan in layout.reserve_stations]
        reserve_recorders = [self._recorder(plan) for plan in layout.reserve_seats]
        self.bench.reserve_printers = [name for name, _ in layout.reserve_printers]
        for name, profile in layout.reserve_printers:
            self._printer(name, profile)
        self.bench.reserve_scanners = [name for name, _ in layout.reserve_scanners]
        for name, profile in layout.reserve_scanners:
            self._scanner(name, profile)
        self.bench.reserve_headsets = [name for name, _ in layout.reserve_headsets]
        for name, profile in layout.reserve_headsets:
            self._headset(name, profile)
        portal = self._portal(*self._package())
        point = Point(
            exam=self.exam,
            runtime=self.runtime,
            journal=self.journal,
            staff=self._staff(),
            incidents=Incidents(self.runtime, self.journal),
            portal=portal,
            rooms=rooms,
            channels=channels,
            flashes=[self._add(SimFlash(name, self.world)) for name in layout.flashes],
            hq_port=hq_port,
            package_file=portal.package_file(),
            printers=self.bench.printers,
            scanners=self.bench.scanners,
            headsets=self.bench.headsets,
            reserve_organizers=reserve_organizers,
            reserve_recorders=reserve_recorders,
        )
        for fault in self.scenario.faults:
            self.devices[fault.target].plan(to_fault(fault))
        return BuiltDay(point, layout, self.devices, frozenset(self._without_act()))

    def _add(self, device: D) -> D:
        self.devices[device.name] = device
        return device

    def _without_act(self) -> Iterator[str]:
        for room in self.layout.rooms:
            if room.station is not None and not room.station.act:
                yield room.station.name
        yield from (plan.name for plan in self.layout.reserve_stations if not plan.act)

    # -- rooms and stations ------------------------------------------------------------------------

    def _room(self, plan: RoomPlan) -> Room:
        self.bench.rooms[plan.name] = RoomPaper(plan.name, self.scenario.exam.forms)
        if plan.kind is RoomKind.CONDUCT:
            for name in plan.present:
                device = self._add(SimParticipant(participant_device(name), self.world))
                self.bench.participants[name] = device
        return Room(
            name=plan.name,
            kind=plan.kind,
            participants=plan.present,
            absent=plan.absent,
            ready=self.runtime.event(),
            began=self.runtime.event(),
            printer_station=self._organizer(plan.station) if plan.station is not None else None,
            seats=[self._recorder(seat) for seat in plan.seats],
        )

    def _organizer(self, plan: StationPlan) -> OrganizerStation:
        printer = self._printer(plan.printer_name, plan.printer)
        printer.stock(sheets=plan.paper, toner_percent=plan.toner_percent)
        scanner = None
        if plan.scanner_name:
            scanner = self._scanner(plan.scanner_name, plan.scanner)
        return OrganizerStation(self._seat(plan, ""), printer, scanner)

    def _recorder(self, plan: SeatPlan) -> RecordingStation:
        headset = self._headset(plan.headset_name, plan.headset)
        seat = self._seat(plan, plan.seat)
        if self._real.recordings is not None:
            return RecordingStation(seat, headset, FlacRecorder(self._real.recordings / plan.name))
        return RecordingStation(seat, headset)

    def _seat(self, plan: StationPlan | SeatPlan, seat: str) -> Seat:
        computer = self._add(SimComputer(plan.computer_name, self.world, plan.computer))
        self.bench.computers[plan.computer_name] = computer
        settings = StationSettings(
            region=self.exam.region,
            point=self.exam.point,
            computer=plan.computer,
            room=plan.room,
            seat=seat,
            reserve=not plan.room,
            subject=self.exam.subject,
            exam_date=self.exam.exam_date,
        )
        port = self._port(plan.port, plan.name)
        store = MemoryStore()
        return Seat(plan.name, settings, store, computer, port, self.runtime, self.journal, authorities())

    # -- devices and people ------------------------------------------------------------------------

    def _printer(self, name: str, profile: str) -> SimPrinter:
        printer = self._add(SimPrinter(name, self.world, printer_profile(profile)))
        self.bench.printers[name] = printer
        return printer

    def _scanner(self, name: str, profile: str) -> SimScanner:
        scanner = self._add(SimScanner(name, self.world, scanner_profile(profile)))
        self.bench.scanners[name] = scanner
        return scanner

    def _headset(self, name: str, profile: str) -> SimHeadset:
        model, real = headset_profile(profile), self._real_headsets.get(name)
        headset = self._add(
            SimHeadset(name, self.world, model)
            if real is None
            else BoundHeadset(name, self.world, model, real=real)
        )
        self.bench.headsets[name] = headset
        return headset

    def _port(self, name: str, station: str) -> SimTokenPort:
        port = self._add(SimTokenPort(name, self.world))
        self.bench.ports[station] = port
        return port

    def _make_tokens(self) -> None:
        profile = token_profile(self.scenario.point.staff.token)
        for index, member in enumerate(self.layout.members, start=1):
            if index <= len(self._real.tokens):
                real = self._real.tokens[index - 1]
                bound = BoundToken(f"token-{index}", self.world, profile, owner=member, real=real)
                self.bench.tokens[member] = (self._add(bound), real.pin)
                continue
            luck = self.world.streams.stream(member, "pin envelope")
            pin = Secret("".join(str(luck.below(10)) for _ in range(8)))
            token = SimToken(
                f"token-{index}",
                self.world,
                profile,
                owner=member,
                pin=pin,
                serial=f"{int(self.exam.point):04}{index:04}",
                validity=self._validity(index),
            )
            self.bench.tokens[member] = (self._add(token), pin)

    def _validity(self, member: int) -> Validity:
        """Return when a member's certificate is valid: 15 months around the exam, or as the scenario says."""
        exam_day, life = exam_moment(self.exam.exam_date, 0), BEFORE_EXAM + AFTER_EXAM
        for each in self.scenario.point.staff.certificates:
            if each.member != member:
                continue
            since = None if each.since is None else exam_moment(each.since, 0)
            until = None if each.until is None else exam_moment(each.until, DAY - SECOND)
            if since is not None:
                return Validity(since, until or since + life)
            if until is not None:
                return Validity(until - life, until)
        return Validity(exam_day - BEFORE_EXAM, exam_day + AFTER_EXAM)

    def _staff(self) -> SimStaff:
        people = [
            *(SimPerson(name, self.world, Role.TECHNICIAN, HEADQUARTERS) for name in self.layout.technicians),
            *(
                SimPerson(name, self.world, Role.COMMISSION_MEMBER, HEADQUARTERS)
                for name in self.layout.members
            ),
            SimPerson("head", self.world, Role.HEAD, HEADQUARTERS),
        ]
        for room in self.layout.rooms:
            people += [SimPerson(name, self.world, Role.ORGANIZER, room.name) for name in room.organizers]
        for person in people:
            self._add(person)
        places = [HEADQUARTERS, *(room.name for room in self.layout.rooms)]
        return SimStaff(self.world, people, places, self.bench)

    # -- portal ------------------------------------------------------------------------------------

    def _package(self) -> tuple[Package, bytes]:
        exam, spec = self.exam, self.scenario.exam
        luck = self.world.streams.stream("portal", "content key")
        content_key = b"".join(luck.bits(48).to_bytes(6, "big") for _ in range(6))[:32]
        count = sum(kits for _, _, kits in self._granted()) + self.scenario.point.reserves.kits
        name = f"EGE_{exam.region}_{exam.point}_{exam.exam_date:%Y%m%d}_{exam.subject}.ipk"
        # numbers of kits say nothing about the order of the rooms: they begin somewhere
        first = 1 + luck.below(1_000_000) * 1000
        sheets, forms = spec.sheets, spec.forms
        kits = tuple(Kit(kit_number(exam.region, first + serial), sheets, forms) for serial in range(count))
        return Package(name, exam.scope, kits, PACKAGE_BYTES), content_key

    def _granted(self) -> Sequence[tuple[str, int, int]]:
        """Return room, computer and kits of each room that prints."""
        return [
            (room.name, room.station.computer, room.kits)
            for room in self.layout.rooms
            if room.station is not None and room.kind is not RoomKind.CONDUCT
        ]

    def _seal(self, key_id: bytes, content_key: bytes) -> bytes:
        """Wrap a content key for a member's token: for a certificate, or for an identity of the model."""
        certificate = self._certificates[key_id.hex()]
        return (
            wrapping.wrap(certificate.der, content_key)
            if certificate.der
            else sealing.seal(key_id, content_key)
        )

    def _portal(self, package: Package, content_key: bytes) -> Portal:
        members: dict[str, str] = {}
        for member, (token, _) in self.bench.tokens.items():
            certificate = assigned(token.keys.certificates(), self.exam.exam_date)
            name = identity(certificate).hex()
            members[name] = member
            self._certificates[name] = certificate
        return Portal(
            now=self.runtime.now,
            package=package,
            content_key=content_key,
            seal=self._seal,
            keys=federal_keys(),
            members=members,
            certificates=self._certificates,
            rooms={room: (computer, kits) for room, computer, kits in self._granted()},
        )


def assigned(certificates: Sequence[Certificate], exam_date: date) -> Certificate:
    """Return the certificate that a member is assigned with: a valid one, else the first."""
    day = exam_moment(exam_date, 0)
    try:
        return valid_certificate(certificates, "", day, day + timedelta(days=1, seconds=-1))
    except (CertificateExpired, CertificateNotYetValid):
        return certificates[0]


def to_fault(spec: FaultSpec) -> Fault:
    """Turn what a scenario says of a fault into the simulators' value."""
    trigger: Trigger
    if spec.at is not None:
        trigger = At(spec.at)
    elif spec.after is not None:
        trigger = After(spec.after.what, spec.after.count)
    elif spec.rate is not None:
        trigger = Rate(spec.rate.what, spec.rate.per_million)
    else:
        raise ValueError(f"the fault on {spec.target} says nothing of when it begins")
    ending: Ending = UntilRepaired()
    if spec.lasts is not None:
        ending = Lasts(spec.lasts, repairable=spec.ends != "alone")
    elif spec.ends == "never":
        ending = Never()
    return Fault(spec.target, spec.kind, trigger, ending, dict(spec.params))
