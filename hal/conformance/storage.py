"""What every flash drive must do: ``await check_flash(bench)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hal.conformance.suite import Check, CheckBench, Report, require, require_error, run_checks
from hal.storage import FileMissing, FlashDrive, FlashFull, FlashLost, FlashUnreadable

FULL, UNREADABLE, LOST = "full", "unreadable", "lost"

CONDITIONS = (FULL, UNREADABLE, LOST)


class FlashBench(CheckBench, Protocol):
    """A workplace with one flash drive; ``supports`` holds names from ``CONDITIONS``."""

    async def open(self) -> FlashDrive:
        """Return an empty drive."""

    async def provoke(self, condition: str) -> None:
        """Bring the drive into the condition."""


async def _check_keeps_files(bench: FlashBench) -> None:
    drive = await bench.open()
    require(await drive.names() == (), "a fresh drive is empty")
    for name, data in (("b.dat", b"second"), ("a.dat", b"")):
        await drive.write(name, data)
    require(await drive.names() == ("a.dat", "b.dat"), "names has to list the files, sorted")
    require(await drive.read("b.dat") == b"second", "read has to return what was written")
    require(await drive.read("a.dat") == b"", "an empty file is a file")


async def _check_replaces(bench: FlashBench) -> None:
    drive = await bench.open()
    await drive.write("a.dat", b"a long old content")
    await drive.write("a.dat", b"new")
    require(await drive.read("a.dat") == b"new", "a file of the same name is replaced whole")
    require(await drive.names() == ("a.dat",), "a replaced file is listed once")


async def _check_missing(bench: FlashBench) -> None:
    drive = await bench.open()
    await require_error(drive.read("no.dat"), FileMissing, "reading a file that is not there")


async def _check_full(bench: FlashBench) -> None:
    drive = await bench.open()
    await drive.write("a.dat", b"old")
    await bench.provoke(FULL)
    await require_error(drive.write("a.dat", b"n" * 100_000), FlashFull, "writing to a full drive")
    require(await drive.read("a.dat") == b"old", "a write that failed leaves the old file")


async def _check_unreadable(bench: FlashBench) -> None:
    drive = await bench.open()
    await bench.provoke(UNREADABLE)
    await require_error(drive.names(), FlashUnreadable, "names of an unreadable drive")
    await require_error(drive.write("a.dat", b"x"), FlashUnreadable, "writing to an unreadable drive")


async def _check_lost(bench: FlashBench) -> None:
    drive = await bench.open()
    await bench.provoke(LOST)
    await require_error(drive.names(), FlashLost, "names of a lost drive")
    await require_error(drive.read("a.dat"), FlashLost, "reading a lost drive")


CHECKS: Mapping[str, Check[FlashBench]] = {
    "keeps-files": Check(_check_keeps_files),
    "replaces": Check(_check_replaces),
    "missing": Check(_check_missing),
    "full": Check(_check_full, (FULL,)),
    "unreadable": Check(_check_unreadable, (UNREADABLE,)),
    "lost": Check(_check_lost, (LOST,)),
}


async def check_flash(bench: FlashBench) -> Report:
    """Make all checks.

    Raises:
        AssertionError: Some failed; the text names each with its sentence.
    """
    return await run_checks(CHECKS, bench)
