"""The ``ppelab`` command.

Exit codes: 0 all held, 1 something did not hold or differs, 2 bad input, 130 interrupted with Ctrl-C.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from pkgutil import resolve_name

from lab.arguments import build_parser
from lab.interrupt import INTERRUPTED, unwind
from lab.language import language_of
from lab.parser import BAD_INPUT, Stop
from lab.text import Texts, texts

BROKEN_PIPE = 141

_COMMANDS = {
    "devices": "lab.devices_command:devices",
    "check token": "lab.check_command:check_token",
    "check headset": "lab.headset_command:check_headset",
    "check recording": "lab.recording_command:check_recording",
    "run": "lab.run_command:run_command",
    "scenarios list": "lab.scenarios_command:list_scenarios",
    "scenarios show": "lab.scenarios_command:show_scenario",
    "scenarios check": "lab.scenarios_command:check_files",
    "scenarios schema": "lab.scenarios_command:print_schema",
    "journal show": "lab.journal_command:show",
    "journal diff": "lab.journal_command:diff",
    "journal forms": "lab.forms_command:forms",
    "serve token": "lab.serve_command:serve_token",
    "serve headset": "lab.serve_headset:serve_headset",
    "ctl": "lab.ctl_command:control",
}
"""Where the commands are; each is loaded when it is wanted, so that a small one does not wait for all."""


def _command(name: str) -> Callable[[argparse.Namespace, Texts], int]:
    command: Callable[[argparse.Namespace, Texts], int] = resolve_name(_COMMANDS[name])
    return command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    with _errors_elsewhere():
        return _code(argv)


@contextmanager
def _errors_elsewhere() -> Iterator[None]:
    """Where it is closed (``2>&-``), ``print`` tells on standard output what belongs on standard error."""
    if sys.stderr is not None:
        yield
        return
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stderr(nowhere):
        yield


def _code(argv: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may lack letters
    arguments = sys.argv[1:] if argv is None else list(argv)
    words = texts(language_of(arguments))
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP", "SIGQUIT"):  # Windows has the first only
            if hasattr(signal, name):  # unwinds, so that no half-written file stays
                signal.signal(getattr(signal, name), _terminated)
    try:
        try:
            code = _main(arguments, words)
        except Stop as stop:
            code = stop.code
        if (
            sys.stdout is None
        ):  # whoever started us has closed it; what was told went nowhere, without an error
            print(words("output-closed"), file=sys.stderr)
            return BAD_INPUT
        sys.stdout.flush()
    except BrokenPipeError:
        return _nobody_reads()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        from lab.describe import why  # noqa: PLC0415 - see _COMMANDS

        print(words("not-written", why=why(words, error)), file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print(words("interrupted"), file=sys.stderr)
        return INTERRUPTED
    return code


def _main(arguments: Sequence[str], words: Texts) -> int:
    args = build_parser(words).parse_args(arguments)
    from lab.describe import problem_text  # noqa: PLC0415 - see _COMMANDS
    from scenarios.problems import BadInput  # noqa: PLC0415

    command = _command(args.runs)
    unwind()
    try:
        return command(args, words)
    except BadInput as error:
        for problem in error.problems:
            print(problem_text(words, problem), file=sys.stderr)
        return BAD_INPUT


def _terminated(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _nobody_reads() -> int:
    """Whoever read our output is gone: be quiet, also when Python closes the stream at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return BROKEN_PIPE
