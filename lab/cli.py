"""The ``ppelab`` command.

Exit codes: 0 all held, 1 something did not hold or differs, 2 bad input, 130 interrupted with Ctrl-C.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import metadata
from pkgutil import resolve_name
from typing import Any, NoReturn

from lab.interrupt import INTERRUPTED, unwind
from lab.language import LANGUAGES, language_of
from lab.option_order import options_first
from lab.text import Texts, texts
from simulators.wire.headset.limits import MOST_HEADSETS
from simulators.wire.limits import LONGEST_FAULT_S
from simulators.wire.pkcs11.limits import MOST_COUNTED, MOST_TOKENS

BAD_INPUT, BROKEN_PIPE = 2, 141

MOST_SEED = 2**63 - 1
SLOWEST, FASTEST = 0.01, 1_000_000
RECORDED_S = (1, 600)

_MESSAGES = (
    (r"argument (?P<option>.+?): expected (one|at least one|\d+) arguments?", "usage-needs-value"),
    (
        r"argument (?P<option>.+?): invalid choice: (?P<value>.+) \(choose from (?P<known>.+)\)",
        "usage-choice",
    ),
    (r"argument (?P<option>.+?): ignored explicit argument (?P<value>.+)", "usage-takes-no-value"),
    (r"the following arguments are required: (?P<names>.+)", "usage-required"),
    (r"unrecognized arguments: (?P<names>.+)", "usage-unknown"),
    (r"argument (?P<option>.+?): (?P<why>.+)", "usage-argument"),
)
"""What argparse says, in English, and the keys of our texts."""


class _Stop(Exception):
    """The command line is dealt with: help was shown, or an error told."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help in the user's language."""

    def __init__(self, prog: str, usage_word: str = "", **options: Any) -> None:
        super().__init__(prog, max_help_position=30, **options)
        self._usage_word = usage_word

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, self._usage_word if prefix is None else prefix)


class _Parser(argparse.ArgumentParser):
    """A parser that speaks the user's language and leaves the exit to :func:`main`."""

    def __init__(self, texts: Texts, **options: Any) -> None:
        formatter = partial(_Formatter, usage_word=texts("help-usage"))
        super().__init__(add_help=False, allow_abbrev=False, formatter_class=formatter, **options)
        self.texts = texts
        self.arguments = self.add_argument_group(texts("help-arguments"))
        self.options = self.add_argument_group(texts("help-options"))
        self.options.add_argument("-h", "--help", action="help", help=texts("help-help"))
        # it is read before anything else, so that even an error of the command line is in the language
        self.options.add_argument(
            "--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=texts("help-lang")
        )

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Read the arguments of this command; what is left over is an error of its own, not of ``ppelab``."""
        arguments = sys.argv[1:] if args is None else args
        if self._subparsers is None:
            arguments = options_first(arguments, self._option_string_actions)
        read, left = super().parse_known_args(arguments, namespace)
        if left:
            self.error(f"unrecognized arguments: {' '.join(left)}")
        return read, left

    def error(self, message: str) -> NoReturn:
        """Tell in one line what is wrong with the command line."""
        told = self.texts("usage-other", why=message)
        for pattern, key in _MESSAGES:
            match = re.fullmatch(pattern, message, re.DOTALL)
            if match is not None:
                told = self.texts(key, **{name: _flat(value) for name, value in match.groupdict().items()})
                break
        print(self.texts("usage-error", message=told, prog=self.prog), file=sys.stderr)
        raise _Stop(BAD_INPUT)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """End after help or version was shown."""
        if message:
            sys.stderr.write(message)
        raise _Stop(status)


def _flat(text: str) -> str:
    from lab.describe import one_line  # noqa: PLC0415 - see _COMMANDS
    from lab.token_address import shown  # noqa: PLC0415

    # some versions of Python quote the choices, others do not
    return one_line(shown(text.replace("'", "")))


def _number(texts: Texts, text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or int(text) > MOST_SEED:
        raise argparse.ArgumentTypeError(texts("usage-seed", value=text, most=str(MOST_SEED)))
    return int(text)


def _whole(texts: Texts, low: int, high: int, text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= 19 and low <= int(text) <= high:
        return int(text)
    raise argparse.ArgumentTypeError(texts("usage-whole", value=text, low=str(low), high=str(high)))


def _pace(texts: Texts, text: str) -> float:
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        pace = float(text)
        if pace == 0 or SLOWEST <= pace <= FASTEST:
            return pace
    raise argparse.ArgumentTypeError(texts("usage-pace", value=text))


def _real_pace(texts: Texts, text: str) -> float:
    try:
        pace = _pace(texts, text)
    except argparse.ArgumentTypeError:
        pace = 0.0
    if pace == 0:  # programs outside have no virtual time
        raise argparse.ArgumentTypeError(texts("usage-real-pace", value=text))
    return pace


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


def build_parser(texts: Texts) -> argparse.ArgumentParser:
    """Return the parser of the whole command line in a language."""
    parser = _Parser(texts, prog="ppelab", description=texts("help-ppelab"), epilog=_examples(texts))
    parser.options.add_argument(
        "--version", action="version", version=f"ppelab {_version()}", help=texts("help-version")
    )
    commands = _subcommands(parser)
    _add_run(commands, texts)
    _add_scenarios(commands, texts)
    _add_journal(commands, texts)
    _add_devices(commands, texts)
    _add_serve(commands, texts)
    _add_ctl(commands, texts)
    return parser


def _examples(texts: Texts) -> str:
    title, *lines = texts("help-examples").splitlines()
    return "\n".join((title, *(f"  {line}" for line in lines)))


def _subcommands(parser: _Parser, dest: str = "command") -> Any:
    words = parser.texts
    return parser.add_subparsers(
        title=words("help-commands"), metavar=words("help-command"), dest=dest, required=True
    )


def _add(commands: Any, name: str, texts: Texts, key: str) -> _Parser:
    about = texts(key)
    added: _Parser = commands.add_parser(
        name, texts=texts, help=about, description=f"{about[0].upper()}{about[1:]}."
    )
    return added


def _add_run(commands: Any, texts: Texts) -> None:
    parser = _add(commands, "run", texts, "help-run")
    parser.set_defaults(runs="run")
    parser.arguments.add_argument(
        "scenario", metavar=texts("help-name-or-file"), help=texts("help-run-scenario")
    )
    add = parser.options.add_argument
    add("--seed", metavar="N", type=partial(_number, texts), default=1, help=texts("help-seed"))
    add("--set", metavar=texts("help-path-value"), action="append", default=[], help=texts("help-set"))
    add("--pace", metavar="X", type=partial(_pace, texts), default=0.0, help=texts("help-pace"))
    about = texts("help-device")
    add("--device", metavar=texts("help-family-url"), action="append", default=[], help=about)
    add("--recordings", metavar=texts("help-folder"), help=texts("help-recordings"))
    add("--journal", metavar=texts("help-file"), help=texts("help-journal-file"))
    add("--report", metavar=texts("help-file"), help=texts("help-report-file"))
    add("--verify", action="store_true", help=texts("help-verify"))
    add("--json", action="store_true", help=texts("help-json"))


def _add_scenarios(commands: Any, texts: Texts) -> None:
    parser = _add(commands, "scenarios", texts, "help-scenarios")
    inner = _subcommands(parser, "action")
    _add(inner, "list", texts, "help-scenarios-list").set_defaults(runs="scenarios list")
    show = _add(inner, "show", texts, "help-scenarios-show")
    show.set_defaults(runs="scenarios show")
    show.arguments.add_argument(
        "scenario", metavar=texts("help-name-or-file"), help=texts("help-run-scenario")
    )
    check = _add(inner, "check", texts, "help-scenarios-check")
    check.set_defaults(runs="scenarios check")
    check.arguments.add_argument(
        "files", metavar=texts("help-file"), nargs="+", help=texts("help-check-files")
    )
    _add(inner, "schema", texts, "help-scenarios-schema").set_defaults(runs="scenarios schema")


def _add_journal(commands: Any, texts: Texts) -> None:
    parser = _add(commands, "journal", texts, "help-journal")
    inner = _subcommands(parser, "action")
    show = _add(inner, "show", texts, "help-journal-show")
    show.set_defaults(runs="journal show")
    show.arguments.add_argument("file", metavar=texts("help-file"), help=texts("help-journal-to-read"))
    add = show.options.add_argument
    add("--event", metavar=texts("help-name"), action="append", default=[], help=texts("help-event"))
    add("--about", metavar=texts("help-text"), default="", help=texts("help-about"))
    diff = _add(inner, "diff", texts, "help-journal-diff")
    diff.set_defaults(runs="journal diff")
    forms = _add(inner, "forms", texts, "help-journal-forms")
    forms.set_defaults(runs="journal forms")
    forms.arguments.add_argument("file", metavar=texts("help-file"), help=texts("help-journal-to-read"))
    forms.options.add_argument(
        "--out", metavar=texts("help-folder"), required=True, help=texts("help-forms-out")
    )
    for side in ("left", "right"):
        diff.arguments.add_argument(side, metavar=texts("help-file"), help=texts("help-journal-to-read"))


def _add_serve(commands: Any, texts: Texts) -> None:
    parser = _add(commands, "serve", texts, "help-serve")
    inner = _subcommands(parser, "device")
    _add_serve_headset(inner, texts)
    token = _add(inner, "token", texts, "help-serve-token")
    token.set_defaults(runs="serve token")
    add, name, path = token.options.add_argument, texts("help-name"), texts("help-path")
    known = "rutoken-ecp-2, rutoken-ecp-3, rutoken-lite"
    about = texts("help-serve-profile", known=known)
    add("--profile", metavar=name, action="append", default=[], help=about)
    tokens = partial(_whole, texts, 1, MOST_TOKENS)
    add("--tokens", metavar="N", type=tokens, help=texts("help-serve-tokens"))
    add("--owner", metavar=name, action="append", default=[], help=texts("help-serve-owner"))
    add("--pin", metavar="PIN", help=texts("help-serve-pin"))
    add("--pin-file", metavar=texts("help-file"), help=texts("help-serve-pin-file"))
    add("--admin-pin-file", metavar=texts("help-file"), help=texts("help-serve-admin-pin-file"))
    add("--valid-from", metavar=texts("help-date"), help=texts("help-serve-valid-from"))
    add("--valid-until", metavar=texts("help-date"), help=texts("help-serve-valid-until"))
    add("--store", metavar=texts("help-folder"), help=texts("help-serve-store"))
    add("--socket", metavar=path, help=texts("help-serve-socket"))
    add("--pace", metavar="X", type=partial(_real_pace, texts), default=1.0, help=texts("help-serve-pace"))


def _add_serve_headset(inner: Any, texts: Texts) -> None:
    headset = _add(inner, "headset", texts, "help-serve-headset")
    headset.set_defaults(runs="serve headset")
    about = texts("help-serve-headset-name")
    headset.arguments.add_argument("name", metavar=texts("help-name"), nargs="?", help=about)
    add = headset.options.add_argument
    known = "defender-gryphon-750u, logitech-h390, sennheiser-pc8"
    add("--profile", metavar=texts("help-name"), help=texts("help-serve-headset-profile", known=known))
    count = partial(_whole, texts, 1, MOST_HEADSETS)
    add("--count", metavar="N", type=count, default=1, help=texts("help-serve-headset-count"))
    add("--say", metavar=texts("help-say"), default="voice", help=texts("help-serve-say"))
    add("--voice", metavar=texts("help-name"), default="ru", help=texts("help-ctl-voice"))
    add("--once", action="store_true", help=texts("help-ctl-once"))
    add("--level", metavar="N", default="0", help=texts("help-serve-level"))
    add("--line", action="store_true", help=texts("help-serve-line"))
    add("--fault", metavar=texts("help-fault"), action="append", default=[], help=texts("help-serve-fault"))
    add("--server", metavar=texts("help-address"), help=texts("help-serve-server"))


def _add_ctl(commands: Any, texts: Texts) -> None:
    parser = _add(commands, "ctl", texts, "help-ctl")
    parser.set_defaults(runs="ctl")
    add = parser.arguments.add_argument
    add("control", metavar=texts("help-path"), help=texts("help-ctl-control"))
    add("verb", metavar=texts("help-verb"), help=texts("help-ctl-verb"))
    add("target", metavar=texts("help-target"), nargs="?", help=texts("help-ctl-target"))
    add("words", metavar=texts("help-words"), nargs="*", default=[], help=texts("help-ctl-words"))
    add = parser.options.add_argument
    many = partial(_whole, texts, 1, MOST_COUNTED)
    seconds = partial(_whole, texts, 1, LONGEST_FAULT_S)
    add("--seconds", metavar="N", type=seconds, help=texts("help-ctl-seconds"))
    add("--percent", metavar="N", type=many, help=texts("help-ctl-percent"))
    add("--at", metavar=texts("help-call"), help=texts("help-ctl-at"))
    add("--count", metavar="N", type=many, help=texts("help-ctl-count"))
    messages = partial(_whole, texts, 0, MOST_COUNTED)
    add("--after", metavar="N", type=messages, help=texts("help-ctl-after"))
    add("--loses", metavar="request|answer", help=texts("help-ctl-loses"))
    add("--voice", metavar=texts("help-name"), help=texts("help-ctl-voice"))
    add("--once", action="store_const", const=True, help=texts("help-ctl-once"))
    add("--file", metavar=texts("help-file"), help=texts("help-ctl-file"))


def _add_devices(commands: Any, texts: Texts) -> None:
    devices = _add(commands, "devices", texts, "help-devices")
    devices.set_defaults(runs="devices")
    devices.options.add_argument("--json", action="store_true", help=texts("help-json"))
    check = _add(commands, "check", texts, "help-check")
    inner = _subcommands(check, "action")
    token = _add(inner, "token", texts, "help-check-token")
    token.set_defaults(runs="check token")
    token.arguments.add_argument("url", metavar=texts("help-url"), nargs="?", help=texts("help-token-url"))
    add = token.options.add_argument
    add("--pin-source", metavar=texts("help-file"), help=texts("help-pin-source"))
    add("--last-try", action="store_true", help=texts("help-last-try"))
    add("--json", action="store_true", help=texts("help-json"))
    _add_check_sound(inner, texts)


def _add_check_sound(inner: Any, texts: Texts) -> None:
    file, report = texts("help-file"), texts("help-sound-report")
    headset = _add(inner, "headset", texts, "help-check-headset")
    headset.set_defaults(runs="check headset")
    headset.arguments.add_argument(
        "url", metavar=texts("help-url"), nargs="?", help=texts("help-headset-url")
    )
    add = headset.options.add_argument
    seconds = partial(_whole, texts, *RECORDED_S)
    add("--seconds", metavar="N", type=seconds, default=10, help=texts("help-headset-seconds"))
    add("--sweep", action="store_true", help=texts("help-headset-sweep"))
    add("--save", metavar=file, help=texts("help-headset-save"))
    add("--report", metavar=file, help=report)
    add("--json", action="store_true", help=texts("help-json"))
    recording = _add(inner, "recording", texts, "help-check-recording")
    recording.set_defaults(runs="check recording")
    recording.arguments.add_argument("files", metavar=file, nargs="+", help=texts("help-recording-files"))
    recording.options.add_argument("--report", metavar=file, help=report)
    recording.options.add_argument("--json", action="store_true", help=texts("help-json"))


def _version() -> str:
    try:
        return metadata.version("ppe-lab")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
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
        except _Stop as stop:
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
