"""Ctrl-C while the program is being loaded, and after its command has ended.

Then nothing is there that would have to be put away, and a ``KeyboardInterrupt`` would strike where nobody
expects one: in the midst of an import that turns it into an error of its own, or in a callback that prints
it and goes on.
"""

from __future__ import annotations

import os
import signal
import sys

from lab.language import language_of

INTERRUPTED = 130
"""The exit code."""

TOLD = {"ru": "Прервано.", "en": "Interrupted."}
"""What ``interrupted`` is in the catalogues, which are not loaded yet."""


def quit_at_once() -> None:
    """Let Ctrl-C end the process with one line, unless it is ignored or dealt with already."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _quit)


def unwind() -> None:
    """Let Ctrl-C raise ``KeyboardInterrupt`` from now on, so that the command puts away what it has begun."""
    if signal.getsignal(signal.SIGINT) is _quit:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _quit(_number: int, _frame: object) -> None:
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    try:
        os.write(2, f"{TOLD[language_of(sys.argv[1:])]}\n".encode(encoding, "backslashreplace"))
    finally:
        os._exit(INTERRUPTED)
