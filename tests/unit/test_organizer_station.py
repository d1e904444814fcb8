"""Станция организатора: what it refuses, whole kits, restarts, export; that no PIN is written anywhere."""

from __future__ import annotations

import contextlib
import json
import re
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from hal.computer import ComputerFailed
from hal.errors import DeviceDead, DeviceError
from hal.printer import OutOfPaper, PaperJam
from hal.runtime import HOUR, SECOND
from hal.secret import Secret
from hal.storage import FileMissing, FlashFull
from hal.token import (
    CertificateExpired,
    CertificateNotYetValid,
    PinIncorrect,
    PinLocked,
    TokenNotPresent,
    WrongToken,
)
from scenarios.federal import federal_keys
from simulators import sealing
from simulators.paper import Sheet
from simulators.printer import SimPrinter
from simulators.profiles import printer_profile, scanner_profile
from simulators.scanner import SimScanner
from simulators.token import Validity
from station_core.errors import KitsUsedUp, MaterialsRefused, StepRefused
from station_core.events import KitPrinted, KitRejected, PackageExported, StationStarted
from station_core.materials import (
    AccessKey,
    Grant,
    KeyKind,
    Kit,
    Package,
    PasswordFile,
    Scope,
    kit_number,
)
from station_core.organizer import KitState, OrganizerStation
from station_core.packages import close_package, sign_key
from station_core.station import StationSettings
from tests.containers import read_export
from tests.workplace import CONTENT_KEY, MEMBER, PIN, SERIAL, WRONG, Workplace, refused, strike

OTHER = "9099000002"
CREATED = datetime(2024, 5, 20, 12)  # noqa: DTZ001 - local time of the portal
SCOPE = Scope("90", "9099", date(2024, 5, 28), "01-РУС")
KITS = tuple(Kit(kit_number("90", serial), 3, 2) for serial in range(10))
PACKAGE = Package("day.ipk", SCOPE, KITS, 1000)
SETTINGS = StationSettings("90", "9099", 1, "0001", "", False, "01-РУС", date(2024, 5, 28))
RESERVE = StationSettings("90", "9099", 901, "", "", True, "01-РУС", date(2024, 5, 28))


def access_key(*grants: Grant, serial: str = SERIAL, content_key: bytes = CONTENT_KEY) -> AccessKey:
    key_id = sealing.recipient_id(serial)
    wrapped = {key_id.hex(): sealing.seal(key_id, content_key).hex()}
    kind = KeyKind.MAIN if len(grants) <= 1 else KeyKind.RESERVE
    grants = grants or (Grant(1, "0001", 0, 3), Grant(2, "0002", 3, 3))
    return AccessKey("key.dat", kind, SCOPE, wrapped, grants)


def file_of(materials: Package | AccessKey) -> bytes:
    if isinstance(materials, AccessKey):
        return sign_key(materials, CREATED, federal_keys())
    return close_package(materials, CONTENT_KEY, CREATED, federal_keys())


def exported(data: bytes, name: str) -> bytes:
    """What the РЦОИ finds in an export package."""
    return read_export(data, name, sealing.recipient_id(SERIAL))[1]


class Desk(Workplace):
    """A station of an organiser with its printer and its scanner."""

    def __init__(self, settings: StationSettings = SETTINGS) -> None:
        super().__init__("st-0001", settings)
        self.printer = SimPrinter("printer-0001", self.world, printer_profile("pantum-p3300dn"))
        self.scanner = SimScanner("scanner-0001", self.world, scanner_profile("canon-dr-c230"))
        self.station = OrganizerStation(self.seat, self.printer, self.scanner)

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        return self.runtime.run(main)

    async def put(self, **files: Any) -> None:
        for name, content in files.items():
            await self.flash.write(f"{name}.dat", content if isinstance(content, bytes) else file_of(content))

    async def loaded(self, key: AccessKey | None = None, package: Package = PACKAGE) -> OrganizerStation:
        await self.station.start()
        await self.put(package=package, key=key or access_key())
        await self.station.load_package(self.flash, "package.dat")
        await self.station.load_key(self.flash, "key.dat")
        return self.station

    async def opened(self, key: AccessKey | None = None) -> OrganizerStation:
        station = await self.loaded(key)
        await station.activate(MEMBER, SERIAL, PIN)
        return station

    async def restart(self) -> OrganizerStation:
        self.station = self.station.restarted()
        await self.station.start()
        return self.station

    async def crash_after(self, duration: int) -> None:
        await self.runtime.sleep(duration)
        strike(self.computer, "crash")

    def sheets(self) -> list[Sheet]:
        return self.printer.output.sheets


def on_desk(
    settings: StationSettings = SETTINGS,
) -> Callable[[Callable[[Desk], Coroutine[Any, Any, None]]], Callable[[], None]]:
    """Run a test in virtual time at a new desk."""

    def decorate(test: Callable[[Desk], Coroutine[Any, Any, None]]) -> Callable[[], None]:
        def run() -> None:
            desk = Desk(settings)
            desk.run(test(desk))

        run.__name__ = test.__name__
        run.__doc__ = test.__doc__
        return run

    return decorate


# -- order of the steps --------------------------------------------------------------------------------


@on_desk()
async def test_steps_out_of_order(desk: Desk) -> None:
    station = desk.station
    await station.start()
    with refused("no-package"):
        await station.activate(MEMBER, SERIAL, PIN)
    with refused("no-package"):
        await station.apply_password(password_file(), ())
    with refused("key-not-activated"):
        await station.print_kit()
    await desk.put(package=PACKAGE, key=access_key())
    await station.load_package(desk.flash, "package.dat")
    with refused("no-key"):
        await station.activate(MEMBER, SERIAL, PIN)
    await station.load_key(desk.flash, "key.dat")
    with refused("key-not-activated"):
        await station.print_kit()
    for step in (station.continue_kit, lambda: station.reject_kit("bad-print")):
        with refused("no-kit-under-way"):
            await step()
    with refused("export-not-authorised"):
        await station.export(desk.flash)
    assert not any(kit.number in desk.lines.getvalue().decode() for kit in KITS)
    assert desk.sheets() == []


@on_desk()
async def test_a_day_in_order(desk: Desk) -> None:
    station = await desk.opened()
    assert station.kits_left() == 3
    kit = await station.print_kit()
    assert [sheet.identity for sheet in desk.sheets()] == list(kit.sheet_ids())
    assert station.kits == {kit.number: KitState.PRINTED}
    assert station.kits_left() == 2
    assert [await station.print_kit() for _ in range(2)] == list(KITS[1:3])
    with refused("kits-used-up", KitsUsedUp):
        await station.print_kit()
    await station.finish()
    with refused("exam-finished"):
        await station.print_kit()


@on_desk()
async def test_two_kits_at_once(desk: Desk) -> None:
    station = await desk.opened()
    async with desk.runtime.task_group() as group:
        first = group.start(station.print_kit())
        await desk.runtime.sleep(SECOND)
        with refused("kit-under-way"):
            await station.print_kit()
    assert await first.wait() == KITS[0]


@on_desk()
async def test_a_new_key_has_to_be_activated(desk: Desk) -> None:
    station = await desk.opened()
    assert station.opened
    await station.load_key(desk.flash, "key.dat")
    with refused("key-not-activated"):
        await station.print_kit()


@on_desk()
async def test_finishing_twice_does_nothing(desk: Desk) -> None:
    station = await desk.opened()
    await station.finish()
    lines, saved = len(desk.journal), desk.store.load()
    await station.finish()
    assert (len(desk.journal), desk.store.load()) == (lines, saved)
    station = await desk.restart()
    assert station.finished
    await station.activate(MEMBER, SERIAL, PIN)
    with refused("exam-finished"):
        await station.print_kit()


# -- what does not fit ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [("region", "91"), ("point", "9098"), ("exam_date", date(2024, 5, 29)), ("subject", "02-МАТ")],
)
def test_materials_of_elsewhere(field: str, value: object) -> None:
    desk = Desk()
    scope = replace(SCOPE, **{field: value})
    why = f"wrong-{field.replace('_', '-')}"

    async def main() -> None:
        await desk.station.start()
        await desk.put(package=replace(PACKAGE, scope=scope), key=replace(access_key(), scope=scope))
        with refused(why, MaterialsRefused) as caught:
            await desk.station.load_package(desk.flash, "package.dat")
        assert caught.value.where == "package.dat"
        assert desk.station.package is None
        with refused(why, MaterialsRefused) as caught:
            await desk.station.load_key(desk.flash, "key.dat")
        assert caught.value.where == "key.dat"
        assert desk.station.key is None

    desk.run(main())


@pytest.mark.parametrize(
    ("settings", "grants", "why"),
    [
        (SETTINGS, (Grant(2, "0002", 0, 3),), "computer-not-in-key"),
        (SETTINGS, (Grant(1, "0002", 0, 3),), "wrong-room"),
        (RESERVE, (Grant(1, "0001", 0, 3),), "computer-not-in-key"),
    ],
)
def test_a_key_for_another_computer_or_room(
    settings: StationSettings, grants: tuple[Grant, ...], why: str
) -> None:
    desk = Desk(settings)

    async def main() -> None:
        await desk.station.start()
        await desk.put(key=access_key(*grants))
        with refused(why, MaterialsRefused):
            await desk.station.load_key(desk.flash, "key.dat")
        assert "key" not in desk.store.load()

    desk.run(main())


@on_desk(RESERVE)
async def test_a_reserve_station_gets_its_room_from_the_key(desk: Desk) -> None:
    key = access_key(Grant(1, "0001", 0, 3), Grant(901, "0007", 5, 2))
    station = await desk.opened(key)
    assert station.room == "0007"
    assert [await station.print_kit(), await station.print_kit()] == list(KITS[5:7])
    assert {event.room for event in desk.events(KitPrinted)} == {"0007"}
    assert (await desk.restart()).room == "0007"


@on_desk()
async def test_files_that_are_damaged_or_missing(desk: Desk) -> None:
    station = desk.station
    await station.start()
    await desk.put(package=b"{}", key=file_of(access_key())[:-9])
    with refused("not-ours", MaterialsRefused):
        await station.load_package(desk.flash, "package.dat")
    with refused("truncated", MaterialsRefused):
        await station.load_key(desk.flash, "key.dat")
    with pytest.raises(FileMissing):
        await station.load_package(desk.flash, "other.dat")


@on_desk()
async def test_tokens_that_do_not_open(desk: Desk) -> None:
    station = await desk.loaded()
    with pytest.raises(TokenNotPresent):
        await station.activate(MEMBER, OTHER, PIN)
    with pytest.raises(PinIncorrect) as caught:
        await station.activate(MEMBER, SERIAL, WRONG)
    assert caught.value.tries_left == 9
    foreign = desk.make_token("token-2", OTHER)
    desk.port.insert(foreign)
    with refused("token-not-among-recipients", MaterialsRefused):
        await station.activate(MEMBER, OTHER, PIN)
    strike(desk.token, "foreign")
    with pytest.raises(WrongToken):
        await station.activate(MEMBER, SERIAL, PIN)
    desk.token.end_fault("foreign", "passed")
    strike(desk.token, "locked")
    with pytest.raises(PinLocked):
        await station.activate(MEMBER, SERIAL, PIN)
    desk.token.end_fault("locked", "passed")
    assert not station.opened
    await station.activate(MEMBER, SERIAL, PIN)
    assert station.opened


@on_desk()
async def test_a_key_of_another_package(desk: Desk) -> None:
    station = await desk.loaded(access_key(content_key=b"x" * 32))
    with refused("key-of-another-package", MaterialsRefused):
        await station.activate(MEMBER, SERIAL, PIN)
    assert not station.opened


@on_desk()
async def test_the_token_is_given_back_whatever_happens(desk: Desk) -> None:
    station = await desk.loaded()
    with pytest.raises(PinIncorrect):
        await station.activate(MEMBER, SERIAL, WRONG)
    await station.activate(MEMBER, SERIAL, PIN)
    await station.check_token(SERIAL, PIN)
    await station.authorise_export(MEMBER, SERIAL, PIN)
    assert desk.port._sessions == []


# -- passwords (E2) ------------------------------------------------------------------------------------

WORDS = (Secret("qwertyui"), Secret("asdfghjk"))


def password_file(room: str = "0001", computer: int = 1) -> PasswordFile:
    words = [word.reveal() for word in WORDS]
    return PasswordFile.close(room, SCOPE, (Grant(computer, room, 0, 3),), CONTENT_KEY, words)


@on_desk()
async def test_the_password_of_the_hot_line(desk: Desk) -> None:
    station = desk.station
    await station.start()
    await desk.put(package=PACKAGE)
    await station.load_package(desk.flash, "package.dat")
    for words in ((), WORDS[:1], WORDS[::-1], (WORDS[0], WRONG)):
        with refused("wrong-password", MaterialsRefused):
            await station.apply_password(password_file(), words)
    with refused("password-of-another-room", MaterialsRefused):
        await station.apply_password(password_file("0002"), WORDS)
    with refused("computer-not-in-key", MaterialsRefused):
        await station.apply_password(password_file(computer=2), WORDS)
    with refused("key-not-activated"):
        await station.print_kit()
    await station.apply_password(password_file(), WORDS)
    assert station.kits_left() == 3
    assert await station.print_kit() == KITS[0]
    # after a crash the password is asked for again, and the number is not used again
    station = await desk.restart()
    with refused("key-not-activated"):
        await station.print_kit()
    await station.apply_password(password_file(), WORDS)
    assert await station.print_kit() == KITS[1]


@on_desk()
async def test_password_and_key_together_give_each_kit_once(desk: Desk) -> None:
    station = await desk.opened()
    await station.apply_password(password_file(), WORDS)
    assert station.kits_left() == 3
    assert [await station.print_kit() for _ in range(3)] == list(KITS[:3])
    with refused("kits-used-up", KitsUsedUp):
        await station.print_kit()


# -- whole kits ----------------------------------------------------------------------------------------


@on_desk()
async def test_a_jam_spoils_the_whole_kit(desk: Desk) -> None:
    station = await desk.opened()
    await station.print_kit()
    strike(desk.printer, "jam")
    with pytest.raises(PaperJam):
        await station.print_kit()
    with refused("kit-under-way"):
        await station.print_kit()
    spoiled = await station.reject_kit("paper-jam")
    assert spoiled == KITS[1]
    assert desk.printer.clear_jam()
    assert await station.print_kit() == KITS[2]
    assert [station.kits[kit.number] for kit in KITS[:3]] == [
        KitState.PRINTED,
        KitState.REJECTED,
        KitState.PRINTED,
    ]
    # the printer put no sheet of the rejected kit after the repair
    whole = [sheet.identity for sheet in desk.sheets() if not sheet.torn]
    assert whole == [*KITS[0].sheet_ids(), *KITS[2].sheet_ids()]
    assert desk.events(KitRejected) == [KitRejected("st-0001", "0001", spoiled.number, "paper-jam", 0)]


@on_desk()
async def test_an_empty_tray_spoils_nothing(desk: Desk) -> None:
    desk.printer.stock(sheets=2)
    station = await desk.opened()
    with pytest.raises(OutOfPaper):
        await station.print_kit()
    with pytest.raises(OutOfPaper):
        await station.continue_kit()
    desk.printer.add_paper()
    assert await station.continue_kit() == KITS[0]
    assert [sheet.identity for sheet in desk.sheets()] == list(KITS[0].sheet_ids())
    with refused("no-kit-under-way"):
        await station.continue_kit()


@on_desk()
async def test_rejecting_a_printed_kit(desk: Desk) -> None:
    station = await desk.opened()
    kit = await station.print_kit()
    for other in KITS[1:3]:
        with refused("kit-not-printed"):
            await station.reject_kit("bad-print", other)
    assert await station.reject_kit("bad-print", kit) == kit
    with refused("kit-not-printed"):
        await station.reject_kit("bad-print", kit)
    assert await station.print_kit() == KITS[1]
    assert desk.events(KitRejected) == [KitRejected("st-0001", "0001", kit.number, "bad-print", kit.sheets)]
    assert (station.count(KitState.PRINTED), station.count(KitState.REJECTED)) == (1, 1)


@on_desk()
async def test_a_dead_printer(desk: Desk) -> None:
    station = await desk.opened()
    strike(desk.printer, "dead", never=True)
    with pytest.raises(DeviceDead):
        await station.print_kit()
    assert await station.reject_kit("dead") == KITS[0]
    station.printer = SimPrinter("printer-x1", desk.world, printer_profile("pantum-p3300dn"))
    assert await station.print_kit() == KITS[1]


# -- restarts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", range(0, 40, 3))
def test_a_crash_at_any_time_of_a_kit(seconds: int) -> None:
    desk = Desk()

    async def main() -> None:
        station = await desk.opened()
        desk.runtime.spawn(desk.crash_after(seconds * SECOND))
        printed: list[Kit] = []
        with contextlib.suppress(ComputerFailed):
            for _ in range(3):
                printed.append(await station.print_kit())  # noqa: PERF401 - the crash comes in between
        await desk.runtime.sleep(60 * SECOND)  # the printer goes on with what it has
        desk.computer.restart()
        station = await desk.restart()
        with refused("key-not-activated"):
            await station.print_kit()
        await station.activate(MEMBER, SERIAL, PIN)
        assert [kit for kit in KITS if station.kits.get(kit.number) is KitState.PRINTED] == printed
        assert station.interrupted == [KITS[len(printed)]] * (len(printed) < 3)
        with contextlib.suppress(KitsUsedUp):
            while True:
                printed.append(await station.print_kit())
        identities = [sheet.identity for sheet in desk.sheets()]
        assert len(set(identities)) == len(identities)
        assert set(station.kits.values()) <= {KitState.PRINTED, KitState.REJECTED}
        for kit in printed:
            assert set(kit.sheet_ids()) <= set(identities)

    desk.run(main())


@on_desk()
async def test_a_restart_keeps_everything_but_the_opened_key(desk: Desk) -> None:
    station = await desk.opened()
    kit = await station.print_kit()
    await station.authorise_export(MEMBER, SERIAL, PIN)
    after = await desk.restart()
    assert after is not station
    assert after.package == station.package is not None
    assert (after.key, after.room) == (access_key(), "0001")
    assert after.kits == {kit.number: KitState.PRINTED}
    assert not after.opened
    assert not after.export_authorised
    assert [event.resumed for event in desk.events(StationStarted)] == [False, True]


@on_desk()
async def test_the_log_goes_on_where_it_was(desk: Desk) -> None:
    for _ in range(3):
        await desk.restart()
    await desk.station.start()  # even where the same program is started twice
    desk.store.saves_left = 0
    with pytest.raises(OSError, match="disk full"):
        await desk.restart()
    with pytest.raises(OSError, match="disk full"):
        await desk.station.start()
    desk.store.saves_left = None
    await desk.station.start()
    log = [name for name in desk.store.load() if name.startswith("log/")]
    assert log == [f"log/{number:06}" for number in range(len(desk.journal))]
    assert len(log) == 5


@on_desk()
async def test_a_store_entry_of_another_program(desk: Desk) -> None:
    desk.store.save({"answer/r-1": {"participant": "p"}})
    with refused("unknown-entry", MaterialsRefused):
        await desk.station.start()
    assert not desk.station.started


@on_desk()
async def test_a_full_disk_at_each_save(desk: Desk) -> None:
    """Nothing is printed that is not written down, and no key counts as used that is not."""
    station = await desk.loaded()
    desk.store.saves_left = 0
    with pytest.raises(OSError, match="disk full"):
        await station.activate(MEMBER, SERIAL, PIN)
    assert not station.opened
    with pytest.raises(OSError, match="disk full"):
        await station.load_package(desk.flash, "package.dat")
    desk.store.saves_left = 1
    await station.activate(MEMBER, SERIAL, PIN)
    with pytest.raises(OSError, match="disk full"):
        await station.print_kit()
    assert desk.sheets() == []
    assert station.kits == {}
    desk.store.saves_left = 1
    with pytest.raises(OSError, match="disk full"):
        await station.print_kit()  # the sheets are out, but nobody has written that down
    desk.store.saves_left = None
    station = await desk.restart()
    assert station.interrupted == [KITS[0]]
    await station.activate(MEMBER, SERIAL, PIN)
    assert await station.print_kit() == KITS[1]


# -- scanning, export, journal -------------------------------------------------------------------------


@on_desk()
async def test_scanning_and_export(desk: Desk) -> None:
    station = await desk.opened()
    kits = [await station.print_kit(), await station.print_kit()]
    forms = [sheet for sheet in desk.sheets() if sheet.identity.endswith(("/1", "/2"))]
    assert station.forms_missing(kits) == tuple(sheet.identity for sheet in forms)
    desk.scanner.load(forms[:3])
    assert await station.scan_stack() == 3
    assert station.forms_missing(kits) == (forms[3].identity,)
    station = await desk.restart()  # what was read stays read
    desk.scanner.load([*desk.scanner.take_scanned(), forms[3]])
    assert await station.scan_stack() == 1
    assert station.forms_missing(kits) == ()
    with refused("export-not-authorised"):
        await station.export(desk.flash)
    await station.authorise_export(MEMBER, SERIAL, PIN, 2)
    name = await station.export(desk.flash)
    assert re.fullmatch(r"BLANK_EGE_90_9099_20240528_01-РУС_AC01_RC01_0002_001_20240528_10\d{4}\.bnk", name)
    assert exported(await desk.flash.read(name), name).decode().split() == [sheet.identity for sheet in forms]
    assert desk.events(PackageExported) == [
        PackageExported("st-0001", "0001", name, "blanks", 2, 4 * 250_000)
    ]
    assert (await desk.restart()).exported == name


@on_desk()
async def test_a_certificate_that_ends_between_activation_and_export(desk: Desk) -> None:
    day = datetime(2024, 5, 28, tzinfo=UTC)
    desk.port.remove()
    ends = Validity(day - timedelta(days=400), day + timedelta(hours=11))
    desk.port.insert(desk.make_token("ends", SERIAL, ends))
    with pytest.raises(CertificateExpired, match=r"valid 2023-04-24 – 2024-05-28"):
        await desk.station.check_token(SERIAL, PIN)  # on the eve: it is not valid all day
    station = await desk.opened()
    await station.authorise_export(MEMBER, SERIAL, PIN)
    await desk.runtime.sleep(HOUR)
    with pytest.raises(CertificateExpired):
        await station.authorise_export(MEMBER, SERIAL, PIN)
    with pytest.raises(CertificateExpired):
        await station.activate(MEMBER, SERIAL, PIN)
    assert station.opened
    desk.port.remove()
    begins = Validity(day + timedelta(hours=11, minutes=30), day + timedelta(days=400))
    desk.port.insert(desk.make_token("begins", SERIAL, begins))
    with pytest.raises(CertificateNotYetValid):
        await station.authorise_export(MEMBER, SERIAL, PIN)
    await desk.runtime.sleep(HOUR)
    await station.authorise_export(MEMBER, SERIAL, PIN)
    await station.activate(MEMBER, SERIAL, PIN)


@on_desk()
async def test_an_export_that_was_cut_off_is_not_there_twice(desk: Desk) -> None:
    station = await desk.opened()
    await station.authorise_export(MEMBER, SERIAL, PIN)
    desk.store.saves_left = 1  # the name is stored, the file is written, the word that it is done is not
    with pytest.raises(OSError, match="disk full"):
        await station.export(desk.flash)
    desk.store.saves_left = None
    (half_known,) = [name for name in await desk.flash.names() if name.startswith("BLANK")]
    await desk.runtime.sleep(HOUR)
    station = await desk.restart()
    assert station.exported == ""
    await station.authorise_export(MEMBER, SERIAL, PIN)
    assert await station.export(desk.flash) == half_known
    assert [name for name in await desk.flash.names() if name.startswith("BLANK")] == [half_known]
    # what was done is done; whoever exports again (E12) makes another package
    with refused("export-not-authorised"):
        await station.export(desk.flash)
    await desk.runtime.sleep(HOUR)
    await station.authorise_export(MEMBER, SERIAL, PIN)
    assert await station.export(desk.flash) != half_known


@on_desk()
async def test_a_full_flash_drive(desk: Desk) -> None:
    station = await desk.opened()
    strike(desk.flash, "full")
    with pytest.raises(FlashFull):
        await station.save_journal(desk.flash)
    await station.print_kit()
    desk.scanner.load(desk.sheets()[:2])
    await station.scan_stack()
    await station.authorise_export(MEMBER, SERIAL, PIN, 1)
    with pytest.raises(FlashFull):
        await station.export(desk.flash)
    assert desk.events(PackageExported) == []
    assert station.exported == ""


@on_desk()
async def test_the_journal_of_the_station(desk: Desk) -> None:
    station = await desk.opened()
    await station.print_kit()
    lines = len(desk.journal)
    file = await station.save_journal(desk.flash)
    assert file == "JOURNAL_90_9099_20240528_001.json"
    saved = json.loads(await desk.flash.read(file))
    assert saved == [json.loads(msgspec.json.encode(entry.event)) for entry in desk.journal.entries[:lines]]
    strike(desk.computer, "broken", never=True)
    with pytest.raises(ComputerFailed):
        await station.save_journal(desk.flash)
    assert await station.rescue_journal(desk.flash) == file  # from the disk
    assert len(json.loads(await desk.flash.read(file))) == lines + 1


# -- secrets -------------------------------------------------------------------------------------------


@dataclass
class Attempt:
    """One use of a PIN or a password that fails or not, and what comes of it."""

    text: str = ""

    async def make(self, step: Callable[[], Awaitable[object]]) -> None:
        try:
            await step()
        except (DeviceError, MaterialsRefused, StepRefused) as error:
            trace = traceback.TracebackException.from_exception(error, capture_locals=True)
            self.text += "".join(trace.format()) + repr(error) + str(error)
            self.text += repr(error.__dict__) + repr(error.args)


@on_desk()
async def test_no_secret_is_written_anywhere(desk: Desk) -> None:
    tried = Attempt()
    station = await desk.loaded()
    desk.port.insert(desk.make_token("token-2", OTHER))
    for pin in (WRONG, PIN):
        await tried.make(partial(station.activate, MEMBER, SERIAL, pin))
        await tried.make(partial(station.check_token, SERIAL, pin))
        await tried.make(partial(station.authorise_export, MEMBER, SERIAL, pin))
        await tried.make(partial(station.activate, MEMBER, OTHER, pin))
        await tried.make(partial(station.apply_password, password_file(), (pin,)))
    await tried.make(lambda: station.apply_password(password_file("0002"), WORDS))
    await tried.make(lambda: station.apply_password(password_file(), WORDS))
    strike(desk.token, "locked")
    await tried.make(lambda: station.activate(MEMBER, SERIAL, PIN))
    desk.port.remove()
    await tried.make(lambda: station.activate(MEMBER, SERIAL, PIN))
    await station.save_journal(desk.flash)
    for why in (
        "PinIncorrect",
        "PinLocked",
        "TokenNotPresent",
        "token-not-among-recipients",
        "wrong-password",
    ):
        assert why in tried.text
    everything = "\n".join(
        [
            tried.text,
            desk.lines.getvalue().decode(),
            msgspec.json.encode(desk.store.load()).decode(),
            repr(desk.store.load()),
            *[repr(await desk.flash.read(name)) for name in await desk.flash.names()],
            repr(vars(station)),
        ]
    )
    for secret in (PIN, WRONG, *WORDS):
        assert secret.reveal() not in everything
    assert "".join(word.reveal() for word in WORDS) not in everything
    assert CONTENT_KEY.hex() not in everything
    assert repr(CONTENT_KEY) not in everything


@on_desk()
async def test_an_interrupted_kit_is_named_until_its_paper_is_put_aside(desk: Desk) -> None:
    """A second crash, before anybody could put the paper aside, must not make the station forget it."""
    await desk.opened()
    desk.store.save({f"kit/{KITS[0].number}": KitState.PRINTING.value, "sent": KITS[0]})
    assert (await desk.restart()).interrupted == [KITS[0]]
    station = await desk.restart()
    assert station.interrupted == [KITS[0]]
    station.confirm_aside(KITS[0])
    assert (await desk.restart()).interrupted == []
    assert len(desk.events(KitRejected)) == 1
