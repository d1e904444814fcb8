"""One pass over the samples: what every millisecond holds. All else works on that, and looks closer rarely.

Sums of integers in ``float64`` are exact below 2**53 in any order, so blocks are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Mono = NDArray[np.int16]
"""One channel, shape ``(frames,)``."""

_PIECE = 1000
"""Blocks that are worked on at a time, so that they stay in the processor's cache."""
_REACH = 4
"""Samples before a block that its sharpest bend reaches back to."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """What each block of a channel holds, arrays of one length. Amplitudes are steps of a sample.

    Args:
        total: Sum of the samples.
        magnitude: Sum of their distances from the offset.
        energy: Sum of the squares of these.
        low: Lowest sample.
        high: Highest sample.
        bend: Largest fourth difference. It passes what is above the band of speech and so shows impulses.
    """

    total: Floats
    magnitude: Floats
    energy: Floats
    low: Mono
    high: Mono
    bend: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.total)

    def part(self, begin: int, end: int | None = None) -> Blocks:
        """Return some of the blocks."""
        return Blocks(*(getattr(self, field.name)[begin:end] for field in fields(self)))

    def reversed(self) -> Blocks:
        """Return the blocks in the order of time backwards."""
        return Blocks(*(getattr(self, field.name)[::-1] for field in fields(self)))


def block_frames(rate_hz: int) -> int:
    """Return the length of a block: a millisecond in whole samples.

    P.56 asks for at least 694 values of the envelope a second.
    """
    return rate_hz // 1000


def offset_of(x: Mono) -> int:
    """Return the mean, rounded."""
    return (2 * int(x.sum(dtype=np.int64)) + len(x)) // (2 * len(x)) if len(x) else 0


def blocks_of(x: Mono, rate_hz: int, offset: int, before: Mono | None = None) -> Blocks:
    """Measure every whole block.

    Args:
        x: The samples; what does not fill a block at the end is left out.
        rate_hz: Sample rate.
        offset: Mean of the recording.
        before: The samples before them, if there are any; the last four are needed.
    """
    size = block_frames(rate_hz)
    return join([_piece(*piece, offset) for piece in _pieces(x, size, before)])


def join(parts: list[Blocks]) -> Blocks:
    """Put blocks that follow each other together."""
    if not parts:
        empty = np.empty(0)
        return Blocks(
            empty, empty, empty, empty.astype(np.int16), empty.astype(np.int16), empty.astype(np.int32)
        )
    return Blocks(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Blocks))
    )


def _pieces(x: Mono, size: int, before: Mono | None) -> Iterator[tuple[Mono, Mono]]:
    frames = len(x) // size * size
    history = np.repeat(x[:1], _REACH) if before is None or len(before) < _REACH else before[-_REACH:]
    for begin in range(0, frames, _PIECE * size):
        end = min(frames, begin + _PIECE * size)
        head = history if begin == 0 else x[begin - _REACH : begin]
        yield x[begin:end].reshape(-1, size), np.concatenate([head, x[begin:end]])


def _piece(rows: Mono, with_history: Mono, offset: int) -> Blocks:
    y = rows.astype(np.float64)
    total = np.einsum("ij->i", y)
    y -= offset
    energy = np.einsum("ij,ij->i", y, y)
    np.abs(y, out=y)
    bend = with_history.astype(np.int32)
    for _ in range(_REACH):
        bend = bend[1:] - bend[:-1]
    np.abs(bend, out=bend)
    return Blocks(
        total,
        np.einsum("ij->i", y),
        energy,
        rows.min(axis=1),
        rows.max(axis=1),
        bend.reshape(rows.shape).max(axis=1),
    )
