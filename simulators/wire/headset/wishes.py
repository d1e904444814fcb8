"""How a person writes a fault: ``hum``, ``hum:level_dbfs=-30``, ``dropouts:per_minute=20,length_ms=80``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.faults import bounds_of
from simulators.headset import SimHeadset
from simulators.wire.control import ControlError

KINDS = SimHeadset.FAULTS


@dataclass(frozen=True, slots=True)
class FaultWish:
    """A fault of a headset with all its numbers."""

    kind: str
    params: Mapping[str, int]


def known_kind(kind: str) -> str:
    """Return the kind.

    Raises:
        ControlError: There is none of that name.
    """
    if kind not in KINDS:
        raise ControlError("control-unknown-fault", kind=kind, known=", ".join(KINDS))
    return kind


def fault_wish(text: str) -> FaultWish:
    """Read ``KIND[:PARAM=NUMBER[,PARAM=NUMBER…]]``.

    Raises:
        ControlError: There is no such kind or parameter, or its value is none.
    """
    kind, _, rest = text.partition(":")
    params = dict(KINDS[known_kind(kind)].params)
    for part in rest.split(",") if rest else []:
        name, _, value = part.partition("=")
        if name not in params:
            raise ControlError("control-unknown-param", kind=kind, param=name, known=", ".join(params) or "-")
        least, most = bounds_of(name)
        params[name] = whole(name, value, least, most)
    return FaultWish(kind, params)


def whole(name: str, text: str, least: int, most: int) -> int:
    """Read a whole number.

    Raises:
        ControlError: It is none, or out of bounds.
    """
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise ControlError("control-bad-number", name=name, low=str(least), high=str(most))
    return value
