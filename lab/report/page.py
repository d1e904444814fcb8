"""Putting the page together, and writing it so that nobody ever sees half of it."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from hal.journal import Entry
from hal.runtime import MINUTE
from lab.report import tables
from lab.report.drawing import Drawing
from lab.report.lanes import CATEGORIES, Lanes
from lab.report.moments import guides, moments, time_rules
from lab.report.record import MORNING, DayRecord, read
from lab.report.scale import ZOOMS, Scale
from lab.report.words import Words
from lab.summary import faults_not_struck
from scenarios.model import Scenario
from scenarios.runner import Outcome
from simulators.events import Worked
from station_core.events import AnswerRecorded, ExamBegan, ParticipantsAdmitted

_TEMPLATES = ("page.html.j2", "picture.html.j2", "tables.html.j2")
_AROUND = 3 * MINUTE
"""How much of the axis a moment keeps around itself from being folded."""

_LEGEND_PHASES = (
    "ready",
    "key",
    "open",
    "printing",
    "handing",
    "exam",
    "collecting",
    "scanning",
    "export",
    "closing",
    "down",
    "out",
)
_LEGEND_SIGNS = ("key", "kit", "reject", "good", "bad", "swap", "finish", "up", "flag", "call")


@dataclass(frozen=True, slots=True)
class Tile:
    """A number of the day at a glance; ``good`` is ``None`` where there is nothing to judge."""

    label: str
    value: str
    good: bool | None
    link: str


def render_report(outcome: Outcome, scenario: Scenario, language: str = "ru") -> str:
    """Return the report as one HTML document that needs nothing else, no network and no scripts."""
    words = Words(language)
    entries = outcome.entries
    record = read(entries)
    rules = time_rules(scenario.edition, entries)
    lines = guides(rules, words)
    last_line = max((guide.t for guide in lines), default=MORNING)
    moments_busy = [(guide.t - _AROUND, guide.t + _AROUND) for guide in lines]
    end = max(record.end, last_line) + 2 * _AROUND
    times = [entry.t for entry in entries if entry.t >= MORNING]
    scale = Scale([*_busy(entries), *moments_busy], times, MORNING, end)
    drawing = Drawing(scale, record.troubles, words)
    groups = [drawing.group(group) for group in Lanes(record, entries, words).groups()]
    script, style = _asset("report.js"), _asset("report.css")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            words=words,
            language=language,
            scenario=scenario,
            outcome=outcome,
            record=record,
            began=record.began,
            axis=drawing.axis(lines),
            focus=f"{scale.x(_focus(record, entries)):.3f}",
            guides=lines,
            groups=groups,
            zooms=ZOOMS,
            legend_phases=_legend_phases(record),
            legend_signs=_LEGEND_SIGNS,
            categories=CATEGORIES,
            tiles=_tiles(outcome, record, words),
            eve=[trouble.number for trouble in record.troubles if trouble.opened < MORNING],
            moments=moments(rules, entries, words),
            incidents=tables.incidents(record, words),
            faults=tables.faults(record, faults_not_struck(outcome, scenario), words),
            findings=tables.findings(outcome, scenario, words),
            violations=tables.violations(outcome.violations, words),
            paper=tables.paper(outcome.accounts, entries, words),
            audio=tables.audio(outcome.accounts, words),
            journal=tables.journal(entries, words),
            style=Markup(style),  # noqa: S704 - our own files, not input
            script=Markup(script),  # noqa: S704
            script_hash=_hash(script),
            style_hash=_hash(style),
        )
    )


def write_report(outcome: Outcome, scenario: Scenario, path: Path, language: str = "ru") -> None:
    """Write the report; an older file of that name is replaced in one step.

    Raises:
        OSError: The folder or the file cannot be written; the older file is untouched.
    """
    data = render_report(outcome, scenario, language).encode()
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _busy(entries: Sequence[Entry]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of the day in which something happened."""
    for entry in entries:
        if isinstance(entry.event, Worked):
            yield entry.event.since, entry.t
        yield entry.t - _AROUND, entry.t + _AROUND


def _focus(record: DayRecord, entries: Sequence[Entry]) -> int:
    """Return where the zoomed picture opens: the first incident of the day, else the first beginning."""
    opened = [trouble.opened for trouble in record.troubles if trouble.opened >= MORNING]
    began = [entry.t for entry in entries if isinstance(entry.event, ExamBegan)]
    return min(opened or began, default=record.end)


def _legend_phases(record: DayRecord) -> tuple[str, ...]:
    oral = record.began is not None and record.began.exam_kind == "oral"
    return (*_LEGEND_PHASES, "answer") if oral else _LEGEND_PHASES


def _tiles(outcome: Outcome, record: DayRecord, words: Words) -> list[Tile]:
    accounts = outcome.accounts
    admitted = (entry.event for entry in outcome.entries if isinstance(entry.event, ParticipantsAdmitted))
    came = sum(event.present for event in admitted)
    oral = record.began is not None and record.began.exam_kind == "oral"
    if oral:
        served = len(
            {e.event.recording: True for e in outcome.entries if isinstance(e.event, AnswerRecorded)}
        )
    else:
        served = accounts.total("kits_handed_out")
    starts = [entry.t for entry in outcome.entries if isinstance(entry.event, ExamBegan)]
    unresolved = sum(1 for trouble in record.troubles if not trouble.resolved)
    incidents = words("tile-incidents-value", count=len(record.troubles), unresolved=unresolved)
    first, last = (words.minute(min(starts)), words.minute(max(starts))) if starts else ("", "")
    begin = words("tile-none") if not starts else first if first == last else f"{first} – {last}"
    return [
        Tile(words("tile-begin"), begin, None, "moments"),
        Tile(
            words("tile-answers" if oral else "tile-kits"),
            words("tile-of", part=served, whole=came),
            served >= came,
            "accounts",
        ),
        Tile(words("tile-incidents"), incidents, not unresolved, "incidents"),
        Tile(
            words("tile-violations"),
            words("tile-violations-value", count=len(outcome.violations)),
            not outcome.violations,
            "expectations",
        ),
        Tile(
            words("tile-accounts"),
            words("balances" if accounts.balances else "balances-not"),
            accounts.balances,
            "accounts",
        ),
        Tile(words("tile-end"), words.minute(record.end), None, "moments"),
    ]


@cache
def _environment() -> Environment:
    sources = {name: _asset(name) for name in _TEMPLATES}
    environment = Environment(
        loader=DictLoader(sources),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["russian"] = _is_russian
    return environment


@cache
def _asset(name: str) -> str:
    return files("lab.report").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return what the page's content security policy calls this text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _is_russian(text: str) -> bool:
    """Whether a text of the scenario is in Russian, for the ``lang`` of its element."""
    return re.search(r"[А-Яа-яЁё]", text) is not None
