"""What is needed of a library over PortAudio: ``hal.audio.sounddevice`` and ``hal.audio.pyaudio`` have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from hal.audio.portaudio.wire import DeviceRow

BYTES_PER_SAMPLE = 2

LATENCY_S = 0.1
"""Buffer of the system that is asked for: a process on a busy computer gets its turn well within it."""

NO_SUCH_DEVICE = -9996
"""``paInvalidDevice``."""

Heard = Callable[[bytes, bool], None]
"""Takes recorded samples, and whether some were lost before them; called in a thread of PortAudio's."""

Feed = Callable[[int], bytes]
"""Gives so many bytes to play; fewer mean that this was all. Called in a thread of PortAudio's."""


class BackendError(Exception):
    """PortAudio refuses.

    Args:
        code: A ``PaErrorCode`` of portaudio.h.
        text: Its words.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def index_of(rows: Mapping[int, DeviceRow], name: str, *, output: bool) -> int:
    """Return the number of the device of that name with such channels.

    Raises:
        BackendError: There is none (any more).
    """
    for index, row in rows.items():
        if row.name == name and (row.outputs if output else row.inputs):
            return index
    raise BackendError(NO_SUCH_DEVICE, f"no device {name}")


class Stream(Protocol):
    """A stream that runs."""

    def active(self) -> bool:
        """Whether it still does; not once all is played, and not once the device is gone."""


class Backend(Protocol):
    """The library in this process. PortAudio looks for devices once, when the library is initialised.

    Samples are interleaved 16-bit integers. Nothing is ever stopped or closed, because both can hang: the
    process ends instead.
    """

    def devices(self) -> list[DeviceRow]:
        """List the devices of the default host API."""

    def offers(self, name: str, rate_hz: int) -> bool:
        """Say whether a microphone offers that sample rate with one channel."""

    def record(self, name: str, rate_hz: int, channels: int, frames: int, heard: Heard) -> Stream:
        """Begin to record in pieces of ``frames``; an empty name is the default device.

        Raises:
            BackendError
        """

    def play(self, name: str, rate_hz: int, channels: int, frames: int, feed: Feed) -> Stream:
        """Begin to play in pieces of ``frames``.

        Raises:
            BackendError
        """
