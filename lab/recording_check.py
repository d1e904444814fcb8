"""Judging sound files that exist; no texts here, see ``recording_command``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from hal.audio import Samples
from lab.sound.picture import CloseUp, Columns, Painter, close_ups
from lab.sound.reading import BLOCK, BadSound, Sound, opened
from station_core.audio_check import LiveCheck, Outcome, Report, check

MOST_WHOLE = 16 * 60 * 48_000 * 2
"""Samples up to which a file is held in memory, 184 MB: 16 minutes of stereo. An answer lasts 11 at most."""

_TENTH = 10  # of a second, the blocks of the live check


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a file.

    Args:
        file: As the user named it.
        report: None if there was nothing to judge.
        error: What is wrong with the file itself.
        kind: Container and coding.
        columns: The picture, if it was asked for.
        close_ups: Of short findings, if the picture was asked for and the file was held whole.
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


def judge_file(path: str, *, picture: bool) -> Judged:
    """Read and judge a file; what is wrong with it is in the result."""
    try:
        with opened(path) as sound:
            return _judge(path, sound, picture=picture)
    except BadSound as error:
        return Judged(path, error=error)


def _judge(path: str, sound: Sound, *, picture: bool) -> Judged:
    painter = Painter(sound.rate_hz, sound.channels) if picture else None
    blocks = _painted(sound.blocks(), painter)
    # no memory is used of what is not filled
    samples, frames = np.empty((MOST_WHOLE // sound.channels, sound.channels), dtype=np.int16), 0
    report: Report | None = None
    zoomed: tuple[CloseUp, ...] = ()
    for block in blocks:
        if frames + len(block) > len(samples):
            report = _in_stretches(sound, chain(_blocks(samples[:frames]), (block,), blocks))
            break
        samples[frames : frames + len(block)] = block
        frames += len(block)
    if not frames:
        return Judged(path, error=sound.flaw or BadSound("no-sound"), kind=sound.kind)
    if report is None:
        report = check(samples[:frames], sound.rate_hz)
        if picture:
            zoomed = close_ups(samples[:frames], sound.rate_hz, report.findings)
    columns = painter.columns() if painter is not None else None
    return Judged(path, report, sound.flaw, sound.kind, columns, zoomed)


def _painted(blocks: Iterable[Samples], painter: Painter | None) -> Iterator[Samples]:
    for block in blocks:
        if painter is not None:
            painter.feed(block)
        yield block


def _blocks(samples: Samples) -> Iterator[Samples]:
    for at in range(0, len(samples), BLOCK):
        yield samples[at : at + BLOCK]


def _in_stretches(sound: Sound, blocks: Iterable[Samples]) -> Report:
    """Judge what is too long to be held, in the way that an answer is judged while it is spoken."""
    live = LiveCheck(sound.rate_hz, sound.channels)
    for stretch in _of_size(blocks, sound.rate_hz // _TENTH):
        live.feed(stretch)
    return live.finish()


def _of_size(blocks: Iterable[Samples], size: int) -> Iterator[Samples]:
    """Cut blocks anew; the last one is what is left."""
    waiting: list[Samples] = []
    frames = 0
    for block in blocks:
        waiting.append(block)
        frames += len(block)
        if frames >= size:
            joined = np.concatenate(waiting)
            whole = frames // size * size
            yield from np.split(joined[:whole], whole // size)
            waiting, frames = [joined[whole:]], frames - whole
    if frames:
        yield np.concatenate(waiting)
