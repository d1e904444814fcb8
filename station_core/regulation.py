"""The regulation as data, and the one checker that reads a journal against an edition of it.

Kinds of rules, each over one ``event`` that may be narrowed by ``where``:

* ``window``: not before, not after a time of the day; with ``must`` it has to happen at all;
* ``first``: like a window, but only for the first such event (``per`` value of a field, ``since`` a time);
* ``requires``: an event of ``needs`` with matching fields came earlier;
* ``requires-each``: for each value of a field of earlier ``each`` events, one of ``needs`` came earlier;
* ``unique``: no two with the same ``fields``;
* ``never``: it does not happen; ``not-after``: not once ``other`` with matching fields has happened;
* ``at-least``, ``between``: bounds of a number in the event;
* ``fallback``: unless one event happens by a time, another must happen until a time;
* ``followed``: later in the day another event follows;
* ``settled``: everything that was opened before it is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from hal.journal import Entry, Event
from hal.runtime import parse_clock
from station_core.oral_timing import OralTiming

Scalar = str | int | bool
Where = Mapping[str, Scalar | tuple[Scalar, ...]]
Clock = Annotated[int, BeforeValidator(lambda text: parse_clock(str(text)))]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was not kept.

    Args:
        rule: Its id.
        source: Where it stands.
        title: The rule in words (Russian, as the regulation is).
        t: When, in microseconds since midnight of the exam day.
        subject: Whom it concerns: the event's fields that tell it apart.
    """

    rule: str
    source: str
    title: str
    t: int
    subject: str


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    source: Annotated[str, Field(pattern=r"^[0-9]{3}:[0-9]+(-[0-9]+)?$")]
    title: str

    def breaches(self, day: Day) -> Iterator[Entry]:
        """Yield the entries that break the rule."""
        raise NotImplementedError


class _Events(_Rule):
    """A rule over the events of one name."""

    event: str
    where: Where = {}

    def chosen(self, day: Day) -> Iterator[Entry]:
        return (entry for entry in day.of(self.event) if _fits(entry.event, self.where))


class _Window(_Events):
    kind: Literal["window"]
    not_before: Clock | None = None
    not_after: Clock | None = None
    must: bool = False

    def breaches(self, day: Day) -> Iterator[Entry]:
        found = list(self.chosen(day))
        if self.must and not found and day.entries:
            yield day.entries[-1]
        yield from (entry for entry in found if _outside(entry.t, self.not_before, self.not_after))


class _First(_Events):
    kind: Literal["first"]
    per: str | None = None
    since: Clock | None = None
    not_before: Clock | None = None
    not_after: Clock | None = None

    def breaches(self, day: Day) -> Iterator[Entry]:
        seen: dict[object, bool] = {}
        for entry in self.chosen(day):
            if self.since is not None and entry.t < self.since:
                continue
            key = getattr(entry.event, self.per) if self.per else None
            if key not in seen:
                seen[key] = True
                if _outside(entry.t, self.not_before, self.not_after):
                    yield entry


class _Requires(_Events):
    kind: Literal["requires"]
    match: Mapping[str, str] = {}
    needs: tuple[str, ...]
    needs_where: Where = {}

    def breaches(self, day: Day) -> Iterator[Entry]:
        earliest: dict[tuple[object, ...], int] = {}
        for name in self.needs:
            for entry in day.of(name):
                if _fits(entry.event, self.needs_where):
                    key = _key(entry.event, self.match.values())
                    earliest[key] = min(entry.n, earliest.get(key, entry.n))
        for entry in self.chosen(day):
            met = earliest.get(_key(entry.event, self.match))
            if met is None or met > entry.n:
                yield entry


class _RequiresEach(_Events):
    kind: Literal["requires-each"]
    each: str
    each_field: str
    needs: tuple[str, ...]

    def breaches(self, day: Day) -> Iterator[Entry]:
        for entry in self.chosen(day):
            had = {
                getattr(other.event, self.each_field): True
                for name in self.needs
                for other in day.of(name)
                if other.n < entry.n
            }
            asked = (
                getattr(other.event, self.each_field) for other in day.of(self.each) if other.n < entry.n
            )
            if any(value not in had for value in asked):
                yield entry


class _Unique(_Events):
    kind: Literal["unique"]
    fields: tuple[str, ...]

    def breaches(self, day: Day) -> Iterator[Entry]:
        seen: dict[tuple[object, ...], bool] = {}
        for entry in self.chosen(day):
            key = _key(entry.event, self.fields)
            if key in seen:
                yield entry
            seen[key] = True


class _Never(_Events):
    kind: Literal["never"]

    def breaches(self, day: Day) -> Iterator[Entry]:
        return self.chosen(day)


class _NotAfter(_Events):
    kind: Literal["not-after"]
    match: Mapping[str, str]
    other: str

    def breaches(self, day: Day) -> Iterator[Entry]:
        first: dict[tuple[object, ...], int] = {}
        for entry in day.of(self.other):
            first.setdefault(_key(entry.event, self.match.values()), entry.n)
        for entry in self.chosen(day):
            if first.get(_key(entry.event, self.match), entry.n) < entry.n:
                yield entry


class _Bounds(_Events):
    kind: Literal["at-least", "between"]
    field: str
    least: int
    most: int | None = None

    def breaches(self, day: Day) -> Iterator[Entry]:
        for entry in self.chosen(day):
            number = getattr(entry.event, self.field)
            if number < self.least or (self.most is not None and number > self.most):
                yield entry


class _Fallback(_Rule):
    kind: Literal["fallback"]
    unless: str
    by: Clock
    then: str
    then_where: Where = {}
    until: Clock

    def breaches(self, day: Day) -> Iterator[Entry]:
        if any(entry.t <= self.by for entry in day.of(self.unless)) or not day.entries:
            return
        last = day.entries[-1]
        came = (entry.t for entry in day.of(self.then) if _fits(entry.event, self.then_where))
        # while the download itself was under way at that minute, nothing had to be asked for
        downloaded = any(entry.t <= self.until for entry in day.of(self.unless))
        if last.t > self.until and not downloaded and not any(t <= self.until for t in came):
            yield last


class _Followed(_Events):
    kind: Literal["followed"]
    then: str
    then_where: Where = {}

    def breaches(self, day: Day) -> Iterator[Entry]:
        last = max((e.n for e in day.of(self.then) if _fits(e.event, self.then_where)), default=-1)
        return (entry for entry in self.chosen(day) if entry.n > last)


class _Settled(_Events):
    kind: Literal["settled"]
    match: Mapping[str, str] = {}
    opens: str
    closes: tuple[str, ...]

    def breaches(self, day: Day) -> Iterator[Entry]:
        changes = [(entry, 1) for entry in day.of(self.opens)]
        changes += [(entry, -1) for name in self.closes for entry in day.of(name)]
        for entry in self.chosen(day):
            key = _key(entry.event, self.match)
            open_now = sum(
                step
                for other, step in changes
                if other.n < entry.n and _key(other.event, self.match.values()) == key
            )
            if open_now:
                yield entry


Rule = Annotated[
    _Window
    | _First
    | _Requires
    | _RequiresEach
    | _Unique
    | _Never
    | _NotAfter
    | _Bounds
    | _Fallback
    | _Followed
    | _Settled,
    Field(discriminator="kind"),
]


class Edition(BaseModel):
    """One edition of the regulation (``station_core/data/regulation/*.yaml``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    edition: str
    title: str
    oral: tuple[OralTiming, ...]
    rules: tuple[Rule, ...]

    def check(self, entries: Sequence[Entry]) -> tuple[Violation, ...]:
        """Return everything in a journal that breaks a rule, in the order of the rules."""
        day = Day(entries)
        return tuple(
            Violation(rule.id, rule.source, rule.title, entry.t, _subject(entry.event))
            for rule in self.rules
            for entry in rule.breaches(day)
        )


class Day:
    """A journal, sorted by event names once."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self._by_name: dict[str, list[Entry]] = {}
        for entry in entries:
            self._by_name.setdefault(type(entry.event).event_name(), []).append(entry)

    def of(self, name: str) -> Sequence[Entry]:
        """Return the entries of one event, in order."""
        return self._by_name.get(name, ())


def _outside(t: int, low: int | None, high: int | None) -> bool:
    return (low is not None and t < low) or (high is not None and t > high)


def _fits(event: Event, where: Where) -> bool:
    for name, wanted in where.items():
        value = getattr(event, name)
        if not (value in wanted if isinstance(wanted, tuple) else value == wanted):
            return False
    return True


def _key(event: Event, names: Iterable[str]) -> tuple[object, ...]:
    return tuple(getattr(event, name) for name in names)


_TELLING = ("status", "room", "station", "computer", "kit", "participant", "package", "key", "recording")


def _subject(event: Event) -> str:
    told = (getattr(event, name, "") for name in _TELLING)
    return " ".join(str(value) for value in told if value != "")


@cache
def editions() -> tuple[str, ...]:
    """List the editions that the product knows, sorted."""
    folder = files("station_core").joinpath("data/regulation")
    return tuple(sorted(item.name.removesuffix(".yaml") for item in folder.iterdir()))


@cache
def edition(name: str) -> Edition:
    """Return an edition.

    Raises:
        KeyError: There is none of that name.
    """
    if name not in editions():
        raise KeyError(name)
    text = files("station_core").joinpath(f"data/regulation/{name}.yaml").read_text(encoding="utf-8")
    return Edition.model_validate(yaml.safe_load(text))
