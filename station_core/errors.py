"""What a station itself can refuse: what happened and where.

What to do next is the procedure's business: it closes the incident by the regulation, or tells the hot line
(``station_core.day``); ``why`` is a key of the catalogues of ``lab``.
"""

from __future__ import annotations

from typing import ClassVar


class StationError(Exception):
    """Root of the stations' own refusals.

    Args:
        where: Station or file that refused.
        why: A short key, also a key of the message catalogue.
        detail: Numbers and names that help.
    """

    happened: ClassVar[str] = "the station cannot do this"

    def __init__(self, where: str, why: str, detail: str = "") -> None:
        super().__init__(where, why, detail)
        self.where = where
        self.why = why
        self.detail = detail

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.where}: {self.happened}: {self.why}{detail}"


class MaterialsRefused(StationError):
    """A package or key does not fit: another point, date, subject, computer; damaged; wrong content key."""

    happened = "the exam materials are refused"


class StepRefused(StationError):
    """The step is not allowed in the station's present state."""

    happened = "this step is not possible now"


class KitsUsedUp(StationError):
    """No kit is left to print on this station: a reserve key is needed (E3)."""

    happened = "no kit is left to print"


class PortalRefused(StationError):
    """The portal refuses a request; ``why`` says by which rule."""

    happened = "the portal refuses"
