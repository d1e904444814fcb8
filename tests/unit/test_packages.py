"""The files of the day at a station: what is replayed, foreign, damaged or of another kind is refused."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from hal.errors import NotSupported
from hal.runtime import SECOND
from hal.token import Mechanism, WrongToken
from scenarios.federal import authorities, federal_keys
from simulators import sealing
from station_core import materials
from station_core.container import ContentKeyOpener, Kind, SignerKey, Trust
from station_core.errors import MaterialsRefused, StepRefused
from station_core.materials import Grant, encode
from station_core.organizer import OrganizerStation
from station_core.packages import (
    FederalKeys,
    close_package,
    read_export,
    read_key,
    read_package,
    sign_key,
)
from station_core.station import Seat
from station_core.store import SqliteStore
from tests import containers
from tests.unit import test_organizer_station as organizer
from tests.unit.test_organizer_station import MEMBER, PIN, SERIAL, WORDS, Desk, file_of, on_desk, refused

KEY, PACKAGE = organizer.access_key(), organizer.PACKAGE
TRUST = authorities().portal


async def load_package(desk: Desk, data: bytes) -> None:
    await desk.flash.write("package.dat", data)
    await desk.station.load_package(desk.flash, "package.dat")


async def load_key(desk: Desk, data: bytes) -> None:
    await desk.flash.write("key.dat", data)
    await desk.station.load_key(desk.flash, "key.dat")


def refusal(why: str) -> Any:
    return refused(why, MaterialsRefused)


# -- replays -------------------------------------------------------------------------------------------


@on_desk()
async def test_a_key_of_before_the_last_one_is_refused(desk: Desk) -> None:
    await desk.station.start()
    newer = replace(KEY, issue=2, grants=(*KEY.grants, Grant(1, "0001", 6, 2)))
    await load_key(desk, file_of(KEY))
    await load_key(desk, file_of(KEY))  # the same again, perhaps from another drive
    await load_key(desk, file_of(newer))
    with refusal("older-key") as caught:
        await load_key(desk, file_of(KEY))
    assert caught.value.where == "key.dat"
    assert caught.value.detail == "issue: 1, loaded is 2"
    assert desk.station.key == newer
    await desk.restart()
    with refusal("older-key"):  # a restart forgets nothing
        await load_key(desk, file_of(KEY))


@on_desk()
async def test_a_package_of_before_the_last_one_is_refused(desk: Desk) -> None:
    await desk.opened()
    newer = close_package(PACKAGE, organizer.CONTENT_KEY, organizer.CREATED, federal_keys(), issue=2)
    await load_package(desk, file_of(PACKAGE))
    assert not desk.station.opened  # another file: whoever loads it activates it
    await load_package(desk, newer)
    with refusal("older-package"):
        await load_package(desk, file_of(PACKAGE))
    await desk.station.activate(MEMBER, SERIAL, PIN)
    assert desk.station.opened


@on_desk()
async def test_the_same_file_loaded_again_stays_open(desk: Desk) -> None:
    station = await desk.opened()
    await station.load_package(desk.flash, "package.dat")
    assert station.opened


# -- foreign -------------------------------------------------------------------------------------------


@on_desk()
async def test_a_key_in_place_of_a_package_and_the_other_way_round(desk: Desk) -> None:
    await desk.station.start()
    with refusal("wrong-kind"):
        await load_package(desk, file_of(KEY))
    with refusal("wrong-kind"):
        await load_key(desk, file_of(PACKAGE))


def foreign_portal() -> FederalKeys:
    other = sealing.recipient_id("another portal")
    secret = sealing.secret_of(other)
    ours = federal_keys()
    return FederalKeys(
        SignerKey(other, Mechanism.SIMULATED),
        lambda data: sealing.sign(secret, data),
        ours.rcoi,
        ours.recipients,
        ours.verifiers,
    )


@on_desk()
async def test_files_that_somebody_else_signed(desk: Desk) -> None:
    await desk.station.start()
    foreign = foreign_portal()
    with refusal("signer-unknown"):
        await load_key(desk, sign_key(KEY, organizer.CREATED, foreign))
    with refusal("signer-unknown"):
        await load_package(desk, close_package(PACKAGE, organizer.CONTENT_KEY, organizer.CREATED, foreign))
    assert desk.store.load().keys() == {"log/000000"}


@on_desk()
async def test_a_content_key_of_another_package(desk: Desk) -> None:
    station = await desk.loaded(organizer.access_key(content_key=bytes(32)))
    with refusal("key-of-another-package") as caught:
        await station.activate(MEMBER, SERIAL, PIN)
    assert caught.value.where == "key.dat"
    assert caught.value.detail == "day.ipk"
    assert not station.opened


@pytest.mark.parametrize(
    ("field", "value"),
    [("region", "91"), ("point", "9098"), ("exam_date", date(2024, 5, 29)), ("subject", "02-МАТ")],
)
def test_a_password_of_elsewhere(field: str, value: object) -> None:
    desk = Desk()
    file = organizer.password_file()
    file = replace(file, scope=replace(file.scope, **{field: value}))

    async def main() -> None:
        await desk.station.start()
        await load_package(desk, file_of(PACKAGE))
        with refusal(f"wrong-{field.replace('_', '-')}"):
            await desk.station.apply_password(file, WORDS)
        assert not desk.station.opened

    desk.run(main())


# -- content that its label does not promise -----------------------------------------------------------


def test_a_label_on_another_content() -> None:
    other = replace(containers.PACKAGE, scope=replace(containers.SCOPE, point="9098"))
    data = containers.sealed(encode(other))
    with refusal("label-exchanged"):
        read_package(data, "day.ipk", TRUST).open(containers.OPENER, "key")
    label = replace(containers.LABEL, kind=Kind.KEY, name="key.dat")
    for key in (
        replace(containers.KEY, name="other.dat"),
        replace(containers.KEY, scope=replace(containers.SCOPE, subject="02-МАТ")),
        replace(containers.KEY, issue=2),
    ):
        with refusal("label-exchanged"):
            read_key(containers.sealed(encode(key), label, ()), "key.dat", TRUST)
    with refusal("unreadable"):
        read_key(containers.sealed(b"{}", label, ()), "key.dat", TRUST)
    with refusal("unreadable"):
        read_package(containers.sealed(b"{}"), "f", TRUST).open(containers.OPENER, "key")


def test_refusals_name_the_file_although_reading_is_remembered() -> None:
    data, key = containers.sealed()[:-1], containers.sealed(recipients=())[:-1]
    for file in ("one.ipk", "two.ipk"):
        with pytest.raises(MaterialsRefused, match=rf"^{file}: .*truncated"):
            read_package(data, file, TRUST)
        with pytest.raises(MaterialsRefused, match=rf"^{file}: .*truncated"):
            read_key(key, file, TRUST)


def test_no_secret_in_a_closed_package() -> None:
    closed = read_package(containers.sealed(), "f", TRUST)
    assert containers.PACKAGE.kits[0].number.encode() not in closed.data
    assert closed.name == "day.ipk"
    assert "data" not in repr(closed)
    opened = closed.open(ContentKeyOpener(containers.CONTENT_KEY), "key")
    assert opened == containers.PACKAGE


# -- export --------------------------------------------------------------------------------------------


@on_desk()
async def test_what_is_scanned_after_the_signature_needs_another(desk: Desk) -> None:
    station = await desk.opened()
    await station.print_kit()
    sheets = [sheet for sheet in desk.sheets() if sheet.identity.endswith(("/1", "/2"))]
    desk.scanner.load(sheets[:1])
    await station.scan_stack()
    await station.authorise_export(MEMBER, SERIAL, PIN, 1)
    desk.scanner.load(sheets[1:])
    await station.scan_stack()
    with refused("export-not-authorised", StepRefused):
        await station.export(desk.flash)
    await station.authorise_export(MEMBER, SERIAL, PIN, 1)
    name = await station.export(desk.flash)
    told = organizer.exported(await desk.flash.read(name), name).decode().split()
    assert told == [sheet.identity for sheet in sheets]


@on_desk()
async def test_a_token_that_signs_with_another_key_exports_nothing(desk: Desk) -> None:
    station = await desk.opened()
    organizer.strike(desk.token, "foreign")
    with pytest.raises(WrongToken, match="does not fit its certificate"):
        await station.authorise_export(MEMBER, SERIAL, PIN)
    assert not station.export_authorised


@on_desk()
async def test_every_file_has_a_number_of_its_own(desk: Desk) -> None:
    station = await desk.opened()
    seen = set()
    members = Trust({sealing.recipient_id(SERIAL): b""}, federal_keys().verifiers)
    for _ in range(3):
        await desk.runtime.sleep(2 * SECOND)
        await station.authorise_export(MEMBER, SERIAL, PIN)
        name = await station.export(desk.flash)
        label = read_export(await desk.flash.read(name), name, federal_keys().rcoi, members).label
        assert (label.computer, label.room, label.scope) == (1, "0001", organizer.SCOPE)
        seen.add(label.unique)
    assert len(seen) == 3


# -- the store -----------------------------------------------------------------------------------------


def test_a_store_on_disk_gives_the_same_package_back(tmp_path: Any) -> None:
    desk = Desk()
    with SqliteStore(tmp_path / "station.db") as store:
        seat = replace_store(desk.seat, store)
        station = OrganizerStation(seat, desk.printer, desk.scanner)
        desk.station = station

        async def main() -> None:
            await desk.loaded()
            await station.activate(MEMBER, SERIAL, PIN)
            await station.print_kit()
            after = station.restarted()
            await after.start()
            assert after.package == station.package
            assert after.key == station.key
            await after.activate(MEMBER, SERIAL, PIN)
            assert after.contents == PACKAGE

        desk.run(main())


def replace_store(seat: Seat, store: SqliteStore) -> Seat:
    return changed(seat, store=store)


@on_desk()
async def test_a_store_that_somebody_changed(desk: Desk) -> None:
    await desk.loaded()
    for name, value in (("package", b"{}"), ("key", file_of(PACKAGE))):
        before = desk.store.load()[name]
        desk.store.save({name: value})
        with pytest.raises(MaterialsRefused, match=f"^st-0001: stored {name}: "):
            await desk.restart()
        desk.store.save({name: before})


@on_desk()
async def test_a_token_whose_signature_nobody_can_check_exports_nothing(desk: Desk) -> None:
    station = await desk.opened()
    desk.token.capabilities = changed(desk.token.capabilities, mechanisms=(Mechanism.GOST_2012_256,))
    with pytest.raises(NotSupported, match="nobody could check it"):
        await station.authorise_export(MEMBER, SERIAL, PIN)
    assert desk.port._sessions == []


def test_a_large_file_is_not_kept_beyond_its_use(monkeypatch: pytest.MonkeyPatch) -> None:
    data = close_package(PACKAGE, b"k" * 32, containers.CREATED, federal_keys())
    assert read_package(data, "f", TRUST) is read_package(data, "f", TRUST)
    monkeypatch.setattr(materials, "LONGEST_REMEMBERED", 10)
    assert read_package(data, "f", TRUST) is not read_package(data, "f", TRUST)
    opened = read_package(data, "f", TRUST)
    assert opened.open(ContentKeyOpener(b"k" * 32), "key") is not opened.open(
        ContentKeyOpener(b"k" * 32), "key"
    )
