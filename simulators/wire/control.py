"""The control face: one request a line, JSON, over a Unix socket; for a person's hands and for tests.

A request is ``{"verb": "remove", "target": "token-1", "options": {"seconds": 5}}``; target and options may
be missing. The option ``words`` is a list of texts, for verbs that take what has no name. The answer is
``{"ok": true, "state": {…}}``, or ``{"ok": false, "error": "…", "values": {…}}``: the key of a text and what
it needs. The verb ``watch`` is answered with the state at once and after every change, until the other side
leaves. Any family of devices can be controlled so: it gives verbs and a state.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

LONGEST_LINE = 65536
"""Bytes of a request."""

REQUEST_WITHIN_S = 10.0
"""From the first byte of a request to its line feed."""

State = dict[str, Any]
Options = Mapping[str, Any]


class ControlError(Exception):
    """A request cannot be carried out.

    Args:
        code: Which text tells it.
        values: What the text needs.
    """

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Verb:
    """Something that can be done; it raises ``ControlError``.

    Args:
        does: Takes the target and the options.
        options: Which options it knows.
        targeted: Whether it concerns one device.
    """

    does: Callable[[str, Options], Awaitable[None]]
    options: tuple[str, ...] = ()
    targeted: bool = True

    async def __call__(self, target: str, options: Options) -> None:
        """Do it."""
        await self.does(target, options)


class Controlled(Protocol):
    """What is controlled."""

    @property
    def verbs(self) -> Mapping[str, Verb]:
        """What can be done, by name."""

    def state(self) -> State:
        """Return all there is to know, fit for JSON. Never a PIN."""

    async def changed(self, known: State) -> State:
        """Return the state as soon as it is another than ``known``."""


async def _nothing(_target: str, _options: Options) -> None:
    """Change nothing."""


_LOOKING = Verb(_nothing, targeted=False)
"""``state`` and ``watch``, which every family has."""


def _request(line: bytes) -> tuple[str, str, Options]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ControlError("control-not-json") from error
    if not isinstance(request, dict):
        raise ControlError("control-not-json")
    verb, target, options = request.get("verb"), request.get("target", ""), request.get("options", {})
    if not (isinstance(verb, str) and isinstance(target, str) and isinstance(options, dict)):
        raise ControlError("control-not-json")
    words = options.get("words", [])
    if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
        raise ControlError("control-not-json")
    try:
        json.dumps(request, ensure_ascii=False).encode()
    except (
        UnicodeEncodeError
    ) as error:  # half a pair of surrogates: bytes of a command line that are no UTF-8
        raise ControlError("control-not-text") from error
    except RecursionError as error:
        raise ControlError("control-not-json") from error
    return verb, target, options


def _check(name: str, verb: Verb, target: str, options: Options) -> None:
    """Refuse what the verb would pass over."""
    if target and not verb.targeted:
        raise ControlError("control-no-target", verb=name, target=target)
    for option in options:
        if option == "words" and option not in verb.options:
            raise ControlError("control-no-words", verb=name, words=" ".join(options["words"]))
        if option not in verb.options:
            key = "control-unknown-option" if verb.options else "control-no-options"
            values = {"known": ", ".join(verb.options)} if verb.options else {}
            raise ControlError(key, verb=name, option=option, **values)


class Control:
    """Serves requests; ``serve`` is for a ``UnixServer``."""

    def __init__(self, controlled: Controlled) -> None:
        self._controlled = controlled

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests until the other side leaves."""
        try:
            while True:
                try:
                    line = await self._line(reader)
                except (asyncio.LimitOverrunError, TimeoutError):
                    await self._write(writer, _refusal(ControlError("control-not-json")))
                    return
                await self._answer(line, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the other side is gone

    async def _line(self, reader: asyncio.StreamReader) -> bytes:
        """Read a request; once begun, it must end soon."""
        first = await reader.readexactly(1)
        if first == b"\n":
            return first
        async with asyncio.timeout(REQUEST_WITHIN_S):
            return first + await reader.readuntil(b"\n")

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            name, target, options = _request(line)
            verb = _LOOKING if name in ("state", "watch") else self._verb(name)
            _check(name, verb, target, options)
            if name == "watch":
                await self._watch(reader, writer)
            await verb(target, options)
        except ControlError as error:
            await self._write(writer, _refusal(error))
        else:
            await self._write(writer, {"ok": True, "state": self._controlled.state()})

    def _verb(self, name: str) -> Verb:
        verbs = self._controlled.verbs
        if name not in verbs:
            raise ControlError("control-unknown-verb", verb=name, known=", ".join(verbs))
        return verbs[name]

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> NoReturn:
        """Tell every change; whatever the watcher sends, or its leaving, ends the connection."""
        leaves = asyncio.ensure_future(reader.read(1))
        tells = asyncio.ensure_future(self._tell(writer))
        try:
            await asyncio.wait((leaves, tells), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (leaves, tells):
                task.cancel()
            await asyncio.wait((leaves, tells))
        for task in (leaves, tells):
            if not task.cancelled():
                task.result()
        raise ConnectionError

    async def _tell(self, writer: asyncio.StreamWriter) -> None:
        state = self._controlled.state()
        while True:
            await self._write(writer, {"ok": True, "state": state})
            state = await self._controlled.changed(state)

    async def _write(self, writer: asyncio.StreamWriter, answer: Mapping[str, Any]) -> None:
        # what UTF-8 cannot hold is escaped, as JSON has it, too
        line = json.dumps(answer, ensure_ascii=False).encode(errors="backslashreplace")
        writer.write(line + b"\n")
        await writer.drain()


def _refusal(error: ControlError) -> dict[str, Any]:
    return {"ok": False, "error": error.code, "values": error.values}


def unknown_target(target: str, known: Iterable[str]) -> ControlError:
    """Make the error of a target that is none of the known ones, or of several none was named."""
    listed = ", ".join(known)
    if not target:
        return ControlError("control-which-target", known=listed)
    return ControlError("control-unknown-target", target=target, known=listed)


def number(options: Options, name: str, low: int, high: int, default: int | None = None) -> int | None:
    """Take a whole number out of the options.

    Raises:
        ControlError: It is none, or not from ``low`` to ``high``.
    """
    value = options.get(name, default)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ControlError("control-bad-number", name=name, low=str(low), high=str(high))
    return value
