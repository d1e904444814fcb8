"""Scripted people: they walk, take their time, do what was asked with their hands, and answer.

Each person does one thing after the other, in the order of the requests. Who comes is decided by role,
then by who is free and nearest; a request may name a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict

from hal.people import Action, Reply, Request, Role
from hal.runtime import MILLISECOND, SECOND
from hal.secret import Secret
from simulators.computer import SimComputer
from simulators.device import SimDevice, World
from simulators.events import NobodyAble, Worked
from simulators.faults import FaultKind
from simulators.headset import SimHeadset
from simulators.network import SimChannel
from simulators.participant import SimParticipant
from simulators.printer import SimPrinter
from simulators.room import RoomPaper
from simulators.scanner import SimScanner
from simulators.speaker import Speaker
from simulators.token import SimToken, SimTokenPort

SPEAKING = (Action.START_SPEAKING, Action.STOP_SPEAKING)

T = TypeVar("T")

Span = tuple[int, int, int]
"""Shortest, usual and longest duration, in seconds."""


class Habits(BaseModel):
    """How long people take (``profiles/people.yaml``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    walk_start_s: int
    walk_room_s: int
    actions: Mapping[Action, Span]
    notes: Mapping[str, Span]


@cache
def habits() -> Habits:
    """Return the habits that the product ships."""
    text = files("simulators").joinpath("profiles/people.yaml").read_text(encoding="utf-8")
    return Habits.model_validate(yaml.safe_load(text))


class SimPerson(SimDevice):
    """One person of the staff.

    Args:
        name: As the journal calls them.
        world: Surroundings.
        role: Their job.
        home: Where they stay; an organiser works only there.
    """

    FAULTS: ClassVar[Mapping[str, FaultKind]] = {
        "absent": FaultKind("The person is not there.", occurrence="request"),
        "miscounts": FaultKind(
            "The person counts that many answers too few in the ведомость.", {"answers": 1}, drawn=False
        ),
        "mistypes": FaultKind("The person types a wrong PIN that many times.", {"times": 1}, "request"),
        "slow": FaultKind("The person takes longer for everything.", {"factor_percent": 200}, "request"),
    }

    def __init__(self, name: str, world: World, role: Role, home: str) -> None:
        super().__init__(name, world)
        self.role = role
        self.home = home
        self.place = home
        self.lock = world.runtime.lock()
        self.waiting = 0
        # The port that holds this member's token, or the headset that this person speaks into: nobody walks
        # off until the token is out and the recording over.
        self.engaged = ""
        self.pace = self.luck("pace")
        self.mistyped = 0

    def fault_began(self, kind: str) -> None:
        """Count mistakes anew."""
        if kind == "mistypes":
            self.mistyped = 0

    def can_come(self) -> bool:
        """Whether the person is there; nobody leaves while their token is in a port."""
        return not self.faults or "absent" not in self.faults or bool(self.engaged)

    def type_pin(self, pin: Secret) -> Secret:
        """Return the PIN as the fingers type it."""
        fault = self.faults.get("mistypes")
        if fault is None:
            return pin
        self.mistyped += 1
        if self.mistyped >= fault["times"]:
            self.end_fault("mistypes", "passed")
        return Secret(pin.reveal()[::-1] + "0")


@dataclass(slots=True)
class Bench:
    """Everything that hands can reach, by name.

    Args:
        tokens: Token and PIN of each ГЭК member, by person.
        ports: USB ports, by station (and the Штаб).
        participants: Those who answer at a workplace, by person.
        answered: The ведомость of each room: who has answered, by person.
        reserve_printers, reserve_scanners, reserve_headsets: What may be taken, in order.
    """

    rooms: dict[str, RoomPaper] = field(default_factory=dict)
    printers: dict[str, SimPrinter] = field(default_factory=dict)
    scanners: dict[str, SimScanner] = field(default_factory=dict)
    headsets: dict[str, SimHeadset] = field(default_factory=dict)
    computers: dict[str, SimComputer] = field(default_factory=dict)
    channels: dict[str, SimChannel] = field(default_factory=dict)
    tokens: dict[str, tuple[SimToken, Secret]] = field(default_factory=dict)
    ports: dict[str, SimTokenPort] = field(default_factory=dict)
    participants: dict[str, SimParticipant] = field(default_factory=dict)
    answered: dict[str, dict[str, bool]] = field(default_factory=dict)
    reserve_printers: list[str] = field(default_factory=list)
    reserve_scanners: list[str] = field(default_factory=list)
    reserve_headsets: list[str] = field(default_factory=list)


Handler = Callable[["SimStaff", SimPerson, Request], Reply]

_DONE = Reply(done=True)


def _in_milliseconds(spans: Mapping[T, Span]) -> dict[T, Span]:
    return {what: (low * 1000, usual * 1000, high * 1000) for what, (low, usual, high) in spans.items()}


class SimStaff:
    """The staff of the point, as ``hal.people.Staff``.

    Args:
        world: Surroundings.
        people: Everybody, in a fixed order.
        places: Places along the corridor; neighbours in the list are neighbours in the house.
        bench: What they can reach.
        manners: How long they take.
    """

    def __init__(
        self,
        world: World,
        people: Sequence[SimPerson],
        places: Sequence[str],
        bench: Bench,
        manners: Habits | None = None,
    ) -> None:
        self._world = world
        self._runtime = world.runtime
        self._people = tuple(people)
        self._by_role = {role: tuple(person for person in people if person.role is role) for role in Role}
        self._organizers: dict[str, list[SimPerson]] = {}
        for person in self._by_role[Role.ORGANIZER]:
            self._organizers.setdefault(person.home, []).append(person)
        self._where = {place: index for index, place in enumerate(places)}
        self._bench = bench
        manners = manners or habits()
        self._walk_start, self._walk_room = manners.walk_start_s * SECOND, manners.walk_room_s * SECOND
        self._actions = _in_milliseconds(manners.actions)
        self._notes = _in_milliseconds(manners.notes)
        self._start_counters = {name: printer.page_counter for name, printer in bench.printers.items()}

    # -- hal.people.Staff --------------------------------------------------------------------------

    def names(self, role: Role) -> tuple[str, ...]:
        """Who has that role, in a fixed order."""
        return tuple(person.name for person in self._by_role[role])

    async def ask(self, request: Request) -> Reply:
        """Have somebody do it."""
        if request.role is Role.PARTICIPANT:
            return await self._participant(request)
        person = self._choose(request)
        if person is None:
            self._world.emit(NobodyAble(request.role, request.action, request.place, "nobody-there"))
            return Reply(done=False, reason="nobody-there")
        # only who asks for this very person goes on with what they hold; others wait until it is taken out
        stays = bool(request.person) and bool(person.engaged) and person.engaged == request.device
        person.waiting += 1
        try:
            if not stays:
                await person.lock.acquire()
            since = self._runtime.now()
            try:
                await self._runtime.sleep(self._walk(person, request.place) + self._duration(person, request))
                person.place = request.place
                person.occurred("request")
                handler = self._HANDLERS.get(request.action)
                reply = handler(self, person, request) if handler is not None else _DONE
            except BaseException:
                self._release(person)
                raise
            if not person.engaged:
                self._release(person)
        finally:
            person.waiting -= 1
        self._world.emit(
            Worked(
                person.name, person.role, request.action, request.place, request.device, since,
                reply.done, request.note or reply.reason,
            )
        )  # fmt: skip
        return Reply(reply.done, person.name, reply.reason, reply.items, reply.secret)

    @staticmethod
    def _release(person: SimPerson) -> None:
        person.engaged = ""
        person.lock.release()

    # -- who, and how long -------------------------------------------------------------------------

    def _groups(self, role: Role, place: str) -> Iterator[Sequence[SimPerson]]:
        """Yield those whose job it is, then who stands in (our choice, after [002:3407])."""
        if role is Role.ORGANIZER:
            yield self._organizers.get(place, ())
        yield self._by_role[role]
        if role is not Role.COMMISSION_MEMBER:
            yield self._by_role[Role.HEAD]

    def _choose(self, request: Request) -> SimPerson | None:
        """Return who was named, else who is free and nearest, of the first group where anybody can come."""
        for group in self._groups(request.role, request.place):
            able = [
                person
                for person in group
                if (not person.faults or person.can_come()) and person.name not in request.avoid
            ]
            if able:
                return self._best(able, request)
        return None

    def _best(self, able: Sequence[SimPerson], request: Request) -> SimPerson | None:
        if request.person:
            for person in able:
                if person.name == request.person:
                    return person
            if request.role is Role.COMMISSION_MEMBER:
                return None  # nobody stands in for the holder of a token
        if len(able) == 1:
            return able[0]
        return min(able, key=lambda one: (one.waiting + bool(one.engaged), self._walk(one, request.place)))

    def _walk(self, person: SimPerson, place: str) -> int:
        if person.place == place:
            return 0
        steps = abs(self._where[person.place] - self._where[place])
        return self._walk_start + self._walk_room * steps

    def _duration(self, person: SimPerson, request: Request) -> int:
        if request.action in SPEAKING:
            return 0
        low, usual, high = self._notes.get(request.note) or self._actions[request.action]
        duration = person.pace.triangular(low, usual, high) * MILLISECOND
        slow = person.faults.get("slow")
        return duration if slow is None else duration * slow["factor_percent"] // 100

    # -- participants ------------------------------------------------------------------------------

    async def _participant(self, request: Request) -> Reply:
        """Participants sit at their places and have no other duties: they never queue."""
        if request.action is Action.START_SPEAKING:
            self._speaker(request).start(request.person)
        elif request.action is Action.STOP_SPEAKING:
            self._speaker(request).stop()
        else:
            low, usual, high = self._actions[request.action]
            luck = self._world.streams.stream(request.person, request.action)
            await self._runtime.sleep(luck.triangular(low, usual, high) * MILLISECOND)
        if request.action is Action.LISTEN:
            # who has come to this has answered, and is entered in the ведомость
            self._bench.answered.setdefault(request.place, {})[request.person] = True
            if not self._bench.participants[request.person].content():
                return Reply(done=False, person=request.person, reason="complaint")
        return Reply(done=True, person=request.person)

    def _speaker(self, request: Request) -> Speaker:
        return self._bench.headsets[request.device].speaker

    # -- hands -------------------------------------------------------------------------------------

    @staticmethod
    def _done(done: bool) -> Reply:
        return Reply(done, reason="" if done else "not-repairable")

    def _room(self, request: Request) -> RoomPaper:
        return self._bench.rooms[request.place]

    def _printer(self, request: Request) -> SimPrinter:
        printer = self._bench.printers[request.device]
        room = self._bench.rooms.get(request.place)
        if room is not None and request.device not in room.printers:
            room.printers[request.device] = printer
            room.counters[request.device] = self._start_counters[request.device]
        return printer

    def _close_cover(self, _: SimPerson, request: Request) -> Reply:
        if request.device in self._bench.scanners:
            return self._done(self._bench.scanners[request.device].close_cover())
        return self._done(self._printer(request).close_cover())

    def _reconnect(self, _: SimPerson, request: Request) -> Reply:
        bench = self._bench
        if request.device in bench.scanners:
            return self._done(bench.scanners[request.device].reconnect())
        if request.device in bench.printers:
            return self._done(self._printer(request).reconnect())
        if request.device in bench.ports:
            return self._done(bench.ports[request.device].repair("port-dead"))
        return Reply(done=False, reason="not-repairable")

    def _inspect(self, _: SimPerson, request: Request) -> Reply:
        bad = self._room(request).inspect(self._printer(request), request.items)
        return Reply(done=True, items=bad)

    def _put_aside(self, _: SimPerson, request: Request) -> Reply:
        self._room(request).put_aside(self._printer(request), request.items)
        return Reply(done=True)

    def _hand_out(self, _: SimPerson, request: Request) -> Reply:
        room = self._room(request)
        for kit, participant in zip(request.items[::2], request.items[1::2], strict=True):
            room.hand_out(kit, participant)
        return Reply(done=True)

    def _collect_forms(self, _: SimPerson, request: Request) -> Reply:
        return Reply(done=True, items=(str(self._room(request).collect_forms()),))

    def _count_paper(self, _: SimPerson, request: Request) -> Reply:
        self._printer(request)
        c = self._room(request).count()
        counts = (c.handed_out, c.spoiled, c.left, c.test, c.counter, c.kits_handed_out, c.kits_left)
        return Reply(done=True, items=tuple(str(number) for number in counts))

    def _count_answers(self, person: SimPerson, request: Request) -> Reply:
        entered = len(self._bench.answered.get(request.place, ()))
        fault = person.faults.get("miscounts")
        counted = entered if fault is None else max(0, entered - fault["answers"])
        return Reply(done=True, items=(str(counted),))

    def _scanner(self, request: Request) -> SimScanner:
        scanner = self._bench.scanners[request.device]
        self._room(request).scanners[request.device] = scanner
        return scanner

    def _load_feeder(self, _: SimPerson, request: Request) -> Reply:
        laid_in, on_glass = self._room(request).load_feeder(self._scanner(request), request.items)
        return Reply(done=True, items=laid_in, reason="flatbed" if on_glass else "")

    def _clear_feeder(self, _: SimPerson, request: Request) -> Reply:
        scanner = self._scanner(request)
        self._room(request).clear_feeder(scanner)
        return self._done("jam" not in scanner.faults)

    def _insert_token(self, person: SimPerson, request: Request) -> Reply:
        token, pin = self._bench.tokens[person.name]
        if not self._bench.ports[request.device].insert(token):
            return Reply(done=False, reason="token-lost")
        person.engaged = request.device
        return Reply(done=True, items=(token.serial,), secret=person.type_pin(pin))

    def _remove_token(self, person: SimPerson, request: Request) -> Reply:
        token, _ = self._bench.tokens[person.name]
        self._bench.ports[request.device].remove(token)
        person.engaged = ""
        return Reply(done=True)

    def _start_speaking(self, person: SimPerson, request: Request) -> Reply:
        self._speaker(request).start(person.name)
        person.engaged = request.device
        return Reply(done=True)

    def _stop_speaking(self, person: SimPerson, request: Request) -> Reply:
        self._speaker(request).stop()
        person.engaged = ""
        return Reply(done=True)

    def _repair_station(self, person: SimPerson, request: Request) -> Reply:
        computer = self._bench.computers.get(request.device)
        if computer is None:
            return self._reconnect(person, request)
        return self._done(computer.restart())

    def _replace_device(self, _: SimPerson, request: Request) -> Reply:
        bench = self._bench
        if request.device in bench.headsets:
            pool = bench.reserve_headsets
        elif request.device in bench.scanners:
            pool = bench.reserve_scanners
        else:
            pool = bench.reserve_printers
        if not pool:
            return Reply(done=False, reason="no-reserve")
        return Reply(done=True, items=(pool.pop(0),))

    # Functions, not bound methods: a staff that held itself would keep the whole point for the collector.
    _HANDLERS: ClassVar[Mapping[Action, Handler]] = {
        Action.CLEAR_JAM: lambda self, _, r: self._done(self._printer(r).clear_jam()),
        Action.REFEED_PAPER: lambda self, _, r: self._done(self._printer(r).refeed_paper()),
        Action.ADD_PAPER: lambda self, _, r: self._done(self._printer(r).add_paper()),
        Action.REPLACE_CARTRIDGE: lambda self, _, r: self._done(self._printer(r).replace_cartridge()),
        Action.CLOSE_COVER: _close_cover,
        Action.RECONNECT: _reconnect,
        Action.INSPECT_PRINT: _inspect,
        Action.PUT_ASIDE: _put_aside,
        Action.HAND_OUT: _hand_out,
        Action.COLLECT_FORMS: _collect_forms,
        Action.COUNT_PAPER: _count_paper,
        Action.COUNT_ANSWERS: _count_answers,
        Action.LOAD_FEEDER: _load_feeder,
        Action.CLEAR_FEEDER: _clear_feeder,
        Action.CLEAN_SCANNER: lambda self, _, r: self._done(self._bench.scanners[r.device].clean_glass()),
        Action.INSERT_TOKEN: _insert_token,
        Action.REMOVE_TOKEN: _remove_token,
        Action.PLUG_IN: lambda self, _, r: self._done(self._bench.headsets[r.device].plug_in()),
        Action.START_SPEAKING: _start_speaking,
        Action.STOP_SPEAKING: _stop_speaking,
        Action.REPAIR_STATION: _repair_station,
        Action.REPLACE_DEVICE: _replace_device,
        Action.REPAIR_CHANNEL: lambda self, _, r: self._done(self._bench.channels[r.device].restore()),
    }
