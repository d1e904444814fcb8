"""Files that a command writes because an option asks for them."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from scenarios.problems import BadInput, Problem


class OutputFile:
    """A file that appears whole under its name, or not at all.

    It is written next to its place under another name and renamed at the end. Making it checks at once
    that it can be written.

    Args:
        path: Where it shall be; an earlier file there is replaced.

    Raises:
        BadInput: It cannot be there.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self._place = Path(path)
        try:
            self._place = self._place.resolve()
            self._refuse_unfit()
            self.temporary, self.file = self._open_beside()
            if self._place.exists():
                shutil.copymode(self._place, self.temporary)  # who may read it stays as it was
        except (OSError, RuntimeError, ValueError) as error:
            raise self.cannot(error) from None

    def _open_beside(self) -> tuple[Path, BinaryIO]:
        temporary = self._place.with_name(f".ppelab-{secrets.token_hex(8)}.part")
        return temporary, temporary.open("xb")

    def _refuse_unfit(self) -> None:
        if not self.name:
            raise BadInput((Problem(self.name, "output-no-name"),))
        if self.name == "-":
            raise BadInput((Problem(self.name, "output-standard"),))
        if self._place.is_dir():
            raise BadInput((Problem(self.name, "output-is-a-directory"),))
        if not self._place.parent.is_dir():
            raise BadInput(
                (Problem(self.name, "output-no-folder", values={"folder": str(self._place.parent)}),)
            )
        if self._place.exists():
            if not stat.S_ISREG(self._place.stat().st_mode):
                raise BadInput((Problem(self.name, "output-not-a-file"),))
            if not os.access(self._place, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def cannot(self, error: Exception) -> BadInput:
        """Say that it cannot be written, and why."""
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        if isinstance(error, RuntimeError):  # of Path.resolve: links that go in circles
            why = os.strerror(errno.ELOOP)
        return BadInput((Problem(self.name, "cannot-write", values={"why": why}),))

    def same_as(self, other: str) -> bool:
        """Whether the other name means the same file."""
        return self._place == Path(other).resolve()

    def lies_in(self, folder: Path) -> bool:
        """Whether it lies in that folder, which is there."""
        return self._place.parent == folder.resolve()

    def write(self, data: bytes) -> None:
        """Write the next bytes, such as a line of a journal.

        Raises:
            BadInput: The disk is full, or the medium is gone.
        """
        try:
            self.file.write(data)
        except OSError as error:
            raise self.cannot(error) from None

    def finish(self, data: bytes) -> None:
        """Write all of it, and give it its name.

        Raises:
            BadInput: The disk is full, or the folder is gone.
        """
        self.write(data)
        self.appear()

    def appear(self) -> None:
        """Give it its name.

        Raises:
            BadInput: The disk is full, or the folder is gone.
        """
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.temporary.replace(self._place)
        except OSError as error:
            raise self.cannot(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.temporary.unlink(missing_ok=True)
        try:
            self.file.close()
        except OSError as problem:
            # what could not be flushed is lost with the temporary file; say so unless something else is said
            if kind is None:
                raise self.cannot(problem) from None
