"""Clicks (щелчки): bends far sharper than all around them, which no voice makes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from station_core.audio_check.blocks import Blocks, Bools, Ints
from station_core.audio_check.events import Event, runs

_NEAR = 2  # blocks that belong to the click itself
_FAR = 25  # a pitch period of 40 Hz
_SCREEN = 3
_STANDS_OUT = 2.4
_RANK = 3  # two neighbours may be clicks themselves
_LEAST_BEND = 8  # of the active level; a step of that height has three times as much, an impulse six times
_LEAST_STEPS = 100
_GROUP = 5  # blocks
_EDGE_BLOCKS = 3


def clicks(
    blocks: Blocks, rate_hz: int, active_power: float, known: Iterable[Event], flat: Bools
) -> list[Event]:
    """Find impulses.

    Args:
        blocks: Of one channel.
        rate_hz: Sample rate.
        active_power: Of the speech, mean square.
        known: Gaps and repeated packets: their edges are bends, too.
        flat: Blocks with flat tops: their corners are bends, too.
    """
    size = rate_hz // 1000
    bend = blocks.bend.astype(np.int64)
    places = np.flatnonzero(bend >= max(_LEAST_STEPS, _LEAST_BEND * active_power**0.5))
    places = places[
        (places >= _FAR) & (places < len(bend) - _FAR)
    ]  # where there is something to compare with
    places = places[bend[places] * (2 * _FAR + 1) > _SCREEN * _around(bend)[places]]
    if not len(places):
        return []
    places = places[_stands_out(bend, places)]
    places = places[~_at_edges(places, known, size)]
    corners = flat.copy()
    corners[1:] |= flat[:-1]
    corners[:-1] |= flat[1:]
    places = places[~corners[places]]
    return [Event(first * size, (last + 1) * size) for first, last in runs(places, _GROUP)]


def _around(bend: Ints) -> Ints:
    """Sum over all within the reach."""
    total = np.concatenate([np.zeros(_FAR + 1, np.int64), bend, np.zeros(_FAR, np.int64)]).cumsum()
    sums: Ints = total[2 * _FAR + 1 :] - total[: -2 * _FAR - 1]
    return sums


def _stands_out(bend: Ints, places: Ints) -> Bools:
    reach = np.concatenate([np.arange(-_FAR, -_NEAR), np.arange(_NEAR + 1, _FAR + 1)])
    padded = np.pad(bend, _FAR)
    around = padded[places[:, np.newaxis] + _FAR + reach]
    usual = np.partition(around, len(reach) - _RANK, axis=1)[:, len(reach) - _RANK]
    return bend[places] > _STANDS_OUT * usual


def _at_edges(places: Ints, known: Iterable[Event], size: int) -> Bools:
    edges = np.array(sorted(edge // size for event in known for edge in (event.begin, event.end)), np.int64)
    if not len(edges):
        return np.zeros(len(places), np.bool_)
    after = np.searchsorted(edges, places)
    distance = np.minimum(
        np.abs(edges[np.minimum(after, len(edges) - 1)] - places),
        np.abs(edges[np.maximum(after - 1, 0)] - places),
    )
    near: Bools = distance <= _EDGE_BLOCKS
    return near
