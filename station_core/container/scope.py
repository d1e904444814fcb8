"""Where and when exam materials are valid."""

from __future__ import annotations

from datetime import date

import msgspec


class Scope(msgspec.Struct, frozen=True):
    """Where and when materials are valid."""

    region: str
    point: str
    exam_date: date
    subject: str

    def __str__(self) -> str:
        return f"{self.region}/{self.point} {self.exam_date} {self.subject}"
