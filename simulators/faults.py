"""Faults are typed data: target, kind, trigger, ending. An overlay on an undamaged device, so it can lift.

Kinds are named as the trade names them; each device class lists its own in ``FAULTS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class At:
    """Begins at a time (microseconds since midnight of the exam day)."""

    time: int


@dataclass(frozen=True, slots=True)
class After:
    """Begins at the ``count``-th occurrence of something the device does (``page``, ``login`` …)."""

    occurrence: str
    count: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Begins at any occurrence with this probability; begins again after it has ended."""

    occurrence: str
    per_million: int


Trigger = At | After | Rate


@dataclass(frozen=True, slots=True)
class Lasts:
    """Ends by itself after this many microseconds; sooner if a person can and does repair it."""

    duration: int
    repairable: bool = True


@dataclass(frozen=True, slots=True)
class UntilRepaired:
    """Ends when a person repairs the device."""


@dataclass(frozen=True, slots=True)
class Never:
    """Nothing helps but another device."""


Ending = Lasts | UntilRepaired | Never


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a scenario.

    Args:
        target: Name of the device.
        kind: A key of the device's ``FAULTS``.
        trigger: When it begins.
        ending: What ends it.
        params: Numbers that the kind takes, by the names in its ``FaultKind``.
    """

    target: str
    kind: str
    trigger: Trigger
    ending: Ending = UntilRepaired()
    params: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FaultKind:
    """What a device class says of a kind of fault.

    Args:
        meaning: One English sentence, shown by ``ppelab scenarios schema``.
        params: Names with default values; the unit is part of the name.
        occurrence: What the device does when this fault naturally strikes, for random plans.
        drawn: Random plans have it: the accounts of a day must balance in spite of it.
    """

    meaning: str
    params: Mapping[str, int] = field(default_factory=dict)
    occurrence: str = ""
    drawn: bool = True


PARAM_BOUNDS: Mapping[str, tuple[int, int]] = {
    "percent": (0, 1_000_000),
    "per_million": (0, 1_000_000),
    "per_minute": (0, 6_000),
    "mrad": (-1_571, 1_571),
    "db": (0, 120),
    "dbfs": (-120, 0),
    "ms": (1, 60_000),
    "bytes": (0, 1_000_000_000_000_000),
    "": (0, 1_000),
}
"""Least and most of a fault's numbers, by the unit that ends their names; "" for plain counts."""


def bounds_of(param: str) -> tuple[int, int]:
    """Return least and most of a number of a fault.

    >>> bounds_of("level_dbfs"), bounds_of("damaged")
    ((-120, 0), (0, 1000))
    """
    named = (bounds for unit, bounds in PARAM_BOUNDS.items() if unit and f"_{param}".endswith(f"_{unit}"))
    return next(named, PARAM_BOUNDS[""])
