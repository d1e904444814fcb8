"""Seeded randomness: one stream per (seed, entity, purpose), never a shared generator.

Adding a device does not shift the luck of the others, and two policies compared under one seed face the
same luck. Only ``random.Random.random()`` is used: its sequence for a seed is guaranteed by Python's
documentation, while the derived methods (``shuffle``, ``randint`` …) may change between versions.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Stream:
    """Draws for one purpose.

    Args:
        key: What the stream follows from, and nothing else.
    """

    __slots__ = ("_key", "_random")

    def __init__(self, key: str) -> None:
        self._key = key
        self._random: Callable[[], float] = self._first  # many streams of a day are never drawn from

    def _first(self) -> float:
        digest = hashlib.sha256(self._key.encode()).digest()
        # Not for security: a reproducible source is the point.
        self._random = random.Random(int.from_bytes(digest, "big")).random  # noqa: S311
        return self._random()

    def chance(self, per_million: int) -> bool:
        """Return whether something of that probability happens."""
        return self._random() * 1_000_000 < per_million

    def below(self, bound: int) -> int:
        """Return an integer from 0 to ``bound - 1``."""
        return int(self._random() * bound)

    def between(self, low: int, high: int) -> int:
        """Return an integer from ``low`` to ``high``, both included, uniformly."""
        draw = self._random  # not called as a method: Python 3.11 is slow at that in a slot
        return low + int(draw() * (high - low + 1))

    def triangular(self, low: int, mode: int, high: int) -> int:
        """Return an integer from a triangle: the usual guess for how long a person takes."""
        if high <= low:
            return low
        draw = self._random
        u, split = draw(), (mode - low) / (high - low)
        # sqrt is correctly rounded everywhere (IEEE 754), unlike exp or log
        if u < split:
            return low + round(math.sqrt(u * (high - low) * (mode - low)))
        return high - round(math.sqrt((1 - u) * (high - low) * (high - mode)))

    def choice(self, items: Sequence[T]) -> T:
        """Return one of the items.

        Raises:
            IndexError: There are none.
        """
        return items[self.below(len(items))]

    def bits(self, count: int) -> int:
        """Return an integer of that many random bits, at most 48."""
        return int(self._random() * (1 << count))


class Streams:
    """All streams of one run.

    >>> a, b = Streams(7).stream("printer-1", "jam"), Streams(7).stream("printer-1", "jam")
    >>> [a.below(100) for _ in range(3)] == [b.below(100) for _ in range(3)]
    True
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def stream(self, entity: str, purpose: str) -> Stream:
        """Return a fresh stream, at its beginning."""
        return Stream(f"{self.seed}\0{entity}\0{purpose}")
