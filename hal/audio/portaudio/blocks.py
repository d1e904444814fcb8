"""Blocks of a recording, cut from the chunks that a process sends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hal.audio.portaudio.backend import BYTES_PER_SAMPLE
from hal.audio.portaudio.wire import Sound
from hal.audio.values import AudioBlock, AudioFormat
from hal.runtime.units import SECOND


class Cutter:
    """Cuts chunks into blocks of one length; a shorter one ends where frames were lost, and at the end.

    Where the system lost frames it does not tell how many: sample time then goes on as if there were none,
    and the block says ``overflow``.

    Args:
        audio_format: Of the sound.
        block_us: Length of a block in microseconds.

    Raises:
        ValueError: That is less than a frame.
    """

    def __init__(self, audio_format: AudioFormat, block_us: int) -> None:
        self._channels = audio_format.channels
        self._width = BYTES_PER_SAMPLE * audio_format.channels
        self._size = block_us * audio_format.rate_hz // SECOND * self._width
        if self._size <= 0:
            raise ValueError(f"a block of {block_us} us is shorter than a frame")
        self._first = 0
        self._overflow = False
        self._data = bytearray()

    def add(self, chunk: Sound) -> Iterator[AudioBlock]:
        """Add a chunk; yield the blocks that are complete."""
        expected = self._first + len(self._data) // self._width
        if chunk.overflow or chunk.first_frame != expected:
            yield from self.rest()
            self._first, self._overflow = chunk.first_frame, True
        self._data += chunk.data
        while len(self._data) >= self._size:
            yield self._block(self._size)

    def rest(self) -> Iterator[AudioBlock]:
        """Yield what has not made a whole block, if there is anything."""
        if self._data:
            yield self._block(len(self._data))

    def _block(self, size: int) -> AudioBlock:
        samples = np.frombuffer(bytes(self._data[:size]), dtype="<i2").reshape(-1, self._channels)
        del self._data[:size]
        block = AudioBlock(self._first, len(samples), lambda: samples, self._overflow)
        self._first, self._overflow = self._first + len(samples), False
        return block
