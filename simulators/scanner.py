"""A document scanner: feeder, glass, sensors, and the hands of a person.

Sheets are never lost: each one lies in the feeder, on the glass, in the paper path, in the output, or with
whoever took it. A page is handed over only when its sheet has passed whole.

Choices where real scanners differ:

* The feeder pulls a sheet when the next page is asked for, and waits in between.
* A cover opened, a cable pulled or a death in the middle of a page leaves the sheet in the paper path,
  undamaged: a jam until a person takes it out. A scan that is cancelled there leaves it in the feeder.
* A torn sheet always jams in the feeder; it is for the flatbed.
* A double feed that no sensor notices comes and goes by itself: nobody would know to repair it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from typing import Any, ClassVar

from hal.errors import DeviceBusy, DeviceDead, DeviceError, DeviceGone, NotSupported
from hal.runtime import MILLISECOND, MINUTE
from hal.scanner import (
    DoubleFeed,
    FeederEmpty,
    FeederJam,
    PageMarks,
    ScannedPage,
    ScannerCapabilities,
    ScannerCoverOpen,
    ScannerInfo,
    ScannerState,
    ScannerStatus,
    ScanSettings,
    Source,
)
from simulators.busy import BusyDevice
from simulators.device import World
from simulators.faults import FaultKind, UntilRepaired
from simulators.paper import Pile, Sheet
from simulators.profiles import ScannerProfile


class _Scan(AsyncIterator[ScannedPage]):
    """One scan, pulled page by page."""

    def __init__(
        self, settings: ScanSettings, next_page: Callable[[_Scan], Coroutine[Any, Any, ScannedPage]]
    ) -> None:
        self.settings = settings
        self.pages = 0
        self.begun = False
        self.canceled = False
        self.over = False
        self.back: PageMarks | None = None  # of a sheet whose face has just been handed over
        self._next_page = next_page

    def __anext__(self) -> Coroutine[Any, Any, ScannedPage]:
        next_page = self._next_page
        return next_page(self)


class SimScanner(BusyDevice):
    """A simulated scanner with the interface ``hal.scanner.Scanner`` and a physical face.

    Pages carry ``PageMarks`` instead of an image.

    Args:
        name: Name of the device in the exam point.
        world: Time, luck and journal.
        profile: The model.
    """

    FAULTS: ClassVar[Mapping[str, FaultKind]] = {
        "jam": FaultKind(
            "The sheet under way, or else the next one, is stuck; damaged=1 tears it.", {"damaged": 0}, "page"
        ),
        "double-feed": FaultKind("Two sheets are pulled in as one.", occurrence="page"),
        "dirty-glass": FaultKind(
            "Dirt draws a line down every page, and some pages cannot be read.",
            {"illegible_per_million": 100_000},
            "page",
        ),
        "skew": FaultKind("The feeder pulls the sheets in crooked.", {"skew_mrad": 60}, "page"),
        "cover-open": FaultKind("The cover is open; a sheet under way is caught."),
        "offline": FaultKind("The cable is out; a sheet under way is caught.", occurrence="page"),
        "slow": FaultKind("The scanner takes longer for every page.", {"factor_percent": 300}),
        "dead": FaultKind("The scanner is broken and does not answer any more.", occurrence="page"),
    }

    def __init__(self, name: str, world: World, profile: ScannerProfile) -> None:
        super().__init__(name, world)
        self.profile = profile
        self.feeder = Pile(f"{name} feeder")
        self.glass = Pile(f"{name} glass")
        self.scanned = Pile(f"{name} output")
        self.stuck: list[Sheet] = []
        self._doubled = False  # what is stuck are two sheets that the sensor stopped
        self._under_way: list[Sheet] = []
        self._glass_done = False
        self._skew_seen = False
        self._working = False
        self._scan: _Scan | None = None
        # Asked at every page: a profile is a model of pydantic, whose attributes take their time.
        self._page_times = {dpi: MINUTE // pages for dpi, pages in profile.pages_per_minute.items()}
        self._natural_skew = profile.natural_skew_mrad
        self._legible_skew = profile.legible_skew_mrad
        self._skew_luck = self.luck("natural skew")
        self._dirt_luck = self.luck("dirt over the reference points")

    # -- hal.scanner.Scanner -----------------------------------------------------------------------

    @property
    def info(self) -> ScannerInfo:
        """Who it is."""
        return ScannerInfo(self.name, self.profile.make, self.profile.model, f"SIM-{self.name}")

    @property
    def capabilities(self) -> ScannerCapabilities:
        """What it can do."""
        profile = self.profile
        speeds = profile.pages_per_minute or profile.flatbed_page_ms
        feeder = (Source.FEEDER,) if profile.feeder_sheets else ()
        flatbed = (Source.FLATBED,) if profile.flatbed_page_ms else ()
        return ScannerCapabilities(
            sources=(*feeder, *flatbed),
            modes=profile.modes,
            resolutions_dpi=tuple(sorted(speeds)),
            duplex=profile.duplex,
            detects_double_feed=profile.detects_double_feed,
            senses_paper=profile.senses_paper,
            feeder_sheets=profile.feeder_sheets or None,
        )

    async def status(self) -> ScannerStatus:
        """Look at the scanner now."""
        self._reach()
        cover_open = "cover-open" in self.faults
        if cover_open or self.stuck:
            state = ScannerState.STOPPED
        else:
            state = ScannerState.SCANNING if self._working else ScannerState.IDLE
        loaded = bool(self.feeder.sheets or self._under_way) if self.profile.senses_paper else None
        return ScannerStatus(state, loaded, cover_open)

    def scan(self, settings: ScanSettings) -> AsyncIterator[ScannedPage]:
        """Scan what is laid in; the errors come when pages are asked for.

        A scan that nobody asks for pages any more is over as soon as the next one begins.

        Raises:
            FeederEmpty: Nothing is laid in.
            FeederJam, DoubleFeed, ScannerCoverOpen: A person has to help, then scan on.
            NotSupported: The settings are outside the capabilities.
            DeviceBusy: Another scan is pulling a sheet just now, or has begun since.
        """
        return _Scan(settings, self._next_page)

    async def cancel(self) -> None:
        """End the scan under way after the present sheet."""
        self._reach()
        if self._scan is not None:
            self._scan.canceled = True

    async def close(self) -> None:
        """Nothing is held that could be given back."""

    # -- what a person does ------------------------------------------------------------------------

    def load(self, sheets: Iterable[Sheet], *, first: bool = False) -> list[Sheet]:
        """Lay sheets in the feeder behind those that lie there, or ``first``; return what does not fit.

        Sheets that were seen to come in crooked are laid straight against the guides.
        """
        laid = list(sheets)
        room = max(0, self.profile.feeder_sheets - len(self.feeder.sheets))
        fitting, rest = laid[:room], laid[room:]
        self.feeder.sheets = [*fitting, *self.feeder.sheets] if first else [*self.feeder.sheets, *fitting]
        if self._skew_seen:
            self._skew_seen = False
            self.repair("skew")
        return rest

    def unload(self) -> list[Sheet]:
        """Take the sheets that are not yet scanned out of the feeder."""
        return self.feeder.take_all()

    def lay_on_glass(self, sheet: Sheet) -> Sheet | None:
        """Lay a sheet on the glass; return one that lay there unscanned. A scanned one goes to the output."""
        before = self.glass.take_all()
        if self._glass_done:
            self.scanned.add(before)
            before = []
        self._glass_done = False
        self.glass.add([sheet])
        return before[0] if before else None

    def clear_feeder(self) -> list[Sheet]:
        """Open the paper path and take out what is stuck there; return it in the order of the stack."""
        freed, self.stuck = self.stuck, []
        self._doubled = False
        self._skew_seen = False
        self.repair("jam", "double-feed", "skew")
        return freed

    def clean_glass(self) -> bool:
        """Wipe the glass; return whether it is clean."""
        return self.repair("dirty-glass")

    def close_cover(self) -> bool:
        """Close the cover; return whether it stays closed."""
        return self.repair("cover-open")

    def reconnect(self) -> bool:
        """See to the cable and restart what hangs; return whether the scanner answers again."""
        return self.repair("offline", "slow") and "dead" not in self.faults

    def take_scanned(self) -> list[Sheet]:
        """Take what is scanned: the output, then the sheet on the glass."""
        taken = self.scanned.take_all()
        if self._glass_done:
            taken += self.glass.take_all()
            self._glass_done = False
        return taken

    # -- faults ------------------------------------------------------------------------------------

    def fault_began(self, kind: str) -> None:
        """Let the fault act on the sheet under way."""
        if kind in ("jam", "cover-open", "offline", "dead"):
            self._catch_sheets(torn=kind == "jam" and self.faults[kind]["damaged"] > 0)
        super().fault_began(kind)

    def fault_ended(self, kind: str) -> None:
        """Go on where the fault had stopped the scanner."""
        if kind in ("jam", "double-feed"):
            # it ended by itself: what was stuck has slipped back; a person has taken it out before the repair
            self.feeder.sheets[:0] = self.stuck
            self.stuck = []
            self._doubled = False
        super().fault_ended(kind)

    def _catch_sheets(self, *, torn: bool) -> None:
        for sheet in self._under_way:
            sheet.torn = sheet.torn or torn
        self.stuck += self._under_way
        self._under_way = []

    # -- scanning ----------------------------------------------------------------------------------

    def _reach(self) -> None:
        """Raise if a call does not get through."""
        if "dead" in self.faults:
            raise DeviceDead(self.name)
        if "offline" in self.faults:
            raise DeviceGone(self.name)

    def _check_path(self) -> None:
        """Raise if the feeder cannot pull a sheet."""
        if not self.faults and not self.stuck:
            return
        self._reach()
        if "cover-open" in self.faults:
            raise ScannerCoverOpen(self.name)
        if self.stuck:
            raise (DoubleFeed if self._doubled else FeederJam)(
                self.name, f"{len(self.stuck)} to be scanned again"
            )

    async def _next_page(self, scan: _Scan) -> ScannedPage:
        if scan.over:
            raise StopAsyncIteration
        try:
            if self.faults:
                self._reach()
            marks, scan.back = scan.back, None
            if marks is None:
                self._begin_page(scan)
                self._working = True
                feeder = scan.settings.source is Source.FEEDER
                try:
                    marks = await (self._feed_page(scan) if feeder else self._glass_page(scan))
                finally:
                    self._working = False
                if scan.settings.duplex:
                    scan.back = marks
        except (StopAsyncIteration, DeviceError):
            scan.over = True
            if self._scan is scan:
                self._scan = None
            raise
        scan.pages += 1
        return ScannedPage(scan.pages, scan.settings.resolution_dpi, marks=marks)

    def _begin_page(self, scan: _Scan) -> None:
        """See whether this scan may pull the next sheet."""
        if self._working or (scan.begun and self._scan is not scan):
            raise DeviceBusy(self.name, "another scan has begun")
        if scan.canceled:
            raise StopAsyncIteration
        if not scan.begun:
            self._check_settings(scan.settings)
            scan.begun = True
            self._scan = scan

    def _check_settings(self, settings: ScanSettings) -> None:
        can = self.capabilities
        wrong = [
            text
            for text, holds in (
                (f"source {settings.source}", settings.source in can.sources),
                (f"mode {settings.mode}", settings.mode in can.modes),
                (f"{settings.resolution_dpi} dpi", settings.resolution_dpi in can.resolutions_dpi),
                ("duplex", can.duplex or not settings.duplex),
                ("duplex on the glass", settings.source is Source.FEEDER or not settings.duplex),
            )
            if not holds
        ]
        if wrong:
            raise NotSupported(self.name, ", ".join(wrong))

    async def _feed_page(self, scan: _Scan) -> PageMarks:
        """Pull the next sheet past the glass."""
        self._check_path()
        if not scan.pages and self.feeder.sheets:
            await self.work(self.profile.warm_up_ms * MILLISECOND, self._check_path)
        if not self.feeder.sheets:
            if scan.pages:
                raise StopAsyncIteration
            raise FeederEmpty(self.name)
        self.occurred("page")
        if self.faults:
            self._check_path()
        self._pull()
        try:
            await self.work(self._page_times[scan.settings.resolution_dpi], self._check_path)
        except BaseException:
            # a cancelled task leaves its sheet in the feeder; one that a fault caught is not there any more
            self.feeder.sheets[:0] = self._under_way
            self._under_way = []
            raise
        passed, self._under_way = self._under_way, []
        self.scanned.sheets += passed
        if len(passed) > 1 and isinstance(self._endings.get("double-feed"), UntilRepaired):
            self.end_fault("double-feed", "passed")
        return self._marks(passed, self._skew())

    def _pull(self) -> None:
        """Pull in the next sheet, or two of them; some stay in the path at once."""
        sheets = self.feeder.sheets
        doubled = "double-feed" in self.faults and len(sheets) > 1
        count = 2 if doubled else 1
        self._under_way = sheets[:count]
        del sheets[:count]
        if "jam" in self.faults:
            self._catch_sheets(torn=self.faults["jam"]["damaged"] > 0)
        elif self._under_way[0].torn or (doubled and self.profile.detects_double_feed):
            self._doubled = doubled and self.profile.detects_double_feed
            self._catch_sheets(torn=False)

    async def _glass_page(self, scan: _Scan) -> PageMarks:
        """Move the light along the sheet on the glass."""
        if scan.pages:
            raise StopAsyncIteration
        if not self.glass.sheets:
            raise FeederEmpty(self.name, "no sheet on the glass")
        self.occurred("page")
        lying = tuple(self.glass.sheets)
        duration = self.profile.warm_up_ms + self.profile.flatbed_page_ms[scan.settings.resolution_dpi]
        await self.work(duration * MILLISECOND, self._reach)
        self._glass_done = self.glass.sheets == list(lying)  # nobody has changed the sheet meanwhile
        return self._marks(lying, 0)

    def _skew(self) -> int:
        """Draw how far the feeder has turned a sheet, in thousandths of a radian."""
        skew = self._skew_luck.between(-self._natural_skew, self._natural_skew)
        if "skew" in self.faults:
            self._skew_seen = True
            skew += self.faults["skew"]["skew_mrad"]
        return skew

    def _marks(self, sheets: Iterable[Sheet], skew: int) -> PageMarks:
        legible = abs(skew) <= self._legible_skew
        dirt = self.faults.get("dirty-glass")
        if dirt is not None and self._dirt_luck.chance(dirt["illegible_per_million"]):
            legible = False
        return PageMarks(tuple([sheet.identity for sheet in sheets]), legible, skew, dirt is not None)
