"""argparse in the user's language, with options anywhere in the line."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NoReturn

from lab.language import LANGUAGES
from lab.option_order import options_first
from lab.text import Texts

BAD_INPUT = 2
"""Exit code: the command line, or a file that it names, is wrong."""

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


class Stop(Exception):
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


class Parser(argparse.ArgumentParser):
    """A parser that speaks the user's language and leaves the exit to ``lab.cli``.

    Args:
        texts: In that language.
        fill: Adds the arguments, when they are wanted: those of all commands take a tenth of a second.
        options: Of argparse.
    """

    def __init__(self, texts: Texts, fill: Callable[[Parser], None] | None = None, **options: Any) -> None:
        formatter = partial(_Formatter, usage_word=texts("help-usage"))
        super().__init__(add_help=False, allow_abbrev=False, formatter_class=formatter, **options)
        self.texts = texts
        self._fill = fill
        self.arguments = self.add_argument_group(texts("help-arguments"))
        self.options = self.add_argument_group(texts("help-options"))
        self.options.add_argument("-h", "--help", action="help", help=texts("help-help"))
        # it is read before anything else, so that even an error of the command line is in the language
        self.options.add_argument(
            "--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=texts("help-lang")
        )

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Read the arguments of this command; what is left over is an error of its own, not of ``ppelab``."""
        if self._fill is not None:
            fill, self._fill = self._fill, None
            fill(self)
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
        raise Stop(BAD_INPUT)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """End after help or version was shown."""
        if message:
            sys.stderr.write(message)
        raise Stop(status)


def _flat(text: str) -> str:
    from lab.describe import one_line  # noqa: PLC0415 - only an error needs it
    from lab.token_address import shown  # noqa: PLC0415

    # some versions of Python quote the choices, others do not
    return one_line(shown(text.replace("'", "")))
