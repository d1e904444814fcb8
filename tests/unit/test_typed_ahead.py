"""What was typed before a question is no answer to it."""

from __future__ import annotations

import io
import os

from lab.typed_ahead import forget_typed


def test_only_what_is_typed_after_the_question_is_read() -> None:
    keyboard, terminal = os.openpty()
    with os.fdopen(terminal, encoding="utf-8") as stdin:
        os.write(keyboard, b"\n\n")
        forget_typed(stdin)
        os.write(keyboard, b"n\n")
        assert stdin.readline() == "n\n"
    os.close(keyboard)


def test_what_is_no_terminal_has_nothing_to_forget() -> None:
    stdin = io.StringIO("\nn\n")
    forget_typed(stdin)
    assert stdin.readline() == "\n"
