"""Values of the printer family. Frozen; units in the names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import msgspec

JobId = int


@dataclass(frozen=True, slots=True)
class PrinterInfo:
    """Who the printer is."""

    name: str
    make: str = ""
    model: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class PrinterCapabilities:
    """What the printer can do; ``None`` = it does not say."""

    pages_per_minute: int | None = None
    duplex: bool = False
    color: bool = False
    reports_supplies: bool = True
    reports_page_counter: bool = True
    reports_pages_of_job: bool = True
    media_types: tuple[str, ...] = ("application/pdf",)


class PrinterState(StrEnum):
    """RFC 8011 §5.4.11 plus ``offline``."""

    IDLE = "idle"
    PROCESSING = "processing"
    STOPPED = "stopped"
    OFFLINE = "offline"


class Reason(StrEnum):
    """Why a printer is stopped or warns: the keywords of RFC 8011 §5.4.12 that matter here."""

    JAM = "media-jam"
    MISFEED = "media-needed"
    EMPTY = "media-empty"
    LOW = "media-low"
    TONER_LOW = "toner-low"
    TONER_EMPTY = "toner-empty"
    COVER_OPEN = "cover-open"
    WARMING_UP = "warming-up"


@dataclass(frozen=True, slots=True)
class Tray:
    """A paper tray. ``sheets`` is ``None`` when the printer cannot count them."""

    name: str
    capacity_sheets: int | None
    sheets: int | None


@dataclass(frozen=True, slots=True)
class Supply:
    """A consumable with what is left of it, in percent; ``None`` = the printer does not say."""

    name: str
    percent: int | None


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """One look at the printer."""

    state: PrinterState
    reasons: tuple[Reason, ...] = ()
    trays: tuple[Tray, ...] = ()
    supplies: tuple[Supply, ...] = ()
    page_counter: int | None = None


class JobState(StrEnum):
    """RFC 8011 §5.3.7, the states that a station tells apart."""

    PENDING = "pending"
    PROCESSING = "processing"
    STOPPED = "stopped"
    COMPLETED = "completed"
    CANCELED = "canceled"
    ABORTED = "aborted"

    @property
    def ended(self) -> bool:
        """Whether the job will change no more."""
        return self in _ENDED


_ENDED = (JobState.COMPLETED, JobState.CANCELED, JobState.ABORTED)


class JobStatus(msgspec.Struct, frozen=True):
    """One look at a job. ``pages`` counts sheets that left the printer whole; ``None`` = not known."""

    state: JobState
    pages: int | None = None
    reasons: tuple[Reason, ...] = ()


class Document(msgspec.Struct, frozen=True):
    """What to print: one sheet per page, each with an identity that stays with the paper.

    Args:
        title: Shown by queues and displays.
        sheets: Identity of each page in order, unique in the exam point, such as ``2990000000017/3``.
        render: Makes the pages as PDF when a driver needs them; ``None`` where paper is only modelled.
    """

    title: str
    sheets: tuple[str, ...]
    render: Callable[[], bytes] | None = None
