"""The folder that ``run --recordings`` names: empty, and fit for what the stations will write."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from scenarios.problems import BadInput, Problem


class RecordingsFolder:
    """A folder for recordings: nothing that lies there is ever mixed with them or written over.

    A new folder is removed again if the run ends early and left nothing in it.

    Args:
        path: Made if it is not there; its parent must be.

    Raises:
        BadInput: It cannot be made or written to, or is not empty.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self._made = False
        try:
            self._made = not self.path.exists()
            self.path.mkdir(mode=0o700, exist_ok=True)
            if any(self.path.iterdir()):
                raise BadInput((Problem(path, "folder-not-empty"),))
            with TemporaryDirectory(dir=self.path) as folder:  # each station makes a folder, and files in it
                Path(folder, "file").write_bytes(b"1")
        except (OSError, ValueError) as error:
            self._remove_if_new()
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise BadInput((Problem(path, "cannot-write", values={"why": why}),)) from None

    def holds_recordings(self) -> bool:
        """Whether there is any file in it."""
        return any(found.is_file() for found in self.path.rglob("*"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._remove_if_new()

    def _remove_if_new(self) -> None:
        if self._made:
            with suppress(OSError):  # it holds recordings, or its drive is gone: told by what ended the run
                self.path.rmdir()
