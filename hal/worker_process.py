"""A process of ours that holds what may hang or crash: frames to and from it, and a sure end.

The process gets frames on its standard input and sends them on its standard output (``hal.worker_side``).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from asyncio import ReadTransport, SubprocessTransport, WriteTransport
from collections.abc import Callable
from contextlib import suppress
from typing import Self, cast

from hal.worker_side import HEADER, frame

LONGEST = 16 * 1024 * 1024
"""Longest frame in bytes: far above all that is sent; a longer one is a broken peer."""

_READ = 64 * 1024
"""Bytes to read at once. On Unix asyncio makes room for 256 KiB every time, which malloc takes from the
kernel and gives back (docs/decisions/0010)."""

_BOOT = """
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
importlib.import_module(sys.argv[2]).main()
"""

_LAST_WORDS = 0.2
"""Seconds to wait, once the process has ended, for the end of what it wrote: a child of a library's may hold
the pipe open."""


class _Output(asyncio.Protocol):
    """Takes what the process writes at once; asyncio's own way goes once more round the loop."""

    def __init__(self, process: WorkerProcess, before: asyncio.BaseProtocol) -> None:
        self._process = process
        self._before = before

    def data_received(self, data: bytes) -> None:
        self._process.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._before.connection_lost(exc)


class WorkerProcess(asyncio.SubprocessProtocol):
    """One process that runs ``main()`` of a module of ours.

    Args:
        taken: Gets the body of each frame.
        ended: Called once when the process is gone or goes wrong, unless :meth:`end` came first; ``True`` if
            what it sent is no frame.
    """

    def __init__(self, taken: Callable[[bytes], None], ended: Callable[[bool], None]) -> None:
        self._taken = taken
        self._ended = ended
        self._received = bytearray()
        self._over = False
        self._transport: SubprocessTransport | None = None
        self._input: WriteTransport | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def start(cls, module: str, taken: Callable[[bytes], None], ended: Callable[[bool], None]) -> Self:
        """Start a process.

        Args:
            module: Its ``main()`` is run.
            taken: See the class.
            ended: See the class.

        Raises:
            OSError: No process can be started.
        """
        # An empty entry of the path is the current folder, where anybody may have put a module.
        path = json.dumps([entry for entry in sys.path if entry])
        # -P: not the current folder either; the environment is ours, since drivers are configured by it
        command = (sys.executable, "-P", "-c", _BOOT, path, module)
        loop = asyncio.get_running_loop()
        _, process = await loop.subprocess_exec(
            lambda: cls(taken, ended), *command, stderr=subprocess.DEVNULL
        )
        return process

    @property
    def pid(self) -> int:
        """The process."""
        assert self._transport is not None  # noqa: S101 - set before anybody has this object
        return self._transport.get_pid()

    def send(self, body: bytes) -> None:
        """Send a frame; one that the process no longer takes is dropped."""
        if self._input is not None and not self._over:
            self._input.write(frame(body))

    async def room(self) -> None:
        """Wait until the process has taken most of what was sent; returns at once if it is gone."""
        await self._room.wait()

    def end(self) -> None:
        """End the process now, without waiting for its end. Does nothing the second time.

        Not by the transport's own ``kill`` or ``close``: on Unix these look first whether the process has
        ended, which takes its exit status away from asyncio, who then complains on the standard error.
        """
        if self._over:
            return
        self._over = True
        self._received.clear()
        self._room.set()
        transport = self._transport
        if transport is None:
            return
        for number in (0, 1):
            pipe = transport.get_pipe_transport(number)
            if pipe is not None:
                pipe.close()  # not abort: beside the end of the process it closes twice (Python 3.11)
        if transport.get_returncode() is not None:
            return
        if sys.platform == "win32":
            transport.kill()
        else:
            with suppress(ProcessLookupError):  # it has ended, and we shall hear of it
                os.kill(transport.get_pid(), signal.SIGKILL)

    async def reaped(self, within_s: float) -> None:
        """Wait until it is no zombie any more; one that hangs in the kernel is left behind."""
        await asyncio.wait((self._gone,), timeout=within_s)

    # -- what asyncio tells us ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("SubprocessTransport", transport)
        self._input = cast("WriteTransport", self._transport.get_pipe_transport(0))
        output = cast("ReadTransport", self._transport.get_pipe_transport(1))
        output.set_protocol(_Output(self, output.get_protocol()))
        if hasattr(output, "max_size"):
            output.max_size = _READ

    def received(self, data: bytes) -> None:
        """Take what the process writes."""
        received = self._received
        received += data
        while not self._over and len(received) >= HEADER.size:
            (size,) = HEADER.unpack_from(received)
            if size > LONGEST:
                self._lost(garbled=True)
                return
            end = HEADER.size + size
            if len(received) < end:
                return
            body = bytes(received[HEADER.size : end])
            del received[:end]
            self._taken(body)

    def pause_writing(self) -> None:
        """Learn that the process is slow to take what was sent."""
        self._room.clear()

    def resume_writing(self) -> None:
        """Learn that it has caught up."""
        self._room.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002
        """Learn that the process has ended, or is about to: all it wrote has been taken."""
        if fd == 1:
            self._lost()

    def process_exited(self) -> None:
        """Learn that it has ended; it is no zombie any more."""
        asyncio.get_running_loop().call_later(_LAST_WORDS, self._lost)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Learn that it has ended and its pipes are closed."""
        if self._transport is not None:
            self._transport.close()  # nothing is left to do, but without it the transport warns
        if not self._gone.done():
            self._gone.set_result(None)

    def _lost(self, *, garbled: bool = False) -> None:
        if not self._over:
            self.end()
            self._ended(garbled)
