"""A headset whose microphone is a tape: it gives what it was made with, at once or in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import numpy as np

from hal.audio import AudioBlock, AudioFormat, HeadsetCapabilities, HeadsetInfo, HeadsetStatus, Samples
from hal.runtime import SECOND

Sound = Callable[[int, int], Samples]
"""From first frame and count of frames to samples of shape ``(frames, 1)``."""


def counting(first: int, frames: int) -> Samples:
    """Sample n of a recording is n modulo 20,000."""
    return (np.arange(first, first + frames)[:, np.newaxis] % 20_000).astype(np.int16)


class Tape:
    """As ``hal.audio.Headset``; gives its blocks as fast as they are taken.

    Args:
        sound: What is on it.
        blocks: How many each recording gives; then ``error``, or nothing more.
        error: What ends a recording.
        overflows: Numbers of blocks that say that sound was lost before them.
    """

    def __init__(
        self,
        sound: Sound = counting,
        blocks: int = 1_000_000,
        error: Exception | None = None,
        overflows: tuple[int, ...] = (),
    ) -> None:
        self.info = HeadsetInfo("tape")
        self.capabilities = HeadsetCapabilities()
        self.sound = sound
        self.blocks = blocks
        self.error = error
        self.overflows = overflows
        self.refuses: Exception | None = None
        self.plugged = True
        self.begun = self.ended = self.closed = 0
        self.played: list[Samples] = []

    async def status(self) -> HeadsetStatus:
        return HeadsetStatus(self.plugged)

    @asynccontextmanager
    async def record(
        self, audio_format: AudioFormat, block_us: int = 100_000
    ) -> AsyncGenerator[AsyncIterator[AudioBlock], None]:
        if self.refuses is not None:
            raise self.refuses
        self.begun += 1
        try:
            yield self._blocks(audio_format.rate_hz * block_us // SECOND)
        finally:
            self.ended += 1

    async def _blocks(self, frames: int) -> AsyncIterator[AudioBlock]:
        for number in range(self.blocks):
            await asyncio.sleep(0)  # let the others have their turn, as a real recording does
            first = number * frames
            yield AudioBlock(first, frames, partial(self.sound, first, frames), number in self.overflows)
        if self.error is not None:
            raise self.error
        await asyncio.Event().wait()

    async def play(self, samples: Samples, audio_format: AudioFormat) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.played.append(samples)

    async def close(self) -> None:
        self.closed += 1
