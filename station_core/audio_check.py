"""Judging a recording by measurement: the criteria of the test recording [001:79, 107, 232].

``measure`` turns samples into integers, ``judge`` compares them with limits. The limits are data with
reasons, ``station_core/data/audio_limits.yaml``. Sums are exact integers, so a recording measures the same
on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SILENT_TENTH_DB = -960
"""What stands for the level of digital silence: the noise of a perfect 16-bit converter is higher."""

_FULL_SCALE = 32_767
_MIN_SECONDS = 1
_SPEECH_FLOOR_TENTH_DB = -600  # a recording whose loud parts lie below holds no speech
_ACTIVE_BELOW = 100  # energy ratio: frames within 20 dB of the loud ones count as speech
_PACKETS_MS_TENTHS = (25, 50, 100, 150, 160, 200, 300, 400)  # repeated packets that drivers are known to use
_PACKETS_FRAMES = (256, 512, 1024, 2048)
_GAP_MS = 2
_CLICK_GROUP_MS = 5
_CLICK_FACTOR = 4
_CLICK_ALONE = 3
_SEGMENT = 100  # frames of 10 ms in which evenness is looked at
_CLIP_MIN = 1000  # extremes below are no clipping
_PERIODIC = 8  # packets
_EIGHT_TRUE = np.uint64(0x0101010101010101)  # eight bools at once
_CLICK_MIN = 1500  # second difference in steps; below, a click is softer than -27 dBFS


class Property(StrEnum):
    """The properties that [001:79] asks for."""

    AUDIBLE = "audible"
    EVEN = "even"
    UNINTERRUPTED = "uninterrupted"
    UNDISTORTED = "undistorted"


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a recording measures. Levels in tenths of a decibel relative to a full-scale square wave.

    Args:
        duration_ms: Length.
        silent: It holds no speech at all.
        active_level_tenth_db: RMS level of the parts where somebody speaks.
        noise_tenth_db: Level of the quietest tenth of the recording.
        snr_tenth_db: The difference.
        unevenness_tenth_db: How far the weakest second of speech lies below the middle one.
        clipped_per_million: Samples that lie on flat tops at the extremes.
        dropouts: Stretches where the signal stands still within sound.
        dropout_ms: Their total length.
        clicks: Impulses that no voice makes.
        repeats: Packets that repeat the one before exactly («кваканье»).
        hum_tenth_db: Level of what repeats with 50 Hz in the quiet parts, harmonics included.
        dc_offset_per_mille: Mean of the samples, in thousandths of full scale.
    """

    duration_ms: int
    silent: bool
    active_level_tenth_db: int
    noise_tenth_db: int
    snr_tenth_db: int
    unevenness_tenth_db: int
    clipped_per_million: int
    dropouts: int
    dropout_ms: int
    clicks: int
    repeats: int
    hum_tenth_db: int
    dc_offset_per_mille: int


class Limit(BaseModel):
    """A number and why it is this one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int
    why: str = Field(min_length=1)


class AudioLimits(BaseModel):
    """The limits of a good recording; see the data file for the reasons."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    active_level_min_tenth_db: Limit
    snr_min_tenth_db: Limit
    hum_max_tenth_db: Limit
    evenness_max_tenth_db: Limit
    clipped_max_per_million: Limit
    dc_offset_max_per_mille: Limit
    dropouts_max_per_minute: Limit
    dropout_max_total_ms: Limit
    clicks_max_per_minute: Limit
    repeats_max_per_minute: Limit


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a recording is not good.

    Args:
        code: What was measured, for catalogues and the journal.
        property: The property of [001:79] that it spoils.
        measured: The number.
        limit: What it should have kept to, in the same unit.
    """

    code: str
    property: Property
    measured: int
    limit: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a recording is good, and if not, why."""

    ok: bool
    reasons: tuple[Reason, ...] = ()


@cache
def limits(path: Path | None = None) -> AudioLimits:
    """Load limits: those of the product, or of another file.

    Raises:
        OSError: The file cannot be read.
        pydantic.ValidationError: A field is missing, unknown or not a number.
    """
    path = path or Path(__file__).with_name("data") / "audio_limits.yaml"
    return AudioLimits.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def judge(measurement: Measurement, limits: AudioLimits) -> Verdict:
    """Compare a measurement with limits; all reasons are given, in a fixed order."""
    m = measurement
    if m.silent:
        level = limits.active_level_min_tenth_db.limit
        return Verdict(False, (Reason("silent", Property.AUDIBLE, m.active_level_tenth_db, level),))
    upper = (
        ("hum", Property.AUDIBLE, m.hum_tenth_db, limits.hum_max_tenth_db),
        ("uneven", Property.EVEN, m.unevenness_tenth_db, limits.evenness_max_tenth_db),
        ("dropouts", Property.UNINTERRUPTED, _rate(m, m.dropouts), limits.dropouts_max_per_minute),
        ("gaps", Property.UNINTERRUPTED, m.dropout_ms, limits.dropout_max_total_ms),
        ("clicks", Property.UNINTERRUPTED, _rate(m, m.clicks), limits.clicks_max_per_minute),
        ("repeats", Property.UNINTERRUPTED, _rate(m, m.repeats), limits.repeats_max_per_minute),
        ("clipped", Property.UNDISTORTED, m.clipped_per_million, limits.clipped_max_per_million),
        ("offset", Property.UNDISTORTED, abs(m.dc_offset_per_mille), limits.dc_offset_max_per_mille),
    )
    lower = (
        ("weak", Property.AUDIBLE, m.active_level_tenth_db, limits.active_level_min_tenth_db),
        ("noisy", Property.AUDIBLE, m.snr_tenth_db, limits.snr_min_tenth_db),
    )
    reasons = tuple(
        Reason(code, spoils, measured, limit.limit)
        for code, spoils, measured, limit, bad in (
            *((*row, row[2] < row[3].limit) for row in lower),
            *((*row, row[2] > row[3].limit) for row in upper),
        )
        if bad
    )
    return Verdict(not reasons, reasons)


def _rate(measurement: Measurement, count: int) -> int:
    """Turn a count into a rate per minute; a single event is chance and has none."""
    return count * 60_000 // measurement.duration_ms if count > 1 else 0


def measure(samples: NDArray[np.int16], rate_hz: int) -> Measurement:
    """Measure a recording of at least one second, best ten.

    Args:
        samples: Shape ``(frames,)`` or ``(frames, channels)``; of several channels the loudest is judged,
            since a headset has one microphone.
        rate_hz: Sample rate; a multiple of 100.

    Raises:
        ValueError: It is too short, or of a type or rate that cannot be measured.
    """
    if samples.dtype != np.int16 or samples.ndim not in (1, 2):
        raise ValueError(f"expected 16-bit samples in one or two dimensions, not {samples.dtype}")
    if rate_hz <= 0 or rate_hz % 100:
        raise ValueError(f"{rate_hz} Hz is not a multiple of 100 Hz")
    if len(samples) < rate_hz * _MIN_SECONDS:
        raise ValueError(f"{len(samples)} frames are shorter than {_MIN_SECONDS} s")
    x = _loudest(samples)
    offset = _rounded(int(x.sum(dtype=np.int64)), len(x))
    y = x.astype(np.int32) - np.int32(offset)
    frame = rate_hz // 100
    energies = _energies(y, frame)
    loud = _quantile(energies, 95)
    active = energies * _ACTIVE_BELOW >= max(loud, 1)
    level = _level(int(energies[active].sum()), int(active.sum()) * frame)
    noise = _level(_noise_energy(energies), frame)
    speech = x if loud else x[:0]  # nothing can interrupt digital silence
    gaps = _gaps(speech, energies * _ACTIVE_BELOW >= loud, rate_hz)
    repeats, edges = _repeats(speech, energies * _ACTIVE_BELOW >= loud, rate_hz)
    edges += [edge for gap in gaps for edge in gap]
    clipped = _clipped(x)
    return Measurement(
        duration_ms=len(x) * 1000 // rate_hz,
        silent=_level(loud, frame) < _SPEECH_FLOOR_TENTH_DB,
        active_level_tenth_db=level,
        noise_tenth_db=noise,
        snr_tenth_db=level - noise,
        unevenness_tenth_db=_unevenness(energies, loud, frame),
        clipped_per_million=len(clipped) * 1_000_000 // len(x),
        dropouts=len(gaps),
        dropout_ms=sum(end - begin for begin, end in gaps) * 1000 // rate_hz,
        clicks=_clicks(y, clipped, edges, rate_hz),
        repeats=repeats,
        hum_tenth_db=_hum(y, rate_hz),
        dc_offset_per_mille=_rounded(offset * 1000, _FULL_SCALE),
    )


def _rounded(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)


def _level(energy: int, count: int) -> int:
    """Turn a sum of that many squares into a level."""
    if energy <= 0 or count <= 0:
        return SILENT_TENTH_DB
    # Decimal, since its logarithm is the same everywhere while that of the C library is not.
    ratio = Decimal(energy) / (count * _FULL_SCALE**2)
    return max(SILENT_TENTH_DB, int((100 * ratio.log10()).to_integral_value()))


def _quantile(values: Ints, percent: int) -> int:
    place = (len(values) - 1) * percent // 100
    return int(np.partition(values, place)[place])


def _loudest(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    columns = samples.reshape(len(samples), -1)
    powers = (
        [int(np.square(column, dtype=np.int64).sum()) for column in columns.T]
        if columns.shape[1] > 1
        else [0]
    )
    return np.ascontiguousarray(columns[:, powers.index(max(powers))])


def _energies(y: NDArray[np.int32], frame: int) -> Ints:
    """Sum the squares of every 10 ms."""
    count = len(y) // frame
    squares = np.square(y[: count * frame], dtype=np.int64)
    energies: Ints = squares.reshape(count, frame).sum(axis=1)
    return energies


def _noise_energy(energies: Ints) -> int:
    """Return the energy of the quietest tenth; frames of digital silence are gaps unless they are many."""
    sounding = energies[energies > 0]
    if 5 * len(sounding) < 4 * len(energies):
        return 0  # a noise gate
    return _quantile(sounding, 10)


def _unevenness(energies: Ints, loud: int, frame: int) -> int:
    """Compare the strong syllables of each second that holds speech for a third of it."""
    count = len(energies) // _SEGMENT
    segments = energies[: count * _SEGMENT].reshape(count, _SEGMENT)
    threshold = max(4 * _noise_energy(energies), loud // 1000)  # 6 dB above the noise, at most 30 dB down
    speaking = (segments > threshold).sum(axis=1)
    ranked = np.sort(segments, axis=1)
    levels = sorted(
        _level(int(row[_SEGMENT - 1 - spoken // 5]), frame)
        for row, spoken in zip(ranked, speaking.tolist(), strict=True)
        if 3 * spoken >= _SEGMENT
    )
    return levels[len(levels) // 2] - levels[0] if levels else 0


def _clipped(x: NDArray[np.int16]) -> Ints:
    """Find the samples on flat tops: at least three in a row at an extreme of the recording."""
    found = []
    for extreme in (int(x.max()), int(x.min())):
        if abs(extreme) < _CLIP_MIN:
            continue
        at = np.flatnonzero(x == extreme)
        run = np.diff(at, prepend=-2, append=len(x) + 2) == 1  # run[i]: at[i] follows at[i - 1]
        before = np.concatenate([[False], run[:-2]])
        after = np.concatenate([run[2:], [False]])
        found.append(at[(run[:-1] & run[1:]) | (run[:-1] & before) | (run[1:] & after)])
    return np.concatenate([*found, np.empty(0, dtype=np.int64)])


def _gaps(x: NDArray[np.int16], active: Bools, rate_hz: int) -> list[tuple[int, int]]:
    """Find where the signal stands still for some milliseconds next to speech."""
    if not len(x):
        return []
    changes = np.flatnonzero(x[1:] != x[:-1])
    ends = np.append(changes, len(x) - 1) + 1
    begins = np.concatenate([[0], ends[:-1]])
    extremes = (int(x.max()), int(x.min()))
    gaps = []
    for place in np.flatnonzero(ends - begins >= rate_hz * _GAP_MS // 1000).tolist():
        begin, end = int(begins[place]), int(ends[place])
        flat_top = int(x[begin]) in extremes and abs(int(x[begin])) >= _CLIP_MIN
        if begin > 0 and not flat_top and _beside(active, begin, end, rate_hz // 100):
            gaps.append((begin, end))
    return gaps


def _beside(active: Bools, begin: int, end: int, frame: int) -> bool:
    """Whether there is speech within some 10 ms before or after."""
    before, after = begin // frame, end // frame
    return bool(active[max(0, before - 1) : before + 1].any() or active[after : after + 2].any())


def _repeats(x: NDArray[np.int16], active: Bools, rate_hz: int) -> tuple[int, list[int]]:
    """Count packets that equal the one before, for the packet length that shows most; with their edges."""
    lags = {rate_hz * tenths // 10_000: None for tenths in _PACKETS_MS_TENTHS} | dict.fromkeys(
        _PACKETS_FRAMES
    )
    best: list[tuple[int, int]] = []
    for lag in lags:
        runs = [
            run for run in _equal_runs(x, lag) if active[min(sum(run) // 2 * 100 // rate_hz, len(active) - 1)]
        ]
        if len(runs) > len(best):
            best = runs
    return len(best), [edge for run in best for edge in run]


def _equal_runs(x: NDArray[np.int16], lag: int) -> list[tuple[int, int]]:
    """Find where about ``lag`` samples in a row equal those ``lag`` before them."""
    count = (len(x) - lag) // 8 * 8
    if count <= 0:
        return []
    equal = (x[lag : lag + count] == x[:count]).view(np.uint64) == _EIGHT_TRUE
    places = np.flatnonzero(equal)
    if not len(places):
        return []
    breaks = np.flatnonzero(np.diff(places) != 1) + 1
    runs = []
    for run in np.split(places, breaks):
        begin, end = int(run[0]) * 8 + lag, (int(run[-1]) + 1) * 8 + lag
        # Much longer than a packet: a periodic signal. Standing still: a gap.
        if lag - 16 <= end - begin <= _PERIODIC * lag and bool((x[begin:end] != x[begin]).any()):
            runs.append((begin, end))
    return runs


def _clicks(y: NDArray[np.int32], clipped: Ints, edges: list[int], rate_hz: int) -> int:
    """Count impulses: bends far sharper than is usual in the recording and around them."""
    bend = y[2:] - 2 * y[1:-1]
    bend += y[:-2]
    np.abs(bend, out=bend)
    usual = _quantile(bend[::7].astype(np.int64), 99)
    places = np.flatnonzero(bend > max(_CLICK_MIN, _CLICK_FACTOR * usual)) + 1
    if len(clipped):
        # the corners of flat tops are bends too
        corner = np.zeros(len(y), dtype=np.bool_)
        for shift in (-1, 0, 1):
            corner[np.clip(clipped + shift, 0, len(y) - 1)] = True
        places = places[~corner[places]]
    if edges and len(places):
        # and so are the edges of gaps and of repeated packets
        known = np.sort(np.array(edges, dtype=np.int64))
        after = np.searchsorted(known, places)
        distance = np.minimum(
            np.abs(known[np.minimum(after, len(known) - 1)] - places),
            np.abs(known[np.maximum(after - 1, 0)] - places),
        )
        places = places[distance > rate_hz // 1000]
    if not len(places):
        return 0
    groups = np.split(places, np.flatnonzero(np.diff(places) > rate_hz * _CLICK_GROUP_MS // 1000) + 1)
    return sum(_stands_alone(bend, int(group[0]) - 1, int(group[-1]) - 1, rate_hz) for group in groups)


def _stands_alone(bend: NDArray[np.int32], first: int, last: int, rate_hz: int) -> bool:
    """Whether a bend is far sharper than all within a pitch period of it; a consonant or a pulse is not."""
    near, far = rate_hz * 2 // 1000, rate_hz * 14 // 1000
    around = (bend[max(0, first - far) : max(0, first - near)], bend[last + near : last + far])
    usual = max((int(part.max()) for part in around if len(part)), default=0)
    return int(bend[first : last + 1].max()) > _CLICK_ALONE * usual


def _hum(y: NDArray[np.int32], rate_hz: int) -> int:
    """Average the quietest periods of 50 Hz: what repeats stays, the rest fades."""
    period = rate_hz // 50
    count = len(y) // period
    periods = y[: count * period].reshape(count, period).astype(np.int64)
    energies = np.square(periods).sum(axis=1)
    quiet = np.argsort(energies, kind="stable")[: max(1, count // 5)]
    total = periods[quiet].sum(axis=0)
    total -= _rounded(int(total.sum()), period)
    return _level(int(np.square(total).sum()), period * len(quiet) ** 2)
