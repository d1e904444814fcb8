"""What was typed before a question was asked answers no question."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO

if sys.platform == "win32":
    import msvcrt

    def forget_typed(_terminal: TextIO) -> None:
        """Forget what waits to be read."""
        while msvcrt.kbhit():
            msvcrt.getwch()

else:
    import termios

    def forget_typed(terminal: TextIO) -> None:
        """Forget what waits to be read."""
        with suppress(OSError, termios.error):  # it has gone meanwhile: the answer will be none
            termios.tcflush(terminal, termios.TCIFLUSH)
