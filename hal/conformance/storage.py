"""What every flash drive must do: ``await check_flash(bench)``."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Protocol

from hal.conformance.suite import Check, CheckBench, Report, require, require_error, run_checks
from hal.storage import (
    LARGEST_IN_MEMORY,
    FileMissing,
    FileTooLarge,
    FlashDrive,
    FlashFull,
    FlashLost,
    FlashUnreadable,
)

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


async def _check_streams(bench: FlashBench) -> None:
    drive = await bench.open()
    data = bytes(range(256)) * 40_000  # more than one piece of any driver
    source = _Pieces(data)
    await drive.put("large.dat", source)
    require(source.largest < len(data), "put has to read its source piece by piece")
    target = BytesIO()
    await drive.fetch("large.dat", target)
    require(target.getvalue() == data, "fetch has to copy what put has written")
    await require_error(drive.fetch("no.dat", target), FileMissing, "fetching a file that is not there")


async def _check_failed_source(bench: FlashBench) -> None:
    drive = await bench.open()
    await drive.write("a.dat", b"old")
    try:
        await drive.put("a.dat", _Pieces(bytes(1_000_000), breaks=True))
    except OSError:
        pass
    else:
        require(False, "put has to pass on the error of its source")
    require(await drive.read("a.dat") == b"old", "a put that failed leaves the old file")
    require(await drive.names() == ("a.dat",), "a put that failed leaves nothing else behind")


class _Pieces:
    """A source that tells how much it was asked for, and may break in the middle."""

    def __init__(self, data: bytes, *, breaks: bool = False) -> None:
        self._file = BytesIO(data)
        self._breaks = breaks
        self.largest = 0

    def read(self, size: int, /) -> bytes:
        if self._breaks and self._file.tell():
            raise OSError("the source breaks")
        self.largest = max(self.largest, size)
        return self._file.read(min(size, 300_000))


async def _check_large_in_memory(bench: FlashBench) -> None:
    drive = await bench.open()
    await drive.put("a.dat", BytesIO(bytes(LARGEST_IN_MEMORY + 1)))
    await require_error(drive.read("a.dat"), FileTooLarge, "reading a large file into memory")


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
    "streams": Check(_check_streams),
    "failed-source": Check(_check_failed_source),
    "large-in-memory": Check(_check_large_in_memory),
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
