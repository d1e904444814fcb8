"""Words for what the journal says in codes and names."""

from __future__ import annotations

import re
from contextlib import suppress

from hal.journal import Entry
from hal.runtime import MINUTE, SECOND, clock_text
from lab.text import texts
from scenarios.accounting import Imbalance
from station_core.point import HEADQUARTERS

_NAMES = (
    # pattern of a name (scenarios.layout) and the key of its words
    (re.compile(r"st-r(?P<n>\d+)$"), "reserve-station"),
    (re.compile(r"rec-r(?P<n>\d+)$"), "reserve-recorder"),
    (re.compile(r"st-(?P<n>.+)$"), "station"),
    (re.compile(r"rec-(?P<n>.+)$"), "recorder"),
    (re.compile(r"pc-(?P<n>.+)$"), "computer"),
    (re.compile(r"printer-(?P<n>.+)$"), "printer"),
    (re.compile(r"scanner-(?P<n>.+)$"), "scanner"),
    (re.compile(r"headset-(?P<n>.+)$"), "headset"),
    (re.compile(r"port-(?P<n>.+)$"), "port"),
    (re.compile(r"token-(?P<n>.+)$"), "token"),
    (re.compile(r"flash-(?P<n>.+)$"), "flash"),
    (re.compile(r"channel-(?P<n>main)$"), "channel-main"),
    (re.compile(r"channel-(?P<n>reserve)$"), "channel-reserve"),
    (re.compile(r"technician-(?P<n>.+)$"), "technician"),
    (re.compile(r"member-(?P<n>.+)$"), "member"),
    (re.compile(r"organizer-(?P<n>.+)$"), "organizer"),
    (re.compile(r"(?P<n>head)$"), "head"),
    (re.compile(r"(?P<n>portal)$"), "portal"),
    (re.compile(rf"(?P<n>{HEADQUARTERS})$"), "hq"),
)

_FAMILIES = {
    # fields of events that hold codes, and whose words they take
    "why": "why",
    "how": "how",
    "error": "error",
    "about": "about",
    "note": "note",
    "reason": "reason-of",
    "reasons": "sound",
    "aborted": "aborted",
    "action": "action",
    "role": "role",
}
_NOTHING = "none"
"""How the catalogue of events calls an empty value."""


class Words:
    """The texts of the report, and of the other catalogues where they have the word.

    Args:
        language: ``ru`` or ``en``.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = texts(language)

    def __call__(self, key: str, **values: str | int) -> str:
        """Return a text of the report."""
        return self._texts(f"report-{key}", **values)

    def has(self, key: str) -> bool:
        """Whether the report has a text of that key."""
        return self._texts.has(f"report-{key}")

    def code(self, family: str, code: str) -> str:
        """Return the words for a code: of an incident (``kind``), a fault, an action, a reason.

        A code that no catalogue knows is shown as it is: nothing is hidden for want of a word.
        """
        for key in (f"report-{family}-{code}", f"{family}-{code}", f"word-{code}"):
            if self._texts.has(key):
                return self._texts(key)
        return code

    def problem(self, problem: Imbalance) -> str:
        """Return what does not balance in words; the sentence itself where no catalogue knows its code."""
        key = f"imbalance-{problem.code}"
        return self._texts(key, **problem.values) if self._texts.has(key) else str(problem)

    def event(self, entry: Entry) -> str:
        """Return an entry in words."""
        event = type(entry.event)
        name = event.event_name()
        values = {
            field: self._value(name, field, getattr(entry.event, field)) for field in event.__struct_fields__
        }
        key = f"event-{name.replace('_', '-')}"
        if self._texts.has(key):
            with suppress(KeyError):  # it asks for a value that this edition of the event does not have
                return self._texts(key, **{field: values[field] for field in values if field != "key"})
        told = "; ".join(f"{field}: {value}" for field, value in values.items() if value != _NOTHING)
        return f"{name.replace('_', ' ')} — {told}" if told else name.replace("_", " ")

    def _value(self, event: str, field: str, value: object) -> str | int:
        """Return a field of an event as the catalogue of events takes it."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int):
            return value
        if isinstance(value, tuple):
            return ", ".join(str(self._value(event, field, item)) for item in value) or _NOTHING
        return self._word(event, field, str(value)) or _NOTHING

    def _word(self, event: str, field: str, text: str) -> str:
        if field in ("place", "station") and text == HEADQUARTERS:
            return self("hq")
        if field == "kind":
            return self.code("fault" if event.startswith("fault") else "kind", text)
        return self.code(_FAMILIES[field], text) if text and field in _FAMILIES else text

    def name(self, name: str) -> str:
        """Return a device, a station or a person as people say it."""
        for pattern, key in _NAMES:
            match = pattern.match(name)
            if match:
                return self(f"name-{key}", n=match["n"])
        return name

    def place(self, place: str) -> str:
        """Return a place as people say it."""
        if place == HEADQUARTERS:
            return self("hq")
        return self("room", room=place) if place.isdigit() else place

    def short_place(self, place: str) -> str:
        """Return a place as briefly as can be."""
        return self("hq") if place == HEADQUARTERS else place

    def clock(self, t: int) -> str:
        """Return a time with seconds; times of the eve say so."""
        text = clock_text(t)
        return self("eve-time", time=text.removeprefix("-")) if t < 0 else text

    def minute_of_day(self, t: int) -> str:
        """Return a time without seconds; times of the eve say so."""
        return self("eve-time", time=self.minute(t)) if t < 0 else self.minute(t)

    def minute(self, t: int) -> str:
        """Return a time of the day without seconds."""
        return clock_text(t).removeprefix("-")[:5]

    def period(self, begin: int, end: int) -> str:
        """Return two clock times and how long it is between them."""
        return self("period", begin=self.clock(begin), end=self.clock(end), span=self.span(end - begin))

    def span(self, time: int) -> str:
        """Return a length of time.

        >>> Words("en").span(174 * SECOND)
        '2 min 54 s'
        """
        seconds = (abs(time) + SECOND // 2) // SECOND
        hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
        if hours:
            return self("span-hours", hours=hours, minutes=minutes)
        if minutes:
            return self("span-minutes", minutes=minutes, seconds=rest) if rest else self.minutes(minutes)
        return self("span-seconds", seconds=rest)

    def minutes(self, minutes: int) -> str:
        """Return whole minutes."""
        return self("span-whole-minutes", minutes=minutes)

    def rounded(self, time: int) -> str:
        """Return a length of time to the minute."""
        minutes = (abs(time) + MINUTE // 2) // MINUTE
        if minutes >= 60:
            return self("span-hours", hours=minutes // 60, minutes=minutes % 60)
        return self.minutes(minutes)
