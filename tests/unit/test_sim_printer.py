"""The printer model: times, supplies, faults, and that no sheet is ever lost or invented."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.errors import DeviceBusy, DeviceDead, DeviceNotFound
from hal.journal import Journal
from hal.printer import (
    CoverOpen,
    Document,
    JobAborted,
    JobState,
    Misfeed,
    OutOfPaper,
    PaperJam,
    PrinterAttention,
    PrinterOffline,
    PrinterState,
    Reason,
    TonerEmpty,
)
from hal.runtime import HOUR, MINUTE, SECOND
from simulators.device import World
from simulators.faults import After, At, Ending, Fault, Lasts, Never, Rate, Trigger, UntilRepaired
from simulators.paper import Sheet
from simulators.printer import SimPrinter
from simulators.profiles import PrinterProfile, TrayProfile
from simulators.random import Streams
from simulators.runtime import SimRuntime

PROFILE = PrinterProfile(
    source="made up, with round numbers",
    make="Lab",
    model="Round",
    pages_per_minute=60,
    first_page_out_ms=5_000,
    warm_up_ms=10_000,
    wake_up_ms=3_000,
    sleep_after_s=60,
    trays=(
        TrayProfile(name="bypass", capacity_sheets=5),
        TrayProfile(name="cassette", capacity_sheets=50),
    ),
    paper_low_sheets=10,
    counts_sheets=True,
    cartridge_yield_pages=100,
    toner_low_percent=10,
    toner_pale_percent=4,
    drum_life_pages=200,
    drum_in_cartridge=False,
    queue_jobs=3,
)


class Room:
    """A printer in virtual time, with a journal."""

    def __init__(self, profile: PrinterProfile = PROFILE, seed: int = 1) -> None:
        self.runtime = SimRuntime()
        self.journal = Journal(self.runtime.now)
        world = World(self.runtime, Streams(seed), self.journal.write, self.runtime.spawn)
        self.printer = SimPrinter("printer-1", world, profile)

    def run(self, main: Callable[[Room], Coroutine[Any, Any, None]]) -> None:
        self.runtime.run(main(self))

    def begin(self, kind: str, ending: Ending = UntilRepaired(), **params: int) -> None:  # noqa: B008
        self.printer.begin_fault(kind, {**self.printer.FAULTS[kind].params, **params}, ending)

    def plan(self, kind: str, trigger: Trigger, ending: Ending = UntilRepaired(), **params: int) -> None:  # noqa: B008
        self.printer.plan(Fault("printer-1", kind, trigger, ending, params))

    async def sleep_to(self, time: int) -> None:
        await self.runtime.sleep(time - self.runtime.now())


def pages(count: int, first: int = 1) -> Document:
    return Document("kit", tuple(f"kit/{number}" for number in range(first, first + count)))


def lying(sheets: list[Sheet]) -> list[str]:
    return [sheet.identity + ("!" if sheet.torn else "") for sheet in sheets]


def test_warm_up_first_page_then_pages_per_minute() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        job = await printer.submit(pages(3))
        assert (await printer.job(job)).state is JobState.PENDING
        status = await printer.status()
        assert (status.state, status.reasons) == (PrinterState.PROCESSING, (Reason.WARMING_UP,))
        await room.sleep_to(15 * SECOND - 1)
        assert (await printer.job(job)).pages == 0
        await room.sleep_to(16 * SECOND + 1)
        seen = await printer.job(job)
        assert (seen.state, seen.pages) == (JobState.PROCESSING, 2)
        done = await printer.wait(job)
        assert (done.state, done.pages, room.runtime.now()) == (JobState.COMPLETED, 3, 17 * SECOND)
        assert lying(printer.take_output()) == ["kit/1", "kit/2", "kit/3"]
        assert lying(printer.take_output()) == []
        assert (await printer.status()).page_counter == 3

    Room().run(main)


def test_wakes_from_sleep_only_after_idling() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        await room.sleep_to(10 * SECOND)
        assert (await printer.status()).reasons == ()
        await printer.wait(await printer.submit(pages(1)))
        assert room.runtime.now() == 15 * SECOND
        await room.sleep_to(74 * SECOND)
        await printer.wait(await printer.submit(pages(1)))
        assert room.runtime.now() == 79 * SECOND  # still ready
        await room.sleep_to(139 * SECOND)
        await printer.wait(await printer.submit(pages(1)))
        assert room.runtime.now() == 147 * SECOND  # 3 s to wake up

    Room().run(main)


def test_queue_is_first_in_first_out_and_bounded() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        first, second, third = [await printer.submit(pages(2, at)) for at in (1, 3, 5)]
        with pytest.raises(DeviceBusy, match="3 jobs in the queue"):
            await printer.submit(pages(1))
        await printer.cancel(second)
        assert (await printer.wait(second)).state is JobState.CANCELED
        assert (await printer.wait(third)).state is JobState.COMPLETED
        assert (await printer.job(first)).pages == 2
        assert lying(printer.take_output()) == ["kit/1", "kit/2", "kit/5", "kit/6"]
        await printer.submit(pages(1))
        with pytest.raises(DeviceNotFound):  # ended jobs are known until the next submit
            await printer.job(first)

    Room().run(main)


def test_cancel_finishes_the_sheet_under_way() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        job = await printer.submit(pages(10))
        await room.sleep_to(16 * SECOND + SECOND // 2)  # the third page is on its way
        await printer.cancel(job)
        assert (await printer.job(job)).state is JobState.PROCESSING
        done = await printer.wait(job)
        assert (done.state, done.pages, room.runtime.now()) == (JobState.CANCELED, 3, 17 * SECOND)
        assert lying(printer.take_output()) == ["kit/1", "kit/2", "kit/3"]

    Room().run(main)


def test_cancel_during_the_last_sheet_completes_the_job() -> None:
    async def main(room: Room) -> None:
        job = await room.printer.submit(pages(1))
        await room.sleep_to(12 * SECOND)
        await room.printer.cancel(job)
        assert (await room.printer.wait(job)).state is JobState.COMPLETED

    Room().run(main)


def test_empty_document_completes() -> None:
    async def main(room: Room) -> None:
        done = await room.printer.wait(await room.printer.submit(pages(0)))
        assert (done.state, done.pages) == (JobState.COMPLETED, 0)

    Room().run(main)


def test_trays_run_out_by_themselves() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        printer.stock(sheets=7)
        assert [(tray.name, tray.sheets) for tray in (await printer.status()).trays] == [
            ("bypass", 5),
            ("cassette", 2),
        ]
        assert Reason.LOW in (await printer.status()).reasons
        job = await printer.submit(pages(10))
        with pytest.raises(OutOfPaper):
            await printer.wait(job)
        status = await printer.status()
        assert (status.state, status.reasons) == (PrinterState.STOPPED, (Reason.EMPTY,))
        assert (await printer.job(job)).reasons == (Reason.EMPTY,)
        assert not printer.add_paper(0)
        assert printer.add_paper(2)
        with pytest.raises(OutOfPaper):
            await printer.wait(job)
        assert printer.add_paper()
        assert sum(tray.sheets or 0 for tray in (await printer.status()).trays) == 55
        assert (await printer.wait(job)).pages == 10

    Room().run(main)


def test_printer_that_cannot_count_senses_only_an_empty_tray() -> None:
    async def main(room: Room) -> None:
        room.printer.stock(sheets=5)
        trays = (await room.printer.status()).trays
        assert [tray.sheets for tray in trays] == [None, 0]
        assert Reason.LOW not in (await room.printer.status()).reasons

    Room(PROFILE.model_copy(update={"counts_sheets": False})).run(main)


def test_toner_grows_low_pale_empty() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        printer.stock(toner_percent=12)
        job = await printer.submit(pages(14))
        await room.sleep_to(15 * SECOND)
        assert Reason.TONER_LOW not in (await printer.status()).reasons
        with pytest.raises(TonerEmpty):
            await printer.wait(job)
        status = await printer.status()
        assert status.reasons == (Reason.TONER_EMPTY,)
        assert status.supplies[0].percent == 0
        printed = printer.take_output()
        assert [sheet.pale for sheet in printed] == [False] * 8 + [True] * 4
        assert all(sheet.defective for sheet in printed[8:])
        assert printer.replace_cartridge()
        assert (await printer.status()).supplies[0].percent == 100
        assert (await printer.wait(job)).pages == 14

    Room().run(main)


def test_toner_low_is_a_warning() -> None:
    async def main(room: Room) -> None:
        room.printer.stock(toner_percent=11)
        await room.printer.wait(await room.printer.submit(pages(1)))
        status = await room.printer.status()
        assert (status.state, status.reasons) == (PrinterState.IDLE, (Reason.TONER_LOW,))

    Room().run(main)


def test_fault_toner_low_drains_on_and_is_lifted_with_the_cartridge() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        room.begin("toner-low", left_percent=2)
        job = await printer.submit(pages(3))
        with pytest.raises(TonerEmpty):
            await printer.wait(job)
        room.begin("toner-empty")
        printer.end_fault("toner-empty", "passed")
        with pytest.raises(TonerEmpty):
            await printer.wait(job)  # lifting one fault gives nothing back that the other has used up
        assert lying(printer.take_output()) == ["kit/1", "kit/2"]
        assert printer.replace_cartridge()
        assert (await printer.wait(job)).pages == 3
        assert (await printer.status()).supplies[0].percent == 99

    Room().run(main)


def test_fault_that_nothing_helps_against_outlives_the_cartridge() -> None:
    async def main(room: Room) -> None:
        room.begin("toner-empty", Never())
        assert not room.printer.replace_cartridge()
        with pytest.raises(TonerEmpty):
            await room.printer.wait(await room.printer.submit(pages(1)))

    Room().run(main)


def test_worn_drum_and_streak_fault() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        printer.stock(drum_pages=199)
        await printer.wait(await printer.submit(pages(3)))
        assert [sheet.streaked for sheet in printer.take_output()] == [False, True, True]
        assert printer.replace_cartridge()
        room.plan("streak", After("page", 2))
        await printer.wait(await printer.submit(pages(3)))
        assert [sheet.streaked for sheet in printer.take_output()] == [False, True, True]
        assert printer.replace_cartridge()
        await printer.wait(await printer.submit(pages(1)))
        assert [sheet.streaked for sheet in printer.take_output()] == [False]

    Room().run(main)


def test_stock_refuses_the_impossible() -> None:
    printer = Room().printer
    for impossible in ({"sheets": 56}, {"sheets": -1}, {"toner_percent": 101}, {"drum_pages": -1}):
        with pytest.raises(ValueError, match="cannot"):
            printer.stock(**impossible)


def test_jam_tears_the_sheet_under_way_and_reprints_its_page() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        job = await printer.submit(pages(4))
        room.plan("jam", At(15 * SECOND + SECOND // 2))
        with pytest.raises(PaperJam):
            await printer.wait(job)
        assert room.runtime.now() == 15 * SECOND + SECOND // 2
        assert lying(printer.stuck) == ["kit/2!"]
        status = await printer.job(job)
        assert (status.state, status.pages, status.reasons) == (JobState.STOPPED, 1, (Reason.JAM,))
        await room.runtime.sleep(MINUTE)
        assert printer.clear_jam()
        assert (await printer.wait(job)).pages == 4
        assert lying(printer.take_output()) == ["kit/1", "kit/2!", "kit/2", "kit/3", "kit/4"]
        assert printer.page_counter == 5

    Room().run(main)


def test_printer_that_does_not_reprint_aborts() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        room.plan("jam", After("page", 2))
        job = await printer.submit(pages(3))
        with pytest.raises(PaperJam):
            await printer.wait(job)
        assert printer.clear_jam()
        with pytest.raises(JobAborted, match="1 of 3 pages missing"):
            await printer.wait(job)
        assert (await printer.job(job)).pages == 2
        assert lying(printer.take_output()) == ["kit/1", "kit/2!", "kit/3"]

    Room(PROFILE.model_copy(update={"reprints_jammed_page": False})).run(main)


def test_jam_between_pages_catches_the_next_sheet() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        await room.sleep_to(20 * SECOND)
        room.begin("jam")
        assert (await printer.status()).state is PrinterState.IDLE
        job = await printer.submit(pages(1))
        with pytest.raises(PaperJam):
            await printer.wait(job)
        assert printer.clear_jam()
        await printer.wait(job)
        assert lying(printer.take_output()) == ["kit/1!", "kit/1"]

    Room().run(main)


def test_hopeless_jam_tears_a_sheet_at_every_try() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        room.begin("jam", Never())
        job = await printer.submit(pages(1))
        for _ in range(3):
            with pytest.raises(PaperJam):
                await printer.wait(job)
            assert not printer.clear_jam()
            await room.runtime.sleep(SECOND)
        assert lying(printer.output.sheets) == ["kit/1!"] * 3
        assert printer.page_counter == 4  # one more is stuck
        await printer.cancel(job)
        assert (await printer.wait(job)).state is JobState.CANCELED

    Room().run(main)


def test_jam_that_passes_frees_the_sheet() -> None:
    async def main(room: Room) -> None:
        room.plan("jam", After("page", 1), Lasts(MINUTE))
        job = await room.printer.submit(pages(1))
        with pytest.raises(PaperJam):
            await room.printer.wait(job)
        await room.runtime.sleep(MINUTE)
        assert (await room.printer.wait(job)).state is JobState.COMPLETED
        assert lying(room.printer.take_output()) == ["kit/1!", "kit/1"]

    Room().run(main)


def test_misfeed_loses_no_sheet() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        room.plan("misfeed", After("page", 2))
        job = await printer.submit(pages(3))
        with pytest.raises(Misfeed):
            await printer.wait(job)
        assert (printer.page_counter, lying(printer.output.sheets)) == (1, ["kit/1"])
        assert printer.refeed_paper()
        await printer.wait(job)
        assert lying(printer.take_output()) == ["kit/1", "kit/2", "kit/3"]

    Room().run(main)


def test_cover_opened_during_a_page_leaves_a_jam() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        job = await printer.submit(pages(1))
        room.plan("cover-open", At(12 * SECOND))
        with pytest.raises(CoverOpen):
            await printer.wait(job)
        assert (await printer.status()).reasons == (Reason.COVER_OPEN, Reason.JAM)
        assert printer.close_cover()
        with pytest.raises(PaperJam):
            await printer.wait(job)
        assert printer.clear_jam()
        assert (await printer.wait(job)).state is JobState.COMPLETED
        assert lying(printer.take_output()) == ["kit/1!", "kit/1"]

    Room().run(main)


def test_most_urgent_reason_comes_first() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        room.begin("jam")
        room.begin("misfeed")
        job = await printer.submit(pages(1))
        with pytest.raises(Misfeed):
            await printer.wait(job)
        for kind in ("out-of-paper", "toner-empty", "cover-open"):
            room.begin(kind)
        order = (Reason.COVER_OPEN, Reason.MISFEED, Reason.TONER_EMPTY, Reason.EMPTY)
        assert (await printer.status()).reasons == order
        for error, repair in (
            (CoverOpen, printer.close_cover),
            (Misfeed, printer.refeed_paper),
            (TonerEmpty, printer.replace_cartridge),
            (OutOfPaper, printer.add_paper),
            (PaperJam, printer.clear_jam),
        ):
            with pytest.raises(error):
                await printer.wait(job)
            assert repair()
            await room.runtime.sleep(0)
        assert (await printer.wait(job)).state is JobState.COMPLETED

    Room().run(main)


def test_offline_lets_the_engine_finish() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        job = await printer.submit(pages(3))
        room.plan("offline", At(12 * SECOND))
        with pytest.raises(PrinterOffline):
            await printer.wait(job)
        assert room.runtime.now() == 12 * SECOND
        for call in (printer.status, lambda: printer.submit(pages(1)), lambda: printer.cancel(job)):
            with pytest.raises(PrinterOffline, match="no connection"):
                await call()
        await room.sleep_to(MINUTE)
        assert printer.reconnect()
        assert (await printer.job(job)).state is JobState.COMPLETED
        assert lying(printer.take_output()) == ["kit/1", "kit/2", "kit/3"]

    Room().run(main)


def test_power_cut_loses_the_jobs_but_no_sheet() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        job, queued = await printer.submit(pages(5)), await printer.submit(pages(5))
        room.plan("power-cut", At(15 * SECOND + 1), Lasts(MINUTE))
        with pytest.raises(PrinterOffline, match="no power"):
            await printer.wait(job)
        await room.sleep_to(76 * SECOND)
        for number in (job, queued):
            with pytest.raises(DeviceNotFound):
                await printer.job(number)
        assert (await printer.status()).reasons == (Reason.JAM, Reason.WARMING_UP)
        again = await printer.submit(pages(1, 9))
        assert again not in (job, queued)
        with pytest.raises(PaperJam):
            await printer.wait(again)
        assert printer.clear_jam()
        await printer.wait(again)
        assert room.runtime.now() == 75 * SECOND + 1 + 10 * SECOND + 5 * SECOND
        assert lying(printer.take_output()) == ["kit/1", "kit/2!", "kit/9"]

    Room().run(main)


def test_short_power_cut_leaves_one_engine() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        await printer.submit(pages(5))
        await room.sleep_to(15 * SECOND + 1)
        room.begin("power-cut")
        assert printer.reconnect()
        assert printer.clear_jam()
        job = await printer.submit(pages(3, 7))
        await printer.wait(job)
        await room.runtime.sleep(HOUR)
        assert lying(printer.take_output()) == ["kit/1", "kit/2!", "kit/7", "kit/8", "kit/9"]

    Room().run(main)


def test_power_cut_at_the_start_of_a_page_or_job_takes_no_sheet() -> None:
    for trigger in (After("page", 2), After("job", 1)):

        async def main(room: Room, trigger: After = trigger) -> None:
            room.plan("power-cut", trigger)
            job = await room.printer.submit(pages(3))
            with pytest.raises(PrinterOffline):
                await room.printer.wait(job)
            assert room.printer.page_counter == trigger.count - 1
            assert room.printer.stuck == []
            assert room.printer.reconnect()
            await room.printer.wait(await room.printer.submit(pages(1)))

        Room().run(main)


def test_slow() -> None:
    async def main(room: Room) -> None:
        room.begin("slow", factor_percent=200)
        await room.printer.wait(await room.printer.submit(pages(2)))
        assert room.runtime.now() == 10 * SECOND + 10 * SECOND + 2 * SECOND
        assert room.printer.reconnect()
        await room.printer.wait(await room.printer.submit(pages(1)))
        assert room.runtime.now() == 27 * SECOND

    Room().run(main)


def test_dead_is_dead() -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        job = await printer.submit(pages(3))
        room.plan("dead", At(16 * SECOND), Never())
        with pytest.raises(DeviceDead):
            await printer.wait(job)
        assert not printer.reconnect()
        for call in (printer.status, lambda: printer.submit(pages(1)), lambda: printer.job(job)):
            with pytest.raises(DeviceDead):
                await call()
        await printer.close()
        assert lying(printer.take_output()) == ["kit/1"]
        assert lying(printer.stuck) == ["kit/2!"]

    Room().run(main)


def test_same_seed_same_journal() -> None:
    def journal(seed: int) -> str:
        room = Room(seed=seed)

        async def main(room: Room) -> None:
            room.plan("jam", Rate("page", 100_000))
            room.plan("misfeed", Rate("page", 100_000))
            job = await room.printer.submit(pages(40))
            state = JobState.PROCESSING
            while not state.ended:
                try:
                    state = (await room.printer.wait(job)).state
                except PaperJam:
                    room.printer.clear_jam()
                except Misfeed:
                    room.printer.refeed_paper()

        room.run(main)
        assert len(room.journal) > 0
        return room.journal.sha256()

    assert journal(1) == journal(1)
    assert journal(1) != journal(2)


KINDS = tuple(SimPrinter.FAULTS)
HANDS = (
    "clear_jam",
    "refeed_paper",
    "add_paper",
    "replace_cartridge",
    "close_cover",
    "reconnect",
    "take_output",
)
STEPS = st.one_of(
    st.tuples(st.just("sleep"), st.integers(0, 12_000_000)),
    st.tuples(st.just("sleep"), st.sampled_from([0, SECOND, 5 * SECOND, 10 * SECOND])),
    st.tuples(
        st.just("begin"), st.tuples(st.sampled_from(KINDS), st.sampled_from(["repair", "lasts", "never"]))
    ),
    st.tuples(st.just("plan"), st.tuples(st.sampled_from(KINDS), st.integers(1, 5))),
    st.tuples(st.just("hand"), st.sampled_from(HANDS)),
    st.tuples(st.just("submit"), st.integers(0, 8)),
    st.tuples(st.just("cancel"), st.integers(0, 3)),
    st.tuples(st.just("add"), st.integers(0, 8)),
)
ENDINGS: dict[str, Ending] = {"repair": UntilRepaired(), "lasts": Lasts(7 * SECOND), "never": Never()}


class Ledger:
    """Counts sheets from outside and holds the printer to it."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.fed = 0
        self.taken: list[Sheet] = []
        self.level = self.in_trays()

    def in_trays(self) -> int:
        return self.room.printer.supplies.paper()

    def feed_seen(self) -> None:
        """Note what has left the trays since paper was last laid in."""
        level = self.in_trays()
        self.fed += self.level - level
        self.level = level

    def lay_in(self, count: int | None) -> None:
        self.feed_seen()
        self.room.printer.add_paper(count)
        self.level = self.in_trays()

    def check(self) -> None:
        printer = self.room.printer
        self.feed_seen()
        seen = [*self.taken, *printer.output.sheets, *printer.stuck]
        if printer._under_way is not None:
            seen.append(printer._under_way)
        assert len({id(sheet) for sheet in seen}) == len(seen), "no sheet is in two places"
        assert self.fed == printer.page_counter == len(seen)
        assert all(sheet.torn for sheet in printer.stuck)


async def step(room: Room, ledger: Ledger, what: str, how: Any) -> None:
    printer = room.printer
    if what == "sleep":
        await room.runtime.sleep(how)
    elif what == "begin":
        room.begin(how[0], ENDINGS[how[1]])
    elif what == "plan":
        room.plan(how[0], After("page", how[1]), Lasts(3 * SECOND))
    elif what == "add":
        ledger.lay_in(how)
    elif how == "add_paper":
        ledger.lay_in(None)
    elif how == "take_output":
        ledger.taken += printer.take_output()
    elif what == "hand":
        getattr(printer, how)()


@given(steps=st.lists(STEPS, max_size=40), sheets=st.integers(0, 55), reprints=st.booleans())
def test_no_sheet_is_lost_or_invented(steps: list[tuple[str, Any]], sheets: int, reprints: bool) -> None:
    async def main(room: Room) -> None:
        printer = room.printer
        printer.stock(sheets=sheets)
        ledger = Ledger(room)
        jobs: dict[int, tuple[str, ...]] = {}
        whole: dict[int, int] = {}
        number = 0
        for what, how in steps:
            try:
                if what == "submit":
                    document = Document("kit", tuple(f"{number}/{page}" for page in range(how)))
                    number += 1
                    jobs[await printer.submit(document)] = document.sheets
                elif what == "cancel":
                    await printer.cancel(how)
                else:
                    await step(room, ledger, what, how)
            except (PrinterOffline, DeviceDead, DeviceBusy, DeviceNotFound):
                pass  # they are answers; what counts is that no sheet goes astray
            ledger.check()
            for job in jobs:
                if job in printer._jobs:
                    whole[job] = printer._jobs[job].pages
        everywhere = [*ledger.taken, *printer.output.sheets]
        for job, identities in jobs.items():
            good = [sheet.identity for sheet in everywhere if not sheet.torn and sheet.identity in identities]
            assert len(good) == len(set(good)), "no page comes out whole twice"
            if job in printer._jobs:
                status = printer._jobs[job]
                assert status.pages == len(good) == whole[job]
                if status.state is JobState.COMPLETED:
                    assert tuple(good) == identities

    Room(PROFILE.model_copy(update={"reprints_jammed_page": reprints})).run(main)


@given(faults=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 12)), max_size=6))
def test_a_person_who_helps_gets_every_page(faults: list[tuple[str, int]]) -> None:
    """Whatever can be repaired is repaired, and then the document comes out whole, in order."""

    async def main(room: Room) -> None:
        printer = room.printer
        for kind, count in faults:
            if kind not in ("dead", "power-cut"):
                room.plan(kind, After("page", count))
        job = await printer.submit(pages(10))
        hands: dict[type[Exception], Callable[[], bool]] = {
            PaperJam: printer.clear_jam,
            Misfeed: printer.refeed_paper,
            OutOfPaper: printer.add_paper,
            TonerEmpty: printer.replace_cartridge,
            CoverOpen: printer.close_cover,
            PrinterOffline: printer.reconnect,
        }
        for _ in range(30):
            try:
                done = await printer.wait(job)
                break
            except (PrinterAttention, PrinterOffline) as error:
                await room.runtime.sleep(20 * SECOND)
                helped = hands[type(error)]()
            assert helped
        else:
            raise AssertionError("it never ends")
        assert (done.state, done.pages) == (JobState.COMPLETED, 10)
        whole = [sheet.identity for sheet in printer.take_output() if not sheet.torn]
        assert tuple(whole) == pages(10).sheets

    Room().run(main)
