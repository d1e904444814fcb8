"""What every exam station does: settings, package, key, activation, journal, the end of the exam.

A station's work runs on its computer: each public step is carried out by ``computer.run`` and is cut off
at some ``await`` when the computer stops. What is in the store survives; the content key does not — it
lives in memory only, so that after a crash a ГЭК member activates anew (no key is used without a token).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Self

import msgspec

from hal.computer import Computer
from hal.errors import NotSupported
from hal.journal import Event, Journal
from hal.runtime import Runtime
from hal.secret import Secret
from hal.storage import FlashDrive
from hal.token import KeyNotFound, Token, TokenPort
from station_core.errors import MaterialsRefused, StepRefused
from station_core.events import (
    AudioExported,
    JournalSaved,
    KeyActivated,
    KeyLoaded,
    PackageExported,
    PackageLoaded,
    PasswordApplied,
    StationFinished,
    StationStarted,
)
from station_core.materials import AccessKey, Package, PasswordFile, Scope, decode, restore
from station_core.store import Store, Value


class StationSettings(msgspec.Struct, frozen=True):
    """What the technician enters on the station [001:62-67, 75-80].

    Args:
        room: Number of the room; empty on a reserve station until a key names it.
        seat: Recording stations only; seats of reserve stations carry the letter «Р».
    """

    region: str
    point: str
    computer: int
    room: str
    seat: str
    reserve: bool
    subject: str
    exam_date: date

    @property
    def scope(self) -> Scope:
        """Which materials fit."""
        return Scope(self.region, self.point, self.exam_date, self.subject)


@dataclass(slots=True)
class Seat:
    """What a station program finds around it when it starts.

    Args:
        name: Name of the station in the scenario.
        settings: As entered by the technician.
        store: What survives a crash.
        computer: Where it runs.
        port: Where tokens are inserted.
        runtime: Time.
        journal: Where events go.
    """

    name: str
    settings: StationSettings
    store: Store
    computer: Computer
    port: TokenPort
    runtime: Runtime
    journal: Journal


class Station:
    """Base of the stations. Make a new object over the same store after a crash; that is a restart."""

    KIND: ClassVar[str]
    JOURNAL_NAME: ClassVar[str] = "JOURNAL"

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.name = seat.name
        self.settings = seat.settings
        self.runtime = seat.runtime
        self.computer = seat.computer
        self.port = seat.port
        self.room = seat.settings.room
        self.package: Package | None = None
        self.key: AccessKey | None = None
        self.export_authorised = False
        self.started = False
        self.opened = False
        self.finished = False
        self.exported = ""
        self._exporting: int | None = None
        self._store = seat.store
        self._logged = 0

    def _record(self, event: Event, changes: Mapping[str, Value] | None = None) -> None:
        """Save a change of state together with its line of the log, then write it to the journal."""
        self._store.save({f"log/{self._logged:06}": event, **(changes or {})})
        self._logged += 1
        self.seat.journal.write(event)

    def restarted(self) -> Self:
        """Return the station program as it is after a restart: only the store is left."""
        raise NotImplementedError

    # -- start -------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin, or go on after a crash from what the store holds."""
        await self.computer.run(self._start())

    async def _start(self) -> None:
        state = self._store.load()
        self._logged = 0
        for name, value in state.items():
            if name == "package":
                self.package = restore(value, Package, f"{self.name}: stored package")
            elif name == "key":
                self.key = restore(value, AccessKey, f"{self.name}: stored key")
            elif name == "room":
                self.room = str(value)
            elif name == "finished":
                self.finished = True
            elif name == "exporting":
                self._exporting = int(str(value))
            elif name == "exported":
                self.exported = str(value)
            elif name.startswith("log/"):
                self._logged = max(self._logged, int(name.removeprefix("log/")) + 1)
            else:
                self._restore(name, value)
        self._record(
            StationStarted(
                station=self.name,
                station_kind=self.KIND,
                computer=self.settings.computer,
                room=self.room,
                reserve=self.settings.reserve,
                resumed=bool(state),
            )
        )
        self._after_restore()
        self.started = True

    def _restore(self, name: str, value: object) -> None:
        """Take one entry of the store."""
        raise MaterialsRefused(f"{self.name}: store", "unknown-entry", f"{name}={value!r}")

    def _after_restore(self) -> None:
        """Deal with what a crash left half-done."""

    # -- package and key ---------------------------------------------------------------------------

    async def load_package(self, flash: FlashDrive, file: str) -> None:
        """Load the интернет-пакет from a flash drive.

        Raises:
            MaterialsRefused: Not for this point, date and subject, or damaged.
            StorageError: The drive.
        """
        await self.computer.run(self._load_package(flash, file))

    async def _load_package(self, flash: FlashDrive, file: str) -> None:
        data = await flash.read(file)
        package = decode(data, Package, file)
        self._check_scope(file, package.scope)
        self._record(PackageLoaded(self.name, package.name), {"package": package})
        self.package = package

    def _check_scope(self, file: str, scope: Scope) -> None:
        mine = self.settings.scope
        for field in ("region", "point", "exam_date", "subject"):
            theirs, ours = getattr(scope, field), getattr(mine, field)
            if theirs != ours:
                raise MaterialsRefused(file, f"wrong-{field.replace('_', '-')}", f"{theirs}, here {ours}")

    async def load_key(self, flash: FlashDrive, file: str, room: str = "") -> None:
        """Load a key file; the room of a reserve station is filled in from it, or given for recording.

        Raises:
            MaterialsRefused: Not for this point, date, subject or computer, or damaged.
            StorageError: The drive.
        """
        await self.computer.run(self._load_key(flash, file, room))

    async def _load_key(self, flash: FlashDrive, file: str, room: str) -> None:
        key = decode(await flash.read(file), AccessKey, file)
        self._check_scope(file, key.scope)
        room = self._room_from(key, file, room)
        self._record(KeyLoaded(self.name, room, key.name, key.kind), {"key": key, "room": room})
        self.key, self.room, self.opened = key, room, False

    def _room_from(self, key: AccessKey, file: str, room: str) -> str:
        """Return the room that this key gives the station."""
        raise NotImplementedError

    # -- activation --------------------------------------------------------------------------------

    async def activate(self, person: str, serial: str, pin: Secret) -> None:
        """Open the loaded key with the inserted token [001:137].

        Raises:
            StepRefused: No package or no key is loaded.
            TokenError: Wrong PIN, locked, pulled out, foreign token …
            MaterialsRefused: The key is for another package.
        """
        await self.computer.run(self._activate(person, serial, pin))

    async def _activate(self, person: str, serial: str, pin: Secret) -> None:
        package, key = self._loaded()
        token = await self.port.open(serial)
        try:
            await token.login(pin)
            content_key = None
            for certificate in await token.certificates():
                wrapped = key.wrapped.get(certificate.key_id.hex())
                if wrapped is not None:
                    content_key = await token.unwrap(certificate.key_id, bytes.fromhex(wrapped))
                    break
        finally:
            await token.close()
        if content_key is None:
            raise MaterialsRefused(key.name, "token-not-among-recipients", f"token {serial}")
        if not package.opens_with(content_key):
            raise MaterialsRefused(key.name, "key-of-another-package", package.name)
        self._record(KeyActivated(self.name, self.room, key.name, key.kind, person, serial))
        self.opened = True

    async def check_token(self, serial: str, pin: Secret) -> None:
        """See that the inserted token opens here with its password [001:109].

        Raises:
            TokenError: Wrong PIN, locked, pulled out …
        """
        await self.computer.run(self._check_token(serial, pin))

    async def _check_token(self, serial: str, pin: Secret) -> None:
        token = await self.port.open(serial)
        try:
            await token.login(pin)
        finally:
            await token.close()

    async def authorise_export(self, person: str, serial: str, pin: Secret) -> None:  # noqa: ARG002
        """Have the member's token sign that this station may export now [001:198].

        Raises:
            TokenError: Wrong PIN, locked, pulled out …
        """
        await self.computer.run(self._authorise_export(serial, pin))

    async def _authorise_export(self, serial: str, pin: Secret) -> None:
        token = await self.port.open(serial)
        try:
            await token.login(pin)
            await sign_with(token, f"export/{self.name}/{self.runtime.now()}")
        finally:
            await token.close()
        self.export_authorised = True

    def _require_authorised_export(self) -> None:
        if not self.export_authorised:
            raise StepRefused(self.name, "export-not-authorised")

    def _export_time(self) -> datetime:
        """Return the time in the name of the export under way.

        It is stored before the file is written: an export that a crash has cut off is done again under
        the same name, so that no answer leaves the station in two packages.
        """
        if self._exporting is None:
            now = self.runtime.now()
            self._store.save({"exporting": now})
            self._exporting = now
        midnight = datetime.combine(self.settings.exam_date, datetime.min.time())
        return midnight + timedelta(microseconds=self._exporting)

    def export_bytes(self) -> int:
        """How much the package to export weighs."""
        raise NotImplementedError

    def _record_export(self, event: PackageExported | AudioExported) -> None:
        self._record(event, {"exporting": None, "exported": event.package})
        self.exported, self._exporting = event.package, None

    def _loaded(self) -> tuple[Package, AccessKey]:
        if self.package is None:
            raise StepRefused(self.name, "no-package")
        if self.key is None:
            raise StepRefused(self.name, "no-key")
        return self.package, self.key

    async def apply_password(self, file: PasswordFile, words: tuple[Secret, ...]) -> None:
        """Open the package with the passwords of the hot line (E2).

        Raises:
            StepRefused: No package is loaded.
            MaterialsRefused: A password is wrong, or the passwords are for another room.
        """
        await self.computer.run(self._apply_password(file, words))

    async def _apply_password(self, file: PasswordFile, words: tuple[Secret, ...]) -> None:
        if self.package is None:
            raise StepRefused(self.name, "no-package")
        if not self.package.opens_with(file.open("".join(word.reveal() for word in words))):
            raise MaterialsRefused(self.name, "wrong-password")
        self._accept_password(file)
        self._record(PasswordApplied(self.name, self.room))
        self.opened = True

    def _accept_password(self, file: PasswordFile) -> None:
        """Take over what the passwords open."""
        if file.room != self.room:
            raise MaterialsRefused(self.name, "password-of-another-room", file.room)

    # -- end ---------------------------------------------------------------------------------------

    async def save_journal(self, flash: FlashDrive) -> str:
        """Save the station's electronic journal to a flash drive; returns the name of the file."""
        return await self.computer.run(self._save_journal(flash))

    async def _save_journal(self, flash: FlashDrive) -> str:
        s = self.settings
        file = f"{self.JOURNAL_NAME}_{s.region}_{s.point}_{s.exam_date:%Y%m%d}_{s.computer:03}.json"
        log = [value for name, value in self._store.load().items() if name.startswith("log/")]
        await flash.write(file, msgspec.json.encode(log))
        self._record(JournalSaved(self.name, flash.name))
        return file

    async def rescue_journal(self, flash: FlashDrive) -> str:
        """Save the journal from the disk of a computer that no longer starts."""
        return await self._save_journal(flash)

    async def finish(self) -> None:
        """«Завершить экзамен»: nothing is printed or recorded after it. A second press does nothing."""
        await self.computer.run(self._finish())

    async def _finish(self) -> None:
        if self.finished:
            return
        self._record(StationFinished(self.name, self.room), {"finished": True})
        self.finished = True


async def sign_with(token: Token, text: str) -> bytes:
    """Sign a text with the member's key; returns the id of the key.

    Raises:
        NotSupported: The token cannot sign.
        KeyNotFound: It holds no certificate.
        TokenError: It is not logged in, or was pulled out.
    """
    if not token.capabilities.mechanisms:
        raise NotSupported(token.info.label, "the token cannot sign")
    certificates = await token.certificates()
    if not certificates:
        raise KeyNotFound(token.info.label)
    await token.sign(certificates[0].key_id, text.encode(), token.capabilities.mechanisms[0])
    return certificates[0].key_id
