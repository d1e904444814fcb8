"""The USB ports of a station through one PKCS#11 module, as ``hal.token.TokenPort``."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from hal.token.errors import SeveralTokens, TokenNotPresent
from hal.token.pkcs11.channel import Channel
from hal.token.pkcs11.deadlines import Deadlines
from hal.token.pkcs11.modules import existing, find_modules
from hal.token.pkcs11.session import (
    CKF_TOKEN_INITIALIZED,
    Pkcs11Token,
    Place,
    info_of,
    list_tokens,
    open_token,
    start_worker,
)
from hal.token.pkcs11.wire import TokenRow
from hal.token.values import TokenInfo

POLL = 0.5
"""Seconds between two looks for insertion and removal: a person waits about that long for a lamp to light."""


class Pkcs11Port:
    """Tokens that one module sees.

    A process of its own looks for tokens; it is started by the first look and ended by :meth:`close`, so
    use the port as ``async with``. Each opened token has another process.

    Args:
        module: File of the PKCS#11 module; the best one that is installed when left out.
        deadlines: How long each step may take.
        poll: Seconds between two looks in ``wait_change``.

    Raises:
        ModuleMissing: There is no such module, or none at all.
    """

    def __init__(self, module: str = "", deadlines: Deadlines | None = None, poll: float = POLL) -> None:
        self._place = Place(existing(module) if module else find_modules()[0], deadlines or Deadlines())
        self._poll = poll
        self._channel: Channel | None = None
        self._looking = asyncio.Lock()
        self._order: list[str] = []

    @property
    def place(self) -> Place:
        """The module and the deadlines."""
        return self._place

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def tokens(self) -> tuple[TokenInfo, ...]:
        """List what is inserted now, in order of insertion as far as this port has seen it.

        Raises:
            DeviceTimeout, ModuleMissing, TokenError
        """
        return tuple(info_of(row, self._place.module) for row in await self.rows())

    async def rows(self) -> list[TokenRow]:
        """List the formatted tokens as the module tells of them, in the order of :meth:`tokens`.

        Raises:
            DeviceTimeout, ModuleMissing, TokenError
        """
        async with self._looking:
            if self._channel is None or not self._channel.alive:
                self._channel = await start_worker(self._place)
            found = await list_tokens(self._channel, self._place)
        rows = {row.serial: row for row in found if row.flags & CKF_TOKEN_INITIALIZED}
        known = [serial for serial in self._order if serial in rows]
        self._order = known + [serial for serial in rows if serial not in known]
        return [rows[serial] for serial in self._order]

    async def open(self, serial: str | None = None) -> Pkcs11Token:
        """Open the token of that serial number, or the only one, in a process of its own.

        Raises:
            TokenNotPresent: None is inserted, or not that one.
            SeveralTokens: Several are inserted and none is named.
            DeviceTimeout, ModuleMissing, TokenError
        """
        channel = await start_worker(self._place)
        try:
            return await open_token(channel, self._place, await self._chosen(channel, serial))
        except BaseException:
            await channel.kill()
            raise

    async def _chosen(self, channel: Channel, serial: str | None) -> TokenRow:
        found = [
            row
            for row in await list_tokens(channel, self._place)
            if row.flags & CKF_TOKEN_INITIALIZED and serial in (None, row.serial)
        ]
        if len(found) > 1:
            raise SeveralTokens(self._place.name, ", ".join(row.serial for row in found))
        if not found:
            raise TokenNotPresent(self._place.name, serial or "")
        return found[0]

    async def wait_change(self, known: tuple[TokenInfo, ...]) -> tuple[TokenInfo, ...]:
        """Return what is inserted as soon as it is something else than ``known``.

        It looks again and again: ``C_WaitForSlotEvent`` does not work through python-pkcs11 0.10, and modules
        differ in when it returns. Between two looks the deadline of a look and the pause pass at most.

        Raises:
            DeviceTimeout, ModuleMissing, TokenError
        """
        inserted = await self.tokens()
        while inserted == known:
            await asyncio.sleep(self._poll)
            inserted = await self.tokens()
        return inserted

    async def close(self) -> None:
        """End the process that looks for tokens. Opened tokens stay open; the next look starts another."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close(self._place.deadlines.close)
