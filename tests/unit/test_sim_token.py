"""The simulated token: attempts, removal in the middle, faults, the model of cryptography."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.errors import DeviceDead, NotSupported
from hal.journal import Event
from hal.runtime import MILLISECOND, SECOND
from hal.secret import Secret
from hal.token import (
    Mechanism,
    NotLoggedIn,
    PinIncorrect,
    PinLocked,
    PinRole,
    PinState,
    TokenNotPresent,
    TokenRemoved,
    WrongToken,
)
from simulators import sealing
from simulators.device import World
from simulators.faults import After, At, Fault, Lasts, Never, UntilRepaired
from simulators.profiles import token_profile
from simulators.random import Streams
from simulators.runtime import SimRuntime
from simulators.token import SimToken, SimTokenPort

PIN, WRONG, ADMIN = Secret("24681357"), Secret("11111111"), Secret("97531864")


class Desk:
    """Two stations' ports and a token."""

    def __init__(self, profile: str = "rutoken-ecp-2", **changes: Any) -> None:
        self.runtime = SimRuntime()
        self.events: list[Event] = []
        self.world = World(self.runtime, Streams(1), self.events.append, self.runtime.spawn)
        self.profile = token_profile(profile).model_copy(update=changes)
        self.token = self.make("token-1", "1000000001")
        self.port = SimTokenPort("ports-1", self.world)
        self.other_port = SimTokenPort("ports-2", self.world)
        self.port.insert(self.token)

    def make(self, name: str, serial: str) -> SimToken:
        return SimToken(
            name, self.world, self.profile, owner="Иванова А. А.", pin=PIN, serial=serial, admin_pin=ADMIN
        )

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        return self.runtime.run(main)

    async def opened(self) -> Any:
        session = await self.port.open()
        await session.login(PIN)
        return session


# -- attempts ------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(["right", "wrong", "admin", "wrong-admin"]), max_size=40), st.integers(1, 10))
def test_attempts_as_a_reference_model_counts_them(steps: list[str], tries: int) -> None:
    desk = Desk(pin_tries=tries, admin_pin_tries=3)

    async def main() -> None:
        session = await desk.port.open()
        user, admin = tries, 3
        for step in steps:
            role = PinRole.ADMINISTRATOR if "admin" in step else PinRole.USER
            right = not step.startswith("wrong")
            left = admin if role is PinRole.ADMINISTRATOR else user
            pin = (ADMIN if role is PinRole.ADMINISTRATOR else PIN) if right else WRONG
            expected: type[Exception] | None
            if left == 0:
                expected = PinLocked
            elif right:
                expected, left = None, 3 if role is PinRole.ADMINISTRATOR else tries
            else:
                left -= 1
                expected = PinIncorrect if left else PinLocked
            if role is PinRole.ADMINISTRATOR:
                admin = left
                user = tries if expected is None else user
            else:
                user = left
            if expected is None:
                await session.login(pin, role)
            else:
                with pytest.raises(expected) as caught:
                    await session.login(pin, role)
                if isinstance(caught.value, PinIncorrect):
                    assert caught.value.tries_left == left
            status = await session.status()
            assert status.logged_in is (expected is None)
            if user == 0:
                assert status.pin is PinState.LOCKED
            elif user == 1:
                assert status.pin is PinState.FINAL_TRY
            else:
                assert status.pin is (PinState.OK if user == tries else PinState.LOW)

    desk.run(main())


def test_tries_left_are_told_only_by_tokens_that_tell_them() -> None:
    desk = Desk(reports_tries_left=False)

    async def main() -> int | None:
        session = await desk.port.open()
        with pytest.raises(PinIncorrect) as caught:
            await session.login(WRONG)
        return caught.value.tries_left

    assert desk.run(main()) is None


def test_pin_appears_nowhere() -> None:
    desk = Desk()
    texts: list[str] = []

    async def main() -> None:
        session = await desk.port.open()
        for pin in (WRONG, Secret("24681358")):
            with pytest.raises(PinIncorrect) as caught:
                await session.login(pin)
            texts.append(f"{caught.value} {caught.value!r} {caught.value.args}")
        desk.token.begin_fault("locked", {}, UntilRepaired())

    desk.run(main())
    seen = " ".join([*texts, repr(desk.token.__dict__), repr(desk.events), str(desk.token.info)])
    for pin in ("24681357", "24681358", "11111111", "97531864"):
        assert pin not in seen


def test_locked_fault_is_lifted_by_the_administrator() -> None:
    desk = Desk()

    async def main() -> None:
        session = await desk.port.open()
        desk.token.begin_fault("locked", {}, UntilRepaired())
        with pytest.raises(PinLocked):
            await session.login(PIN)
        assert (await session.status()).pin is PinState.LOCKED
        await session.login(ADMIN, PinRole.ADMINISTRATOR)
        with pytest.raises(NotLoggedIn):  # the administrator has no private keys
            await session.sign(desk.token.key_id, b"x", Mechanism.SIMULATED)
        await session.login(PIN)
        assert (await session.status()).pin is PinState.OK

    desk.run(main())


def test_locked_for_good_stays_locked() -> None:
    desk = Desk()

    async def main() -> None:
        session = await desk.port.open()
        desk.token.begin_fault("locked", {}, Never())
        await session.login(ADMIN, PinRole.ADMINISTRATOR)
        with pytest.raises(PinLocked):
            await session.login(PIN)

    desk.run(main())


# -- removal -------------------------------------------------------------------------------------------


@given(st.integers(0, 690))
def test_removal_ends_a_pending_call_at_once(after_ms: int) -> None:
    desk = Desk()

    async def main() -> None:
        session = await desk.opened()
        began = desk.runtime.now()
        gone = began + after_ms * MILLISECOND

        async def pull() -> None:
            await desk.runtime.sleep(after_ms * MILLISECOND)
            desk.port.remove(desk.token)

        desk.runtime.spawn(pull(), "pull")
        with pytest.raises(TokenRemoved):
            await session.sign(desk.token.key_id, b"x", Mechanism.SIMULATED)
        assert desk.runtime.now() == gone
        with pytest.raises(TokenRemoved):
            await session.status()
        await session.close()

    desk.run(main())


def test_removed_fault_strikes_in_the_middle_of_the_second_signature() -> None:
    desk = Desk()
    desk.token.plan(Fault("token-1", "removed", After("sign", 2)))

    async def main() -> None:
        session = await desk.opened()
        await session.sign(desk.token.key_id, b"x", Mechanism.SIMULATED)
        with pytest.raises(TokenRemoved):
            await session.sign(desk.token.key_id, b"x", Mechanism.SIMULATED)
        assert desk.port.inserted() == ()
        with pytest.raises(TokenNotPresent):
            await desk.port.open()
        assert desk.port.insert(desk.token)
        await desk.opened()

    desk.run(main())
    assert [type(event).__name__ for event in desk.events] == ["FaultBegan", "FaultEnded"]


def test_lost_token_cannot_be_inserted() -> None:
    desk = Desk()

    async def main() -> None:
        desk.token.begin_fault("removed", {}, Never())
        assert not desk.port.insert(desk.token)
        assert desk.token.port is None

    desk.run(main())


def test_a_token_is_in_one_port_at_a_time() -> None:
    desk = Desk()

    async def main() -> None:
        session = await desk.opened()
        assert desk.other_port.insert(desk.token)
        assert (await desk.port.tokens(), len(await desk.other_port.tokens())) == ((), 1)
        with pytest.raises(TokenRemoved):
            await session.status()
        await desk.other_port.open("1000000001")

    desk.run(main())


def test_two_tokens_in_one_station_are_told_apart() -> None:
    desk = Desk()
    second = desk.make("token-2", "1000000002")

    async def main() -> None:
        desk.port.insert(second)
        with pytest.raises(TokenNotPresent, match="several"):
            await desk.port.open()
        first, other = await desk.port.open("1000000001"), await desk.port.open("1000000002")
        desk.port.remove(desk.token)
        await other.status()
        with pytest.raises(TokenRemoved):
            await first.status()
        desk.port.remove()
        assert desk.port.inserted() == ()

    desk.run(main())


def test_wait_change_wakes_at_insertion_and_removal() -> None:
    desk = Desk()
    seen: list[tuple[int, int]] = []

    async def watch() -> None:
        known = await desk.port.tokens()
        while True:
            known = await desk.port.wait_change(known)
            seen.append((desk.runtime.now(), len(known)))

    async def main() -> None:
        desk.runtime.spawn(watch(), "watch")
        for _ in range(2):
            await desk.runtime.sleep(SECOND)
            desk.port.remove()
            await desk.runtime.sleep(SECOND)
            desk.port.insert(desk.token)
        await desk.runtime.sleep(0)

    desk.run(main())
    assert seen == [(SECOND, 0), (2 * SECOND, 1), (3 * SECOND, 0), (4 * SECOND, 1)]


# -- faults --------------------------------------------------------------------------------------------


def test_dead_token_ends_calls_and_does_not_open() -> None:
    desk = Desk()
    desk.token.plan(Fault("token-1", "dead", At(2 * SECOND), Never()))

    async def main() -> None:
        session = await desk.opened()
        await session.sign(desk.token.key_id, b"x", Mechanism.SIMULATED)
        with pytest.raises(DeviceDead):
            await session.sign(desk.token.key_id, b"x", Mechanism.SIMULATED)
        assert desk.runtime.now() == 2 * SECOND
        with pytest.raises(DeviceDead):
            await desk.port.open()
        assert len(await desk.port.tokens()) == 1

    desk.run(main())


def test_hanging_call_goes_on_when_the_fault_passes() -> None:
    desk = Desk()

    async def main() -> None:
        session = await desk.opened()
        began = desk.runtime.now()
        desk.token.plan(Fault("token-1", "hang", At(began + 100 * MILLISECOND), Lasts(30 * SECOND)))
        with pytest.raises(TimeoutError):
            async with desk.runtime.timeout(5 * SECOND):
                await session.sign(desk.token.key_id, b"x", Mechanism.SIMULATED)
        assert desk.runtime.now() == began + 5 * SECOND
        await session.sign(desk.token.key_id, b"x", Mechanism.SIMULATED)
        assert desk.runtime.now() == began + 30_100 * MILLISECOND + 700 * MILLISECOND

    desk.run(main())


def test_hanging_token_can_be_pulled_out() -> None:
    desk = Desk()

    async def main() -> None:
        session = await desk.opened()
        desk.token.begin_fault("hang", {}, Never())
        desk.runtime.spawn(pull(), "pull")
        with pytest.raises(TokenRemoved):
            await session.sign(desk.token.key_id, b"x", Mechanism.SIMULATED)

    async def pull() -> None:
        await desk.runtime.sleep(SECOND)
        desk.port.remove()

    desk.run(main())


def test_slow_stretches_what_is_left_of_a_call() -> None:
    desk = Desk()

    async def main() -> None:
        session = await desk.opened()
        began = desk.runtime.now()
        slow = Fault(
            "token-1", "slow", At(began + 200 * MILLISECOND), UntilRepaired(), {"factor_percent": 300}
        )
        desk.token.plan(slow)
        await session.sign(desk.token.key_id, b"x", Mechanism.SIMULATED)
        assert desk.runtime.now() - began == (200 + 500 * 3) * MILLISECOND

    desk.run(main())


def test_foreign_token_opens_nothing_and_signs_as_somebody_else() -> None:
    desk = Desk()

    async def main() -> None:
        session = await desk.opened()
        key_id = desk.token.key_id
        wrapped = sealing.seal(key_id, b"key")
        assert await session.unwrap(key_id, wrapped) == b"key"
        desk.token.begin_fault("foreign", {}, UntilRepaired())
        with pytest.raises(WrongToken):
            await session.unwrap(key_id, wrapped)
        signature = await session.sign(key_id, b"x", Mechanism.SIMULATED)
        assert not sealing.verify(key_id, b"x", signature)

    desk.run(main())


def test_dead_port_hides_the_token_until_it_is_repaired() -> None:
    desk = Desk()

    async def main() -> None:
        session = await desk.opened()
        desk.port.begin_fault("port-dead", {}, UntilRepaired())
        with pytest.raises(TokenRemoved):
            await session.status()
        assert await desk.port.tokens() == ()
        assert desk.port.inserted() == (desk.token,)
        assert desk.port.repair("port-dead")
        await desk.opened()

    desk.run(main())


def test_token_without_cryptography_says_so() -> None:
    desk = Desk("rutoken-lite")

    async def main() -> None:
        session = await desk.opened()
        with pytest.raises(NotSupported):
            await session.sign(desk.token.key_id, b"x", Mechanism.SIMULATED)
        with pytest.raises(NotSupported):
            await session.unwrap(desk.token.key_id, b"")

    desk.run(main())


def test_closed_session_is_not_used_again() -> None:
    desk = Desk()

    async def main() -> None:
        session = await desk.opened()
        await session.close()
        with pytest.raises(TokenNotPresent, match="closed"):
            await session.status()

    desk.run(main())


def test_cancelled_open_leaves_no_session() -> None:
    desk = Desk()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with desk.runtime.timeout(MILLISECOND):
                await desk.port.open()
        assert desk.port._sessions == []

    desk.run(main())


# -- the model of cryptography -------------------------------------------------------------------------


@given(st.binary(max_size=200), st.binary(max_size=200), st.text(max_size=12), st.text(max_size=12))
def test_sealing_is_about_identity(key: bytes, data: bytes, serial: str, other: str) -> None:
    owner, stranger = sealing.recipient_id(serial), sealing.recipient_id(other)
    sealed = sealing.seal(owner, key)
    assert sealing.unseal(sealing.secret_of(owner), sealed) == key
    assert sealing.seal(owner, key) == sealed
    signature = sealing.sign(sealing.secret_of(owner), data)
    assert sealing.verify(owner, data, signature)
    assert not sealing.verify(owner, data + b"!", signature)
    damaged = bytes([sealed[0] ^ 1]) + sealed[1:]
    for secret, what in ((sealing.secret_of(owner), damaged), (sealing.secret_of(owner), b"")):
        with pytest.raises(sealing.SealedForOther):
            sealing.unseal(secret, what)
    if serial != other:
        assert not sealing.verify(stranger, data, signature)
        with pytest.raises(sealing.SealedForOther):
            sealing.unseal(sealing.secret_of(stranger), sealed)
