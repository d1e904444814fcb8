"""The printer as a station sees it."""

from __future__ import annotations

from typing import Protocol

from hal.printer.values import Document, JobId, JobStatus, PrinterCapabilities, PrinterInfo, PrinterStatus


class Printer(Protocol):
    """A laser printer that takes one job after the other.

    Every method may raise ``PrinterOffline``, ``DeviceGone``, ``DeviceTimeout`` or ``DeviceDead``.
    """

    @property
    def info(self) -> PrinterInfo:
        """Who it is."""

    @property
    def capabilities(self) -> PrinterCapabilities:
        """What it can do."""

    async def status(self) -> PrinterStatus:
        """Look at the printer now."""

    async def submit(self, document: Document) -> JobId:
        """Hand over a document; returns as soon as the printer has taken it.

        Raises:
            DeviceBusy: It takes no further job now.
        """

    async def job(self, job: JobId) -> JobStatus:
        """Look at a job now. An ended job stays known until the next ``submit``.

        Raises:
            DeviceNotFound: The printer knows no such job, for example after a power cut.
        """

    async def wait(self, job: JobId) -> JobStatus:
        """Wait for the end of the job; returns its status: completed or canceled.

        Raises:
            PrinterAttention: The printer stopped (``PaperJam``, ``OutOfPaper`` …) and needs a person. The
                job is not over: after the repair wait again, or cancel.
            JobAborted: The job ended without all pages.
        """

    async def cancel(self, job: JobId) -> None:
        """End the job; a sheet under way is finished. An ended job is left as it is."""

    async def close(self) -> None:
        """Give the device back. Calling it twice is allowed."""
