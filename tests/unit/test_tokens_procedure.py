"""The procedure with a member's token (E17): whatever fails, the next member comes; no token stays behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.computer import ComputerFailed
from hal.journal import Journal
from hal.people import Action, Reply, Request
from hal.runtime import HOUR, MINUTE, SECOND
from hal.secret import Secret
from scenarios.build import Builder
from scenarios.loading import parse
from simulators.device import SimDevice
from simulators.faults import After, Ending, Fault, Lasts, Never, UntilRepaired
from simulators.people import SimPerson
from simulators.runtime import SimRuntime
from simulators.token import SimToken, SimTokenPort
from station_core.day.replace import activate_station
from station_core.day.tokens import TRIES_PER_PERSON, with_member_token
from station_core.errors import PortalRefused, StepRefused
from station_core.events import ActivationFailed, IncidentClosed, IncidentOpened, KeyActivated

SCENARIO = """
title: Токены
about: Три члена ГЭК и одна аудитория.
rule: ["001:30"]
edition: "2024"
exam: {kind: written, subject: 01-РУС, date: 2024-05-28}
point:
  rooms: [{participants: 1, station: {}}]
  staff: {technicians: 2, commission_members: 3}
"""
MEMBERS = ("member-1", "member-2", "member-3")
ROOM = "0001"

Step = Callable[[str, str, Secret], Awaitable[None]]


class Scene:
    """A point at 09:40 whose one station waits for its activation."""

    def __init__(self) -> None:
        self.runtime = SimRuntime(9 * HOUR + 40 * MINUTE)
        self.lines = BytesIO()
        self.journal = Journal(self.runtime.now, self.lines)
        builder = Builder(parse(SCENARIO, "tokens"), 1, self.runtime, self.journal, self.runtime.spawn)
        self.built = builder.build()
        self.point = self.built.point
        self.devices = self.built.devices
        self.pins = [pin for _, pin in builder.bench.tokens.values()]
        self.station = self.point.rooms[0].organizer

    async def prepare(self) -> None:
        portal, flash = self.point.portal, self.point.flashes[0]
        portal.register_act(self.station.settings.computer, reserve=False, on_exam_day=False)
        key = portal.main_key(self.token(1).key_id)
        await flash.write("package", self.point.package_file)
        await flash.write("key", portal.key_file(key))
        await self.station.start()
        await self.station.load_package(flash, "package")
        await self.station.load_key(flash, "key")

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        async def whole() -> Any:
            await self.prepare()
            return await main

        result = self.runtime.run(whole())
        self.check_after()
        return result

    def check_after(self) -> None:
        """No token in a port, nobody bound to one, every incident told to its end, no PIN in the journal."""
        assert [p.inserted() for p in self.devices.values() if isinstance(p, SimTokenPort)] == [(), ()]
        for person in self.devices.values():
            if isinstance(person, SimPerson):
                assert (person.engaged, person.lock.locked(), person.waiting) == ("", False, 0)
        assert [i.incident for i in self.events(IncidentOpened)] == [
            i.incident for i in self.events(IncidentClosed)
        ]
        text = self.lines.getvalue().decode()
        for pin in self.pins:
            assert pin.reveal() not in text
            assert pin.reveal()[::-1] not in text  # as it is mistyped

    def token(self, number: int) -> SimToken:
        token = self.devices[f"token-{number}"]
        assert isinstance(token, SimToken)
        return token

    def strike(self, device: str, kind: str, ending: Ending | None = None, **params: int) -> None:
        found: SimDevice = self.devices[device]
        found.begin_fault(kind, {**found.FAULTS[kind].params, **params}, ending or UntilRepaired())

    def plan(self, device: str, kind: str, what: str, count: int) -> None:
        self.devices[device].plan(Fault(device, kind, After(what, count)))

    async def activate(self, person: str = "member-1") -> bool:
        return await activate_station(self.point, self.station, ROOM, person)

    def events(self, kind: type[Any]) -> list[Any]:
        return [entry.event for entry in self.journal if isinstance(entry.event, kind)]

    def failures(self) -> list[tuple[str, str]]:
        return [(event.person, event.error) for event in self.events(ActivationFailed)]

    def closed(self) -> list[tuple[str, bool, str]]:
        return [(event.kind, event.resolved, event.how) for event in self.events(IncidentClosed)]

    def activated_by(self) -> list[str]:
        return [event.person for event in self.events(KeyActivated)]


@pytest.fixture
def scene() -> Scene:
    return Scene()


NEXT = "token-of-another-member"


def test_nothing_fails(scene: Scene) -> None:
    assert scene.run(scene.activate()) is True
    assert scene.activated_by() == ["member-1"]
    assert scene.failures() == []
    assert scene.closed() == []


def test_one_wrong_pin_is_forgiven(scene: Scene) -> None:
    scene.strike("member-1", "mistypes", times=1)
    assert scene.run(scene.activate()) is True
    assert scene.failures() == [("member-1", "pin-incorrect")]
    assert scene.activated_by() == ["member-1"]
    assert scene.closed() == []


def test_two_wrong_pins_bring_the_next_member(scene: Scene) -> None:
    scene.strike("member-1", "mistypes", times=9)
    assert scene.run(scene.activate()) is True
    assert scene.failures() == [("member-1", "pin-incorrect")] * 2
    assert scene.activated_by() == ["member-2"]
    assert scene.closed() == [("pin-incorrect", True, NEXT)]
    user = next(iter(scene.token(1)._pins.values()))
    assert user.tries - user.left == TRIES_PER_PERSON  # the lock is far away


def test_pulled_out_during_unwrap(scene: Scene) -> None:
    scene.plan("token-1", "removed", "unwrap", 1)
    assert scene.run(scene.activate()) is True
    assert scene.failures() == [("member-1", "token-removed")]
    assert scene.activated_by() == ["member-1"]
    assert scene.closed() == []


def test_pulled_out_twice(scene: Scene) -> None:
    scene.plan("token-1", "removed", "unwrap", 1)
    scene.plan("token-1", "removed", "unwrap", 2)
    assert scene.run(scene.activate()) is True
    assert scene.failures() == [("member-1", "token-removed")] * 2
    assert scene.activated_by() == ["member-2"]
    assert scene.closed() == [("token-removed", True, NEXT)]


def test_pulled_out_and_lost(scene: Scene) -> None:
    scene.devices["token-1"].plan(Fault("token-1", "removed", After("unwrap", 1), Never()))
    assert scene.run(scene.activate()) is True
    assert scene.failures() == [("member-1", "token-removed")]
    assert scene.activated_by() == ["member-2"]
    assert scene.closed() == [("token-removed", True, NEXT)]


@pytest.mark.parametrize(
    ("kind", "code"), [("locked", "pin-locked"), ("dead", "dead"), ("foreign", "wrong-token")]
)
def test_a_token_that_is_of_no_use_is_not_tried_twice(scene: Scene, kind: str, code: str) -> None:
    scene.strike("token-1", kind)
    assert scene.run(scene.activate()) is True
    assert scene.failures() == [("member-1", code)]
    assert scene.activated_by() == ["member-2"]
    assert scene.closed() == [(code, True, NEXT)]


def test_dead_in_the_middle(scene: Scene) -> None:
    scene.plan("token-1", "dead", "login", 1)
    assert scene.run(scene.activate()) is True
    assert scene.failures() == [("member-1", "dead")]
    assert scene.activated_by() == ["member-2"]


def test_a_token_that_hangs_too_long_counts_as_broken(scene: Scene) -> None:
    scene.strike("token-1", "hang", Never())
    began = scene.runtime.now()
    assert scene.run(scene.activate()) is True
    (failed,) = [entry for entry in scene.journal if isinstance(entry.event, ActivationFailed)]
    (opened,) = [entry for entry in scene.journal if isinstance(entry.event, IncidentOpened)]
    assert scene.failures() == [("member-1", "timeout")]
    assert MINUTE < failed.t - began < 3 * MINUTE  # the way to the room included
    assert opened.t > failed.t
    assert scene.activated_by() == ["member-2"]
    assert scene.closed() == [("timeout", True, NEXT)]


def test_a_token_that_hangs_a_little_is_waited_for(scene: Scene) -> None:
    async def main() -> bool:
        scene.strike("token-1", "hang", Lasts(MINUTE + 20 * SECOND))
        return await scene.activate()

    assert scene.run(main()) is True
    assert scene.failures() == []
    assert scene.activated_by() == ["member-1"]


def test_a_lost_token(scene: Scene) -> None:
    scene.strike("token-1", "removed", Never())
    assert scene.run(scene.activate()) is True
    assert scene.failures() == []
    assert scene.activated_by() == ["member-2"]
    assert scene.closed() == [("no-token", True, NEXT)]


def test_an_absent_member(scene: Scene) -> None:
    scene.strike("member-1", "absent", Never())
    assert scene.run(scene.activate()) is True
    assert scene.activated_by() == ["member-2"]
    assert scene.closed() == [("no-token", True, NEXT)]


def test_an_absent_member_whom_nobody_named(scene: Scene) -> None:
    for member in MEMBERS[:2]:
        scene.strike(member, "absent", Never())
    assert scene.run(scene.activate("")) is True
    assert scene.activated_by() == ["member-3"]


def test_nobody_is_left(scene: Scene) -> None:
    scene.strike("token-1", "dead")
    scene.strike("token-2", "locked")
    scene.strike("member-3", "mistypes", times=9)
    assert scene.run(scene.activate()) is False
    assert scene.failures() == [
        ("member-1", "dead"),
        ("member-2", "pin-locked"),
        ("member-3", "pin-incorrect"),
        ("member-3", "pin-incorrect"),
    ]
    assert scene.closed() == [("dead", False, "no-other-member")]
    assert not scene.station.opened


def test_nobody_is_there(scene: Scene) -> None:
    for member in MEMBERS:
        scene.strike(member, "absent", Never())
    assert scene.run(scene.activate()) is False
    assert scene.failures() == []
    assert scene.closed() == [("no-token", False, "no-other-member")]


def test_all_tokens_are_lost(scene: Scene) -> None:
    for number in (1, 2, 3):
        scene.strike(f"token-{number}", "removed", Never())
    assert scene.run(scene.activate()) is False
    assert scene.closed() == [("no-token", False, "no-other-member")]


def test_a_member_whom_the_portal_does_not_know(scene: Scene) -> None:
    asked: list[str] = []

    async def operation(person: str, serial: str, pin: Secret) -> None:
        asked.append(person)
        if len(asked) < 3:
            raise PortalRefused("portal", "member-not-assigned")

    assert scene.run(with_member_token(scene.point, ROOM, scene.station.name, operation)) is True
    assert sorted(asked) == list(MEMBERS)
    assert [error for _, error in scene.failures()] == ["member-not-assigned"] * 2
    assert scene.closed() == [("member-not-assigned", True, NEXT)]


# -- no token stays behind -----------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["crash", "broken", "power-cut"])
def test_the_computer_stops(scene: Scene, fault: str) -> None:
    async def main() -> None:
        async def operation(person: str, serial: str, pin: Secret) -> None:
            scene.runtime.spawn(stop())
            await scene.station.activate(person, serial, pin)

        async def stop() -> None:
            await scene.runtime.sleep(SECOND // 2)
            scene.strike(scene.station.computer.name, fault)

        with pytest.raises(ComputerFailed):
            await with_member_token(scene.point, ROOM, scene.station.name, operation, "member-1")

    scene.run(main())
    assert scene.failures() == []


def test_the_station_refuses_the_step(scene: Scene) -> None:
    async def operation(person: str, serial: str, pin: Secret) -> None:
        raise StepRefused("st", "no-package")

    assert scene.run(with_member_token(scene.point, ROOM, scene.station.name, operation)) is False
    assert [error for _, error in scene.failures()] == ["no-package"] * 3
    assert scene.closed() == [("no-package", False, "no-other-member")]


def test_an_error_that_nobody_expects(scene: Scene) -> None:
    async def operation(person: str, serial: str, pin: Secret) -> None:
        raise ZeroDivisionError

    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            await with_member_token(scene.point, ROOM, scene.station.name, operation, "member-1")

    scene.run(main())
    assert scene.closed() == []


@pytest.mark.parametrize("seconds", range(0, 160, 4))
def test_called_off_at_any_time(seconds: int) -> None:
    """At the first attempt, between the attempts, while the next member is on the way."""
    scene = Scene()
    scene.strike("member-1", "mistypes", times=2)
    scene.strike("token-2", "dead")
    hands = scene.point.staff
    removing = False

    class Watched:
        """The staff; notes whether somebody was called off with the hand at the token."""

        names = hands.names

        async def ask(self, request: Request) -> Reply:
            nonlocal removing
            removing = request.action is Action.REMOVE_TOKEN
            reply = await hands.ask(request)
            removing = False
            return reply

    scene.point.staff = Watched()

    async def main() -> None:
        async with scene.runtime.task_group() as group:
            group.start(scene.activate())
            await scene.runtime.sleep(seconds * SECOND)
            group.cancel()
        for incident in scene.point.incidents.book:
            incident.close("open-at-end", resolved=False)
        if removing:  # then the token is where the hand left it
            for port in scene.devices.values():
                if isinstance(port, SimTokenPort):
                    port.remove()

    scene.run(main())


STATES = st.sampled_from(
    ["good", "absent", "lost", "locked", "dead", "foreign", "hang", "mistypes-1", "mistypes-2", "falls-out"]
)
USABLE = ("good", "mistypes-1", "falls-out")


def bring(scene: Scene, number: int, state: str) -> None:
    if state == "absent":
        scene.strike(f"member-{number}", "absent", Never())
    elif state == "lost":
        scene.strike(f"token-{number}", "removed", Never())
    elif state.startswith("mistypes"):
        scene.strike(f"member-{number}", "mistypes", times=int(state[-1]))
    elif state == "falls-out":
        scene.plan(f"token-{number}", "removed", "unwrap", 1)
    elif state != "good":
        scene.strike(f"token-{number}", state, Never())


@settings(max_examples=80, deadline=None)
@given(st.tuples(STATES, STATES, STATES), st.sampled_from(["", *MEMBERS]))
def test_whatever_is_wrong_with_whom(states: Sequence[str], first: str) -> None:
    scene = Scene()
    for number, state in enumerate(states, start=1):
        bring(scene, number, state)
    done = scene.run(scene.activate(first))
    assert done is any(state in USABLE for state in states)
    assert done is scene.station.opened
    assert len(scene.activated_by()) == done
    assert all(resolved is done for _, resolved, _ in scene.closed())
    assert done or scene.closed()
    for member in MEMBERS:
        assert [who for who, _ in scene.failures()].count(member) <= TRIES_PER_PERSON
    if first and states[MEMBERS.index(first)] in USABLE:
        assert scene.activated_by() == [first]
