"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file beside its place; put it there when the block ends well, remove it when it does not.

    The bytes are on the disk before the name is: a power cut leaves the old file or the new one. A
    cancellation removes it too; what a ``kill -9`` leaves behind ends in ``.part`` and is never read.

    Raises:
        OSError: The disk is full, cannot be written, or the folder does not exist; nothing has changed.
    """
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        # what was decrypted is nobody else's to read, also while it is being written
        with open(part, "xb", opener=for_us_alone) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise
    sync_folder(path.parent)


def for_us_alone(path: str, flags: int) -> int:
    """Open a file that nobody else may read: an opener for ``open``."""
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last.

    Raises:
        OSError: The disk does not take it.
    """
    if os.name == "nt":  # Windows cannot open folders; its file systems log names themselves
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
