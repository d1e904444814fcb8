"""The schemes ``portaudio:`` and ``pyaudio:``: one driver over two libraries.

``portaudio:NAME`` is the headset of that name, percent-encoded; ``portaudio:`` the one that the system takes
by default. Names are what ``ppelab devices`` lists.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import ClassVar
from urllib.parse import quote, unquote

from hal.audio.portaudio.finding import headsets
from hal.audio.portaudio.headset import Place, PortAudioHeadset, look, open_headset, require_server
from hal.audio.portaudio.wire import Seen
from hal.registry import Availability, DeviceInfo, Family, Presence

POLL = 3.0
"""Seconds between two looks in :meth:`PortAudioDevices.watch`; each starts a process."""


class PortAudioDevices:
    """Opens and finds headsets through sounddevice.

    Args:
        poll: Seconds between two looks in :meth:`watch`.
    """

    SCHEME: ClassVar[str] = "portaudio"
    DRIVER: ClassVar[str] = "sounddevice"

    def __init__(self, poll: float = POLL) -> None:
        self._poll = poll

    async def open(self, url: str) -> PortAudioHeadset:
        """Open a headset.

        Raises:
            DeviceNotFound: There is none of that name.
            HeadsetUnplugged: It is listed, and cannot be opened.
            SoundServerGone: It is not found, and a sound server that should answer does not.
            DriverMissing: The library is not installed.
            DeviceBusy, DeviceTimeout, AudioError
        """
        name = unquote(url.partition(":")[2])
        return await open_headset(Place(self.DRIVER, self.SCHEME, name))

    async def discover(self) -> tuple[DeviceInfo, ...]:
        """List the pairs of microphone and earphones that are there, by name.

        Raises:
            SoundServerGone: There are none, and a sound server that should answer does not.
            DriverMissing, DeviceTimeout, AudioError
        """
        seen = await look(self.DRIVER, self.SCHEME)
        listed = self._listed(seen)
        if not listed:
            require_server(seen, f"{self.SCHEME}:")
        return listed

    def _listed(self, seen: Seen) -> tuple[DeviceInfo, ...]:
        return tuple(
            DeviceInfo(f"{self.SCHEME}:{quote(each.name, safe='')}", Family.AUDIO, each.label, each.state)
            for each in headsets(seen)
        )

    async def watch(self) -> AsyncIterator[Availability]:
        """Tell what appears and goes from now on; with a sound server that ends all its headsets go.

        Raises:
            DriverMissing, DeviceTimeout, AudioError
        """
        known = await self._now()
        while True:
            await asyncio.sleep(self._poll)
            now = await self._now()
            for url in known.keys() - now.keys():
                yield Availability(Presence.GONE, known[url])
            for url in now.keys() - known.keys():
                yield Availability(Presence.APPEARED, now[url])
            known = now

    async def _now(self) -> dict[str, DeviceInfo]:
        return {each.url: each for each in self._listed(await look(self.DRIVER, self.SCHEME))}


class PyAudioDevices(PortAudioDevices):
    """Opens and finds headsets through PyAudio."""

    SCHEME: ClassVar[str] = "pyaudio"
    DRIVER: ClassVar[str] = "pyaudio"

    async def discover(self) -> tuple[DeviceInfo, ...]:
        """List nothing where the default driver lists the same headsets; else see there."""
        return () if find_spec(PortAudioDevices.DRIVER) else await super().discover()
