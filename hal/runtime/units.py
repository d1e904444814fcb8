"""Simulation time is an integer count of microseconds; clock texts are made only for people.

Zero is local midnight of the exam day, so 10:00 is ``10 * HOUR`` and the eve is negative.
"""

from __future__ import annotations

import re

MICROSECOND = 1
MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_CLOCK = re.compile(r"(?P<eve>-)?(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?", re.ASCII)


def clock_text(time: int) -> str:
    """Write a time as a person reads it on a wall clock; times of the eve get a leading minus sign.

    >>> clock_text(9 * HOUR + 30 * MINUTE)
    '09:30:00'
    >>> clock_text(-8 * HOUR)
    '-16:00:00'
    """
    eve = "-" if time < 0 else ""
    seconds = (time % DAY) // SECOND
    return f"{eve}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def parse_clock(text: str) -> int:
    """Read ``HH:MM`` or ``HH:MM:SS``; a leading minus sign means the eve of the exam.

    Raises:
        ValueError: The text is not a clock time.

    >>> parse_clock("09:30") == 9 * HOUR + 30 * MINUTE
    True
    >>> parse_clock("-16:00") == -8 * HOUR
    True
    """
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a clock time like 09:30")
    time = int(match["h"]) * HOUR + int(match["m"]) * MINUTE + int(match["s"] or 0) * SECOND
    return time - DAY if match["eve"] else time
