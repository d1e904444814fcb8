"""The USB ports of a station through one PKCS#11 module, as ``hal.token.TokenPort``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from hal.token.pkcs11.deadlines import Deadlines
from hal.token.pkcs11.finding import Finder, Place, some
from hal.token.pkcs11.modules import existing, find_modules
from hal.token.pkcs11.session import CKF_TOKEN_INITIALIZED, Pkcs11Token, info_of, open_token
from hal.token.pkcs11.wire import TokenRow
from hal.token.values import TokenInfo

POLL = 0.5
"""Seconds between two looks for insertion and removal: a person waits about that long for a lamp to light."""


class Pkcs11Port:
    """Tokens that one module sees.

    A process of its own looks for tokens; it is started by the first look and ended by :meth:`close`, so
    use the port as ``async with``. A token that is opened takes that process for itself. A slot that hangs is
    left out while others answer (``finding``).

    Args:
        module: File of the PKCS#11 module; the best one that is installed when left out.
        deadlines: How long each step may take.
        poll: Seconds between two looks in ``wait_change``.

    Raises:
        ModuleMissing: There is no such module, or none at all.
    """

    def __init__(self, module: str = "", deadlines: Deadlines | None = None, poll: float = POLL) -> None:
        self._place = Place(existing(module) if module else find_modules()[0], deadlines or Deadlines())
        self._finder = Finder(self._place)
        self._poll = poll
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
            looked = await self._finder.look()
        found = some(looked.rows, looked.failed.values())
        rows = {row.serial: row for row in found if row.flags & CKF_TOKEN_INITIALIZED}
        known = [serial for serial in self._order if serial in rows]
        self._order = known + [serial for serial in rows if serial not in known]
        return [rows[serial] for serial in self._order]

    async def open(self, serial: str | None = None) -> Pkcs11Token:
        """Open the token of that serial number, or the only one that answers, in a process of its own.

        Raises:
            TokenNotPresent: None is inserted, or not that one.
            SeveralTokens: Several are inserted and none is named.
            DeviceDead, DeviceTimeout, TokenError: It does not answer, or a slot does not in which it may be.
            ModuleMissing
        """
        return await self.open_where(lambda row: serial in (None, row.serial), self._place.name)

    async def open_where(self, wanted: Callable[[TokenRow], bool], device: str) -> Pkcs11Token:
        """Open the one token that is wanted; ``device`` is what was asked for, for errors.

        Raises:
            As :meth:`open`.
        """
        async with self._looking:
            return await open_token(self._finder, wanted, device)

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
        await self._finder.close()
