"""Where modules are looked for; deadlines; the table of errors; mechanisms."""

from __future__ import annotations

import re
from pathlib import Path

import pkcs11.exceptions
import pytest

from hal.errors import DeviceDead, DeviceError, DriverMissing
from hal.token import Mechanism, ModuleMissing, PinIncorrect, TokenError, TokenRemoved
from hal.token.pkcs11 import failures, mechanisms, modules
from hal.token.pkcs11.channel import Channel
from hal.token.pkcs11.deadlines import Deadlines
from hal.token.pkcs11.wire import Failure, Login, SetPin


@pytest.fixture(autouse=True)
def nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(modules.VARIABLE, raising=False)
    monkeypatch.delenv(modules.P11_KIT_SERVER, raising=False)


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        ("linux", "/usr/lib/librtpkcs11ecp.so"),
        ("linux", "/opt/aktivco/rutokenecp/amd64/librtpkcs11ecp.so"),
        ("win32", "C:/Windows/System32/rtPKCS11ECP.dll"),
        ("darwin", "/Library/Aktiv Co/librtpkcs11ecp.dylib"),
    ],
)
def test_places_of_the_vendors_module(platform: str, place: str) -> None:
    found = modules.places(modules.KNOWN[0], platform)
    assert Path(place) in found
    assert all("{" not in str(each) for each in found)


def test_the_first_place_that_has_a_file(tmp_path: Path) -> None:
    second, other = tmp_path / "b.so", tmp_path / "c.so"
    second.touch()
    other.touch()
    known = (
        modules.KnownModule("one", linux=(str(tmp_path / "a.so"), str(second))),
        modules.KnownModule("two", linux=(str(tmp_path / "none.so"),)),
        modules.KnownModule("three", linux=(str(other),)),
    )
    assert modules.find_modules(known) == (second, other)


def test_none_names_what_was_looked_for() -> None:
    known = (modules.KnownModule("one", linux=("/no/lib1.so", "/no/lib2.so")),)
    with pytest.raises(ModuleMissing, match=r"looked for /no/lib1\.so, /no/lib2\.so"):
        modules.find_modules(known)


def test_p11_kit_only_where_it_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [path.name for path in modules.find_modules()]
    assert "p11-kit-client.so" not in names
    monkeypatch.setenv(modules.P11_KIT_SERVER, "unix:path=/tmp/x")
    assert "p11-kit-client.so" in [path.name for path in modules.find_modules()]


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine = tmp_path / "mine.so"
    mine.touch()
    monkeypatch.setenv(modules.VARIABLE, str(mine))
    assert modules.find_modules() == (mine,)
    monkeypatch.setenv(modules.VARIABLE, "/no/such.so")
    with pytest.raises(ModuleMissing, match=r"no file /no/such\.so"):
        modules.find_modules()


def test_by_name() -> None:
    assert modules.module_named("softhsm2").name == "libsofthsm2.so"
    with pytest.raises(ModuleMissing, match="is not known, only rtpkcs11ecp, opensc-pkcs11"):
        modules.module_named("nothing")


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_deadlines_are_above_zero_and_finite(seconds: float) -> None:
    with pytest.raises(ValueError, match="above 0 and finite"):
        Deadlines(sign=seconds)


def test_the_same_deadline_for_all() -> None:
    assert Deadlines.all(2.5) == Deadlines(**dict.fromkeys(Deadlines.__slots__, 2.5))


def test_every_deadline_has_its_reason() -> None:
    described = set(re.findall(r"^ {8}(\w+):", str(Deadlines.__doc__), re.MULTILINE))
    assert described == set(Deadlines.__slots__)


OURS = {"Unexpected", "NotLoaded", "Absent"}


def test_the_table_names_exceptions_that_there_are() -> None:
    names = {name for name in (*failures.ERRORS, *failures.NEW_PIN, *failures.UNCLEAR) if name not in OURS}
    assert {name for name in names if not hasattr(pkcs11.exceptions, name)} == set()


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Failure("PinIncorrect"), PinIncorrect),
        (Failure("DeviceError"), TokenError),
        (Failure("DeviceError", gone=True), TokenRemoved),
        (Failure("DeviceMemory"), DeviceDead),
        (Failure("PKCS11Error", "Unmapped error code 0x80000001"), TokenError),
        (Failure("SomethingNew"), TokenError),
    ],
)
def test_errors(failure: Failure, error: type[DeviceError]) -> None:
    made = failures.error_of(failure, "token-1")
    assert type(made) is error
    assert made.device == "token-1"
    assert failure.detail in made.detail


def test_requests_with_a_pin_do_not_show_it() -> None:
    assert "1234" not in f"{Login(b'1234', administrator=False)!r} {SetPin(b'1234', b'12345')!s}"


def test_ways_to_sign() -> None:
    hashing, raw = 0x1044, 0x1041
    assert mechanisms.way_of(Mechanism.ECDSA_P256_SHA256, {hashing, raw}) == mechanisms.Way(hashing)
    assert mechanisms.way_of(Mechanism.ECDSA_P256_SHA256, {raw}) == mechanisms.Way(
        raw, mechanisms.Feed.DIGEST
    )
    assert mechanisms.way_of(Mechanism.SIMULATED, {hashing, raw}) is None
    assert mechanisms.offered({0xD4321008, 0x01}) == (Mechanism.RSA_PKCS_SHA256, Mechanism.GOST_2012_256)
    assert mechanisms.can_unwrap({0x09})
    assert not mechanisms.can_unwrap({0x01})


async def _start(python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", python)
    await Channel.start("token-1", Path("/x.so"), Deadlines())


def test_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    with pytest.raises(DriverMissing, match="no process can be started"):
        asyncio.run(_start("/no/such/python", monkeypatch))


def test_a_process_that_ends_at_once_or_talks_nonsense(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    for program in ("/bin/false", "/bin/echo"):
        with pytest.raises(DeviceError):
            asyncio.run(_start(program, monkeypatch))
