"""A token that is pulled out, dies, hangs, is slow or somebody else's; and a wire that is cut."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from cryptography import x509

from simulators.wire.pkcs11.codec import MOST_BODY
from simulators.wire.pkcs11.constants import Attr, Cls, KeyType, Mech, Rv, SlotFlag, TokenFlag, User
from simulators.wire.pkcs11.server import MOST_AT_ONCE
from simulators.wire.unix import MOST_CONNECTIONS
from tests.wire.bench import ADMIN_PIN, PIN, WRONG, Bench, on_bench
from tests.wire.p11 import BY_NAME, Failed, M, Program, connected, fails, read_answer, request
from tests.wire.test_calls import DATA, logged_in, pair, public_of

SIGN = M(Mech.SHA256_RSA_PKCS)


def working_on(name: str, token: int = 0) -> Any:
    return lambda state: name in state["tokens"][token]["calls"]


async def begun(program: Program, name: str, *arguments: Any) -> asyncio.Task[Any]:
    return asyncio.ensure_future(program.call(name, *arguments))


async def outcome(task: asyncio.Task[Any]) -> Rv:
    try:
        await task
    except Failed as failed:
        return Rv(failed.rv)
    return Rv.OK


def test_removal_in_the_middle_of_a_signature() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            key, _ = await pair(program, session, KeyType.RSA)
            await program.call("SignInit", session, SIGN, key)
            signing = await begun(program, "Sign", session, DATA, 256)
            await bench.until(working_on("Sign"))
            await bench.do("remove")
            assert await outcome(signing) is Rv.DEVICE_REMOVED
            await fails(Rv.DEVICE_REMOVED, program, "GetSessionInfo", session)
            assert await program.call("GetSlotList", 1, 8) == []
            assert not (await program.call("GetSlotInfo", 0))[2] & SlotFlag.TOKEN_PRESENT
            await fails(Rv.TOKEN_NOT_PRESENT, program, "GetTokenInfo", 0)
            await fails(Rv.TOKEN_NOT_PRESENT, program, "OpenSession", 0, 6)
            await bench.do("insert")
            await fails(Rv.SESSION_HANDLE_INVALID, program, "GetSessionInfo", session)
            session = await program.open()
            assert await program.find(session, CLASS=Cls.PRIVATE_KEY) == [], "the login is gone"
            await program.call("Login", session, User.USER, PIN)
            assert await program.find(session, CLASS=Cls.PRIVATE_KEY) != []

    on_bench(main, pace=1)


def test_removal_when_a_call_begins() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            key, _ = await pair(program, session, KeyType.RSA)
            await bench.do("remove", at="sign", count=2)
            for expected in (Rv.OK, Rv.DEVICE_REMOVED):
                await program.call("SignInit", session, SIGN, key)
                assert await outcome(await begun(program, "Sign", session, DATA, 256)) is expected

    on_bench(main)


@pytest.mark.parametrize("call", ["GetTokenInfo", "OpenSession", "Login", "FindObjectsInit"])
def test_removal_in_the_middle_of_other_calls(call: str) -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = 0 if call in {"GetTokenInfo", "OpenSession"} else await program.open()
            arguments: dict[str, Sequence[Any]] = {
                "GetTokenInfo": (0,), "OpenSession": (0, 6), "Login": (session, User.USER, PIN),
                "FindObjectsInit": (session, {}),
            }  # fmt: skip
            await bench.do("hang")
            sent = bench.tokens.wire.messages
            pending = await begun(program, call, *arguments[call])
            await bench.until(lambda state: state["messages"] > sent)
            await asyncio.sleep(0)
            await bench.do("remove")
            gone = Rv.TOKEN_NOT_PRESENT if call == "GetTokenInfo" else Rv.DEVICE_REMOVED
            assert await outcome(pending) is gone

    on_bench(main)


def test_another_persons_token() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            await bench.do("wrong-owner")
            await fails(Rv.SESSION_HANDLE_INVALID, program, "GetSessionInfo", session)
            label, _, _, serial, *_ = await program.call("GetTokenInfo", 0)
            assert (label, serial) == ("Чужой Фома", "5713a901")
            session = await logged_in(program)
            [certificate, *_] = await program.find(session, CLASS=Cls.CERTIFICATE)
            der = await program.get(session, certificate, Attr.VALUE)
            assert "Чужой" in x509.load_der_x509_certificate(der).subject.rfc4514_string()
            await bench.do("insert")
            assert (await program.call("GetTokenInfo", 0))[3] == "3b9ac901"

    on_bench(main)


def test_a_foreign_key_under_the_right_certificate() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            key, public = await pair(program, session, KeyType.RSA)
            await bench.do("foreign-key")
            await program.call("SignInit", session, SIGN, key)
            signature = await program.call("Sign", session, DATA, 256)
            await program.call("VerifyInit", session, SIGN, public)
            await fails(Rv.SIGNATURE_INVALID, program, "Verify", session, DATA, signature)
            await bench.do("alive")
            await program.call("SignInit", session, SIGN, key)
            signature = await program.call("Sign", session, DATA, 256)
            await program.call("VerifyInit", session, SIGN, public)
            await program.call("Verify", session, DATA, signature)
            assert public_of(bench).public_numbers().n > 0

    on_bench(main)


def test_a_dead_token_fails_every_call() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            await bench.do("dead")
            assert await program.call("GetSlotList", 1, 8) == [0], "it is plugged in"
            await fails(Rv.DEVICE_ERROR, program, "GetTokenInfo", 0)
            await fails(Rv.DEVICE_ERROR, program, "FindObjectsInit", session, {})
            await program.call("CloseSession", session)
            await fails(Rv.DEVICE_ERROR, program, "OpenSession", 0, 6)
            await bench.do("alive")
            await logged_in(program)

    on_bench(main)


def test_a_locked_token() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await program.open()
            await bench.do("lock")
            assert (await program.call("GetTokenInfo", 0))[4] & TokenFlag.USER_PIN_LOCKED
            await fails(Rv.PIN_LOCKED, program, "Login", session, User.USER, PIN)
            await bench.do("unlock")
            await program.call("Login", session, User.USER, PIN)
            await program.call("Logout", session)
            await bench.do("lock")
            await program.call("Login", session, User.SO, ADMIN_PIN)
            await program.call("InitPIN", session, PIN)
            await program.call("Logout", session)
            await program.call("Login", session, User.USER, PIN)

    on_bench(main)


def test_a_hanging_token_answers_when_the_fault_passes_and_holds_up_nobody() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program, connected(bench.socket) as other:
            session = await logged_in(program)
            await bench.do("hang")
            pending = await begun(program, "FindObjectsInit", session, {})
            await bench.until(working_on("FindObjects"))
            # another program on the same token's neighbour, and another thread of the same program
            there = await other.open(1)
            assert len(await other.find(there, CLASS=Cls.CERTIFICATE)) == 2
            assert await other.call("GetSlotList", 1, 8) == [0, 1]
            assert not pending.done()
            await bench.do("alive")
            assert await outcome(pending) is Rv.OK

    on_bench(main, "rutoken-ecp-3", "rutoken-ecp-2")


def test_threads_of_one_program_are_answered_out_of_order() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await program.open()
            await bench.do("hang")
            slow = await program.send("FindObjectsInit", session, {})
            quick = await program.send("GetSlotList", 1, 8)
            exchange, body = await program.receive()
            assert (exchange, read_answer(BY_NAME["GetSlotList"], body)) == (quick, [[0]])
            await bench.do("alive")
            assert (await program.receive())[0] == slow

    on_bench(main)


def test_a_program_that_leaves_while_its_call_hangs_leaves_nothing() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await program.open()
            await bench.do("hang")
            sent = [await program.send("FindObjectsInit", session, {}) for _ in range(MOST_AT_ONCE + 1)]
            exchange, body = await program.receive()
            assert exchange == sent[-1]
            with pytest.raises(Failed, match="DEVICE_MEMORY"):
                read_answer(BY_NAME["FindObjectsInit"], body)
        await bench.until(lambda state: state["connections"] == 0)
        assert bench.tokens.state()["tokens"][0]["calls"] == []

    on_bench(main)


def test_a_slow_token() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            runtime = bench.tokens.runtime
            before = runtime.now()
            await program.call("GetTokenInfo", 0)
            sound = runtime.now() - before
            await bench.do("slow", percent=10_000)
            before = runtime.now()
            await program.call("GetTokenInfo", 0)
            assert runtime.now() - before >= 100 * 20_000, "20 ms of the profile, a hundred times slower"
            assert sound < 100 * 20_000

    on_bench(main)


def test_faults_end_by_themselves() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            await bench.do("hang", seconds=5)
            await program.call("GetTokenInfo", 0)
            assert bench.tokens.state()["tokens"][0]["faults"] == []

    on_bench(main)


LOGIN: tuple[tuple[Any, ...], ...] = (
    ("GetSlotList", 1, 8), ("GetTokenInfo", 0), ("OpenSession", 0, 6), ("Login", 1, User.USER, PIN),
    ("FindObjectsInit", 1, {}), ("FindObjects", 1, 10), ("FindObjectsFinal", 1), ("Logout", 1),
)  # fmt: skip


GONE = (asyncio.IncompleteReadError, ConnectionError)


async def log_in_and_out(bench: Bench, passed: list[str]) -> None:
    async with connected(bench.socket) as program:
        passed.append("Initialize")
        for call in LOGIN:
            await program.call(*call)
            passed.append(call[0])


@pytest.mark.parametrize("loses", ["request", "answer"])
def test_the_wire_is_cut_at_every_message_of_a_login(loses: str) -> None:
    async def main(bench: Bench) -> None:
        for after in range(1 + len(LOGIN)):
            await bench.do("cut", after=after, loses=loses)
            passed: list[str] = []
            with pytest.raises(GONE):
                await log_in_and_out(bench, passed)
            assert len(passed) == after
            # the next program finds everything as it should be
            async with connected(bench.socket) as program:
                session = await logged_in(program)
                assert len(await program.find(session, CLASS=Cls.PRIVATE_KEY)) == 3
            await bench.until(lambda state: state["connections"] == 0 and state["cut"] is None)

    on_bench(main)


def test_an_answer_that_is_lost_was_carried_out() -> None:
    async def main(bench: Bench) -> None:
        for loses, left in (("request", "ok"), ("answer", "low")):
            await bench.do("cut", after=2, loses=loses)
            async with connected(bench.socket) as program:
                session = await program.open()
                with pytest.raises(GONE):
                    await program.call("Login", session, User.USER, WRONG)
            assert bench.tokens.state()["tokens"][0]["pin"] == left

    on_bench(main)


def test_cutting_now_ends_all_connections() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            await program.open()
            await bench.do("hang")
            pending = await begun(program, "GetTokenInfo", 0)
            await bench.until(lambda state: state["messages"] == 3)
            await bench.do("cut")
            with pytest.raises(GONE):
                await pending
        await bench.until(lambda state: state["connections"] == 0)

    on_bench(main)


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\xff" * 64,
        (16).to_bytes(4, "big") + bytes(4) + (MOST_BODY + 1).to_bytes(4, "big"),
        (16).to_bytes(4, "big") + bytes(4) + (2).to_bytes(4, "big") + b"\0\0",
    ],
)
def test_garbage_ends_its_own_connection(garbage: bytes) -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as sound:
            async with connected(bench.socket) as program:
                program.writer.write(garbage)
                assert await program.reader.read() == b""
            assert bench.tokens.wire.refused == 1
            await logged_in(sound)

    on_bench(main)


def test_later_versions_of_p11_kit_are_answered_with_ours() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket, hello=b"\2") as program:
            await logged_in(program)
            body = request("GetInfo").replace(b"\0\0\0\3", b"\0\0\0\x41", 1)
            program.writer.write(b"\0\0\1\0" + bytes(4) + len(body).to_bytes(4, "big") + body)
            _, answer = await program.receive()
            with pytest.raises(Failed, match="FUNCTION_NOT_SUPPORTED"):
                read_answer(BY_NAME["GetInfo"], answer)
            await program.call("GetInfo")

    on_bench(main)


def test_more_connections_than_we_serve() -> None:
    async def main(bench: Bench) -> None:
        programs = [await asyncio.open_unix_connection(bench.socket) for _ in range(MOST_CONNECTIONS)]
        await bench.until(lambda state: state["connections"] == MOST_CONNECTIONS)
        reader, writer = await asyncio.open_unix_connection(bench.socket)
        assert await reader.read() == b""
        for _, each in (*programs, (reader, writer)):
            each.close()
        await bench.until(lambda state: state["connections"] == 0)
        async with connected(bench.socket) as program:
            await logged_in(program)

    on_bench(main)
