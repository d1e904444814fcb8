"""The scheme ``pkcs11:``."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from hal.errors import DeviceError, DeviceNotFound
from hal.registry import Availability, DeviceInfo, Family, Presence
from hal.token import usb
from hal.token.diagnosis import Trouble, diagnose, pcsc, silent_server
from hal.token.errors import ModuleMissing, SeveralTokens, TokenNotPresent
from hal.token.login import log_in_unattended
from hal.token.pkcs11.deadlines import Deadlines
from hal.token.pkcs11.finding import Finder, Place
from hal.token.pkcs11.modules import VARIABLE, existing, find_modules, module_named
from hal.token.pkcs11.port import POLL, Pkcs11Port
from hal.token.pkcs11.session import (
    CKF_TOKEN_INITIALIZED,
    Pkcs11Token,
    info_of,
    pin_state,
)
from hal.token.pkcs11.uri import FORM, BadUri, TokenUri, parse, read_pin
from hal.token.pkcs11.wire import TokenRow


class Pkcs11Devices:
    """Opens and finds tokens; a token that several modules see is the first module's.

    Args:
        deadlines: How long each step may take.
        poll: Seconds between two looks in :meth:`watch`.
    """

    def __init__(self, deadlines: Deadlines | None = None, poll: float = POLL) -> None:
        self._deadlines = deadlines or Deadlines()
        self._poll = poll

    async def open(self, url: str) -> Pkcs11Token:
        """Open a token by an RFC 7512 address (see ``uri``); with ``pin-source`` it is logged in as well.

        Without ``module-path`` and ``module-name`` all modules that are installed are asked, the vendor's
        first.

        Raises:
            DeviceNotFound: The address is wrong, or the PIN's file.
            ModuleMissing: No module is installed.
            TokenNotPresent: No token matches, or several do.
            DeviceDead, DeviceTimeout, TokenError: None matches, and a slot does not answer.
            LastTry: One try of the PIN is left; ``pin-source`` does not use it.
            PinIncorrect, PinLocked
        """
        uri = read_address(url)
        pin = read_pin(uri.pin_source) if uri.pin_source else None
        token = await self._open(uri, url)
        if pin is not None:
            try:
                await log_in_unattended(token, pin)
            except BaseException:
                await token.close()
                raise
        return token

    async def _open(self, uri: TokenUri, url: str) -> Pkcs11Token:
        failed: list[DeviceError] = []
        for module in modules_of(uri):
            async with Pkcs11Port(str(module), self._deadlines) as port:
                try:
                    return await port.open_where(partial(matches, uri), url)
                except SeveralTokens:
                    raise
                except TokenNotPresent:
                    continue
                except DeviceError as error:
                    failed.append(error)  # the token may be another module's
        if failed:
            raise failed[0]
        raise TokenNotPresent(url)

    async def discover(self) -> tuple[DeviceInfo, ...]:
        """List the tokens that are inserted, with their state.

        A Рутокен that is on the USB bus and that no module sees is listed as well, without a URL; its state
        says what is in the way (``diagnosis.Trouble``). So are slots and modules that fail beside others that
        answer: ``slot-broken``, ``module-broken``.

        Raises:
            DeviceTimeout, TokenError: Nothing was found, and a module failed.
            ModuleMissing: The environment names a module that is not there.
        """
        found: dict[str, DeviceInfo] = {}
        broken: list[DeviceInfo] = []
        failed: list[DeviceError] = []
        manufacturers: list[str] = []
        modules = installed()
        for module in modules:
            try:
                async with Finder(Place(module, self._deadlines)) as finder:
                    looked = await finder.look()
            except DeviceError as error:
                failed.append(error)
                broken.append(DeviceInfo("", Family.TOKEN, f"{module.name} {error.detail}", "module-broken"))
                continue
            for row in looked.rows:
                found.setdefault(row.serial, _device(row, module))
                manufacturers.append(row.manufacturer)
            broken += (DeviceInfo("", Family.TOKEN, name, "slot-broken") for name in looked.failed)
        silent = silent_server()
        if silent and not found:
            broken.append(DeviceInfo("", Family.TOKEN, silent, Trouble.NO_SERVER))
        elif failed and not found and len(failed) == len(broken):
            raise failed[0]
        bus = usb.look()
        trouble = diagnose(bus, pcsc(), module_found=bool(modules), manufacturers_seen=manufacturers)
        unseen = bus.tokens if trouble is not Trouble.NONE else ()
        return (
            *found.values(), *broken, *(DeviceInfo("", Family.TOKEN, each.name, trouble) for each in unseen)
        )  # fmt: skip

    async def watch(self) -> AsyncIterator[Availability]:
        """Tell what appears and goes from now on, through the best module.

        Raises:
            ModuleMissing, DeviceTimeout, TokenError
        """
        async with Pkcs11Port(deadlines=self._deadlines, poll=self._poll) as port:
            known = await self._look(port)
            while True:
                await asyncio.sleep(self._poll)
                now = await self._look(port)
                for serial in known.keys() - now.keys():
                    yield Availability(Presence.GONE, known[serial])
                for serial in now.keys() - known.keys():
                    yield Availability(Presence.APPEARED, now[serial])
                known = now

    async def _look(self, port: Pkcs11Port) -> dict[str, DeviceInfo]:
        return {row.serial: _device(row, port.place.module) for row in await port.rows()}


def read_address(url: str) -> TokenUri:
    """Read an address.

    Raises:
        DeviceNotFound: It is none; the detail says why.
    """
    try:
        return parse(url)
    except BadUri as error:
        # not the address itself: somebody may have written a PIN into it
        raise DeviceNotFound("pkcs11", f"{error}; the form is {FORM}") from error


def installed() -> tuple[Path, ...]:
    """Return the modules that are installed; empty where there is none.

    Raises:
        ModuleMissing: The environment names one that is not there.
    """
    try:
        return find_modules()
    except ModuleMissing:
        if os.environ.get(VARIABLE):
            raise  # whoever named it has to learn of it
        return ()


def modules_of(uri: TokenUri) -> tuple[Path, ...]:
    """Return the modules to ask for a token, the best first.

    Raises:
        ModuleMissing: The one that is named is not there, or none is installed.
    """
    if uri.module_path:
        return (existing(uri.module_path),)
    if uri.module_name:
        return (module_named(uri.module_name),)
    return find_modules()


def matches(uri: TokenUri, row: TokenRow) -> bool:
    """Say whether the address means this token."""
    return uri.matches(row.label, row.serial, row.manufacturer, row.model)


def _device(row: TokenRow, module: Path) -> DeviceInfo:
    formatted = bool(row.flags & CKF_TOKEN_INITIALIZED)
    state = f"pin-{pin_state(row.flags)}" if formatted else "not-formatted"
    label = " ".join(filter(None, (row.model, row.label)))
    return DeviceInfo(info_of(row, module).url, Family.TOKEN, label, "ok" if state == "pin-ok" else state)
