"""The simulated printer against the public suite, in virtual and in real time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from hal.conformance import printer as suite
from hal.conformance.suite import Check, Skip, run_check
from hal.printer import Document, JobState, JobStatus, Printer
from hal.runtime import HOUR, AsyncioRuntime, Runtime
from simulators.device import World
from simulators.faults import UntilRepaired
from simulators.printer import SimPrinter
from simulators.profiles import names, printer_profile
from simulators.random import Streams
from simulators.runtime import SimRuntime


class SimulatedPrinters:
    supports = frozenset(suite.CONDITIONS)
    patience = 2 * HOUR

    def __init__(self, runtime: Runtime, spawn: Callable[..., object], profile: str) -> None:
        self.runtime = runtime
        self.world = World(runtime, Streams(1), lambda event: None, spawn)
        self.profile = printer_profile(profile)
        self.device: SimPrinter

    async def open(self) -> Printer:
        self.device = SimPrinter("printer-1", self.world, self.profile)
        return self.device

    def document(self, pages: int) -> Document:
        return Document("check", tuple(f"sheet/{number}" for number in range(pages)))

    async def provoke(self, condition: str) -> None:
        self.device.begin_fault(condition, self.device.FAULTS[condition].params, UntilRepaired())

    async def repair(self, condition: str) -> None:
        hands: dict[str, Callable[[], bool]] = {
            suite.JAM: self.device.clear_jam,
            suite.MISFEED: self.device.refeed_paper,
            suite.OUT_OF_PAPER: self.device.add_paper,
            suite.TONER_EMPTY: self.device.replace_cartridge,
            suite.COVER_OPEN: self.device.close_cover,
            suite.OFFLINE: self.device.reconnect,
            suite.POWER_CUT: self.device.reconnect,
        }
        assert hands[condition]()


def in_virtual_time(profile: str, main: Callable[[SimulatedPrinters], Coroutine[Any, Any, Any]]) -> Any:
    runtime = SimRuntime()
    return runtime.run(main(SimulatedPrinters(runtime, runtime.spawn, profile)))


def in_real_time(profile: str, main: Callable[[SimulatedPrinters], Coroutine[Any, Any, Any]]) -> Any:
    runtime = AsyncioRuntime(pace=500)
    return runtime.run(main(SimulatedPrinters(runtime, runtime.spawn, profile)))


@pytest.mark.parametrize("profile", names("printers"))
@pytest.mark.parametrize("check", suite.CHECKS.values(), ids=suite.CHECKS)
def test_in_virtual_time(profile: str, check: Check[suite.PrinterBench]) -> None:
    reason = ""
    try:
        in_virtual_time(profile, lambda bench: run_check(check, bench))
    except Skip as skip:
        reason = str(skip)
    assert reason in ("", "the printer reports no page counter", "the printer reports no supplies")


@pytest.mark.parametrize("check", suite.CHECKS.values(), ids=suite.CHECKS)
def test_in_real_time(check: Check[suite.PrinterBench]) -> None:
    in_real_time("kyocera-ecosys-p2040dn", lambda bench: run_check(check, bench))


def test_report_names_what_was_skipped() -> None:
    async def main(bench: SimulatedPrinters) -> Any:
        bench.supports = frozenset({suite.JAM})
        return await suite.check_printer(bench)

    report = in_virtual_time("kyocera-ecosys-p2040dn", main)
    assert "stops-for-jam" in report.passed
    assert report.skipped["dead"] == "the bench cannot provoke dead"
    assert set(report.passed) | set(report.skipped) == set(suite.CHECKS)


class Forgetful(SimPrinter):
    """Says that every job is printed at once and whole, whatever happens."""

    async def wait(self, job: int) -> JobStatus:
        await self.runtime.sleep(0)
        return JobStatus(JobState.COMPLETED)


def test_suite_catches_a_wrong_driver() -> None:
    async def main(bench: SimulatedPrinters) -> None:
        async def open_wrong() -> Printer:
            bench.device = Forgetful("printer-1", bench.world, bench.profile)
            return bench.device

        bench.open = open_wrong  # type: ignore[method-assign]
        await suite.check_printer(bench)

    with pytest.raises(AssertionError) as caught:
        in_virtual_time("kyocera-ecosys-p2040dn", main)
    text = str(caught.value)
    assert "stops-for-jam: waiting under jam: PaperJam expected, but the call returned JobStatus" in text
    assert "counts-pages: 3 pages moved the page counter from 0 to 0" in text
    assert "offline: wait while offline: PrinterOffline or DeviceGone or DeviceTimeout expected" in text
    assert "offline-reaches-waiter: the cable goes during a wait" in text
    assert "names-itself" not in text


def test_suite_gives_up_on_a_driver_that_hangs() -> None:
    async def hang(bench: suite.PrinterBench) -> None:
        await bench.runtime.event().wait()

    check: Check[suite.PrinterBench] = Check(hang)
    with pytest.raises(AssertionError, match="longer than the bench's patience"):
        in_virtual_time("kyocera-ecosys-p2040dn", lambda bench: run_check(check, bench))
