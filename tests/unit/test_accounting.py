"""The accounts of real days: they balance, and whatever is taken out of the journal is missed and named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

import msgspec
import pytest

from hal.journal import Entry, Event
from scenarios.accounting import Accounts, Imbalance, account
from scenarios.loading import load
from scenarios.runner import run
from station_core.events import (
    AnswerRecorded,
    AudioExported,
    ExamBegan,
    ExportFailed,
    FormsCollected,
    FormsScanned,
    KitHandedOut,
    KitPrinted,
    KitRejected,
    PackageExported,
    PaperCounted,
    RecordingsCounted,
    RoomFailed,
)

E = TypeVar("E", bound=Event)
Mutation = Callable[[list[Event]], object]


@cache
def journal(name: str) -> tuple[Entry, ...]:
    return tuple(run(load(name), 1, name=name).entries)


def events(name: str) -> list[Event]:
    return [entry.event for entry in journal(name)]


def accounts(found: Sequence[Event]) -> Accounts:
    return account([Entry(n, n, event) for n, event in enumerate(found)])


def place(found: list[Event], kind: type[E], /, **where: object) -> int:
    """Return where the first such event stands."""
    return next(
        index
        for index, event in enumerate(found)
        if isinstance(event, kind) and all(getattr(event, name) == value for name, value in where.items())
    )


def change(found: list[Event], kind: type[Event], /, **by: int) -> None:
    """Add to the numbers of the first such event in room 0002 (written) or of the first at all."""
    has_room = "room" in kind.__struct_fields__ and kind is not RecordingsCounted
    index = place(found, kind, room="0002") if has_room else place(found, kind)
    event = found[index]
    found[index] = msgspec.structs.replace(
        event, **{name: getattr(event, name) + more for name, more in by.items()}
    )


def miscount(field: str, by: int) -> Mutation:
    return lambda found: change(found, PaperCounted, **{field: by})


def printed_and_rejected(found: list[Event]) -> str:
    index = place(found, KitRejected, room="0002")
    event = found[index]
    assert isinstance(event, KitRejected)
    return event.kit


def good_kit(found: list[Event], room: str = "0002") -> str:
    event = found[place(found, KitHandedOut, room=room)]
    assert isinstance(event, KitHandedOut)
    return event.kit


@pytest.mark.parametrize("name", ["printer-jam", "audio-quality-check"])
def test_a_real_day_balances(name: str) -> None:
    found = account(journal(name))
    assert found.all_problems() == []
    assert found.balances
    assert all(room.balances for room in found.rooms.values())


def test_the_numbers_of_the_printer_jam() -> None:
    found = account(journal("printer-jam"))
    room = found.rooms["0002"]
    assert room.counted is not None
    assert (room.kits_printed, room.kits_rejected, room.kits_handed_out) == (14, 1, 14)
    # the 60th sheet that the room prints is torn: some test page and whole kits of 16 sheets before it
    assert room.counted.spoiled_sheets == 60 % 16 - room.counted.test_sheets + 1
    assert room.counted.handed_out_sheets == 14 * 16
    assert (room.forms_due, room.forms_scanned, room.forms_missing) == (14 * 4, 14 * 4, 0)
    assert found.total("kits_handed_out") == 70
    assert sorted(found.rooms) == ["0001", "0002", "0003", "0004", "0005"]


def test_the_numbers_of_the_oral_day() -> None:
    found = account(journal("audio-quality-check"))
    room = found.rooms["0101"]
    assert (room.answers, room.recordings, room.recordings_due) == (8, 8, 8)
    assert (found.recordings_recorded, found.recordings_exported) == (8, 8)
    assert found.rooms["0001"].kits_handed_out == 8


WRITTEN: list[tuple[str, Mutation, list[tuple[str, str]]]] = [
    ("KitHandedOut lost", lambda e: e.pop(place(e, KitHandedOut, room="0002")), [("0002", "handed-out")]),
    (
        "KitPrinted lost",
        lambda e: e.pop(place(e, KitPrinted, kit=good_kit(e))),
        [("0002", "kit-never-printed"), ("0002", "kits")],
    ),
    (
        "KitPrinted twice",
        lambda e: e.insert(place(e, KitPrinted, kit=good_kit(e)), e[place(e, KitPrinted, kit=good_kit(e))]),
        [("0002", "kit-printed-twice")],
    ),
    (
        "printed again in another room",
        lambda e: e.insert(
            place(e, KitPrinted, room="0003"), KitPrinted("st-0003", "0003", good_kit(e, "0003"), 16)
        ),
        [("0003", "kit-printed-twice")],
    ),
    (
        "a good kit rejected",
        lambda e: e.insert(
            place(e, KitHandedOut, room="0002"), KitRejected("st-0002", "0002", good_kit(e), "x", 16)
        ),
        [("0002", "kit-rejected"), ("0002", "kits")],
    ),
    (
        "a kit from nowhere",
        lambda e: e.append(KitHandedOut("0002", "9000000000000", "0002-15")),
        [("0002", "kit-never-printed"), ("0002", "handed-out")],
    ),
    (
        "a rejected kit handed out",
        lambda e: e.append(KitHandedOut("0002", printed_and_rejected(e), "0002-15")),
        [("0002", "kit-never-printed"), ("0002", "kit-rejected"), ("0002", "handed-out")],
    ),
    *(
        (f"{field} {by:+}", miscount(field, by), [("0002", "sheets")])
        for field in (
            "handed_out_sheets",
            "spoiled_sheets",
            "left_sheets",
            "test_sheets",
            "counter_sheets",
        )
        for by in (-1, 1)
    ),
    (
        "a kit counted less",
        lambda e: change(e, PaperCounted, kits_handed_out=-1),
        [("0002", "kits"), ("0002", "handed-out")],
    ),
    ("a kit left that was not", lambda e: change(e, PaperCounted, kits_left=1), [("0002", "kits")]),
    (
        "a kit handed out that is said to be left",
        lambda e: change(e, PaperCounted, kits_left=1, kits_handed_out=-1),
        [("0002", "handed-out")],
    ),
    ("paper never counted", lambda e: e.pop(place(e, PaperCounted, room="0002")), [("0002", "not-counted")]),
    ("an export lost", lambda e: e.pop(place(e, PackageExported, room="0002")), [("0002", "works")]),
    ("a work not exported", lambda e: change(e, PackageExported, works=-1), [("0002", "works")]),
    (
        "forms never scanned",
        lambda e: e.pop(place(e, FormsScanned, room="0002")),
        [("0002", "forms"), ("0002", "works")],
    ),
    ("forms never collected", lambda e: e.pop(place(e, FormsCollected, room="0002")), [("0002", "forms")]),
    ("missing forms not reported", lambda e: change(e, FormsScanned, sheets=-1), [("0002", "forms")]),
    ("a form scanned twice", lambda e: change(e, FormsScanned, sheets=1), [("0002", "forms")]),
    ("a form lost on the way", lambda e: change(e, FormsCollected, sheets=-1), [("0002", "forms")]),
]

ORAL: list[tuple[str, Mutation, list[tuple[str, str]]]] = [
    (
        "AnswerRecorded lost",
        lambda e: e.pop(place(e, AnswerRecorded)),
        [("0101", "answers")],
    ),
    (
        "a recording lost on the station",
        lambda e: change(e, RecordingsCounted, found=-1),
        [("0101", "recordings"), ("0101", "answers")],
    ),
    (
        "an answer not in the list",
        lambda e: change(e, RecordingsCounted, expected=-1),
        [("0101", "participants"), ("0101", "recordings")],
    ),
    (
        "a recording lost, and the list made to fit",
        lambda e: change(e, RecordingsCounted, found=-1, expected=-1),
        [("0101", "participants"), ("0101", "answers")],
    ),
    ("recordings never counted", lambda e: e.pop(place(e, RecordingsCounted)), [("0101", "answers")]),
    ("an answer not exported", lambda e: change(e, AudioExported, recordings=-1), [("", "exported")]),
    ("a station not exported", lambda e: e.pop(place(e, AudioExported)), [("", "exported")]),
    ("blanks never counted", lambda e: e.pop(place(e, PaperCounted)), [("0001", "not-counted")]),
]


def named(found: Accounts) -> list[tuple[str, str]]:
    of_rooms = [(room.room, problem.code) for room in found.rooms.values() for problem in room.problems]
    return [*of_rooms, *(("", problem.code) for problem in found.problems)]


@pytest.mark.parametrize(
    ("name", "mutation", "expected"),
    [
        pytest.param(name, mutation, expected, id=what)
        for name, cases in (("printer-jam", WRITTEN), ("audio-quality-check", ORAL))
        for what, mutation, expected in cases
    ],
)
def test_a_mutated_journal(name: str, mutation: Mutation, expected: list[tuple[str, str]]) -> None:
    mutated = events(name)
    mutation(mutated)
    assert mutated != events(name)
    found = accounts(mutated)
    assert named(found) == expected
    assert not found.balances
    told = found.all_problems()
    assert len(told) == len(expected)
    assert all(
        text.startswith(f"{room}: " if room else "") for text, (room, _) in zip(told, expected, strict=True)
    )


def test_what_is_said_of_it() -> None:
    mutated = events("printer-jam")
    change(mutated, PaperCounted, spoiled_sheets=-1)
    (problem,) = accounts(mutated).rooms["0002"].problems
    assert isinstance(problem, Imbalance)
    counters, by_hand = int(problem.values["counters"]), int(problem.values["by_hand"])
    assert counters == by_hand + 1
    assert str(problem) == f"sheets: {counters} by the counters, {by_hand} by hand"


def test_a_counter_that_cannot_be_read_is_no_witness() -> None:
    mutated = events("printer-jam")
    index = place(mutated, PaperCounted, room="0002")
    mutated[index] = msgspec.structs.replace(mutated[index], counter_sheets=-1)
    assert accounts(mutated).balances
    mutated[index] = msgspec.structs.replace(mutated[index], counter_sheets=-2)
    assert not accounts(mutated).balances


def test_missing_forms_that_are_reported_balance() -> None:
    mutated = events("printer-jam")
    change(mutated, FormsScanned, sheets=-3, missing=3)
    assert accounts(mutated).balances


def test_exports_that_failed_and_were_reported_balance() -> None:
    mutated = events("printer-jam")
    index = place(mutated, PackageExported, room="0002")
    mutated[index] = ExportFailed("st-0002", "0002", "blanks", 14)
    assert accounts(mutated).balances
    after_all = [*events("printer-jam"), ExportFailed("st-0002", "0002", "blanks", 14)]  # the drive was lost
    assert accounts(after_all).balances
    assert accounts(after_all).rooms["0002"].works_exported == 0
    mutated = events("audio-quality-check")
    index = place(mutated, AudioExported)
    lost = mutated[index]
    assert isinstance(lost, AudioExported)
    mutated[index] = ExportFailed(lost.station, "0101", "audio", lost.recordings)
    assert accounts(mutated).balances
    mutated[index] = ExportFailed(lost.station, "0101", "audio", lost.recordings - 1)
    assert named(accounts(mutated)) == [("", "exported")]


def test_what_is_exported_again_hides_nothing() -> None:
    """A drive that is lost on its way: its package is exported once more, to the reserve drive."""
    day = events("audio-quality-check")
    first, second, *_ = (event for event in day if isinstance(event, AudioExported))
    again = [*day, msgspec.structs.replace(first, package="again", flash="flash-9")]
    assert accounts(again).recordings_exported == 8
    assert accounts(again).balances
    again.remove(second)
    assert named(accounts(again)) == [("", "exported")]
    lost = [*day, ExportFailed(first.station, "0101", "audio", first.recordings)]
    assert accounts(lost).recordings_exported == 8 - first.recordings
    assert accounts(lost).balances


def test_participants_who_gave_no_answer_balance_only_if_that_is_reported() -> None:
    day = [ExamBegan("0101", 2), RecordingsCounted("0101", 0, 0)]
    assert named(accounts(day)) == [("0101", "participants")]
    day.insert(1, RoomFailed("0101", "answers-missing", 2))
    reported = accounts(day)
    assert reported.balances
    room = reported.rooms["0101"]
    assert (room.participants, room.recordings_due, room.unserved) == (2, 0, 2)


def test_an_empty_journal_balances() -> None:
    assert accounts([]).balances
    assert accounts([]).all_problems() == []
