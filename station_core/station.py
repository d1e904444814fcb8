"""What every exam station does: settings, package, key, activation, journal, the end of the exam.

A station's work runs on its computer: each public step is carried out by ``computer.run`` and is cut off
at some ``await`` when the computer stops. What is in the store survives; the content key does not — it
lives in memory only, so that after a crash a ГЭК member activates anew (no key is used without a token).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Self

import msgspec

from hal.computer import Computer
from hal.errors import NotSupported
from hal.journal import Event, Journal
from hal.runtime import DAY, SECOND, Runtime
from hal.secret import Secret
from hal.storage import FlashDrive
from hal.token import Certificate, KeyNotFound, Token, TokenPort, WrongToken
from hal.token.certificates import opens_content_keys, valid_certificate
from station_core.container import (
    ContentKeyOpener,
    Kind,
    Label,
    Piece,
    SignerKey,
    identity,
    mechanism_for,
    seal,
)
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
from station_core.materials import (
    AccessKey,
    Package,
    PasswordFile,
    Scope,
    exam_moment,
    export_name,
)
from station_core.packages import (
    EXPORT_KINDS,
    Authorities,
    ClosedPackage,
    read_key,
    read_package,
    require_scope,
    unique_number,
)
from station_core.store import Content, Store, Value, stored_bytes

EXPORT_FILE = "export"
"""What a prepared export package is called in the store."""


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
        authorities: Whose signatures the station trusts, and whom it exports for.
    """

    name: str
    settings: StationSettings
    store: Store
    computer: Computer
    port: TokenPort
    runtime: Runtime
    journal: Journal
    authorities: Authorities


@dataclass(frozen=True, slots=True)
class PreparedExport:
    """An export package, encrypted and signed, that waits to be written.

    Args:
        name: File name.
        content: The file.
        works: How many works it holds.
        size_bytes: What it would weigh.
        time: In its name, since midnight.
    """

    name: str
    content: Content
    works: int
    size_bytes: int
    time: int


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
        self.package: ClosedPackage | None = None
        self.contents: Package | None = None
        self.key: AccessKey | None = None
        self.prepared: PreparedExport | None = None
        self.started = False
        self.finished = False
        self.exported = ""
        self._package_file = ""
        self._files = seat.runtime.lock()
        self._exporting: int | None = None
        self._store = seat.store
        self._logged = 0

    @property
    def opened(self) -> bool:
        """Whether the materials are open: not before a token or a password, and not after a restart."""
        return self.contents is not None

    @property
    def export_authorised(self) -> bool:
        """Whether a member's token has signed what is to be exported."""
        return self.prepared is not None

    def _record(
        self, event: Event, changes: Mapping[str, Value] | None = None, details: Sequence[Event] = ()
    ) -> None:
        """Save a change of state together with its lines of the log, then write them to the journal."""
        events = (event, *details)
        log = {f"log/{number:06}": each for number, each in enumerate(events, start=self._logged)}
        self._store.save({**log, **(changes or {})})
        self._logged += len(events)
        for each in events:
            self.seat.journal.write(each)

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
                self._package_file = str(value)
                content = self._store.file(self._package_file)
                self.package = await self._checked(content, f"{self.name}: stored package")
            elif name == "key":
                file = f"{self.name}: stored key"
                self.key = read_key(stored_bytes(value), file, self.seat.authorities.portal)
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
        self._drop_files()
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
            MaterialsRefused: Not for this point, date and subject, older than the one that is loaded,
                damaged, or not signed by the portal.
            StorageError: The drive.
            OSError: The station's own disk is full or cannot be written.
        """
        await self.computer.run(self._load_package(flash, file))

    async def _load_package(self, flash: FlashDrive, file: str) -> None:
        async with self._files:  # one at a time: each drops what it does not know
            stored = f"package-{unique_number()}"
            try:
                with self._store.new_file(stored) as target:
                    await flash.fetch(file, target)
                package = await self._checked(self._store.file(stored), file)
                require_scope(package.label.scope, self.settings.scope, file)
                if self.package is not None and package.label.issue < self.package.label.issue:
                    detail = f"label.issue: {package.label.issue}, loaded is {self.package.label.issue}"
                    raise MaterialsRefused(file, "older-package", detail)
                self._record(PackageLoaded(self.name, package.name), {"package": stored})
                self._package_file = stored
            finally:
                self._drop_files()  # the refused one, or the one before
        if self.package is None or self.package.label != package.label:
            self.contents = None  # what is open belongs to the package before
        self.package = package

    async def _checked(self, content: Content, file: str) -> ClosedPackage:
        trust = self.seat.authorities.portal
        return await self.runtime.compute(lambda: read_package(content, file, trust))

    def _drop_files(self) -> None:
        """Remove the files that nobody needs: refused, replaced, exported, or left by a crash."""
        needed = {self._package_file, EXPORT_FILE} if self.prepared else {self._package_file}
        self._store.keep_files(needed)

    async def load_key(self, flash: FlashDrive, file: str, room: str = "") -> None:
        """Load a key file; the room of a reserve station is filled in from it, or given for recording.

        Raises:
            MaterialsRefused: Not for this point, date, subject or computer, older than the one that is
                loaded, damaged, or not signed by the portal.
            StorageError: The drive.
        """
        await self.computer.run(self._load_key(flash, file, room))

    async def _load_key(self, flash: FlashDrive, file: str, room: str) -> None:
        data = await flash.read(file)
        key = read_key(data, file, self.seat.authorities.portal)
        require_scope(key.scope, self.settings.scope, file)
        if self.key is not None and key.issue < self.key.issue:
            # a key of before the last reserve key: its grants have been replaced
            raise MaterialsRefused(file, "older-key", f"issue: {key.issue}, loaded is {self.key.issue}")
        room = self._room_from(key, file, room)
        self._record(KeyLoaded(self.name, room, key.name, key.kind), {"key": data, "room": room})
        self.key, self.room, self.contents = key, room, None

    def _room_from(self, key: AccessKey, file: str, room: str) -> str:
        """Return the room that this key gives the station."""
        raise NotImplementedError

    # -- activation --------------------------------------------------------------------------------

    async def activate(self, person: str, serial: str, pin: Secret) -> None:
        """Open the loaded key with the inserted token [001:137].

        Raises:
            StepRefused: No package or no key is loaded.
            TokenError: Wrong PIN, locked, pulled out, foreign token, certificate out of date …
            MaterialsRefused: The key is for another package.
        """
        await self.computer.run(self._activate(person, serial, pin))

    async def _activate(self, person: str, serial: str, pin: Secret) -> None:
        package, key = self._loaded()
        token = await self.port.open(serial)
        try:
            await token.login(pin)
            held = await token.certificates()
            named = [
                each for each in held if opens_content_keys(each) and identity(each).hex() in key.wrapped
            ]
            if not named:
                raise MaterialsRefused(key.name, "token-not-among-recipients", f"token {serial}")
            certificate = valid_certificate(named, token.info.label, self._moment())
            wrapped = bytes.fromhex(key.wrapped[identity(certificate).hex()])
            opener = ContentKeyOpener(await token.unwrap(certificate.key_id, wrapped))
        finally:
            await token.close()
        contents = await self._opened(package, opener, key.name)
        self._record(KeyActivated(self.name, self.room, key.name, key.kind, person, serial))
        self.contents = contents

    async def _opened(self, package: ClosedPackage, opener: ContentKeyOpener, key_file: str) -> Package:
        return await self.runtime.compute(lambda: package.open(opener, key_file))

    async def check_token(self, serial: str, pin: Secret) -> None:
        """See that the inserted token opens here with its password, and will on the exam day [001:109].

        Raises:
            TokenError: Wrong PIN, locked, pulled out, its certificate is not valid all that day …
        """
        await self.computer.run(self._check_token(serial, pin))

    async def _check_token(self, serial: str, pin: Secret) -> None:
        token = await self.port.open(serial)
        try:
            await token.login(pin)
            since, until = (exam_moment(self.settings.exam_date, time) for time in (0, DAY - SECOND))
            valid_certificate(await token.certificates(), token.info.label, since, until)
        finally:
            await token.close()

    def _moment(self) -> datetime:
        return exam_moment(self.settings.exam_date, self.runtime.now())

    # -- export ------------------------------------------------------------------------------------

    async def authorise_export(
        self,
        person: str,  # noqa: ARG002 - the procedures pass who it is; the signature says it
        serial: str,
        pin: Secret,
        works: int = 0,
    ) -> None:
        """Encrypt what is to be exported for the РЦОИ and have the member's token sign it [001:198].

        Whatever is scanned or recorded later is not in it and needs a new signature.

        Args:
            person: The member.
            serial: Of the token.
            pin: Its PIN.
            works: How many works there are; a recording station counts its answers itself.

        Raises:
            TokenError: Wrong PIN, locked, pulled out, certificate out of date, or it signs with another key
                than its certificate's.
            OSError: The station's own disk is full or cannot be written; of a recording station it is
                ``DiskFailed``.
        """
        await self.computer.run(self._prepare_export(self.port, serial, pin, works))

    async def _prepare_export(self, port: TokenPort, serial: str, pin: Secret, works: int) -> None:
        async with self._files:
            time = self.runtime.now() if self._exporting is None else self._exporting
            token = await port.open(serial)
            try:
                await token.login(pin)
                certificate = valid_certificate(await token.certificates(), token.info.label, self._moment())
                signer = self._signer(token, certificate)
                kind, works, payload = self._export_content(works)
                label = self._export_label(kind, works, time)
                recipients = self.seat.authorities.rcoi
                with self._store.new_file(EXPORT_FILE) as file:
                    draft = await self.runtime.compute(lambda: seal(file, label, payload, recipients, signer))
                    signature = await token.sign(certificate.key_id, draft.to_sign, signer.mechanism)
                    self._check_signature(token, signer, draft.to_sign, signature)
                    draft.finish(signature)
            finally:
                await token.close()
            content = self._store.file(EXPORT_FILE)
            self.prepared = PreparedExport(label.name, content, works, self.export_bytes(), time)

    def _signer(self, token: Token, certificate: Certificate) -> SignerKey:
        """Return the key that signs, and how.

        Raises:
            NotSupported: Nobody here can check how this token signs.
            KeyNotFound: What it holds is no certificate.
        """
        offered, known = token.capabilities.mechanisms, self.seat.authorities.verifiers
        try:
            mechanism = mechanism_for(certificate, offered, known)
            if mechanism is None:
                told = ", ".join(offered) or "nothing"
                raise NotSupported(token.info.label, f"the token signs with {told}: nobody could check it")
            return SignerKey.of(certificate, mechanism)
        except ValueError as error:
            raise KeyNotFound(token.info.label, f"its certificate cannot be read: {error}") from error

    def _check_signature(self, token: Token, signer: SignerKey, signed: bytes, signature: bytes) -> None:
        """See that the token has signed with the key of its certificate.

        Raises:
            WrongToken: It has not.
        """
        verify = self.seat.authorities.verifiers[signer.mechanism]
        if not verify(signer.key_id, signer.certificate, signed, signature):
            raise WrongToken(token.info.label, "its signature does not fit its certificate")

    def _export_content(self, works: int) -> tuple[Kind, int, Iterable[Piece]]:
        """Return the kind of the export package, the number of works and the content, in pieces."""
        raise NotImplementedError

    def _export_label(self, kind: Kind, works: int, time: int) -> Label:
        s = self.settings
        created = datetime.combine(s.exam_date, datetime.min.time()) + timedelta(microseconds=time)
        name = self._export_name(EXPORT_KINDS[kind], works, created.replace(microsecond=0))
        return Label(
            kind, name, s.scope, 0, unique_number(), created, computer=s.computer, room=self.room, works=works
        )

    def _export_name(self, kind: str, works: int, created: datetime) -> str:
        return export_name(kind, self.settings.scope, self.room, self.settings.computer, works, created)

    async def _write_export(self, flash: FlashDrive) -> PreparedExport:
        """Write the prepared package to a flash drive.

        The time in its name is stored before: an export that a crash has cut off is done again under the
        same name, so that no answer leaves the station in two packages.

        Raises:
            StepRefused: No token has signed it.
            StorageError: The drive; nothing is half-written.
        """
        if self.prepared is None:
            raise StepRefused(self.name, "export-not-authorised")
        prepared = self.prepared
        if self._exporting is None:
            self._store.save({"exporting": prepared.time})
            self._exporting = prepared.time
        with prepared.content.open() as source:
            await flash.put(prepared.name, source, prepared.size_bytes)
        return prepared

    def export_bytes(self) -> int:
        """How much the package to export weighs."""
        raise NotImplementedError

    def _record_export(self, event: PackageExported | AudioExported, details: Sequence[Event] = ()) -> None:
        self._record(event, {"exporting": None, "exported": event.package}, details)
        self.exported, self._exporting, self.prepared = event.package, None, None
        self._drop_files()

    def _loaded(self) -> tuple[ClosedPackage, AccessKey]:
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
        require_scope(file.scope, self.settings.scope, f"{self.name}: password")
        opener = ContentKeyOpener(file.open(words, self.name))
        contents = await self._opened(self.package, opener, f"{self.name}: password")
        self._accept_password(file)
        self._record(PasswordApplied(self.name, self.room))
        self.contents = contents

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


async def sign_with(token: Token, text: str, moment: datetime) -> bytes:
    """Sign a text with the member's key; returns whose it is (``container.identity``).

    Raises:
        NotSupported: The token cannot sign.
        KeyNotFound: It holds no certificate.
        TokenError: It is not logged in, was pulled out, or its certificate is not valid at that moment.
    """
    certificate = valid_certificate(await token.certificates(), token.info.label, moment)
    offered = token.capabilities.mechanisms
    mechanism = mechanism_for(certificate, offered, offered)
    if mechanism is None:
        raise NotSupported(token.info.label, "the token cannot sign with the key of its certificate")
    await token.sign(certificate.key_id, text.encode(), mechanism)
    return identity(certificate)
