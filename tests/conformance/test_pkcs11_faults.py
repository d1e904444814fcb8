"""What must never stop a station: removal, foreign tokens, hangs, and a wire that breaks anywhere."""

from __future__ import annotations

import asyncio
import os
import time
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hal.errors import DeviceDead, DeviceError, DeviceTimeout, NotSupported
from hal.secret import Secret
from hal.token import (
    Certificate,
    KeyNotFound,
    Mechanism,
    ModuleMissing,
    NotLoggedIn,
    PinIncorrect,
    PinLocked,
    PinRejected,
    PinRole,
    PinState,
    TokenError,
    TokenNotPresent,
    TokenRemoved,
    WrongToken,
    signatures,
    wrapping,
)
from hal.token.pkcs11.deadlines import Deadlines
from hal.token.pkcs11.port import Pkcs11Port
from hal.token.pkcs11.session import Pkcs11Token
from tests.peers.faulty_wire import FaultyWire
from tests.peers.p11kit import P11KitServer
from tests.peers.programs import P11_KIT_CLIENT, SOFTHSM, module
from tests.peers.shim import At, Shim
from tests.peers.softhsm import EC_ID, PIN, RSA_ID, SoftHsm

RSA = Mechanism.RSA_PKCS_SHA256

SHORT = 0.3
"""A deadline for what hangs, in seconds: long enough for what does not."""

LATE = 3.0
"""How much later than its deadline an error may come on a busy machine, in seconds."""


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


@asynccontextmanager
async def opened(
    path: str | Path, deadlines: Deadlines | None = None
) -> AsyncIterator[tuple[Pkcs11Port, Pkcs11Token]]:
    async with Pkcs11Port(str(path), deadlines, poll=0.02) as port:
        token = await port.open()
        try:
            await token.login(PIN)
            yield port, token
        finally:
            await token.close()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    while not holds():  # noqa: ASYNC110 - shared memory wakes nobody
        await asyncio.sleep(0.001)


# -- removal ----------------------------------------------------------------------------------------


def test_removal_during_a_signature(shim: Shim) -> None:
    async def main() -> None:
        async with opened(shim.path) as (port, token):
            shim.set(sign_ms=30_000, entered=0)
            signing = asyncio.create_task(token.sign(RSA_ID, b"x", RSA))
            await until(lambda: shim.get("entered") > 0)
            shim.remove()
            with pytest.raises(TokenRemoved):
                await signing
            shim.set(sign_ms=0)
            with pytest.raises(TokenRemoved):
                await token.status()
            shim.insert()
            with pytest.raises(TokenRemoved):  # for good
                await token.sign(RSA_ID, b"x", RSA)
            again = await port.open()
            await again.login(PIN)
            assert await again.sign(RSA_ID, b"x", RSA)
            await again.close()

    run(main())


@pytest.mark.parametrize("value", [0x05, 0x06, 0x30], ids=["general", "function-failed", "device-error"])
def test_removal_that_the_module_calls_something_else(shim: Shim, value: int) -> None:
    async def main() -> None:
        async with opened(shim.path) as (_, token):
            shim.fail(At.SIGN, value)
            with pytest.raises(TokenError) as caught:  # the token is there: the module's word stands
                await token.sign(RSA_ID, b"x", RSA)
            assert not isinstance(caught.value, TokenRemoved)
            shim.heal()
            assert await token.sign(RSA_ID, b"x", RSA)  # still logged in
            shim.fail(At.SIGN, value)
            shim.set(sign_ms=0)
            signing = asyncio.create_task(_sign_until_error(token))
            shim.remove()
            with pytest.raises(TokenRemoved):
                await signing

    run(main())


async def _sign_until_error(token: Pkcs11Token) -> None:
    while True:
        try:
            await token.sign(RSA_ID, b"x", RSA)
        except TokenRemoved:
            raise
        except TokenError:
            continue


def test_out_and_in_again_between_two_calls_is_noticed(shim: Shim) -> None:
    async def main() -> None:
        for call in ("status", "sign", "logout"):
            async with opened(shim.path) as (_, token):
                shim.remove()
                shim.insert()
                with pytest.raises(TokenRemoved):
                    await (token.sign(RSA_ID, b"x", RSA) if call == "sign" else token.status())

    run(main())


def test_another_persons_token(shim: Shim, softhsm: SoftHsm) -> None:
    async def main() -> None:
        key = bytes(range(32))
        mine = wrapping.wrap(softhsm.tokens["T1"][0].der, key)
        async with opened(shim.path) as (port, token):
            assert await token.unwrap(RSA_ID, mine) == key
            shim.remove(1)
            shim.insert(2)
            with pytest.raises(TokenRemoved):
                await token.unwrap(RSA_ID, mine)
            other = await port.open()
            await other.login(PIN)
            assert [each.subject for each in await other.certificates()] == ["Петрова Анна Сергеевна"]
            with pytest.raises(WrongToken, match="another certificate"):
                await other.unwrap(RSA_ID, mine)
            with pytest.raises(KeyNotFound):
                await other.unwrap(EC_ID, mine)
            await other.close()
            with pytest.raises(TokenNotPresent):
                await port.open(token.info.serial)

    run(main())


# -- PINs -------------------------------------------------------------------------------------------


def test_ten_wrong_pins_lock_and_the_token_warns_before(shim: Shim) -> None:
    async def main() -> None:
        shim.set(lock_after=10)
        async with Pkcs11Port(str(shim.path)) as port:
            token = await port.open()
            states, tries = [], []
            for _ in range(9):
                with pytest.raises(PinIncorrect) as caught:
                    await token.login(Secret("00000000"))
                tries.append(caught.value.tries_left)
                states.append((await token.status()).pin)
            assert tries == [None] * 8 + [1]
            assert states == [PinState.LOW] * 8 + [PinState.FINAL_TRY]
            with pytest.raises(PinLocked):  # the module says "incorrect", and the token's flags the rest
                await token.login(Secret("00000000"))
            for _ in range(3):
                with pytest.raises(PinLocked):
                    await token.login(PIN)
            assert (await token.status()).pin is PinState.LOCKED
            assert await token.certificates()
            await token.close()

    run(main())


@pytest.mark.parametrize("pin", ["1", "0" * 300, "пароль", "a\0b"])
def test_odd_pins_are_just_wrong(softhsm: SoftHsm, pin: str) -> None:
    async def main() -> None:
        async with Pkcs11Port(module(SOFTHSM)) as port:
            token = await port.open((await port.tokens())[0].serial)
            with pytest.raises(PinIncorrect):
                await token.login(Secret(pin))
            await token.login(PIN)
            await token.close()

    run(main())


def test_an_empty_pin_spends_no_try(shim: Shim) -> None:
    async def main() -> None:
        shim.set(lock_after=3)
        async with opened(shim.path) as (_, token):
            for role in PinRole:
                with pytest.raises(PinRejected):
                    await token.login(Secret(""), role)
            with pytest.raises(PinRejected):
                await token.change_pin(Secret(""), PIN)
            assert shim.get("wrong_1") == 0
            assert (await token.status()).pin is PinState.OK

    run(main())


def test_a_new_pin_that_the_token_does_not_take(softhsm: SoftHsm) -> None:
    async def main() -> None:
        softhsm.token("T2").rename(softhsm.folder / "away")
        async with opened(module(SOFTHSM)) as (_, token):
            with pytest.raises(PinRejected):
                await token.change_pin(PIN, Secret("1"))
            with pytest.raises(PinRejected):
                await token.change_pin(PIN, Secret("1" * 300))
            await token.login(PIN)

    run(main())


def test_no_pin_in_errors_and_in_what_the_system_shows(softhsm: SoftHsm) -> None:
    secret = "4711-0815"  # noqa: S105

    async def main() -> None:
        async with Pkcs11Port(module(SOFTHSM)) as port:
            token = await port.open((await port.tokens())[0].serial)
            with pytest.raises(PinIncorrect) as wrong:
                await token.login(Secret(secret))
            with pytest.raises(PinIncorrect) as change:
                await token.change_pin(Secret(secret), Secret(secret))
            for error in (wrong.value, change.value):
                told = traceback.TracebackException.from_exception(error, capture_locals=True)
                ours = [frame for frame in told.stack if "/hal/" in frame.filename]
                assert ours
                assert secret not in f"{error} {error!r} {[frame.locals for frame in ours]}"
                assert error.__cause__ is None
            assert secret.encode() not in _shown_of_children()
            await token.close()

    run(main())


def _shown_of_children() -> bytes:
    """Return the command lines and environments of our processes."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return b"".join(
        Path(f"/proc/{child}/{file}").read_bytes() for child in children for file in ("cmdline", "environ")
    )


def exists(process: int) -> bool:
    """Whether there is such a process, be it a zombie."""
    return Path(f"/proc/{process}").exists()


# -- hangs ------------------------------------------------------------------------------------------

HANGS: dict[At, Callable[[Pkcs11Token], Coroutine[Any, Any, object]]] = {
    At.SIGN: lambda token: token.sign(RSA_ID, b"x", RSA),
    At.LOGIN: lambda token: token.login(PIN),
    At.TOKEN_INFO: lambda token: token.status(),
    At.FIND: lambda token: token.certificates(),
    At.SET_PIN: lambda token: token.change_pin(PIN, PIN),
}


@pytest.mark.parametrize("hard", [False, True], ids=["asleep", "signals-blocked"])
@pytest.mark.parametrize("at", HANGS)
def test_a_module_that_hangs_for_a_minute(shim: Shim, at: At, hard: bool) -> None:
    async def main() -> None:
        async with opened(shim.path) as (_, token):
            for name in ("sign", "login", "status", "certificates", "change_pin"):
                object.__setattr__(token._place.deadlines, name, SHORT)
            worker = token._channel.pid
            ticks = 0

            async def station() -> None:
                nonlocal ticks
                while True:
                    await asyncio.sleep(0.01)
                    ticks += 1

            goes_on = asyncio.create_task(station())
            shim.hang(at, hard=hard)
            start = time.monotonic()
            with pytest.raises(DeviceTimeout):
                await HANGS[at](token)
            assert time.monotonic() - start < SHORT + LATE
            goes_on.cancel()
            assert ticks >= 5
            assert not exists(worker)  # not even as a zombie
            shim.heal()
            with pytest.raises(NotLoggedIn):  # a fresh worker
                await token.sign(RSA_ID, b"x", RSA)
            await token.login(PIN)
            assert await token.sign(RSA_ID, b"x", RSA)

    run(main())


@pytest.mark.parametrize("at", [At.INITIALIZE, At.LIST, At.OPEN])
def test_a_module_that_hangs_before_the_token_is_open(shim: Shim, at: At) -> None:
    async def main() -> None:
        deadlines = Deadlines(load=1.5, list=SHORT, open=SHORT)
        async with Pkcs11Port(str(shim.path), deadlines) as port:
            shim.hang(at)
            with pytest.raises(DeviceTimeout):
                await port.open()
            if at is not At.OPEN:
                with pytest.raises(DeviceTimeout):
                    await port.tokens()
            shim.heal()
            assert len(await port.tokens()) == 1
            await (await port.open()).close()

    run(main())


def test_a_slot_that_hangs_is_left_out_until_its_token_is_pulled_out(shim: Shim) -> None:
    async def main() -> None:
        shim.insert(2)
        async with Pkcs11Port(str(shim.path), Deadlines(list=1.0)) as port:
            shim.set(only=1)
            shim.hang(At.TOKEN_INFO)
            for _ in range(3):
                assert [each.label for each in await port.tokens()] == ["T2"]
            assert shim.get("entered") == 1  # not asked again
            token = await port.open()
            await token.login(PIN)
            assert await token.sign(RSA_ID, b"x", RSA)
            await token.close()
            shim.set(entered=0)  # signatures count too
            assert [each.label for each in await port.tokens()] == ["T2"]  # in another process
            assert shim.get("entered") == 0
            shim.remove(1)
            assert [each.label for each in await port.tokens()] == ["T2"]
            shim.heal()
            shim.insert(1)
            assert {each.label for each in await port.tokens()} == {"T1", "T2"}

    run(main())


def test_where_nothing_answers_every_look_asks_anew(shim: Shim) -> None:
    async def main() -> None:
        shim.insert(2)
        async with Pkcs11Port(str(shim.path), Deadlines(list=SHORT)) as port:
            shim.hang(At.TOKEN_INFO)
            with pytest.raises(DeviceTimeout, match="SoftHSM slot"):
                await port.tokens()
            shim.heal()
            assert len(await port.tokens()) == 2

    run(main())


def test_a_dead_token_is_not_called_missing(shim: Shim) -> None:
    async def main() -> None:
        shim.insert(2)
        async with Pkcs11Port(str(shim.path)) as port:
            serial = {each.label: each.serial for each in await port.tokens()}
            shim.set(only=1)
            shim.fail(At.TOKEN_INFO, 0x31)  # CKR_DEVICE_MEMORY
            with pytest.raises(DeviceDead, match="SoftHSM slot"):
                await port.open(serial["T1"])
            await (await port.open(serial["T2"])).close()
            shim.remove(1)
            with pytest.raises(TokenNotPresent):
                await port.open(serial["T1"])

    run(main())


def test_closing_a_module_that_hangs_in_its_end(shim: Shim) -> None:
    async def main() -> None:
        async with Pkcs11Port(str(shim.path), Deadlines(close=SHORT)) as port:
            token = await port.open()
            shim.hang(At.FINALIZE, hard=True)
            start = time.monotonic()
            await token.close()
            assert time.monotonic() - start < SHORT + LATE
            shim.heal()

    run(main())


def test_closing_does_not_wait_behind_a_call_that_hangs(shim: Shim) -> None:
    async def main() -> None:
        async with Pkcs11Port(str(shim.path)) as port:
            token = await port.open()
            await token.login(PIN)
            shim.hang(At.SIGN)
            signing = asyncio.create_task(token.sign(RSA_ID, b"x", RSA))
            await until(lambda: shim.get("entered") > 0)
            signing.cancel()
            start = time.monotonic()
            await token.close()
            assert time.monotonic() - start < LATE  # the deadline of a signature is 15 s
            shim.heal()

    run(main())


def test_a_call_that_is_given_up_while_it_hangs_ends_at_its_deadline(shim: Shim) -> None:
    async def main() -> None:
        async with opened(shim.path, Deadlines(sign=1.0)) as (_, token):
            shim.hang(At.SIGN)
            signing = asyncio.create_task(token.sign(RSA_ID, b"x", RSA))
            await until(lambda: shim.get("entered") > 0)
            signing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await signing
            with pytest.raises(DeviceTimeout):  # it waited for the first one
                await token.status()
            shim.heal()
            assert not (await token.status()).logged_in

    run(main())


def test_calls_of_several_tasks_keep_their_answers_apart(shim: Shim, softhsm: SoftHsm) -> None:
    async def main() -> None:
        der = softhsm.tokens["T1"][0].der
        async with opened(shim.path) as (_, token):
            data = [str(number).encode() for number in range(50)]
            made = await asyncio.gather(*(token.sign(RSA_ID, each, RSA) for each in data))
            for each, signature in zip(data, made, strict=True):
                assert signatures.verify(der, each, signature, RSA)

    run(main())


def test_a_module_that_crashes(shim: Shim) -> None:
    async def main() -> None:
        async with opened(shim.path) as (_, token):
            os.kill(token._channel.pid, 11)
            with pytest.raises(TokenError):
                await token.sign(RSA_ID, b"x", RSA)
            with pytest.raises(NotLoggedIn):
                await token.sign(RSA_ID, b"x", RSA)
            os.kill(token._channel.pid, 11)
            shim.remove()
            errors: list[TokenError] = []
            for _ in range(3):  # the crash may be noticed by a call or before it
                with pytest.raises(TokenError) as caught:
                    await token.status()
                errors.append(caught.value)
            assert isinstance(errors[-1], TokenRemoved)

    run(main())


def test_what_is_no_module(tmp_path: Path) -> None:
    async def main() -> None:
        text = tmp_path / "module.so"
        text.write_text("no module")
        async with Pkcs11Port(str(text)) as port:
            with pytest.raises(ModuleMissing, match=r"NotLoaded: .*(file too short|invalid ELF)"):
                await port.tokens()

    run(main())


def test_a_module_that_cannot_start(shim: Shim) -> None:
    async def main() -> None:
        shim.fail(At.INITIALIZE, 0x80000001)
        async with Pkcs11Port(str(shim.path)) as port:
            with pytest.raises(TokenError, match="0x80000001"):
                await port.tokens()
            shim.heal()
            assert len(await port.tokens()) == 1

    run(main())


def test_vendor_codes_and_codes_out_of_place(shim: Shim) -> None:
    async def main() -> None:
        async with opened(shim.path) as (_, token):
            for value in (0x80000001, 0x71, 0x13, 0xFFFFFFF):
                shim.fail(At.SIGN, value)
                with pytest.raises((TokenError, NotSupported)):
                    await token.sign(RSA_ID, b"x", RSA)
                shim.heal()
                assert await token.sign(RSA_ID, b"x", RSA)

    run(main())


# -- the wire ---------------------------------------------------------------------------------------


@pytest.fixture
def wire(softhsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyWire]:
    softhsm.token("T2").rename(softhsm.folder / "away")
    with P11KitServer(tmp_path, softhsm) as server, FaultyWire(server.socket) as faulty:
        for name, value in faulty.env.items():
            monkeypatch.setenv(name, value)
        yield faulty


async def log_in() -> None:
    async with opened(module(P11_KIT_CLIENT), Deadlines(open=2, login=2, list=2, status=2)) as (_, token):
        assert (await token.status()).logged_in


async def open_and_log_in(port: Pkcs11Port) -> None:
    token = await port.open()
    try:
        await token.login(PIN)
    finally:
        await token.close()


async def login_error() -> DeviceError | None:
    """Log in; return the error. Any other than a ``DeviceError`` fails the test."""
    try:
        await log_in()
    except DeviceError as error:
        return error
    return None


@pytest.mark.parametrize("kind", ["cut", "cut-reply", "truncated", "garbage"])
def test_the_wire_breaks_at_every_message_of_a_login(wire: FaultyWire, kind: str) -> None:
    async def main() -> None:
        await log_in()
        calls = wire.calls()
        messages = len(calls)
        assert messages > 20
        survived = []
        for number in range(1, messages + 1):
            wire.break_at({f"#{number}": [kind]})
            start = time.monotonic()
            error = await login_error()
            wire.faults()
            assert time.monotonic() - start < 2 + LATE
            if error is None:
                survived.append(number)
        await log_in()  # the station goes on
        # what closes the session may be cut: nobody needs it any more; and what only the empty slot says of
        # itself, in garbage, does not hide the token beside it
        asked = [number for number, call in enumerate(calls, 1) if call == "GetTokenInfo"]
        harmless = {asked[1]} if kind == "garbage" else set()
        assert all(number > messages - 12 for number in {*survived} - harmless), (survived, messages)

    run(main())


def test_the_wire_hangs_at_messages_of_a_login(wire: FaultyWire) -> None:
    async def main() -> None:
        async with Pkcs11Port(module(P11_KIT_CLIENT), Deadlines(list=SHORT, open=SHORT, login=SHORT)) as port:
            for call, step in (("GetSlotList", "list"), ("OpenSession", "open"), ("Login", "login")):
                wire.break_at({call: ["hang"]})
                start = time.monotonic()
                with pytest.raises(DeviceTimeout, match=f"{step}: no answer in 0.3 s"):
                    await open_and_log_in(port)
                assert time.monotonic() - start < 2 * SHORT + LATE
                wire.faults()
        await log_in()

    run(main())


@pytest.mark.parametrize(
    ("call", "ckr", "error"),
    [
        ("Sign", 0x30, TokenError),
        ("Sign", 0x32, TokenRemoved),
        ("SignInit", 0xE0, TokenRemoved),
        ("SignInit", 0xB3, TokenRemoved),
        ("Sign", 0x101, NotLoggedIn),
        ("Sign", 0x80000001, TokenError),
        ("SignInit", 0x70, NotSupported),
    ],
)
def test_errors_that_the_wire_makes(wire: FaultyWire, call: str, ckr: int, error: type[DeviceError]) -> None:
    async def main() -> None:
        async with opened(module(P11_KIT_CLIENT)) as (_, token):
            wire.break_at({call: ["ckr", ckr]})
            with pytest.raises(error):
                await token.sign(RSA_ID, b"x", RSA)
            wire.faults()
            if error is TokenError:
                assert await token.sign(RSA_ID, b"x", RSA)
        await log_in()

    run(main())


def test_a_slow_wire_is_no_broken_one(wire: FaultyWire) -> None:
    async def main() -> None:
        async with opened(module(P11_KIT_CLIENT)) as (_, token):
            wire.break_at({"*": ["delay", 50]})
            assert await token.sign(RSA_ID, b"x", RSA)
            assert (await token.status()).logged_in

    run(main())


def test_after_the_wire_was_cut_the_same_token_object_goes_on(wire: FaultyWire) -> None:
    async def main() -> None:
        async with opened(module(P11_KIT_CLIENT)) as (_, token):
            wire.faults(Sign=["cut"])
            with pytest.raises(TokenError):
                await token.sign(RSA_ID, b"x", RSA)
            wire.faults()
            with pytest.raises(NotLoggedIn):
                await token.sign(RSA_ID, b"x", RSA)
            await token.login(PIN)
            assert await token.sign(RSA_ID, b"x", RSA)

    run(main())


# -- content keys -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key_id", [RSA_ID, EC_ID], ids=["rsa", "ec"])
def test_a_damaged_content_key_is_refused_at_every_byte(softhsm: SoftHsm, key_id: bytes) -> None:
    async def main() -> None:
        softhsm.token("T2").rename(softhsm.folder / "away")
        der = next(item.der for item in softhsm.tokens["T1"] if item.key_id == key_id)
        wrapped = wrapping.wrap(der, bytes(32))
        async with opened(module(SOFTHSM)) as (_, token):
            for place in range(len(wrapped)):
                damaged = bytearray(wrapped)
                damaged[place] ^= 1 << place % 8
                with pytest.raises(WrongToken):
                    await token.unwrap(key_id, bytes(damaged))
            for length in range(0, len(wrapped), 7):
                with pytest.raises(WrongToken):
                    await token.unwrap(key_id, wrapped[:length])
            assert await token.unwrap(key_id, wrapped) == bytes(32)

    run(main())


def test_certificates_tell_whose_and_until_when(softhsm: SoftHsm) -> None:
    async def main() -> None:
        softhsm.token("T2").rename(softhsm.folder / "away")
        async with opened(module(SOFTHSM)) as (_, token):
            found: dict[bytes, Certificate] = {each.key_id: each for each in await token.certificates()}
            assert {each.subject for each in found.values()} == {"Иванов Иван Иванович"}
            assert found[RSA_ID].der == softhsm.tokens["T1"][0].der
            assert (found[RSA_ID].not_after - found[RSA_ID].not_before).days == 366

    run(main())
