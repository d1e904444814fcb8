"""What an answer of several parts is worth."""

from __future__ import annotations

import pytest

from station_core.answer_file import Kept
from station_core.answers import Answer
from station_core.heard import Heard
from station_core.listening import worth
from station_core.recorder import FORMAT

Parts = tuple[tuple[float, tuple[str, ...] | None], ...]


def answer(parts: Parts) -> Answer:
    """An answer of parts, each of so many seconds and with these reasons; nobody heard one without."""
    made = Answer("p")
    for number, (seconds, reasons) in enumerate(parts):
        heard = None if reasons is None else Heard(-100 * number, -600, reasons)
        made = made.begun(f"{number}", "h").with_kept(
            Kept(round(seconds * FORMAT.rate_hz)), heard, closed=True
        )
    return made


@pytest.mark.parametrize(
    ("parts", "reasons"),
    [
        (((20, ()),), ()),
        (((20, ("hum",)), (20, ("quiet",))), ("quiet", "hum")),  # in the order of the list
        (((20, ()), (0.5, ("too-short",))), ()),
        (((0.5, ("too-short",)), (0.6, ("too-short",))), ()),  # together they are long enough
        (((0.4, ("too-short",)), (0.5, ("too-short",))), ("too-short",)),
        (((0.4, ("silent", "too-short")), (0.5, ("silent", "too-short"))), ("silent", "too-short")),
        (((20, ()), (5, ("silent",))), ()),
        (((20, ()), (12, ("silent",))), ("silent",)),  # too long for a pause
        (((2, ()), (5, ("silent",))), ("silent",)),  # most of the answer
        (((5, ("silent",)), (5, ("silent",))), ("silent",)),
        (((20, ()), (5, ("silent", "hum"))), ("hum",)),
        (((20, None), (5, ("quiet",))), ("quiet",)),
        (((20, None), (0.5, ("too-short",))), ()),  # nobody knows; ``unheard`` says so
        (((20, ()), (0, ("silent", "too-short"))), ()),  # nothing of it is there
        (((20, None), (0, ("silent", "too-short"))), ()),
        (((0, ("silent", "too-short")),), ("silent", "too-short")),
    ],
)
def test_reasons(parts: Parts, reasons: tuple[str, ...]) -> None:
    assert worth(answer(parts)).reasons == reasons


def test_levels_are_those_of_the_longest_part_that_was_heard() -> None:
    made = answer(((20, None), (3, ()), (5, ()), (4, ())))
    assert worth(made).active_level_tenth_db == -200
    assert made.unheard == 1
