"""Where a station keeps its state: one small interface, SQLite on real machines, memory in virtual time.

A store is a map of texts to JSON values. ``save`` is atomic and durable: when it has returned, a crash
of the program or of the machine loses nothing of it; when it has not, nothing of it is there.

What is too large for a value is a file beside the state: it is written first, then named in the state, and
files that the state no longer names are removed.
"""

from __future__ import annotations

import sqlite3
from base64 import b64decode
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

import msgspec

from station_core.container import new_file

Value = str | int | bool | None | bytes | list[Any] | dict[str, Any] | msgspec.Struct
"""A JSON value, bytes, or a struct of such; ``None`` in ``save`` removes the entry."""


def stored_bytes(value: object) -> bytes:
    """Return the bytes of an entry; a store on disk gives them back as base64.

    Raises:
        StoreDamaged: They are none.
    """
    if isinstance(value, bytes):
        return value
    try:
        return b64decode(str(value), validate=True)
    except ValueError as error:
        raise StoreDamaged("store", f"an entry that should hold a file: {error}") from error


class StoreDamaged(Exception):
    """The file is not a store, or the disk lost part of it.

    Args:
        path: Which file.
        detail: What SQLite says.
    """

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(
            f"{path}: the station's store cannot be read ({detail}); keep the file, use a reserve"
        )
        self.path = path


class StoreInUse(OSError):
    """Another program holds the file; two of them would print one kit twice.

    Args:
        path: Which file.
    """

    def __init__(self, path: str) -> None:
        super().__init__(f"{path}: another program uses the station's store; close that one first")
        self.path = path


class Content(Protocol):
    """What a file holds; it may be larger than memory."""

    def __hash__(self) -> int: ...

    def open(self) -> BinaryIO:
        """Open it for reading, from its beginning; whoever does closes it.

        Raises:
            OSError: It cannot be read.
        """


@dataclass(frozen=True, slots=True)
class InMemory:
    """A small file in memory. Equal bytes are equal contents."""

    data: bytes = field(repr=False)

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return BytesIO(self.data)


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file on a disk, of any size."""

    path: Path

    def open(self) -> BinaryIO:
        """Open it for reading.

        Raises:
            OSError: It cannot be read.
        """
        return self.path.open("rb")


class Store(Protocol):
    """A station's memory."""

    def load(self) -> dict[str, Value]:
        """Return everything that was saved; a struct may come back as a dict, bytes as base64."""

    def save(self, changes: Mapping[str, Value]) -> None:
        """Change these entries, all or none, and make it last.

        Raises:
            OSError: The disk cannot take it (full, read-only); nothing has changed.
        """

    def new_file(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Write a file that is there whole, when the ``with`` block ends well, or not at all.

        Raises:
            OSError: The disk cannot take it; a file of that name is as before.
        """

    def file(self, name: str) -> Content:
        """Return a file.

        Raises:
            StoreDamaged: It is not there.
        """

    def keep_files(self, names: Collection[str]) -> None:
        """Remove all files but these.

        Raises:
            OSError: The disk does not let one go.
        """


class MemoryStore:
    """A store for virtual time: a simulated crash drops everything but this object."""

    def __init__(self) -> None:
        self._entries: dict[str, Value] = {}
        self._files: dict[str, InMemory] = {}

    def load(self) -> dict[str, Value]:
        """Return everything that was saved."""
        return dict(self._entries)

    def save(self, changes: Mapping[str, Value]) -> None:
        """Change these entries."""
        entries = self._entries
        for key, value in changes.items():
            if value is None:
                entries.pop(key, None)
            else:
                entries[key] = value

    @contextmanager
    def new_file(self, name: str) -> Iterator[BinaryIO]:
        """Write a file."""
        file = BytesIO()
        yield file
        self._files[name] = InMemory(file.getvalue())

    def file(self, name: str) -> InMemory:
        """Return a file."""
        try:
            return self._files[name]
        except KeyError:
            raise StoreDamaged("store", f"the file {name} is missing") from None

    def keep_files(self, names: Collection[str]) -> None:
        """Remove all files but these."""
        self._files = {name: file for name, file in self._files.items() if name in names}


_PATIENCE_S = 1.0
"""How long to wait for a program that is just closing the file."""

_NOT_WRITABLE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
)


class SqliteStore:
    """A store in one SQLite file (WAL, full sync) and a folder, safe against ``kill -9`` and power cuts.

    The file is locked while it is open, so that no second program works on it. What is not state lies in the
    folder of the same name with ``.files`` after it, which nobody else may read.

    Raises:
        StoreDamaged: The file exists and is not a sound store.
        StoreInUse: Another program has it open.
        OSError: The folder does not exist or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = path.with_name(path.name + ".files")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"{path.parent}: no such folder for the station's store")
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE_S)
        except sqlite3.DatabaseError as error:
            raise self._translate(error) from error
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value BLOB NOT NULL)")
            self._db.execute("SELECT key, value FROM state LIMIT 1")
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise self._translate(error) from error

    def _translate(self, error: sqlite3.DatabaseError) -> Exception:
        code = error.sqlite_errorcode & 0xFF  # the rest tells where it happened, as in SQLITE_IOERR_WRITE
        if code == sqlite3.SQLITE_BUSY:
            return StoreInUse(str(self.path))
        if code in _NOT_WRITABLE:
            return OSError(f"{self.path}: the station's store cannot be written ({error})")
        return StoreDamaged(str(self.path), str(error))

    def load(self) -> dict[str, Value]:
        """Return everything that was saved.

        Raises:
            StoreDamaged: The file is not sound.
        """
        try:
            rows = self._db.execute("SELECT key, value FROM state ORDER BY key").fetchall()
            return {key: msgspec.json.decode(value) for key, value in rows}
        except (sqlite3.DatabaseError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StoreDamaged(str(self.path), str(error)) from error

    def save(self, changes: Mapping[str, Value]) -> None:
        """Change these entries in one transaction."""
        gone = [(key,) for key, value in changes.items() if value is None]
        kept = [(key, msgspec.json.encode(value)) for key, value in changes.items() if value is not None]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany("DELETE FROM state WHERE key = ?", gone)
                self._db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", kept)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk may have rolled it back already
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.DatabaseError as error:
            raise self._translate(error) from error

    @contextmanager
    def new_file(self, name: str) -> Iterator[BinaryIO]:
        """Write a file.

        Raises:
            OSError: The disk is full or cannot be written.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with new_file(self._folder / name) as file:
            yield file

    def file(self, name: str) -> OnDisk:
        """Return a file.

        Raises:
            StoreDamaged: It is not there.
        """
        path = self._folder / name
        if not path.is_file():
            raise StoreDamaged(str(self.path), f"the file {path} is missing")
        return OnDisk(path)

    def keep_files(self, names: Collection[str]) -> None:
        """Remove all files but these, and what a crash has left half-written.

        Raises:
            OSError: The disk does not let one go.
        """
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if path.name not in names:
                    path.unlink()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
