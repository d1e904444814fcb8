"""A technician's check of a device, step by step; no texts here, see ``checklist_told``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from hal.errors import DeviceError


class Mark(StrEnum):
    """How a step ended."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(slots=True)
class Step:
    """One step of a check.

    Attributes:
        code: Its text is ``check-step-CODE``.
        mark: How it ended.
        told: What there is to say: codes of texts with their values.
        advice: Codes of what to do.
        error: What the device said.
        ms: How long it took, in milliseconds; None if it was not made.
    """

    code: str
    mark: Mark = Mark.SKIPPED
    told: list[tuple[str, Mapping[str, str | float]]] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    error: DeviceError | None = None
    ms: float | None = None

    def say(self, mark: Mark, code: str, advice: str = "", **values: str | float) -> None:
        """Add what there is to say; the worst mark stays."""
        order = list(Mark)
        order.remove(Mark.SKIPPED)
        if self.mark is Mark.SKIPPED or order.index(mark) > order.index(self.mark):
            self.mark = mark
        self.told.append((code, values))
        if advice:
            self.advice.append(advice)


class Stopped(Exception):
    """The check cannot go on; the step says why."""


class Checklist:
    """The steps of a check.

    Args:
        codes: Of the steps, in their order.
    """

    def __init__(self, codes: Iterable[str]) -> None:
        self.steps = {code: Step(code) for code in codes}

    @property
    def failed(self) -> bool:
        """Whether any step failed."""
        return any(step.mark is Mark.FAILED for step in self.steps.values())

    @property
    def warned(self) -> bool:
        """Whether any step has a remark."""
        return any(step.mark is Mark.WARNED for step in self.steps.values())

    @contextmanager
    def step(self, code: str) -> Iterator[Step]:
        """Make a step: its time is taken, and an error of the device ends it.

        Raises:
            Stopped: After the device's error was written down.
        """
        step = self.steps[code]
        start = time.perf_counter()
        try:
            yield step
        except DeviceError as error:
            step.mark, step.error = Mark.FAILED, error
            raise Stopped from error
        finally:
            step.ms = (time.perf_counter() - start) * 1000
