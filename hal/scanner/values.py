"""Values of the scanner family."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec


@dataclass(frozen=True, slots=True)
class ScannerInfo:
    """Who the scanner is."""

    name: str
    make: str = ""
    model: str = ""
    serial: str = ""


class Source(StrEnum):
    """Where the sheet lies."""

    FEEDER = "feeder"  # ADF
    FLATBED = "flatbed"


class Mode(StrEnum):
    """Colour mode."""

    GRAY = "gray"
    COLOR = "color"
    LINEART = "lineart"


@dataclass(frozen=True, slots=True)
class ScannerCapabilities:
    """What the scanner can do; ``None`` = it does not say."""

    sources: tuple[Source, ...]
    modes: tuple[Mode, ...] = (Mode.GRAY,)
    resolutions_dpi: tuple[int, ...] = (300,)
    duplex: bool = False
    detects_double_feed: bool = False
    senses_paper: bool = True  # eSCL and SANE devices may not (AirSane #136)
    feeder_sheets: int | None = None


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """How to scan. One-sided grey at 300 dpi unless told otherwise."""

    source: Source = Source.FEEDER
    mode: Mode = Mode.GRAY
    resolution_dpi: int = 300
    duplex: bool = False


class ScannerState(StrEnum):
    """One word for the scanner."""

    IDLE = "idle"
    SCANNING = "scanning"
    STOPPED = "stopped"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class ScannerStatus:
    """One look at the scanner; ``loaded`` is ``None`` where it cannot sense paper."""

    state: ScannerState
    loaded: bool | None = None
    cover_open: bool = False


class PageMarks(msgspec.Struct, frozen=True, gc=False):
    """What a recogniser would read off the page. Present only where paper is modelled, not rendered.

    Args:
        sheets: Identities under the glass: one, or two after an unnoticed double feed.
        legible: The reference points and codes can be read (streaks and skew may spoil them).
        skew_mrad: Rotation in thousandths of a radian.
        streaked: A line of dirt runs down the page.
    """

    sheets: tuple[str, ...]
    legible: bool = True
    skew_mrad: int = 0
    streaked: bool = False


class ScannedPage(msgspec.Struct, frozen=True, gc=False):
    """One side of one sheet.

    Args:
        number: Counts from 1 within the scan.
        image: The encoded image (PNG, JPEG or TIFF by ``media_type``); empty where paper is modelled.
    """

    number: int
    resolution_dpi: int
    media_type: str = "image/png"
    image: bytes = b""
    marks: PageMarks | None = None
