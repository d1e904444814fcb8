"""The PKCS#11 driver against the public suite: on SoftHSM, on our shim over it, and through a wire."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hal.conformance import token as suite
from hal.conformance.suite import Check, Skip, run_check
from hal.runtime import SECOND, AsyncioRuntime
from hal.secret import Secret
from hal.token import Certificate, Mechanism, TokenPort, signatures, wrapping
from hal.token.pkcs11.deadlines import Deadlines
from hal.token.pkcs11.port import Pkcs11Port
from tests.peers import softhsm as peer
from tests.peers import virtual_token
from tests.peers.faulty_wire import FaultyWire
from tests.peers.p11kit import P11KitServer
from tests.peers.programs import P11_KIT_CLIENT, SOFTHSM, module
from tests.peers.shim import At, Shim
from tests.peers.softhsm import SoftHsm
from tests.peers.virtual_token import VirtualToken, served
from tests.peers.wire_proxy import NAMES

LATE_MS = 2
"""How late every answer is that comes through the faulty wire."""
TOKEN_NOT_PRESENT = 0xE0
OF_TOKENS = NAMES[NAMES.index("GetTokenInfo") :]
"""The calls that a slot without a token refuses."""


class SoftHsmTokens:
    """SoftHSM itself: nobody pulls its tokens out, and they never lock."""

    supports = frozenset({suite.WRAP, suite.SECOND_TOKEN})
    patience = 60 * SECOND
    pin = peer.PIN
    admin_pin = peer.ADMIN_PIN
    module = module(SOFTHSM)
    deadlines = Deadlines()

    def __init__(self, hsm: SoftHsm) -> None:
        self.runtime = AsyncioRuntime()
        self.hsm = hsm
        self.ports: list[Pkcs11Port] = []
        self._second = self.hsm.folder / "second"
        self.hsm.token("T2").rename(self._second)

    async def port(self) -> TokenPort:
        port = Pkcs11Port(self.module, self.deadlines, poll=0.02)
        self.ports.append(port)
        return port

    async def close(self) -> None:
        for port in self.ports:
            await port.close()

    async def insert(self) -> None:
        raise NotImplementedError

    async def remove(self) -> None:
        raise NotImplementedError

    async def kill(self) -> None:
        raise NotImplementedError

    async def insert_second(self) -> None:
        # before the module is loaded: SoftHSM looks for its tokens once
        self._second.rename(self.hsm.store / "second")

    def wrap(self, certificate: Certificate, content_key: bytes) -> bytes:
        return wrapping.wrap(certificate.der, content_key)

    def wrap_for_other(self, content_key: bytes) -> bytes:
        return wrapping.wrap(self.hsm.tokens["T2"][0].der, content_key)

    def verify(self, certificate: Certificate, data: bytes, signature: bytes, mechanism: Mechanism) -> bool:
        return signatures.verify(certificate.der, data, signature, mechanism)


class ShimTokens(SoftHsmTokens):
    """Our module over SoftHSM: all but unlocking, for which PKCS#11 has a command of its own."""

    supports = frozenset(suite.CONDITIONS) - {suite.UNLOCK}
    deadlines = Deadlines(status=1, close=0.2, list=1, open=1)

    def __init__(self, hsm: SoftHsm, shim: Shim) -> None:
        self.runtime = AsyncioRuntime()
        self.hsm = hsm
        self.ports = []
        self.shim = shim
        self.module = str(shim.path)

    async def port(self) -> TokenPort:
        self.shim.set(lock_after=5)
        return await super().port()

    async def insert(self) -> None:
        self.shim.insert()

    async def remove(self) -> None:
        self.shim.remove()

    async def insert_second(self) -> None:
        self.shim.insert(2)

    async def kill(self) -> None:
        self.shim.hang(At.EVERY)


class WiredTokens(SoftHsmTokens):
    """SoftHSM in another process, behind a faulty wire: every answer is late, and it does worse on demand."""

    supports = frozenset({suite.WRAP, suite.REMOVE, suite.DEAD})
    module = module(P11_KIT_CLIENT)
    deadlines = Deadlines(status=1, close=0.2, list=1, open=1)

    def __init__(self, hsm: SoftHsm, wire: FaultyWire) -> None:
        super().__init__(hsm)
        self._wire = wire

    async def port(self) -> TokenPort:
        await self.insert()
        return await super().port()

    async def insert(self) -> None:
        self._wire.break_at({"*": ["delay", LATE_MS]})

    async def remove(self) -> None:
        self._wire.break_at({call: ["ckr", TOKEN_NOT_PRESENT] for call in OF_TOKENS})

    async def kill(self) -> None:
        self._wire.break_at({"*": ["hang"]})


class VirtualTokens:
    """Our virtual Рутокен behind the same wire: all that a person can do to a token."""

    supports = frozenset(suite.CONDITIONS) - {suite.UNLOCK}
    patience = 60 * SECOND
    pin = Secret(virtual_token.PIN)
    admin_pin = Secret(virtual_token.ADMIN_PIN)
    deadlines = Deadlines(status=2, close=0.5, list=2, open=2)

    def __init__(self, server: VirtualToken) -> None:
        self.runtime = AsyncioRuntime()
        self.server = server
        self.ports: list[Pkcs11Port] = []
        self._other = b""

    async def port(self) -> TokenPort:
        self._other = await self._certificate_of_second()
        self.server.ctl("remove", "token-2")
        port = Pkcs11Port(module(P11_KIT_CLIENT), self.deadlines, poll=0.02)
        self.ports.append(port)
        return port

    async def _certificate_of_second(self) -> bytes:
        async with Pkcs11Port(module(P11_KIT_CLIENT)) as port:
            token = await port.open((await port.tokens())[1].serial)
            try:
                return (await token.certificates())[0].der
            finally:
                await token.close()

    async def close(self) -> None:
        for port in self.ports:
            await port.close()

    async def insert(self) -> None:
        self.server.ctl("insert", "token-1")

    async def remove(self) -> None:
        self.server.ctl("remove", "token-1")

    async def kill(self) -> None:
        self.server.ctl("hang", "token-1")

    async def insert_second(self) -> None:
        self.server.ctl("insert", "token-2")

    def wrap(self, certificate: Certificate, content_key: bytes) -> bytes:
        return wrapping.wrap(certificate.der, content_key)

    def wrap_for_other(self, content_key: bytes) -> bytes:
        return wrapping.wrap(self._other, content_key)

    def verify(self, certificate: Certificate, data: bytes, signature: bytes, mechanism: Mechanism) -> bool:
        return signatures.verify(certificate.der, data, signature, mechanism)


def check_all(bench: SoftHsmTokens | VirtualTokens, check: Check[suite.TokenBench]) -> None:
    async def main() -> None:
        try:
            await run_check(check, bench)
        finally:
            await bench.close()

    bench.runtime.run(main())


SKIPPED: dict[type[object], set[str]] = {
    SoftHsmTokens: {"locks", "lock-outlasts-reopening", "unlocks", "removal", "removal-in-the-middle",
                    "tells-changes", "dead"},
    ShimTokens: {"unlocks"},
    VirtualTokens: {"unlocks"},
    WiredTokens: {"locks", "lock-outlasts-reopening", "unlocks", "two-tokens"},
}  # fmt: skip


def run(name: str, make: Callable[[], SoftHsmTokens | VirtualTokens]) -> None:
    bench = make()
    if name in SKIPPED[type(bench)]:
        with pytest.raises(Skip, match="the bench cannot provoke"):
            check_all(bench, suite.CHECKS[name])
    else:
        check_all(bench, suite.CHECKS[name])


@pytest.mark.parametrize("name", suite.CHECKS)
def test_on_softhsm(name: str, softhsm: SoftHsm) -> None:
    run(name, lambda: SoftHsmTokens(softhsm))


@pytest.mark.parametrize("name", suite.CHECKS)
def test_on_a_module_that_does_what_tokens_do(name: str, softhsm: SoftHsm, shim: Shim) -> None:
    run(name, lambda: ShimTokens(softhsm, shim))


@pytest.mark.parametrize("name", suite.CHECKS)
def test_through_a_faulty_wire(
    name: str, softhsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with P11KitServer(tmp_path, softhsm) as server, FaultyWire(server.socket) as wire:
        bench = WiredTokens(softhsm, wire)
        for variable, value in wire.env.items():
            monkeypatch.setenv(variable, value)
        run(name, lambda: bench)


@pytest.mark.parametrize("name", suite.CHECKS)
def test_on_the_virtual_token(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(tmp_path, "--tokens", "2") as server:
        for variable, value in server.ready["env"].items():
            monkeypatch.setenv(variable, value)
        run(name, lambda: VirtualTokens(server))
