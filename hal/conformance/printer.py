"""What every printer driver must do: ``await check_printer(bench)``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from hal.conformance.suite import Check, CheckBench, Report, Skip, require, require_error, run_checks
from hal.errors import DeviceBusy, DeviceDead, DeviceError, DeviceGone, DeviceNotFound, DeviceTimeout
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
    Printer,
    PrinterAttention,
    PrinterOffline,
    PrinterState,
    Reason,
    TonerEmpty,
)

JAM, MISFEED, OUT_OF_PAPER = "jam", "misfeed", "out-of-paper"
TONER_EMPTY, COVER_OPEN = "toner-empty", "cover-open"
OFFLINE, POWER_CUT, DEAD = "offline", "power-cut", "dead"

CONDITIONS = (JAM, MISFEED, OUT_OF_PAPER, TONER_EMPTY, COVER_OPEN, OFFLINE, POWER_CUT, DEAD)

_UNREACHABLE = (PrinterOffline, DeviceGone, DeviceTimeout)


class PrinterBench(CheckBench, Protocol):
    """A workplace with the printer under test; ``supports`` holds names from ``CONDITIONS``."""

    async def open(self) -> Printer:
        """Return a fresh device: ready, with paper and toner, without jobs."""

    def document(self, pages: int) -> Document:
        """Make a document of that many pages; a job of 20 pages has to take longer than a call."""

    async def provoke(self, condition: str) -> None:
        """Bring the printer into the condition, at the latest when it prints the next page."""

    async def repair(self, condition: str) -> None:
        """Do what a person does against the condition."""


async def _end(printer: Printer, job: JobId, pages: int) -> JobStatus:
    """Wait for a job that has to complete."""
    status = await printer.wait(job)
    require(status.state is JobState.COMPLETED, f"the job has to complete, but it is {status.state}")
    require(status.pages in (None, pages), f"{pages} pages were printed, but the job says {status.pages}")
    return status


async def _check_names_itself(bench: PrinterBench) -> None:
    printer = await bench.open()
    require(printer.info.name, "info.name must not be empty")
    speed = printer.capabilities.pages_per_minute
    require(speed is None or speed > 0, "capabilities.pages_per_minute must be positive or None")


async def _check_fresh_is_idle(bench: PrinterBench) -> None:
    printer = await bench.open()
    status = await printer.status()
    require(status.state is PrinterState.IDLE, f"a fresh printer has to be idle, but it is {status.state}")
    stops = [reason for reason in status.reasons if reason in _ATTENTION]
    require(not stops, f"a fresh printer has nothing to stop it, but it says {stops}")


async def _check_prints(bench: PrinterBench) -> None:
    printer = await bench.open()
    job = await printer.submit(bench.document(3))
    await _end(printer, job, 3)


async def _check_job_numbers_differ(bench: PrinterBench) -> None:
    printer = await bench.open()
    first = await printer.submit(bench.document(1))
    await _end(printer, first, 1)
    second = await printer.submit(bench.document(1))
    require(first != second, "two jobs must not have one number")
    await _end(printer, second, 1)


async def _check_counts_pages(bench: PrinterBench) -> None:
    printer = await bench.open()
    if not printer.capabilities.reports_page_counter:
        raise Skip("the printer reports no page counter")
    before = (await printer.status()).page_counter
    require(before is not None, "capabilities promise a page counter, but it is None")
    await _end(printer, await printer.submit(bench.document(3)), 3)
    after = (await printer.status()).page_counter
    require(
        before is not None and after == before + 3, f"3 pages moved the page counter from {before} to {after}"
    )


async def _check_tells_supplies(bench: PrinterBench) -> None:
    printer = await bench.open()
    if not printer.capabilities.reports_supplies:
        raise Skip("the printer reports no supplies")
    supplies = (await printer.status()).supplies
    require(supplies, "capabilities promise supplies, but there are none")
    for supply in supplies:
        right = supply.percent is None or 0 <= supply.percent <= 100
        require(right, f"{supply.name} cannot be at {supply.percent} percent")


async def _check_ended_job_stays_known(bench: PrinterBench) -> None:
    printer = await bench.open()
    job = await printer.submit(bench.document(1))
    ended = await _end(printer, job, 1)
    require((await printer.job(job)).state is ended.state, "an ended job stays as it is")
    require((await printer.wait(job)).state is ended.state, "waiting again returns the same end at once")


async def _check_unknown_job(bench: PrinterBench) -> None:
    printer = await bench.open()
    job = await printer.submit(bench.document(1))
    await _end(printer, job, 1)
    await require_error(printer.job(job + 1000), DeviceNotFound, "a job that never was")


async def _check_second_job(bench: PrinterBench) -> None:
    printer = await bench.open()
    first = await printer.submit(bench.document(5))
    try:
        second = await printer.submit(bench.document(2))
    except DeviceBusy:
        await _end(printer, first, 5)
        return
    await _end(printer, second, 2)


async def _check_cancel(bench: PrinterBench) -> None:
    printer = await bench.open()
    job = await printer.submit(bench.document(20))
    await printer.cancel(job)
    status = await printer.wait(job)
    require(status.state is JobState.CANCELED, f"a canceled job must not be {status.state}")
    require(status.pages is None or status.pages < 20, "a job that was canceled at once cannot be whole")
    await printer.cancel(job)
    await _end(printer, await printer.submit(bench.document(1)), 1)


async def _check_cancel_ended(bench: PrinterBench) -> None:
    printer = await bench.open()
    job = await printer.submit(bench.document(1))
    await _end(printer, job, 1)
    await printer.cancel(job)
    require((await printer.job(job)).state is JobState.COMPLETED, "cancel leaves an ended job as it is")


async def _check_waiter_may_leave(bench: PrinterBench) -> None:
    printer = await bench.open()
    job = await printer.submit(bench.document(5))
    try:
        async with bench.runtime.timeout(1):
            await printer.wait(job)
    except TimeoutError:
        await _end(printer, job, 5)
        return
    raise AssertionError("five pages cannot be printed within a microsecond")


async def _check_closes_twice(bench: PrinterBench) -> None:
    printer = await bench.open()
    await printer.close()
    await printer.close()


_ATTENTION: Mapping[Reason, tuple[str, type[PrinterAttention]]] = {
    Reason.JAM: (JAM, PaperJam),
    Reason.MISFEED: (MISFEED, Misfeed),
    Reason.EMPTY: (OUT_OF_PAPER, OutOfPaper),
    Reason.TONER_EMPTY: (TONER_EMPTY, TonerEmpty),
    Reason.COVER_OPEN: (COVER_OPEN, CoverOpen),
}


def _stop_check(reason: Reason) -> Callable[[PrinterBench], Awaitable[None]]:
    condition, error = _ATTENTION[reason]

    async def check(bench: PrinterBench) -> None:
        printer = await bench.open()
        await bench.provoke(condition)
        job = await printer.submit(bench.document(3))
        await require_error(printer.wait(job), error, f"waiting under {condition}")
        status = await printer.status()
        require(status.state is PrinterState.STOPPED, f"under {condition} the state is {status.state}")
        require(reason in status.reasons, f"under {condition} the reasons lack {reason}: {status.reasons}")
        stopped = await printer.job(job)
        right = stopped.state in (JobState.STOPPED, JobState.PENDING)
        require(right, f"under {condition} the job is {stopped.state}")
        await bench.repair(condition)
        try:
            await _end(printer, job, 3)
        except JobAborted:
            # a printer may give up the page of a jammed sheet, but it has to say so
            require(condition == JAM, f"after {condition} no page is missing")

    return check


def _cancel_check(condition: str) -> Callable[[PrinterBench], Awaitable[None]]:
    async def check(bench: PrinterBench) -> None:
        printer = await bench.open()
        await bench.provoke(condition)
        job = await printer.submit(bench.document(3))
        await require_error(printer.wait(job), PrinterAttention, f"waiting under {condition}")
        await printer.cancel(job)
        status = await printer.wait(job)
        require(status.state is JobState.CANCELED, f"canceled under {condition}, the job is {status.state}")
        await bench.repair(condition)
        await _end(printer, await printer.submit(bench.document(1)), 1)

    return check


async def _check_offline(bench: PrinterBench) -> None:
    printer = await bench.open()
    job = await printer.submit(bench.document(1))
    await _end(printer, job, 1)
    await bench.provoke(OFFLINE)
    await require_error(printer.status(), _UNREACHABLE, "status while offline")
    await require_error(printer.submit(bench.document(1)), _UNREACHABLE, "submit while offline")
    await require_error(printer.job(job), _UNREACHABLE, "job while offline")
    await require_error(printer.wait(job), _UNREACHABLE, "wait while offline")
    await require_error(printer.cancel(job), _UNREACHABLE, "cancel while offline")
    await bench.repair(OFFLINE)
    await _end(printer, await printer.submit(bench.document(1)), 1)


async def _check_offline_reaches_waiter(bench: PrinterBench) -> None:
    printer = await bench.open()
    job = await printer.submit(bench.document(20))

    async def wait() -> object:
        try:
            return await printer.wait(job)
        except DeviceError as error:
            return error

    async with bench.runtime.task_group() as group:
        waiting = group.start(wait(), "wait for the job")
        await bench.runtime.sleep(0)
        await bench.provoke(OFFLINE)
    # judged outside of the group, which would wrap the verdict
    outcome = await waiting.wait()
    right = isinstance(outcome, _UNREACHABLE)
    require(right, f"the cable goes during a wait: it has to fail as offline, but it gave {outcome!r}")
    await bench.repair(OFFLINE)


async def _check_power_cut_loses_job(bench: PrinterBench) -> None:
    printer = await bench.open()
    job = await printer.submit(bench.document(20))
    await bench.provoke(POWER_CUT)
    await require_error(printer.status(), _UNREACHABLE, "status without power")
    await bench.repair(POWER_CUT)
    await require_error(printer.job(job), DeviceNotFound, "a job from before the power cut")


async def _check_dead(bench: PrinterBench) -> None:
    printer = await bench.open()
    await bench.provoke(DEAD)
    await require_error(printer.status(), DeviceDead, "status of a broken printer")
    await require_error(printer.submit(bench.document(1)), DeviceDead, "submit to a broken printer")


CHECKS: Mapping[str, Check[PrinterBench]] = {
    "names-itself": Check(_check_names_itself),
    "fresh-is-idle": Check(_check_fresh_is_idle),
    "prints": Check(_check_prints),
    "job-numbers-differ": Check(_check_job_numbers_differ),
    "counts-pages": Check(_check_counts_pages),
    "tells-supplies": Check(_check_tells_supplies),
    "ended-job-stays-known": Check(_check_ended_job_stays_known),
    "unknown-job": Check(_check_unknown_job),
    "second-job": Check(_check_second_job),
    "cancel": Check(_check_cancel),
    "cancel-ended": Check(_check_cancel_ended),
    "waiter-may-leave": Check(_check_waiter_may_leave),
    "closes-twice": Check(_check_closes_twice),
    **{
        f"stops-for-{condition}": Check(_stop_check(reason), (condition,))
        for reason, (condition, _) in _ATTENTION.items()
    },
    **{
        f"cancel-under-{condition}": Check(_cancel_check(condition), (condition,))
        for condition, _ in _ATTENTION.values()
    },
    "offline": Check(_check_offline, (OFFLINE,)),
    "offline-reaches-waiter": Check(_check_offline_reaches_waiter, (OFFLINE,)),
    "power-cut-loses-job": Check(_check_power_cut_loses_job, (POWER_CUT,)),
    "dead": Check(_check_dead, (DEAD,)),
}


async def check_printer(bench: PrinterBench) -> Report:
    """Make all checks on the printer of the bench.

    Raises:
        AssertionError: The driver does not do what ``hal.printer.Printer`` promises.
    """
    return await run_checks(CHECKS, bench)
