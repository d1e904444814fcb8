"""Unix sockets to serve on: made with care, removed at the end."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import socket
import stat
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LONGEST_PATH = 107
"""Bytes that fit into ``sockaddr_un.sun_path`` on Linux, without the zero at the end (unix(7))."""

MOST_CONNECTIONS = 128
"""Of one socket at a time; the next one is closed at once."""


LOCK_TRIES, LOCK_PAUSE_S = 50, 0.02
"""How long to wait for another server that begins in the same folder: it takes a millisecond."""


class CannotListen(Exception):
    """A socket cannot be served at that path.

    Args:
        code: Why: ``too-long``, ``in-use``, ``stale``, ``not-a-socket``, ``no-directory``, ``no-rights``, or
            ``other``.
        path: The path.
        error: The error of the operating system, if there was one.
    """

    def __init__(self, code: str, path: Path, error: OSError | None = None) -> None:
        super().__init__(f"{path}: {error or code}")
        self.code = code
        self.path = path
        self.error = error


def _occupied(path: Path) -> str:
    """Say what is at a path already; empty for nothing, ``stale`` for a socket that nobody serves."""
    try:
        mode = path.lstat().st_mode  # not what a link points to: bind does not follow it either
    except FileNotFoundError:
        return ""
    if not stat.S_ISSOCK(mode):
        return "not-a-socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # a server that is too busy to accept would hold us up
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return "stale"
        except OSError:
            return "in-use"
    return "in-use"


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Hold off other servers that begin in a folder; say whether that succeeded.

    Between ``bind`` and ``listen`` a socket looks as one that nobody serves.
    """
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield False
        return
    try:
        yield _locked(lock)
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(LOCK_PAUSE_S)
        else:
            return True
    return False


_CODES = {
    errno.ENOENT: "no-directory", errno.ENOTDIR: "no-directory", errno.EADDRINUSE: "in-use",
    errno.EACCES: "no-rights", errno.EPERM: "no-rights", errno.EROFS: "no-rights",
}  # fmt: skip


def _make_way(path: Path, *, alone: bool) -> None:
    occupied = _occupied(path)
    if occupied == "stale" and alone and path.lstat().st_uid == os.geteuid():
        path.unlink()
    elif occupied:
        raise CannotListen(occupied, path)


def _bind(path: Path) -> socket.socket:
    """Make a socket that listens; take the place of our own server that was killed."""
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise CannotListen("too-long", path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _alone(path.parent) as alone:
            _make_way(path, alone=alone)
            made.bind(str(path))
            path.chmod(0o600)  # nobody can connect before the socket listens
            made.listen(MOST_CONNECTIONS)
    except OSError as error:
        made.close()
        raise CannotListen(_CODES.get(error.errno or 0, "other"), path, error) from error
    except BaseException:
        made.close()
        raise
    return made


def _identity(path: Path) -> tuple[int, int] | None:
    """Return which file is at a path; ``None`` for no file, or no right to see it."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class UnixServer:
    """Serves a Unix socket that only its owner can use: ``async with UnixServer(path, serve)``.

    Args:
        path: Where.
        serve: Serves one connection to its end; the connection is closed when it returns.
        left: Told when a connection has gone.

    Raises:
        CannotListen: On entering.
    """

    def __init__(self, path: Path, serve: Serve, left: Callable[[], None] | None = None) -> None:
        self.path = path
        self._serve = serve
        self._left = left
        self._server: asyncio.Server | None = None
        self._made: tuple[int, int] | None = None
        self._served: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._served)

    async def __aenter__(self) -> Self:
        made = _bind(self.path)
        self._made = _identity(self.path)
        self._server = await asyncio.start_unix_server(self._accepted, sock=made)
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._server is not None:
            self._server.close()
        self.drop()
        if self._served:
            await asyncio.wait(list(self._served))
        if self._made is not None and _identity(self.path) == self._made:
            # not the socket of another server that came after somebody had removed ours
            self.path.unlink(missing_ok=True)

    def drop(self) -> None:
        """Close all connections, as if the wire were cut."""
        for task, writer in list(self._served.items()):
            writer.transport.abort()
            task.cancel()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._served) >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        task = asyncio.get_running_loop().create_task(self._connection(reader, writer))
        self._served[task] = writer
        task.add_done_callback(self._ended)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):  # the other side may be gone before it has read everything
                await writer.wait_closed()

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._served[task]
        if self._left is not None:
            self._left()
        if not task.cancelled() and (error := task.exception()) is not None:
            # a mistake of ours: told, but it ends this connection only
            context = {"message": f"a connection to {self.path} failed", "exception": error, "task": task}
            task.get_loop().call_exception_handler(context)
