"""The page of a check: verdict, picture with the faults marked, table. One file, no network, no scripts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from lab.describe import one_line
from lab.output import OutputFile
from lab.sound import drawing, told
from lab.sound.picture import CloseUp, Columns
from lab.text import Texts
from scenarios.problems import BadInput, Problem
from station_core.audio_check import Outcome, Report

_TEMPLATES = ("page.html.j2", "figures.html.j2")
_SIGNS = {Outcome.PASS: "✓", Outcome.WARN: "!", Outcome.FAIL: "✗"}


@dataclass(frozen=True, slots=True)
class Part:
    """What the page shows of one recording.

    Args:
        name: Its heading.
        verdict: How it was judged.
        report: None if there was nothing to judge.
        error: What is wrong with the file itself, in words.
        kind: Container and coding.
        columns: The picture.
        close_ups: Of short findings.
        steps: Of a check of a device: mark, step, what it said.
        response: Of the active test: frequency in hertz and level in tenths of a decibel.
        advises: Whether there is something to do about what was found.
    """

    name: str
    verdict: Outcome
    report: Report | None = None
    error: str | None = None
    kind: str = ""
    columns: Columns | None = None
    close_ups: tuple[CloseUp, ...] = ()
    steps: tuple[tuple[str, str, str], ...] = ()
    response: tuple[tuple[int, int], ...] = ()
    advises: bool = True


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    outcome: str
    mark: str
    what: str
    where: str
    lasts: str
    count: int
    channel: str


def render_page(title: str, parts: Sequence[Part], texts: Texts) -> str:
    """Return the page as one HTML document."""
    style = _asset("page.css")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            title=title,
            parts=[_drawn(part, texts) for part in parts],
            texts=texts,
            language=texts.language,
            style=Markup(style),  # noqa: S704 - our own file, not input
            style_hash="sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        )
    )


def report_file(path: str, inputs: Sequence[str]) -> OutputFile:
    """Make the file of the page; a recording is evidence and is never written over.

    Raises:
        BadInput: It cannot be there, or it is one of the recordings.
    """
    output = OutputFile(path)
    if any(_same(output, each) for each in inputs):
        with output:
            raise BadInput((Problem(one_line(path), "output-is-a-recording"),))
    return output


def _same(output: OutputFile, path: str) -> bool:
    try:
        return output.same_as(path)
    except (OSError, RuntimeError):  # links that go in circles: no recording, and the check says so
        return False


def _drawn(part: Part, texts: Texts) -> dict[str, object]:
    """Return what the template needs of a part."""
    drawn: dict[str, object] = {
        "part": part,
        "verdict": told.verdict(part.verdict, texts),
        "sign": _SIGNS[part.verdict],
        "response": drawing.curve(part.response) if part.response else None,
        "rows": (),
        "channels": False,
        "advice": (),
        "close_ups": (),
        "picture": None,
    }
    if part.report is None:
        return drawn
    figures, length = part.report.figures, part.report.figures.duration_us / 1e6
    rows = _rows(part.report, texts)
    found = told.findings(part.report, texts) if part.advises else []
    drawn |= {
        "summary": told.summary(figures, part.kind, texts),
        "rows": rows,
        "channels": any(row.channel for row in rows),
        "advice": [(texts(f"sound-{each.kind}"), each.advice) for each in found],
        "close_ups": [
            _close_up(each, rows[each.number - 1], figures.rate_hz, texts) for each in part.close_ups
        ],
    }
    if part.columns is not None:
        marks = drawing.marks(part.report.findings, length)
        drawn["picture"] = {
            "waves": drawing.waves(part.columns),
            "spectrogram": drawing.spectrogram(part.columns),
            "frequencies": drawing.frequencies(part.columns),
            "times": drawing.times(length),
            # a tint over all of it would only hide the others
            "marks": [
                mark for mark in marks if not told.is_whole(part.report.findings[mark.number - 1], figures)
            ],
            "lanes": [(texts(f"sound-{kind}"), placed) for kind, placed in drawing.lanes(marks).items()],
        }
    return drawn


def _close_up(close: CloseUp, row: _Row, rate_hz: int, texts: Texts) -> dict[str, object]:
    wave, enlarged = drawing.close_up(close.samples)
    where = texts(
        "sound-page-close-up",
        at=told.place(close.start_us, texts),
        lasts=told.lasting(len(close.samples) * 1_000_000 // rate_hz, texts),
        enlarged=enlarged,
    )
    return {"number": close.number, "what": row.what, "where": where, "wave": wave}


def _rows(report: Report, texts: Texts) -> list[_Row]:
    rows = []
    for number, finding in enumerate(report.findings, 1):
        whole = told.is_whole(finding, report.figures)
        rows.append(
            _Row(
                number,
                "fail" if finding.outcome is Outcome.FAIL else "warn",
                told.mark(finding.outcome, texts),
                texts(f"sound-{finding.kind}"),
                texts("sound-page-whole") if whole else told.place(finding.start_us, texts),
                told.lasting(finding.end_us - finding.start_us, texts),
                finding.count,
                "" if finding.channel is None else str(finding.channel + 1),
            )
        )
    return rows


@cache
def _environment() -> Environment:
    return Environment(
        loader=DictLoader({name: _asset(name) for name in _TEMPLATES}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _asset(name: str) -> str:
    return files("lab.sound").joinpath(name).read_text(encoding="utf-8")
