"""A laser printer: engine, paper path, supplies, firmware, and the hands of a person.

What wears out or runs out does so by itself: sheets, toner, drum. Faults are laid over that. Sheets are
never lost or invented: each one fed from a tray moves the page counter and is afterwards under way, stuck,
in the output, or with whoever took it.

Choices where real printers differ:

* A job submitted while another one prints is queued, up to ``queue_jobs`` of the profile; then the printer
  is busy (``DeviceBusy``).
* Opening a cover, a power cut or a death in the middle of a page leaves the sheet in the paper path: it is
  torn, and the printer reports a jam until a person takes it out. Between pages they catch no sheet.
* A jam that begins between pages catches the next sheet; until then the printer knows nothing of it.
* A printer that does not print a jammed page again goes on with the next page and ends the job as aborted.
* ``offline`` cuts the data cable: the engine finishes what it has. ``power-cut`` and ``dead`` end all jobs;
  their numbers are never given to another job.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from hal.errors import DeviceBusy, DeviceDead, DeviceNotFound
from hal.printer import (
    CoverOpen,
    Document,
    JobAborted,
    JobId,
    JobState,
    JobStatus,
    Misfeed,
    OutOfPaper,
    PaperJam,
    PrinterAttention,
    PrinterCapabilities,
    PrinterInfo,
    PrinterOffline,
    PrinterState,
    PrinterStatus,
    Reason,
    TonerEmpty,
)
from hal.runtime import MILLISECOND, MINUTE, SECOND, Event
from simulators.device import SimDevice, World
from simulators.faults import FaultKind
from simulators.paper import Pile, Sheet
from simulators.profiles import PrinterProfile
from simulators.supplies import Supplies

# What stops a printer, the most urgent first: what a person has to do before anything else helps.
_ATTENTION: Mapping[Reason, type[PrinterAttention]] = {
    Reason.COVER_OPEN: CoverOpen,
    Reason.JAM: PaperJam,
    Reason.MISFEED: Misfeed,
    Reason.TONER_EMPTY: TonerEmpty,
    Reason.EMPTY: OutOfPaper,
}


class _Job:
    """A job in the printer's memory."""

    __slots__ = ("canceled", "ended", "identities", "missing", "number", "position", "state")

    def __init__(self, number: JobId, identities: tuple[str, ...]) -> None:
        self.number = number
        self.identities = identities
        self.position = 0  # the page that is printed next
        self.missing = 0  # pages that a jam took and that are not printed again
        self.state = JobState.PENDING
        self.canceled = False
        self.ended = False

    def end(self, state: JobState) -> None:
        """Let it change no more."""
        self.state = state
        self.ended = True

    @property
    def pages(self) -> int:
        """Sheets that came out whole."""
        return self.position - self.missing


class SimPrinter(SimDevice):
    """A simulated laser printer with the interface ``hal.printer.Printer`` and a physical face.

    It is switched on when it is made, with full trays, a new cartridge and a new drum (see :meth:`stock`).

    Args:
        name: Name of the device in the exam point.
        world: Time, luck and journal.
        profile: The model.
    """

    FAULTS: ClassVar[Mapping[str, FaultKind]] = {
        "jam": FaultKind("The sheet under way, or else the next one, jams and is torn.", occurrence="page"),
        "misfeed": FaultKind("The printer fails to pick sheets; none is lost.", occurrence="page"),
        "out-of-paper": FaultKind("The trays are empty although nobody expected it."),
        "toner-low": FaultKind(
            "The cartridge holds no more than this; it may come to pale pages and run empty.",
            {"left_percent": 5},
        ),
        "toner-empty": FaultKind("The cartridge is used up."),
        "cover-open": FaultKind("A cover is open; a sheet under way is caught and torn.", occurrence="job"),
        "streak": FaultKind("The drum leaves streaks on every page.", occurrence="page"),
        "offline": FaultKind("The data cable is out; the engine finishes what it has.", occurrence="job"),
        "power-cut": FaultKind("No power; jobs are lost, a sheet under way is caught.", occurrence="page"),
        "slow": FaultKind("The printer takes longer for every page.", {"factor_percent": 300}, "job"),
        "dead": FaultKind("The printer is broken and does not answer any more.", occurrence="page"),
    }

    def __init__(self, name: str, world: World, profile: PrinterProfile) -> None:
        super().__init__(name, world)
        self.profile = profile
        self.supplies = Supplies(name, profile)
        self.stuck: list[Sheet] = []
        self.output = Pile(f"{name} output")
        self._under_way: Sheet | None = None
        self._misfed = False
        self._jobs: dict[JobId, _Job] = {}  # in order of arrival; an ended one stays until the next submit
        self._next_number: JobId = 1
        self._switching = 0  # counts the times of switching off: an engine task of an earlier time ends
        self._printing = False
        self._ready_at = self.runtime.now() + profile.warm_up_ms * MILLISECOND
        self._idle_since = self._ready_at
        self._first_page_time = profile.first_page_out_ms * MILLISECOND
        self._page_time = MINUTE // profile.pages_per_minute
        self._info = PrinterInfo(name, profile.make, profile.model, f"SIM-{name}")
        self._resume: Event | None = None  # what the engine waits for while it stands
        self._change: Event | None = None

    # -- hal.printer.Printer -----------------------------------------------------------------------

    @property
    def info(self) -> PrinterInfo:
        """Who it is."""
        return self._info

    @property
    def capabilities(self) -> PrinterCapabilities:
        """What it can do."""
        return PrinterCapabilities(
            pages_per_minute=self.profile.pages_per_minute,
            duplex=self.profile.duplex,
            reports_supplies=self.profile.reports_supplies,
            reports_page_counter=self.profile.reports_page_counter,
            media_types=self.profile.media_types,
        )

    @property
    def page_counter(self) -> int:
        """How many sheets it has ever fed."""
        return self.supplies.pages

    async def status(self) -> PrinterStatus:
        """Look at the printer now."""
        self._reach()
        return PrinterStatus(
            state=self._state(),
            reasons=self._reasons(),
            trays=self.supplies.tray_levels(empty="out-of-paper" in self.faults),
            supplies=self.supplies.levels(),
            page_counter=self.page_counter if self.profile.reports_page_counter else None,
        )

    async def submit(self, document: Document) -> JobId:
        """Take a document into the queue and wake up.

        Raises:
            DeviceBusy: The queue is full.
        """
        self._reach()
        self._jobs = {number: job for number, job in self._jobs.items() if not job.ended}
        if len(self._jobs) >= self.profile.queue_jobs:
            raise DeviceBusy(self.name, f"{len(self._jobs)} jobs in the queue")
        number = self._next_number
        self._next_number += 1
        self._jobs[number] = _Job(number, document.sheets)
        if not self._printing:
            self._printing = True
            now = self.runtime.now()
            if now - self._idle_since >= self.profile.sleep_after_s * SECOND:
                self._ready_at = now + self.profile.wake_up_ms * MILLISECOND
            self.world.spawn(self._engine(self._switching), f"engine {self.name}")
        return number

    async def job(self, job: JobId) -> JobStatus:
        """Look at a job now.

        Raises:
            DeviceNotFound: The printer knows no such job.
        """
        self._reach()
        return self._job_status(self._find(job))

    async def wait(self, job: JobId) -> JobStatus:
        """Wait for the end of the job.

        Raises:
            DeviceNotFound: The printer knows no such job, or has lost it.
            PrinterAttention: The printer stopped and needs a person.
            JobAborted: A jammed page is missing.
        """
        while True:
            self._reach()
            found = self._find(job)
            if found.ended:
                if found.state is JobState.ABORTED:
                    raise JobAborted(self.name, f"{found.missing} of {len(found.identities)} pages missing")
                return self._job_status(found)
            if self._under_way is None:
                # a job that waits in the queue is held up as well
                for reason in self._stops():
                    raise _ATTENTION[reason](self.name)
            if self._change is None:
                self._change = self.runtime.event()
            await self._change.wait()

    async def cancel(self, job: JobId) -> None:
        """End the job; a sheet under way is finished. An ended job is left as it is.

        Raises:
            DeviceNotFound: The printer knows no such job.
        """
        self._reach()
        found = self._find(job)
        if found.ended:
            return
        found.canceled = True
        if found.state is JobState.PENDING or self._under_way is None:
            found.end(JobState.CANCELED)
            self._changed()

    async def close(self) -> None:
        """Nothing is held that could be given back."""

    # -- what a person does ------------------------------------------------------------------------

    def stock(
        self, *, sheets: int | None = None, toner_percent: int | None = None, drum_pages: int | None = None
    ) -> None:
        """Set what the printer holds as it is found: sheets in its trays, toner left, age of the drum.

        Raises:
            ValueError: More than the trays or the cartridge can hold, or less than nothing.
        """
        if sheets is not None:
            self.supplies.set_paper(sheets)
        if toner_percent is not None:
            self.supplies.set_toner(toner_percent)
            self._deny_toner("toner-low", "toner-empty")
        if drum_pages is not None:
            self.supplies.set_drum(drum_pages)
        self._look_again()

    def clear_jam(self) -> bool:
        """Pull the stuck sheets out and lay them on the output, torn; return whether the path is sound."""
        self._pull_out()
        sound = self.repair("jam")
        self._look_again()
        return sound

    def refeed_paper(self) -> bool:
        """Fan the paper and lay it in again; return whether the printer picks it now."""
        self._misfed = False
        sound = self.repair("misfeed")
        self._look_again()
        return sound

    def add_paper(self, sheets: int | None = None) -> bool:
        """Lay in sheets, as many as fit, or fill the trays; return whether there is paper now."""
        self.supplies.add_paper(sheets)
        sound = self.repair("out-of-paper")
        self._look_again()
        return sound and self._paper() > 0

    def replace_cartridge(self) -> bool:
        """Put in a new cartridge, and a new drum if worn or part of it; return whether prints are sound."""
        if self.profile.drum_in_cartridge or self.supplies.drum_worn():
            self.supplies.set_drum(0)
        self.supplies.set_toner(100)
        self._deny_toner("toner-low", "toner-empty")
        sound = self.repair("toner-empty", "toner-low", "streak")
        self._look_again()
        return sound

    def close_cover(self) -> bool:
        """Close the cover; return whether it stays closed."""
        return self.repair("cover-open")

    def reconnect(self) -> bool:
        """See to power and cable and restart what hangs; return whether the printer answers again."""
        return self.repair("offline", "power-cut", "slow") and "dead" not in self.faults

    def take_output(self) -> list[Sheet]:
        """Take everything from the output, torn sheets included, in the order in which they came out."""
        return self.output.take_all()

    # -- faults ------------------------------------------------------------------------------------

    def fault_began(self, kind: str) -> None:
        """Let the fault act on what is under way."""
        if kind in ("jam", "cover-open"):
            self._catch_sheet()
        elif kind in ("power-cut", "dead"):
            self._switch_off()
        elif kind in ("toner-low", "toner-empty"):
            self._deny_toner(kind)
        self._changed()

    def fault_ended(self, kind: str) -> None:
        """Go on where the fault had stopped the printer."""
        if kind == "jam":
            self._pull_out()  # whatever ended the jam has freed the path
        elif kind == "misfeed":
            self._misfed = False
        elif kind in ("toner-low", "toner-empty"):
            self._deny_toner(kind)
        elif kind in ("power-cut", "dead") and self._powered():
            self._ready_at = self.runtime.now() + self.profile.warm_up_ms * MILLISECOND
            self._idle_since = self._ready_at
        self._look_again()

    def _powered(self) -> bool:
        return "power-cut" not in self.faults and "dead" not in self.faults

    def _catch_sheet(self) -> None:
        if self._under_way is not None:
            self._under_way.torn = True
            self.stuck.append(self._under_way)
            self._under_way = None

    def _pull_out(self) -> None:
        self.output.add(self.stuck)
        self.stuck = []

    def _switch_off(self) -> None:
        self._catch_sheet()
        for job in self._jobs.values():
            job.canceled = True
        self._jobs = {}
        self._misfed = False
        self._printing = False
        self._switching += 1
        self._go_on()

    def _deny_toner(self, *kinds: str) -> None:
        """Work out anew how much of the toner in the cartridge these faults deny."""
        for kind in kinds:
            fault = self.faults.get(kind)
            self.supplies.deny_toner(kind, None if fault is None else fault.get("left_percent", 0))

    # -- what it knows of itself -------------------------------------------------------------------

    def _reach(self) -> None:
        """Raise if a call does not get through."""
        if not self.faults:
            return
        if "dead" in self.faults:
            raise DeviceDead(self.name)
        if "power-cut" in self.faults:
            raise PrinterOffline(self.name, "no power")
        if "offline" in self.faults:
            raise PrinterOffline(self.name, "no connection")

    def _find(self, number: JobId) -> _Job:
        job = self._jobs.get(number)
        if job is None:
            raise DeviceNotFound(self.name, f"no job {number}")
        return job

    def _paper(self) -> int:
        return 0 if "out-of-paper" in self.faults else self.supplies.paper()

    def _stops(self) -> list[Reason]:
        """List what keeps the next page from being printed, the most urgent first."""
        if not (self.faults or self.stuck or self._misfed or self.supplies.pages >= self.supplies.ends):
            return []
        conditions = (
            (Reason.COVER_OPEN, "cover-open" in self.faults),
            (Reason.JAM, bool(self.stuck)),
            (Reason.MISFEED, self._misfed),
            (Reason.TONER_EMPTY, not self.supplies.has_toner()),
            (Reason.EMPTY, self._paper() == 0),
        )
        return [reason for reason, holds in conditions if holds]

    def _reasons(self) -> tuple[Reason, ...]:
        reasons = self._stops()
        toner = self.supplies.toner_percent()
        if self.profile.reports_supplies and 0 < toner <= self.profile.toner_low_percent:
            reasons.append(Reason.TONER_LOW)
        if self.profile.counts_sheets and 0 < self._paper() <= self.profile.paper_low_sheets:
            reasons.append(Reason.LOW)
        if self.runtime.now() < self._ready_at:
            reasons.append(Reason.WARMING_UP)
        return tuple(reasons)

    def _state(self) -> PrinterState:
        if self._under_way is not None:
            return PrinterState.PROCESSING
        if self._stops():
            return PrinterState.STOPPED
        return PrinterState.PROCESSING if self._printing else PrinterState.IDLE

    def _job_status(self, job: _Job) -> JobStatus:
        if job.state is JobState.PROCESSING and self._under_way is None:
            stops = self._stops()
            if stops:
                return JobStatus(JobState.STOPPED, job.pages, tuple(stops))
        return JobStatus(job.state, job.pages)

    # -- the engine --------------------------------------------------------------------------------

    def _changed(self) -> None:
        """Wake those who wait for a job, so that they look again."""
        if self._change is not None:
            self._change.set()
            self._change = None

    def _look_again(self) -> None:
        """Go on if what stopped the engine is gone; called after everything a person did."""
        if not self._stops():
            self._go_on()
        self._changed()

    def _go_on(self) -> None:
        """Let the engine run again if it stands."""
        if self._resume is not None:
            self._resume.set()
            self._resume = None

    async def _engine(self, switching: int) -> None:
        """Print the queue until it is empty. One task a busy spell; ends when the power goes."""
        if self._ready_at > self.runtime.now():
            await self.runtime.sleep(self._ready_at - self.runtime.now())
        while self._switching == switching:
            job = next((job for job in self._jobs.values() if not job.ended), None)
            if job is None:
                self._printing = False
                self._idle_since = self.runtime.now()
                return
            self.occurred("job")
            job.state = JobState.PROCESSING
            await self._print(job)
            if not job.ended:  # a cancellation while no sheet moved has ended it at once
                job.end(self._outcome(job))
            self._changed()

    @staticmethod
    def _outcome(job: _Job) -> JobState:
        if job.position < len(job.identities):
            return JobState.CANCELED
        return JobState.ABORTED if job.missing else JobState.COMPLETED

    async def _print(self, job: _Job) -> None:
        """Print the pages of a job. This is the hot path: one sleep and few looks a page."""
        faults, watched, supplies, sleep = self.faults, self._watchers, self.supplies, self.runtime.sleep
        total, duration = len(job.identities), self._first_page_time
        while job.position < total and not job.canceled:
            if (faults or self.stuck or self._misfed or supplies.pages >= supplies.ends) and self._stops():
                await self._stand()
                duration = self._first_page_time
                continue
            if watched:
                self.occurred("page")
            if faults and not self._picks():
                continue
            sheet = self._under_way = Sheet(job.identities[job.position])
            if faults or supplies.pages >= supplies.flawed_from:
                self._print_on(sheet)
            supplies.pages += 1
            if not faults:
                await sleep(duration)
                duration = self._page_time
            elif "jam" in faults:
                self._catch_sheet()
            else:
                await sleep(self._slowed(duration))
                duration = self._page_time
            if self._under_way is sheet:
                self._under_way = None
                self.output.sheets.append(sheet)
            elif self.profile.reprints_jammed_page:
                continue  # it was caught on the way
            else:
                job.missing += 1
            job.position += 1

    def _print_on(self, sheet: Sheet) -> None:
        """Let toner, drum and faults show on a sheet."""
        self.supplies.print_on(sheet)
        if "streak" in self.faults:
            sheet.streaked = True

    def _slowed(self, duration: int) -> int:
        slow = self.faults.get("slow")
        return duration if slow is None else duration * max(1, slow["factor_percent"]) // 100

    async def _stand(self) -> None:
        """Stand still until a person has helped or the power goes."""
        resume = self._resume = self.runtime.event()
        self._changed()
        await resume.wait()

    def _picks(self) -> bool:
        """Try to pick a sheet under whatever has just begun; return whether a page can start."""
        if not self._powered():
            return False
        if "misfeed" in self.faults:
            self._misfed = True
        return not self._stops()
