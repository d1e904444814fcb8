"""Repeated packets («кваканье»): a stretch of samples that equals an earlier one exactly.

No list of packet lengths: places are chosen by what the samples hold, so both copies choose the same ones,
and places with equal fingerprints are compared (content-defined chunking, as in Muthitacharoen, Chen and
Mazières: A Low-Bandwidth Network File System, 2001).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from station_core.audio_check.blocks import Blocks, Ints, Mono
from station_core.audio_check.events import Event

_SHORTEST_MS_TENTHS = 25
_LONGEST_MS = 120
_PIECE_MS = 1000
_FACTORS = (-1640531527, 1540483477, -2048144789)  # odd; from Knuth, MurmurHash2 and xxHash
_CHOSEN = np.uint32(1 << 27)  # fingerprints below: one place in 32
_WINDOW = 8  # samples of a fingerprint
_LOUD_ENOUGH = 0.01  # of the active power
_COARSEST = 32  # steps of the converter that a packet must span: what is quieter repeats by chance
_PERIODIC = 8
_LOOKED_AT = 1000


def repeats(x: Mono, blocks: Blocks, rate_hz: int, active_power: float) -> list[Event]:
    """Find the packets that were played again.

    Args:
        x: The samples.
        blocks: Their blocks.
        rate_hz: Sample rate.
        active_power: Of the speech, mean square.
    """
    size = rate_hz // 1000
    step = _step(x)
    span = blocks.high.astype(np.int32) - blocks.low
    telling = span >= max(_COARSEST * step, int(2 * (_LOUD_ENOUGH * active_power) ** 0.5))
    longest = _LONGEST_MS * size
    found: list[Event] = []
    for begin in range(0, len(telling) * size, _PIECE_MS * size):
        start, end = max(0, begin - longest), min(len(x), begin + _PIECE_MS * size)
        for place, lag in _candidates(x[start:end], telling[start // size : end // size], size, longest):
            if not found or start + place >= found[-1].end:
                packet = _packet(x, start + place, lag, found[-1].end if found else 0)
                if packet is not None and _SHORTEST_MS_TENTHS * rate_hz <= 10_000 * packet.frames:
                    found.append(packet)
    return found


def _step(x: Mono) -> int:
    """Return what all samples are multiples of: more than 1 where the converter was coarser."""
    return max(1, int(np.gcd.reduce(x[:: max(1, len(x) // _LOOKED_AT)].astype(np.int32)))) if len(x) else 1


def _candidates(x: Mono, telling: NDArray[np.bool_], size: int, longest: int) -> Iterator[tuple[int, int]]:
    """Yield places with the distance to an earlier place of the same fingerprint, in order of place."""
    if not telling.any():
        return
    prints = _fingerprints(x)
    places = np.flatnonzero(prints < _CHOSEN)
    places = places[telling[np.minimum(places // size, len(telling) - 1)]]
    keyed = (prints[places].astype(np.uint64) << np.uint64(32)) | places.astype(np.uint64)
    keyed.sort()
    same = np.flatnonzero(keyed[1:] >> np.uint64(32) == keyed[:-1] >> np.uint64(32))
    later: Ints = (keyed[same + 1] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    lags = later - (keyed[same] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    fit = (lags >= 2 * size) & (lags <= longest)
    order = np.argsort(later[fit], kind="stable")
    yield from zip(later[fit][order].tolist(), lags[fit][order].tolist(), strict=True)


def _fingerprints(x: Mono) -> NDArray[np.uint32]:
    """Hash every eight samples in a row: sums with odd factors, modulo 2**32."""
    prints = x.astype(np.int32)
    for shift, factor in enumerate(_FACTORS):
        reach = 1 << shift
        prints = prints[:-reach] + prints[reach:] * np.int32(factor)
    return (prints * np.int32(_FACTORS[0])).view(np.uint32)


def _packet(x: Mono, place: int, lag: int, not_before: int) -> Event | None:
    """Return how far around a place the samples equal those ``lag`` before them.

    Nothing is returned for a test tone: it is periodic from its begin on, while a driver that is stuck has
    played something else before.
    """
    reach = (_PERIODIC + 1) * lag
    low = max(lag, place - reach, not_before)
    before = np.flatnonzero(x[low:place] != x[low - lag : place - lag])
    high = min(len(x), place + reach)
    after = np.flatnonzero(x[place:high] != x[place - lag : high - lag])
    begin = low + int(before[-1]) + 1 if len(before) else low
    packet = Event(begin, place + int(after[0]) if len(after) else high)
    return None if packet.frames > _PERIODIC * lag and not len(before) else packet
