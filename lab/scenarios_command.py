"""``ppelab scenarios``: the library, a scenario in words, checking of files, the schema of the language."""

from __future__ import annotations

import json
import textwrap
from argparse import Namespace
from collections.abc import Iterator

from lab.describe import clock, duration, key_of, named
from lab.story import parameters
from lab.summary import expectation
from lab.text import Texts
from scenarios.expectations import expected
from scenarios.layout import default_kind
from scenarios.loading import library, load
from scenarios.model import FaultSpec, Scenario
from scenarios.problems import BadInput, Problem
from scenarios.reading import event_fields
from simulators import profiles
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
from station_core.point import RoomKind
from station_core.regulation import editions

WIDTH = 96

FAMILIES: dict[str, tuple[type[SimDevice], tuple[str, ...]]] = {
    "printer": (SimPrinter, ("printer-0001", "printer-r1", "printer-x1")),
    "scanner": (SimScanner, ("scanner-0001", "scanner-r1", "scanner-x1")),
    "token": (SimToken, ("token-1",)),
    "port": (SimTokenPort, ("port-st-0001", "port-rec-0101-1", "port-hq")),
    "headset": (SimHeadset, ("headset-0101-1", "headset-r1", "headset-x1")),
    "computer": (SimComputer, ("pc-0001", "pc-0101-1", "pc-r1", "pc-rec-r1")),
    "channel": (SimChannel, ("channel-main", "channel-reserve")),
    "flash": (SimFlash, ("flash-1",)),
    "person": (SimPerson, ("technician-1", "member-1", "organizer-0001-1", "head")),
    "participant": (SimParticipant, ("participant-0001-01",)),
}
"""Families of what a fault can strike: the model, and names such as a scenario's ``target`` takes."""


def list_scenarios(args: Namespace, texts: Texts) -> int:  # noqa: ARG001
    """Print the scenarios of the library with their titles and rules."""
    scenarios = [(name, load(name)) for name in library()]
    width = max(len(name) for name, _ in scenarios)
    for name, scenario in scenarios:
        print(f"{name:<{width}}  {scenario.title}")
        if scenario.rule:
            print(f"{'':<{width}}  {texts('scenario-rules', rules=', '.join(scenario.rule))}")
    return 0


def show_scenario(args: Namespace, texts: Texts) -> int:
    """Print one scenario in words.

    Raises:
        BadInput: There is no such scenario, or it is not correct.
    """
    for line in _scenario_lines(load(args.scenario), texts):
        print(line)
    return 0


def _scenario_lines(scenario: Scenario, texts: Texts) -> Iterator[str]:
    yield scenario.title
    yield ""
    yield from textwrap.wrap(scenario.about, WIDTH)
    yield ""
    if scenario.rule:
        yield texts("scenario-rules", rules=", ".join(scenario.rule))
    yield texts("scenario-edition", edition=scenario.edition)
    exam = scenario.exam
    kind = texts("exam-written" if exam.kind is ExamKind.WRITTEN else "exam-oral")
    yield texts("scenario-exam", kind=kind, subject=exam.subject, date=exam.exam_date.isoformat())
    yield ""
    yield from _point_lines(scenario, texts)
    yield ""
    yield texts("scenario-faults" if scenario.faults else "scenario-no-faults")
    for fault in scenario.faults:
        yield from _wrapped(fault_line(fault, texts))
    yield ""
    yield texts("scenario-expectations")
    for code, spec in expected(scenario):
        if spec is None:
            yield from _wrapped(texts(key_of("finding", code)))
        else:
            yield from _wrapped(spec.title or expectation(spec, texts))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _point_lines(scenario: Scenario, texts: Texts) -> Iterator[str]:
    point = scenario.point
    yield texts("scenario-point", region=point.region, code=point.code)
    for room in point.rooms:
        kind = default_kind(scenario, room)
        devices = []
        if room.station is not None and kind is not RoomKind.CONDUCT:
            devices.append(room.station.printer)
            devices += [room.station.scanner] if kind is RoomKind.EXAM else []
        if room.seats is not None:
            devices.append(f"{room.seats.count} × {room.seats.headset}")
        yield texts(
            "scenario-rooms",
            count=room.count,
            kind=str(kind),
            participants=room.participants,
            absent=room.absent,
            devices=", ".join(devices),
        )
    reserves = point.reserves
    yield texts(
        "scenario-reserves",
        stations=len(reserves.organizer_stations),
        recorders=len(reserves.recording_stations),
        printers=len(reserves.printers),
        scanners=len(reserves.scanners),
        headsets=len(reserves.headsets),
        flashes=reserves.flash_drives,
        kits=reserves.kits,
    )
    staff = point.staff
    yield texts("scenario-staff", technicians=staff.technicians, members=staff.commission_members)


def fault_line(fault: FaultSpec, texts: Texts) -> str:
    """Say a fault of a scenario in words."""
    if fault.at is not None:
        when = texts("trigger-at", clock=clock(texts, fault.at, short=True))
    elif fault.after is not None:
        what = named(texts, "occurrence", fault.after.what)
        when = texts("trigger-after", what=what, count=str(fault.after.count))
    elif fault.rate is not None:
        what = named(texts, "occurrence", fault.rate.what)
        when = texts("trigger-rate", what=what, percent=f"{fault.rate.per_million / 10_000:g}")
    else:
        raise ValueError(f"the fault on {fault.target} has no trigger")
    if fault.lasts is not None:
        until = texts("ending-lasts", duration=duration(texts, fault.lasts))
    else:
        until = texts(f"ending-{fault.ends}")
    kind = named(texts, "fault", fault.kind)
    if fault.params:
        kind = f"{kind} ({parameters(fault.params)})"
    return texts("fault-line", target=fault.target, kind=kind, when=when, until=until)


def check_files(args: Namespace, texts: Texts) -> int:
    """Check scenario files; say which are correct.

    Raises:
        BadInput: With the problems of all files.
    """
    problems: list[Problem] = []
    for file in args.files:
        try:
            load(file)
        except BadInput as error:
            problems += error.problems
        else:
            print(texts("scenario-correct", file=file))
    if problems:
        raise BadInput(tuple(problems))
    return 0


def print_schema(args: Namespace, texts: Texts) -> int:  # noqa: ARG001
    """Print the scenario language as JSON Schema."""
    print(json.dumps(schema(texts), ensure_ascii=False, indent=2))
    return 0


def schema(texts: Texts) -> dict[str, object]:
    """Return the JSON Schema of scenario files, and beside it what only the whole can tell.

    ``x-faults`` holds the kinds of faults by family of devices, ``x-profiles`` the names of device
    profiles, ``x-editions`` the editions of the regulation, ``x-events`` the events and their fields.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Scenario.model_json_schema(),
        "x-faults": {family: _faults(family, texts) for family in FAMILIES},
        "x-profiles": {family: list(profiles.names(family)) for family in profiles.FAMILIES},
        "x-editions": list(editions()),
        "x-events": {name: list(fields) for name, fields in event_fields().items()},
    }


def _faults(family: str, texts: Texts) -> dict[str, object]:
    model, targets = FAMILIES[family]
    kinds = {
        kind: {
            "meaning": texts(f"meaning-{family}-{kind}"),
            "params": dict(about.params),
            "after": about.occurrence,
        }
        for kind, about in model.FAULTS.items()
    }
    return {"targets": list(targets), "kinds": kinds}
