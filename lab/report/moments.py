"""Key moments of the day against the times that the regulation sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hal.journal import Entry, Event
from hal.runtime import MINUTE
from lab.report.record import MORNING
from lab.report.words import Words
from station_core.events import (
    DayEnded,
    ExamBegan,
    ExamEnded,
    FormsScanned,
    PackageConfirmed,
    ParticipantsAdmitted,
    PrintingEnded,
)
from station_core.regulation import Scalar, edition

BESIDES: tuple[tuple[type[Event], str, bool], ...] = (
    # event, key of its text, whether the last one counts (else the first)
    (ParticipantsAdmitted, "admitted", True),
    (PrintingEnded, "printed", True),
    (ExamBegan, "first-exam", False),
    (ExamBegan, "last-exam", True),
    (ExamEnded, "exams-over", True),
    (FormsScanned, "scanned", True),
    (PackageConfirmed, "confirmed", True),
    (DayEnded, "day-over", True),
)
"""Moments that have no time of their own in the regulation."""


@dataclass(frozen=True, slots=True)
class TimeRule:
    """A rule of the edition that sets a time, with when it was met.

    Args:
        low: Not before.
        high: Not after.
        worst: The occurrence that is closest to breaking the rule, or furthest beyond.
    """

    id: str
    event: str
    title: str
    source: str
    low: int | None
    high: int | None
    worst: int

    @property
    def margin(self) -> int:
        """How much time there was to spare; negative when the rule was broken."""
        spare = [self.worst - self.low] if self.low is not None else []
        if self.high is not None:
            spare.append(self.high - self.worst)
        return min(spare)

    @property
    def times(self) -> tuple[int, ...]:
        """The regulated times."""
        return tuple(time for time in (self.low, self.high) if time is not None)


@dataclass(frozen=True, slots=True)
class Moment:
    """A row of the table."""

    t: int
    what: str
    regulated: str
    actual: str
    margin: str
    kept: bool | None
    source: str


@dataclass(frozen=True, slots=True)
class Guide:
    """A regulated time as a line in the picture."""

    t: int
    label: str
    title: str


def time_rules(name: str, entries: Sequence[Entry]) -> list[TimeRule]:
    """Return the rules of an edition that set a time and were met in this journal, by time."""
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        by_name.setdefault(type(entry.event).event_name(), []).append(entry)
    found = []
    for rule in edition(name).rules:
        if rule.kind not in ("window", "first"):
            continue
        low, high = rule.not_before, rule.not_after
        chosen = [entry for entry in by_name.get(rule.event, ()) if _fits(entry.event, rule.where)]
        if rule.kind == "first":
            chosen = _first(chosen, rule.per, rule.since)
        if not chosen or (low is None and high is None):
            continue
        times = [entry.t for entry in chosen]
        worst = min(times, key=_margin(low, high))
        found.append(TimeRule(rule.id, rule.event, rule.title, rule.source, low, high, worst))
    return sorted(found, key=lambda rule: (rule.times[0], rule.id))


def guides(rules: Sequence[TimeRule], words: Words) -> list[Guide]:
    """Return the regulated times of the day itself, each once."""
    by_time: dict[int, list[TimeRule]] = {}
    for rule in rules:
        for time in rule.times:
            if time >= MORNING:
                by_time.setdefault(time, []).append(rule)
    found = []
    for time, same in sorted(by_time.items()):
        short = {words(f"guide-{rule.id}"): True for rule in same if words.has(f"guide-{rule.id}")}
        titles = "; ".join(f"{rule_title(words, rule.id, rule.title)} [{rule.source}]" for rule in same)
        minute = words.minute(time)
        lows, highs = (any(time == getattr(rule, side) for rule in same) for side in ("low", "high"))
        side = "at" if lows and highs else "from" if lows else "until"
        label = words(f"guide-time-{side}", time=minute, what=", ".join(short))
        found.append(Guide(time, label.strip(), f"{minute} — {titles}"))
    return found


def moments(rules: Sequence[TimeRule], entries: Sequence[Entry], words: Words) -> list[Moment]:
    """Return the table, in the order of the day."""
    rows = [_regulated(rule, words) for rule in rules]
    for event_type, key, last in BESIDES:
        times = [entry.t for entry in entries if isinstance(entry.event, event_type)]
        t = (times[-1] if last else times[0]) if times else None
        told = any(rule.event == event_type.event_name() and rule.worst == t for rule in rules)
        if t is not None and not told:
            rows.append(Moment(t, words(f"moment-{key}"), "", words.clock(t), "", None, ""))
    return sorted(rows, key=lambda row: row.t)


def rule_title(words: Words, rule: str, title: str) -> str:
    """Return a rule in the language of the report, or as the regulation has it."""
    return words(f"rule-{rule}") if words.has(f"rule-{rule}") else title


def _regulated(rule: TimeRule, words: Words) -> Moment:
    limits = []
    if rule.low is not None:
        limits.append(words("from", time=_short(rule.low, words)))
    if rule.high is not None:
        limits.append(words("until", time=_short(rule.high, words)))
    kept = rule.margin >= 0
    margin = words("margin-kept" if kept else "margin-broken", span=words.span(rule.margin))
    return Moment(
        rule.worst,
        rule_title(words, rule.id, rule.title),
        " ".join(limits),
        words.clock(rule.worst),
        margin if rule.margin else words("margin-exact"),
        kept,
        rule.source,
    )


def _short(t: int, words: Words) -> str:
    return words.clock(t) if t % MINUTE else words.minute_of_day(t)


def _margin(low: int | None, high: int | None) -> Callable[[int], int]:
    def margin(t: int) -> int:
        spare = [t - low] if low is not None else []
        if high is not None:
            spare.append(high - t)
        return min(spare)

    return margin


def _first(chosen: list[Entry], per: str | None, since: int | None) -> list[Entry]:
    """Return the first entry of each value of a field, as the rule ``first`` counts them."""
    seen: dict[object, Entry] = {}
    for entry in chosen:
        if since is None or entry.t >= since:
            seen.setdefault(getattr(entry.event, per) if per else None, entry)
    return list(seen.values())


def _fits(event: Event, where: Mapping[str, Scalar | tuple[Scalar, ...]]) -> bool:
    for name, wanted in where.items():
        value = getattr(event, name)
        if value != wanted and not (isinstance(wanted, tuple) and value in wanted):
            return False
    return True
