"""``ppelab ctl CONTROL VERB [TARGET]``: does something to a device that ``ppelab serve`` serves."""

from __future__ import annotations

import argparse
import errno
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

from lab.describe import one_line, why
from lab.text import Texts
from simulators.wire.unix import LONGEST_PATH

DONE, BAD_INPUT = 0, 2
OPTIONS = ("seconds", "percent", "at", "count", "after", "loses", "voice", "once")
"""Options of the command line that are passed on as they are."""
ANSWER_WITHIN_S = 30


class _NoAnswer(Exception):
    """The server does not answer, or not as one of ours."""


def control(args: argparse.Namespace, words: Texts) -> int:
    """Send one request; print the state that comes back as a line of JSON."""
    given = {name: getattr(args, name) for name in OPTIONS}
    options = {name: value for name, value in given.items() if value is not None}
    if args.words:
        options["words"] = args.words
    if args.file is not None:
        options["file"] = str(Path(args.file).absolute())  # the server has another working directory
    request = {"verb": args.verb, "target": args.target or "", "options": options}
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
            wire.settimeout(ANSWER_WITHIN_S)
            _connect(wire, args.control)
            wire.sendall(json.dumps(request).encode() + b"\n")
            if args.verb == "watch":
                wire.settimeout(None)
            with wire.makefile("rb") as answers:
                return _answers(answers, words, follows=args.verb == "watch")
    except (OSError, _NoAnswer) as error:
        detail = why(words, error) if isinstance(error, OSError) else str(error)
        print(words("ctl-no-server", path=one_line(args.control), detail=detail), file=sys.stderr)
        return BAD_INPUT


def _connect(wire: socket.socket, path: str) -> None:
    if not path:  # an unset variable, as a rule
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if len(os.fsencode(path)) > LONGEST_PATH:  # Python refuses it without a number of the error
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    wire.connect(path)


def _answers(answers: Any, words: Texts, *, follows: bool) -> int:
    told = False
    for line in answers:
        told = True
        try:
            answer = json.loads(line)
            if not answer["ok"]:
                values = {name: one_line(value) for name, value in answer["values"].items()}
                print(words(answer["error"], **values), file=sys.stderr)
                return BAD_INPUT
            state = answer["state"]
        except (ValueError, AttributeError, TypeError, LookupError) as error:
            raise _NoAnswer(words("ctl-not-ours")) from error
        print(json.dumps(state, ensure_ascii=False), flush=True)
        if not follows:
            return DONE
    if not told:
        raise _NoAnswer(words("ctl-not-ours"))
    return DONE
