"""What can be said on the command line of ``ppelab``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from lab.parser import Parser
from lab.text import Texts
from simulators.wire.headset.limits import MOST_HEADSETS
from simulators.wire.limits import LONGEST_FAULT_S
from simulators.wire.pkcs11.limits import MOST_COUNTED, MOST_TOKENS

MOST_SEED = 2**63 - 1
SLOWEST, FASTEST = 0.01, 1_000_000
RECORDED_S = (1, 600)


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


def build_parser(texts: Texts) -> argparse.ArgumentParser:
    """Return the parser of the whole command line in a language."""
    parser = Parser(texts, prog="ppelab", description=texts("help-ppelab"), epilog=_examples(texts))
    parser.options.add_argument(
        "--version", action=_Version, nargs=0, default=argparse.SUPPRESS, help=texts("help-version")
    )
    commands = _subcommands(parser)
    _add(commands, "run", texts, "help-run", _run)
    _add(commands, "scenarios", texts, "help-scenarios", _scenarios)
    _add(commands, "journal", texts, "help-journal", _journal)
    _add(commands, "devices", texts, "help-devices", _devices)
    _add(commands, "check", texts, "help-check", _check)
    _add(commands, "serve", texts, "help-serve", _serve)
    _add(commands, "ctl", texts, "help-ctl", _ctl)
    return parser


def _examples(texts: Texts) -> str:
    title, *lines = texts("help-examples").splitlines()
    return "\n".join((title, *(f"  {line}" for line in lines)))


def _subcommands(parser: Parser, dest: str = "command") -> Any:
    words = parser.texts
    return parser.add_subparsers(
        title=words("help-commands"), metavar=words("help-command"), dest=dest, required=True
    )


def _add(commands: Any, name: str, texts: Texts, key: str, fill: Callable[[Parser], None]) -> None:
    """Add a command.

    Args:
        commands: To these.
        name: Of the command.
        texts: In the user's language.
        key: Of the text that says what it does.
        fill: Adds its arguments.
    """
    about = texts(key)
    commands.add_parser(
        name, texts=texts, fill=fill, help=about, description=f"{about[0].upper()}{about[1:]}."
    )


def _run(parser: Parser) -> None:
    texts = parser.texts
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


def _scenarios(parser: Parser) -> None:
    texts = parser.texts
    inner = _subcommands(parser, "action")
    _add(inner, "list", texts, "help-scenarios-list", _scenarios_list)
    _add(inner, "show", texts, "help-scenarios-show", _scenarios_show)
    _add(inner, "check", texts, "help-scenarios-check", _scenarios_check)
    _add(inner, "schema", texts, "help-scenarios-schema", _scenarios_schema)


def _scenarios_list(parser: Parser) -> None:
    parser.set_defaults(runs="scenarios list")


def _scenarios_show(parser: Parser) -> None:
    texts = parser.texts
    parser.set_defaults(runs="scenarios show")
    parser.arguments.add_argument(
        "scenario", metavar=texts("help-name-or-file"), help=texts("help-run-scenario")
    )


def _scenarios_check(parser: Parser) -> None:
    texts = parser.texts
    parser.set_defaults(runs="scenarios check")
    parser.arguments.add_argument(
        "files", metavar=texts("help-file"), nargs="+", help=texts("help-check-files")
    )


def _scenarios_schema(parser: Parser) -> None:
    parser.set_defaults(runs="scenarios schema")


def _journal(parser: Parser) -> None:
    texts = parser.texts
    inner = _subcommands(parser, "action")
    _add(inner, "show", texts, "help-journal-show", _journal_show)
    _add(inner, "diff", texts, "help-journal-diff", _journal_diff)
    _add(inner, "forms", texts, "help-journal-forms", _journal_forms)


def _journal_show(parser: Parser) -> None:
    texts = parser.texts
    parser.set_defaults(runs="journal show")
    _add_journal_file(parser, "file")
    add = parser.options.add_argument
    add("--event", metavar=texts("help-name"), action="append", default=[], help=texts("help-event"))
    add("--about", metavar=texts("help-text"), default="", help=texts("help-about"))


def _journal_diff(parser: Parser) -> None:
    parser.set_defaults(runs="journal diff")
    for side in ("left", "right"):
        _add_journal_file(parser, side)


def _journal_forms(parser: Parser) -> None:
    texts = parser.texts
    parser.set_defaults(runs="journal forms")
    _add_journal_file(parser, "file")
    parser.options.add_argument(
        "--out", metavar=texts("help-folder"), required=True, help=texts("help-forms-out")
    )


def _add_journal_file(parser: Parser, name: str) -> None:
    texts = parser.texts
    parser.arguments.add_argument(name, metavar=texts("help-file"), help=texts("help-journal-to-read"))


def _devices(parser: Parser) -> None:
    parser.set_defaults(runs="devices")
    parser.options.add_argument("--json", action="store_true", help=parser.texts("help-json"))


def _check(parser: Parser) -> None:
    texts = parser.texts
    inner = _subcommands(parser, "action")
    _add(inner, "token", texts, "help-check-token", _check_token)
    _add(inner, "headset", texts, "help-check-headset", _check_headset)
    _add(inner, "recording", texts, "help-check-recording", _check_recording)


def _check_token(parser: Parser) -> None:
    texts = parser.texts
    parser.set_defaults(runs="check token")
    parser.arguments.add_argument("url", metavar=texts("help-url"), nargs="?", help=texts("help-token-url"))
    add = parser.options.add_argument
    add("--pin-source", metavar=texts("help-file"), help=texts("help-pin-source"))
    add("--last-try", action="store_true", help=texts("help-last-try"))
    add("--json", action="store_true", help=texts("help-json"))


def _check_headset(parser: Parser) -> None:
    texts = parser.texts
    file = texts("help-file")
    parser.set_defaults(runs="check headset")
    parser.arguments.add_argument("url", metavar=texts("help-url"), nargs="?", help=texts("help-headset-url"))
    add = parser.options.add_argument
    seconds = partial(_whole, texts, *RECORDED_S)
    add("--seconds", metavar="N", type=seconds, default=10, help=texts("help-headset-seconds"))
    add("--sweep", action="store_true", help=texts("help-headset-sweep"))
    add("--save", metavar=file, help=texts("help-headset-save"))
    add("--report", metavar=file, help=texts("help-sound-report"))
    add("--json", action="store_true", help=texts("help-json"))


def _check_recording(parser: Parser) -> None:
    texts = parser.texts
    file = texts("help-file")
    parser.set_defaults(runs="check recording")
    parser.arguments.add_argument("files", metavar=file, nargs="+", help=texts("help-recording-files"))
    parser.options.add_argument("--report", metavar=file, help=texts("help-sound-report"))
    parser.options.add_argument("--json", action="store_true", help=texts("help-json"))


def _serve(parser: Parser) -> None:
    texts = parser.texts
    inner = _subcommands(parser, "device")
    _add(inner, "headset", texts, "help-serve-headset", _serve_headset)
    _add(inner, "token", texts, "help-serve-token", _serve_token)


def _serve_token(parser: Parser) -> None:
    texts = parser.texts
    parser.set_defaults(runs="serve token")
    add, name, path = parser.options.add_argument, texts("help-name"), texts("help-path")
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


def _serve_headset(parser: Parser) -> None:
    texts = parser.texts
    parser.set_defaults(runs="serve headset")
    about = texts("help-serve-headset-name")
    parser.arguments.add_argument("name", metavar=texts("help-name"), nargs="?", help=about)
    add = parser.options.add_argument
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


def _ctl(parser: Parser) -> None:
    texts = parser.texts
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


class _Version(argparse.Action):
    """Looks up the version when it is asked for: to read the package's metadata takes a while."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        print(f"ppelab {_version()}")
        parser.exit()


def _version() -> str:
    from importlib import metadata  # noqa: PLC0415 - see _Version

    try:
        return metadata.version("ppe-lab")
    except metadata.PackageNotFoundError:
        return "(not installed)"
