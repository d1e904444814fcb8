"""What a printer uses up: paper, toner, the drum."""

from __future__ import annotations

from hal.printer import Supply, Tray
from simulators.paper import Sheet
from simulators.profiles import PrinterProfile


class _Tray:
    """A tray with what lay in it when the trays were last looked into."""

    __slots__ = ("capacity", "name", "sheets")

    def __init__(self, name: str, capacity: int) -> None:
        self.name = name
        self.capacity = capacity
        self.sheets = capacity


class Supplies:
    """Paper, cartridge and drum of the printer of that name: full trays and new parts at first.

    Each is kept as the page counter at which it ends. So a page, of which a day prints thousands, moves one
    number and is held against two.

    Attributes:
        pages: The page counter: sheets fed so far.
        ends: The page counter at which paper or toner runs out.
        flawed_from: The page counter from which on pages are pale or streaked.
    """

    __slots__ = (
        "_cartridge_ends",
        "_denied",
        "_drum_ends",
        "_name",
        "_pale_from",
        "_paper_ends",
        "_profile",
        "_toner_ends",
        "_trays",
        "ends",
        "flawed_from",
        "pages",
    )

    def __init__(self, name: str, profile: PrinterProfile) -> None:
        self._name = name
        self._profile = profile
        self.pages = 0
        self._trays = tuple(_Tray(tray.name, tray.capacity_sheets) for tray in profile.trays)
        self._paper_ends = sum(tray.sheets for tray in self._trays)
        self._cartridge_ends = profile.cartridge_yield_pages
        self._drum_ends = profile.drum_life_pages
        self._denied: dict[str, int] = {}  # pages of toner that a fault denies, by fault
        self._work_out()

    def _work_out(self) -> None:
        self._toner_ends = self._cartridge_ends - max(self._denied.values(), default=0)
        self._pale_from = (
            self._toner_ends - self._profile.cartridge_yield_pages * self._profile.toner_pale_percent // 100
        )
        self.ends = min(self._paper_ends, self._toner_ends)
        self.flawed_from = min(self._pale_from, self._drum_ends)

    def print_on(self, sheet: Sheet) -> None:
        """Let the present state of toner and drum show on a sheet; called before the counter moves."""
        if self.pages >= self._pale_from:
            sheet.pale = True
        if self.pages >= self._drum_ends:
            sheet.streaked = True

    # -- paper -------------------------------------------------------------------------------------

    def paper(self) -> int:
        """Return how many sheets lie in the trays."""
        return self._paper_ends - self.pages

    def _look_into_trays(self) -> tuple[_Tray, ...]:
        """Return the trays as they are now: sheets are fed from the first one that has any."""
        fed = sum(tray.sheets for tray in self._trays) - self.paper()
        for tray in self._trays:
            taken = min(fed, tray.sheets)
            tray.sheets -= taken
            fed -= taken
        return self._trays

    def set_paper(self, sheets: int) -> None:
        """Lay in exactly so many sheets, the first tray first.

        Raises:
            ValueError: The trays cannot hold that many.
        """
        if not 0 <= sheets <= sum(tray.capacity for tray in self._trays):
            raise ValueError(f"{self._name} cannot hold {sheets} sheets")
        self._paper_ends = self.pages + sheets
        for tray in self._trays:
            tray.sheets = min(sheets, tray.capacity)
            sheets -= tray.sheets
        self._work_out()

    def add_paper(self, sheets: int | None = None) -> None:
        """Lay in so many more sheets, as far as they fit, or fill the trays."""
        for tray in self._look_into_trays():
            room = tray.capacity - tray.sheets
            added = room if sheets is None else min(room, sheets)
            tray.sheets += added
            self._paper_ends += added
            if sheets is not None:
                sheets -= added
        self._work_out()

    def tray_levels(self, *, empty: bool) -> tuple[Tray, ...]:
        """Return what the printer says of its trays; ``empty`` if it takes them for empty."""
        levels = []
        for tray in self._look_into_trays():
            sheets = 0 if empty else tray.sheets
            known = self._profile.counts_sheets or sheets == 0
            levels.append(Tray(tray.name, tray.capacity, sheets if known else None))
        return tuple(levels)

    # -- toner and drum ----------------------------------------------------------------------------

    def has_toner(self) -> bool:
        """Whether there is toner for one more page."""
        return self.pages < self._toner_ends

    def toner_percent(self) -> int:
        """Return what is left in the cartridge, rounded up: it says 0 only when it is empty."""
        left = max(0, self._toner_ends - self.pages)
        return -(-left * 100 // self._profile.cartridge_yield_pages)

    def set_toner(self, percent: int) -> None:
        """Put in a cartridge that is so full.

        Raises:
            ValueError: No cartridge is.
        """
        if not 0 <= percent <= 100:
            raise ValueError(f"a cartridge cannot hold {percent} percent")
        self._cartridge_ends = self.pages + self._profile.cartridge_yield_pages * percent // 100
        self._work_out()

    def deny_toner(self, fault: str, left_percent: int | None) -> None:
        """Let a fault leave no more than that of a full cartridge; ``None`` gives back what it denied."""
        self._denied.pop(fault, None)
        if left_percent is not None:
            allowed = self._profile.cartridge_yield_pages * left_percent // 100
            self._denied[fault] = max(0, self._cartridge_ends - self.pages - allowed)
        self._work_out()

    def set_drum(self, printed: int) -> None:
        """Put in a drum that has printed so many pages.

        Raises:
            ValueError: Less than none.
        """
        if printed < 0:
            raise ValueError(f"a drum cannot have printed {printed} pages")
        self._drum_ends = self.pages + self._profile.drum_life_pages - printed
        self._work_out()

    def drum_worn(self) -> bool:
        """Whether the next page will be streaked by the drum."""
        return self.pages >= self._drum_ends

    def levels(self) -> tuple[Supply, ...]:
        """Return what the printer says of cartridge and drum."""
        if not self._profile.reports_supplies:
            return (Supply("toner", None), Supply("drum", None))
        drum = max(0, self._drum_ends - self.pages) * 100 // self._profile.drum_life_pages
        return (Supply("toner", self.toner_percent()), Supply("drum", drum))
