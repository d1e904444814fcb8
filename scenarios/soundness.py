"""What the schema cannot see: numbers used twice, unknown profiles, faults on nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from hal.runtime import clock_text
from scenarios.layout import Layout, default_kind, lay_out
from scenarios.model import BEGINNING, FaultSpec, RoomSpec, Scenario, StationSpec
from scenarios.problems import Path
from simulators.faults import FaultKind, bounds_of
from simulators.profiles import (
    UnknownProfile,
    headset_profile,
    names,
    printer_profile,
    scanner_profile,
    token_profile,
)
from station_core.materials import ExamKind
from station_core.point import RoomKind
from station_core.regulation import editions

Found = tuple[Path, str, Mapping[str, str]]
"""Field, code of the problem, values of its message."""

MAX_PER_SEAT = 4
"""At most four participants per workplace and day [001:14-25]."""


def check(scenario: Scenario) -> Iterator[Found]:
    """Yield everything that is wrong with a scenario whose fields are right one by one."""
    if scenario.edition not in editions():
        yield ("edition",), "unknown-edition", {"known": ", ".join(editions())}
    rooms = list(_rooms(scenario))
    yield from rooms
    yield from _profiles(scenario)
    yield from _token(scenario)
    yield from _certificates(scenario)
    yield from _paper(scenario)
    if rooms:
        return  # names of stations and computers follow from the rooms; more messages would only confuse
    layout = lay_out(scenario)
    yield from _numbers(layout)
    yield from _names(layout)
    yield from _seat_numbers(scenario)
    yield from _kits(scenario)
    yield from _faults(scenario, layout)
    yield from _expectations(scenario)


def _rooms(scenario: Scenario) -> Iterator[Found]:
    written = scenario.exam.kind is ExamKind.WRITTEN
    for index, room in enumerate(scenario.point.rooms):
        path: Path = ("point", "rooms", index)
        kind = default_kind(scenario, room)
        if written is not (kind is RoomKind.EXAM):
            yield (*path, "kind"), "room-kind-of-other-exam", {"kind": kind, "exam": scenario.exam.kind}
        elif kind is RoomKind.CONDUCT:
            yield from _seats(room, path)
        elif room.station is None:
            yield (*path, "station"), "room-without-station", {"kind": kind}
        if room.absent > room.participants:
            yield (*path, "absent"), "more-absent-than-seated", {"seated": str(room.participants)}
        if room.count > 1 and room.name is not None:
            yield (*path, "name"), "one-name-for-many-rooms", {"count": str(room.count)}
        if room.count > 1 and room.station is not None and room.station.computer is not None:
            yield (*path, "station", "computer"), "one-number-for-many-rooms", {"count": str(room.count)}
    if written:
        return
    if any(default_kind(scenario, room) is RoomKind.CONDUCT for room in scenario.point.rooms):
        yield from _oral_counts(scenario)
    else:
        yield ("point", "rooms"), "no-conduct-room", {}


def _seats(room: RoomSpec, path: Path) -> Iterator[Found]:
    seats = room.seats
    if seats is None:
        yield (*path, "seats"), "room-without-station", {"kind": RoomKind.CONDUCT}
    elif seats.computers is not None and len(seats.computers) != seats.count:
        yield (*path, "seats", "computers"), "computers-not-seats", {"count": str(seats.count)}
    elif room.participants - room.absent > MAX_PER_SEAT * seats.count:
        values = {"most": str(MAX_PER_SEAT * seats.count)}
        yield (*path, "participants"), "too-many-for-seats", values


def _oral_counts(scenario: Scenario) -> Iterator[Found]:
    """Those who get a blank are those who answer."""
    present = dict.fromkeys(RoomKind, 0)
    for room in scenario.point.rooms:
        present[default_kind(scenario, room)] += (room.participants - room.absent) * room.count
    if present[RoomKind.PREPARATION] != present[RoomKind.CONDUCT]:
        values = {kind.value: str(number) for kind, number in present.items() if kind is not RoomKind.EXAM}
        yield ("point", "rooms"), "oral-counts-differ", values


def _profiles(scenario: Scenario) -> Iterator[Found]:
    point = scenario.point
    wanted: list[tuple[Path, Callable[[str], object], str]] = []
    for index, room in enumerate(point.rooms):
        path: Path = ("point", "rooms", index)
        if room.station is not None:
            wanted.append(((*path, "station", "printer"), printer_profile, room.station.printer))
            wanted.append(((*path, "station", "scanner"), scanner_profile, room.station.scanner))
        if room.seats is not None:
            wanted.append(((*path, "seats", "headset"), headset_profile, room.seats.headset))
    reserves: Path = ("point", "reserves")
    for index, station in enumerate(point.reserves.organizer_stations):
        path = (*reserves, "organizer_stations", index)
        wanted.append(((*path, "printer"), printer_profile, station.printer))
        wanted.append(((*path, "scanner"), scanner_profile, station.scanner))
    for index, recorder in enumerate(point.reserves.recording_stations):
        path = (*reserves, "recording_stations", index, "headset")
        wanted.append((path, headset_profile, recorder.headset))
    for index, name in enumerate(point.reserves.printers):
        wanted.append(((*reserves, "printers", index), printer_profile, name))
    for index, name in enumerate(point.reserves.scanners):
        wanted.append(((*reserves, "scanners", index), scanner_profile, name))
    for index, name in enumerate(point.reserves.headsets):
        wanted.append(((*reserves, "headsets", index), headset_profile, name))
    wanted.append((("point", "staff", "token"), token_profile, point.staff.token))
    for path, find, name in wanted:
        try:
            find(name)
        except UnknownProfile as error:
            yield path, "unknown-profile", {"profile": name, "known": str(error).rpartition("known: ")[2]}


def _paper(scenario: Scenario) -> Iterator[Found]:
    """No more sheets than the printer's trays hold."""
    places: list[tuple[Path, StationSpec]] = [
        (("point", "rooms", index, "station"), room.station)
        for index, room in enumerate(scenario.point.rooms)
        if room.station is not None
    ]
    places += [
        (("point", "reserves", "organizer_stations", index), station)
        for index, station in enumerate(scenario.point.reserves.organizer_stations)
    ]
    for path, station in places:
        if station.paper is not None and station.printer in names("printers"):
            holds = sum(tray.capacity_sheets for tray in printer_profile(station.printer).trays)
            if station.paper > holds:
                yield (*path, "paper"), "more-paper-than-trays", {"holds": str(holds)}


def _token(scenario: Scenario) -> Iterator[Found]:
    """A token that cannot sign or open keys is of no use in an exam point."""
    name = scenario.point.staff.token
    if name in names("tokens"):
        profile = token_profile(name)
        if not (profile.can_sign and profile.can_unwrap):
            yield ("point", "staff", "token"), "token-cannot", {"profile": name}


def _certificates(scenario: Scenario) -> Iterator[Found]:
    staff, seen = scenario.point.staff, set[int]()
    for index, each in enumerate(staff.certificates):
        path: Path = ("point", "staff", "certificates", index)
        if each.member > staff.commission_members:
            values = {"member": str(each.member), "members": str(staff.commission_members)}
            yield (*path, "member"), "certificate-of-nobody", values
        if each.member in seen:
            yield (*path, "member"), "certificate-twice", {"member": str(each.member)}
        seen.add(each.member)
        if each.since is None and each.until is None:
            yield path, "certificate-without-dates", {}
        if each.since is not None and each.until is not None and each.since > each.until:
            yield (*path, "until"), "certificate-ends-before", {"since": str(each.since)}


def _numbers(layout: Layout) -> Iterator[Found]:
    seen: dict[int, Path] = {}
    for number, path in layout.computers:
        if number in seen:
            yield path, "computer-number-twice", {"number": str(number)}
        seen[number] = path


def _names(layout: Layout) -> Iterator[Found]:
    seen: dict[str, int] = {}
    for room in layout.rooms:
        if room.name in seen:
            yield ("point", "rooms", room.spec_index, "name"), "room-twice", {"room": room.name}
        seen[room.name] = room.spec_index


def _seat_numbers(scenario: Scenario) -> Iterator[Found]:
    seen: dict[str, int] = {}
    for index, recorder in enumerate(scenario.point.reserves.recording_stations):
        seat = recorder.seat or f"Р{index + 1}"
        if seat in seen:
            path = ("point", "reserves", "recording_stations", index, "seat")
            yield path, "reserve-seat-twice", {"seat": seat}
        seen[seat] = index


def _kits(scenario: Scenario) -> Iterator[Found]:
    if scenario.exam.forms > scenario.exam.sheets:
        yield ("exam", "kit_forms"), "more-forms-than-sheets", {"sheets": str(scenario.exam.sheets)}


def _faults(scenario: Scenario, layout: Layout) -> Iterator[Found]:
    devices = layout.devices()
    for index, fault in enumerate(scenario.faults):
        path: Path = ("faults", index)
        model = devices.get(fault.target)
        if model is None:
            yield (*path, "target"), "unknown-target", {"target": fault.target, "near": _near(fault, devices)}
            continue
        kind = model.FAULTS.get(fault.kind)
        if kind is None:
            values = {"kind": fault.kind, "target": fault.target, "known": ", ".join(sorted(model.FAULTS))}
            yield (*path, "kind"), "unknown-fault", values
            continue
        yield from _params(fault, kind, (*path, "params"))
        given = sum(trigger is not None for trigger in (fault.at, fault.after, fault.rate))
        if given != 1:
            yield path, "one-trigger", {"given": str(given)}
        counted = fault.after or fault.rate
        occurrences = sorted({about.occurrence for about in model.FAULTS.values() if about.occurrence})
        if counted is not None and counted.what not in occurrences:
            field = "after" if fault.after is not None else "rate"
            values = {"what": counted.what, "target": fault.target, "known": ", ".join(occurrences)}
            yield (*path, field, "what"), "unknown-occurrence", values
        if fault.at is not None and fault.at < BEGINNING:
            yield (*path, "at"), "fault-before-beginning", {"beginning": clock_text(BEGINNING)}
        if fault.lasts is not None and fault.ends == "never":
            yield (*path, "ends"), "lasts-and-never", {}
        if fault.lasts is None and fault.ends == "alone":
            yield (*path, "ends"), "alone-without-lasts", {}


def _params(fault: FaultSpec, kind: FaultKind, path: Path) -> Iterator[Found]:
    for name, value in fault.params.items():
        least, most = bounds_of(name)
        if name not in kind.params:
            yield (*path, name), "unknown-param", {"param": name, "known": ", ".join(kind.params) or "-"}
        elif not least <= value <= most:
            yield (*path, name), "param-out-of-bounds", {"least": str(least), "most": str(most)}


def _near(fault: FaultSpec, devices: Mapping[str, object]) -> str:
    family = fault.target.partition("-")[0]
    near = [name for name in sorted(devices) if name.startswith(family)]
    return ", ".join((near or sorted(devices))[:8])


def _expectations(scenario: Scenario) -> Iterator[Found]:
    from scenarios.reading import event_fields, fits  # noqa: PLC0415 - events are only needed here

    fields = event_fields()
    for index, expect in enumerate(scenario.expect):
        path: Path = ("expect", index)
        if (expect.that is None) == (expect.event is None):
            yield path, "that-or-event", {}
        elif expect.event is not None and expect.event not in fields:
            yield (*path, "event"), "unknown-event", {"known": ", ".join(sorted(fields))}
        elif expect.event is not None:
            for name, value in expect.where.items():
                if name not in fields[expect.event]:
                    values = {"field": name, "known": ", ".join(fields[expect.event])}
                    yield (*path, "where", name), "unknown-event-field", values
                elif not fits(expect.event, name, value):
                    yield (*path, "where", name), "event-field-type", {"field": name, "value": str(value)}
