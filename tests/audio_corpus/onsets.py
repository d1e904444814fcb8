"""How soon the live check decides what begins in the middle of an answer.

``python -m tests.audio_corpus --live`` prints the table.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hal.audio import Samples
from station_core.audio_check import Kind, LiveCheck
from tests.audio_corpus.clip import Clip, clean, rounded
from tests.audio_corpus.evaluation import damaged
from tests.audio_corpus.faults import FAULTS, Fault
from tests.audio_corpus.faults.base import speech_places
from tests.audio_corpus.texts import Half
from tests.audio_corpus.voices import RATE_HZ

DECIDED_MS = 500
BLOCK = RATE_HZ // 10
_AFTER = 12 * RATE_HZ
_AT_THE_END = {Kind.ECHO, Kind.WRONG_DEVICE, Kind.WRONG_RATE, Kind.TOO_SHORT}

CELLS: tuple[tuple[Fault, float], ...] = tuple(
    (fault, strength)
    for fault in FAULTS
    for strength in fault.strengths
    # only digital silence is no pause
    if fault.kind not in _AT_THE_END and (fault.kind is not Kind.SILENT or np.isinf(strength))
)


@dataclass(frozen=True, slots=True)
class Delay:
    """When a fault was decided.

    Args:
        row: Name of the fault.
        strength: Of the fault.
        milliseconds: From the onset to the end of the block after which it was told; None: not within 12 s.
        alarmed: Something was said before the onset.
    """

    row: str
    strength: float
    milliseconds: int | None
    alarmed: bool = False


def begins_late(clip: Clip, fault: Fault, strength: float) -> tuple[Samples, int] | None:
    """Let a clip be heard twice, and the fault begin in the second, while somebody speaks.

    Returns:
        The recording and the frame of the onset; None if nobody speaks for half a second.
    """
    recording = damaged(clip, fault, strength)
    good = rounded(clip.wave * _edges(clip.frames) * _below(clip, fault, recording.samples))
    if recording.samples.ndim > 1:
        good = np.column_stack([good] * recording.samples.shape[1])
    begin, end = recording.spans[0]
    if (begin, end) != (0, clip.frames):
        return np.concatenate([good, recording.samples]), len(good) + begin
    rng = np.random.default_rng((clip.seed, zlib.crc32(fault.name.encode())))
    places = speech_places(clip, rng, RATE_HZ // 2, count=1, apart=1)
    if not places:
        return None
    onset = places[0]
    if fault.kind is Kind.CLIPPING:  # it begins with the first peak that is cut off
        height = np.abs(recording.samples.astype(np.int32))
        onset += int(np.argmax(height[onset:] == height.max()))
    parts = [good, good[:onset], recording.samples[onset:], recording.samples]
    return np.concatenate(parts), len(good) + onset


def _edges(frames: int) -> NDArray[np.float64]:
    """Return what fades 20 ms in and out: a clip that is cut within a word would click where it is joined."""
    ramp = np.minimum(1.0, np.arange(1, frames + 1) / (RATE_HZ // 50))
    return np.minimum(ramp, ramp[::-1])


def _below(clip: Clip, fault: Fault, samples: Samples) -> float:
    """Return a factor for what is heard before: where something cuts peaks off, none were higher before."""
    if fault.kind is not Kind.CLIPPING:
        return 1.0
    cut_at, highest = (int(np.abs(each.astype(np.int32)).max()) for each in (samples, rounded(clip.wave)))
    return min(1.0, 0.9 * cut_at / highest)


def delay(clip: Clip, fault: Fault, strength: float) -> Delay | None:
    """Listen until the fault is decided; a gain that falls may rightly be called uneven."""
    made = begins_late(clip, fault, strength)
    if made is None:
        return None
    samples, onset = made
    kinds = {fault.kind, *fault.companions} | ({Kind.UNEVEN} if fault.kind is Kind.QUIET else set())
    live = LiveCheck(RATE_HZ, 1 if samples.ndim == 1 else samples.shape[1])
    alarmed = False
    for begin in range(0, min(len(samples), onset + _AFTER), BLOCK):
        found = {finding.kind for finding in live.feed(samples[begin : begin + BLOCK])}
        fed = begin + BLOCK
        # what was made weaker, so that peaks can be cut off later, is no clean clip
        alarmed |= bool(found) and fed <= onset and fault.kind is not Kind.CLIPPING
        if fed > onset and found & kinds:
            return Delay(fault.name, strength, (fed - onset) * 1000 // RATE_HZ, alarmed)
    return Delay(fault.name, strength, None, alarmed)


def delays_of(half: Half, per_clip: int, seed: int) -> list[Delay]:
    """Measure some faults with one clip; none where a gate would make gaps when the clip begins again."""
    clip = clean(half, seed)
    if "gate" in clip.traps:
        return []
    cells = [CELLS[(seed * per_clip + number) % len(CELLS)] for number in range(per_clip)]
    measured = (delay(clip, fault, strength) for fault, strength in cells)
    return [each for each in measured if each is not None]


def measure(half: Half, seeds: Iterable[int], per_clip: int, jobs: int) -> Iterator[Delay]:
    """Measure many clips in several processes."""
    with ProcessPoolExecutor(jobs) as pool:
        for delays in pool.map(partial(delays_of, half, per_clip), seeds, chunksize=4):
            yield from delays


def text(delays: list[Delay]) -> str:
    """Write the table; what need not be heard stands in brackets."""
    lines = [
        f"| fault | strength | cases | within {DECIDED_MS} ms | within 12 s | median, s | worst, s |",
        "|---|---|---|---|---|---|---|",
    ]
    for fault, strength in CELLS:
        cell = [each.milliseconds for each in delays if (each.row, each.strength) == (fault.name, strength)]
        if cell:
            name = f"{strength:.3g} {fault.unit}"
            lines.append(
                f"| {fault.name} | {name if fault.audible(strength) else f'({name})'} | {_row(cell)} |"
            )
    alarmed = sum(each.alarmed for each in delays)
    return "\n".join([*lines, "", f"{alarmed} of {len(delays)} were called faulty before they were"])


def _row(cell: list[int | None]) -> str:
    told = sorted(each for each in cell if each is not None)
    soon = sum(each <= DECIDED_MS for each in told)
    shares = f"{100 * soon / len(cell):.0f} % | {100 * len(told) / len(cell):.0f} %"
    if not told:
        return f"{len(cell)} | {shares} | – | –"
    return f"{len(cell)} | {shares} | {told[(len(told) - 1) // 2] / 1000:.1f} | {told[-1] / 1000:.1f}"
