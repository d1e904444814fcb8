"""The headset as a station sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

from hal.audio.values import (
    AudioBlock,
    AudioFormat,
    HeadsetCapabilities,
    HeadsetInfo,
    HeadsetStatus,
    Samples,
)


@runtime_checkable
class Headset(Protocol):
    """Closed headphones with a microphone (гарнитура).

    Every method may raise ``HeadsetUnplugged``, ``HeadsetStopped``, ``SoundServerGone``, ``DeviceTimeout``,
    ``DeviceBusy`` or ``DeviceDead``. How loud a block is, ``hal.audio.meter`` tells.
    """

    @property
    def info(self) -> HeadsetInfo:
        """Who it is."""

    @property
    def capabilities(self) -> HeadsetCapabilities:
        """What it can do."""

    async def status(self) -> HeadsetStatus:
        """Look whether it is there."""

    def record(
        self, audio_format: AudioFormat, block_us: int = 100_000
    ) -> AbstractAsyncContextManager[AsyncIterator[AudioBlock]]:
        """Record: ``async with headset.record(format) as blocks: async for block in blocks: …``.

        Leaving the block stops the recording and returns within a second, whatever state the device is in.
        When the headset fails, the blocks of what was recorded before come first, the last of them perhaps
        shorter; then the error.

        Args:
            audio_format: Must be within the capabilities.
            block_us: Length of a block in microseconds.

        Raises:
            FormatUnsupported: Before anything is recorded.
            HeadsetUnplugged, HeadsetStopped, HeadsetSilent, HeadsetMuted, SoundServerGone: From the iterator,
                at most 300 ms after it happened, where the connection tells of it or zeros give it away.
        """

    async def play(self, samples: Samples, audio_format: AudioFormat) -> None:
        """Play to the end; may run while recording where ``full_duplex`` says so."""

    async def close(self) -> None:
        """Give the device back, within a second; ends what still runs. Calling it twice is allowed."""
