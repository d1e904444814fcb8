"""Workplaces with everything around them, in virtual time."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Coroutine, Mapping
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest

from hal.journal import Journal
from hal.runtime import HOUR
from hal.secret import Secret
from scenarios.federal import authorities, federal_keys
from simulators import sealing
from simulators.computer import SimComputer
from simulators.device import SimDevice, World
from simulators.faults import Never, UntilRepaired
from simulators.headset import SimHeadset
from simulators.profiles import headset_profile, token_profile
from simulators.random import Streams
from simulators.runtime import SimRuntime
from simulators.storage import SimFlash
from simulators.token import SimToken, SimTokenPort, Validity
from station_core.audio_package import AudioFile, AudioReader
from station_core.errors import StepRefused
from station_core.materials import AccessKey, Grant, KeyKind, Package, Scope
from station_core.packages import close_package, sign_key
from station_core.recorder import Recorder
from station_core.recording import RecordingStation
from station_core.station import Seat, StationSettings
from station_core.store import MemoryStore, Value
from tests.containers import read_export

PIN, WRONG = Secret("24681357"), Secret("99912345")
SERIAL, MEMBER = "9099000001", "member-1"
CONTENT_KEY = bytes(range(32))
SCOPE = Scope("90", "9099", date(2024, 6, 7), "29-АНГ")
PACKAGE = Package("day.ipk", SCOPE, (), 1000)
CREATED = datetime(2024, 6, 1, 12)  # noqa: DTZ001 - local time of the portal
SETTINGS = StationSettings("90", "9099", 7, "0101", "3", False, SCOPE.subject, SCOPE.exam_date)
RESERVE = StationSettings("90", "9099", 907, "", "Р1", True, SCOPE.subject, SCOPE.exam_date)
RATE = 48_000


def access_key(kind: KeyKind = KeyKind.MAIN) -> AccessKey:
    key_id = sealing.recipient_id(SERIAL)
    wrapped = {key_id.hex(): sealing.seal(key_id, CONTENT_KEY).hex()}
    return AccessKey("key.dat", kind, SCOPE, wrapped, (Grant(1, "0001", 0, 3),))


def exported(data: bytes, name: str) -> tuple[AudioFile, ...]:
    """What the РЦОИ finds in an export package."""
    reader = AudioReader(name)
    reader.take(read_export(data, name, sealing.recipient_id(SERIAL))[1])
    return reader.finish()


class DyingStore(MemoryStore):
    """A store whose disk is full from some save on."""

    saves_left: int | None = None

    def save(self, changes: Mapping[str, Value]) -> None:
        if self.saves_left is not None:
            if self.saves_left == 0:
                raise OSError("disk full")
            self.saves_left -= 1
        super().save(changes)


class Workplace:
    """A computer with its token, its flash drive, its store and its journal, in virtual time.

    Args:
        station: Name of the station that stands here.
        settings: Its own.
    """

    def __init__(self, station: str, settings: StationSettings) -> None:
        self.runtime = SimRuntime(10 * HOUR)
        self.lines = BytesIO()
        self.journal = Journal(self.runtime.now, self.lines)
        self.world = World(self.runtime, Streams(1), lambda event: None, self.runtime.spawn)
        self.store = DyingStore()
        self.computer = SimComputer(f"pc-of-{station}", self.world, settings.computer)
        self.port = SimTokenPort("port", self.world)
        self.token = self.make_token("token-1", SERIAL)
        self.port.insert(self.token)
        self.flash = SimFlash("flash-1", self.world)
        self.seat = Seat(
            station,
            settings,
            self.store,
            self.computer,
            self.port,
            self.runtime,
            self.journal,
            authorities(),
        )

    def make_token(self, name: str, serial: str, validity: Validity | None = None) -> SimToken:
        profile = token_profile("rutoken-ecp-2")
        return SimToken(name, self.world, profile, owner=MEMBER, pin=PIN, serial=serial, validity=validity)

    def events(self, kind: type[Any]) -> list[Any]:
        return [entry.event for entry in self.journal if isinstance(entry.event, kind)]


class Seated(Workplace):
    """A participant's seat of the oral exam; somebody speaks."""

    def __init__(self, settings: StationSettings = SETTINGS, recorder: Recorder | None = None) -> None:
        super().__init__("rec-3", settings)
        self.headset = SimHeadset("headset-0101-3", self.world, headset_profile("logitech-h390"))
        self.station = RecordingStation(self.seat, self.headset, recorder)

    async def loaded(self, room: str = "") -> RecordingStation:
        await self.station.start()
        await self.flash.write("package.dat", close_package(PACKAGE, CONTENT_KEY, CREATED, federal_keys()))
        await self.flash.write("key.dat", sign_key(access_key(), CREATED, federal_keys()))
        await self.station.load_package(self.flash, "package.dat")
        await self.station.load_key(self.flash, "key.dat", room)
        return self.station

    async def opened(self) -> RecordingStation:
        station = await self.loaded()
        await station.activate(MEMBER, SERIAL, PIN)
        self.headset.speaker.start("participant-1")
        return station

    async def restart(self) -> RecordingStation:
        self.computer.restart()
        self.station = self.station.restarted()
        await self.station.start()
        return self.station

    async def strike_after(self, duration: int, device: SimDevice, kind: str) -> None:
        await self.runtime.sleep(duration)
        strike(device, kind)


def strike(device: SimDevice, kind: str, *, never: bool = False, **params: int) -> None:
    device.begin_fault(kind, {**device.FAULTS[kind].params, **params}, Never() if never else UntilRepaired())


def refused(why: str, kind: type[Exception] = StepRefused) -> contextlib.AbstractContextManager[Any]:
    return pytest.raises(kind, match=rf": {re.escape(why)}($| \()")


def seated(
    settings: StationSettings = SETTINGS,
) -> Callable[[Callable[[Seated], Coroutine[Any, Any, None]]], Callable[[], None]]:
    """Run a test in virtual time at a new workplace."""

    def decorate(test: Callable[[Seated], Coroutine[Any, Any, None]]) -> Callable[[], None]:
        def run() -> None:
            place = Seated(settings)
            place.runtime.run(test(place))

        run.__name__ = test.__name__
        run.__doc__ = test.__doc__
        return run

    return decorate
