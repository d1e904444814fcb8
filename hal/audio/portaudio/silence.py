"""Exact zeros wait for what follows them: they may be all that is left of a headset.

A microphone that was pulled out or muted goes on as zeros until somebody tells why (``watchdog``). They are
nothing that was spoken, and in a recording they would be a dropout that never was. So they are passed on with
the sound after them; of what waits when the recording fails nothing is.
"""

from __future__ import annotations

from hal.audio.portaudio.wire import Sound

HELD_MS = 500
"""Zeros for longer are passed on as they come: a failure is told before (300 ms; the rest is for a busy
computer), and headsets that gate noise give zeros in every pause."""


def is_silent(data: bytes) -> bool:
    r"""Whether there is nothing but zeros.

    >>> is_silent(bytes(4)), is_silent(b"\x00\x01")
    (True, False)
    """
    return data.count(0) == len(data)


class Silence:
    """Keeps zeros back.

    Args:
        bytes_per_second: Of the sound.
    """

    def __init__(self, bytes_per_second: int) -> None:
        self._most = HELD_MS * bytes_per_second // 1000
        self._kept: list[Sound] = []
        self._zeros = 0

    def add(self, chunk: Sound) -> list[Sound]:
        """Add a chunk; return those that can be passed on, in their order."""
        self._kept.append(chunk)
        if is_silent(chunk.data):
            self._zeros += len(chunk.data)
            if self._zeros <= self._most:
                return []
        else:
            self._zeros = 0
        passed, self._kept = self._kept, []
        return passed
