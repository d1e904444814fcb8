"""The two FIFOs between a virtual headset and PulseAudio; both ends of ours never wait."""

from __future__ import annotations

import asyncio
import fcntl
import os
import termios
from array import array
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from hal.audio import Samples
from simulators.sound import RATE_HZ

_SAMPLE: Final = 2  # bytes
_MOST_S = 2  # seconds of sound that wait for a server which is too busy to take them


class PipeGone(Exception):
    """The server has left the FIFO: its module was unloaded, or it died."""


class MicrophonePipe:
    """Writes sound for the server to take.

    A server takes nothing while nobody records. What it was given then would be heard, late, at the begin of
    the next recording, so after ``rest`` only the latest piece of sound lies in the FIFO.

    Args:
        fifo: Where; the server has it open.
        channels: Of the source.

    Raises:
        PipeGone: Nobody reads there.
    """

    def __init__(self, fifo: Path, channels: int) -> None:
        self.lost = 0
        """Frames that a recording server has not taken."""
        self._fifo = fifo
        self._frame = _SAMPLE * channels
        self._waiting = bytearray()
        self.rests = True
        """Whether nobody records, as far as it is known."""
        try:
            self._to = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            raise PipeGone from error

    def write(self, samples: Samples) -> bool:
        """Give sound of shape ``(frames, channels)`` to the server; what it cannot take yet waits.

        Returns:
            Whether it has taken what was written before.

        Raises:
            PipeGone
        """
        taken = self._left() == 0
        if taken:
            self.rests = False
        elif self.rests:
            self._drain()
        self._waiting += samples.astype("<i2", copy=False).tobytes()
        try:
            while self._waiting:
                del self._waiting[: os.write(self._to, self._waiting)]
        except BlockingIOError:
            if len(self._waiting) > _MOST_S * RATE_HZ * self._frame:
                self.lost += len(self._waiting) // self._frame
                self._forget_waiting()
        except OSError as error:
            raise PipeGone from error
        return taken

    def rest(self) -> None:
        """Forget what nobody has taken: nobody records."""
        self.rests = True
        self._forget_waiting()

    def _forget_waiting(self) -> None:
        # whole frames go: a part of one may have been written
        del self._waiting[len(self._waiting) % self._frame :]

    def _left(self) -> int:
        """Return how many bytes lie in the FIFO."""
        count = array("i", [0])
        fcntl.ioctl(self._to, termios.FIONREAD, count)
        return count[0]

    def _drain(self) -> None:
        """Take out what lies in the FIFO, as if we were the server; it reads nothing now."""
        try:
            reader = os.open(self._fifo, os.O_RDONLY | os.O_NONBLOCK)
        except FileNotFoundError as error:
            raise PipeGone from error  # the server removes the FIFO with its module
        try:
            with suppress(BlockingIOError):  # it has begun to read, and was quicker
                os.read(reader, self._left())
        finally:
            os.close(reader)

    def close(self) -> None:
        """Leave."""
        os.close(self._to)


class EarphonesPipe:
    """Reads what the server plays, on the running event loop.

    Args:
        fifo: Where; the server has it open.
        channels: Of the sink.
        heard: Takes sound of shape ``(frames, channels)``.
        gone: Told once when the server has left.

    Raises:
        PipeGone: There is nothing to read.
    """

    def __init__(
        self, fifo: Path, channels: int, heard: Callable[[Samples], None], gone: Callable[[], None]
    ) -> None:
        self._channels = channels
        self._heard = heard
        self._gone = gone
        self._rest = b""
        try:
            self._from = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise PipeGone from error
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._from, self._read)

    def _read(self) -> None:
        try:
            given = os.read(self._from, 1 << 16)
        except BlockingIOError:
            return  # somebody else was told the same
        if not given:
            self._loop.remove_reader(self._from)
            self._gone()
            return
        whole = self._rest + given
        frame = _SAMPLE * self._channels
        end = len(whole) // frame * frame
        self._rest = whole[end:]
        if end:
            samples = np.frombuffer(whole[:end], dtype="<i2").astype(np.int16, copy=False)
            self._heard(samples.reshape(-1, self._channels))

    def close(self) -> None:
        """Leave."""
        self._loop.remove_reader(self._from)
        os.close(self._from)
