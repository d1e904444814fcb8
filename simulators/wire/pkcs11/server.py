"""Serves p11-kit's RPC to any number of programs; a call that hangs holds up nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from simulators.wire.pkcs11 import codec
from simulators.wire.pkcs11.application import Application
from simulators.wire.pkcs11.calls import Call
from simulators.wire.pkcs11.constants import Refused, Rv
from simulators.wire.pkcs11.slots import Slot

VERSION = b"\0"
"""The version of the protocol that we speak. p11-kit 0.24.1 knows no other; later ones agree on the lower."""

MOST_AT_ONCE = 64
"""Calls of one connection that wait for an answer, each of another thread of the program. One more is refused
with ``CKR_DEVICE_MEMORY``: to wait would be not to notice that the program leaves."""


@dataclass(slots=True)
class Cut:
    """Where the wire will be cut, once.

    Args:
        after: How many messages of a connection pass before.
        loses: ``request``: the next message is not carried out; ``answer``: it is, but nobody hears of it.
    """

    after: int
    loses: str = "request"


class _Severed(Exception):
    """The wire is cut here."""


class TokenWire:
    """The server's part that knows messages; ``serve`` is for a ``UnixServer``.

    Args:
        slots: The module's slots.
        changed: Told after every message, and when a connection comes.
    """

    def __init__(self, slots: Sequence[Slot], changed: Callable[[], None]) -> None:
        self.slots = slots
        self.messages = 0
        self.refused = 0
        """Connections that were ended because they sent what is no message."""
        self.cut: Cut | None = None
        self._changed = changed

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one program until it leaves, or sends what is no message."""
        connection = _Connection(self, reader, writer)
        self._changed()
        try:
            await connection.run()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the program is gone: an end like any other
        except codec.BadMessage:
            self.refused += 1
        except _Severed:
            writer.transport.abort()
        finally:
            await connection.close()

    def note(self) -> None:
        """Count a message."""
        self.messages += 1
        self._changed()


class _Connection:
    def __init__(self, wire: TokenWire, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._wire = wire
        self._reader = reader
        self._writer = writer
        self._application = Application(wire.slots)
        self._seen = 0
        self._pending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Read messages, and start their calls."""
        await self._reader.readexactly(1)  # the version that the program would like
        self._writer.write(VERSION)
        while True:
            exchange, options, body = codec.read_header(await self._reader.readexactly(codec.HEADER_BYTES))
            await self._reader.readexactly(options)
            message = await self._reader.readexactly(body)
            cut = self._next_cut()
            if cut is not None and cut.loses == "request":
                raise _Severed
            try:
                call, arguments = codec.read_request(message)
            except codec.UnknownCall:
                self._send(exchange, codec.error(Rv.FUNCTION_NOT_SUPPORTED))
                continue
            if len(self._pending) >= MOST_AT_ONCE:
                self._send(exchange, codec.error(Rv.DEVICE_MEMORY))
                continue
            task = asyncio.get_running_loop().create_task(self._call(exchange, call, arguments, cut is None))
            self._pending.add(task)
            task.add_done_callback(self._called)
            if cut is not None:
                await asyncio.wait((task,))
                raise _Severed

    def _next_cut(self) -> Cut | None:
        """Count a message; return the cut if it comes here."""
        self._seen += 1
        self._wire.note()
        cut = self._wire.cut
        if cut is None or self._seen <= cut.after:
            return None
        self._wire.cut = None
        return cut

    async def _call(self, exchange: int, call: Call, arguments: Sequence[Any], answers: bool) -> None:
        try:
            body = codec.answer(call, await self._application.call(call, arguments))
        except Refused as refused:
            body = codec.error(refused.rv)
        if answers:
            self._send(exchange, body)
            with suppress(ConnectionError):  # the reader finds out as well, and ends the connection
                await self._writer.drain()

    def _send(self, exchange: int, body: bytes) -> None:
        self._writer.write(codec.frame(exchange, body))

    def _called(self, task: asyncio.Task[None]) -> None:
        self._pending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # a mistake of ours: told, and the program must not wait for an answer that does not come
            context = {"message": "a call of PKCS#11 failed", "exception": error, "task": task}
            task.get_loop().call_exception_handler(context)
            self._writer.transport.abort()

    async def close(self) -> None:
        """End what the program has left."""
        for task in self._pending:
            task.cancel()
        if self._pending:
            await asyncio.wait(list(self._pending))
        await self._application.close()
