"""(d) A package against bare AES-256-GCM of the same library, side by side; memory flat at 500 MB.

What is compared is what our code adds: the envelope against the cipher alone, a whole signed file against
the cipher and SHA-256 alone, with the same reads and writes. The ratio is the worst of them, so that no part
hides behind another. A signed file costs a hash of every byte, which no code of ours can make cheaper; the
details show what that costs.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import GCM

from benchmarks.measure import Measurement, alternate
from hal.journal import Journal
from hal.runtime import HOUR, AsyncioRuntime
from hal.secret import Secret
from hal.storage import FolderDrive
from scenarios.federal import authorities, federal_keys
from simulators import sealing
from simulators.computer import SimComputer
from simulators.device import World
from simulators.printer import SimPrinter
from simulators.profiles import printer_profile, token_profile
from simulators.random import Streams
from simulators.token import SimToken, SimTokenPort
from station_core.container import (
    ContentKeyOpener,
    ContentKeyRecipient,
    Kind,
    Label,
    Piece,
    Trust,
    new_file,
    open_file,
    seal,
)
from station_core.container.opening import decrypt
from station_core.container.sealing import CHUNK, encrypt
from station_core.container.stream import Stream
from station_core.materials import AccessKey, Grant, KeyKind, Kit, Package, Scope, kit_number
from station_core.organizer import OrganizerStation
from station_core.packages import receive_export, sign_key, write_package
from station_core.station import Seat, StationSettings
from station_core.store import SqliteStore

BAR = 0.5
BAR_MB = 64
SIZE = 64 << 20
LARGE = 500_000_000
ROUNDS = 5
KEY = bytes(range(32))
MEMORY = {"written and opened": "large()", "loaded, opened and exported at a station": "at_a_station()"}
SCOPE = Scope("90", "9099", date(2024, 5, 28), "29-АНГ")
CREATED = datetime(2024, 5, 20, 12)  # noqa: DTZ001 - local time of the portal
PIN, SERIAL = Secret("24681357"), "9099000001"


def _forget(*data: Piece) -> None:
    """Take bytes and keep nothing."""


def _label() -> Label:
    return Label(Kind.AUDIO, "v.abnk", SCOPE, 0, "0" * 32, datetime(2024, 5, 28, 18))  # noqa: DTZ001


def _pieces(size: int) -> Iterator[bytes]:
    piece = bytes(CHUNK)
    for _ in range(size // CHUNK):
        yield piece
    yield bytes(size % CHUNK)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece


# -- in memory: the envelope and the cipher ------------------------------------------------------------


def _bare_encryption() -> None:
    cipher = Cipher(AES256(KEY), GCM(secrets.token_bytes(12))).encryptor()
    for piece in _pieces(SIZE):
        cipher.update(piece)
    cipher.finalize()


def _our_encryption() -> None:
    encrypt(_forget, _pieces(SIZE), (ContentKeyRecipient(KEY),))


def _bare_decryption(data: bytes) -> None:
    cipher = Cipher(AES256(KEY), GCM(bytes(12))).decryptor()
    source = io.BytesIO(data)
    while piece := source.read(CHUNK):
        cipher.update(piece)


def _our_decryption(data: bytes) -> None:
    decrypt(Stream(io.BytesIO(data), "f"), ContentKeyOpener(KEY), _forget)


# -- with files: the whole, and the cipher and the hash ------------------------------------------------


def _bare_sealing(source: Path, target: Path) -> None:
    cipher = Cipher(AES256(KEY), GCM(secrets.token_bytes(12))).encryptor()
    digest = hashlib.sha256()
    with new_file(target) as out:
        for piece in _read(source):
            data = cipher.update(piece)
            digest.update(data)
            out.write(data)


def _our_sealing(source: Path, target: Path) -> None:
    keys = federal_keys()
    with new_file(target) as out:
        draft = seal(out, _label(), _read(source), (ContentKeyRecipient(KEY),), keys.signer)
        draft.finish(keys.sign(draft.to_sign))


def _bare_opening(source: Path, target: Path) -> None:
    cipher = Cipher(AES256(KEY), GCM(bytes(12))).decryptor()
    digest = hashlib.sha256()
    with new_file(target) as out:
        for piece in _read(source):
            digest.update(piece)
            out.write(cipher.update(piece))


def _our_opening(source: Path, target: Path) -> None:
    open_file(source, target, ContentKeyOpener(KEY), authorities().portal)


# -- memory --------------------------------------------------------------------------------------------


def large() -> None:
    """Write and open 500 MB; print by how many bytes the peak of resident memory grew."""
    with tempfile.TemporaryDirectory() as name:
        small, package, out = (Path(name) / file for file in ("small", "package", "out"))
        small.write_bytes(b"exam")
        _our_sealing(small, package)
        _our_opening(package, out)  # what is loaded at the first use is not what a large package needs
        before = _peak()
        keys = federal_keys()
        with new_file(package) as sink:
            draft = seal(sink, _label(), _pieces(LARGE), (ContentKeyRecipient(KEY),), keys.signer)
            draft.finish(keys.sign(draft.to_sign))
        _our_opening(package, out)
        if out.stat().st_size != LARGE:
            raise RuntimeError("the package did not come out whole")
        print(_peak() - before)


def at_a_station(size: int = LARGE) -> None:
    """Take a package of that size through a station on a real disk; print by how many bytes the peak grew.

    Load it from a flash drive, open it with a token, start again, export as much, and receive that as the
    РЦОИ does.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "drive").mkdir()
        runtime = AsyncioRuntime(10 * HOUR)
        with SqliteStore(folder / "station.db") as store:
            day = StationDay(runtime, store, FolderDrive(folder / "drive"))
            runtime.run(day.take_through(1000))  # what is loaded at the first use is not what it needs
            before = _peak()
            runtime.run(day.take_through(size))
    print(_peak() - before)


class StationDay:
    """A station with a token, a store on disk and a real flash drive, and a package for it."""

    def __init__(self, runtime: AsyncioRuntime, store: SqliteStore, drive: FolderDrive) -> None:
        self.runtime = runtime
        self.drive = drive
        world = World(runtime, Streams(1), lambda _: None, runtime.spawn)
        token = SimToken(
            "token", world, token_profile("rutoken-ecp-2"), owner="member", pin=PIN, serial=SERIAL
        )
        port = SimTokenPort("port", world)
        port.insert(token)
        settings = StationSettings("90", "9099", 1, "0001", "", False, SCOPE.subject, SCOPE.exam_date)
        journal = Journal(runtime.now)
        computer = SimComputer("pc", world, 1)
        self.seat = Seat("st", settings, store, computer, port, runtime, journal, authorities())
        self.printer = SimPrinter("printer", world, printer_profile("hp-laserjet-pro-m404dn"))

    async def take_through(self, size: int) -> None:
        """Do all of it."""
        await self._deliver(size)
        station = LargeExport(self.seat, self.printer)
        station.export_size = size
        await station.start()
        await station.load_package(self.drive, "day.ipk")
        await station.load_key(self.drive, "key.dat")
        await station.activate("member", SERIAL, PIN)
        again = LargeExport(self.seat, self.printer)
        again.export_size = size
        await again.start()
        await again.activate("member", SERIAL, PIN)
        await again.authorise_export("member", SERIAL, PIN, 1)
        name = await again.export(self.drive)
        self._receive(name, size)

    async def _deliver(self, size: int) -> None:
        kits = (Kit(kit_number("90", 1), 3, 1),)
        package = Package("day.ipk", SCOPE, kits, size, content_bytes=size)
        with new_file(self.drive.path / package.name) as out:
            write_package(out, package, KEY, CREATED, federal_keys(), content=_pieces(size))
        member = sealing.recipient_id(SERIAL)
        wrapped = {member.hex(): sealing.seal(member, KEY).hex()}
        key = AccessKey("key.dat", KeyKind.MAIN, SCOPE, wrapped, (Grant(1, "0001", 0, 1),))
        await self.drive.write(key.name, sign_key(key, CREATED, federal_keys()))

    def _receive(self, name: str, size: int) -> None:
        keys, received = federal_keys(), 0

        def count(data: memoryview) -> None:
            nonlocal received
            received += len(data)

        members = Trust({sealing.recipient_id(SERIAL): b""}, keys.verifiers)
        with (self.drive.path / name).open("rb") as source:
            receive_export(source, name, keys.rcoi, members, count)
        if received != size:
            raise RuntimeError(f"{received} bytes came to the РЦОИ instead of {size}")


class LargeExport(OrganizerStation):
    """A station with much to export."""

    export_size = 0

    def _export_content(self, works: int) -> tuple[Kind, int, Iterable[Piece]]:
        return Kind.BLANKS, works, _pieces(self.export_size)


def _peak() -> int:
    """Return the peak of resident memory since this program began.

    ``getrusage`` would count the benchmark that started it as well.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _grown(call: str) -> int:
    """Make a call in a process of its own; return what it prints."""
    command = [sys.executable, "-c", f"from benchmarks.packages import *; {call}"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def run() -> Measurement:
    """Measure all of it."""
    out = io.BytesIO()
    encrypt(lambda *parts: [out.write(part) for part in parts], _pieces(SIZE), (ContentKeyRecipient(KEY),))
    envelope, plain = out.getvalue(), bytes(SIZE)
    memory = alternate(
        (
            _bare_encryption,
            _our_encryption,
            lambda: _bare_decryption(plain),
            lambda: _our_decryption(envelope),
        ),
        ROUNDS,
    )
    with tempfile.TemporaryDirectory() as name:
        source, package, target = (Path(name) / file for file in ("source", "package", "target"))
        source.write_bytes(plain)
        _our_sealing(source, package)
        files = alternate(
            (
                lambda: _bare_sealing(source, target),
                lambda: _our_sealing(source, target),
                lambda: _bare_opening(source, target),
                lambda: _our_opening(package, target),
            ),
            ROUNDS,
        )
    grown = {what: _grown(call) / 1_000_000 for what, call in MEMORY.items()}
    pairs = {
        "encryption in memory": memory[:2],
        "decryption in memory": memory[2:],
        "signed file written": files[:2],
        "signed file opened": files[2:],
    }
    ratios = {name: bare / ours for name, (bare, ours) in pairs.items()}
    details = [
        f"{name}: {SIZE / ours / 1e6:,.0f} MB/s, bare {SIZE / bare / 1e6:,.0f} MB/s, ratio {ratios[name]:.2f}"
        for name, (bare, ours) in pairs.items()
    ]
    flat = max(grown.values()) <= BAR_MB
    return Measurement(
        name="packages",
        ratio=min(ratios.values()),
        bar=BAR if flat else float("inf"),  # both must hold
        at_least=True,
        details=(
            *details,
            *(f"500 MB {what}: {more:.1f} MB more memory (bar {BAR_MB} MB)" for what, more in grown.items()),
        ),
    )
