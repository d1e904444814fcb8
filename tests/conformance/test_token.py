"""The simulated token against the public suite, in virtual and in real time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from hal.conformance import token as suite
from hal.conformance.suite import Check, Skip, run_check
from hal.runtime import HOUR, AsyncioRuntime, Runtime
from hal.secret import Secret
from hal.token import Certificate, Mechanism, PinRole, TokenPort
from simulators import sealing
from simulators.device import World
from simulators.faults import Never
from simulators.profiles import names, token_profile
from simulators.random import Streams
from simulators.runtime import SimRuntime
from simulators.token import SimToken, SimTokenPort, SimTokenSession


class SimulatedTokens:
    supports = frozenset(suite.CONDITIONS)
    patience = HOUR
    pin = Secret("12345678")
    admin_pin = Secret("87654321")

    def __init__(self, runtime: Runtime, spawn: Callable[..., object], profile: str) -> None:
        self.runtime = runtime
        self.world = World(runtime, Streams(1), lambda event: None, spawn)
        self.profile = token_profile(profile)
        self.station: SimTokenPort
        self.token: SimToken

    def _token(self, name: str, serial: str) -> SimToken:
        return SimToken(name, self.world, self.profile, owner=f"owner of {name}", pin=self.pin, serial=serial)

    async def port(self) -> TokenPort:
        self.station = SimTokenPort("ports-1", self.world)
        self.token = self._token("token-1", "1000000001")
        self.station.insert(self.token)
        return self.station

    async def insert(self) -> None:
        assert self.station.insert(self.token)

    async def remove(self) -> None:
        self.station.remove(self.token)

    async def insert_second(self) -> None:
        self.station.insert(self._token("token-2", "1000000002"))

    async def kill(self) -> None:
        self.token.begin_fault("dead", {}, Never())

    def wrap(self, certificate: Certificate, content_key: bytes) -> bytes:
        return sealing.seal(certificate.key_id, content_key)

    def wrap_for_other(self, content_key: bytes) -> bytes:
        return sealing.seal(sealing.recipient_id("9999999999"), content_key)

    def verify(self, certificate: Certificate, data: bytes, signature: bytes, mechanism: Mechanism) -> bool:
        return sealing.verify(certificate.key_id, data, signature)


Main = Callable[[SimulatedTokens], Coroutine[Any, Any, Any]]


def in_virtual_time(profile: str, main: Main) -> Any:
    runtime = SimRuntime()
    return runtime.run(main(SimulatedTokens(runtime, runtime.spawn, profile)))


def in_real_time(profile: str, main: Main) -> Any:
    runtime = AsyncioRuntime(pace=100)
    return runtime.run(main(SimulatedTokens(runtime, runtime.spawn, profile)))


CRYPTOGRAPHY = [
    suite.CHECKS[name]
    for name in (
        "signs",
        "cancelled-call",
        "sign-needs-login",
        "sign-names-missing-key",
        "unwraps",
        "removal-in-the-middle",
    )
]


@pytest.mark.parametrize("profile", names("tokens"))
@pytest.mark.parametrize("check", suite.CHECKS.values(), ids=suite.CHECKS)
def test_in_virtual_time(profile: str, check: Check[suite.TokenBench]) -> None:
    if profile == "rutoken-lite" and check in CRYPTOGRAPHY:
        with pytest.raises(Skip, match=r"the token (signs|unwraps) nothing"):
            in_virtual_time(profile, lambda bench: run_check(check, bench))
    else:
        in_virtual_time(profile, lambda bench: run_check(check, bench))


@pytest.mark.parametrize("check", suite.CHECKS.values(), ids=suite.CHECKS)
def test_in_real_time(check: Check[suite.TokenBench]) -> None:
    in_real_time("rutoken-ecp-3", lambda bench: run_check(check, bench))


def test_a_peer_without_lock_skips_by_name() -> None:
    async def main(bench: SimulatedTokens) -> Any:
        bench.supports = frozenset({suite.WRAP})  # like SoftHSM
        return await suite.check_token(bench)

    report = in_virtual_time("rutoken-ecp-3", main)
    assert report.skipped["locks"] == "the bench cannot provoke lock"
    assert "unwraps" in report.passed
    assert set(report.passed) | set(report.skipped) == set(suite.CHECKS)


async def _trusting_login(self: SimTokenSession, pin: Secret, role: object = None) -> None:
    self._role = PinRole.USER


def test_the_suite_catches_a_token_that_takes_any_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimTokenSession, "login", _trusting_login)
    with pytest.raises(AssertionError) as caught:
        in_virtual_time("rutoken-ecp-3", suite.check_token)
    text = str(caught.value)
    assert "wrong-pin: login with a wrong PIN: PinIncorrect expected, but the call returned None" in text
    assert "locks: the token takes a wrong PIN" in text
    assert "lists-what-is-inserted" not in text
