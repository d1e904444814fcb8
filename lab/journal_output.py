"""The journal that ``run --journal`` asks for: a day that ends early keeps the lines that it wrote."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from hal.journal import JournalFile
from lab.output import OutputFile


class JournalOutput(OutputFile):
    """A journal that is written beside its place, as ``NAME.part``, and is never thrown away once begun.

    A whole day replaces an earlier journal of that name. What was written of an unfinished day gets the name
    only if it is free: an earlier journal is not given up for a piece of one. Every line is in the file as
    soon as it is written, so a ``kill -9`` leaves whole lines in ``NAME.part``;
    a power cut may tear the last.

    Args:
        path: Where it shall be.

    Raises:
        BadInput: It cannot be there.
    """

    lines: JournalFile
    """Where the day writes."""
    kept: Path | None = None
    """Where the lines of an unfinished day are, once the block was left."""

    def _open_beside(self) -> tuple[Path, BinaryIO]:
        for number in count(1):  # a piece of an earlier day is not written over either
            suffix = ".part" if number == 1 else f".{number}.part"
            temporary = self._place.with_name(f"{self._place.name}{suffix}")
            try:
                file = temporary.open("xb")
            except FileExistsError:
                continue
            self.lines = JournalFile(temporary)
            return temporary, file
        raise AssertionError("count() does not end")

    def write(self, data: bytes) -> None:
        """Write the next line. Raises as ``OutputFile.write`` does."""
        try:
            self.lines.write(data)
        except OSError as error:
            raise self.cannot(error) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.lines.close()
        if self.lines.lines and self.temporary.exists():
            self.file.close()
            self.kept = self._named()
        else:
            super().__exit__(kind, error, trace)

    def _named(self) -> Path:
        if self._place.exists():
            return self.temporary
        try:
            return self.temporary.rename(self._place)
        except OSError as error:
            raise self.cannot(error) from None
