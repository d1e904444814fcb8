"""Document scanners: the interface, its values and its errors."""

from hal.scanner.errors import DoubleFeed, FeederEmpty, FeederJam, ScannerCoverOpen, ScannerError
from hal.scanner.interface import Scanner
from hal.scanner.values import (
    Mode,
    PageMarks,
    ScannedPage,
    ScannerCapabilities,
    ScannerInfo,
    ScannerState,
    ScannerStatus,
    ScanSettings,
    Source,
)

__all__ = [
    "DoubleFeed",
    "FeederEmpty",
    "FeederJam",
    "Mode",
    "PageMarks",
    "ScanSettings",
    "ScannedPage",
    "Scanner",
    "ScannerCapabilities",
    "ScannerCoverOpen",
    "ScannerError",
    "ScannerInfo",
    "ScannerState",
    "ScannerStatus",
    "Source",
]
