"""Scripted people: who comes, when, what they do, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.journal import Journal
from hal.people import Action, Reply, Request, Role
from hal.runtime import HOUR, MILLISECOND, MINUTE, SECOND
from hal.secret import Secret
from simulators.computer import SimComputer
from simulators.device import World
from simulators.events import NobodyAble, Worked
from simulators.faults import Ending, Never, UntilRepaired
from simulators.headset import SimHeadset
from simulators.network import SimChannel
from simulators.participant import SimParticipant
from simulators.people import SPEAKING, Bench, Habits, SimPerson, SimStaff, habits
from simulators.printer import SimPrinter
from simulators.profiles import headset_profile, printer_profile, scanner_profile, token_profile
from simulators.random import Streams
from simulators.room import RoomPaper
from simulators.runtime import SimRuntime
from simulators.scanner import SimScanner
from simulators.token import SimToken, SimTokenPort

PLACES = ("hq", "0001", "0002", "0003", "0004")
PIN = Secret("12345678")

WORK = 60
EXACT = Habits(
    walk_start_s=15,
    walk_room_s=8,
    actions=dict.fromkeys(Action, (WORK, WORK, WORK)),
    notes={"briefing": (300, 300, 300)},
)
"""Everything takes exactly a minute."""


def walk(rooms: int) -> int:
    return (15 + 8 * rooms) * SECOND if rooms else 0


class House:
    """An exam point full of people, with a few devices, in virtual time.

    Two technicians and two members stay in the Штаб, two organisers in each of the rooms 0001 … 0004.
    """

    def __init__(self, manners: Habits | None = EXACT, seed: int = 1) -> None:
        self.runtime = SimRuntime()
        self.journal = Journal(self.runtime.now)
        self.world = World(self.runtime, Streams(seed), self.journal.write, self.runtime.spawn)
        self.people = {person.name: person for person in self._everybody()}
        self.bench = Bench()
        self._furnish(self.bench)
        self.staff = SimStaff(self.world, [*self.people.values()], PLACES, self.bench, manners)

    def _everybody(self) -> Sequence[SimPerson]:
        roles = [
            *[(f"technician-{i}", Role.TECHNICIAN, "hq") for i in (1, 2)],
            *[(f"member-{i}", Role.COMMISSION_MEMBER, "hq") for i in (1, 2)],
            ("head", Role.HEAD, "hq"),
            *[(f"organizer-{room}-{i}", Role.ORGANIZER, room) for room in PLACES[1:] for i in (1, 2)],
        ]
        return [SimPerson(name, self.world, role, home) for name, role, home in roles]

    def _furnish(self, bench: Bench) -> None:
        world = self.world
        for room in PLACES[1:]:
            bench.rooms[room] = RoomPaper(room, 4)
        for name in ("printer-1", "printer-x1", "printer-x2"):
            bench.printers[name] = SimPrinter(name, world, printer_profile("pantum-p3300dn"))
        bench.participants["ann"] = SimParticipant("participant-ann", world)
        for name in ("scanner-1", "scanner-x1"):
            bench.scanners[name] = SimScanner(name, world, scanner_profile("canon-dr-c230"))
        for name in ("headset-1", "headset-x1"):
            bench.headsets[name] = SimHeadset(name, world, headset_profile("sennheiser-pc8"))
        bench.computers["pc-1"] = SimComputer("pc-1", world, 1)
        bench.channels["main"] = SimChannel("main", world)
        for member in ("member-1", "member-2"):
            token = SimToken(
                f"token of {member}",
                world,
                token_profile("rutoken-ecp-3"),
                owner=member,
                pin=PIN,
                serial=member,
            )
            bench.tokens[member] = (token, PIN)
        for port in ("st-1", "st-2"):
            bench.ports[port] = SimTokenPort(port, world)
        bench.reserve_printers = ["printer-x1", "printer-x2"]
        bench.reserve_scanners = ["scanner-x1"]
        bench.reserve_headsets = ["headset-x1"]

    def begin(self, name: str, kind: str, ending: Ending = UntilRepaired(), **params: int) -> None:  # noqa: B008
        person = self.people[name]
        person.begin_fault(kind, {**person.FAULTS[kind].params, **params}, ending)

    def run(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.runtime.run(main())

    async def ask(self, action: Action, role: Role, place: str, device: str = "", **more: Any) -> Reply:
        return await self.staff.ask(Request(action, role, place, device, **more))

    async def work(self, place: str, role: Role = Role.TECHNICIAN, **more: Any) -> Reply:
        return await self.ask(Action.WORK, role, place, **more)

    def worked(self) -> list[tuple[int, str, str, int]]:
        """Return when who finished, where, and when the request was made."""
        return [
            (entry.t, entry.event.person, entry.event.place, entry.event.since)
            for entry in self.journal
            if isinstance(entry.event, Worked)
        ]

    def at_once(self, *requests: Request) -> list[Reply]:
        """Make all the requests at the same time; return the replies."""
        replies: list[Reply] = []

        async def main() -> None:
            async with self.runtime.task_group() as group:
                tasks = [group.start(self.staff.ask(request), request.place) for request in requests]
            replies.extend([await task.wait() for task in tasks])

        self.run(main)
        return replies


def technician(place: str, **more: Any) -> Request:
    return Request(Action.WORK, Role.TECHNICIAN, place, **more)


# -- who comes, and when ---------------------------------------------------------------------------------


def test_names() -> None:
    house = House()
    assert house.staff.names(Role.TECHNICIAN) == ("technician-1", "technician-2")
    assert house.staff.names(Role.HEAD) == ("head",)
    assert house.staff.names(Role.PARTICIPANT) == ()


def test_walking_and_working_take_their_time() -> None:
    house = House()
    (reply,) = house.at_once(technician("0003"))
    assert reply == Reply(True, "technician-1")
    assert house.worked() == [(walk(3) + MINUTE, "technician-1", "0003", 0)]
    event = house.journal.entries[0].event
    assert event == Worked("technician-1", "technician", "work", "0003", "", 0, True, "")


def test_whoever_is_there_already_does_not_walk() -> None:
    house = House()

    async def main() -> None:
        await house.work("0002")
        await house.work("0002")
        await house.work("hq", note="briefing")

    house.run(main)
    ends = [walk(2) + MINUTE, walk(2) + 2 * MINUTE, walk(2) + 2 * MINUTE + 5 * MINUTE]
    assert [(t, who) for t, who, *_ in house.worked()] == [
        (ends[0], "technician-1"),
        (ends[1], "technician-1"),
        (ends[2], "technician-2"),
    ]


def test_the_nearest_of_the_free_comes() -> None:
    house = House()
    house.people["technician-1"].place = "0001"
    house.people["technician-2"].place = "0004"
    assert [reply.person for reply in house.at_once(technician("0003"))] == ["technician-2"]
    assert [reply.person for reply in house.at_once(technician("hq"))] == ["technician-1"]


def test_the_free_one_comes_although_the_other_is_nearer() -> None:
    house = House()
    house.people["technician-2"].place = "0004"
    replies = house.at_once(technician("0001"), technician("0001"), technician("0001"))
    # the third queues with whoever has fewer requests and is nearer
    assert [reply.person for reply in replies] == ["technician-1", "technician-2", "technician-1"]


def test_of_two_alike_the_first_in_the_list_comes() -> None:
    assert [reply.person for reply in House().at_once(technician("0002"))] == ["technician-1"]


def test_requests_to_one_person_queue_in_their_order() -> None:
    house = House()
    house.at_once(*(technician(place, person="technician-2") for place in ("0003", "0001", "0003", "0002")))
    assert [(who, place) for _, who, place, _ in house.worked()] == [
        ("technician-2", place) for place in ("0003", "0001", "0003", "0002")
    ]
    legs = [walk(3), walk(2), walk(2), walk(1)]
    assert [t for t, *_ in house.worked()] == [
        sum(legs[: index + 1]) + (index + 1) * MINUTE for index in range(4)
    ]
    # a request counts from when the person sets out for it
    assert [since for *_, since in house.worked()] == [0, *(t for t, *_ in house.worked()[:-1])]
    assert house.people["technician-2"].waiting == 0
    assert not house.people["technician-2"].lock.locked()


def test_a_named_person_comes_although_the_other_is_free() -> None:
    house = House()
    replies = house.at_once(
        technician("0001", person="technician-2"), technician("0001", person="technician-2")
    )
    assert [reply.person for reply in replies] == ["technician-2", "technician-2"]


NOBODY = Reply(False, reason="nobody-there")


@pytest.mark.parametrize(
    "request_",
    [
        Request(Action.WORK, Role.COMMISSION_MEMBER, "0001", person="member-3"),
        Request(Action.WORK, Role.COMMISSION_MEMBER, "0001", person="technician-1"),  # not of that role
        Request(Action.WORK, Role.COMMISSION_MEMBER, "0001", person="member-1", avoid=("member-1",)),
        Request(Action.WORK, Role.COMMISSION_MEMBER, "0001", avoid=("member-1", "member-2")),
        technician("0001", avoid=("technician-1", "technician-2", "head")),
        Request(Action.WORK, Role.HEAD, "0001", avoid=("head",)),
    ],
)
def test_nobody(request_: Request) -> None:
    house = House()
    assert house.at_once(request_) == [NOBODY]
    expected = NobodyAble(request_.role, "work", request_.place, "nobody-there")
    assert [entry.event for entry in house.journal] == [expected]
    assert house.runtime.now() == 0


def test_who_is_to_be_avoided_is() -> None:
    house = House()
    assert [reply.person for reply in house.at_once(technician("0001", avoid=("technician-1",)))] == [
        "technician-2"
    ]


def test_the_absent_do_not_come() -> None:
    house = House()
    house.begin("member-1", "absent")
    request = Request(Action.WORK, Role.COMMISSION_MEMBER, "0001")
    assert [reply.person for reply in house.at_once(request)] == ["member-2"]
    named = Request(Action.WORK, Role.COMMISSION_MEMBER, "0001", person="member-1")
    assert house.at_once(named) == [NOBODY]
    house.begin("member-2", "absent")
    assert house.at_once(request) == [NOBODY]
    house.people["member-1"].end_fault("absent", "passed")
    assert [reply.person for reply in house.at_once(request, named)] == ["member-1", "member-1"]


def test_others_stand_in_for_a_technician() -> None:
    house = House()
    house.begin("technician-1", "absent")
    assert [reply.person for reply in house.at_once(technician("0001", person="technician-1"))] == [
        "technician-2"
    ]
    house.begin("technician-2", "absent")
    assert [reply.person for reply in house.at_once(technician("0001"))] == ["head"]
    house.begin("head", "absent")
    assert house.at_once(technician("0001")) == [NOBODY]


def organizer(place: str, **more: Any) -> Request:
    return Request(Action.WORK, Role.ORGANIZER, place, **more)


def test_organisers_work_in_their_room() -> None:
    house = House()
    replies = house.at_once(*(organizer("0002") for _ in range(5)))
    assert {reply.person for reply in replies} == {"organizer-0002-1", "organizer-0002-2"}
    assert [t for t, *_ in house.worked()] == [MINUTE, MINUTE, 2 * MINUTE, 2 * MINUTE, 3 * MINUTE]


def test_organisers_of_another_room_come_only_when_a_room_has_none_left() -> None:
    house = House()
    house.begin("organizer-0002-1", "absent")
    assert {reply.person for reply in house.at_once(organizer("0002"), organizer("0002"))} == {
        "organizer-0002-2"
    }
    house.begin("organizer-0002-2", "absent")
    (reply,) = house.at_once(organizer("0002"))
    assert reply.person in ("organizer-0001-1", "organizer-0003-1")
    for person in house.people.values():
        if person.role is Role.ORGANIZER and "absent" not in person.faults:
            house.begin(person.name, "absent")
    assert [reply.person for reply in house.at_once(organizer("0002"))] == ["head"]


def test_slow_people_take_longer_but_walk_as_fast() -> None:
    house = House()
    house.begin("technician-1", "slow", factor_percent=250)
    house.at_once(technician("0002", person="technician-1"))
    assert house.worked()[0][0] == walk(2) + MINUTE * 5 // 2


def test_people_take_the_time_of_the_shipped_habits() -> None:
    house = House(manners=None)
    house.at_once(*(technician("hq") for _ in range(200)))
    low, usual, high = habits().actions[Action.WORK]
    for person in ("technician-1", "technician-2"):
        ends = [0, *(t for t, who, *_ in house.worked() if who == person)]
        spans = [after - before for before, after in pairwise(ends)]
        assert all(low * SECOND <= span <= high * SECOND for span in spans)
        assert len(set(spans)) > 50
        assert abs(sum(spans) / len(spans) / SECOND - (low + usual + high) / 3) < 30
    assert set(habits().actions) >= set(Action) - set(SPEAKING)


def test_everybody_has_their_own_pace() -> None:
    alone, both = House(manners=None), House(manners=None)
    alone.at_once(*(technician("hq", person="technician-2") for _ in range(3)))
    both.at_once(*(technician("hq", person=person) for person in ("technician-1", "technician-2") * 3))
    assert alone.worked() == [each for each in both.worked() if each[1] == "technician-2"]


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.integers(0, 300)), min_size=1, max_size=12))
def test_whatever_is_asked_is_done_once_and_nobody_is_in_two_places(requests: list[tuple[str, int]]) -> None:
    house = House()

    async def later(place: str, after: int) -> None:
        await house.runtime.sleep(after * SECOND)
        assert (await house.work(place)).done

    async def main() -> None:
        async with house.runtime.task_group() as group:
            for place, after in requests:
                group.start(later(place, after))

    house.run(main)
    assert sorted(place for _, _, place, _ in house.worked()) == sorted(place for place, _ in requests)
    for name in ("technician-1", "technician-2"):
        where, free = "hq", 0
        for t, _, place, since in (each for each in house.worked() if each[1] == name):
            assert since >= free
            assert t == since + walk(abs(PLACES.index(place) - PLACES.index(where))) + MINUTE
            where, free = place, t
        assert house.people[name].waiting == 0


# -- cancellation ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [1, 20 * SECOND, walk(3) + MINUTE - 1])
def test_a_cancelled_request_frees_the_person(after: int) -> None:
    house = House()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with house.runtime.timeout(after):
                await house.work("0003", person="technician-1")
        person = house.people["technician-1"]
        assert (person.waiting, person.lock.locked(), person.place) == (0, False, "hq")
        assert (await house.work("0001", person="technician-1")).done

    house.run(main)
    assert [(t, place) for t, _, place, _ in house.worked()] == [(after + walk(1) + MINUTE, "0001")]


def test_a_request_cancelled_in_the_queue_leaves_the_others() -> None:
    house = House()

    async def hurried() -> None:
        with pytest.raises(TimeoutError):
            async with house.runtime.timeout(SECOND):
                await house.work("0004", person="technician-1")

    async def main() -> None:
        async with house.runtime.task_group() as group:
            group.start(house.work("0001", person="technician-1"))
            group.start(hurried())
            group.start(house.work("0001", person="technician-1"))

    house.run(main)
    assert [t for t, *_ in house.worked()] == [walk(1) + MINUTE, walk(1) + 2 * MINUTE]
    assert house.people["technician-1"].waiting == 0


def test_a_request_that_fails_frees_the_person() -> None:
    house = House()

    async def main() -> None:
        with pytest.raises(KeyError):
            await house.ask(Action.CLEAR_JAM, Role.TECHNICIAN, "0001", "no-such", person="technician-1")
        assert not house.people["technician-1"].lock.locked()
        assert (await house.work("0001", person="technician-1")).done

    house.run(main)


# -- tokens ----------------------------------------------------------------------------------------------

MEMBER = Role.COMMISSION_MEMBER


def test_a_member_brings_the_token_and_types_the_pin() -> None:
    house = House()

    async def main() -> None:
        reply = await house.ask(Action.INSERT_TOKEN, MEMBER, "0001", "st-1")
        assert (reply.done, reply.person, reply.items) == (True, "member-1", ("member-1",))
        assert reply.secret is not None
        assert reply.secret.matches(PIN)
        assert [token.owner for token in house.bench.ports["st-1"].inserted()] == ["member-1"]
        gone = await house.ask(Action.REMOVE_TOKEN, MEMBER, "0001", "st-1", person="member-1")
        assert gone == Reply(True, "member-1")
        assert house.bench.ports["st-1"].inserted() == ()

    house.run(main)


def test_a_member_stays_until_the_token_is_taken_out() -> None:
    house = House()
    insert = walk(1) + MINUTE
    taken_out = insert + HOUR + MINUTE

    async def stand() -> None:
        await house.ask(Action.INSERT_TOKEN, MEMBER, "0001", "st-1", person="member-1")
        await house.runtime.sleep(HOUR)
        await house.ask(Action.REMOVE_TOKEN, MEMBER, "0001", "st-1", person="member-1")

    async def main() -> None:
        async with house.runtime.task_group() as group:
            group.start(stand())
            await house.runtime.sleep(SECOND)
            group.start(house.work("0002", MEMBER, person="member-1"))
            group.start(house.work("0002", MEMBER))  # the other one is free

    house.run(main)
    assert [(t, who) for t, who, place, _ in house.worked() if place == "0002"] == [
        (SECOND + walk(2) + MINUTE, "member-2"),
        (taken_out + walk(1) + MINUTE, "member-1"),
    ]
    assert not house.people["member-1"].lock.locked()


def test_who_holds_a_token_counts_as_busy_although_nobody_waits_for_them() -> None:
    house = House()

    async def main() -> None:
        await house.ask(Action.INSERT_TOKEN, MEMBER, "0001", "st-1", person="member-1")
        assert (await house.work("0001", MEMBER)).person == "member-2"

    house.run(main)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_mistyped_so_many_times(times: int) -> None:
    house = House()
    house.begin("member-1", "mistypes", times=times)

    async def main() -> None:
        typed = []
        for _ in range(times + 2):
            reply = await house.ask(Action.INSERT_TOKEN, MEMBER, "0001", "st-1", person="member-1")
            assert reply.secret is not None
            typed.append(reply.secret.matches(PIN))
        assert typed == [False] * times + [True, True]

    house.run(main)
    assert [type(entry.event).event_name() for entry in house.journal].count("fault_ended") == 1


def test_mistakes_are_counted_anew() -> None:
    house = House()
    member = house.people["member-1"]
    for _ in range(2):
        house.begin("member-1", "mistypes", times=2)
        assert [member.type_pin(PIN).matches(PIN) for _ in range(3)] == [False, False, True]


def test_nobody_leaves_a_token_behind() -> None:
    house = House()

    async def main() -> None:
        await house.ask(Action.INSERT_TOKEN, MEMBER, "0001", "st-1", person="member-1")
        house.begin("member-1", "absent", Never())
        reply = await house.ask(Action.REMOVE_TOKEN, MEMBER, "0001", "st-1", person="member-1")
        assert reply.done
        assert house.bench.ports["st-1"].inserted() == ()
        reply = await house.ask(Action.INSERT_TOKEN, MEMBER, "0001", "st-1", person="member-1")
        assert reply == NOBODY

    house.run(main)


def test_typing_again_needs_no_way_to_the_room() -> None:
    house = House()

    async def main() -> None:
        await house.ask(Action.INSERT_TOKEN, MEMBER, "0002", "st-1", person="member-1")
        before = house.runtime.now()
        await house.ask(Action.INSERT_TOKEN, MEMBER, "0002", "st-1", person="member-1")
        assert house.runtime.now() - before == MINUTE

    house.run(main)


def test_who_only_needs_some_member_does_not_take_the_token_of_another_from_the_port() -> None:
    # two tasks at one port, and one member: the second waits until the first has taken the token out
    house = House()
    house.begin("member-2", "absent", Never())
    log: list[str] = []

    async def use(name: str) -> None:
        reply = await house.ask(Action.INSERT_TOKEN, MEMBER, "hq", "st-1")
        assert reply.done
        log.append(f"{name} begins")
        await house.runtime.sleep(10 * MINUTE)
        assert [token.owner for token in house.bench.ports["st-1"].inserted()] == ["member-1"]
        log.append(f"{name} ends")
        await house.ask(Action.REMOVE_TOKEN, MEMBER, "hq", "st-1", person=reply.person)

    async def second() -> None:
        await house.runtime.sleep(5 * MINUTE)
        await use("second")

    async def main() -> None:
        async with house.runtime.task_group() as group:
            group.start(use("first"))
            group.start(second())

    house.run(main)
    assert log == ["first begins", "first ends", "second begins", "second ends"]
    person = house.people["member-1"]
    assert (person.engaged, person.lock.locked(), person.waiting) == ("", False, 0)


def test_a_lost_token() -> None:
    house = House()
    house.bench.tokens["member-1"][0].begin_fault("removed", {}, Never())

    async def main() -> None:
        reply = await house.ask(Action.INSERT_TOKEN, MEMBER, "0001", "st-1", person="member-1")
        assert reply == Reply(False, "member-1", "token-lost")
        assert not house.people["member-1"].engaged
        assert (await house.work("0001", MEMBER, person="member-1")).done

    house.run(main)


def test_a_token_goes_from_port_to_port() -> None:
    house = House()

    async def main() -> None:
        await house.ask(Action.INSERT_TOKEN, MEMBER, "0001", "st-1", person="member-1")
        await house.ask(Action.REMOVE_TOKEN, MEMBER, "0001", "st-1", person="member-1")
        await house.ask(Action.INSERT_TOKEN, MEMBER, "0002", "st-2", person="member-1")
        assert house.bench.ports["st-1"].inserted() == ()
        assert len(house.bench.ports["st-2"].inserted()) == 1
        assert house.people["member-1"].engaged == "st-2"

    house.run(main)


def test_a_member_cut_off_at_the_port_is_free_again() -> None:
    house = House()

    async def main() -> None:
        await house.ask(Action.INSERT_TOKEN, MEMBER, "0001", "st-1", person="member-1")
        with pytest.raises(TimeoutError):
            async with house.runtime.timeout(SECOND):
                await house.ask(Action.INSERT_TOKEN, MEMBER, "0001", "st-1", person="member-1")
        person = house.people["member-1"]
        assert (person.engaged, person.lock.locked()) == ("", False)
        await house.ask(Action.REMOVE_TOKEN, MEMBER, "0001", "st-1", person="member-1")
        assert not person.lock.locked()

    house.run(main)


def test_no_pin_in_the_journal() -> None:
    house = House()

    async def main() -> None:
        reply = await house.ask(Action.INSERT_TOKEN, MEMBER, "0001", "st-1")
        assert PIN.reveal() not in repr(reply)

    house.run(main)
    assert PIN.reveal() not in repr(house.journal.entries)


# -- hands -----------------------------------------------------------------------------------------------

DEVICES = {
    "printer": ("printer-1", "printers"),
    "scanner": ("scanner-1", "scanners"),
    "headset": ("headset-1", "headsets"),
    "computer": ("pc-1", "computers"),
    "channel": ("main", "channels"),
}


@pytest.mark.parametrize(
    ("family", "kind", "action"),
    [
        ("printer", "jam", Action.CLEAR_JAM),
        ("printer", "misfeed", Action.REFEED_PAPER),
        ("printer", "out-of-paper", Action.ADD_PAPER),
        ("printer", "toner-empty", Action.REPLACE_CARTRIDGE),
        ("printer", "streak", Action.REPLACE_CARTRIDGE),
        ("printer", "cover-open", Action.CLOSE_COVER),
        ("printer", "offline", Action.RECONNECT),
        ("printer", "power-cut", Action.RECONNECT),
        ("printer", "offline", Action.REPAIR_STATION),
        ("scanner", "cover-open", Action.CLOSE_COVER),
        ("scanner", "offline", Action.RECONNECT),
        ("scanner", "jam", Action.CLEAR_FEEDER),
        ("scanner", "dirty-glass", Action.CLEAN_SCANNER),
        ("headset", "unplugged", Action.PLUG_IN),
        ("computer", "crash", Action.REPAIR_STATION),
        ("channel", "down", Action.REPAIR_CHANNEL),
    ],
)
@pytest.mark.parametrize("ending", [UntilRepaired(), Never()])
def test_what_hands_can_repair(family: str, kind: str, action: Action, ending: Ending) -> None:
    house = House()
    name, shelf = DEVICES[family]
    device = getattr(house.bench, shelf)[name]
    device.begin_fault(kind, device.FAULTS[kind].params, ending)
    (reply,) = house.at_once(Request(action, Role.TECHNICIAN, "0001", name))
    if isinstance(ending, Never):
        assert reply == Reply(False, "technician-1", "not-repairable")
        assert device.faults
    else:
        assert reply == Reply(True, "technician-1")
        assert not device.faults
    worked = [entry.event for entry in house.journal if isinstance(entry.event, Worked)]
    assert [(event.device, event.done, event.note) for event in worked] == [(name, reply.done, reply.reason)]


def test_what_nobody_knows_how_to_reconnect() -> None:
    for action in (Action.RECONNECT, Action.REPAIR_STATION):
        (reply,) = House().at_once(Request(action, Role.TECHNICIAN, "0001", "coffee-machine"))
        assert reply == Reply(False, "technician-1", "not-repairable")


@pytest.mark.parametrize(
    ("device", "pool"),
    [
        ("printer-1", ["printer-x1", "printer-x2"]),
        ("scanner-1", ["scanner-x1"]),
        ("headset-1", ["headset-x1"]),
    ],
)
def test_reserves_are_taken_in_their_order_until_none_is_left(device: str, pool: list[str]) -> None:
    house = House()
    request = Request(Action.REPLACE_DEVICE, Role.TECHNICIAN, "0001", device, person="technician-1")
    replies = house.at_once(*[request] * (len(pool) + 2))
    assert [reply.items for reply in replies if reply.done] == [(name,) for name in pool]
    assert [(reply.reason, reply.items) for reply in replies if not reply.done] == [("no-reserve", ())] * 2


def test_the_kinds_of_reserves_are_kept_apart() -> None:
    house = House()
    house.bench.reserve_headsets.clear()
    (reply,) = house.at_once(Request(Action.REPLACE_DEVICE, Role.TECHNICIAN, "0001", "headset-1"))
    assert reply.reason == "no-reserve"
    assert house.bench.reserve_printers == ["printer-x1", "printer-x2"]


def test_handing_out_and_counting() -> None:
    house = House()
    room = house.bench.rooms["0001"]

    async def main() -> None:
        await house.ask(Action.HAND_OUT, Role.ORGANIZER, "0001", items=("7", "ann", "8", "bob"))
        reply = await house.ask(Action.COUNT_PAPER, Role.ORGANIZER, "0001", "printer-1")
        assert reply.items == ("0",) * 7
        assert room.desks == {}  # neither kit lay on the table

    house.run(main)


def test_who_has_answered_is_entered_in_the_list_of_the_room_and_counted() -> None:
    house = House()
    house.bench.participants["bob"] = SimParticipant("participant-bob", house.world)

    async def counted(room: str) -> tuple[str, ...]:
        return (await house.ask(Action.COUNT_ANSWERS, Role.ORGANIZER, room)).items

    async def main() -> None:
        assert await counted("0001") == ("0",)
        for person in ("ann", "bob", "ann"):
            await house.ask(Action.LISTEN, Role.PARTICIPANT, "0001", "headset-1", person=person)
        assert (await counted("0001"), await counted("0002")) == (("2",), ("0",))
        for person in ("organizer-0001-1", "organizer-0001-2"):
            house.begin(person, "miscounts", Never(), answers=1)
        assert await counted("0001") == ("1",)

    house.run(main)


def test_a_request_whose_items_do_not_pair_is_an_error() -> None:
    house = House()

    async def main() -> None:
        with pytest.raises(ValueError, match="zip"):
            await house.ask(Action.HAND_OUT, Role.ORGANIZER, "0001", items=("7", "ann", "8"))

    house.run(main)


# -- participants ----------------------------------------------------------------------------------------


def test_participants_speak_at_once_and_never_queue() -> None:
    house = House()
    for device, person in (("headset-1", "ann"), ("headset-x1", "bob")):
        start = Request(Action.START_SPEAKING, Role.PARTICIPANT, "0001", device, person=person)
        assert house.at_once(start) == [Reply(True, person)]
        assert house.bench.headsets[device].speaker.identity == person
    assert house.runtime.now() == 0
    stop = Request(Action.STOP_SPEAKING, Role.PARTICIPANT, "0001", "headset-1", person="ann")
    assert house.at_once(stop) == [Reply(True, "ann")]
    assert house.bench.headsets["headset-1"].speaker.identity is None
    assert house.bench.headsets["headset-x1"].speaker.identity == "bob"
    assert len(house.journal) == 0


def test_a_technician_is_there_before_the_voice_begins_and_stays_until_told() -> None:
    house = House()
    start = Request(Action.START_SPEAKING, Role.TECHNICIAN, "0002", "headset-1", person="technician-1")
    stop = Request(Action.STOP_SPEAKING, Role.TECHNICIAN, "0002", "headset-1", person="technician-1")

    async def main() -> None:
        assert await house.staff.ask(start) == Reply(True, "technician-1")
        assert house.runtime.now() == walk(2)
        assert house.bench.headsets["headset-1"].speaker.identity == "technician-1"
        async with house.runtime.task_group() as group:
            other = group.start(house.ask(Action.WORK, Role.TECHNICIAN, "0001", person="technician-1"))
            await house.runtime.sleep(MINUTE)
            assert not other.done()
            assert await house.staff.ask(stop) == Reply(True, "technician-1")
            assert house.bench.headsets["headset-1"].speaker.identity is None
        assert (await other.wait()).done

    house.run(main)


def test_a_participant_takes_the_usual_time_to_listen() -> None:
    house = House(manners=None)
    listen = Request(Action.LISTEN, Role.PARTICIPANT, "0001", "headset-1", ("r",), person="ann")
    assert house.at_once(listen) == [Reply(True, "ann")]
    low, _, high = habits().actions[Action.LISTEN]
    assert low * SECOND <= house.runtime.now() <= high * SECOND
    assert house.runtime.now() % MILLISECOND == 0
