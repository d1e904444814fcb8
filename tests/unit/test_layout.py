"""Names and numbers that follow from a scenario."""

from __future__ import annotations

from collections import Counter
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from hal.journal import Journal
from scenarios.build import Builder
from scenarios.layout import FIRST_RESERVE_COMPUTER, Layout, RoomPlan, lay_out
from scenarios.loading import library, load, parse
from scenarios.model import Scenario
from simulators.printer import SimPrinter
from simulators.runtime import SimRuntime
from station_core.point import RoomKind

Data = dict[str, Any]


def written(rooms: list[Data], **reserves: Any) -> Scenario:
    exam = {"kind": "written", "subject": "01-РУС", "date": "2024-05-28"}
    point = {"rooms": rooms, "reserves": reserves}
    return parse(yaml.safe_dump({"title": "a", "about": "b", "exam": exam, "point": point}), "test")


def oral(rooms: list[Data], **reserves: Any) -> Scenario:
    exam = {"kind": "oral", "subject": "29-АНГ", "date": "2024-06-07"}
    point = {"rooms": rooms, "reserves": reserves}
    return parse(yaml.safe_dump({"title": "a", "about": "b", "exam": exam, "point": point}), "test")


def all_names(layout: Layout) -> list[str]:
    """Every name, listed field by field, so that one given twice is there twice."""
    found = [*layout.technicians, *layout.members, *layout.flashes]
    stations = [room.station for room in layout.rooms if room.station] + list(layout.reserve_stations)
    seats = [seat for room in layout.rooms for seat in room.seats] + list(layout.reserve_seats)
    for room in layout.rooms:
        found += [f"room {room.name}", *room.organizers]
    for station in stations:
        found += [station.name, station.computer_name, station.port, station.printer_name]
        found += [station.scanner_name] if station.scanner_name else []
    for seat in seats:
        found += [seat.name, seat.computer_name, seat.port, seat.headset_name]
    for pool in (layout.reserve_printers, layout.reserve_scanners, layout.reserve_headsets):
        found += [name for name, _ in pool]
    return found


def check_unique(layout: Layout) -> None:
    assert [name for name, times in Counter(all_names(layout)).items() if times > 1] == []
    numbers = [number for number, _ in layout.computers]
    assert len(set(numbers)) == len(numbers)


ROOMS = st.lists(
    st.fixed_dictionaries(
        {"participants": st.integers(0, 25), "station": st.just({})},
        optional={"count": st.integers(1, 4), "organizers": st.integers(1, 4), "absent": st.just(0)},
    ),
    min_size=1,
    max_size=5,
)
RESERVES = st.fixed_dictionaries(
    {},
    optional={
        "organizer_stations": st.lists(st.just({}), max_size=3),
        "recording_stations": st.lists(st.just({}), max_size=3),
        "printers": st.lists(st.just("pantum-p3300dn"), max_size=3),
        "scanners": st.lists(st.just("canon-dr-c230"), max_size=3),
        "headsets": st.lists(st.just("sennheiser-pc8"), max_size=3),
        "flash_drives": st.integers(0, 3),
    },
)


@given(ROOMS, RESERVES)
def test_names_and_numbers_are_unique(rooms: list[Data], reserves: Data) -> None:
    layout = lay_out(written(rooms, **reserves))
    check_unique(layout)
    assert len(layout.rooms) == sum(room.get("count", 1) for room in rooms)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), RESERVES)
def test_names_and_numbers_are_unique_in_an_oral_exam(
    preparation: int, conduct: int, seats: int, reserves: Data
) -> None:
    rooms: list[Data] = [
        {"kind": "preparation", "count": preparation, "participants": conduct, "station": {}},
        {"kind": "conduct", "count": conduct, "participants": preparation, "seats": {"count": seats}},
    ]
    layout = lay_out(oral(rooms, **reserves))
    check_unique(layout)
    assert [room.name for room in layout.rooms if room.kind is RoomKind.CONDUCT] == [
        f"{101 + index:04}" for index in range(conduct)
    ]


def test_the_names_of_the_language_reference() -> None:
    layout = lay_out(
        written(
            [{"participants": 2, "station": {}}],
            organizer_stations=[{}],
            recording_stations=[{}],
            printers=["pantum-p3300dn"],
            scanners=["canon-dr-c230"],
            headsets=["sennheiser-pc8"],
        )
    )
    expected = """
        channel-main channel-reserve port-hq pc-0001 port-st-0001 printer-0001 scanner-0001
        pc-r1 port-st-r1 printer-r1 scanner-r1 pc-rec-r1 port-rec-r1 headset-r1
        printer-x1 scanner-x1 headset-x1 flash-1 flash-2 flash-3 flash-4 token-1 token-2 token-3
        technician-1 technician-2 technician-3 member-1 member-2 member-3
        organizer-0001-1 organizer-0001-2 head
    """
    assert list(layout.devices()) == expected.split()
    conduct = lay_out(
        oral(
            [
                {"participants": 2, "station": {}},
                {"participants": 2, "seats": {"count": 2}},
            ]
        )
    )
    assert [seat.name for seat in conduct.rooms[1].seats] == ["rec-0101-1", "rec-0101-2"]
    assert {"headset-0101-2", "pc-0101-2", "port-rec-0101-2"} <= set(conduct.devices())
    assert "scanner-0001" not in conduct.devices()


def test_faults_can_strike_exactly_what_is_built() -> None:
    for name in library():
        scenario = load(name).with_faults(())
        runtime = SimRuntime()
        builder = Builder(scenario, 1, runtime, Journal(runtime.now), runtime.spawn)
        built = builder.build().devices
        assert {name: type(device) for name, device in built.items()} == lay_out(scenario).devices()


def test_numbers_written_down_are_kept_and_given_to_nobody_else() -> None:
    rooms: list[Data] = [
        {"participants": 1, "station": {}},
        {"participants": 1, "station": {"computer": 1}},
        {"participants": 1, "station": {"computer": 3}},
        {"participants": 1, "station": {}},
        {"participants": 1, "station": {}},
    ]
    layout = lay_out(written(rooms, organizer_stations=[{"computer": 5}, {}, {"computer": 901}]))
    assert [room.station.computer for room in layout.rooms if room.station] == [2, 1, 3, 4, 6]
    assert [station.computer for station in layout.reserve_stations] == [5, FIRST_RESERVE_COMPUTER + 1, 901]
    check_unique(layout)


def test_seat_numbers_written_down() -> None:
    rooms: list[Data] = [
        {"participants": 3, "station": {}},
        {"participants": 2, "seats": {"count": 2, "computers": [50, 1]}},
        {"participants": 1, "seats": {"count": 1}},
    ]
    layout = lay_out(oral(rooms, recording_stations=[{}, {"seat": "Р7", "computer": 902}]))
    assert [room.station.computer for room in layout.rooms if room.station] == [2]
    assert [[seat.computer for seat in room.seats] for room in layout.rooms] == [[], [50, 1], [3]]
    assert [(seat.seat, seat.computer) for seat in layout.reserve_seats] == [("Р1", 901), ("Р7", 902)]


def test_room_names_written_down() -> None:
    rooms: list[Data] = [
        {"count": 2, "participants": 1, "station": {}},
        {"name": "0077", "participants": 1, "station": {}},
        {"participants": 1, "station": {}},
    ]
    assert [room.name for room in lay_out(written(rooms)).rooms] == ["0001", "0002", "0077", "0004"]


def test_every_number_names_the_field_that_gave_it() -> None:
    scenario = written([{"count": 2, "participants": 1, "station": {}}], organizer_stations=[{}])
    assert lay_out(scenario).computers == (
        (1, ("point", "rooms", 0, "station", "computer")),
        (2, ("point", "rooms", 0, "station", "computer")),
        (901, ("point", "reserves", "organizer_stations", 0, "computer")),
    )


@given(ROOMS, st.integers(0, 25), st.sampled_from(["0500", None]))
def test_adding_a_room_leaves_the_others_as_they_are(
    rooms: list[Data], present: int, name: str | None
) -> None:
    more: Data = {"participants": present, "station": {}} | ({"name": name} if name else {})
    before, after = lay_out(written(rooms)), lay_out(written([*rooms, more]))
    assert after.rooms[:-1] == before.rooms
    assert (after.members, after.technicians, after.flashes) == (
        before.members,
        before.technicians,
        before.flashes,
    )
    assert after.reserve_stations == before.reserve_stations


@given(ROOMS, RESERVES)
def test_adding_reserves_leaves_the_rooms_as_they_are(rooms: list[Data], reserves: Data) -> None:
    assert lay_out(written(rooms, **reserves)).rooms == lay_out(written(rooms)).rooms


def names(rooms: tuple[RoomPlan, ...], kind: RoomKind) -> list[str]:
    return [person for room in rooms if room.kind is kind for person in room.present]


@given(st.lists(st.integers(0, 8), min_size=1, max_size=4), st.data())
def test_those_who_wait_are_those_who_answer(preparation: list[int], data: st.DataObject) -> None:
    total = sum(preparation)
    conduct = []
    while total:
        conduct.append(data.draw(st.integers(1, min(total, 8))))
        total -= conduct[-1]
    rooms: list[Data] = [
        *({"kind": "conduct", "participants": count, "seats": {"count": 2}} for count in conduct or [0]),
        *({"kind": "preparation", "participants": count, "station": {}} for count in preparation),
    ]
    plans = lay_out(oral(rooms)).rooms
    waiting, answering = names(plans, RoomKind.PREPARATION), names(plans, RoomKind.CONDUCT)
    assert waiting == answering
    assert len(set(waiting)) == sum(preparation)
    assert [len(room.present) for room in plans] == [*(conduct or [0]), *preparation]


def test_the_absent_have_no_name() -> None:
    (room,) = lay_out(written([{"participants": 5, "absent": 2, "station": {}}])).rooms
    assert room.present == ("0001-01", "0001-02", "0001-03")
    assert (room.absent, room.kits) == (2, 5)


def test_reserves_hold_what_the_scenario_says() -> None:
    scenario = written(
        [{"participants": 1, "station": {"paper": 10, "toner_percent": 5, "act": False}}],
        printers=["pantum-p3300dn", "kyocera-ecosys-p2040dn"],
        organizer_stations=[{"act": False, "printer": "kyocera-ecosys-p2040dn"}],
    )
    layout = lay_out(scenario)
    assert layout.reserve_printers == (
        ("printer-x1", "pantum-p3300dn"),
        ("printer-x2", "kyocera-ecosys-p2040dn"),
    )
    assert layout.reserve_stations[0].printer == "kyocera-ecosys-p2040dn"
    station = layout.rooms[0].station
    assert station is not None
    assert (station.paper, station.toner_percent, station.act) == (10, 5, False)
    assert layout.devices()["printer-x2"] is SimPrinter
