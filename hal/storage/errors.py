"""What a flash drive can report."""

from __future__ import annotations

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


class FileTooLarge(StorageError):
    """A file that should be small is not; it is not read into memory."""

    code = "file-too-large"
    happened = "the file is larger than any file of its kind"
    remedy = "look whether the right file is on the drive, and write it again"
