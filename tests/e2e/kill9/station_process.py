"""A station as a real process that can be killed at any step of its work. Run by ``test_kill9``.

``station_process.py --nursery FD`` waits for orders on a socket and forks one station for each: a process
of its own that starts in milliseconds. ``station_process.py --order JSON FD`` is one station, started the
ordinary way. In both cases the last descriptor that comes with the order is the cable to the printer.

Every step that matters (each SQL statement, the store's word that it has saved, a line of the journal, a
job for the printer, a file on the flash drive) is counted; at step ``kill_at`` the process kills itself
with SIGKILL, so that nothing of it runs any more: no handler, no buffer, no ``finally``.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
import numpy as np

from hal.audio import AudioBlock, AudioFormat, HeadsetCapabilities, HeadsetInfo, HeadsetStatus, Samples
from hal.journal import Journal, JournalFile
from hal.printer import (
    Document,
    JobId,
    JobState,
    JobStatus,
    PrinterCapabilities,
    PrinterInfo,
    PrinterOffline,
    PrinterState,
    PrinterStatus,
)
from hal.runtime import HOUR, SECOND, AsyncioRuntime
from hal.scanner import (
    PageMarks,
    ScannedPage,
    ScannerCapabilities,
    ScannerInfo,
    ScannerState,
    ScannerStatus,
    ScanSettings,
    Source,
)
from hal.secret import Secret
from hal.storage import FolderDrive, Readable
from scenarios.federal import authorities, federal_keys
from simulators import sealing
from simulators.device import World
from simulators.profiles import token_profile
from simulators.random import Streams
from simulators.token import SimToken, SimTokenPort, SimulatedKeys, Validity
from station_core.errors import StepRefused
from station_core.materials import AccessKey, Grant, KeyKind, Kit, Package, Scope, kit_number
from station_core.organizer import KitState, OrganizerStation
from station_core.packages import close_package, sign_key
from station_core.recorder import FlacRecorder
from station_core.recording import RecordingStation
from station_core.station import Seat, Station, StationSettings
from station_core.store import SqliteStore, Value

T = TypeVar("T")
Step = Callable[[str], None]

PIN = Secret("24681357")
SERIAL = "9099000001"
MEMBER = "member-1"
CONTENT_KEY = bytes(range(32))
SCOPE = Scope("90", "9099", date(2024, 5, 28), "01-РУС")
COMPUTER, ROOM = 1, "0001"
PACE = 20_000.0  # a token's second takes 50 microseconds
ANSWER_US = 6 * SECOND // 10
PARTICIPANTS = ("p-1", "p-2")


class Order(msgspec.Struct, frozen=True):
    """What to do.

    Args:
        station: ``organizer`` or ``recording``.
        folder: Where everything lies that outlives the process.
        kits: How many good kits are wanted.
        bad: Of the kits, in the order of the package, each so-manieth, the first included, is rejected.
        kill_at: Die at this step; 0 = never.
    """

    station: str
    folder: str
    kits: int = 2
    bad: int = 3
    kill_at: int = 0


def package(count: int = 400) -> Package:
    """Return the package: kits of three sheets, one of them a form."""
    kits = tuple(Kit(kit_number("90", serial), 3, 1) for serial in range(1, count + 1))
    return Package("day.ipk", SCOPE, kits, 1000)


def access_key() -> AccessKey:
    """Return a key that gives all kits to the station, for the one token."""
    key_id = sealing.recipient_id(SERIAL)
    wrapped = {key_id.hex(): sealing.seal(key_id, CONTENT_KEY).hex()}
    return AccessKey(
        "key.dat", KeyKind.MAIN, SCOPE, wrapped, (Grant(COMPUTER, ROOM, 0, len(package().kits)),)
    )


def files() -> dict[str, bytes]:
    """Return both as files, by their names."""
    made = datetime(2024, 5, 28, 9, 30)  # noqa: DTZ001 - local time of the point
    return {
        "day.ipk": close_package(package(), CONTENT_KEY, made, federal_keys()),
        "key.dat": sign_key(access_key(), made, federal_keys()),
    }


# -- what stands around the station --------------------------------------------------------------------


class AlwaysOn:
    """The computer is this process."""

    name, number = "pc", COMPUTER

    async def run(self, operation: Coroutine[Any, Any, T]) -> T:
        return await operation


class WitnessedStore(SqliteStore):
    """The real store; tells a file what it is about to save, and what it has promised.

    A kill may tear the last line of this file and of the other traces: what it tells has not happened then.
    """

    def __init__(self, folder: Path, step: Step) -> None:
        super().__init__(folder / "station.db")
        self._step = step
        self._witness = JournalFile(folder / "saves.txt")

    def save(self, changes: Mapping[str, Value]) -> None:
        told = msgspec.json.encode(changes)
        self._witness.write(b"try %b\n" % told)
        self._step("before the save")
        super().save(changes)
        self._step("after the save")
        self._witness.write(b"kept %b\n" % told)
        self._step("after the promise")


class WitnessedJournalFile(JournalFile):
    """The real file of a journal; a line may be torn in the middle, as a kill tears it at a memory page."""

    def __init__(self, path: Path, step: Step) -> None:
        super().__init__(path)
        self._step = step

    def write(self, line: bytes) -> int:
        self._step("before the journal")
        half = len(line) // 2
        os.write(self._fd, line[:half])
        self._step("half a line of the journal")
        os.lseek(self._fd, -half, os.SEEK_CUR)
        written = super().write(line)
        self._step("after the journal")
        return written


class WitnessedKeys(SimulatedKeys):
    """The keys of a token that leaves a trace of each use of its private key."""

    def __init__(self, trace: JournalFile) -> None:
        super().__init__(SERIAL, MEMBER, Validity())
        self._trace = trace

    def _secret(self, key_id: bytes, *, foreign: bool) -> bytes:
        self._trace.write(b"%d\n" % os.getpid())
        return super()._secret(key_id, foreign=foreign)


class CablePrinter:
    """The near end of the cable; the printer itself is in the parent and outlives this process."""

    info = PrinterInfo("printer")
    capabilities = PrinterCapabilities()

    def __init__(self, descriptor: int, step: Step) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._step = step
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def _ask(self, **message: object) -> dict[str, Any]:
        if self._ends is None:
            self._ends = await asyncio.open_connection(sock=self._socket)
        reader, writer = self._ends
        writer.write(json.dumps(message).encode() + b"\n")
        await writer.drain()
        line = await reader.readline()
        if not line:
            raise PrinterOffline(self.info.name)
        return cast("dict[str, Any]", json.loads(line))

    async def status(self) -> PrinterStatus:
        return PrinterStatus(PrinterState.IDLE)

    async def submit(self, document: Document) -> JobId:
        self._step("before the job")
        reply = await self._ask(do="submit", pid=os.getpid(), sheets=document.sheets)
        self._step("after the job")
        return int(reply["job"])

    async def job(self, job: JobId) -> JobStatus:
        return JobStatus(JobState.COMPLETED)

    async def wait(self, job: JobId) -> JobStatus:
        reply = await self._ask(do="wait", job=job)
        self._step("after the last sheet")
        return JobStatus(JobState(reply["state"]))

    async def cancel(self, job: JobId) -> None: ...

    async def close(self) -> None: ...


class GlassScanner:
    """Reads whatever it is given."""

    info = ScannerInfo("scanner")
    capabilities = ScannerCapabilities((Source.FEEDER,))

    def __init__(self) -> None:
        self.stack: tuple[str, ...] = ()

    async def status(self) -> ScannerStatus:
        return ScannerStatus(ScannerState.IDLE)

    async def scan(self, settings: ScanSettings) -> AsyncIterator[ScannedPage]:
        for number, sheet in enumerate(self.stack, start=1):
            yield ScannedPage(number, settings.resolution_dpi, marks=PageMarks((sheet,)))

    async def cancel(self) -> None: ...

    async def close(self) -> None: ...


class SteadyHeadset:
    """Speaks one block after the other, as fast as they are taken, and notes each that is done with."""

    info = HeadsetInfo("headset")
    capabilities = HeadsetCapabilities()

    def __init__(self, trace: JournalFile) -> None:
        self._trace = trace

    async def status(self) -> HeadsetStatus:
        return HeadsetStatus(plugged=True)

    @asynccontextmanager
    async def record(
        self, audio_format: AudioFormat, block_us: int = 100_000
    ) -> AsyncIterator[AsyncIterator[AudioBlock]]:
        yield self._blocks(audio_format.rate_hz * block_us // SECOND)

    async def _blocks(self, frames: int) -> AsyncIterator[AudioBlock]:
        number = 0
        while True:
            yield AudioBlock(number * frames, frames, lambda: block_sound(frames))
            self._trace.write(b"the station asks for more\n")
            number += 1

    async def play(self, samples: Samples, audio_format: AudioFormat) -> None: ...

    async def close(self) -> None: ...


def block_sound(frames: int) -> Samples:
    """Return what every block sounds like."""
    frame = np.arange(frames, dtype=np.int64)
    wave: Samples = (frame * frame % 4001 - 2000).astype(np.int16).reshape(frames, 1)
    return wave


class SteppedDrive(FolderDrive):
    """A flash drive that is a folder."""

    def __init__(self, folder: Path, step: Step) -> None:
        folder.mkdir(exist_ok=True)
        super().__init__(folder, "flash")
        self._step = step

    async def put(self, name: str, source: Readable, size_bytes: int | None = None) -> None:
        self._step("before the flash")
        await super().put(name, SteppedSource(source, self._step), size_bytes)
        self._step("on the flash")


class SteppedSource:
    """What is written to the drive; a step before and after each piece, its end among them."""

    def __init__(self, source: Readable, step: Step) -> None:
        self._source = source
        self._step = step

    def read(self, size: int, /) -> bytes:
        self._step("on the way to the flash")
        return self._source.read(size)


# -- the work of a day ---------------------------------------------------------------------------------


class Work:
    """What a station does from its start, or its restart, to the end."""

    def __init__(self, order: Order, cable: int, step: Step) -> None:
        self.order = order
        self.runtime = AsyncioRuntime(10 * HOUR, PACE)
        folder = Path(order.folder)
        journal = WitnessedJournalFile(folder / "journal.jsonl", step)
        world = World(self.runtime, Streams(1), lambda event: None, self.runtime.spawn)
        keys = WitnessedKeys(JournalFile(folder / "token.txt"))
        profile = token_profile("rutoken-ecp-3")
        token = SimToken("token-1", world, profile, owner=MEMBER, pin=PIN, serial=SERIAL, keys=keys)
        self.port = SimTokenPort("port", world)
        self.port.insert(token)
        self.flash = SteppedDrive(folder / "flash", step)
        self.scanner = GlassScanner()
        self.seat = Seat(
            "st",
            StationSettings("90", "9099", COMPUTER, ROOM, "1", False, SCOPE.subject, SCOPE.exam_date),
            WitnessedStore(folder, step),
            AlwaysOn(),
            self.port,
            self.runtime,
            Journal(self.runtime.now, journal, journal.lines),
            authorities(),
        )
        self.printer = CablePrinter(cable, step)

    def run(self) -> None:
        """Do it all."""
        main = self._organizer() if self.order.station == "organizer" else self._recording()
        self.runtime.run(main)

    async def _open(self, station: Station, forbidden: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Start; see that nothing works without a token; open with the token."""
        await station.start()
        if station.package is None:
            await station.load_package(self.flash, "day.ipk")
        if station.key is None:
            await station.load_key(self.flash, "key.dat")
        await _must_be_refused(forbidden())
        await station.activate(MEMBER, SERIAL, PIN)

    async def _close(self, station: Station) -> None:
        await station.save_journal(self.flash)
        await station.finish()

    async def _organizer(self) -> None:
        station = OrganizerStation(self.seat, self.printer, self.scanner)
        await self._open(station, station.print_kit)
        assert station.contents is not None
        kits = {kit.number: kit for kit in station.contents.kits}
        bad = {number for place, number in enumerate(kits) if place % self.order.bad == 0}
        while True:
            for number, state in tuple(station.kits.items()):
                if state is KitState.PRINTED and number in bad:
                    await station.reject_kit("bad-print", kits[number])
            if station.count(KitState.PRINTED) >= self.order.kits:
                break
            await station.print_kit()
        good = [kits[number] for number, state in station.kits.items() if state is KitState.PRINTED]
        self.scanner.stack = station.forms_missing(good)
        await station.scan_stack()
        if not station.exported:
            await _must_be_refused(station.export(self.flash))
            await station.authorise_export(MEMBER, SERIAL, PIN, len(good))
            await station.export(self.flash)
        await self._close(station)

    async def _recording(self) -> None:
        folder = Path(self.order.folder)
        headset = SteadyHeadset(JournalFile(folder / "spoken.txt"))
        station = RecordingStation(self.seat, headset, FlacRecorder(folder / "answers"))
        await self._open(station, lambda: station.record_answer("p-1", "r-p-1", SECOND))
        for participant in PARTICIPANTS:
            answer = station.answers.get(f"r-{participant}")
            if answer is None or not answer.complete:
                await station.record_answer(participant, f"r-{participant}", ANSWER_US)
        if not station.exported:
            await _must_be_refused(station.export(self.flash))
            await station.authorise_export(MEMBER, SERIAL, PIN)
            await station.export(self.flash)
        await self._close(station)


async def _must_be_refused(step: Coroutine[Any, Any, Any]) -> None:
    try:
        await step
    except StepRefused as refusal:
        if refusal.why in ("key-not-activated", "exam-finished", "answer-complete", "export-not-authorised"):
            return
        raise
    raise AssertionError("a step that needs a token was done without one")


# -- processes -----------------------------------------------------------------------------------------


def _counter(kill_at: int) -> Step:
    count = 0

    def step(what: str) -> None:
        nonlocal count
        count += 1
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def _watch_statements(step: Step) -> None:
    """Count every SQL statement, those that make the file included."""
    connect = sqlite3.connect

    def traced(*args: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **named)
        connection.set_trace_callback(step)
        return connection

    vars(sqlite3)["connect"] = traced


def _watch_forced_writes(step: Step) -> None:
    """A step before and after everything that is forced to the disk: parts of answers, packages."""
    fsync = os.fsync

    def traced(descriptor: int) -> None:
        step("before it is forced to the disk")
        fsync(descriptor)
        step("after it")

    vars(os)["fsync"] = traced


def work(order: Order, cable: int) -> int:
    """Be a station; return the exit status."""
    try:
        step = _counter(order.kill_at)
        _watch_statements(step)
        _watch_forced_writes(step)
        Work(order, cable, step).run()
    except Exception:  # noqa: BLE001 - the parent shows it
        (Path(order.folder) / "error.txt").write_text(traceback.format_exc())
        return 70
    return 0


def _nursery(control: socket.socket) -> None:
    """Fork a station for each order; answer with its process id, then with its end.

    A dead station is buried only when the next order comes: until then nobody else gets its process id.
    """
    dead = 0
    while True:
        data, cables, _, _ = socket.recv_fds(control, 65_536, 1)
        if dead:
            os.waitpid(dead, 0)
        if not data:
            return
        child = os.fork()
        if child == 0:
            control.close()
            os._exit(work(msgspec.json.decode(data, type=Order), cables[0]))
        os.close(cables[0])
        control.send(b"%d" % child)
        end = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert end is not None
        control.send(b"%d" % (end.si_status if end.si_code == os.CLD_EXITED else -end.si_status))
        dead = child


if __name__ == "__main__":
    if sys.argv[1] == "--nursery":
        _nursery(socket.socket(fileno=int(sys.argv[2])))
    else:
        sys.exit(work(msgspec.json.decode(sys.argv[2], type=Order), int(sys.argv[3])))
