"""A headset on a private PulseAudio: a microphone that a thread speaks into, earphones that swallow all.

What is spoken carries its own place in every sample (``sequence``), so a recording can be checked sample by
sample.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pulsectl

from hal.audio import Samples
from simulators.wire.pulse import PulseDaemon

RATE_HZ = 48_000
SOURCE, SINK, SERIAL = "headset_mic", "headset_ears", "H390-0001"

_PIECE = RATE_HZ // 100

_OLDEST = 60 * RATE_HZ
"""How long ago the first of what is heard may have been said, in samples: buffers are shorter."""


def sequence(first: int, frames: int) -> Samples:
    """Return noise in which every sample follows from its number (the finaliser of SplitMix64).

    >>> bool((sequence(5, 3) == sequence(0, 8)[5:]).all())
    True
    """
    x = np.arange(first, first + frames, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (x >> np.uint64(48)).astype(np.uint16).view(np.int16).reshape(-1, 1)


def place_of(heard: Samples, within: range) -> int | None:
    """Return the number of the first of some samples; ``None`` if they are no part of the sequence."""
    key = heard[:8, 0]
    said = sequence(within.start, len(within) + len(key))[:, 0]
    for place in np.flatnonzero(said[: len(within)] == key[0]):
        if np.array_equal(said[place : place + len(key)], key):
            return within.start + int(place)
    return None


class Listener:
    """Compares what is recorded with what was said, sample by sample."""

    def __init__(self) -> None:
        self.missing = 0
        self._next: int | None = None

    def hear(self, heard: Samples, said: int) -> None:
        """Take what follows on what was heard before; count what is missing in ``missing``.

        Args:
            heard: One channel.
            said: How many samples the microphone has said by now.

        Raises:
            AssertionError: It was never said.
        """
        if self._next is None:
            self._next = place_of(heard, range(max(0, said - len(heard) - _OLDEST), said))
            assert self._next is not None, "what was heard was never said"
        while True:
            wrong = np.flatnonzero((heard != sequence(self._next, len(heard)))[:, 0])
            if not len(wrong):
                self._next += len(heard)
                return
            heard, expected = heard[wrong[0] :], self._next + int(wrong[0])
            found = place_of(heard, range(expected, said))
            assert found is not None, f"sample {expected} was never said"
            self.missing, self._next = self.missing + found - expected, found


def lost(heard: Samples, said: int) -> int:
    """Count the samples that are missing within a recording; see :meth:`Listener.hear`."""
    listener = Listener()
    listener.hear(heard, said)
    return listener.missing


class Microphone:
    """Writes to the FIFO of a pipe source at the pace of the clock; that stops while the server is full.

    PulseAudio does not read the FIFO while nobody records.

    Args:
        fifo: The FIFO.
        speaks: Begin with the sequence, else with silence: zeros are what a microphone without sound gives.
    """

    def __init__(self, fifo: Path, *, speaks: bool) -> None:
        self.speaks = speaks
        self.began = time.monotonic()
        self.said = 0
        self.latest_us = 0  # how far it fell behind the clock, at most
        self._stood = 0.0
        self._stop = threading.Event()
        self._fifo = fifo
        self._thread = threading.Thread(target=self._run, name="microphone")
        self._thread.start()

    def close(self) -> None:
        """Be silent for good."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with suppress(BrokenPipeError):  # the server has taken the source away, or is gone
            self._write(os.open(self._fifo, os.O_WRONLY | os.O_NONBLOCK))

    def _write(self, pipe: int) -> None:
        try:
            while not self._stop.is_set():
                samples = sequence(self.said, _PIECE) if self.speaks else np.zeros((_PIECE, 1), np.int16)
                self._write_all(pipe, samples.tobytes())
                self.said += _PIECE
                ahead = self.began + self._stood + self.said / RATE_HZ - time.monotonic()
                if ahead > 0:
                    self._stop.wait(ahead)
                else:
                    self.latest_us = max(self.latest_us, int(-ahead * 1_000_000))
        finally:
            os.close(pipe)

    def _write_all(self, pipe: int, data: bytes) -> None:
        while data and not self._stop.is_set():
            try:
                data = data[os.write(pipe, data) :]
            except BlockingIOError:
                since = time.monotonic()
                self._stop.wait(0.01)
                self._stood += time.monotonic() - since


class PulseHeadset:
    """``with PulseHeadset(folder) as headset``: a private server with one headset in it, plugged in.

    Args:
        folder: For the FIFO.
        speaks: See :class:`Microphone`.
    """

    def __init__(self, folder: Path, *, speaks: bool = True) -> None:
        self.daemon = PulseDaemon()
        self.microphone: Microphone
        self._folder = folder
        self._speaks = speaks
        self._modules: list[int] = []

    def __enter__(self) -> Self:
        self.daemon.__enter__()
        self.plug_in()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._modules:
            self.microphone.close()
        self.daemon.__exit__(kind, error, trace)

    def plug_in(self) -> None:
        """Plug it in."""
        fifo = self._folder / f"microphone-{time.monotonic_ns()}"
        properties = {"device.description": "Test headset", "device.serial": SERIAL}
        self._modules = [
            self.daemon.load_source(SOURCE, fifo, rate_hz=RATE_HZ, channels=1, properties=properties),
            self.daemon.load(
                "module-null-sink",
                sink_name=SINK,
                rate=RATE_HZ,
                channels=2,
                sink_properties=f'"device.description=Ears device.serial={SERIAL}"',
            ),
        ]
        self.microphone = Microphone(fifo, speaks=self._speaks)

    def suspend_ears(self) -> None:
        """Let the earphones stand still."""
        with pulsectl.Pulse("test", self.daemon.address) as client:
            client.sink_suspend(client.get_sink_by_name(SINK).index, 1)

    def is_playing(self) -> bool:
        """Whether a program plays anything."""
        with pulsectl.Pulse("test", self.daemon.address) as client:
            return bool(client.sink_input_list())

    def unplug(self) -> None:
        """Pull it out."""
        for module in self._modules:
            self.daemon.unload(module)
        self._modules = []
        self.microphone.close()
