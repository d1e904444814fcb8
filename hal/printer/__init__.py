"""Laser printers: the interface, its values and its errors."""

from hal.printer.errors import (
    CoverOpen,
    JobAborted,
    Misfeed,
    OutOfPaper,
    PaperJam,
    PrinterAttention,
    PrinterError,
    PrinterOffline,
    TonerEmpty,
)
from hal.printer.interface import Printer
from hal.printer.values import (
    Document,
    JobId,
    JobState,
    JobStatus,
    PrinterCapabilities,
    PrinterInfo,
    PrinterState,
    PrinterStatus,
    Reason,
    Supply,
    Tray,
)

__all__ = [
    "CoverOpen",
    "Document",
    "JobAborted",
    "JobId",
    "JobState",
    "JobStatus",
    "Misfeed",
    "OutOfPaper",
    "PaperJam",
    "Printer",
    "PrinterAttention",
    "PrinterCapabilities",
    "PrinterError",
    "PrinterInfo",
    "PrinterOffline",
    "PrinterState",
    "PrinterStatus",
    "Reason",
    "Supply",
    "TonerEmpty",
    "Tray",
]
