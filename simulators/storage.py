"""Flash drives (флеш-накопители): a folder that is carried about, with a speed and a capacity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from hal.runtime import SECOND
from hal.storage import (
    LARGEST_IN_MEMORY,
    FileMissing,
    FileTooLarge,
    FlashFull,
    FlashLost,
    FlashUnreadable,
    Readable,
    Writable,
)
from simulators.busy import BusyDevice
from simulators.device import World
from simulators.faults import FaultKind

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class FlashLimits:
    """Speeds in bytes a second and capacity in bytes.

    The defaults are our estimate of a cheap 16 GB drive on USB 2.0, which carries at most some 35 MB/s.
    """

    write_bytes_per_s: int = 6_000_000
    read_bytes_per_s: int = 20_000_000
    capacity_bytes: int = 16_000_000_000


@dataclass(frozen=True, slots=True)
class _File:
    data: bytes
    size_bytes: int


class SimFlash(BusyDevice):
    """A flash drive, as ``hal.storage.FlashDrive``."""

    FAULTS: ClassVar[Mapping[str, FaultKind]] = {
        "unreadable": FaultKind("the drive can be neither read nor written", occurrence="read"),
        "lost": FaultKind("the drive is not to be found", occurrence="read"),
        "full": FaultKind("other files leave no more room than this", {"free_bytes": 0}, "write"),
        "slow": FaultKind("reading and writing take longer", {"factor_percent": 1000}, "write"),
    }

    def __init__(self, name: str, world: World, limits: FlashLimits | None = None) -> None:
        super().__init__(name, world)
        self.limits = limits or FlashLimits()
        self._files: dict[str, _File] = {}

    async def put(self, name: str, source: Readable, size_bytes: int | None = None) -> None:
        """Write a file from an open one. Raises like ``write``."""
        pieces = iter(lambda: source.read(_PIECE), b"")
        await self.write(name, b"".join(pieces), size_bytes)

    async def fetch(self, name: str, target: Writable) -> None:
        """Copy a file to an open one. Raises like ``read``, whatever its size."""
        target.write((await self._read(name)).data)

    async def write(self, name: str, data: bytes, size_bytes: int | None = None) -> None:
        """Write a file whole or not at all; replaces one of that name when it is complete.

        Raises:
            FlashFull: The old file, if any, is still there.
            FlashUnreadable, FlashLost: Before or during the write; the old file is still there.
        """
        self._check()
        self.occurred("write")
        file = _File(data, len(data) if size_bytes is None else size_bytes)
        self._check_room(file)
        await self.work(file.size_bytes * SECOND // self.limits.write_bytes_per_s, self._check)
        self._check_room(file)  # somebody else may have written meanwhile
        self._files[name] = file

    async def read(self, name: str) -> bytes:
        """Read a small file.

        Raises:
            FileMissing: It is not there.
            FileTooLarge: It is not small.
            FlashUnreadable, FlashLost: Before or during the reading.
        """
        file = await self._read(name)
        if len(file.data) > LARGEST_IN_MEMORY:
            raise FileTooLarge(self.name, f"{name}: more than {LARGEST_IN_MEMORY} bytes")
        return file.data

    async def _read(self, name: str) -> _File:
        self._check()
        self.occurred("read")
        self._check()
        file = self._files.get(name)
        if file is None:
            raise FileMissing(self.name, name)
        await self.work(file.size_bytes * SECOND // self.limits.read_bytes_per_s, self._check)
        return file

    async def names(self) -> tuple[str, ...]:
        """List the files, sorted."""
        self._check()
        return tuple(sorted(self._files))

    def free_bytes(self) -> int:
        """Return the room that is left."""
        free = self.limits.capacity_bytes - sum(file.size_bytes for file in self._files.values())
        full = self.faults.get("full")
        return free if full is None else min(free, full["free_bytes"])

    def _check(self) -> None:
        if "lost" in self.faults:
            raise FlashLost(self.name)
        if "unreadable" in self.faults:
            raise FlashUnreadable(self.name)

    def _check_room(self, file: _File) -> None:
        # The old file stays until the new one is complete, so it gives no room.
        free = self.free_bytes()
        if file.size_bytes > free:
            raise FlashFull(self.name, f"{file.size_bytes} bytes do not fit into {free}")
