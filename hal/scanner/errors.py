"""What a scanner can report."""

from __future__ import annotations

from hal.errors import DeviceError


class ScannerError(DeviceError):
    """Root of the scanner family."""

    code = "scanner-error"
    happened = "the scanner failed"


class FeederJam(ScannerError):
    """A sheet is stuck in the feeder [002:8059-8067]: take it out; undamaged, go on from it."""

    code = "feeder-jam"
    happened = "a sheet is stuck in the feeder"
    remedy = "open the cover, take the sheet out; undamaged: lay it back and go on from it"


class FeederEmpty(ScannerError):
    """There is nothing to scan."""

    code = "feeder-empty"
    happened = "the feeder is empty"
    remedy = "lay the sheets in, face as marked"


class DoubleFeed(ScannerError):
    """Two sheets went through at once (where the scanner has a sensor for it)."""

    code = "double-feed"
    happened = "two sheets were fed at once"
    remedy = "fan the last sheets, lay them back and go on from them"


class ScannerCoverOpen(ScannerError):
    """The cover is open."""

    code = "scanner-cover-open"
    happened = "the scanner's cover is open"
    remedy = "close the cover"
