"""Journals and accounts in words; names of devices and people stay as the scenario has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hal.journal import Event
from hal.people import Action
from lab.describe import key_of, named, one_line
from lab.text import Texts
from scenarios.accounting import Imbalance
from simulators.events import FaultBegan, FaultEnded, FaultIdle, Worked
from station_core.events import DayEnded
from station_core.point import HEADQUARTERS

_CODES = frozenset({"how", "why", "error", "note", "reason", "about", "aborted", "kind"})
"""Fields that hold a code with a short text of its own."""

_MAY_BE_EMPTY = {Worked: ("device", "note"), DayEnded: ("aborted",)}
"""Fields whose sentences ask whether there is anything in them."""


def place(texts: Texts, name: str) -> str:
    """Name a place: the Штаб, or a room by its number."""
    return texts("place-hq") if name == HEADQUARTERS else texts("place-room", room=name)


def codes(texts: Texts, reasons: Iterable[str]) -> str:
    """List in words what is wrong with a recording."""
    return ", ".join(named(texts, "sound", reason) for reason in reasons) or "—"


def sentence(texts: Texts, event: Event) -> str:
    """Say in one sentence what a journal entry says."""
    values = {name: _value(texts, event, name) for name in event.__struct_fields__}
    if isinstance(event, Worked) and event.action == Action.WORK and event.note:
        values |= {"action": values["note"], "note": "none"}  # the note alone says what the work was
    return texts(key_of("event", type(event).event_name()), **values)


def _value(texts: Texts, event: Event, name: str) -> str | int:
    value = getattr(event, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return _number(name, value)
    if isinstance(value, tuple):
        return codes(texts, value) if name == "reasons" else parameters(dict(value))
    return _text(texts, event, name, str(value))


def _number(name: str, value: int) -> str | int:
    if name == "seed":
        return str(value)
    return "—" if name == "counter_sheets" and value < 0 else value


def _text(texts: Texts, event: Event, name: str, text: str) -> str:
    if not text:
        return "none" if name in _MAY_BE_EMPTY.get(type(event), ()) else "—"
    if name == "kind" and isinstance(event, FaultBegan | FaultEnded | FaultIdle):
        return named(texts, "fault", text)
    if name in _CODES:
        return named(texts, "word", text)
    if name in ("action", "role"):
        return named(texts, name, text)
    if name == "place":
        return place(texts, text)
    return texts("place-hq") if text == HEADQUARTERS else one_line(text)


def parameters(params: Mapping[str, int]) -> str:
    """Write the numbers of a fault.

    >>> parameters({"per_minute": 60, "length_ms": 40})
    'per_minute = 60, length_ms = 40'
    """
    return ", ".join(f"{name} = {value}" for name, value in params.items())


def imbalance(texts: Texts, problem: Imbalance) -> str:
    """Say what does not balance in the accounts."""
    return texts(key_of("imbalance", problem.code), **problem.values)
