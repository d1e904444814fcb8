"""A worker process from the driver's side: calls with deadlines, and a sure end."""

from __future__ import annotations

import asyncio
import os
from asyncio import AbstractEventLoop, Future, TimerHandle
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from hal.errors import BadReply, DeviceError, DeviceTimeout, DriverMissing
from hal.token.errors import TokenError
from hal.token.pkcs11 import wire
from hal.token.pkcs11.deadlines import Deadlines
from hal.worker_process import WorkerProcess

R = TypeVar("R")

_REAP = 2.0
"""Seconds to wait for a killed process to be gone; one that hangs in the kernel's USB code takes longer."""

_WORKER = "hal.token.pkcs11.worker"


_give_way = getattr(os, "sched_yield", lambda: None)
"""Let a worker on the same processor have it. Windows does so by itself."""


class Failed(Exception):
    """The worker answered that the request failed."""

    def __init__(self, failure: wire.Failure) -> None:
        super().__init__(failure.name)
        self.failure = failure


@dataclass(slots=True)
class _Call:
    seconds: float
    what: str
    reply: Future[bytes]


class Result(Generic[R]):
    """How the result of a request is read."""

    def __init__(self, kind: type[R]) -> None:
        self._decoder = msgspec.msgpack.Decoder(tuple[bool, msgspec.Raw])
        self._result = msgspec.msgpack.Decoder(kind)
        self._failure = msgspec.msgpack.Decoder(wire.Failure)

    def read(self, body: bytes) -> R:
        """Return the result.

        Raises:
            Failed: The worker says why.
            msgspec.DecodeError: It is no reply.
        """
        good, raw = self._decoder.decode(body)
        if good:
            return self._result.decode(raw)
        raise Failed(self._failure.decode(raw))


NOTHING = Result(type(None))
_TEXT = Result(str)


class Channel:
    """One worker with one module loaded.

    Calls are answered in their order. A call that its caller has given up (cancelled) still runs in the
    worker; the next one waits for it, and its deadline ends a hang all the same. Waiting for earlier calls
    does not count against a call's own deadline.

    Args:
        device: Name of the device for errors.
    """

    def __init__(self, device: str, loop: AbstractEventLoop) -> None:
        self.device = device
        self.description = ""
        self._loop = loop
        self._calls: deque[_Call] = deque()
        self._timer: TimerHandle | None = None
        self._ends = 0.0
        self._sleepless: float | None = None
        self._process: WorkerProcess | None = None
        self._dead: DeviceError | None = None
        self._encoder = msgspec.msgpack.Encoder()

    @classmethod
    async def start(cls, device: str, module: Path, deadlines: Deadlines) -> Channel:
        """Start a worker and load the module.

        Raises:
            ModuleMissing, DeviceTimeout
            Failed: The module does not initialise.
            DriverMissing: No process can be started.
        """
        channel = cls(device, asyncio.get_running_loop())
        try:
            channel._process = await WorkerProcess.start(_WORKER, channel._answered, channel._ended)
        except OSError as error:
            raise DriverMissing(device, f"no process can be started: {error.strerror}") from error
        try:
            channel.description = await channel.call(wire.Load(os.fspath(module)), _TEXT, deadlines.load)
        except BaseException:
            await channel.kill()
            raise
        return channel

    @property
    def alive(self) -> bool:
        """Whether calls can be made."""
        return self._dead is None

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None  # noqa: S101 - set before anybody has the channel
        return self._process.pid

    async def call(self, request: wire.Request, result: Result[R], seconds: float) -> R:
        """Make a request and return its result.

        Raises:
            Failed: The worker says that it failed.
            DeviceTimeout: No reply came in time; the worker has been killed.
            TokenError: The worker has ended by itself: the module crashed.
            BadReply: It sent what is no reply, and has been killed.
        """
        if self._dead is not None or self._process is None:
            raise self._dead or TokenError(self.device, "the module's process is not running")
        what = type(request).__name__.lower()
        call = _Call(seconds, what, self._loop.create_future())
        self._calls.append(call)
        if len(self._calls) == 1:
            self._watch()
        self._process.send(self._encoder.encode(request))
        if self._sleepless is None:
            self._loop.call_soon(self._stay_awake)
        self._sleepless = self._loop.time() + wire.SLEEPLESS
        try:
            return result.read(await call.reply)
        except msgspec.DecodeError as error:
            self._die(BadReply(self.device, f"{what}: {type(error).__name__}"))
            await self._reaped()
            raise BadReply(self.device, what) from error
        except DeviceError as error:
            await self._reaped()
            raise _again(error) from error

    async def close(self, seconds: float) -> None:
        """End the worker: politely, and after so many seconds by force. Does nothing the second time.

        With calls pending by force at once: politeness would wait behind one that hangs.
        """
        try:
            if self._dead is None and not self._calls:
                await self.call(wire.Close(), NOTHING, seconds)
        except (DeviceError, Failed):
            pass  # it ends anyway
        finally:
            await self.kill()

    async def kill(self) -> None:
        """End the worker now. Does nothing the second time."""
        self._die(TokenError(self.device, "it was closed"))
        await self._reaped()

    def drop(self) -> None:
        """End the worker without waiting for its end; for what cannot wait."""
        self._die(TokenError(self.device, "it was closed"))

    # -- calls --------------------------------------------------------------------------------------

    def _ended(self, garbled: bool) -> None:
        ended = TokenError(self.device, "the module's process has ended")
        self._die(self._out_of_turn() if garbled else ended)

    def _out_of_turn(self) -> DeviceError:
        return BadReply(self.device, "the module's process talks out of turn")

    def _answered(self, body: bytes) -> None:
        if not self._calls:
            self._die(self._out_of_turn())
            return
        call = self._calls.popleft()
        if self._calls:
            self._watch()
        if not call.reply.done():  # else the caller was cancelled
            call.reply.set_result(body)

    def _watch(self) -> None:
        """Begin the deadline of the first call.

        A timer that is set for an earlier call stays and looks again when it rings: to set and cancel one for
        every call would cost more than it is worth (docs/decisions/0010).
        """
        self._ends = self._loop.time() + self._calls[0].seconds
        if self._timer is not None and self._timer.when() > self._ends:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._ends, self._rings)

    def _stay_awake(self) -> None:
        """Keep the loop going round, at everybody's service, while a quick answer may still come."""
        if self._calls and self._sleepless is not None and self._loop.time() < self._sleepless:
            _give_way()
            self._loop.call_soon(self._stay_awake)
        else:
            self._sleepless = None

    def _rings(self) -> None:
        self._timer = None
        if not self._calls:
            return
        if self._loop.time() < self._ends:
            self._timer = self._loop.call_at(self._ends, self._rings)
            return
        call = self._calls[0]
        self._die(DeviceTimeout(self.device, f"{call.what}: no answer in {call.seconds:g} s"))

    def _die(self, error: DeviceError) -> None:
        if self._dead is not None:
            return
        self._dead = error
        if self._timer is not None:
            self._timer.cancel()
        for call in self._calls:
            if not call.reply.done():
                call.reply.set_exception(error)
        self._calls.clear()
        if self._process is not None:
            self._process.end()

    async def _reaped(self) -> None:
        if self._process is not None:
            await self._process.reaped(_REAP)


def _again(error: DeviceError) -> DeviceError:
    """Make the same error anew: each caller gets a traceback of its own."""
    return type(error)(error.device, error.detail)
