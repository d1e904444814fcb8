"""Sheets of paper. The printed sheet is the sheet that is filled in and scanned: identity travels with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec


class Sheet(msgspec.Struct, eq=False, gc=False):
    """One sheet with what happened to it.

    A day makes thousands: a struct is made in a third of the time of a dataclass, and the garbage collector
    need not look at it.

    Args:
        identity: What is printed on it, such as ``2990000000017/3``; unique in the exam point.
        torn: It was pulled out of a jam.
        streaked: Dark or white stripes run down the page.
        pale: The toner was running out.
        filled_by: The participant who wrote on it.
    """

    identity: str
    torn: bool = False
    streaked: bool = False
    pale: bool = False
    filled_by: str = ""

    @property
    def defective(self) -> bool:
        """Whether an organiser rejects it on sight [003:49]: stripes, unclear print; or it is torn."""
        return self.torn or self.streaked or self.pale


@dataclass(slots=True)
class Pile:
    """A place where sheets lie: a tray, a desk, an envelope."""

    name: str
    sheets: list[Sheet] = field(default_factory=list)

    def add(self, sheets: Iterable[Sheet]) -> None:
        """Lay sheets on the pile."""
        self.sheets.extend(sheets)

    def take_all(self) -> list[Sheet]:
        """Take everything away."""
        taken, self.sheets = self.sheets, []
        return taken

    def take(self, identities: Iterable[str]) -> list[Sheet]:
        """Take the sheets of these identities that lie here, in the pile's order."""
        wanted = frozenset(identities)
        taken = [sheet for sheet in self.sheets if sheet.identity in wanted]
        if taken:
            self.sheets = [sheet for sheet in self.sheets if sheet.identity not in wanted]
        return taken
