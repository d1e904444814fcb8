"""The files of the day at a station: what is replayed, foreign, damaged or of another kind is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace as changed
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from msgspec.structs import replace

from hal.errors import NotSupported
from hal.runtime import SECOND
from hal.storage import FlashUnreadable
from hal.token import Mechanism, WrongToken
from scenarios.federal import authorities, federal_keys
from simulators import sealing
from simulators.faults import Lasts
from station_core import materials, packages
from station_core.container import ContentKeyOpener, Kind, SignerKey
from station_core.errors import MaterialsRefused, StepRefused
from station_core.materials import Grant, encode
from station_core.organizer import OrganizerStation
from station_core.packages import (
    FederalKeys,
    close_package,
    read_key,
    read_package,
    sign_key,
    write_package,
)
from station_core.station import Seat
from station_core.store import InMemory, SqliteStore, StoreDamaged
from tests import containers
from tests.unit import test_organizer_station as organizer
from tests.unit.test_organizer_station import WORDS, Desk, file_of, on_desk
from tests.workplace import CONTENT_KEY, MEMBER, PIN, SERIAL, refused, strike

KEY, PACKAGE = organizer.access_key(), organizer.PACKAGE
TRUST = authorities().portal


async def load_package(desk: Desk, data: bytes) -> None:
    await desk.flash.write("package.dat", data)
    await desk.station.load_package(desk.flash, "package.dat")


async def load_key(desk: Desk, data: bytes) -> None:
    await desk.flash.write("key.dat", data)
    await desk.station.load_key(desk.flash, "key.dat")


@contextmanager
def refusal(why: str, detail: str | None = None) -> Iterator[Any]:
    with refused(why, MaterialsRefused) as caught:
        yield caught
    assert detail in (None, caught.value.detail)


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
    newer = close_package(PACKAGE, CONTENT_KEY, organizer.CREATED, federal_keys(), issue=2)
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
        await load_package(desk, close_package(PACKAGE, CONTENT_KEY, organizer.CREATED, foreign))
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
        read_package(InMemory(data), "day.ipk", TRUST).open(containers.OPENER, "key")
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
        read_package(InMemory(containers.sealed(b"{}")), "f", TRUST).open(containers.OPENER, "key")


def test_refusals_name_the_file_although_reading_is_remembered() -> None:
    data, key = containers.sealed()[:-1], containers.sealed(recipients=())[:-1]
    for file in ("one.ipk", "two.ipk"):
        with pytest.raises(MaterialsRefused, match=rf"^{file}: .*truncated"):
            read_package(InMemory(data), file, TRUST)
        with pytest.raises(MaterialsRefused, match=rf"^{file}: .*truncated"):
            read_key(key, file, TRUST)


def test_no_secret_in_a_closed_package() -> None:
    closed = read_package(InMemory(containers.sealed()), "f", TRUST)
    assert containers.PACKAGE.kits[0].number.encode() not in closed.content.open().read()
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
    strike(desk.token, "foreign")
    with pytest.raises(WrongToken, match="does not fit its certificate"):
        await station.authorise_export(MEMBER, SERIAL, PIN)
    assert not station.export_authorised


@on_desk()
async def test_every_file_has_a_number_of_its_own(desk: Desk) -> None:
    station = await desk.opened()
    seen = set()
    for _ in range(3):
        await desk.runtime.sleep(2 * SECOND)
        await station.authorise_export(MEMBER, SERIAL, PIN)
        name = await station.export(desk.flash)
        label, _ = containers.read_export(await desk.flash.read(name), name, sealing.recipient_id(SERIAL))
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
    before = desk.store.load()["key"]
    desk.store.save({"key": file_of(PACKAGE)})
    with pytest.raises(MaterialsRefused, match=r"^st-0001: stored key: "):
        await desk.restart()
    desk.store.save({"key": before})
    with desk.store.new_file(str(desk.store.load()["package"])) as file:
        file.write(b"{}")
    with pytest.raises(MaterialsRefused, match=r"^st-0001: stored package: "):
        await desk.restart()
    desk.store.keep_files(())
    with pytest.raises(StoreDamaged, match="is missing"):
        await desk.restart()


@on_desk()
async def test_files_beside_the_state_are_only_those_that_it_names(desk: Desk) -> None:
    station = await desk.opened()
    (first,) = desk.store._files
    with refusal("wrong-kind"):
        await load_package(desk, file_of(KEY))
    await desk.flash.write("package.dat", b"x" * 1000)
    desk.flash.begin_fault("unreadable", {}, Lasts(SECOND))
    with pytest.raises(FlashUnreadable):
        await station.load_package(desk.flash, "package.dat")
    await desk.runtime.sleep(2 * SECOND)
    assert list(desk.store._files) == [first]
    await load_package(desk, file_of(PACKAGE))
    (second,) = desk.store._files
    assert second != first
    await station.authorise_export(MEMBER, SERIAL, PIN)
    assert sorted(desk.store._files) == sorted(["export", second])
    await desk.restart()  # what was not exported has to be signed anew
    assert list(desk.store._files) == [second]
    await desk.station.authorise_export(MEMBER, SERIAL, PIN)
    await desk.station.export(desk.flash)
    assert list(desk.store._files) == [second]


@on_desk()
async def test_the_same_package_twice_at_once(desk: Desk) -> None:
    await desk.station.start()
    await desk.flash.write("package.dat", file_of(PACKAGE))
    async with desk.runtime.task_group() as group:
        for _ in range(2):
            group.start(desk.station.load_package(desk.flash, "package.dat"))
    await desk.restart()
    assert desk.station.package is not None
    assert len(desk.store._files) == 1


@on_desk()
async def test_a_token_whose_signature_nobody_can_check_exports_nothing(desk: Desk) -> None:
    station = await desk.opened()
    desk.token.capabilities = changed(desk.token.capabilities, mechanisms=(Mechanism.GOST_2012_256,))
    with pytest.raises(NotSupported, match="nobody could check it"):
        await station.authorise_export(MEMBER, SERIAL, PIN)
    assert desk.port._sessions == []


def test_a_large_file_is_not_kept_beyond_its_use(monkeypatch: pytest.MonkeyPatch) -> None:
    data = close_package(PACKAGE, b"k" * 32, containers.CREATED, federal_keys())
    assert read_package(InMemory(data), "f", TRUST) is read_package(InMemory(data), "f", TRUST)
    monkeypatch.setattr(materials, "LONGEST_REMEMBERED", 10)
    assert read_package(InMemory(data), "f", TRUST) is not read_package(InMemory(data), "f", TRUST)
    opened = read_package(InMemory(data), "f", TRUST)
    assert opened.open(ContentKeyOpener(b"k" * 32), "key") is not opened.open(
        ContentKeyOpener(b"k" * 32), "key"
    )


def test_a_large_package_at_a_station_needs_little_memory() -> None:
    """500 MB of it are measured by ``python -m benchmarks packages``; it takes 13 to 40 MB of any size."""
    size = 100_000_000
    code = f"from benchmarks.packages import at_a_station; at_a_station({size})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(ran.stdout) < size // 2


def large_package(content: bytes, told: int) -> bytes:
    file = BytesIO()
    index = replace(PACKAGE, content_bytes=told)
    write_package(
        file, index, b"k" * 32, containers.CREATED, federal_keys(), content=(content[:1], content[1:])
    )
    return file.getvalue()


def test_what_follows_the_index_is_counted() -> None:
    opener = ContentKeyOpener(b"k" * 32)
    good = read_package(InMemory(large_package(b"\n".join([b"pages"] * 3), 17)), "day.ipk", TRUST)
    assert good.open(opener, "key").content_bytes == 17
    for content, told in ((b"pages", 4), (b"pages", 6), (b"", 1)):
        bad = read_package(InMemory(large_package(content, told)), "day.ipk", TRUST)
        with refusal("unreadable", f"content_bytes: {told}, but {len(content)} follow"):
            bad.open(opener, "key")


def test_an_index_without_an_end_is_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MOST_INDEX", 1000)
    closed = read_package(InMemory(containers.sealed(b"[" * 2000)), "f", TRUST)
    with refusal("unreadable", "the index has more than 1000 bytes"):
        closed.open(containers.OPENER, "key")
