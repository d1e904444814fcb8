"""The scheme ``pkcs11:``: opening by address, finding, watching."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from hal.errors import DeviceNotFound, DeviceTimeout
from hal.registry import DeviceInfo, Presence, open_device, opener
from hal.token import LastTry, ModuleMissing, PinIncorrect, PinLocked, SeveralTokens, TokenNotPresent
from hal.token.pkcs11 import modules
from hal.token.pkcs11.channel import Channel
from hal.token.pkcs11.deadlines import Deadlines
from hal.token.pkcs11.opener import Pkcs11Devices
from hal.token.pkcs11.port import Pkcs11Port
from hal.token.pkcs11.session import Pkcs11Token
from hal.token.usb import UsbLook
from tests.peers.programs import SOFTHSM, module
from tests.peers.shim import At, Shim
from tests.peers.softhsm import PIN, SoftHsm


@pytest.fixture(autouse=True)
def no_bus(mocker: MockerFixture) -> None:
    mocker.patch("hal.token.usb.look", return_value=UsbLook())


SHORT = 0.3
"""A deadline for what hangs, in seconds: long enough for what does not."""


async def opened(url: str, devices: Pkcs11Devices | None = None) -> Pkcs11Token:
    token = await (open_device(url) if devices is None else devices.open(url))
    assert isinstance(token, Pkcs11Token)
    return token


def test_by_label_serial_and_what_info_says(softhsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        monkeypatch.setenv(modules.VARIABLE, module(SOFTHSM))
        token = await opened("pkcs11:token=T2")
        await token.close()
        for url in (token.info.url, f"pkcs11:serial={token.info.serial}?module-name=softhsm2"):
            again = await opened(url)
            assert again.info == token.info
            assert not (await again.status()).logged_in
            await again.close()
        with pytest.raises(SeveralTokens, match="T1 "):
            await opened("pkcs11:")
        for url in ("pkcs11:token=T3", "pkcs11:token=T1;serial=0", "pkcs11:manufacturer=Aktiv%20Co."):
            with pytest.raises(TokenNotPresent):
                await opened(url)
        with pytest.raises(ModuleMissing):
            await opened("pkcs11:?module-path=/no/such.so")
        with pytest.raises(DeviceNotFound, match="'colour' is not known"):
            await opened("pkcs11:colour=red")

    asyncio.run(main())


def test_with_a_pin_source_it_is_logged_in(softhsm: SoftHsm, tmp_path: Path) -> None:
    async def main() -> None:
        right, wrong = tmp_path / "right", tmp_path / "wrong"
        right.write_text(PIN.reveal())
        wrong.write_text("00000000")
        token = await opened(f"pkcs11:token=T1?module-name=softhsm2&pin-source={right}")
        assert (await token.status()).logged_in
        await token.close()
        with pytest.raises(PinIncorrect):
            await opened(f"pkcs11:token=T1?module-name=softhsm2&pin-source=file:{wrong}")
        with pytest.raises(DeviceNotFound, match="pin-source"):
            await opened("pkcs11:token=T1?module-name=softhsm2&pin-source=/no/such/file")

    asyncio.run(main())


def test_a_pin_source_does_not_spend_the_last_try(
    shim: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        monkeypatch.setenv(modules.VARIABLE, str(shim.path))
        file = tmp_path / "pin"
        for pin in ("00000000", PIN.reveal()):
            file.write_text(pin)
            shim.set(lock_after=3, wrong_1=2)
            with pytest.raises(LastTry):
                await opened(f"pkcs11:?pin-source={file}")
            assert shim.get("wrong_1") == 2
        shim.set(wrong_1=3)
        with pytest.raises(PinLocked):
            await opened(f"pkcs11:?pin-source={file}")

    asyncio.run(main())


def test_watching(shim: Shim, monkeypatch: pytest.MonkeyPatch) -> None:
    class Watched(Pkcs11Devices):
        """Tells when it has looked."""

        looked = asyncio.Event()

        async def _look(self, port: Pkcs11Port) -> dict[str, DeviceInfo]:
            found = await super()._look(port)
            self.looked.set()
            return found

    async def main() -> None:
        monkeypatch.setenv(modules.VARIABLE, str(shim.path))
        devices = Watched(poll=0.01)
        events = devices.watch()
        seen = []

        async def follow() -> None:
            async for event in events:
                seen.append((event.presence, event.device.label))
                told.set()

        told = asyncio.Event()
        following = asyncio.create_task(follow())
        await devices.looked.wait()
        for change in (partial(shim.insert, 2), partial(shim.remove, 1), partial(shim.insert, 1)):
            told.clear()
            change()
            await asyncio.wait_for(told.wait(), 30)
        following.cancel()
        await asyncio.wait((following,))
        assert seen == [
            (Presence.APPEARED, "SoftHSM v2 T2"),
            (Presence.GONE, "SoftHSM v2 T1"),
            (Presence.APPEARED, "SoftHSM v2 T1"),
        ]

    asyncio.run(main())


def test_it_is_registered() -> None:
    assert isinstance(opener("pkcs11:token=x"), Pkcs11Devices)


def test_a_token_that_hangs_is_named(shim: Shim, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        monkeypatch.setenv(modules.VARIABLE, str(shim.path))
        shim.hang(At.TOKEN_INFO)
        (found,) = await Pkcs11Devices(Deadlines(list=SHORT)).discover()
        assert (found.url, found.state) == ("", "slot-broken")
        assert found.label.startswith("SoftHSM slot")
        with pytest.raises(DeviceTimeout, match=r"look: no answer in 0.3 s: .*SoftHSM slot"):
            await Pkcs11Devices(Deadlines(list=SHORT)).open("pkcs11:token=T1")
        shim.heal()

    asyncio.run(main())


def test_a_token_that_hangs_does_not_hide_the_others(shim: Shim, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        monkeypatch.setenv(modules.VARIABLE, str(shim.path))
        shim.insert(2)
        devices = Pkcs11Devices(Deadlines(list=SHORT))
        for hangs, answers in ((1, "T2"), (2, "T1")):
            shim.set(only=hangs)
            shim.hang(At.TOKEN_INFO)
            found = await devices.discover()
            assert [(each.label.split()[-1], each.state) for each in found if each.url] == [(answers, "ok")]
            assert [each.state for each in found if not each.url] == ["slot-broken"]
            token = await opened(f"pkcs11:token={answers}", devices)
            await token.login(PIN)
            await token.close()
            with pytest.raises(DeviceTimeout, match="SoftHSM slot"):
                await opened(f"pkcs11:token=T{hangs}", devices)
            shim.heal()

    asyncio.run(main())


def test_opening_starts_one_process(
    shim: Shim, monkeypatch: pytest.MonkeyPatch, mocker: MockerFixture
) -> None:
    async def main() -> None:
        monkeypatch.setenv(modules.VARIABLE, str(shim.path))
        starts = mocker.spy(Channel, "start")
        await (await opened("pkcs11:token=T1")).close()
        assert starts.call_count == 1

    asyncio.run(main())
