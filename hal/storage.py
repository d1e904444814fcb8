"""Flash drives (флеш-накопители) that carry packages, keys and journals between stations."""

from __future__ import annotations

from typing import Protocol

from hal.errors import DeviceError


class StorageError(DeviceError):
    """Root of the storage errors."""

    code = "storage-error"
    happened = "the flash drive failed"
    remedy = "use the reserve flash drive"


class FlashUnreadable(StorageError):
    """The drive cannot be read or written [001:85-86]."""

    code = "flash-unreadable"
    happened = "the flash drive cannot be read"


class FlashLost(StorageError):
    """The drive is not to be found."""

    code = "flash-lost"
    happened = "the flash drive is missing"


class FlashFull(StorageError):
    """No room left."""

    code = "flash-full"
    happened = "the flash drive is full"
    remedy = "remove what is not needed or use the reserve flash drive"


class FileMissing(StorageError):
    """The drive is good but does not hold that file."""

    code = "file-missing"
    happened = "the file is not on the flash drive"
    remedy = "write the file again and bring the drive back"


class FlashDrive(Protocol):
    """A folder that is carried about. Every method may raise ``FlashUnreadable`` or ``FlashLost``."""

    @property
    def name(self) -> str:
        """What is written on it."""

    async def write(self, name: str, data: bytes, size_bytes: int | None = None) -> None:
        """Write a file whole or not at all; replaces one of that name.

        Args:
            name: File name.
            data: Content.
            size_bytes: Size that the file would have, where the content is only modelled.

        Raises:
            FlashFull: The old file, if any, is still there.
        """

    async def read(self, name: str) -> bytes:
        """Read a file.

        Raises:
            FileMissing: It is not there.
        """

    async def names(self) -> tuple[str, ...]:
        """List the files, sorted."""
