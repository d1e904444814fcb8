"""The portal: keys, acts, passwords and packages by the rules E1-E7 and E12."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hal.runtime import HOUR, MINUTE, SECOND
from hal.token import Certificate, Mechanism
from scenarios.federal import federal_keys
from simulators import sealing
from station_core.container import (
    ContentKeyOpener,
    Kind,
    Label,
    Recipient,
    SignerKey,
    SimulatedRecipient,
    seal_bytes,
)
from station_core.errors import MaterialsRefused, PortalRefused
from station_core.materials import AccessKey, Grant, KeyKind, Kit, Package, Scope, export_name, kit_number
from station_core.packages import read_key, read_package, unique_number
from station_core.portal import READY_STATUS, PackageState, Portal
from station_core.store import InMemory
from tests.containers import read_export

SCOPE = Scope("90", "9099", date(2024, 5, 28), "01-РУС")
CONTENT_KEY = bytes(range(32))
ANNA, BORIS, STRANGER = (sealing.recipient_id(serial) for serial in ("1", "2", "3"))


@dataclass
class Clock:
    now: int = 8 * HOUR

    def __call__(self) -> int:
        return self.now


def package(kits: int) -> Package:
    numbers = (Kit(kit_number("90", serial), 16, 4) for serial in range(kits))
    return Package("day.ipk", SCOPE, tuple(numbers), 1000)


def make_portal(
    clock: Callable[[], int], kits: int = 20, rooms: dict[str, tuple[int, int]] | None = None
) -> Portal:
    return Portal(
        now=clock,
        package=package(kits),
        content_key=CONTENT_KEY,
        seal=sealing.seal,
        keys=federal_keys(),
        members={ANNA.hex(): "anna", BORIS.hex(): "boris"},
        rooms={"0001": (1, 5), "0002": (2, 6)} if rooms is None else rooms,
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portal(clock: Clock) -> Portal:
    """Of a point that is ready: acts of both rooms and of one reserve station; it is 09:30."""
    made = make_portal(clock)
    made.register_act(1, reserve=False, on_exam_day=False)
    made.register_act(2, reserve=False, on_exam_day=False)
    made.register_act(901, reserve=True, on_exam_day=False)
    clock.now = 9 * HOUR + 30 * MINUTE
    return made


def refused(why: str) -> contextlib.AbstractContextManager[object]:
    return pytest.raises(PortalRefused, match=rf": {re.escape(why)}($| \()")


# -- the main key --------------------------------------------------------------------------------------


def test_the_main_key_is_there_from_0930(portal: Portal, clock: Clock) -> None:
    clock.now = 9 * HOUR + 30 * MINUTE - 1
    with refused("key-not-yet-published"):
        portal.main_key(ANNA)
    clock.now += 1
    assert portal.main_key(ANNA).kind is KeyKind.MAIN


def test_the_main_key_holds_the_rooms_with_kits_that_follow_each_other(portal: Portal) -> None:
    assert portal.main_key(ANNA).grants == (Grant(1, "0001", 0, 5), Grant(2, "0002", 5, 6))


def test_the_key_opens_for_every_member_of_the_point_and_for_nobody_else(portal: Portal) -> None:
    key = portal.main_key(ANNA)
    assert key.wrapped.keys() == {ANNA.hex(), BORIS.hex()}
    for member in (ANNA, BORIS):
        wrapped = bytes.fromhex(key.wrapped[member.hex()])
        assert sealing.unseal(sealing.secret_of(member), wrapped) == CONTENT_KEY
        with pytest.raises(sealing.SealedForOther):
            sealing.unseal(sealing.secret_of(STRANGER), wrapped)


def test_a_stranger_gets_no_key(portal: Portal) -> None:
    with refused("member-not-assigned"):
        portal.main_key(STRANGER)
    with refused("member-not-assigned"):
        portal.reserve_key(STRANGER, "0001", 1, 2)


def test_a_main_station_without_an_act_is_not_in_the_key(clock: Clock) -> None:
    portal = make_portal(clock)
    portal.register_act(2, reserve=False, on_exam_day=False)
    clock.now = 10 * HOUR
    assert [grant.room for grant in portal.main_key(ANNA).grants] == ["0002"]
    # E6: as a reserve it still is not; its kits come with a reserve key
    portal.register_act(1, reserve=True, on_exam_day=True)
    assert [grant.room for grant in portal.main_key(ANNA).grants] == ["0002"]
    assert portal.reserve_key(ANNA, "0001", 1, 3).grant_for(1) == Grant(1, "0001", 11, 3)


def test_more_kits_granted_than_there_are(clock: Clock) -> None:
    with pytest.raises(ValueError, match=r"day\.ipk: 11 kits granted, 10 in the package"):
        make_portal(clock, kits=10)


# -- acts and statuses ---------------------------------------------------------------------------------


def test_no_main_station_is_registered_on_the_day(clock: Clock) -> None:
    portal = make_portal(clock)
    with refused("act-of-main-station-on-exam-day"):
        portal.register_act(1, reserve=False, on_exam_day=True)
    assert portal.acts == {}
    portal.register_act(901, reserve=True, on_exam_day=True)
    assert portal.acts == {901: True}


def test_readiness_needs_the_acts_of_all_rooms(clock: Clock) -> None:
    portal = make_portal(clock)
    portal.register_act(1, reserve=False, on_exam_day=False)
    with pytest.raises(PortalRefused, match=r"acts-missing .*0002"):
        portal.take_status(READY_STATUS)
    portal.take_status("Техническая подготовка завершена")
    portal.register_act(2, reserve=False, on_exam_day=False)
    portal.take_status(READY_STATUS)
    assert portal.statuses == ["Техническая подготовка завершена", READY_STATUS]


# -- reserve keys --------------------------------------------------------------------------------------


def test_a_reserve_key_for_the_main_station_and_one_for_the_reserve_station(portal: Portal) -> None:
    first = portal.reserve_key(ANNA, "0001", 1, 3)  # E3
    assert first.kind is KeyKind.RESERVE
    assert first.grants == (Grant(1, "0001", 0, 5), Grant(2, "0002", 5, 6), Grant(1, "0001", 11, 3))
    second = portal.reserve_key(BORIS, "0002", 901, 4)  # E4
    assert second.grants == (*first.grants, Grant(901, "0002", 14, 4))
    assert first.name != second.name


def test_a_reserve_key_is_issued_once(portal: Portal) -> None:
    key = portal.reserve_key(ANNA, "0001", 1, 3)
    for member in (ANNA, BORIS):
        with refused("reserve-key-already-issued"):
            portal.reserve_key(member, "0001", 1, 1)
    assert portal.kits_in_reserve() == 6
    # E5: the main key, downloaded again, has it
    again = portal.main_key(ANNA)
    assert again.kind is KeyKind.MAIN
    assert again.grants == key.grants


def test_a_reserve_key_needs_act_room_and_kits(portal: Portal) -> None:
    with refused("station-without-act"):
        portal.reserve_key(ANNA, "0001", 902, 1)
    with refused("unknown-room"):
        portal.reserve_key(ANNA, "0003", 901, 1)
    with refused("reserve-kits-used-up"):
        portal.reserve_key(ANNA, "0001", 901, 10)
    with pytest.raises(ValueError, match="room 0001: -1 kits"):
        portal.reserve_key(ANNA, "0001", 901, -1)
    assert portal.kits_in_reserve() == 9
    # no refusal has used up the one request
    assert portal.reserve_key(ANNA, "0001", 901, 9).grant_for(901) == Grant(901, "0001", 11, 9)


def test_no_reserve_key_before_the_main_key(portal: Portal, clock: Clock) -> None:
    clock.now -= 1
    with refused("key-not-yet-published"):
        portal.reserve_key(ANNA, "0001", 1, 1)


# -- passwords -----------------------------------------------------------------------------------------


def test_a_password_needs_a_request_the_time_and_that_there_is_no_key(portal: Portal, clock: Clock) -> None:
    clock.now = 9 * HOUR + 45 * MINUTE
    with refused("no-request-registered"):
        portal.password("0001", 5)
    portal.register_hot_line_request(("0001",))
    with refused("no-request-registered"):
        portal.password("0002", 5)
    clock.now -= 1
    with refused("password-not-before-09:45"):
        portal.password("0001", 5)
    clock.now += 1
    file, words = portal.password("0001", 5)
    assert file.grants == (Grant(1, "0001", 0, 5),)
    assert file.open(words, "st") == CONTENT_KEY
    portal.main_key(ANNA)
    with refused("key-was-had"):
        portal.password("0001", 5)


@pytest.mark.parametrize(
    ("participants", "count"), [(0, 1), (1, 1), (5, 1), (6, 2), (15, 3), (25, 5), (99, 5)]
)
def test_one_to_five_passwords(portal: Portal, clock: Clock, participants: int, count: int) -> None:
    clock.now = 10 * HOUR
    portal.register_hot_line_request(("0001", "0002"))
    _, words = portal.password("0001", participants)
    assert len(words) == count
    texts = {word.reveal() for word in words}
    assert len(texts) == count
    _, others = portal.password("0002", participants)
    assert texts.isdisjoint(word.reveal() for word in others)


# -- packages ------------------------------------------------------------------------------------------


EXPORTED = datetime(2024, 5, 28, 15, 4, 5)  # noqa: DTZ001 - local time of the point
TEST_NAME = export_name("BLANK_TEST", SCOPE, "1", 999, 0, EXPORTED)


def export(
    serial: str = "1",
    *,
    scope: Scope = SCOPE,
    kind: Kind = Kind.BLANKS,
    name: str = "",
    second: int = 5,
    unique: str = "",
    recipients: Sequence[Recipient] = federal_keys().recipients,
) -> tuple[str, bytes]:
    """Make an export package; return its name and content."""
    created = EXPORTED.replace(second=second)
    name = name or export_name("BLANK", scope, "1", 1, 5, created)
    label = Label(kind, name, scope, 0, unique or unique_number(), created, computer=1, room="0001", works=5)
    signer = SignerKey(sealing.recipient_id(serial), Mechanism.SIMULATED)
    secret = sealing.secret_of(signer.key_id)
    return name, seal_bytes(label, b"sheets", recipients, signer, partial(sealing.sign, secret))


def send(portal: Portal, name: str, data: bytes) -> None:
    portal.upload(name, BytesIO(data))


def test_a_package_on_its_way(portal: Portal, clock: Clock) -> None:
    name, data = export()
    with refused("package-unknown"):
        portal.state(name)
    portal.upload(name, BytesIO(data))
    assert portal.state(name) is PackageState.PROCESSING
    clock.now += 10 * SECOND
    assert portal.state(name) is PackageState.SENT
    clock.now += 4 * MINUTE
    assert portal.state(name) is PackageState.CONFIRMED
    with refused("package-sent-before"):
        portal.upload(name, BytesIO(data))


def test_a_rejected_package_is_exported_anew_under_another_name(portal: Portal, clock: Clock) -> None:
    name, data = export()
    portal.reject(name, "damaged")
    portal.upload(name, BytesIO(data))
    clock.now += 5 * MINUTE
    assert portal.state(name) is PackageState.REJECTED
    name, data = export(second=6)
    portal.upload(name, BytesIO(data))
    clock.now += 5 * MINUTE
    assert portal.state(name) is PackageState.CONFIRMED


def test_one_package_under_two_names_is_sent_before(portal: Portal) -> None:
    unique = unique_number()
    send(portal, *export(unique=unique))
    with refused("package-sent-before"):
        send(portal, *export(unique=unique, second=6))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"scope": Scope("91", "9099", SCOPE.exam_date, SCOPE.subject)}, "wrong-region"),
        ({"scope": Scope("90", "9098", SCOPE.exam_date, SCOPE.subject)}, "wrong-point"),
        ({"scope": Scope("90", "9099", date(2024, 5, 29), SCOPE.subject)}, "wrong-exam-date"),
        ({"scope": Scope("90", "9099", SCOPE.exam_date, "02-МАТ")}, "wrong-subject"),
        ({"serial": "3"}, "signer-unknown"),
        ({"kind": Kind.PACKAGE}, "wrong-kind"),
        ({"kind": Kind.AUDIO}, "wrong-name"),
        ({"kind": Kind.TEST_BLANKS}, "test-package"),
        ({"kind": Kind.TEST_BLANKS, "name": TEST_NAME}, "test-package"),
        ({"name": TEST_NAME}, "wrong-name"),
        ({"recipients": ()}, "wrong-kind"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_portal_checks_what_is_uploaded(portal: Portal, changes: dict[str, Any], why: str) -> None:
    name, data = export(**changes)
    with refused(why):
        portal.upload(name, BytesIO(data))
    send(portal, *export())  # E12: corrected and sent again


@pytest.mark.parametrize(
    ("since", "until", "why"),
    [
        (-1, 0, ""),
        (0, 1, ""),
        (-9, -1, "certificate-expired"),
        (1, 9, "certificate-early"),
    ],
)
def test_a_certificate_has_to_be_valid_when_it_signs(clock: Clock, since: int, until: int, why: str) -> None:
    begins, ends = (EXPORTED.replace(tzinfo=UTC) + timedelta(seconds=each) for each in (since, until))
    portal = replace(make_portal(clock), certificates={ANNA.hex(): Certificate(ANNA, "Анна", begins, ends)})
    clock.now = 30 * HOUR  # sent the day after: what counts is when it was signed
    name, data = export()
    if not why:
        send(portal, name, data)
        return
    with refused(why):
        send(portal, name, data)
    send(portal, *export("2", second=6))  # another member's token


def test_a_member_whose_certificate_is_out_of_date_gets_no_key(clock: Clock) -> None:
    dates = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 5, 28, 9, 45, tzinfo=UTC))
    portal = replace(make_portal(clock), certificates={ANNA.hex(): Certificate(ANNA, "Анна", *dates)})
    portal.register_act(1, reserve=False, on_exam_day=False)
    clock.now = 9 * HOUR + 40 * MINUTE
    assert portal.main_key(ANNA).grants
    clock.now = 9 * HOUR + 45 * MINUTE + 1
    for ask in (portal.main_key, lambda member: portal.reserve_key(member, "0001", 1, 2)):
        with refused("certificate-expired"):
            ask(ANNA)
    assert portal.main_key(BORIS).grants


def test_a_test_package_is_never_the_exams_nor_the_reverse() -> None:
    def read(file: tuple[str, bytes]) -> Kind:
        return read_export(file[1], file[0], ANNA, test=True)[0].kind

    assert read(export(kind=Kind.TEST_BLANKS, name=TEST_NAME)) is Kind.TEST_BLANKS
    for changes, why in (
        ({}, "no-test-package"),
        ({"name": TEST_NAME}, "no-test-package"),
        ({"kind": Kind.TEST_BLANKS}, "wrong-name"),
        ({"kind": Kind.KEY}, "wrong-kind"),
    ):
        with pytest.raises(MaterialsRefused, match=why):
            read(export(**changes))


def test_the_portal_takes_no_other_name_and_no_damage(portal: Portal) -> None:
    name, data = export()
    with refused("wrong-name"):
        portal.upload("other.bnk", BytesIO(data))
    with refused("truncated"):
        portal.upload(name, BytesIO(data[:-1]))
    middle = len(data) // 2
    with pytest.raises(PortalRefused):
        portal.upload(name, BytesIO(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]))
    portal.upload(name, BytesIO(data))


def test_the_rcoi_rejects_what_it_cannot_open(portal: Portal, clock: Clock) -> None:
    other = (SimulatedRecipient(sealing.recipient_id("another РЦОИ"), sealing.seal),)
    name, data = export(recipients=other)
    portal.upload(name, BytesIO(data))
    clock.now += 5 * MINUTE
    assert portal.state(name) is PackageState.REJECTED
    assert portal.rejection(name) == "not-for-this-recipient"


# -- files ---------------------------------------------------------------------------------------------


def test_what_the_portal_gives_away_is_signed_and_closed(portal: Portal) -> None:
    trust = federal_keys().authorities().portal
    data = portal.package_file()
    closed = read_package(InMemory(data), "day.ipk", trust)
    assert closed.open(ContentKeyOpener(CONTENT_KEY), "key") == portal.package
    assert portal.package.kits[0].number.encode() not in data
    key = portal.main_key(ANNA)
    assert read_key(portal.key_file(key), key.name, trust) == key
    assert portal.key_file(key) == portal.key_file(portal.main_key(BORIS))


def test_a_key_with_a_new_grant_is_a_newer_issue(portal: Portal) -> None:
    assert portal.main_key(ANNA).issue == portal.main_key(ANNA).issue == 1
    assert portal.reserve_key(ANNA, "0001", 1, 3).issue == 2
    assert portal.main_key(ANNA).issue == 2
    assert portal.reserve_key(ANNA, "0002", 901, 3).issue == 3


# -- whatever is asked, in whatever order --------------------------------------------------------------

ROOMS = {"0001": (1, 3), "0002": (2, 0), "0003": (3, 4)}
COMPUTERS = st.sampled_from([1, 2, 3, 901, 902])
MEMBERS = st.sampled_from([ANNA, BORIS, STRANGER])


class Requests(RuleBasedStateMachine):
    """No kit is ever granted to two computers; no reserve key is issued twice; nothing granted is lost."""

    @initialize(kits=st.integers(7, 14))
    def begin(self, kits: int) -> None:
        self.clock = Clock()
        self.portal = make_portal(self.clock, kits, ROOMS)
        self.size = kits
        self.owner: dict[int, int] = {}  # kit → computer, over all keys and passwords ever seen
        self.reserve: list[tuple[str, int, int]] = []

    def see(self, grants: tuple[Grant, ...]) -> None:
        for grant in grants:
            for kit in range(grant.first_kit, grant.first_kit + grant.kits):
                assert 0 <= kit < self.size
                assert self.owner.setdefault(kit, grant.computer) == grant.computer

    def see_key(self, key: AccessKey) -> None:
        self.see(key.grants)
        assert [
            (g.room, g.computer, g.kits) for g in key.grants if g not in self.portal._main
        ] == self.reserve  # all that were issued before, in order
        kits = [kit for g in key.grants for kit in range(g.first_kit, g.first_kit + g.kits)]
        assert len(set(kits)) == len(kits)

    @rule(minutes=st.sampled_from([1, 30, 60, 105]))
    def time_passes(self, minutes: int) -> None:
        self.clock.now += minutes * MINUTE

    @rule(computer=COMPUTERS, reserve=st.booleans(), on_exam_day=st.booleans())
    def act(self, computer: int, reserve: bool, on_exam_day: bool) -> None:
        if on_exam_day and not reserve:
            with refused("act-of-main-station-on-exam-day"):
                self.portal.register_act(computer, reserve, on_exam_day=on_exam_day)
        else:
            self.portal.register_act(computer, reserve, on_exam_day=on_exam_day)

    @rule(member=MEMBERS)
    def main(self, member: bytes) -> None:
        if member == STRANGER or self.clock.now < 9 * HOUR + 30 * MINUTE:
            with pytest.raises(PortalRefused):
                self.portal.main_key(member)
        else:
            self.see_key(self.portal.main_key(member))

    @rule(
        member=MEMBERS,
        room=st.sampled_from([*ROOMS, "0009"]),
        computer=COMPUTERS,
        kits=st.integers(-3, 8),
    )
    def reserve_key(self, member: bytes, room: str, computer: int, kits: int) -> None:
        left = self.portal.kits_in_reserve()
        try:
            key = self.portal.reserve_key(member, room, computer, kits)
        except (PortalRefused, ValueError):
            assert self.portal.kits_in_reserve() == left
            return
        assert member != STRANGER
        assert self.clock.now >= 9 * HOUR + 30 * MINUTE
        assert computer in self.portal.acts
        assert (room, computer) not in [(r, c) for r, c, _ in self.reserve]
        assert kits >= 0
        self.reserve.append((room, computer, kits))
        self.see_key(key)

    @rule(room=st.sampled_from(list(ROOMS)))
    def password(self, room: str) -> None:
        self.portal.register_hot_line_request((room,))
        if self.clock.now >= 9 * HOUR + 45 * MINUTE and not self.portal._key_was_had:
            file, _ = self.portal.password(room, 5)
            self.see(file.grants)

    @invariant()
    def never_more_than_there_is(self) -> None:
        if hasattr(self, "portal"):
            assert 0 <= self.portal.kits_in_reserve() <= self.size


TestRequests = Requests.TestCase
TestRequests.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
