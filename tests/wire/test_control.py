"""The control face: verbs, the state, watching; and no PIN anywhere."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest

from hal.runtime import SECOND
from simulators.wire import control
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
        ({"verb": "remove"}, "control-which-target"),
        ({"verb": "remove", "target": "token-1", "options": {"at": "noon"}}, "control-unknown-call"),
        ({"verb": "remove", "target": "token-1", "options": {"at": []}}, "control-unknown-call"),
        (
            {"verb": "remove", "target": "token-1", "options": {"at": "sign", "count": 0}},
            "control-bad-number",
        ),
        ({"verb": "hang", "target": "token-1", "options": {"seconds": True}}, "control-bad-number"),
        ({"verb": "slow", "target": "token-1", "options": {"percent": "lots"}}, "control-bad-number"),
        ({"verb": "remove", "target": "\udcff"}, "control-not-text"),
        ({"verb": "\udcff"}, "control-not-text"),
        ({"verb": "remove", "target": "token-1", "options": {"at": "\udcff"}}, "control-not-text"),
        ({"verb": "cut", "options": {"after": 1, "loses": "\udcff"}}, "control-not-text"),
        ({"verb": "cut", "options": {"\udcff": 1}}, "control-not-text"),
        ({"verb": "state", "target": "token-1"}, "control-no-target"),
        ({"verb": "watch", "options": {"seconds": 1}}, "control-no-options"),
        ({"verb": "cut", "target": "token-1"}, "control-no-target"),
        ({"verb": "cut", "options": {"loses": "answer"}}, "control-needs-option"),
        ({"verb": "insert", "target": "token-1", "options": {"seconds": 1}}, "control-no-options"),
        ({"verb": "remove", "target": "token-1", "options": {"percent": 50}}, "control-unknown-option"),
        ({"verb": "dead", "target": "token-1", "options": {"count": 2}}, "control-needs-option"),
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


def test_a_request_without_an_end_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "REQUEST_WITHIN_S", 0.1)

    async def main(bench: Bench) -> None:
        one = await hand(bench)
        assert (await one.ask({"verb": "state"}))["ok"]
        await asyncio.sleep(0.3)  # between requests there is no hurry
        assert (await one.ask({"verb": "state"}))["ok"]
        one.writer.write(b'{"verb": ')
        assert not json.loads(await one.reader.readline())["ok"]
        assert await one.reader.read() == b""
        one.writer.close()

    on_bench(main, "rutoken-lite")


def test_what_is_armed_is_shown_and_can_be_withdrawn() -> None:
    async def main(bench: Bench) -> None:
        one = await hand(bench)
        arm = {"verb": "remove", "target": "token-1", "options": {"at": "login", "count": 2, "seconds": 5}}
        answer = await one.ask(arm)
        armed = {"fault": "removed", "at": "login", "left": 2, "seconds": 5}
        assert answer["state"]["tokens"][0]["armed"] == [armed]
        async with connected(bench.socket) as program:
            session = await program.open()
            await fails(Rv.PIN_INCORRECT, program, "Login", session, User.USER, WRONG)
            state = (await one.ask({"verb": "state"}))["state"]
            assert state["tokens"][0]["armed"] == [armed | {"left": 1}]
            for verb in ("disarm", "alive"):
                answer = await one.ask({"verb": verb, "target": "token-1"})
                assert answer["state"]["tokens"][0]["armed"] == []
                await program.call("Login", session, User.USER, PIN)
                await program.call("Logout", session)
                await one.ask(arm)
            await one.ask({"verb": "cut", "options": {"after": 500}})
            state = (await one.ask({"verb": "disarm"}))["state"]
            assert (state["tokens"][0]["armed"], state["cut"]) == ([], None)
        one.writer.close()

    on_bench(main)


@pytest.mark.parametrize("armed", [False, True])
def test_a_token_comes_back_by_itself(armed: bool) -> None:
    async def main(bench: Bench) -> None:
        before = bench.tokens.state()["slots"]
        if armed:
            await bench.do("remove", at="login", seconds=20)
            async with connected(bench.socket) as program:
                session = await program.open()
                await fails(Rv.DEVICE_REMOVED, program, "Login", session, User.USER, PIN)
        else:
            await bench.do("remove", seconds=20)
        assert bench.tokens.state()["slots"] == [{"slot": 0, "token": None}]
        await bench.until(lambda state: state["slots"] == before)

    on_bench(main)


def test_a_hand_is_quicker_than_the_return_of_a_token() -> None:
    async def main(bench: Bench) -> None:
        await bench.do("remove", seconds=10)
        await bench.do("wrong-owner")
        await bench.do("remove")
        await bench.tokens.runtime.sleep(20 * SECOND)
        assert bench.tokens.state()["slots"] == [{"slot": 0, "token": None}]

    on_bench(main, "rutoken-lite")


def test_a_second_fault_takes_the_place_of_the_first() -> None:
    async def main(bench: Bench) -> None:
        token = bench.tokens.tokens["token-1"]
        await bench.do("slow", percent=300)
        await bench.do("slow", percent=900)
        assert token.faults["slow"] == {"factor_percent": 900}
        await bench.do("hang", seconds=3)
        await bench.do("hang", seconds=600)
        await bench.tokens.runtime.sleep(10 * SECOND)
        assert sorted(token.faults) == ["hang", "slow"]
        await bench.do("hang", seconds=3)
        await bench.until(lambda state: state["tokens"][0]["faults"] == ["slow"])

    on_bench(main, "rutoken-lite")
