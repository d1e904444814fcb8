"""What a journal says of the flash drives with recordings: one set of papers for each [001:162-163]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hal.journal import Entry
from station_core.events import (
    AnswerBegan,
    AnswerFileExported,
    AnswerRecorded,
    AudioExported,
    DayBegan,
    DeviceReplaced,
)


@dataclass(frozen=True, slots=True)
class AudioPackage:
    """The recordings of one station on a drive.

    Args:
        exported: When, in microseconds since midnight of the exam day.
        files: In the order of the package.
    """

    name: str
    room: str
    seat: str
    station: str
    exported: int
    files: tuple[AnswerFileExported, ...]

    @property
    def works(self) -> tuple[str, ...]:
        """The recordings of which it holds files, each once."""
        return tuple(dict.fromkeys(file.recording for file in self.files))

    @property
    def size_bytes(self) -> int:
        """What its files weigh."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class Medium:
    """A flash drive with recordings.

    Args:
        complete: Works whose recording went to its end, wherever.
    """

    flash: str
    day: DayBegan
    packages: tuple[AudioPackage, ...]
    complete: frozenset[str]

    @property
    def works(self) -> tuple[str, ...]:
        """All works of which it holds files, each once: beginnings may lie in another package."""
        return tuple(dict.fromkeys(work for package in self.packages for work in package.works))

    @property
    def files(self) -> tuple[AnswerFileExported, ...]:
        """All files."""
        return tuple(file for package in self.packages for file in package.files)

    @property
    def size_bytes(self) -> int:
        """What its files weigh."""
        return sum(package.size_bytes for package in self.packages)


@dataclass(slots=True)
class _Reader:
    day: DayBegan | None = None
    rooms: dict[str, str] = field(default_factory=dict)
    """Room of each station that recorded."""
    files: dict[tuple[str, str], list[AnswerFileExported]] = field(default_factory=dict)
    """By drive and package."""
    exported: dict[str, dict[str, tuple[int, AudioExported]]] = field(default_factory=dict)
    """By drive, then by package."""
    complete: dict[str, bool] = field(default_factory=dict)

    def read(self, entry: Entry) -> None:
        match entry.event:
            case DayBegan() as event:
                self.day = event
            case AnswerBegan() as event:
                self.rooms[event.station] = event.room
            case AnswerRecorded() as event:
                self.complete[event.recording] = True
            case AnswerFileExported() as event:
                self.files.setdefault((event.flash, event.package), []).append(event)
            case AudioExported() as event if event.flash:
                self.exported.setdefault(event.flash, {})[event.package] = (entry.t, event)
            case DeviceReplaced() as event:
                self.exported.pop(event.old, None)  # a drive that failed is no medium any more


def media(entries: Sequence[Entry]) -> list[Medium]:
    """Return the drives with recordings that did not fail, in the order of their first package.

    Raises:
        LookupError: The journal does not say which day it was.
    """
    reader = _Reader()
    for entry in entries:
        reader.read(entry)
    if reader.day is None:
        raise LookupError("the journal has no day_began")
    day, complete = reader.day, frozenset(reader.complete)
    return [
        Medium(flash, day, tuple(_package(reader, flash, *told) for told in packages.values()), complete)
        for flash, packages in reader.exported.items()
    ]


def _package(reader: _Reader, flash: str, exported: int, event: AudioExported) -> AudioPackage:
    return AudioPackage(
        event.package,
        reader.rooms.get(event.station, ""),
        event.seat,
        event.station,
        exported,
        tuple(reader.files.get((flash, event.package), ())),
    )
