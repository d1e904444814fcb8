"""Simulated devices by URL, in real time: ``sim:printer/pantum-p3300dn?name=left&seed=7&pace=10``.

The same URL is the same device as long as the process lives, as it would be with a real one on a cable.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from hal.errors import DeviceNotFound
from hal.journal import Event
from hal.registry import Availability, DeviceInfo, Family, Presence
from hal.runtime import AsyncioRuntime
from hal.secret import Secret
from simulators.device import SimDevice, World
from simulators.headset import SimHeadset
from simulators.printer import SimPrinter
from simulators.profiles import (
    UnknownProfile,
    headset_profile,
    printer_profile,
    scanner_profile,
    token_profile,
)
from simulators.random import Streams
from simulators.scanner import SimScanner
from simulators.token import DEFAULT_PIN, SimToken, SimTokenPort


@dataclass(frozen=True, slots=True)
class _Address:
    url: str
    family: Family
    profile: str
    name: str
    seed: int
    pace: float


def _parse(url: str) -> _Address:
    parts = urlsplit(url)
    family, _, profile = parts.path.partition("/")
    query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
    try:
        pace, seed = _numbers(query)
        name = query.get("name") or f"{family}-{profile}"
        return _Address(url, Family(family), profile, name, seed, pace)
    except ValueError as error:
        form = "sim:token|printer|scanner|audio/PROFILE?name=…&seed=…&pace=…"
        raise DeviceNotFound(url, f"{error}; the form is {form}") from error


def _numbers(query: dict[str, str]) -> tuple[float, int]:
    unknown = sorted(query.keys() - {"name", "seed", "pace"})
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}")
    pace = float(query.get("pace", "1"))
    if not 0 < pace < float("inf"):
        raise ValueError("pace must be above 0")
    return pace, int(query.get("seed", "1"))


class SimulatedDevices:
    """The opener of the scheme ``sim:``."""

    def __init__(self) -> None:
        self._plugged: dict[str, tuple[DeviceInfo, SimDevice]] = {}
        self._watchers: list[asyncio.Queue[Availability]] = []

    async def open(self, url: str) -> object:
        """Open a simulated device; a token is opened in a port of its own, its PIN is 12345678.

        Raises:
            DeviceNotFound: The URL has another form, or there is no such profile.
        """
        known = self._plugged.get(url)
        if known is None:
            address = _parse(url)
            try:
                device = _make(address)
            except UnknownProfile as error:
                raise DeviceNotFound(url, str(error)) from error
            info = DeviceInfo(url, address.family, address.name)
            self._plugged[url] = known = (info, device)
            self._tell(Availability(Presence.APPEARED, info))
        device = known[1]
        return await device.open() if isinstance(device, SimTokenPort) else device

    def unplug(self, url: str) -> None:
        """Take a device away; nothing if it is not there. The next ``open`` makes a new one."""
        known = self._plugged.pop(url, None)
        if known is not None:
            self._tell(Availability(Presence.GONE, known[0]))

    def _tell(self, event: Availability) -> None:
        for watcher in self._watchers:
            watcher.put_nowait(event)

    async def discover(self) -> tuple[DeviceInfo, ...]:
        """List the simulated devices that were opened in this process."""
        return tuple(info for info, _ in self._plugged.values())

    async def watch(self) -> AsyncIterator[Availability]:
        """Tell what is opened for the first time, and what is unplugged."""
        mine: asyncio.Queue[Availability] = asyncio.Queue()
        self._watchers.append(mine)
        try:
            while True:
                yield await mine.get()
        finally:
            self._watchers.remove(mine)


def _make(address: _Address) -> SimDevice:
    runtime = AsyncioRuntime(pace=address.pace)
    world = World(runtime, Streams(address.seed), _unheard, runtime.spawn)
    match address.family:
        case Family.PRINTER:
            return SimPrinter(address.name, world, printer_profile(address.profile))
        case Family.SCANNER:
            return SimScanner(address.name, world, scanner_profile(address.profile))
        case Family.AUDIO:
            return SimHeadset(address.name, world, headset_profile(address.profile))
        case Family.TOKEN:
            port = SimTokenPort(f"port of {address.name}", world)
            profile = token_profile(address.profile)
            pin = Secret(DEFAULT_PIN)
            port.insert(
                SimToken(
                    address.name, world, profile, owner=address.name, pin=pin, serial=f"{address.seed:08}"
                )
            )
            return port


def _unheard(event: Event) -> None:
    """Devices that are opened alone have no journal."""
