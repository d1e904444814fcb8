"""The flash drive as a station sees it."""

from __future__ import annotations

from typing import Protocol

LARGEST_IN_MEMORY = 16 << 20
"""``read`` refuses larger files: keys and journals have some kilobytes (our choice)."""


class Readable(Protocol):
    """Where a file's bytes come from: an open file."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes; none at the end only."""


class Writable(Protocol):
    """Where a file's bytes go to: an open file."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""


class FlashDrive(Protocol):
    """A folder that is carried about. Files have names, never paths.

    Every method may raise ``FlashUnreadable``, ``FlashLost`` or ``DeviceTimeout``.
    """

    @property
    def name(self) -> str:
        """What is written on it."""

    async def put(self, name: str, source: Readable, size_bytes: int | None = None) -> None:
        """Write a file of any size, piece by piece; whole or not at all. It replaces one of that name.

        Args:
            name: File name.
            source: Read from where it stands to its end.
            size_bytes: Size that the file would have, where the content is only modelled.

        Raises:
            FlashFull: The old file, if any, is still there.
            OSError: The source cannot be read; likewise.
        """

    async def fetch(self, name: str, target: Writable) -> None:
        """Copy a file of any size, piece by piece. After an error the target holds a part of it.

        Raises:
            FileMissing: It is not there.
            OSError: The target cannot be written.
        """

    async def write(self, name: str, data: bytes, size_bytes: int | None = None) -> None:
        """Write a small file. Like ``put``."""

    async def read(self, name: str) -> bytes:
        """Read a small file.

        Raises:
            FileMissing: It is not there.
            FileTooLarge: It has more than ``LARGEST_IN_MEMORY`` bytes.
        """

    async def names(self) -> tuple[str, ...]:
        """List the files, sorted."""
