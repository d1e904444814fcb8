"""A real flash drive: the folder where the operating system has mounted it."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeVar

from hal.errors import DeviceTimeout
from hal.runtime.threads import in_thread
from hal.storage.errors import (
    FileMissing,
    FileTooLarge,
    FlashFull,
    FlashLost,
    FlashUnreadable,
    StorageError,
)
from hal.storage.interface import LARGEST_IN_MEMORY, Readable, Writable

T = TypeVar("T")

PIECE = 4 << 20
"""Bytes that are copied at a time; each piece is on the drive before the next one is written."""

PATIENCE_S = 30.0
"""How long one piece, or one look at the folder, may take: six times what the slowest drives that we know of
need for 4 MiB (about 1 MB/s when they move blocks about; our choice)."""

_PART = ".part"
_KINDS: dict[int, type[StorageError]] = {
    errno.ENOSPC: FlashFull,
    errno.EDQUOT: FlashFull,
    errno.ENODEV: FlashLost,
    errno.ENXIO: FlashLost,
}


class FolderDrive:
    """A mounted drive, as ``hal.storage.FlashDrive``. Its calls wait in threads and never hang the station.

    A drive that is pulled out leaves an empty folder behind, or another drive comes to be mounted there: both
    are told by the number of the file system, which is looked at before every call.

    Args:
        path: The folder; the drive that is there at the first call is this one.
        name: What is written on the drive; the folder's name if nothing.
    """

    def __init__(self, path: Path, name: str = "") -> None:
        self.path = path
        self.name = name or path.name
        self._file_system: int | None = None

    async def put(self, name: str, source: Readable, size_bytes: int | None = None) -> None:  # noqa: ARG002
        """Write a file of any size; it is there whole or not at all.

        Raises:
            FlashFull, FlashUnreadable, FlashLost, DeviceTimeout: The old file, if any, is still there.
            OSError: The source cannot be read; likewise.
        """
        target, part = self._place(name), self.path / f".{secrets.token_hex(8)}{_PART}"
        try:
            file = await self._do(lambda: part.open("xb", buffering=0))
            try:
                while data := await asyncio.to_thread(source.read, PIECE):
                    await self._do(lambda data=data: _write(file, data))  # type: ignore[misc] # mypy #9184
            finally:
                await self._close(file)
            await self._do(lambda: _rename(part, target))
        except BaseException:
            with suppress(StorageError, DeviceTimeout):  # the first error is the one to tell
                await self._do(lambda: part.unlink(missing_ok=True))
            raise

    async def fetch(self, name: str, target: Writable) -> None:
        """Copy a file of any size.

        Raises:
            FileMissing, FlashUnreadable, FlashLost, DeviceTimeout
            OSError: The target cannot be written.
        """
        await self._copy(name, target, None)

    async def write(self, name: str, data: bytes, size_bytes: int | None = None) -> None:
        """Write a small file. Like ``put``."""
        await self.put(name, BytesIO(data), size_bytes)

    async def read(self, name: str) -> bytes:
        """Read a small file.

        Raises:
            FileTooLarge: It is not small.
            FileMissing, FlashUnreadable, FlashLost, DeviceTimeout
        """
        target = BytesIO()
        await self._copy(name, target, LARGEST_IN_MEMORY)
        return target.getvalue()

    async def names(self) -> tuple[str, ...]:
        """List the files, sorted; what a broken-off ``put`` left behind is not one."""
        return await self._do(self._list)

    def _list(self) -> tuple[str, ...]:
        with os.scandir(self.path) as entries:
            return tuple(sorted(e.name for e in entries if e.is_file() and not e.name.endswith(_PART)))

    async def _copy(self, name: str, target: Writable, most: int | None) -> None:
        path = self._place(name)
        file = await self._do(lambda: path.open("rb", buffering=0), name)
        try:
            copied = 0
            while data := await self._do(lambda: file.read(PIECE)):
                copied += len(data)
                if most is not None and copied > most:
                    raise FileTooLarge(self.name, f"{name}: more than {most} bytes")
                await asyncio.to_thread(target.write, data)
        finally:
            await self._close(file)

    async def _close(self, file: BinaryIO) -> None:
        """Close a file whose bytes are safe already, or that nobody wants any more."""
        with suppress(OSError, TimeoutError):
            await in_thread(file.close, PATIENCE_S, f"flash drive {self.name}")

    def _place(self, name: str) -> Path:
        if name != Path(name).name or name in ("", ".", ".."):
            raise ValueError(f"{name!r} is not the name of a file")
        return self.path / name

    async def _do(self, work: Callable[[], T], file: str = "") -> T:
        """Do something on the drive; what the operating system says is told in our words."""

        def careful() -> T:
            there = self.path.stat().st_dev
            if self._file_system not in (None, there):
                raise FlashLost(self.name, "another file system is mounted there")
            self._file_system = there
            try:
                return work()
            except FileNotFoundError as error:
                if file:
                    raise FileMissing(self.name, file) from error
                raise

        try:
            return await in_thread(careful, PATIENCE_S, f"flash drive {self.name}")
        except TimeoutError as error:
            raise DeviceTimeout(self.name) from error
        except FileNotFoundError as error:
            raise FlashLost(self.name, str(error)) from error
        except OSError as error:
            kind = _KINDS.get(error.errno or 0, FlashUnreadable)
            raise kind(self.name, error.strerror or str(error)) from error


def _write(file: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
    os.fsync(file.fileno())


def _rename(part: Path, target: Path) -> None:
    part.replace(target)
    if os.name == "nt":  # Windows cannot open folders; its file systems log names themselves
        return
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
