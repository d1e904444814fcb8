"""Paper in a room: where every sheet lies, so that it can be counted by hand at the end of the day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hal.scanner import Source
from simulators.paper import Sheet
from simulators.printer import SimPrinter
from simulators.scanner import SimScanner


def kit_of(identity: str) -> str:
    """Return the kit that a sheet belongs to; test pages and протоколы belong to none.

    >>> kit_of("9000000000179/3"), kit_of("test/st-01/prn-01/0")
    ('9000000000179', '')
    """
    kit, _, page = identity.partition("/")
    return kit if page.isdecimal() else ""


@dataclass(slots=True)
class PaperCount:
    """A count by hand: sheets, then kits. ``counter`` is -1 where a page counter cannot be read."""

    handed_out: int
    spoiled: int
    left: int
    test: int
    counter: int
    kits_handed_out: int
    kits_left: int


@dataclass(slots=True)
class RoomPaper:
    """The paper of one room.

    Args:
        forms_per_kit: How many of a kit's sheets are forms; they are its first sheets.
        printers: Printers that stand or stood here today, with their page counters before their first use.
        table: Kits that were inspected, by number.
        desks: What each participant has.
        forms: Collected forms that are not in a scanner, by identity.
    """

    name: str
    forms_per_kit: int
    printers: dict[str, SimPrinter] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    scanners: dict[str, SimScanner] = field(default_factory=dict)
    table: dict[str, list[Sheet]] = field(default_factory=dict)
    desks: dict[str, list[Sheet]] = field(default_factory=dict)
    spoiled: list[Sheet] = field(default_factory=list)
    spoiled_kits: dict[str, bool] = field(default_factory=dict)
    other: list[Sheet] = field(default_factory=list)
    forms: dict[str, Sheet] = field(default_factory=dict)
    kits_handed_out: int = 0

    def collect_output(self, printer: SimPrinter) -> None:
        """Take what lies in the printer's output and lay it on the table, by kit."""
        sheets = printer.take_output()
        if not sheets:
            return
        # Sheets of one kit lie together, since a printer does one job after the other. So when it is looked
        # for kit by kit, the first and the last sheet tell of all.
        kit = kit_of(sheets[0].identity)
        if kit and sheets[-1].identity.startswith(f"{kit}/"):
            self.table.setdefault(kit, []).extend(sheets)
            return
        start, pile = "\0", self.other
        for sheet in sheets:
            if not sheet.identity.startswith(start):
                kit = kit_of(sheet.identity)
                start = f"{kit}/" if kit else "\0"
                pile = self.table.setdefault(kit, []) if kit else self.other
            pile.append(sheet)

    def inspect(self, printer: SimPrinter, identities: tuple[str, ...]) -> tuple[str, ...]:
        """Look through a kit on the table; return sheets that are defective or missing."""
        self.collect_output(printer)
        kit = kit_of(identities[0])
        sheets = self.table.get(kit, [])
        # as ``sheet.defective`` says; a property costs much where thousands of sheets are looked through
        defective = [sheet for sheet in sheets if sheet.torn or sheet.streaked or sheet.pale]
        if len(sheets) == len(identities) and not defective:
            return ()
        good = {sheet.identity: True for sheet in sheets}
        for sheet in defective:  # a torn sheet spoils its kit, although the page was printed again
            good.pop(sheet.identity, None)
        return tuple(identity for identity in identities if identity not in good)

    def put_aside(self, printer: SimPrinter, identities: tuple[str, ...]) -> None:
        """Move everything that is there of a kit to the envelope of spoiled kits."""
        self.collect_output(printer)
        kit = kit_of(identities[0])
        self.spoiled_kits[kit] = True
        self.spoiled += self.table.pop(kit, [])

    def hand_out(self, kit: str, participant: str) -> None:
        """Give a kit to a participant; nothing if it does not lie on the table."""
        sheets = self.table.pop(kit, None)
        if sheets is not None:
            self.desks.setdefault(participant, []).extend(sheets)
            self.kits_handed_out += 1

    def collect_forms(self) -> int:
        """Collect the forms from the desks, written on; the rest of the kits stays handed out."""
        forms = tuple(f"/{page}" for page in range(1, self.forms_per_kit + 1))
        written: list[Sheet] = []
        for participant, sheets in self.desks.items():
            rest = []
            for sheet in sheets:
                if sheet.identity.endswith(forms):
                    sheet.filled_by = participant
                    written.append(sheet)
                else:
                    rest.append(sheet)
            self.desks[participant] = rest
        self._keep(written)
        return len(self.forms)

    def load_feeder(self, scanner: SimScanner, wanted: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
        """Lay in what is still to be scanned; torn sheets go on the glass, one at a time, after the rest.

        Returns:
            What was laid in, and whether it lies on the glass.
        """
        for before in self.scanners.values():  # one that was replaced may still hold sheets
            self._gather(before)
            if before is not scanner:
                self.clear_feeder(before)
        sheets = [self.forms.pop(identity) for identity in wanted if identity in self.forms]
        whole = [sheet for sheet in sheets if not sheet.torn]
        torn = [sheet for sheet in sheets if sheet.torn]
        if whole or not torn or Source.FLATBED not in scanner.capabilities.sources:
            rest = [*scanner.load(whole), *torn]
            self._keep(rest)
            kept = {sheet.identity: True for sheet in rest}
            return tuple(sheet.identity for sheet in whole if sheet.identity not in kept), False
        self._keep(torn[1:])
        scanner.lay_on_glass(torn[0])
        return (torn[0].identity,), True

    def _gather(self, scanner: SimScanner) -> None:
        self._keep([*scanner.take_scanned(), *scanner.unload(), *scanner.glass.take_all()])

    def _keep(self, sheets: Iterable[Sheet]) -> None:
        for sheet in sheets:
            double = self.forms.get(sheet.identity)  # torn, and printed again: only the whole one is scanned
            if double is not None and double is not sheet:
                self.spoiled.append(double if double.torn else sheet)
            if double is None or double.torn:
                self.forms[sheet.identity] = sheet

    def clear_feeder(self, scanner: SimScanner) -> None:
        """Take out what is stuck in the scanner."""
        self._keep(scanner.clear_feeder())

    def count(self) -> PaperCount:
        """Count everything, wherever it lies; nothing is computed from anything else."""
        for printer in self.printers.values():
            printer.clear_jam()  # whoever counts looks inside the printer as well
            self.collect_output(printer)
        for scanner in self.scanners.values():
            self._gather(scanner)
            self.clear_feeder(scanner)
        late = [kit for kit in self.table if kit in self.spoiled_kits]  # came out after it was put aside
        for kit in late:
            self.spoiled += self.table.pop(kit)
        counter = 0
        for name, printer in self.printers.items():
            if "dead" in printer.faults:
                counter = -1
                break
            counter += printer.page_counter - self.counters[name]
        return PaperCount(
            handed_out=sum(len(sheets) for sheets in self.desks.values()) + len(self.forms),
            spoiled=len(self.spoiled),
            left=sum(len(sheets) for sheets in self.table.values()),
            test=len(self.other),
            counter=counter,
            kits_handed_out=self.kits_handed_out,
            kits_left=len(self.table),
        )
