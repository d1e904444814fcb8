"""What can be a PIN: anything else is refused before a token counts it as a wrong one."""

from __future__ import annotations

import unicodedata


def flaw_of(text: str) -> str:
    r"""Return the code of what is wrong with a text as a PIN, or nothing.

    >>> flaw_of("12345678"), flaw_of(""), flaw_of("1\t2"), flaw_of(" 12"), flaw_of("1\udcff")
    ('', 'empty', 'control', 'spaces', 'not-utf8')
    """
    if not text:
        return "empty"
    kinds = set(map(unicodedata.category, text))
    if "Cs" in kinds:  # bytes that are no UTF-8, as Python reads them
        return "not-utf8"
    if "Cc" in kinds:
        return "control"
    return "spaces" if text != text.strip() else ""
