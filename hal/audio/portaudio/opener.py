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
from hal.audio.portaudio.headset import Place, PortAudioHeadset, look, open_headset
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
            DriverMissing: The library is not installed.
            DeviceBusy, DeviceTimeout, AudioError
        """
        name = unquote(url.partition(":")[2])
        return await open_headset(Place(self.DRIVER, self.SCHEME, name))

    async def discover(self) -> tuple[DeviceInfo, ...]:
        """List the pairs of microphone and earphones that are there, by name.

        Raises:
            DriverMissing, DeviceTimeout, AudioError
        """
        seen = await look(self.DRIVER, self.SCHEME)
        return tuple(
            DeviceInfo(f"{self.SCHEME}:{quote(each.name, safe='')}", Family.AUDIO, each.label, each.state)
            for each in headsets(seen)
        )

    async def watch(self) -> AsyncIterator[Availability]:
        """Tell what appears and goes from now on.

        Raises:
            DriverMissing, DeviceTimeout, AudioError
        """
        known = {each.url: each for each in await self.discover()}
        while True:
            await asyncio.sleep(self._poll)
            now = {each.url: each for each in await self.discover()}
            for url in known.keys() - now.keys():
                yield Availability(Presence.GONE, known[url])
            for url in now.keys() - known.keys():
                yield Availability(Presence.APPEARED, now[url])
            known = now


class PyAudioDevices(PortAudioDevices):
    """Opens and finds headsets through PyAudio."""

    SCHEME: ClassVar[str] = "pyaudio"
    DRIVER: ClassVar[str] = "pyaudio"

    async def discover(self) -> tuple[DeviceInfo, ...]:
        """List nothing where the default driver lists the same headsets; else see there."""
        return () if find_spec(PortAudioDevices.DRIVER) else await super().discover()
