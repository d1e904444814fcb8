"""From columns to what a page draws: paths, a spectrogram, ticks and marks. Places are in percent."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hal.audio import Samples
from lab.sound.picture import CEILING_DB, FLOOR_DB, Columns
from lab.sound.png import png
from station_core.audio_check import Finding, Outcome

HEIGHT = 200
"""Height of a path's drawing; its width is the number of points."""

_FULL = 32_768
_DETAIL = 600  # points of a close-up
_TICKS_S = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
_MOST_TICKS = 12
_MOST_ENLARGED = 100
_TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
_HIGHEST_DB, _LOWEST_DB = 20, -40  # of a response
_THINNEST = 0.15  # percent of the width, so that a click is seen

_ANCHORS = (
    (9, 10, 24), (38, 30, 92), (104, 40, 128), (176, 56, 118), (232, 98, 82), (250, 164, 74), (252, 240, 188),
)  # fmt: skip
"""Colours of the spectrogram from quiet to loud; each is lighter than the one before, also in grey."""


@dataclass(frozen=True, slots=True)
class Wave:
    """The waveform of one channel: paths in a drawing of ``width`` × ``HEIGHT``; ``line`` joins samples."""

    width: float
    peaks: str = ""
    rms: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis and its place in percent."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A frequency response: a path in a drawing of ``width`` × ``HEIGHT``, and its axes."""

    width: int
    path: str
    frequencies: list[Tick]
    levels: list[Tick]


@dataclass(frozen=True, slots=True)
class Mark:
    """A fault on the time axis; ``number`` is its row in the table."""

    number: int
    left: str
    width: str
    kind: str
    outcome: str


def waves(columns: Columns) -> list[Wave]:
    """Draw each channel."""
    return [
        Wave(
            columns.length / columns.frames,
            _band(columns.low[:, channel], columns.high[:, channel]),
            _band(-columns.rms[:, channel], columns.rms[:, channel]),
        )
        for channel in range(columns.low.shape[1])
    ]


def close_up(samples: Samples) -> tuple[Wave, int]:
    """Draw one channel of a short stretch, shape ``(frames,)``; return how often it is enlarged, too.

    Each sample is drawn if there are few.
    """
    enlarged = min(_MOST_ENLARGED, max(1, _FULL // max(1, int(np.abs(samples.astype(np.int32)).max()))))
    larger = samples.astype(np.int32) * enlarged
    if len(samples) <= _DETAIL:
        path = "M" + "L".join(f"{x} {_y(value)}" for x, value in enumerate(larger.tolist()))
        return Wave(max(1, len(samples) - 1), line=path), enlarged
    starts = np.linspace(0, len(samples), _DETAIL, endpoint=False).astype(np.intp)
    low, high = np.minimum.reduceat(larger, starts), np.maximum.reduceat(larger, starts)
    return Wave(_DETAIL, _band(low, high)), enlarged


def _band(low: NDArray[np.generic], high: NDArray[np.generic]) -> str:
    """Return the outline of a band; each column is a step as wide as 1."""
    upper = [f"{x} {_y(value)}H{x + 1}" for x, value in enumerate(high.tolist())]
    lower = [f"{x + 1} {_y(value)}H{x}" for x, value in enumerate(low.tolist())]
    return f"M{'L'.join((*upper, *reversed(lower)))}Z"


def _y(value: float) -> str:
    return f"{(1 - value / _FULL) * HEIGHT / 2:.1f}".removesuffix(".0")


def spectrogram(columns: Columns) -> str:
    """Return the spectrogram as the address of a picture that the page holds itself."""
    share = (columns.spectrum - FLOOR_DB) / (CEILING_DB - FLOOR_DB)
    places = np.clip(share * 255, 0, 255).astype(np.uint8)
    picture = png(places.T[::-1], palette())
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


def palette() -> list[tuple[int, int, int]]:
    """Return the 256 colours of the spectrogram."""
    at = np.linspace(0, 255, len(_ANCHORS))
    parts = [np.interp(np.arange(256), at, [anchor[part] for anchor in _ANCHORS]) for part in range(3)]
    return [(round(red), round(green), round(blue)) for red, green, blue in zip(*parts, strict=True)]


def frequencies(columns: Columns) -> list[Tick]:
    """Return the ticks of the spectrogram, from the top in percent."""
    edges = columns.edges_hz
    span = np.log(edges[-1] / edges[0])
    return [
        Tick(percent(100 * (1 - float(np.log(hz / edges[0]) / span))), _hertz(hz))
        for hz in _TICKS_HZ
        if edges[0] < hz < edges[-1] * 0.9
    ]


def _hertz(hz: int) -> str:
    return f"{hz // 1000}k" if hz >= 1000 else str(hz)


def times(seconds: float) -> list[Tick]:
    """Return the ticks of the time axis.

    >>> [tick.text for tick in times(4)]
    ['0', '0.5', '1', '1.5', '2', '2.5', '3', '3.5', '4']
    >>> [tick.text for tick in times(900)][:3]
    ['0:00', '2:00', '4:00']
    """
    step = next((step for step in _TICKS_S if seconds / step <= _MOST_TICKS), _TICKS_S[-1])
    count = int(seconds / step + 1e-9)
    return [Tick(percent(100 * n * step / seconds), _time(n * step, step)) for n in range(count + 1)]


def _time(seconds: float, step: float) -> str:
    if step < 10:
        return f"{seconds:.10g}"
    return f"{seconds // 60:.0f}:{seconds % 60:02.0f}"


def marks(findings: Iterable[Finding], seconds: float) -> list[Mark]:
    """Place the faults on the time axis of a recording that lasts so long."""
    placed = []
    for number, finding in enumerate(findings, 1):
        left = min(100.0 - _THINNEST, finding.start_us / seconds / 1e4)
        width = min(max(_THINNEST, (finding.end_us - finding.start_us) / seconds / 1e4), 100 - left)
        outcome = "fail" if finding.outcome is Outcome.FAIL else "warn"
        placed.append(Mark(number, percent(left), percent(width), finding.kind.value, outcome))
    return placed


def lanes(placed: Sequence[Mark]) -> dict[str, list[Mark]]:
    """Return the marks by kind, in the order in which the kinds appear."""
    found: dict[str, list[Mark]] = {}
    for mark in placed:
        found.setdefault(mark.kind, []).append(mark)
    return found


def curve(response: Sequence[tuple[int, int]]) -> Curve:
    """Draw a frequency response: hertz and tenths of a decibel, on a logarithmic axis."""
    width = 1000
    low, high = np.log(response[0][0]), np.log(max(response[-1][0], response[0][0] + 1))

    def across(hz: int) -> float:
        return float((np.log(hz) - low) / (high - low))

    def down(tenth_db: int) -> float:
        share = (_HIGHEST_DB - tenth_db / 10) / (_HIGHEST_DB - _LOWEST_DB)
        return min(1.0, max(0.0, share))

    points = (f"{across(hz) * width:.1f} {down(level) * HEIGHT:.1f}" for hz, level in response)
    return Curve(
        width,
        f"M{'L'.join(points)}",
        [
            Tick(percent(100 * across(hz)), _hertz(hz))
            for hz in _TICKS_HZ
            if response[0][0] < hz < response[-1][0]
        ],
        [
            Tick(percent(100 * down(10 * db)), f"{db:+d}".replace("-", "−") if db else "0")
            for db in (10, 0, -10, -20, -30)
        ],
    )


def percent(x: float) -> str:
    """Write a place for SVG.

    >>> percent(12.5)
    '12.5%'
    """
    return f"{x:.3f}".rstrip("0").rstrip(".") + "%"
