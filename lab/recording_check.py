"""Judging sound files that exist; no texts here, see ``recording_command``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hal.audio import Samples
from lab.sound.picture import MOST_CLOSE_UPS, CloseUp, Columns, Painter, close_ups
from lab.sound.reading import EIGHT_BITS, BadSound, Sound, opened
from station_core.audio_check import Finding, Outcome, Report, check

MOST_HELD = 16 * 60 * 48_000 * 2
"""Samples that are held in memory at once, 184 MB: 16 minutes of stereo. An answer lasts 7 [001:23]."""

_COUNTED = ("duration_us", "dropouts", "dropout_us", "repeats", "clicks")
"""Figures of a recording that are the sums of those of its stretches."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a file.

    Args:
        file: As the user named it.
        report: None if there was nothing to judge.
        error: What is wrong with the file itself.
        kind: Container and coding.
        columns: The picture, if it was asked for.
        close_ups: Of the first findings, if the picture was asked for.
    """

    file: str
    report: Report | None = None
    error: BadSound | None = None
    kind: str = ""
    columns: Columns | None = None
    close_ups: tuple[CloseUp, ...] = ()

    @property
    def verdict(self) -> Outcome:
        """A file with something wrong is not fit for use, however good the sound is that is in it."""
        return Outcome.FAIL if self.error is not None or self.report is None else self.report.verdict

    @property
    def advises(self) -> bool:
        """Whether what was found says anything of the headset and the room, and not of the file alone."""
        return self.error is None or self.error.code != EIGHT_BITS


def judge_file(path: str, *, picture: bool) -> Judged:
    """Read and judge a file; what is wrong with it is in the result."""
    try:
        with opened(path) as sound:
            return _judge(path, sound, picture=picture)
    except BadSound as error:
        return Judged(path, error=error)


def _judge(path: str, sound: Sound, *, picture: bool) -> Judged:
    painter = Painter(sound.rate_hz, sound.channels) if picture else None
    reports: list[Report] = []
    zoomed: list[CloseUp] = []
    for samples in _stretches(_painted(sound.blocks(), painter), sound.channels):
        report = check(samples, sound.rate_hz)
        if picture:
            before = sum(len(each.findings) for each in reports)
            since_us = sum(each.figures.duration_us for each in reports)
            zoomed += [
                replace(each, number=each.number + before, start_us=each.start_us + since_us)
                for each in close_ups(samples, sound.rate_hz, report)
            ]
        reports.append(report)
    if not reports:
        return Judged(path, error=sound.flaw or BadSound("no-sound"), kind=sound.kind)
    columns = painter.columns() if painter is not None else None
    return Judged(path, joined(reports), sound.flaw, sound.kind, columns, tuple(zoomed[:MOST_CLOSE_UPS]))


def _painted(blocks: Iterable[Samples], painter: Painter | None) -> Iterator[Samples]:
    for block in blocks:
        if painter is not None:
            painter.feed(block)
        yield block


def _stretches(blocks: Iterable[Samples], channels: int) -> Iterator[Samples]:
    """Yield a recording whole, or in stretches of at least half of what is held, so that none is too short.

    Each is good until the next is asked for.
    """
    # no memory is used of what is not filled
    held, frames = np.empty((MOST_HELD // channels, channels), dtype=np.int16), 0
    half = len(held) // 2
    for block in blocks:
        if frames + len(block) > len(held):
            yield held[:half]
            held[: frames - half] = held[half:frames].copy()
            frames -= half
        held[frames : frames + len(block)] = block
        frames += len(block)
    if frames:
        yield held[:frames]


def joined(reports: Sequence[Report]) -> Report:
    """Join the reports of stretches that follow each other.

    Counts and lengths are added up; what cannot be added is that of the worst stretch, the first of equals. A
    fault that lies across the border of two stretches is found in each as far as it reaches.
    """
    if len(reports) == 1:
        return reports[0]
    order = list(Outcome)
    worst = max(reports, key=lambda each: order.index(each.verdict))
    counted = {name: sum(getattr(each.figures, name) for each in reports) for name in _COUNTED}
    findings: list[Finding] = []
    since_us = 0
    for report in reports:
        findings += [
            replace(each, start_us=each.start_us + since_us, end_us=each.end_us + since_us)
            for each in report.findings
        ]
        since_us += report.figures.duration_us
    return Report(worst.verdict, replace(worst.figures, **counted), tuple(findings))
