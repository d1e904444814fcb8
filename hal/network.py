"""Internet channels of the Штаб: the wired one and the USB modem in reserve [001:87, 116]."""

from __future__ import annotations

from typing import Protocol

from hal.errors import DeviceError


class ChannelDown(DeviceError):
    """The portal cannot be reached through this channel."""

    code = "channel-down"
    happened = "the portal cannot be reached through this channel"
    remedy = "switch to the other channel; keep repairing this one"


class Channel(Protocol):
    """One way to the federal portal."""

    @property
    def name(self) -> str:
        """How the Штаб calls it."""

    async def transfer(self, size_bytes: int) -> None:
        """Send or fetch that much; returns when the far side has it.

        Raises:
            ChannelDown: Before or during the transfer; nothing of it counts.
        """
