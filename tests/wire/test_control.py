"""The control face: verbs, the state, watching; and no PIN anywhere."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest

from simulators.wire.control import LONGEST_LINE, ControlError
from simulators.wire.pkcs11.constants import Rv, User
from tests.wire.bench import ADMIN_PIN, PIN, WRONG, Bench, on_bench
from tests.wire.p11 import connected, fails


class Hand:
    """One connection to the control socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, line: bytes | dict[str, Any]) -> Any:
        self.writer.write((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n")
        return json.loads(await self.reader.readline())


async def hand(bench: Bench) -> Hand:
    return Hand(*await asyncio.open_unix_connection(bench.control))


def test_a_state_after_every_verb() -> None:
    async def main(bench: Bench) -> None:
        one = await hand(bench)
        answer = await one.ask({"verb": "state"})
        assert answer["ok"]
        assert [slot["token"] for slot in answer["state"]["slots"]] == ["token-1", "token-2"]
        answer = await one.ask({"verb": "remove", "target": "token-2"})
        assert [slot["token"] for slot in answer["state"]["slots"]] == ["token-1", None]
        for verb, fault in (("dead", "dead"), ("slow", "slow"), ("hang", "hang"), ("lock", "locked")):
            answer = await one.ask({"verb": verb, "target": "token-1"})
            assert fault in answer["state"]["tokens"][0]["faults"]
        for verb in ("alive", "unlock"):
            answer = await one.ask({"verb": verb, "target": "token-1"})
        assert answer["state"]["tokens"][0]["faults"] == []
        one.writer.close()

    on_bench(main, "rutoken-ecp-3", "rutoken-ecp-3")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"not json", "control-not-json"),
        (b"[1, 2]", "control-not-json"),
        (b'{"target": "token-1"}', "control-not-json"),
        (b'{"verb": 7}', "control-not-json"),
        (b'{"verb": "state", "options": []}', "control-not-json"),
        (b"[" * 50_000, "control-not-json"),
        ({"verb": "explode"}, "control-unknown-verb"),
        ({"verb": "remove", "target": "token-7"}, "control-unknown-target"),
        ({"verb": "remove"}, "control-unknown-target"),
        ({"verb": "remove", "target": "token-1", "options": {"at": "noon"}}, "control-unknown-call"),
        ({"verb": "remove", "target": "token-1", "options": {"at": []}}, "control-unknown-call"),
        (
            {"verb": "remove", "target": "token-1", "options": {"at": "sign", "count": 0}},
            "control-bad-number",
        ),
        ({"verb": "hang", "target": "token-1", "options": {"seconds": True}}, "control-bad-number"),
        ({"verb": "slow", "target": "token-1", "options": {"percent": "lots"}}, "control-bad-number"),
        ({"verb": "cut", "options": {"after": -1}}, "control-bad-number"),
        ({"verb": "cut", "options": {"after": 1, "loses": "all"}}, "control-bad-loses"),
        ({"verb": "cut", "options": {"after": 1, "loses": {}}}, "control-bad-loses"),
    ],
)
def test_what_cannot_be_done(line: Any, code: str) -> None:
    async def main(bench: Bench) -> None:
        one = await hand(bench)
        before = (await one.ask({"verb": "state"}))["state"]
        answer = await one.ask(line)
        assert (answer["ok"], answer["error"]) == (False, code)
        assert (await one.ask({"verb": "state"}))["state"] == before
        one.writer.close()

    on_bench(main, "rutoken-lite", "rutoken-lite")


def test_an_endless_line_ends_the_connection() -> None:
    async def main(bench: Bench) -> None:
        one = await hand(bench)
        answer = await one.ask(b"x" * 2 * LONGEST_LINE)
        assert not answer["ok"]
        with suppress(ConnectionError):  # it had more to say than we read
            assert await one.reader.read() == b""
        one.writer.close()

    on_bench(main, "rutoken-lite")


def test_watching() -> None:
    async def main(bench: Bench) -> None:
        watcher, other = await hand(bench), await hand(bench)
        first = await watcher.ask({"verb": "watch"})
        assert first["state"]["slots"] == [{"slot": 0, "token": "token-1"}]
        await other.ask({"verb": "remove", "target": "token-1"})
        told = json.loads(await watcher.reader.readline())
        assert told["state"]["slots"] == [{"slot": 0, "token": None}]
        watcher.writer.close()
        other.writer.close()

    on_bench(main, "rutoken-lite")


def test_a_token_that_is_lost_cannot_be_inserted() -> None:
    async def main(bench: Bench) -> None:
        from simulators.faults import Never

        bench.tokens.tokens["token-1"].begin_fault("removed", {}, Never())
        with pytest.raises(ControlError, match="control-token-lost"):
            await bench.do("insert")

    on_bench(main, "rutoken-lite")


def test_no_pin_is_shown() -> None:
    async def main(bench: Bench) -> None:
        one = await hand(bench)
        async with connected(bench.socket) as program:
            session = await program.open()
            await fails(Rv.PIN_INCORRECT, program, "Login", session, User.USER, WRONG)
            await program.call("Login", session, User.USER, PIN)
            state = json.dumps(await one.ask({"verb": "state"}))
        seen = state + repr(bench.tokens.__dict__) + repr(bench.tokens.tokens["token-1"].__dict__)
        for pin in (PIN, ADMIN_PIN, WRONG):
            assert pin.decode() not in seen
        one.writer.close()

    on_bench(main)
