"""``ppelab run``: run a scenario, tell what happens, and write the journal and the report."""

from __future__ import annotations

import json
import os
import stat
import sys
from argparse import Namespace
from pathlib import Path
from tempfile import mkstemp
from types import TracebackType
from typing import BinaryIO, Self

from lab.progress import Progress
from lab.summary import summary_json, summary_lines
from lab.text import Texts
from lab.verify import Verification, verify
from scenarios.loading import library, load
from scenarios.model import Scenario
from scenarios.problems import BadInput, Problem
from scenarios.runner import Outcome, run


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
            handle, temporary = mkstemp(".part", f".{self._place.name[:100]}.", self._place.parent)
        except (OSError, RuntimeError, ValueError) as error:
            raise self._cannot(error) from None
        self.temporary = Path(temporary)
        self.file: BinaryIO = os.fdopen(handle, "wb")

    def _refuse_unfit(self) -> None:
        if not self.name or self._place.is_dir():
            raise BadInput((Problem(self.name, "output-is-a-directory"),))
        if not self._place.parent.is_dir():
            raise BadInput((Problem(self.name, "output-no-folder", values={"folder": str(self._place.parent)}),))
        if self._place.exists():
            if not stat.S_ISREG(self._place.stat().st_mode):
                raise BadInput((Problem(self.name, "output-not-a-file"),))
            if not os.access(self._place, os.W_OK):
                raise PermissionError(13, os.strerror(13))

    def _cannot(self, error: Exception) -> BadInput:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return BadInput((Problem(self.name, "cannot-write", values={"why": why}),))

    def same_as(self, other: str) -> bool:
        """Whether the other name means the same file."""
        return self._place == Path(other).resolve()

    def appear(self) -> None:
        """Give it its name.

        Raises:
            BadInput: The disk is full, or the folder is gone.
        """
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            self.temporary.chmod(0o666 & ~mask)
            self.temporary.replace(self._place)
        except OSError as error:
            raise self._cannot(error) from None

    def failed(self, error: OSError) -> BadInput:
        """Say that writing it failed."""
        return self._cannot(error)

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
                raise self._cannot(problem) from None
