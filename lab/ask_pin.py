"""Asking a person for a PIN, without showing it."""

from __future__ import annotations

import getpass
import sys

from hal.secret import Secret
from scenarios.problems import BadInput, Problem


def ask_pin(prompt: str) -> Secret:
    """Ask at the terminal.

    Raises:
        BadInput: Nobody answers (Ctrl-D), nothing was typed, or it is no text.
    """
    try:
        text = getpass.getpass(prompt, stream=sys.stderr)
        text.encode()
    except (EOFError, UnicodeError):  # the error would show what was typed
        text = ""
    if not text:
        raise BadInput((Problem("PIN", "no-pin"),))
    return Secret(text)
