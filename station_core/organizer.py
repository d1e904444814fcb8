"""Станция организатора: prints whole kits, rejects bad ones, scans the forms of its room.

Printing never uses a kit number twice. A kit is marked in the store *before* its sheets are sent; when a
crash interrupts it, the station cannot know how far it came, so after the restart the kit is spoiled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Self

from hal.errors import DeviceError
from hal.printer import Document, JobId, JobState, Printer, PrinterAttention
from hal.scanner import Scanner, ScanSettings, Source
from hal.storage import FlashDrive
from station_core.container import Kind, Piece
from station_core.errors import KitsUsedUp, MaterialsRefused, StepRefused
from station_core.events import (
    FormsScanned,
    KitPrinted,
    KitRejected,
    PackageExported,
    PrintChecked,
    ProtocolPrinted,
)
from station_core.materials import AccessKey, Grant, Kit, PasswordFile, restore
from station_core.station import Seat, Station

BYTES_PER_SCANNED_SHEET = 250_000  # 1 MB per participant of four forms on the flash drive [002:8380]


class KitState(StrEnum):
    """What became of a kit. Kits without a state are still to be printed."""

    PRINTING = "printing"
    PRINTED = "printed"
    REJECTED = "rejected"


@dataclass(slots=True)
class _Job:
    kit: Kit
    job: JobId


class OrganizerStation(Station):
    """One room's printing and scanning.

    Args:
        seat: See :class:`Seat`.
        printer: The local laser printer.
        scanner: The scanner of the room; ``None`` for oral exams, which are scanned in the Штаб.
    """

    KIND: ClassVar[str] = "organizer"

    def __init__(self, seat: Seat, printer: Printer, scanner: Scanner | None = None) -> None:
        super().__init__(seat)
        self.printer = printer
        self.scanner = scanner
        self.kits: dict[str, KitState] = {}
        self._sent: Kit | None = None
        self._aside: dict[str, Kit] = {}
        self.scanned: dict[str, bool] = {}
        self._password_grant: Grant | None = None
        self._under_way: _Job | None = None
        self._page: tuple[Printer, str, JobId] | None = None

    def restarted(self) -> Self:
        """Return the station program as it is after a restart: only the store is left."""
        return type(self)(self.seat, self.printer, self.scanner)

    # -- state -------------------------------------------------------------------------------------

    def _restore(self, name: str, value: object) -> None:
        kind, _, rest = name.partition("/")
        if kind == "kit":
            self.kits[rest] = KitState(str(value))
        elif name == "sent":
            self._sent = restore(value, Kit, f"{self.name}: stored kit")
        elif kind == "aside":
            self._aside[rest] = restore(value, Kit, f"{self.name}: stored kit")
        elif kind == "scan":
            self.scanned[rest] = True
        else:
            super()._restore(name, value)

    def _after_restore(self) -> None:
        self.write_off()

    @property
    def interrupted(self) -> list[Kit]:
        """Kits that a crash interrupted and whose paper is still to be put aside."""
        return list(self._aside.values())

    def write_off(self) -> list[Kit]:
        """Reject the kits that a crash left half-printed; returns them, so that their paper is put aside.

        Works on the store alone: for a computer that no longer starts the organisers do it by hand.
        """
        numbers = [number for number, state in self.kits.items() if state is KitState.PRINTING]
        written_off = []
        for number in numbers:
            kit = self._sent
            if kit is None or kit.number != number:  # stored in one change with the state
                raise MaterialsRefused(f"{self.name}: store", "unknown-entry", f"kit/{number} was never sent")
            event = KitRejected(self.name, self.room, number, "interrupted", 0)
            self._record(event, {f"kit/{number}": KitState.REJECTED.value, f"aside/{number}": kit})
            self.kits[number] = KitState.REJECTED
            self._aside[number] = kit
            written_off.append(kit)
        return written_off

    def confirm_aside(self, kit: Kit) -> None:
        """Take note that the paper of an interrupted kit was put aside; until then every start names it."""
        self._store.save({f"aside/{kit.number}": None})
        self._aside.pop(kit.number, None)

    def _mark(self, state: KitState, event: KitPrinted | KitRejected) -> None:
        self._record(event, {f"kit/{event.kit}": state})
        self.kits[event.kit] = state

    def _room_from(self, key: AccessKey, file: str, room: str) -> str:  # noqa: ARG002
        grant = key.grant_for(self.settings.computer)
        if grant is None:
            raise MaterialsRefused(file, "computer-not-in-key", f"computer {self.settings.computer}")
        if not self.settings.reserve and grant.room != self.settings.room:
            raise MaterialsRefused(file, "wrong-room", f"{grant.room}, here {self.settings.room}")
        return grant.room

    def _accept_password(self, file: PasswordFile) -> None:
        super()._accept_password(file)
        for grant in file.grants:
            if grant.computer == self.settings.computer:
                self._password_grant = grant
                return
        raise MaterialsRefused(self.name, "computer-not-in-key", f"computer {self.settings.computer}")

    def _grants(self) -> Iterator[Grant]:
        mine = self.settings.computer
        grants = self.key.grants if self.key is not None else ()
        for grant in grants:
            if grant.computer == mine:
                yield grant
        if self._password_grant is not None and self._password_grant not in grants:
            yield self._password_grant

    def _kits_to_print(self) -> Iterable[Kit]:
        if self.contents is None:
            return
        for grant in self._grants():
            for kit in self.contents.kits[grant.first_kit : grant.first_kit + grant.kits]:
                if kit.number not in self.kits:
                    yield kit

    def kits_left(self) -> int:
        """How many kits can still be printed («осталось для печати»)."""
        return sum(1 for _ in self._kits_to_print())

    def count(self, state: KitState) -> int:
        """How many kits are in that state."""
        return sum(1 for value in self.kits.values() if value is state)

    # -- printing ----------------------------------------------------------------------------------

    async def check_print(self) -> None:
        """Print the test page of the morning [001:131].

        Raises:
            PrinterError: The printer, whatever it says.
        """
        await self.computer.run(self._check_print())

    async def _check_print(self) -> None:
        await self._print_page("test")
        self._record(PrintChecked(self.name, self.printer.info.name, good=True))

    async def _print_page(self, title: str) -> None:
        """Print one page, or wait on for it after the printer was helped."""
        if self._page is None or self._page[0] is not self.printer or self._page[1] != title:
            sheet = f"{title}/{self.name}/{self.printer.info.name}/{self.runtime.now()}"
            self._page = (self.printer, title, await self.printer.submit(Document(title, (sheet,))))
        try:
            await self.printer.wait(self._page[2])
        except PrinterAttention:
            raise  # the page comes out after the repair
        except DeviceError:
            self._page = None
            raise
        self._page = None

    async def _drop_page(self) -> None:
        """Cancel a test page that never came out: it would stand in the way of the kits."""
        if self._page is not None and self._page[0] is self.printer:
            await self._cancel(self._page[2])
        self._page = None

    async def print_kit(self) -> Kit:
        """Print the next kit; returns it when all its sheets are out.

        Raises:
            StepRefused: The key is not activated, the exam is finished, or a kit is still under way.
            KitsUsedUp: No kit is left (E3).
            PrinterAttention: The printer waits for a person; ``continue_kit`` or ``reject_kit`` next.
            PrinterError, DeviceError: The printer failed; ``reject_kit`` next.
        """
        return await self.computer.run(self._print_kit())

    async def _print_kit(self) -> Kit:
        if self.finished:
            raise StepRefused(self.name, "exam-finished")
        if not self.opened:
            raise StepRefused(self.name, "key-not-activated")
        if self._under_way is not None:
            raise StepRefused(self.name, "kit-under-way", self._under_way.kit.number)
        kit = next(iter(self._kits_to_print()), None)
        if kit is None:
            raise KitsUsedUp(self.name, "kits-used-up")
        await self._drop_page()
        # written before the sheets are sent: after a crash this number is never printed again
        self._store.save({f"kit/{kit.number}": KitState.PRINTING.value, "sent": kit})
        self.kits[kit.number] = KitState.PRINTING
        self._sent = kit
        self._under_way = _Job(kit, -1)
        self._under_way.job = await self.printer.submit(Document(kit.number, kit.sheet_ids()))
        return await self._await_kit()

    async def continue_kit(self) -> Kit:
        """Wait on for the kit under way after the printer was helped. Raises like ``print_kit``."""
        return await self.computer.run(self._await_kit())

    async def _await_kit(self) -> Kit:
        if self._under_way is None:
            raise StepRefused(self.name, "no-kit-under-way")
        kit, job = self._under_way.kit, self._under_way.job
        status = await self.printer.wait(job)
        if status.state is not JobState.COMPLETED:
            raise StepRefused(self.name, "job-canceled", kit.number)
        self._mark(KitState.PRINTED, KitPrinted(self.name, self.room, kit.number, kit.sheets))
        self._under_way = None
        return kit

    async def reject_kit(self, why: str, kit: Kit | None = None) -> Kit:
        """«Забраковать»: the entire kit is spoiled [003:49]. Without a kit: the one under way.

        The job is cancelled first, so that the printer adds no sheet after the repair.

        Raises:
            StepRefused: There is no such kit, or it is rejected already.
        """
        return await self.computer.run(self._reject_kit(why, kit))

    async def _reject_kit(self, why: str, kit: Kit | None) -> Kit:
        sheets = 0
        if kit is None:
            if self._under_way is None:
                raise StepRefused(self.name, "no-kit-under-way")
            kit, job = self._under_way.kit, self._under_way.job
            if job >= 0:
                sheets = await self._cancel(job)
            self._under_way = None
        elif self.kits.get(kit.number) is not KitState.PRINTED:
            raise StepRefused(self.name, "kit-not-printed", kit.number)
        else:
            sheets = kit.sheets
        self._mark(KitState.REJECTED, KitRejected(self.name, self.room, kit.number, why, sheets))
        return kit

    async def _cancel(self, job: JobId) -> int:
        """Cancel a job; return its whole sheets, 0 where the printer cannot be asked any more."""
        try:
            await self.printer.cancel(job)
            return (await self.printer.job(job)).pages or 0
        except DeviceError:
            # a dead or unplugged printer prints nothing more; its sheets are counted by hand at the end
            return 0

    # -- scanning ----------------------------------------------------------------------------------

    async def scan_stack(self, source: Source = Source.FEEDER) -> int:
        """Scan what lies in the feeder or on the glass; returns how many sheets are newly read.

        Raises:
            StepRefused: The station has no scanner.
            ScannerError, DeviceError: The scanner; sheets read before count.
        """
        return await self.computer.run(self._scan_stack(source))

    async def _scan_stack(self, source: Source) -> int:
        if self.scanner is None:
            raise StepRefused(self.name, "no-scanner")
        before = len(self.scanned)
        async for page in self.scanner.scan(ScanSettings(source=source)):
            marks = page.marks
            if marks is not None and marks.legible and len(marks.sheets) == 1:
                sheet = marks.sheets[0]
                if sheet not in self.scanned:
                    self._store.save({f"scan/{sheet}": True})
                    self.scanned[sheet] = True
                    self.prepared = None
        return len(self.scanned) - before

    def forms_missing(self, kits: Iterable[Kit]) -> tuple[str, ...]:
        """Return the sheets of these kits' forms that are not read yet, in order."""
        return tuple(sheet for kit in kits for sheet in kit.form_ids() if sheet not in self.scanned)

    def report_scanned(self, works: int, rescanned: int, missing: int) -> None:
        """Write down what came of scanning the room's forms."""
        self._record(FormsScanned(self.name, self.room, len(self.scanned), works, rescanned, missing))

    def export_bytes(self) -> int:
        """How much the package of the scanned forms weighs."""
        return len(self.scanned) * BYTES_PER_SCANNED_SHEET

    def _export_content(self, works: int) -> tuple[Kind, int, Iterable[Piece]]:
        return Kind.BLANKS, works, ("\n".join(self.scanned).encode(),)

    async def export(self, flash: FlashDrive) -> str:
        """Write the package of the room's forms to a flash drive; returns its name.

        Raises:
            StepRefused: No token has signed it (``authorise_export``).
            StorageError: The drive; nothing is half-written.
        """
        return await self.computer.run(self._export(flash))

    async def _export(self, flash: FlashDrive) -> str:
        prepared = await self._write_export(flash)
        name, works, size = prepared.name, prepared.works, prepared.size_bytes
        self._record_export(PackageExported(self.name, self.room, name, "blanks", works, size))
        return name

    # -- end ---------------------------------------------------------------------------------------

    async def print_protocol(self) -> None:
        """Print the протокол использования станции. Raises like the printer."""
        await self.computer.run(self._print_protocol())

    async def _print_protocol(self) -> None:
        await self._print_page("protocol")
        self._record(
            ProtocolPrinted(self.name, self.room, self.count(KitState.PRINTED), self.count(KitState.REJECTED))
        )
