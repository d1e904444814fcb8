"""The order of a command line: options may stand anywhere, also between the words of a command."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping
from itertools import islice


def options_first(arguments: Iterable[str], known: Mapping[str, argparse.Action]) -> list[str]:
    """Put options with their values before the words, each in their order; after ``--`` all are words.

    argparse gives the words before an option to as many positional arguments as it can, so that those which
    may be missing miss the words after it.

    Args:
        arguments: Of one command, without its name.
        known: Its options by spelling, each with one value or none.

    >>> parser = argparse.ArgumentParser()
    >>> known = {"--seconds": parser.add_argument("--seconds")}
    >>> options_first(["unplug", "--seconds", "5", "headset-1"], known)
    ['--seconds', '5', 'unplug', 'headset-1']
    """
    options: list[str] = []
    words: list[str] = []
    rest = iter(arguments)
    for each in rest:
        if each == "--":
            words += [each, *rest]
        elif not _is_option(each, known):
            words.append(each)
        else:
            options.append(each)
            if each in known and known[each].nargs is None:
                options += islice(rest, 1)
    return options + words


def _is_option(argument: str, known: Mapping[str, argparse.Action]) -> bool:
    """Decide as argparse does: a lone dash, a negative number and what has a space in it are words."""
    if argument.partition("=")[0] in known:
        return True
    return re.match(r"-[^0-9]", argument) is not None and " " not in argument
