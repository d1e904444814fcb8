"""The Штаб: link to the portal, keys, reserve keys, the hot line, statuses, upload of packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from hal.errors import DeviceError
from hal.network import Channel, ChannelDown
from hal.people import Action, Role
from hal.runtime import HOUR, MINUTE, SECOND, TaskGroup
from hal.secret import Secret
from hal.storage import FlashDrive, StorageError
from hal.token import Mechanism
from station_core.day.tokens import with_member_token
from station_core.errors import PortalRefused
from station_core.events import (
    ActSent,
    DeviceReplaced,
    HotLineCalled,
    JournalSent,
    KeyDownloaded,
    PackageConfirmed,
    PackageRejected,
    PackageUploaded,
    PasswordIssued,
    ReserveKeyRefused,
    ReserveKeyRequested,
    StatusSent,
)
from station_core.incidents import Incident
from station_core.materials import AccessKey, PasswordFile, encode
from station_core.point import HEADQUARTERS, Point
from station_core.portal import KEY_FROM, PASSWORD_FROM, PackageState

T = TypeVar("T")

HOT_LINE_AT = 9 * HOUR + 35 * MINUTE  # [001:139]
RETRY_EVERY = 30 * SECOND
KEY_BYTES = 64_000
STATUS_BYTES = 4_000
ASK_RCOI_EVERY = MINUTE
RCOI_PATIENCE = 4 * HOUR


class NoLink(Exception):
    """Neither channel reaches the portal."""


@dataclass(slots=True)
class Headquarters:
    """The desk of the Штаб. One per point.

    Args:
        point: The exam point.
        group: Where background repairs run.
    """

    point: Point
    group: TaskGroup
    key: AccessKey | None = None
    passwords: dict[str, tuple[PasswordFile, tuple[Secret, ...]]] = field(default_factory=dict)
    _outages: dict[str, Incident] = field(default_factory=dict)

    # -- the link (E1) -----------------------------------------------------------------------------

    async def through_channel(self, size_bytes: int, request: Callable[[], T]) -> tuple[T, str]:
        """Ask the portal by the main channel, else by the reserve one (E1).

        Args:
            size_bytes: What has to be transferred.
            request: Called once the far side has everything.

        Returns:
            The portal's answer and the name of the channel.

        Raises:
            NoLink: Neither channel works; their repair is under way.
            PortalRefused: What the portal says.
        """
        for channel in self.point.channels:
            try:
                await channel.transfer(size_bytes)
            except ChannelDown as error:
                self._report_outage(channel, error)
                continue
            return request(), channel.name
        raise NoLink

    def _report_outage(self, channel: Channel, error: ChannelDown) -> None:
        if channel.name in self._outages:
            return
        incident = self.point.incidents.open(error.code, channel.name, HEADQUARTERS)
        self._outages[channel.name] = incident
        self.group.start(self._repair(channel, incident), f"repair of {channel.name}")

    async def _repair(self, channel: Channel, incident: Incident) -> None:
        """Keep repairing the channel, as [001:139] orders, until it carries something again."""
        while True:
            reply = await self.point.ask(Action.REPAIR_CHANNEL, Role.TECHNICIAN, HEADQUARTERS, channel.name)
            if reply.done:
                incident.close("repaired")
                break
            try:
                await channel.transfer(STATUS_BYTES)
            except ChannelDown:
                await self.point.runtime.sleep(5 * MINUTE)
            else:
                incident.close("passed")
                break
        del self._outages[channel.name]

    async def insist(self, size_bytes: int, request: Callable[[], T]) -> tuple[T, str]:
        """Like ``through_channel``, again and again until there is a link."""
        while True:
            try:
                return await self.through_channel(size_bytes, request)
            except NoLink:
                await self.point.runtime.sleep(RETRY_EVERY)

    # -- statuses, acts, journals ------------------------------------------------------------------

    async def send_status(self, status: str) -> None:
        """Send a status to the monitoring system."""
        await self.insist(STATUS_BYTES, lambda: self.point.portal.take_status(status))
        self.point.journal.write(StatusSent(status))

    async def send_act(self, station: str, computer: int, *, reserve: bool, on_exam_day: bool) -> None:
        """Send the act of technical readiness of a station."""
        await self.insist(
            STATUS_BYTES,
            lambda: self.point.portal.register_act(computer, reserve, on_exam_day=on_exam_day),
        )
        self.point.journal.write(ActSent(station, computer, reserve, on_exam_day))

    async def send_journal(self, station: str) -> None:
        """Send the electronic journal of a station."""
        await self.insist(STATUS_BYTES, lambda: None)
        self.point.journal.write(JournalSent(station))

    # -- keys (E2 – E6) ----------------------------------------------------------------------------

    async def authorised(self, ask_portal: Callable[[bytes], T]) -> tuple[T, str, str] | None:
        """Ask the portal in the name of a ГЭК member; ``None`` if no token works.

        Returns:
            The portal's answer, the channel and the member.

        Raises:
            NoLink, PortalRefused
        """
        answer: list[tuple[T, str, str]] = []
        stopped: list[Exception] = []

        async def operation(person: str, serial: str, pin: Secret) -> None:
            key_id = await self._prove(serial, pin)
            try:
                value, channel = await self.through_channel(KEY_BYTES, lambda: ask_portal(key_id))
            except PortalRefused as refusal:
                if refusal.why == "member-not-assigned":
                    raise
                stopped.append(refusal)
            except NoLink as problem:
                stopped.append(problem)
            else:
                answer.append((value, channel, person))

        done = await with_member_token(self.point, HEADQUARTERS, HEADQUARTERS, operation)
        if stopped:
            raise stopped[0]
        return answer[0] if done else None

    async def _prove(self, serial: str, pin: Secret) -> bytes:
        """Log in and sign the portal's challenge; returns the id of the member's key."""
        token = await self.point.hq_port.open(serial)
        try:
            await token.login(pin)
            certificate = (await token.certificates())[0]
            mechanism: Mechanism = token.capabilities.mechanisms[0]
            challenge = f"{self.point.exam.scope}/{self.point.runtime.now()}".encode()
            await token.sign(certificate.key_id, challenge, mechanism)
        finally:
            await token.close()
        return certificate.key_id

    async def fetch_main_key(self) -> None:
        """Download the main key at 09:30; with no link by 09:35 go the way of the password (E2).

        Afterwards ``key`` or ``passwords`` is filled, or an unresolved incident is in the journal.
        """
        point = self.point
        await point.until(KEY_FROM)
        called = False
        while True:
            try:
                got = await self.authorised(point.portal.main_key)
            except NoLink:
                called = await self._password_way(called=called)
                if self.passwords:
                    return
                await point.runtime.sleep(RETRY_EVERY)
                continue
            if got is not None:
                self.key, channel, person = got
                point.journal.write(KeyDownloaded(self.key.name, self.key.kind, channel, person))
            return

    async def _password_way(self, *, called: bool) -> bool:
        point = self.point
        now = point.runtime.now()
        rooms = tuple(room.name for room in point.rooms)
        if now >= HOT_LINE_AT and not called:
            reply = await point.ask(Action.CALL_HOT_LINE, Role.COMMISSION_MEMBER, HEADQUARTERS)
            if reply.done:
                point.portal.register_hot_line_request(rooms)
                point.journal.write(HotLineCalled("password", HEADQUARTERS, reply.person))
                called = True
        if now >= PASSWORD_FROM and called:
            for room in point.rooms:
                self.passwords[room.name] = point.portal.password(room.name, len(room.participants))
                point.journal.write(PasswordIssued(room.name, len(self.passwords[room.name][1])))
        return called

    async def fetch_reserve_key(
        self, room: str, computer: int, kits: int, *, reserve_station: bool
    ) -> AccessKey | None:
        """Request a reserve key (E3, E4); ``None`` when it is not to be had, and an incident says why.

        It is requested once; the portal refuses a second request [001:152].
        """
        point = self.point
        point.journal.write(ReserveKeyRequested(room, computer, kits, reserve_station))
        try:
            got = await self._insist_authorised(
                lambda key_id: point.portal.reserve_key(key_id, room, computer, kits)
            )
        except PortalRefused as refusal:
            point.journal.write(ReserveKeyRefused(room, computer, refusal.why))
            incident = point.incidents.open(refusal.why, "portal", HEADQUARTERS)
            await self.call_hot_line(refusal.why, room)
            incident.close("told-to-hot-line", resolved=False)
            return None
        if got is None:
            return None
        key, channel, person = got
        point.journal.write(KeyDownloaded(key.name, key.kind, channel, person))
        return key

    async def _insist_authorised(self, ask_portal: Callable[[bytes], T]) -> tuple[T, str, str] | None:
        while True:
            try:
                return await self.authorised(ask_portal)
            except NoLink:
                await self.point.runtime.sleep(RETRY_EVERY)

    async def call_hot_line(self, about: str, place: str) -> None:
        """Tell the hot line what cannot be solved on site (E8) [001:157]."""
        reply = await self.point.ask(Action.CALL_HOT_LINE, Role.COMMISSION_MEMBER, HEADQUARTERS, note=about)
        if reply.done:
            self.point.journal.write(HotLineCalled(about, place, reply.person))

    # -- flash drives (E18) ------------------------------------------------------------------------

    async def put_on_flash(self, index: int, name: str, data: bytes) -> FlashDrive | None:
        """Write a file to a technician's flash drive, or to a reserve one if that fails (E18).

        Returns:
            The drive, or ``None`` when none is left; an unresolved incident says so.
        """
        while True:
            flash = self.point.flashes[index]
            try:
                await flash.write(name, data)
            except StorageError as error:
                if not await self.replace_flash(index, error):
                    return None
            else:
                return flash

    async def replace_flash(self, index: int, error: DeviceError) -> bool:
        """Take a reserve flash drive instead of one that failed."""
        point = self.point
        old = point.flashes[index]
        incident = point.incidents.open(error.code, old.name, HEADQUARTERS)
        technicians = len(point.staff.names(Role.TECHNICIAN))
        if len(point.flashes) <= technicians:
            incident.close("no-reserve-flash", resolved=False)
            return False
        point.flashes[index] = point.flashes.pop(technicians)
        point.journal.write(DeviceReplaced(HEADQUARTERS, old.name, point.flashes[index].name))
        incident.close("reserve-flash")
        return True

    # -- packages of the point ---------------------------------------------------------------------

    async def upload(self, package: str, kind: str, room: str, works: int, size_bytes: int) -> None:
        """Upload an export package and pass it to the РЦОИ («Загрузить пакеты», «Передать»)."""
        _, channel = await self.insist(size_bytes, lambda: self.point.portal.upload(package))
        self.point.journal.write(PackageUploaded(package, kind, room, works, channel))

    async def confirmed(self, package: str) -> bool:
        """Wait for the РЦОИ's word on a package; a rejection is an incident (E12)."""
        point = self.point
        deadline = point.runtime.now() + RCOI_PATIENCE
        while point.runtime.now() < deadline:
            state, _ = await self.insist(STATUS_BYTES, lambda: point.portal.state(package))
            if state is PackageState.CONFIRMED:
                point.journal.write(PackageConfirmed(package))
                return True
            if state is PackageState.REJECTED:
                point.journal.write(PackageRejected(package, "rejected-by-rcoi"))
                return False
            await point.runtime.sleep(ASK_RCOI_EVERY)
        return False


def key_file(key: AccessKey) -> tuple[str, bytes]:
    """Return the name and the content of a key file."""
    return key.name, encode(key)
