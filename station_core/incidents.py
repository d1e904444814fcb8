"""Incidents: everything that goes wrong is opened, and closed as resolved or not. None is hidden."""

from __future__ import annotations

from dataclasses import dataclass, field

from hal.journal import Journal
from hal.runtime import Runtime
from station_core.events import IncidentClosed, IncidentOpened


@dataclass(slots=True)
class Incident:
    """One incident under way."""

    number: int
    kind: str
    device: str
    place: str
    opened: int
    _book: Incidents
    closed: bool = False

    def close(self, how: str, *, resolved: bool = True) -> None:
        """End it; only the first call counts."""
        if self.closed:
            return
        self.closed = True
        self._book.journal.write(
            IncidentClosed(self.number, self.kind, self.device, self.place, resolved, how, self.opened)
        )


@dataclass(slots=True)
class Incidents:
    """The point's book of incidents."""

    runtime: Runtime
    journal: Journal
    book: list[Incident] = field(default_factory=list)

    def open(self, kind: str, device: str, place: str) -> Incident:
        """Begin an incident; ``kind`` is the code of the error that showed it."""
        incident = Incident(len(self.book) + 1, kind, device, place, self.runtime.now(), self)
        self.book.append(incident)
        self.journal.write(IncidentOpened(incident.number, kind, device, place))
        return incident

    def close_all(self, how: str) -> None:
        """Close what is still open as not resolved, at the end of the day."""
        for incident in self.book:
            incident.close(how, resolved=False)
