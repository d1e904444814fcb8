"""Where PINs come from: a question or a file. They are never shown, and odd answers are no crash."""

from __future__ import annotations

import getpass
import sys

from hal.secret import Secret
from hal.token.pins import flaw_of
from hal.token.pkcs11.uri import BadPinSource, read_pin
from lab.describe import one_line
from scenarios.problems import BadInput, Problem


def pin_of_file(source: str, option: str) -> Secret:
    """Read a PIN from a file; ``option`` is where the person has named it.

    Raises:
        BadInput: The file cannot be read, or what is in it is no PIN.
    """
    try:
        return read_pin(source)
    except BadPinSource as error:
        values = {"path": one_line(error.path), "why": error.why}
        raise BadInput((Problem(option, f"pin-source-{error.reason}", values=values),)) from None


def ask_pin(prompt: str) -> Secret:
    """Ask on the terminal.

    Raises:
        BadInput: Nothing was typed, or what is no PIN; the token is not to be asked then.
    """
    problem = "pin-no-answer"
    try:
        typed = getpass.getpass(prompt, stream=sys.stderr)
    except EOFError:
        print(file=sys.stderr)  # the cursor still stands behind the question
    except UnicodeError:
        problem = "pin-not-utf8"  # the error holds the bytes: it ends here
    else:
        flaw = flaw_of(typed)
        if not flaw:
            return Secret(typed)
        problem = f"pin-{flaw}"
    raise BadInput((Problem(one_line(prompt).rstrip(": "), problem),))
