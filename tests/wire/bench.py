"""Virtual tokens served for one test, in this process."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

from hal.secret import Secret
from simulators.crypto.certificates import Authority
from simulators.profiles import token_profile
from simulators.wire.control import Control
from simulators.wire.pkcs11.device import OWNERS, VirtualTokens, Wanted
from simulators.wire.unix import UnixServer

PIN, ADMIN_PIN, WRONG = b"24681357", b"97531864", b"11111111"
PACE = 100.0


@cache
def authority() -> Authority:
    return Authority()


class Bench:
    """The tokens, their sockets, and what went wrong inside."""

    def __init__(self, tokens: VirtualTokens, folder: Path) -> None:
        self.tokens = tokens
        self.socket, self.control = folder / "p11", folder / "ctl"
        self.mistakes: list[dict[str, Any]] = []

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until something holds of the state."""
        state = self.tokens.state()
        async with asyncio.timeout(20):
            while not holds(state):
                state = await self.tokens.changed(state)
        return state

    async def do(self, verb: str, target: str = "token-1", **options: Any) -> None:
        await self.tokens.verbs[verb](target, options)


def on_bench(
    main: Callable[[Bench], Awaitable[None]],
    *profiles: str,
    pace: float = PACE,
    **changes: Any,
) -> None:
    """Run a test against tokens of these profiles, one Рутокен ЭЦП 3.0 by default."""
    wanted = [
        Wanted(
            token_profile(name).model_copy(update=changes),
            owner,
            Secret(PIN.decode()),
            Secret(ADMIN_PIN.decode()),
        )
        for name, owner in zip(profiles or ("rutoken-ecp-3",), OWNERS, strict=False)
    ]
    tokens = VirtualTokens(wanted, pace, authority())

    async def run(folder: Path) -> None:
        bench = Bench(tokens, folder)
        asyncio.get_running_loop().set_exception_handler(lambda _, context: bench.mistakes.append(context))
        async with (
            tokens.server(bench.socket) as server,
            UnixServer(bench.control, Control(tokens).serve),
        ):
            await main(bench)
        assert bench.mistakes == []
        assert server.connections == 0
        assert not bench.socket.exists()

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        tokens.runtime.run(run(Path(folder)))
