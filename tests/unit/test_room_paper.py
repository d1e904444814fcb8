"""The paper of a room: whatever people and devices do with it, every sheet lies in exactly one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.errors import DeviceError
from hal.journal import Journal
from hal.printer import Document
from hal.runtime import MINUTE, SECOND
from hal.scanner import Mode, ScanSettings, Source
from simulators.device import World
from simulators.faults import Never, UntilRepaired
from simulators.paper import Pile, Sheet
from simulators.printer import SimPrinter
from simulators.profiles import PrinterProfile, ScannerProfile, TrayProfile
from simulators.random import Streams
from simulators.room import RoomPaper, kit_of
from simulators.runtime import SimRuntime
from simulators.scanner import SimScanner

SHEETS, FORMS = 4, 2
KITS = tuple(f"900000000000{serial}" for serial in range(6))

PRINTER = PrinterProfile(
    source="made up",
    make="Lab",
    model="Round",
    pages_per_minute=60,
    first_page_out_ms=2_000,
    warm_up_ms=0,
    wake_up_ms=0,
    sleep_after_s=600,
    trays=(TrayProfile(name="cassette", capacity_sheets=60),),
    paper_low_sheets=5,
    cartridge_yield_pages=1000,
    toner_low_percent=10,
    toner_pale_percent=4,
    drum_life_pages=1000,
    drum_in_cartridge=True,
    queue_jobs=3,
)
SCANNER = ScannerProfile(
    source="made up",
    make="Lab",
    model="Flat",
    feeder_sheets=5,
    pages_per_minute={300: 60},
    flatbed_page_ms={300: 3_000},
    warm_up_ms=500,
    natural_skew_mrad=0,
    legible_skew_mrad=50,
)


def ids(kit: str) -> tuple[str, ...]:
    return tuple(f"{kit}/{page}" for page in range(1, SHEETS + 1))


class Desk:
    """One room with two printers (one prints jammed pages again) and two scanners (one without a flatbed)."""

    def __init__(self) -> None:
        self.runtime = SimRuntime()
        journal = Journal(self.runtime.now)
        world = World(self.runtime, Streams(1), journal.write, self.runtime.spawn)
        again = PRINTER.model_copy(update={"reprints_jammed_page": False})
        feeder = SCANNER.model_copy(update={"flatbed_page_ms": {}, "detects_double_feed": True})
        self.printers = [SimPrinter("p0", world, PRINTER), SimPrinter("p1", world, again)]
        self.scanners = [SimScanner("s0", world, SCANNER), SimScanner("s1", world, feeder)]
        self.room = RoomPaper("0001", FORMS)
        self.room.printers = {printer.name: printer for printer in self.printers}
        self.room.counters = {printer.name: 0 for printer in self.printers}
        self.room.scanners = {scanner.name: scanner for scanner in self.scanners}
        self.new_kits = list(KITS)

    def run(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.runtime.run(main())

    # -- where sheets are --------------------------------------------------------------------------

    def places(self) -> Iterator[tuple[str, list[Sheet]]]:
        for printer in self.printers:
            moving = [printer._under_way] if printer._under_way is not None else []
            yield printer.name, [*printer.output.sheets, *printer.stuck, *moving]
        for scanner in self.scanners:
            yield f"{scanner.name} feeder", scanner.feeder.sheets
            yield f"{scanner.name} path", [*scanner.stuck, *scanner._under_way]
            yield f"{scanner.name} output", [*scanner.scanned.sheets, *scanner.glass.sheets]
        room = self.room
        yield "other", room.other
        yield "spoiled", room.spoiled
        yield "forms", [*room.forms.values()]
        yield from ((f"table {kit}", sheets) for kit, sheets in room.table.items())
        yield from ((f"desk {name}", sheets) for name, sheets in room.desks.items())

    def check(self) -> None:
        """Every sheet that a printer has fed lies in exactly one place."""
        lying = [(id(sheet), place) for place, sheets in self.places() for sheet in sheets]
        doubled = [number for number, times in Counter(number for number, _ in lying).items() if times > 1]
        assert doubled == [], [place for number, place in lying if number in doubled]
        assert len(lying) == sum(printer.page_counter for printer in self.printers)

    def check_count(self) -> None:
        """A count by hand finds them all, except what a device is moving this moment."""
        moving = sum(printer._under_way is not None for printer in self.printers)
        moving += sum(len(scanner._under_way) for scanner in self.scanners)
        count = self.room.count()
        assert count.handed_out + count.spoiled + count.left + count.test == (
            sum(printer.page_counter for printer in self.printers) - moving
        )
        dead = any("dead" in printer.faults for printer in self.printers)
        assert count.counter == (-1 if dead else sum(printer.page_counter for printer in self.printers))
        assert count.kits_left == len(self.room.table)

    # -- steps -------------------------------------------------------------------------------------

    async def step(self, name: str, which: int, amount: int) -> None:
        printer, scanner = self.printers[which % 2], self.scanners[which % 2]
        kit = KITS[amount % len(KITS)]
        if name in PRINTER_FAULTS:
            printer.begin_fault(name, printer.FAULTS[name].params, UntilRepaired() if amount else Never())
        elif name.startswith("scanner "):
            kind = name.removeprefix("scanner ")
            scanner.begin_fault(kind, {**scanner.FAULTS[kind].params, "damaged": amount % 2}, UntilRepaired())
        elif name == "print" and self.new_kits:
            await self.submit(printer, ids(self.new_kits.pop(0)))
        elif name == "test page":
            await self.submit(printer, (f"test/st-1/{printer.name}/{amount}",))
        elif name == "wait":
            await self.runtime.sleep(amount * SECOND // 2)
        elif name == "scan":
            await self.scan(scanner, Source.FLATBED if amount % 3 == 0 else Source.FEEDER, amount)
        else:
            self.by_hand(name, kit, printer, scanner, which, amount)

    def by_hand(
        self, name: str, kit: str, printer: SimPrinter, scanner: SimScanner, which: int, amount: int
    ) -> None:
        hands: dict[str, Callable[[], object]] = {
            "print": lambda: None,  # no kits are left
            "repair printer": lambda: repair(printer),
            "repair scanner": lambda: self.repair(scanner),
            "inspect": lambda: self.room.inspect(printer, ids(kit)),
            "put aside": lambda: self.room.put_aside(printer, ids(kit)),
            "hand out": lambda: self.room.hand_out(self.lying(amount, kit), f"participant {which}"),
            "collect": self.collect,
            "load": lambda: self.load(scanner, amount),
            "count": self.check_count,
        }
        hands[name]()

    def lying(self, amount: int, other: str) -> str:
        """Return a kit on the table, seldom one that may not be there."""
        table = [*self.room.table]
        return table[amount % len(table)] if table and amount % 5 else other

    def repair(self, scanner: SimScanner) -> None:
        self.room.clear_feeder(scanner)
        scanner.close_cover()
        scanner.reconnect()

    def collect(self) -> None:
        assert self.room.collect_forms() == len(self.room.forms)

    async def submit(self, printer: SimPrinter, sheets: tuple[str, ...]) -> None:
        with suppress(DeviceError):
            await printer.submit(Document(sheets[0], sheets))

    def load(self, scanner: SimScanner, amount: int) -> None:
        wanted = ("9999999999999/1", *(form for kit in KITS for form in ids(kit)[:FORMS]))[amount % 4 :]
        torn = {identity: sheet.torn for identity, sheet in self.room.forms.items()}
        laid_in, on_glass = self.room.load_feeder(scanner, wanted)
        assert set(laid_in) <= set(wanted)
        if on_glass:
            assert [sheet.identity for sheet in scanner.glass.sheets] == list(laid_in)
        else:
            assert [sheet.identity for sheet in scanner.feeder.sheets] == list(laid_in)
            assert not any(torn.get(identity, False) for identity in laid_in)

    async def scan(self, scanner: SimScanner, source: Source, seconds: int) -> None:
        with suppress(DeviceError, TimeoutError):
            async with self.runtime.timeout(seconds * SECOND // 2 + 1):
                async for _ in scanner.scan(ScanSettings(source, Mode.GRAY, 300)):
                    pass


def repair(printer: SimPrinter) -> None:
    printer.clear_jam()
    printer.close_cover()
    printer.refeed_paper()
    printer.reconnect()


PRINTER_FAULTS = ("jam", "cover-open", "power-cut", "dead", "misfeed")
NAMES = (
    *PRINTER_FAULTS,
    *("print", "print", "wait", "wait", "inspect", "inspect", "put aside", "count", "test page"),
    *("hand out", "hand out", "hand out", "collect", "collect", "load", "load", "load"),
    *("scan", "scan", "scan", "repair printer", "repair scanner"),
    *("scanner jam", "scanner double-feed", "scanner cover-open", "scanner offline"),
)
STEPS = st.tuples(st.sampled_from(NAMES), st.integers(0, 3), st.integers(0, 24))


def printed(desk: Desk, *identities: str, printer: int = 0, mark: str = "") -> None:
    """Lay sheets in a printer's output as if they had just come out."""
    for identity in identities:
        sheet = Sheet(identity)
        if mark:
            setattr(sheet, mark, True)
        desk.printers[printer].output.add([sheet])
        desk.printers[printer].supplies.pages += 1


def prepared() -> Desk:
    """Return a room in which some kits are printed already, one of them with a torn page printed again."""
    desk = Desk()
    printed(desk, *ids(KITS[0]), f"{KITS[1]}/1")
    printed(desk, f"{KITS[1]}/2", mark="torn")
    printed(desk, *ids(KITS[1])[1:], *ids(KITS[2]))
    desk.new_kits = desk.new_kits[3:]
    desk.room.collect_output(desk.printers[0])
    return desk


@given(st.lists(STEPS, max_size=40))
@settings(max_examples=400)
def test_no_sheet_is_ever_lost_or_doubled(steps: list[tuple[str, int, int]]) -> None:
    desk = prepared()

    async def main() -> None:
        for step in steps:
            await desk.step(*step)
            desk.check()
        await desk.runtime.sleep(5 * MINUTE)  # what is moving comes to rest
        desk.check()
        desk.check_count()
        desk.check()

    desk.run(main)


def test_these_steps_lead_everywhere() -> None:
    """Whether the test above can find anything: in some days of chance every place is used."""
    luck = Streams(2).stream("paper", "steps")
    used: dict[str, int] = {}

    async def main(desk: Desk) -> None:
        for _ in range(60):
            await desk.step(luck.choice(NAMES), luck.below(4), luck.below(25))
            desk.check()
            for place, sheets in desk.places():
                name = place if place[:1] == "s" else place.partition(" ")[0]
                used[name] = max(used.get(name, 0), len(sheets))

    for _ in range(60):
        desk = prepared()
        desk.runtime.run(main(desk))
        desk.check()
    assert min(used.values()) >= 1, used
    assert len(used) == 13


# -- single steps ----------------------------------------------------------------------------------------


def test_a_whole_kit_is_good() -> None:
    desk = Desk()
    printed(desk, *ids("7"), "test/st-1/p0/0", *ids("8"))
    assert desk.room.inspect(desk.printers[0], ids("7")) == ()
    assert [*desk.room.table] == ["7", "8"]
    assert [sheet.identity for sheet in desk.room.other] == ["test/st-1/p0/0"]
    desk.check()


@pytest.mark.parametrize("mark", ["torn", "streaked", "pale"])
def test_defective_and_missing_sheets_are_named(mark: str) -> None:
    desk = Desk()
    printed(desk, "7/1", "7/3")
    printed(desk, "7/2", mark=mark)
    assert desk.room.inspect(desk.printers[0], ids("7")) == ("7/2", "7/4")
    assert desk.room.inspect(desk.printers[0], ids("8")) == ids("8")


def test_a_torn_sheet_spoils_the_kit_although_the_page_was_printed_again() -> None:
    desk = Desk()
    printed(desk, "7/1")
    printed(desk, "7/2", mark="torn")
    printed(desk, "7/2", "7/3", "7/4")
    assert desk.room.inspect(desk.printers[0], ids("7")) == ("7/2",)


def test_what_comes_out_after_the_kit_was_put_aside_is_spoiled_too() -> None:
    desk = Desk()
    printed(desk, "7/1", "7/2")
    desk.room.put_aside(desk.printers[0], ids("7"))
    printed(desk, "7/3", "7/4", *ids("8"))
    count = desk.room.count()
    assert (count.spoiled, count.left, count.kits_left, count.counter) == (4, 4, 1, 8)


def test_handing_out_and_collecting() -> None:
    desk = Desk()
    room = desk.room
    printed(desk, *ids("7"), *ids("8"))
    room.collect_output(desk.printers[0])
    room.hand_out("7", "ann")
    room.hand_out("8", "bob")
    assert room.collect_forms() == 4
    assert {identity: sheet.filled_by for identity, sheet in room.forms.items()} == {
        "7/1": "ann",
        "7/2": "ann",
        "8/1": "bob",
        "8/2": "bob",
    }
    assert [sheet.identity for sheet in room.desks["ann"]] == ["7/3", "7/4"]
    assert room.collect_forms() == 4  # whoever collects again finds no more forms
    desk.check()
    assert room.count().handed_out == 8


def test_a_second_kit_does_not_push_the_first_off_the_desk() -> None:
    desk = Desk()
    printed(desk, *ids("7"), *ids("8"))
    desk.room.collect_output(desk.printers[0])
    for kit in ("7", "8"):
        desk.room.hand_out(kit, "ann")
    assert desk.room.kits_handed_out == 2
    assert desk.room.collect_forms() == 4
    desk.check()


def test_a_kit_that_is_not_there_cannot_be_handed_out() -> None:
    desk = Desk()
    desk.room.hand_out("7", "ann")
    assert (desk.room.desks, desk.room.kits_handed_out) == ({}, 0)


def with_forms(*torn: str) -> Desk:
    desk = Desk()
    for kit in ("7", "8", "9"):
        printed(desk, *ids(kit))
        desk.room.collect_output(desk.printers[0])
        desk.room.hand_out(kit, f"of {kit}")
    desk.room.collect_forms()
    for identity in torn:
        desk.room.forms[identity].torn = True
    return desk


WANTED = ("7/1", "7/2", "8/1", "8/2", "9/1", "9/2")


def test_the_feeder_takes_as_many_as_fit() -> None:
    desk = with_forms()
    assert desk.room.load_feeder(desk.scanners[0], WANTED) == (WANTED[:5], False)
    assert [*desk.room.forms] == ["9/2"]
    # what lies there is taken out first, so that what is laid in now is what is wanted now
    assert desk.room.load_feeder(desk.scanners[0], ("9/2", "7/1")) == (("9/2", "7/1"), False)
    desk.check()


def test_torn_sheets_go_on_the_glass_one_by_one_after_the_rest() -> None:
    desk = with_forms("7/2", "8/1")
    assert desk.room.load_feeder(desk.scanners[0], WANTED) == (("7/1", "8/2", "9/1", "9/2"), False)
    assert desk.room.load_feeder(desk.scanners[0], ("7/2", "8/1")) == (("7/2",), True)
    assert desk.room.load_feeder(desk.scanners[0], ("8/1",)) == (("8/1",), True)
    assert desk.room.load_feeder(desk.scanners[1], ("7/2", "8/1")) == ((), False)  # it has no glass
    desk.check()


def test_another_scanner_gets_what_still_lies_in_the_first() -> None:
    desk = with_forms()
    desk.room.load_feeder(desk.scanners[0], WANTED)
    desk.scanners[0].stuck = [desk.scanners[0].feeder.sheets.pop(0)]
    laid_in, _ = desk.room.load_feeder(desk.scanners[1], WANTED[:3])
    assert laid_in == WANTED[:3]
    assert desk.scanners[0].feeder.sheets == desk.scanners[0].stuck == []
    desk.check()


def test_counting_looks_everywhere() -> None:
    desk = with_forms()
    desk.room.load_feeder(desk.scanners[0], WANTED)
    desk.scanners[0].stuck = [desk.scanners[0].feeder.sheets.pop()]
    desk.scanners[0].lay_on_glass(desk.room.forms.pop("9/2"))
    printed(desk, "test/st-1/p1/0", *ids("5"), printer=1)
    desk.printers[1].stuck = [Sheet("6/1", torn=True)]
    desk.printers[1].supplies.pages += 1
    count = desk.room.count()
    assert (count.handed_out, count.left, count.test, count.spoiled) == (12, 5, 1, 0)
    assert (count.kits_handed_out, count.kits_left, count.counter) == (3, 2, 18)


def test_the_counters_count_from_the_first_use_in_this_room() -> None:
    desk = Desk()
    desk.printers[0].supplies.pages = 500
    desk.room.counters["p0"] = 500
    printed(desk, *ids("7"))
    assert desk.room.count().counter == 4


def test_a_dead_printer_shows_no_counter() -> None:
    desk = Desk()
    desk.printers[1].begin_fault("dead", {}, Never())
    assert desk.room.count().counter == -1


@pytest.mark.parametrize(
    ("identity", "kit"),
    [
        ("9000000000179/3", "9000000000179"),
        ("test/st-1/p0/0", ""),
        ("7/", ""),
        ("7", ""),
        ("", ""),
    ],
)
def test_the_kit_of_a_sheet(identity: str, kit: str) -> None:
    assert kit_of(identity) == kit


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_a_pile(lying: list[str], wanted: list[str]) -> None:
    pile = Pile("tray")
    sheets = [Sheet(identity) for identity in lying]
    pile.add(sheets)
    taken = pile.take(wanted)
    assert taken == [sheet for sheet in sheets if sheet.identity in wanted]
    assert pile.sheets == [sheet for sheet in sheets if sheet.identity not in wanted]
    assert [*taken, *pile.take_all()] != sheets or pile.sheets == []
    assert pile.take_all() == []
