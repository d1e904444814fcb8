"""The scanner model: times, sensors, faults, and that no sheet is ever lost or scanned in silence twice."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.errors import DeviceBusy, DeviceDead, DeviceError, DeviceGone, NotSupported
from hal.journal import Journal
from hal.runtime import SECOND
from hal.scanner import (
    DoubleFeed,
    FeederEmpty,
    FeederJam,
    Mode,
    ScannedPage,
    ScannerCoverOpen,
    ScannerState,
    ScannerStatus,
    ScanSettings,
    Source,
)
from simulators.device import World
from simulators.faults import After, At, Ending, Fault, Lasts, Never, Rate, Trigger, UntilRepaired
from simulators.paper import Sheet
from simulators.profiles import ScannerProfile
from simulators.random import Streams
from simulators.runtime import SimRuntime
from simulators.scanner import SimScanner

PROFILE = ScannerProfile(
    source="made up, with round numbers",
    make="Lab",
    model="Round",
    feeder_sheets=20,
    pages_per_minute={300: 60, 600: 10},
    flatbed_page_ms={300: 4_000, 600: 8_000},
    modes=(Mode.GRAY,),
    duplex=True,
    detects_double_feed=True,
    warm_up_ms=2_000,
    natural_skew_mrad=5,
    legible_skew_mrad=40,
)
NO_SENSOR = PROFILE.model_copy(update={"detects_double_feed": False})
GRAY = ScanSettings()
GLASS = ScanSettings(source=Source.FLATBED)


class Room:
    """A scanner in virtual time, with a journal."""

    def __init__(self, profile: ScannerProfile = PROFILE, seed: int = 1) -> None:
        self.runtime = SimRuntime()
        self.journal = Journal(self.runtime.now)
        world = World(self.runtime, Streams(seed), self.journal.write, self.runtime.spawn)
        self.scanner = SimScanner("scanner-1", world, profile)

    def run(self, main: Callable[[Room], Coroutine[Any, Any, None]]) -> None:
        self.runtime.run(main(self))

    def begin(self, kind: str, ending: Ending = UntilRepaired(), **params: int) -> None:  # noqa: B008
        self.scanner.begin_fault(kind, {**self.scanner.FAULTS[kind].params, **params}, ending)

    def plan(self, kind: str, trigger: Trigger, ending: Ending = UntilRepaired(), **params: int) -> None:  # noqa: B008
        self.scanner.plan(Fault("scanner-1", kind, trigger, ending, params))

    async def scan(self, settings: ScanSettings = GRAY) -> list[ScannedPage]:
        return [page async for page in self.scanner.scan(settings)]


def forms(count: int, first: int = 1) -> list[Sheet]:
    return [Sheet(f"form/{number}") for number in range(first, first + count)]


def read(pages: list[ScannedPage]) -> list[str]:
    return [sheet for page in pages if page.marks is not None for sheet in page.marks.sheets]


def names(sheets: list[Sheet]) -> list[str]:
    return [sheet.identity for sheet in sheets]


def test_speed_by_resolution() -> None:
    async def main(room: Room) -> None:
        assert room.scanner.load(forms(3)) == []
        pages = await room.scan()
        assert [page.number for page in pages] == [1, 2, 3]
        assert read(pages) == ["form/1", "form/2", "form/3"]
        assert room.runtime.now() == 5 * SECOND
        room.scanner.load(forms(1))
        await room.scan(ScanSettings(resolution_dpi=600))
        assert room.runtime.now() == 13 * SECOND
        assert names(room.scanner.take_scanned()) == ["form/1", "form/2", "form/3", "form/1"]

    Room().run(main)


def test_feeder_holds_what_it_can() -> None:
    scanner = Room().scanner
    assert names(scanner.load(forms(25))) == [f"form/{number}" for number in range(21, 26)]
    assert names(scanner.load(forms(1, 99))) == ["form/99"]
    assert len(scanner.unload()) == 20
    scanner.load(forms(2))
    scanner.load(forms(2, 8), first=True)
    assert names(scanner.feeder.sheets) == ["form/8", "form/9", "form/1", "form/2"]


def test_status() -> None:
    async def main(room: Room) -> None:
        scanner = room.scanner
        assert await scanner.status() == ScannerStatus(ScannerState.IDLE, loaded=False)
        scanner.load(forms(1))
        assert await scanner.status() == ScannerStatus(ScannerState.IDLE, loaded=True)

        async def look() -> None:
            await room.runtime.sleep(2 * SECOND + 1)
            assert await scanner.status() == ScannerStatus(ScannerState.SCANNING, loaded=True)

        async with room.runtime.task_group() as group:
            group.start(look())
            await room.scan()
        assert await scanner.status() == ScannerStatus(ScannerState.IDLE, loaded=False)
        room.begin("cover-open")
        assert await scanner.status() == ScannerStatus(ScannerState.STOPPED, loaded=False, cover_open=True)

    Room().run(main)


def test_jam_stops_at_once_and_the_scan_goes_on_from_the_sheet() -> None:
    async def main(room: Room) -> None:
        scanner = room.scanner
        scanner.load(forms(3))
        room.plan("jam", At(3 * SECOND + SECOND // 2))
        scan = scanner.scan(GRAY)
        pages = [await anext(scan)]
        with pytest.raises(FeederJam, match="1 to be scanned again"):
            await anext(scan)
        assert (read(pages), room.runtime.now()) == (["form/1"], 3 * SECOND + SECOND // 2)
        with pytest.raises(FeederJam):
            await room.scan()
        freed = scanner.clear_feeder()
        assert [(sheet.identity, sheet.torn) for sheet in freed] == [("form/2", False)]
        scanner.load(freed, first=True)
        assert read(await room.scan()) == ["form/2", "form/3"]

    Room().run(main)


def test_damaged_sheet_is_for_the_flatbed() -> None:
    async def main(room: Room) -> None:
        scanner = room.scanner
        scanner.load(forms(2))
        room.plan("jam", After("page", 1), damaged=1)
        with pytest.raises(FeederJam):
            await room.scan()
        (torn,) = scanner.clear_feeder()
        assert torn.torn
        scanner.load([torn], first=True)
        with pytest.raises(FeederJam):  # it will not pass, whoever tries
            await room.scan()
        assert scanner.clear_feeder() == [torn]
        assert scanner.lay_on_glass(torn) is None
        assert read(await room.scan(GLASS)) == ["form/1"]
        assert read(await room.scan()) == ["form/2"]
        assert names(scanner.take_scanned()) == ["form/2", "form/1"]
        with pytest.raises(FeederEmpty):
            await room.scan(GLASS)

    Room().run(main)


def test_glass_holds_one_sheet() -> None:
    async def main(room: Room) -> None:
        first, second, third = forms(3)
        scanner = room.scanner
        assert scanner.lay_on_glass(first) is None
        assert scanner.lay_on_glass(second) is first
        pages = await room.scan(GLASS)
        assert (read(pages), room.runtime.now()) == (["form/2"], 6 * SECOND)
        assert scanner.lay_on_glass(third) is None
        assert scanner.take_scanned() == [second]
        assert scanner.glass.sheets == [third]

    Room().run(main)


def test_double_feed_with_sensor() -> None:
    async def main(room: Room) -> None:
        scanner = room.scanner
        scanner.load(forms(4))
        room.plan("double-feed", After("page", 2))
        scan = scanner.scan(GRAY)
        pages = [await anext(scan)]
        with pytest.raises(DoubleFeed, match="2 to be scanned again"):
            await anext(scan)
        assert [page async for page in scan] == []  # an ended scan stays ended
        scanner.load(scanner.clear_feeder(), first=True)
        pages += await room.scan()
        assert read(pages) == ["form/1", "form/2", "form/3", "form/4"]

    Room().run(main)


def test_double_feed_without_sensor_passes_as_one_page() -> None:
    async def main(room: Room) -> None:
        room.scanner.load(forms(5))
        room.plan("double-feed", After("page", 2))
        pages = await room.scan()
        seen = [page.marks.sheets for page in pages if page.marks is not None]
        assert seen == [("form/1",), ("form/2", "form/3"), ("form/4",), ("form/5",)]
        assert "double-feed" not in room.scanner.faults
        assert len(room.scanner.take_scanned()) == 5

    Room(NO_SENSOR).run(main)


def test_double_feed_needs_two_sheets() -> None:
    async def main(room: Room) -> None:
        room.begin("double-feed", Never())
        room.scanner.load(forms(3))
        seen = [page.marks.sheets for page in await room.scan() if page.marks is not None]
        assert seen == [("form/1", "form/2"), ("form/3",)]

    Room(NO_SENSOR).run(main)


def test_torn_sheet_in_an_unnoticed_double_feed_is_a_jam() -> None:
    async def main(room: Room) -> None:
        sheets = forms(2)
        sheets[0].torn = True
        room.begin("double-feed")
        room.scanner.load(sheets)
        with pytest.raises(FeederJam, match="2 to be scanned again"):
            await room.scan()
        assert room.scanner.clear_feeder() == sheets

    Room(NO_SENSOR).run(main)


def test_dirty_glass_draws_a_line_and_may_spoil_the_page() -> None:
    async def main(room: Room) -> None:
        scanner = room.scanner
        room.begin("dirty-glass", illegible_per_million=500_000)
        scanner.load(forms(20))
        marks = [page.marks for page in await room.scan() if page.marks is not None]
        assert all(mark.streaked for mark in marks)
        assert 0 < sum(mark.legible for mark in marks) < 20
        assert scanner.clean_glass()
        scanner.load(forms(5))
        marks = [page.marks for page in await room.scan() if page.marks is not None]
        assert not any(mark.streaked for mark in marks)
        assert all(mark.legible for mark in marks)

    Room().run(main)


def test_skew_ends_when_crooked_sheets_are_laid_in_anew() -> None:
    async def main(room: Room) -> None:
        scanner = room.scanner
        room.begin("skew", skew_mrad=60)
        scanner.load(forms(3))
        assert "skew" in scanner.faults  # nobody has seen a crooked page yet
        marks = [page.marks for page in await room.scan() if page.marks is not None]
        assert all(55 <= mark.skew_mrad <= 65 and not mark.legible for mark in marks)
        scanner.load(scanner.take_scanned())
        marks = [page.marks for page in await room.scan() if page.marks is not None]
        assert all(abs(mark.skew_mrad) <= 5 and mark.legible for mark in marks)

    Room().run(main)


@pytest.mark.parametrize(
    ("kind", "error", "repair"),
    [("cover-open", ScannerCoverOpen, "close_cover"), ("offline", DeviceGone, "reconnect")],
)
def test_interrupted_page_leaves_the_sheet_in_the_path(
    kind: str, error: type[DeviceError], repair: str
) -> None:
    async def main(room: Room) -> None:
        scanner = room.scanner
        scanner.load(forms(2))
        room.plan(kind, At(2 * SECOND + 1))
        with pytest.raises(error):
            await room.scan()
        assert room.runtime.now() == 2 * SECOND + 1
        assert getattr(scanner, repair)()
        with pytest.raises(FeederJam):
            await room.scan()
        scanner.load(scanner.clear_feeder(), first=True)
        assert read(await room.scan()) == ["form/1", "form/2"]

    Room().run(main)


def test_slow_and_dead() -> None:
    async def main(room: Room) -> None:
        scanner = room.scanner
        scanner.load(forms(2))
        room.begin("slow", factor_percent=200)
        await room.scan()
        assert room.runtime.now() == 8 * SECOND
        assert scanner.reconnect()
        room.begin("dead", Never())
        assert not scanner.reconnect()
        for call in (scanner.status, scanner.cancel, room.scan):
            with pytest.raises(DeviceDead):
                await call()
        await scanner.close()

    Room().run(main)


def test_duplex_hands_over_both_sides() -> None:
    async def main(room: Room) -> None:
        room.scanner.load(forms(2))
        scan = room.scanner.scan(ScanSettings(duplex=True))
        pages = [await anext(scan), await anext(scan), await anext(scan)]
        await room.scanner.cancel()
        pages += [page async for page in scan]  # the present sheet has a back
        assert [page.number for page in pages] == [1, 2, 3, 4]
        assert read(pages) == ["form/1", "form/1", "form/2", "form/2"]

    Room().run(main)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ScanSettings(resolution_dpi=1200), "1200 dpi"),
        (ScanSettings(mode=Mode.COLOR), "mode color"),
        (ScanSettings(source=Source.FLATBED, duplex=True), "duplex on the glass"),
    ],
)
def test_unsupported_settings(settings: ScanSettings, message: str) -> None:
    async def main(room: Room) -> None:
        room.scanner.load(forms(1))
        with pytest.raises(NotSupported, match=message):
            await room.scan(settings)
        assert len(room.scanner.feeder.sheets) == 1

    Room().run(main)


def test_two_scans_at_once() -> None:
    async def main(room: Room) -> None:
        room.scanner.load(forms(3))

        async def intrude() -> None:
            await room.runtime.sleep(SECOND)
            with pytest.raises(DeviceBusy):
                await room.scan()

        first = room.scanner.scan(GRAY)
        async with room.runtime.task_group() as group:
            group.start(intrude())
            pages = [await anext(first)]
        pages += await room.scan()  # nobody asks the first one any more
        assert read(pages) == ["form/1", "form/2", "form/3"]
        with pytest.raises(DeviceBusy, match="another scan has begun"):
            await anext(first)

    Room().run(main)


def test_cut_short_scan_leaves_its_sheet_in_the_feeder() -> None:
    async def main(room: Room) -> None:
        room.scanner.load(forms(2))
        with pytest.raises(TimeoutError):
            async with room.runtime.timeout(2 * SECOND + 1):
                await room.scan()
        assert names(room.scanner.feeder.sheets) == ["form/1", "form/2"]
        assert read(await room.scan()) == ["form/1", "form/2"]

    Room().run(main)


def test_jam_that_passes_gives_the_sheet_back_to_the_feeder() -> None:
    async def main(room: Room) -> None:
        room.scanner.load(forms(2))
        room.plan("jam", After("page", 1), Lasts(SECOND))
        with pytest.raises(FeederJam):
            await room.scan()
        await room.runtime.sleep(SECOND + 1)
        assert read(await room.scan()) == ["form/1", "form/2"]

    Room().run(main)


def test_same_seed_same_journal() -> None:
    def journal(seed: int) -> tuple[str, list[int]]:
        room = Room(seed=seed)
        skews: list[int] = []

        async def main(room: Room) -> None:
            room.plan("dirty-glass", Rate("page", 50_000), Lasts(3 * SECOND))
            room.scanner.load(forms(20))
            skews.extend(page.marks.skew_mrad for page in await room.scan() if page.marks is not None)

        room.run(main)
        return room.journal.sha256(), skews

    assert journal(1) == journal(1)
    assert journal(1) != journal(2)


KINDS = tuple(SimScanner.FAULTS)
STEPS = st.one_of(
    st.tuples(st.just("scan"), st.integers(0, 8_000_000)),
    st.tuples(st.just("scan"), st.just(60_000_000)),
    st.tuples(st.just("cancel-in"), st.integers(0, 5_000_000)),
    st.tuples(
        st.just("begin"), st.tuples(st.sampled_from(KINDS), st.sampled_from(["repair", "lasts", "never"]))
    ),
    st.tuples(st.just("plan"), st.tuples(st.sampled_from(KINDS), st.integers(1, 5))),
    st.tuples(st.just("load"), st.integers(0, 8)),
    st.tuples(st.just("glass"), st.just(0)),
    st.tuples(st.just("scan-glass"), st.integers(0, 10_000_000)),
    st.tuples(st.just("clear_feeder"), st.booleans()),
    st.tuples(
        st.sampled_from(["clean_glass", "close_cover", "reconnect", "unload", "take_scanned"]), st.none()
    ),
)
ENDINGS: dict[str, Ending] = {"repair": UntilRepaired(), "lasts": Lasts(3 * SECOND), "never": Never()}


class Desk:
    """Where the sheets come from and go to; counts them."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.made = 0
        self.outside: list[Sheet] = []
        self.pages: list[ScannedPage] = []

    def new(self, count: int) -> list[Sheet]:
        self.made += count
        return forms(count, self.made - count + 1)

    def check(self) -> None:
        scanner = self.room.scanner
        assert scanner._under_way == [], "between scans no sheet is on its way"
        inside = [
            *scanner.feeder.sheets,
            *scanner.stuck,
            *scanner.scanned.sheets,
            *scanner.glass.sheets,
        ]
        everywhere = [*self.outside, *inside]
        assert sorted(names(everywhere)) == sorted(names(forms(self.made)))
        # each page that was handed over has put its sheets in the output, and none got there otherwise
        passed = [sheet.identity for sheet in everywhere if sheet.filled_by == "scanned"]
        passed += names(scanner.scanned.sheets)
        if scanner._glass_done:
            passed += names(scanner.glass.sheets)
        assert sorted(set(read(self.pages))) == sorted(set(passed))

    async def step(self, what: str, how: Any) -> None:
        scanner = self.room.scanner
        if what in ("scan", "scan-glass"):
            await self.scan(GRAY if what == "scan" else GLASS, how)
        elif what == "cancel-in":
            await self.room.runtime.sleep(how)
            await scanner.cancel()
        elif what == "begin":
            self.room.begin(how[0], ENDINGS[how[1]])
        elif what == "plan":
            self.room.plan(how[0], After("page", how[1]), Lasts(3 * SECOND))
        elif what == "load":
            self.outside += scanner.load(self.new(how))
        elif what == "glass":
            lay = scanner.lay_on_glass(self.new(1)[0])
            self.outside += [lay] if lay is not None else []
        elif what == "clear_feeder":
            freed = scanner.clear_feeder()
            self.outside += scanner.load(freed, first=True) if how else freed
        elif what == "take_scanned":
            taken = scanner.take_scanned()
            for sheet in taken:
                sheet.filled_by = "scanned"
            self.outside += taken
        elif what == "unload":
            self.outside += scanner.unload()
        else:
            getattr(scanner, what)()

    async def scan(self, settings: ScanSettings, limit: int) -> None:
        async with self.room.runtime.timeout(limit):
            async for page in self.room.scanner.scan(settings):
                self.pages.append(page)


@given(steps=st.lists(STEPS, max_size=30), sensor=st.booleans())
def test_no_sheet_is_lost_and_no_page_is_silent(steps: list[tuple[str, Any]], sensor: bool) -> None:
    async def main(room: Room) -> None:
        desk = Desk(room)
        for what, how in steps:
            # errors are answers; what counts is that no sheet goes astray
            with suppress(DeviceError, TimeoutError):
                await desk.step(what, how)
            desk.check()
        seen = read(desk.pages)
        assert len(seen) - len(set(seen)) <= sum(what == "scan-glass" for what, _ in steps)

    Room(PROFILE if sensor else NO_SENSOR).run(main)
