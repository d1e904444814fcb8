"""What a benchmark returns, and how two pieces of work are compared fairly."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """A ratio held against its bar.

    Attributes:
        name: The benchmark.
        ratio: What was measured.
        bar: What it is held against.
        at_least: Whether the bar is the least allowed ratio; else it is the greatest.
        details: Lines for who wants to know more.
    """

    name: str
    ratio: float
    bar: float
    at_least: bool
    details: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the bar is met."""
        return self.ratio >= self.bar if self.at_least else self.ratio <= self.bar

    def line(self) -> str:
        """Write the result in one line.

        >>> Measurement("steps", ratio=0.871, bar=0.75, at_least=True).line()
        'steps ratio=0.87 bar=0.75 ok'
        """
        return f"{self.name} ratio={self.ratio:.2f} bar={self.bar:.2f} {'ok' if self.ok else 'short'}"


def alternate(works: tuple[Callable[[], object], ...], rounds: int) -> tuple[float, ...]:
    """Time several pieces of work in turns; return the shortest processor time of each, in seconds.

    Turns share whatever slows the machine down for a while, and the shortest time is the one that was
    disturbed least.
    """
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for number, work in enumerate(works):
            gc.collect()  # garbage of one work is not cleared at the cost of the next
            start = time.process_time()
            work()
            best[number] = min(best[number], time.process_time() - start)
    return tuple(best)
