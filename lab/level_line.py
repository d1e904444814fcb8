"""The level meter of a terminal: one line that is drawn anew."""

from __future__ import annotations

from typing import TextIO

from hal.audio.level import Level
from hal.runtime import SECOND
from lab.sound.told import level as told_level
from lab.text import Texts

_LOWEST, _WIDTH = -600, 40
"""The bar begins at -60 dBFS, where speech is no longer heard."""

_GOOD = range(-350, -149)
"""Where the bar of somebody who speaks should end, in tenths of dBFS: a hint, the check decides."""


class LevelLine:
    """Shows levels on a terminal; does nothing elsewhere.

    Args:
        seconds: How long the recording lasts.
        texts: The texts.
        stream: Usually standard error.
    """

    def __init__(self, seconds: int, texts: Texts, stream: TextIO) -> None:
        self._seconds = seconds
        self._texts = texts
        self._stream = stream if stream.isatty() else None
        self._peak = _LOWEST
        self._drawn = 0

    def __call__(self, level: Level, recorded_us: int) -> None:
        """Show the level of a block."""
        if self._stream is None:
            return
        self._peak = max(self._peak - 10, level.peak_tenths)  # falls by 10 dB in a second of blocks
        left = max(0, self._seconds - recorded_us // SECOND)
        line = self._texts(
            "headset-level",
            bar=bar(level.rms_tenths, self._peak),
            level=told_level(level.rms_tenths, self._texts),
            left=left,
        )
        self._write(line.ljust(self._drawn))
        self._drawn = len(line)

    def end(self) -> None:
        """Take the line away."""
        if self._stream is not None and self._drawn:
            self._write(" " * self._drawn)
            self._write("")

    def _write(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(f"\r{text}")
            self._stream.flush()


def bar(rms_tenths: int, peak_tenths: int) -> str:
    """Draw a level and the highest peak of late; the good range is drawn as lines.

    >>> bar(-300, -100)
    '####################---------......|....'
    """
    ends, peak, low, high = (_place(each) for each in (rms_tenths, peak_tenths, _GOOD.start, _GOOD.stop))
    signs = ["#" if at < ends else "-" if low <= at < high else "." for at in range(_WIDTH)]
    if peak_tenths > _LOWEST:
        signs[min(peak, _WIDTH - 1)] = "|"
    return "".join(signs)


def _place(tenths: int) -> int:
    return max(0, min(_WIDTH, (tenths - _LOWEST) * _WIDTH // -_LOWEST))
