"""The Штаб: link to the portal, keys, reserve keys, the hot line, statuses, upload of packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar

from hal.journal import Event
from hal.network import Channel, ChannelDown
from hal.people import Action, Role
from hal.runtime import DAY, HOUR, MINUTE, SECOND, Task, TaskGroup
from hal.secret import Secret
from station_core.day.drives import Drives
from station_core.day.tokens import with_member_token
from station_core.errors import PortalRefused
from station_core.events import (
    ActSent,
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
from station_core.materials import AccessKey, Grant, PasswordFile, exam_moment
from station_core.point import HEADQUARTERS, Point
from station_core.portal import KEY_FROM, PASSWORD_FROM, PackageState
from station_core.station import Station, sign_with

T = TypeVar("T")

HOT_LINE_AT = 9 * HOUR + 35 * MINUTE  # [001:139]
RETRY_EVERY = 30 * SECOND
ASK_AGAIN_EVERY = 5 * MINUTE
KEY_UNTIL = 11 * HOUR  # an exam that has not begun by then is late beyond repair [002:8954-8960]
KEY_BYTES = 64_000
STATUS_BYTES = 4_000
ASK_RCOI_EVERY = MINUTE
RCOI_PATIENCE = 4 * HOUR
CHANNEL_DEADLINE = 10 * MINUTE  # a transfer that takes longer is as bad as none (our choice)
RESERVE_KEY_PATIENCE = HOUR
GIVE_UP_AT = 23 * HOUR  # all is due by 23:59 [002:6597]; what is left then goes another way


class NoLink(Exception):
    """Neither channel reaches the portal."""


@dataclass(slots=True)
class Headquarters:
    """The desk of the Штаб. One per point.

    Args:
        point: The exam point.
        group: Where repairs and transmissions run in the background.
        key, passwords: What opens the materials; one of them is filled once they are to be had.
        journals: Where the journal of each station was saved: technician (of the drive) and file.
        media: By drive, the audio packages on it, and the work of each file in them.
    """

    point: Point
    group: TaskGroup
    key: AccessKey | None = None
    passwords: dict[str, tuple[PasswordFile, tuple[Secret, ...]]] = field(default_factory=dict)
    drives: Drives = field(init=False)
    journals: dict[str, tuple[int, str]] = field(default_factory=dict)
    media: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    _issued: dict[tuple[str, int], Grant] = field(default_factory=dict)
    _outages: dict[str, Incident] = field(default_factory=dict)
    _sending: list[Task[bool]] = field(default_factory=list)
    _given_up: bool = False

    def __post_init__(self) -> None:
        self.drives = Drives(self.point)

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
                async with self.point.runtime.timeout(CHANNEL_DEADLINE):
                    await channel.transfer(size_bytes)
            except ChannelDown as error:
                self._report_outage(channel, error.code)
            except TimeoutError:
                self._report_outage(channel, "channel-slow")
            else:
                return request(), channel.name
        raise NoLink

    def _report_outage(self, channel: Channel, kind: str) -> None:
        if channel.name in self._outages:
            return
        incident = self.point.incidents.open(kind, channel.name, HEADQUARTERS)
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
        """Like ``through_channel``, again and again until there is a link or the day is over.

        Raises:
            NoLink: There was none until 23:00.
        """
        while True:
            try:
                return await self.through_channel(size_bytes, request)
            except NoLink:
                if self.point.runtime.now() % DAY >= GIVE_UP_AT:
                    await self._give_up()
                    raise
                await self.point.runtime.sleep(RETRY_EVERY)

    async def _give_up(self) -> None:
        """Say once that the point cannot transmit; from here on every transmission is tried just once."""
        if not self._given_up:
            self._given_up = True
            await self.escalate("no-link", "portal", HEADQUARTERS)

    # -- statuses, acts, journals ------------------------------------------------------------------

    async def send_status(self, status: str) -> bool:
        """Send a status to the monitoring system; returns whether it arrived.

        Raises:
            PortalRefused: The portal does not take it yet.
        """
        return await self._send(StatusSent(status), lambda: self.point.portal.take_status(status))

    async def send_act(self, station: str, computer: int, *, reserve: bool, on_exam_day: bool) -> bool:
        """Send the act of technical readiness of a station; returns whether it arrived."""
        return await self._send(
            ActSent(station, computer, reserve, on_exam_day),
            lambda: self.point.portal.register_act(computer, reserve, on_exam_day=on_exam_day),
        )

    async def send_journal(self, station: str, file: str) -> bool:
        """Send the electronic journal of a station; returns whether it arrived."""
        return await self._send(JournalSent(station), lambda: self.point.portal.take_journal(file))

    async def _send(self, event: Event, request: Callable[[], None]) -> bool:
        try:
            await self.insist(STATUS_BYTES, request)
        except NoLink:
            return False
        self.point.journal.write(event)
        return True

    # -- keys (E2 – E6) ----------------------------------------------------------------------------

    async def authorised(self, ask_portal: Callable[[bytes], T]) -> tuple[T, str, str] | None:
        """Ask the portal in the name of a ГЭК member; ``None`` if no token works.

        Returns:
            The portal's answer, the channel and the member.

        Raises:
            NoLink, PortalRefused
        """
        proven: list[tuple[bytes, str]] = []

        async def operation(person: str, serial: str, pin: Secret) -> None:
            proven.append((await self._prove(serial, pin), person))

        # the token proves who asks; the transfer itself may take longer than a token's deadline
        if not await with_member_token(self.point, HEADQUARTERS, HEADQUARTERS, operation):
            return None
        key_id, person = proven[-1]
        value, channel = await self.through_channel(KEY_BYTES, lambda: ask_portal(key_id))
        return value, channel, person

    async def _prove(self, serial: str, pin: Secret) -> bytes:
        """Log in and sign the portal's challenge; returns the id of the member's key."""
        token = await self.point.hq_port.open(serial)
        try:
            await token.login(pin)
            scope, now = self.point.exam.scope, self.point.runtime.now()
            return await sign_with(token, f"{scope}/{now}", exam_moment(scope.exam_date, now))
        finally:
            await token.close()

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
            if point.runtime.now() >= KEY_UNTIL:
                return
            await point.runtime.sleep(ASK_AGAIN_EVERY)  # a member may come back, a token recover

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
            await self.escalate(refusal.why, "portal", HEADQUARTERS, concerns=room)
            return None
        if got is None:
            return None
        key, channel, person = got
        self._issued[room, computer] = key.grants[-1]
        point.journal.write(KeyDownloaded(key.name, key.kind, channel, person))
        return key

    async def fetch_issued_key(self, station: Station, room: str) -> AccessKey | None:
        """Download the main key again: it contains a reserve key that was issued and got lost on the way.

        Returns:
            The key, or ``None`` when no reserve key was issued that the station does not have already, or
            when there is no link or token.
        """
        grant = self._issued.get((room, station.settings.computer))
        if grant is None or (station.key is not None and grant in station.key.grants):
            return None
        got = await self._insist_authorised(self.point.portal.main_key)
        if got is None:
            return None
        key, channel, person = got
        self.point.journal.write(KeyDownloaded(key.name, key.kind, channel, person))
        return key

    async def _insist_authorised(self, ask_portal: Callable[[bytes], T]) -> tuple[T, str, str] | None:
        until = self.point.runtime.now() + RESERVE_KEY_PATIENCE
        while True:
            try:
                return await self.authorised(ask_portal)
            except NoLink:
                if self.point.runtime.now() >= until:
                    return None  # the incidents of the channels say why
                await self.point.runtime.sleep(RETRY_EVERY)

    async def call_hot_line(self, about: str, place: str) -> None:
        """Tell the hot line what cannot be solved on site (E8) [001:157]."""
        reply = await self.point.ask(Action.CALL_HOT_LINE, Role.COMMISSION_MEMBER, HEADQUARTERS, note=about)
        if reply.done:
            self.point.journal.write(HotLineCalled(about, place, reply.person))

    async def escalate(
        self, why: str, device: str, place: str, *, concerns: str = "", about: str = "", how: str = ""
    ) -> None:
        """Record what cannot be solved on site, and tell the hot line (E8) [001:157].

        Args:
            why: Code of the incident.
            device: What it is about.
            place: Where it is.
            concerns: The room that the hot line hears of, if it is another place.
            about: What the hot line hears, if it is not ``why``.
            how: How the incident ends, if not by having told the hot line.
        """
        incident = self.point.incidents.open(why, device, place)
        await self.call_hot_line(about or why, concerns or place)
        incident.close(how or "told-to-hot-line", resolved=False)

    # -- packages of the point ---------------------------------------------------------------------

    def send_package(
        self, package: str, file: BinaryIO, kind: str, room: str, works: int, size_bytes: int
    ) -> None:
        """Upload a package («Загрузить пакеты», «Передать») while the rooms go on with their work.

        Args:
            package: File name.
            file: The package; closed when it is sent.
            kind: For the journal.
            room: Whose works they are.
            works: How many.
            size_bytes: How much there is to send.
        """
        sending = self._send_package(package, file, kind, room, works, size_bytes)
        self._sending.append(self.group.start(sending, f"sending of {package}"))

    async def _send_package(
        self, package: str, file: BinaryIO, kind: str, room: str, works: int, size_bytes: int
    ) -> bool:
        """Send a package and wait for the РЦОИ's word; what goes wrong is an incident (E12)."""
        point = self.point
        try:
            with file:
                _, channel = await self.insist(size_bytes, lambda: point.portal.upload(package, file))
            point.journal.write(PackageUploaded(package, kind, room, works, channel))
            state = await self._verdict(package)
        except NoLink:
            return False
        except PortalRefused as refusal:
            point.journal.write(PackageRejected(package, refusal.why))
            return await self._not_sent("package-rejected", package, room)
        if state is PackageState.CONFIRMED:
            point.journal.write(PackageConfirmed(package))
            return True
        if state is PackageState.REJECTED:
            point.journal.write(PackageRejected(package, point.portal.rejection(package)))
            return await self._not_sent("package-rejected", package, room)
        return await self._not_sent("not-confirmed", package, room)

    async def _not_sent(self, why: str, package: str, room: str) -> bool:
        await self.escalate(why, package, HEADQUARTERS, concerns=room)
        return False

    async def _verdict(self, package: str) -> PackageState:
        """Look every minute what became of a package, for as long as anybody waits."""
        deadline = self.point.runtime.now() + RCOI_PATIENCE
        while True:
            state, _ = await self.insist(STATUS_BYTES, lambda: self.point.portal.state(package))
            ended = state in (PackageState.CONFIRMED, PackageState.REJECTED)
            if ended or self.point.runtime.now() >= deadline:
                return state
            await self.point.runtime.sleep(ASK_RCOI_EVERY)

    async def all_confirmed(self) -> bool:
        """Wait for the end of all transmissions; returns whether there were any and all are confirmed."""
        confirmed = [await task.wait() for task in self._sending]
        return bool(confirmed) and all(confirmed)


def key_file(point: Point, key: AccessKey) -> tuple[str, bytes]:
    """Return the name and the content of a key file as the portal gives it."""
    return key.name, point.portal.key_file(key)
