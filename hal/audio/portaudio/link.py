"""A process with PortAudio from the driver's side: what it says, in order and in time."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Self

import msgspec

from hal.audio.errors import AudioError
from hal.audio.portaudio import wire
from hal.audio.portaudio.failures import error_of
from hal.errors import BadReply, DeviceError, DeviceTimeout, DriverMissing
from hal.worker_process import WorkerProcess

_WORKER = "hal.audio.portaudio.worker"

_KEPT = 60 * 1000 // wire.CHUNK_MS
"""Chunks that are kept for a slow reader; then they are lost, and that is seen."""

_REAP_S = 0.5
"""Seconds to wait for a killed process; one that hangs in the kernel's USB code is left behind."""


class Link:
    """One process: ``async with Link(device) as link``. It may be closed earlier, also while it is starting.

    Args:
        device: Name of the headset, for errors.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self._messages: deque[wire.Reply] = deque()
        self._news = asyncio.Event()
        self._error: DeviceError | None = None
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(wire.Reply)
        self._process: WorkerProcess | None = None

    async def __aenter__(self) -> Self:
        """Start the process.

        Raises:
            DriverMissing: None can be started.
        """
        try:
            self._process = await WorkerProcess.start(_WORKER, self._taken, self._ended)
        except OSError as error:
            raise DriverMissing(self.device, f"no process can be started: {error.strerror}") from error
        if self._error is not None:
            await self.close()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None  # noqa: S101 - set before anybody has the link
        return self._process.pid

    def send(self, request: wire.Request) -> None:
        """Send a request; one that the process no longer takes is dropped, and ``next`` tells why."""
        if self._process is not None:
            self._process.send(self._encoder.encode(request))

    async def room(self) -> None:
        """Wait until the process has taken most of what was sent, or is gone."""
        if self._process is not None:
            await self._process.room()

    async def next(self, within_s: float) -> wire.Reply:
        """Return the next message; a cancelled call takes none.

        Raises:
            DeviceError: What the process tells as ``Trouble``, after all that came before, and from then on.
            DeviceTimeout: Nothing came in time: the process hangs.
        """
        while not self._messages:
            if self._error is not None:
                raise again(self._error)
            self._news.clear()
            try:
                async with asyncio.timeout(within_s):
                    await self._news.wait()
            except TimeoutError:
                if not self._news.is_set():  # else it came while this loop was busy with other things
                    self._fail(DeviceTimeout(self.device, "the sound driver's process does not answer"))
        return self._messages.popleft()

    async def close(self) -> None:
        """End the process, whatever it does. Does nothing the second time."""
        self._fail(AudioError(self.device, "it was closed"))
        if self._process is not None:
            await self._process.reaped(_REAP_S)

    def _taken(self, body: bytes) -> None:
        try:
            message = self._decoder.decode(body)
        except msgspec.DecodeError as error:
            self._fail(BadReply(self.device, str(error)))
            return
        if isinstance(message, wire.Trouble):
            self._fail(error_of(message.kind, self.device, message.detail))
        elif not isinstance(message, wire.Sound) or len(self._messages) < _KEPT:
            self._messages.append(message)
            self._news.set()

    def _ended(self, garbled: bool) -> None:
        what = (
            "the sound driver's process talks nonsense" if garbled else "the sound driver's process has ended"
        )
        self._fail(BadReply(self.device, what) if garbled else AudioError(self.device, what))

    def _fail(self, error: DeviceError) -> None:
        if self._error is None:
            self._error = error
            self._news.set()
        if self._process is not None:
            self._process.end()


def again(error: DeviceError) -> DeviceError:
    """Make the same error anew: whoever asks again gets a traceback of its own."""
    return type(error)(error.device, error.detail)
