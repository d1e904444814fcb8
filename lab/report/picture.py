"""The parts of the picture of the day: what stands in a lane, before it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasts.

    Args:
        style: What it is; the style sheet knows how it looks.
        label: A short word in the bar, where there is room.
        title: All of it in words, with clock times.
        row: 0, or higher to lie over (stations) or under (devices) row 0.
    """

    begin: int
    end: int
    style: str
    label: str
    title: str
    row: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """Something of a moment."""

    t: int
    sign: str
    title: str


@dataclass(slots=True)
class Lane:
    """One line of the picture.

    Args:
        key: Name in the journal.
        label: What people call it.
        kind: ``station``, ``device``, ``person`` or ``point``: how its rows lie.
        badges: Numbers of incidents.
    """

    key: str
    label: str
    kind: str
    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    badges: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """Lanes that belong together: ``shown`` always, ``folded`` when somebody opens it."""

    key: str
    label: str
    shown: list[Lane]
    folded: list[Lane]
    opened: bool = False
