"""Which language the user is spoken to in. Light: it is needed before anything else is loaded."""

from __future__ import annotations

import os
from collections.abc import Sequence

LANGUAGES = ("ru", "en")
"""The first is the one of who says nothing."""


def language_of(arguments: Sequence[str]) -> str:
    """Find it out before the command line is read: errors in it must be told in that language.

    >>> language_of(["run", "--lang=en"]), language_of(["--lang", "xx"])
    ('en', 'ru')
    """
    chosen = os.environ.get("PPELAB_LANG", "")
    for index, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == "--lang" and index + 1 < len(arguments):
            chosen = arguments[index + 1]
        elif argument.startswith("--lang="):
            chosen = argument.removeprefix("--lang=")
    return chosen if chosen in LANGUAGES else LANGUAGES[0]
