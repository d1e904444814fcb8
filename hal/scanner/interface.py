"""The scanner as a station sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from hal.scanner.values import ScannedPage, ScannerCapabilities, ScannerInfo, ScannerStatus, ScanSettings


class Scanner(Protocol):
    """A document scanner.

    Every method may raise ``DeviceGone``, ``DeviceTimeout``, ``DeviceBusy`` or ``DeviceDead``.
    """

    @property
    def info(self) -> ScannerInfo:
        """Who it is."""

    @property
    def capabilities(self) -> ScannerCapabilities:
        """What it can do."""

    async def status(self) -> ScannerStatus:
        """Look at the scanner now."""

    def scan(self, settings: ScanSettings) -> AsyncIterator[ScannedPage]:
        """Scan what is laid in, page after page, until the feeder is empty (or one page of the flatbed).

        A page is yielded only when it is whole: a jam or a cancellation loses no page silently.

        Raises:
            FeederEmpty: Nothing is laid in.
            FeederJam, DoubleFeed, ScannerCoverOpen: The sheets not yet yielded are still to be scanned.
            NotSupported: The settings are outside the capabilities (nothing is clamped in silence).
        """

    async def cancel(self) -> None:
        """End the scan under way after the present sheet; the iterator then ends."""

    async def close(self) -> None:
        """Give the device back. Calling it twice is allowed."""
