"""How long an oral answer takes, as the editions of the regulation say it [001:23]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from hal.runtime import MINUTE


class OralTiming(BaseModel):
    """Minutes that one participant has at the workplace.

    Args:
        subjects: Abbreviations after the number of the subject (``КИТ`` of ``34-КИТ``); none = all others.
        instruction_min: Preparatory steps before the КИМ opens.
        reading_min: Reading the КИМ and preparing the answer.
        answer_min: Recording of the answer.
        why: What of it the source does not say.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    subjects: tuple[str, ...] = ()
    instruction_min: Annotated[int, Field(ge=0)]
    reading_min: Annotated[int, Field(ge=0)]
    answer_min: Annotated[int, Field(ge=1)]
    source: Annotated[str, Field(pattern=r"^[0-9]{3}:[0-9]+(-[0-9]+)?$")]
    why: str = ""

    @property
    def instruction(self) -> int:
        """In microseconds."""
        return self.instruction_min * MINUTE

    @property
    def reading(self) -> int:
        """In microseconds."""
        return self.reading_min * MINUTE

    @property
    def answer(self) -> int:
        """In microseconds."""
        return self.answer_min * MINUTE


def timing_for(timings: Sequence[OralTiming], subject: str) -> OralTiming:
    """Return the timing of a subject such as ``34-КИТ``.

    Raises:
        LookupError: The edition has none for it.
    """
    abbreviation = subject.partition("-")[2]
    for timing in timings:
        if abbreviation in timing.subjects:
            return timing
    for timing in timings:
        if not timing.subjects:
            return timing
    raise LookupError(f"no timing of the oral exam for {subject}")
