"""What every scanner driver must do: ``await check_scanner(bench)``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from hal.conformance.suite import Check, CheckBench, Report, Skip, require, require_error, run_checks
from hal.errors import DeviceDead, DeviceError, DeviceGone, DeviceTimeout, NotSupported
from hal.scanner import (
    DoubleFeed,
    FeederEmpty,
    FeederJam,
    Mode,
    ScannedPage,
    Scanner,
    ScannerCoverOpen,
    ScannerState,
    ScanSettings,
    Source,
)

JAM, DOUBLE_FEED, COVER_OPEN = "jam", "double-feed", "cover-open"
OFFLINE, DEAD = "offline", "dead"
ABANDON = "abandon"

CONDITIONS = (JAM, DOUBLE_FEED, COVER_OPEN, OFFLINE, DEAD, ABANDON)

_UNREACHABLE = (DeviceGone, DeviceTimeout)


class ScannerBench(CheckBench, Protocol):
    """A workplace with the scanner under test; ``supports`` holds names from ``CONDITIONS``.

    ``abandon`` is not provoked: it says that the bench can lay back a sheet whose scan was cut short.
    """

    async def open(self) -> Scanner:
        """Return a fresh device: ready, with nothing laid in."""

    async def load(self, count: int, source: Source) -> tuple[str, ...]:
        """Lay in that many new sheets; return their identities (as ``PageMarks`` name them)."""

    async def provoke(self, condition: str) -> None:
        """Bring the scanner into the condition, at the latest when it pulls the next sheet."""

    async def repair(self, condition: str) -> None:
        """Do what a person does against the condition; sheets that were stuck are laid back first."""


def _settings(scanner: Scanner, source: Source = Source.FEEDER) -> ScanSettings:
    can = scanner.capabilities
    if source not in can.sources:
        raise Skip(f"the scanner has no {source}")
    mode = Mode.GRAY if Mode.GRAY in can.modes else can.modes[0]
    resolution = 300 if 300 in can.resolutions_dpi else can.resolutions_dpi[0]
    return ScanSettings(source, mode, resolution)


async def _pages(scan: AsyncIterator[ScannedPage]) -> list[ScannedPage]:
    return [page async for page in scan]


async def _nothing(scan: AsyncIterator[ScannedPage]) -> None:
    """Ask for a page that must not come."""
    async for page in scan:
        raise AssertionError(f"page {page.number} must not come")


async def _until_error(
    scan: AsyncIterator[ScannedPage], pages: list[ScannedPage], error: type[DeviceError], when: str
) -> None:
    """Collect pages until the error comes that has to come."""

    async def collect() -> None:
        async for page in scan:
            pages.append(page)  # noqa: PERF401 the pages before the error count

    await require_error(collect(), error, when)


def _require_sheets(pages: Sequence[ScannedPage], loaded: tuple[str, ...]) -> None:
    """Require each sheet exactly once and, where paper is modelled, in order."""
    require(len(pages) == len(loaded), f"{len(loaded)} sheets were laid in, but {len(pages)} pages came")
    if pages and all(page.marks is not None for page in pages):
        seen = tuple(sheet for page in pages if page.marks is not None for sheet in page.marks.sheets)
        require(seen == loaded, f"the sheets {loaded} were laid in, but {seen} came")


async def _check_names_itself(bench: ScannerBench) -> None:
    scanner = await bench.open()
    require(scanner.info.name, "info.name must not be empty")
    can = scanner.capabilities
    require(can.sources, "a scanner has a feeder or a flatbed")
    require(can.modes, "a scanner has a colour mode")
    right = can.resolutions_dpi and all(dpi > 0 for dpi in can.resolutions_dpi)
    require(right, "a scanner has positive resolutions")


async def _check_status(bench: ScannerBench) -> None:
    scanner = await bench.open()
    _settings(scanner)
    status = await scanner.status()
    require(status.state is ScannerState.IDLE, f"a fresh scanner has to be idle, but it is {status.state}")
    senses = scanner.capabilities.senses_paper
    wanted = False if senses else None
    require(status.loaded is wanted, f"with nothing laid in, loaded has to be {wanted}")
    await bench.load(1, Source.FEEDER)
    wanted = True if senses else None
    require((await scanner.status()).loaded is wanted, f"with a sheet laid in, loaded has to be {wanted}")


async def _check_scans_all(bench: ScannerBench) -> None:
    scanner = await bench.open()
    settings = _settings(scanner)
    loaded = await bench.load(3, Source.FEEDER)
    pages = await _pages(scanner.scan(settings))
    _require_sheets(pages, loaded)
    numbers = [page.number for page in pages]
    require(numbers == [1, 2, 3], f"pages count from 1, but they are {numbers}")
    for page in pages:
        same = page.resolution_dpi == settings.resolution_dpi
        require(same, f"{settings.resolution_dpi} dpi were asked for, but {page.resolution_dpi} came")
        require(page.image or page.marks, "a page has an image, or marks where paper is modelled")


async def _check_next_scan_counts_anew(bench: ScannerBench) -> None:
    scanner = await bench.open()
    settings = _settings(scanner)
    for _ in range(2):
        await bench.load(1, Source.FEEDER)
        pages = await _pages(scanner.scan(settings))
        require([page.number for page in pages] == [1], "each scan counts its pages from 1")


async def _check_flatbed(bench: ScannerBench) -> None:
    scanner = await bench.open()
    settings = _settings(scanner, Source.FLATBED)
    loaded = await bench.load(1, Source.FLATBED)
    _require_sheets(await _pages(scanner.scan(settings)), loaded)


async def _check_duplex(bench: ScannerBench) -> None:
    scanner = await bench.open()
    settings = replace(_settings(scanner), duplex=True)
    await bench.load(2, Source.FEEDER)
    if scanner.capabilities.duplex:
        pages = await _pages(scanner.scan(settings))
        require(len(pages) == 4, f"two sheets have four sides, but {len(pages)} pages came")
    else:
        await require_error(_nothing(scanner.scan(settings)), NotSupported, "duplex without the capability")


async def _check_empty(bench: ScannerBench) -> None:
    scanner = await bench.open()
    settings = _settings(scanner)
    await require_error(_nothing(scanner.scan(settings)), FeederEmpty, "scanning with nothing laid in")


async def _check_refuses_unsupported(bench: ScannerBench) -> None:
    scanner = await bench.open()
    settings = _settings(scanner)
    await bench.load(1, Source.FEEDER)
    odd = max(scanner.capabilities.resolutions_dpi) + 1
    wrong = [replace(settings, resolution_dpi=odd)]
    wrong += [replace(settings, mode=mode) for mode in Mode if mode not in scanner.capabilities.modes]
    wrong += [
        replace(settings, source=source) for source in Source if source not in scanner.capabilities.sources
    ]
    for settings in wrong:
        await require_error(_nothing(scanner.scan(settings)), NotSupported, f"scanning with {settings}")


async def _check_cancel(bench: ScannerBench) -> None:
    scanner = await bench.open()
    settings = _settings(scanner)
    loaded = await bench.load(5, Source.FEEDER)
    scan = scanner.scan(settings)
    pages = [await anext(scan)]
    await scanner.cancel()
    pages += await _pages(scan)
    require(len(pages) < 5, "a canceled scan ends after the present sheet")
    pages += await _pages(scanner.scan(settings))
    _require_sheets(pages, loaded)


async def _check_abandoned_scan(bench: ScannerBench) -> None:
    scanner = await bench.open()
    settings = _settings(scanner)
    loaded = await bench.load(3, Source.FEEDER)
    scan = scanner.scan(settings)
    pages = [await anext(scan)]
    try:
        async with bench.runtime.timeout(1):
            pages.append(await anext(scan))
    except TimeoutError:
        await bench.repair(ABANDON)
    pages += await _pages(scanner.scan(settings))
    _require_sheets(pages, loaded)


async def _check_closes_twice(bench: ScannerBench) -> None:
    scanner = await bench.open()
    await scanner.close()
    await scanner.close()


def _stop_check(condition: str, error: type[DeviceError]) -> Callable[[ScannerBench], Awaitable[None]]:
    async def check(bench: ScannerBench) -> None:
        scanner = await bench.open()
        settings = _settings(scanner)
        if condition == DOUBLE_FEED and not scanner.capabilities.detects_double_feed:
            raise Skip("the scanner does not notice a double feed")
        loaded = await bench.load(4, Source.FEEDER)
        scan = scanner.scan(settings)
        pages = [await anext(scan)]
        await bench.provoke(condition)
        await _until_error(scan, pages, error, f"scanning under {condition}")
        state = (await scanner.status()).state
        require(state is ScannerState.STOPPED, f"under {condition} the state is {state}")
        again = _nothing(scanner.scan(settings))
        await require_error(again, error, f"scanning again before {condition} is repaired")
        await bench.repair(condition)
        pages += await _pages(scanner.scan(settings))
        _require_sheets(pages, loaded)

    return check


async def _check_double_feed_unnoticed(bench: ScannerBench) -> None:
    scanner = await bench.open()
    settings = _settings(scanner)
    if scanner.capabilities.detects_double_feed:
        raise Skip("the scanner notices a double feed")
    loaded = await bench.load(3, Source.FEEDER)
    await bench.provoke(DOUBLE_FEED)
    pages = await _pages(scanner.scan(settings))
    require(len(pages) < len(loaded), "without a sensor two sheets that are fed at once are one page")


async def _check_offline(bench: ScannerBench) -> None:
    scanner = await bench.open()
    settings = _settings(scanner)
    loaded = await bench.load(2, Source.FEEDER)
    await bench.provoke(OFFLINE)
    await require_error(scanner.status(), _UNREACHABLE, "status while offline")
    await require_error(_nothing(scanner.scan(settings)), _UNREACHABLE, "scanning while offline")
    await bench.repair(OFFLINE)
    _require_sheets(await _pages(scanner.scan(settings)), loaded)


async def _check_offline_reaches_scan(bench: ScannerBench) -> None:
    scanner = await bench.open()
    settings = _settings(scanner)
    loaded = await bench.load(3, Source.FEEDER)
    scan = scanner.scan(settings)
    pages = [await anext(scan)]
    await bench.provoke(OFFLINE)
    await require_error(_nothing(scan), _UNREACHABLE, "a scan that is under way when the cable goes")
    await bench.repair(OFFLINE)
    pages += await _pages(scanner.scan(settings))
    _require_sheets(pages, loaded)


async def _check_dead(bench: ScannerBench) -> None:
    scanner = await bench.open()
    settings = _settings(scanner)
    await bench.load(1, Source.FEEDER)
    await bench.provoke(DEAD)
    await require_error(scanner.status(), DeviceDead, "status of a broken scanner")
    await require_error(_nothing(scanner.scan(settings)), DeviceDead, "scanning with a broken scanner")


CHECKS: Mapping[str, Check[ScannerBench]] = {
    "names-itself": Check(_check_names_itself),
    "status": Check(_check_status),
    "scans-all": Check(_check_scans_all),
    "next-scan-counts-anew": Check(_check_next_scan_counts_anew),
    "flatbed": Check(_check_flatbed),
    "duplex": Check(_check_duplex),
    "empty": Check(_check_empty),
    "refuses-unsupported": Check(_check_refuses_unsupported),
    "cancel": Check(_check_cancel),
    "abandoned-scan": Check(_check_abandoned_scan, (ABANDON,)),
    "closes-twice": Check(_check_closes_twice),
    "stops-for-jam": Check(_stop_check(JAM, FeederJam), (JAM,)),
    "stops-for-double-feed": Check(_stop_check(DOUBLE_FEED, DoubleFeed), (DOUBLE_FEED,)),
    "stops-for-cover-open": Check(_stop_check(COVER_OPEN, ScannerCoverOpen), (COVER_OPEN,)),
    "double-feed-unnoticed": Check(_check_double_feed_unnoticed, (DOUBLE_FEED,)),
    "offline": Check(_check_offline, (OFFLINE,)),
    "offline-reaches-scan": Check(_check_offline_reaches_scan, (OFFLINE,)),
    "dead": Check(_check_dead, (DEAD,)),
}


async def check_scanner(bench: ScannerBench) -> Report:
    """Make all checks on the scanner of the bench.

    Raises:
        AssertionError: The driver does not do what ``hal.scanner.Scanner`` promises.
    """
    return await run_checks(CHECKS, bench)
