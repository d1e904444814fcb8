"""What a printer can report."""

from __future__ import annotations

from hal.errors import DeviceError


class PrinterError(DeviceError):
    """Root of the printer family."""

    code = "printer-error"
    happened = "the printer failed"


class PrinterAttention(PrinterError):
    """The printer stopped and waits for a person; the job goes on by itself once that is done."""

    code = "printer-attention"
    happened = "the printer needs attention"
    remedy = "do what its display asks"


class PaperJam(PrinterAttention):
    """A sheet is stuck (RFC 8011 ``media-jam``). The stuck sheet is torn."""

    code = "paper-jam"
    happened = "paper is jammed"
    remedy = "open the cover, take the sheet out, close the cover"


class Misfeed(PrinterAttention):
    """The tray has paper, but the printer did not pick a sheet. No sheet is lost."""

    code = "misfeed"
    happened = "the printer did not pick a sheet"
    remedy = "fan the paper, lay it in again"


class OutOfPaper(PrinterAttention):
    """The tray is empty (RFC 8011 ``media-empty``)."""

    code = "out-of-paper"
    happened = "the tray is empty"
    remedy = "lay in paper"


class TonerEmpty(PrinterAttention):
    """The cartridge is used up (RFC 8011 ``toner-empty``)."""

    code = "toner-empty"
    happened = "the toner is used up"
    remedy = "replace the cartridge"


class CoverOpen(PrinterAttention):
    """A cover or door is open (RFC 8011 ``cover-open``)."""

    code = "cover-open"
    happened = "a cover is open"
    remedy = "close the cover"


class PrinterOffline(PrinterError):
    """The printer does not answer: power, cable or network."""

    code = "printer-offline"
    happened = "the printer does not answer"
    remedy = "check power and cable; switch it off and on"


class JobAborted(PrinterError):
    """The job ended without all its pages and will not go on."""

    code = "job-aborted"
    happened = "the job was aborted"
    remedy = "print again what is missing"
