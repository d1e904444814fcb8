"""``ppelab ctl CONTROL VERB [TARGET]``: does something to a device that ``ppelab serve`` serves."""

from __future__ import annotations

import argparse
import errno
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from lab.describe import control_text, one_line, why
from lab.text import Texts
from simulators.wire.unix import LONGEST_PATH

DONE, BAD_INPUT = 0, 2
OPTIONS = ("seconds", "percent", "at", "count", "after", "loses", "voice", "once")
"""Options of the command line that are passed on as they are."""
ANSWER_WITHIN_S = 30


class _NoAnswer(Exception):
    """The server does not answer, or not as one of ours."""


class _Refused(Exception):
    """The server does not do it; says why, in words."""


def control(args: argparse.Namespace, words: Texts) -> int:
    """Send one request; print the state that comes back as a line of JSON."""
    if "" in (args.target, *args.words):
        print(words("ctl-empty-word"), file=sys.stderr)
        return BAD_INPUT
    given = {name: getattr(args, name) for name in OPTIONS}
    options = {name: value for name, value in given.items() if value is not None}
    if args.words:
        options["words"] = args.words
    if args.file is not None:
        options["file"] = str(Path(args.file).absolute())  # the server has another working directory
    request = {"verb": args.verb, "target": args.target or "", "options": options}
    try:
        for state in _states(args.control, request, words):
            print(json.dumps(state, ensure_ascii=False), flush=True)
    except _NoAnswer as error:
        print(words("ctl-no-server", path=one_line(args.control), detail=str(error)), file=sys.stderr)
        return BAD_INPUT
    except _Refused as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return DONE


def _states(path: str, request: dict[str, Any], words: Texts) -> Iterator[Any]:
    """Send a request; yield the state that comes back, for ``watch`` one after the other.

    Raises:
        _NoAnswer, _Refused
    """
    follows = request["verb"] == "watch"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        with _told(words):
            wire.settimeout(ANSWER_WITHIN_S)
            _connect(wire, path)
            wire.sendall(json.dumps(request).encode() + b"\n")
            if follows:
                wire.settimeout(None)
        with wire.makefile("rb") as answers:
            yield _state(_next(answers, words), words)
            while follows:
                line = _next(answers, words)
                if not line:
                    return
                yield _state(line, words)


@contextmanager
def _told(words: Texts) -> Iterator[None]:
    """Tell a failure of the socket; one of our own output is another matter."""
    try:
        yield
    except OSError as error:
        raise _NoAnswer(why(words, error)) from error


def _next(answers: BinaryIO, words: Texts) -> bytes:
    with _told(words):
        return answers.readline()


def _state(line: bytes, words: Texts) -> Any:
    try:
        answer = json.loads(line)
        if answer["ok"]:
            return answer["state"]
        refusal = control_text(words, answer["error"], answer["values"])
    except (ValueError, AttributeError, TypeError, LookupError) as error:
        raise _NoAnswer(words("ctl-not-ours")) from error
    raise _Refused(refusal)


def _connect(wire: socket.socket, path: str) -> None:
    if not path:  # an unset variable, as a rule
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if len(os.fsencode(path)) > LONGEST_PATH:  # Python refuses it without a number of the error
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    wire.connect(path)
