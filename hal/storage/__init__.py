"""Flash drives (флеш-накопители) that carry packages, keys and journals between stations."""

from hal.storage.errors import (
    FileMissing,
    FileTooLarge,
    FlashFull,
    FlashLost,
    FlashUnreadable,
    StorageError,
)
from hal.storage.folder import FolderDrive
from hal.storage.interface import LARGEST_IN_MEMORY, FlashDrive, Readable, Writable

__all__ = [
    "LARGEST_IN_MEMORY",
    "FileMissing",
    "FileTooLarge",
    "FlashDrive",
    "FlashFull",
    "FlashLost",
    "FlashUnreadable",
    "FolderDrive",
    "Readable",
    "StorageError",
    "Writable",
]
