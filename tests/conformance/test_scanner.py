"""The simulated scanner against the public suite, in virtual and in real time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from hal.conformance import scanner as suite
from hal.conformance.suite import Check, Skip, run_check
from hal.runtime import HOUR, AsyncioRuntime, Runtime
from hal.scanner import Scanner, Source
from simulators.device import World
from simulators.faults import UntilRepaired
from simulators.paper import Sheet
from simulators.profiles import names, scanner_profile
from simulators.random import Streams
from simulators.runtime import SimRuntime
from simulators.scanner import SimScanner


class SimulatedScanners:
    supports = frozenset(suite.CONDITIONS)
    patience = HOUR

    def __init__(self, runtime: Runtime, spawn: Callable[..., object], profile: str) -> None:
        self.runtime = runtime
        self.world = World(runtime, Streams(1), lambda event: None, spawn)
        self.profile = scanner_profile(profile)
        self.device: SimScanner
        self.made = 0

    async def open(self) -> Scanner:
        self.device = SimScanner("scanner-1", self.world, self.profile)
        return self.device

    async def load(self, count: int, source: Source) -> tuple[str, ...]:
        sheets = [Sheet(f"sheet/{self.made + number}") for number in range(count)]
        self.made += count
        if source is Source.FLATBED:
            for sheet in sheets:
                assert self.device.lay_on_glass(sheet) is None
        else:
            assert self.device.load(sheets) == []
        return tuple(sheet.identity for sheet in sheets)

    async def provoke(self, condition: str) -> None:
        self.device.begin_fault(condition, self.device.FAULTS[condition].params, UntilRepaired())

    async def repair(self, condition: str) -> None:
        if condition == suite.COVER_OPEN:
            assert self.device.close_cover()
        elif condition == suite.OFFLINE:
            assert self.device.reconnect()
        assert self.device.load(self.device.clear_feeder(), first=True) == []


def in_virtual_time(profile: str, main: Callable[[SimulatedScanners], Coroutine[Any, Any, Any]]) -> Any:
    runtime = SimRuntime()
    return runtime.run(main(SimulatedScanners(runtime, runtime.spawn, profile)))


def in_real_time(profile: str, main: Callable[[SimulatedScanners], Coroutine[Any, Any, Any]]) -> Any:
    runtime = AsyncioRuntime(pace=200)
    return runtime.run(main(SimulatedScanners(runtime, runtime.spawn, profile)))


NOT_FOR_ALL = {
    "flatbed": "the scanner has no flatbed",
    "stops-for-double-feed": "the scanner does not notice a double feed",
    "double-feed-unnoticed": "the scanner notices a double feed",
}


@pytest.mark.parametrize("profile", names("scanners"))
@pytest.mark.parametrize("name", suite.CHECKS)
def test_in_virtual_time(profile: str, name: str) -> None:
    check: Check[suite.ScannerBench] = suite.CHECKS[name]
    reason = ""
    try:
        in_virtual_time(profile, lambda bench: run_check(check, bench))
    except Skip as skip:
        reason = str(skip)
    assert reason in ("", NOT_FOR_ALL.get(name))


@pytest.mark.parametrize("name", [name for name in suite.CHECKS if name != "stops-for-double-feed"])
def test_in_real_time(name: str) -> None:
    in_real_time("kyocera-ecosys-m2040dn", lambda bench: run_check(suite.CHECKS[name], bench))


def test_double_feed_in_real_time() -> None:
    check = suite.CHECKS["stops-for-double-feed"]
    in_real_time("canon-dr-c230", lambda bench: run_check(check, bench))


def test_report_names_what_was_skipped() -> None:
    report = in_virtual_time("canon-dr-c230", suite.check_scanner)
    assert report.skipped == {
        "flatbed": "the scanner has no flatbed",
        "double-feed-unnoticed": "the scanner notices a double feed",
    }
    assert set(report.passed) | set(report.skipped) == set(suite.CHECKS)


class Careless(SimScanner):
    """Puts away what is stuck without telling anybody."""

    def _check_path(self) -> None:
        self.scanned.add(self.stuck)
        self.stuck = []
        super()._check_path()


def test_suite_catches_a_wrong_driver() -> None:
    async def main(bench: SimulatedScanners) -> None:
        async def open_wrong() -> Scanner:
            bench.device = Careless("scanner-1", bench.world, bench.profile)
            return bench.device

        bench.open = open_wrong  # type: ignore[method-assign]
        await suite.check_scanner(bench)

    with pytest.raises(AssertionError) as caught:
        in_virtual_time("canon-dr-c230", main)
    text = str(caught.value)
    assert "stops-for-jam: scanning under jam: FeederJam expected" in text
    assert "scans-all" not in text
