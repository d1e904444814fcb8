"""The federal portal as the point sees it: keys, acts, passwords, statuses, export packages.

The rules of keys are the point of this model:

* the main key exists from 09:30 local time [001:29, 134];
* a reserve key is issued once for a computer in a room and never again [001:141-152]; asked again, the
  portal refuses and names the hot line; a new download of the *main* key contains it [001:152, 259];
* a reserve key contains all main grants and all reserve grants issued before [001:143, 148];
* a reserve station needs its act on the portal first, and a main station without an act is not in the
  main key [001:131];
* the status of readiness is taken only with the acts of every room's organiser station [001:127];
* a password is issued from 09:45, once a request is registered and while no key was had [001:139].

What it gives away is signed by it; what it takes must be signed by a member of the point and is decrypted by
the РЦОИ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import BinaryIO

from hal.runtime import HOUR, MINUTE, SECOND
from hal.secret import Secret
from hal.token import Certificate
from hal.token.certificates import dates_of, out_of_date
from station_core.audio_package import AudioReader
from station_core.container import Trust
from station_core.errors import MaterialsRefused, PortalRefused
from station_core.materials import (
    EXPORT_AFFIXES,
    AccessKey,
    Grant,
    KeyKind,
    Package,
    PasswordFile,
    exam_moment,
)
from station_core.packages import FederalKeys, close_package, receive_export, require_scope, sign_key

KEY_FROM = 9 * HOUR + 30 * MINUTE  # [001:134]
PASSWORD_FROM = 9 * HOUR + 45 * MINUTE  # [001:139]
READY_STATUS = "Контроль технической готовности завершён"
PARTICIPANTS_PER_PASSWORD = 5  # (inferred) from "1 to 5 per room by the number of participants" [001:139]


def _forget(data: memoryview) -> None:
    """Take what a package of blanks holds: this model of the РЦОИ looks at its label only."""


class PackageState(StrEnum):
    """What the ЛК ППЭ shows of an uploaded package [000:666-672]."""

    PROCESSING = "Обработка"
    READY = "Подготовлен для передачи в РЦОИ"
    SENT = "Направлен в РЦОИ"
    CONFIRMED = "Подтвержден"
    REJECTED = "Отклонен"


@dataclass(slots=True)
class _Upload:
    sent_at: int
    confirm_at: int


@dataclass(slots=True)
class Portal:
    """Keeps the register of one point.

    Args:
        now: The clock.
        package: The интернет-пакет that was published for the point.
        content_key: What opens it.
        seal: Wraps the content key for a token: ``seal(key_id, content_key)``.
        keys: What the portal signs with and the РЦОИ decrypts with.
        members: Tokens that are assigned to this exam: ``container.identity`` in hexadecimal → person.
        rooms: Main grants: room → (computer, kits).
        processing_us: How long the РЦОИ takes to confirm a package.
        certificates: Of the members, under the same names, as their tokens hold them.
    """

    now: Callable[[], int]
    package: Package
    content_key: bytes
    seal: Callable[[bytes, bytes], bytes]
    keys: FederalKeys
    members: Mapping[str, str]
    rooms: Mapping[str, tuple[int, int]]
    processing_us: int = 4 * MINUTE
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=list)
    journals: dict[str, bool] = field(default_factory=dict)
    acts: dict[int, bool] = field(default_factory=dict)  # computer → registered as a reserve
    _main: tuple[Grant, ...] = ()
    _reserve: list[Grant] = field(default_factory=list)
    _key_was_had: bool = False
    _hot_line_rooms: list[str] = field(default_factory=list)
    _uploads: dict[str, _Upload] = field(default_factory=dict)
    _rejections: dict[str, str] = field(default_factory=dict)
    _received: dict[str, str] = field(default_factory=dict)  # unique number → name of the package
    _files: dict[str, tuple[AccessKey, bytes]] = field(default_factory=dict)
    _trust: Trust = field(init=False)

    def __post_init__(self) -> None:
        first = 0
        grants = []
        for room, (computer, kits) in self.rooms.items():
            grants.append(Grant(computer, room, first, kits))
            first += kits
        if first > len(self.package.kits):
            raise ValueError(
                f"{self.package.name}: {first} kits granted, {len(self.package.kits)} in the package"
            )
        self._main = tuple(grants)
        signers = dict.fromkeys(map(bytes.fromhex, self.members), b"")
        signers |= {bytes.fromhex(member): each.der for member, each in self.certificates.items()}
        self._trust = Trust(signers, self.keys.verifiers)

    def _time(self) -> datetime:
        midnight = datetime.combine(self.package.scope.exam_date, datetime.min.time())
        return midnight + timedelta(microseconds=self.now())

    def package_file(self) -> bytes:
        """Return the интернет-пакет, closed and signed [001:46-51, 73-74]."""
        return close_package(self.package, self.content_key, self._time(), self.keys)

    def key_file(self, key: AccessKey) -> bytes:
        """Return the file of a key that the portal has given, signed."""
        made = self._files.get(key.name)
        if made is None or made[0] != key:
            made = self._files[key.name] = (key, sign_key(key, self._time(), self.keys))
        return made[1]

    # -- acts and statuses -------------------------------------------------------------------------

    def register_act(self, computer: int, reserve: bool, *, on_exam_day: bool) -> None:
        """Take the act of a station; on the exam day only reserve stations are taken [001:131].

        Raises:
            PortalRefused: A main station on the exam day.
        """
        if on_exam_day and not reserve:
            raise PortalRefused("portal", "act-of-main-station-on-exam-day", f"computer {computer}")
        self.acts[computer] = reserve

    def take_status(self, status: str) -> None:
        """Record a status of the point.

        Raises:
            PortalRefused: Readiness without the act of every room's organiser station [001:127].
        """
        if status == READY_STATUS:
            missing = [room for room, (computer, _) in self.rooms.items() if computer not in self.acts]
            if missing:
                raise PortalRefused("portal", "acts-missing", f"rooms {', '.join(missing)}")
        self.statuses.append(status)

    # -- keys --------------------------------------------------------------------------------------

    def _authorised(self, key_id: bytes) -> str:
        person = self.members.get(key_id.hex())
        if person is None:
            raise PortalRefused("portal", "member-not-assigned")
        self._require_valid(key_id, exam_moment(self.package.scope.exam_date, self.now()), "")
        return person

    def _require_valid(self, key_id: bytes, moment: datetime, file: str) -> None:
        """See that a member's certificate is valid at that moment.

        Raises:
            PortalRefused: It is not.
        """
        certificate = self.certificates.get(key_id.hex())
        wrong = None if certificate is None else out_of_date(certificate, moment)
        if certificate is not None and wrong is not None:
            person = self.members[key_id.hex()]
            detail = f"{file}{': ' if file else ''}{person}: valid {dates_of(certificate)}"
            raise PortalRefused("portal", wrong.code, detail)

    def _key(self, kind: KeyKind, name: str) -> AccessKey:
        wrapped = {
            key_id: self.seal(bytes.fromhex(key_id), self.content_key).hex()
            for key_id in sorted(self.members)
        }
        main = tuple(grant for grant in self._main if self.acts.get(grant.computer) is False)
        # with every reserve grant the key is a newer issue; had again, it is the same
        issue = 1 + len(self._reserve)
        return AccessKey(name, kind, self.package.scope, wrapped, (*main, *self._reserve), issue)

    def main_key(self, key_id: bytes) -> AccessKey:
        """Give the main key to the holder of that token; it includes reserve grants issued so far.

        Raises:
            PortalRefused: Too early, or the member is not assigned to this exam or has a certificate out of
                date.
        """
        self._authorised(key_id)
        if self.now() < KEY_FROM:
            raise PortalRefused("portal", "key-not-yet-published")
        self._key_was_had = True
        again = f"_{len(self._reserve)}" if self._reserve else ""
        return self._key(KeyKind.MAIN, f"KEY_EGE_{self._file_scope()}{again}.dat")

    def _file_scope(self) -> str:
        scope = self.package.scope
        return f"{scope.region}_{scope.point}_{scope.exam_date:%Y%m%d}_{scope.subject}"

    def kits_in_reserve(self) -> int:
        """How many reserve kits are not granted yet."""
        granted = sum(grant.kits for grant in (*self._main, *self._reserve))
        return len(self.package.kits) - granted

    def reserve_key(self, key_id: bytes, room: str, computer: int, kits: int) -> AccessKey:
        """Give a reserve key for a computer that will print ``kits`` more kits in a room (E3, E4).

        Raises:
            PortalRefused: Member not assigned, certificate out of date; station without act; asked a second
                time; no such room; not enough reserve kits in the package.
            ValueError: Less than no kits are asked for.
        """
        if kits < 0:
            raise ValueError(f"room {room}: {kits} kits cannot be granted")
        self._authorised(key_id)
        if self.now() < KEY_FROM:
            raise PortalRefused("portal", "key-not-yet-published")
        if room not in self.rooms:
            raise PortalRefused("portal", "unknown-room", f"room {room}")
        if computer not in self.acts:
            raise PortalRefused("portal", "station-without-act", f"computer {computer}")
        if any(grant.computer == computer and grant.room == room for grant in self._reserve):
            raise PortalRefused("portal", "reserve-key-already-issued", f"room {room}, computer {computer}")
        if kits > self.kits_in_reserve():
            detail = f"asked for {kits}, {self.kits_in_reserve()} left in the package"
            raise PortalRefused("portal", "reserve-kits-used-up", detail)
        first = len(self.package.kits) - self.kits_in_reserve()
        self._reserve.append(Grant(computer, room, first, kits))
        return self._key(KeyKind.RESERVE, f"KEY_EGE_RESERVE_{self._file_scope()}_{len(self._reserve):02}.dat")

    # -- the hot line (E2) -------------------------------------------------------------------------

    def register_hot_line_request(self, rooms: tuple[str, ...]) -> None:
        """Register that the point asks for passwords."""
        self._hot_line_rooms.extend(room for room in rooms if room not in self._hot_line_rooms)

    def password(self, room: str, participants: int) -> tuple[PasswordFile, tuple[Secret, ...]]:
        """Give the passwords of a room, 1 to 5 by the number of participants [001:139].

        Raises:
            PortalRefused: No request is registered, it is before 09:45, or the point has had its key.
        """
        if room not in self._hot_line_rooms:
            raise PortalRefused("hot line", "no-request-registered", f"room {room}")
        if self.now() < PASSWORD_FROM:
            raise PortalRefused("hot line", "password-not-before-09:45")
        if self._key_was_had:
            raise PortalRefused("hot line", "key-was-had")
        count = min(5, max(1, -(-participants // PARTICIPANTS_PER_PASSWORD)))
        words = tuple(self._word(room, index) for index in range(count))
        grants = tuple(grant for grant in self._main if grant.room == room)
        file = PasswordFile.close(room, self.package.scope, grants, self.content_key, words)
        return file, tuple(Secret(word) for word in words)

    def _word(self, room: str, index: int) -> str:
        return hashlib.sha256(self.content_key + f"{room}/{index}".encode()).hexdigest()[:8]

    # -- journals and export packages --------------------------------------------------------------

    def take_journal(self, file: str) -> None:
        """Take the electronic journal of a station; the newest of one name counts."""
        self.journals[file] = True

    def rejection(self, name: str) -> str:
        """Return why the РЦОИ rejects a package; empty if it does not."""
        return self._rejections.get(name, "")

    def upload(self, name: str, source: BinaryIO) -> None:
        """Take an export package and pass it to the РЦОИ [000:654-660, 908-950].

        What is damaged, not of this exam, not signed by a member of the point or sent before is refused at
        once, and so is what was signed with a certificate out of date; a package that the РЦОИ cannot decrypt
        is rejected by it later.

        Args:
            name: File name.
            source: The file, of any size; read from its beginning.

        Raises:
            PortalRefused: By which check, and the field; ``package-sent-before`` is «повторная передача».
        """
        if name in self._uploads:
            raise PortalRefused("portal", "package-sent-before", name)
        try:
            source.seek(0)
            audio = AudioReader(name) if name.startswith(EXPORT_AFFIXES["VOICE"][0]) else None
            sink = _forget if audio is None else audio.take
            label, signer = receive_export(source, name, self.keys.rcoi, self._trust, sink)
            if audio is not None:
                audio.finish()  # integrity of every recording [002:7257-7263]
            require_scope(label.scope, self.package.scope, name)
        except MaterialsRefused as refusal:
            if refusal.why != "not-for-this-recipient":
                raise PortalRefused("portal", refusal.why, f"{name}: {refusal.detail}") from refusal
            self._rejections[name] = refusal.why
        else:
            if label.unique in self._received:
                detail = f"{name}: {label.unique} came as {self._received[label.unique]}"
                raise PortalRefused("portal", "package-sent-before", detail)
            self._require_valid(signer, label.created.replace(tzinfo=UTC), name)
            self._received[label.unique] = name
        now = self.now()
        self._uploads[name] = _Upload(now, now + self.processing_us)

    def reject(self, name: str, why: str) -> None:
        """Make the РЦОИ reject a package when it comes to it."""
        self._rejections[name] = why

    def state(self, name: str) -> PackageState:
        """Return what the ЛК ППЭ shows of a package.

        Raises:
            PortalRefused: It was never uploaded.
        """
        upload = self._uploads.get(name)
        if upload is None:
            raise PortalRefused("portal", "package-unknown", name)
        if self.now() < upload.sent_at + 10 * SECOND:
            return PackageState.PROCESSING
        if self.now() < upload.confirm_at:
            return PackageState.SENT
        return PackageState.REJECTED if name in self._rejections else PackageState.CONFIRMED
