"""Unix sockets to serve on: made with care, removed at the end."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LONGEST_PATH = 107
"""Bytes that fit into ``sockaddr_un.sun_path`` on Linux, without the zero at the end (unix(7))."""

MOST_CONNECTIONS = 128
"""Of one socket at a time; the next one is closed at once."""


class CannotListen(Exception):
    """A socket cannot be served at that path.

    Args:
        code: Why: ``too-long``, ``in-use``, ``stale``, ``not-a-socket``, ``no-directory``, ``no-rights``, or
            ``other``.
        path: The path.
        detail: The words of the operating system, for ``other``.
    """

    def __init__(self, code: str, path: Path, detail: str = "") -> None:
        super().__init__(f"{path}: {detail or code}")
        self.code = code
        self.path = path
        self.detail = detail


def _occupied(path: Path) -> str:
    """Say what is at a path already; empty for nothing."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return ""
    if not stat.S_ISSOCK(mode):
        return "not-a-socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return "stale"  # nobody serves it any more
        except OSError:
            return "in-use"
    return "in-use"


_CODES = {
    errno.ENOENT: "no-directory", errno.ENOTDIR: "no-directory", errno.EADDRINUSE: "in-use",
    errno.EACCES: "no-rights", errno.EPERM: "no-rights", errno.EROFS: "no-rights",
}  # fmt: skip


def _bind(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise CannotListen("too-long", path)
    try:
        occupied = _occupied(path)
    except OSError as error:
        raise CannotListen(_CODES.get(error.errno or 0, "other"), path, str(error)) from error
    if occupied:
        raise CannotListen(occupied, path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(str(path))
        path.chmod(0o600)  # nobody can connect before the socket listens
    except OSError as error:
        made.close()
        raise CannotListen(_CODES.get(error.errno or 0, "other"), path, str(error)) from error
    return made


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
        self._served: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._served)

    async def __aenter__(self) -> Self:
        made = _bind(self.path)
        self._server = await asyncio.start_unix_server(self._accepted, sock=made)
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._server is not None:
            self._server.close()
        self.drop()
        if self._served:
            await asyncio.wait(list(self._served))
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
