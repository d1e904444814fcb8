"""Opening devices by URL: schemes, entry points, missing libraries, availability."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint

import pytest
from pytest_mock import MockerFixture

from hal import registry
from hal.errors import DeviceNotFound, DriverMissing, UnknownScheme
from hal.printer import Document, JobState
from hal.registry import Availability, DeviceInfo, Family, Presence, discover, open_device, register, schemes
from hal.secret import Secret
from hal.token import PinIncorrect
from hal.token.usb import UsbLook
from simulators.opener import SimulatedDevices
from simulators.printer import SimPrinter
from simulators.token import DEFAULT_PIN, SimTokenSession


class Toy:
    """A third party's opener."""

    async def open(self, url: str) -> object:
        return f"opened {url}"

    async def discover(self) -> tuple[DeviceInfo, ...]:
        return (DeviceInfo("toy:1", Family.PRINTER, "toy"),)

    async def watch(self) -> AsyncIterator[Availability]:
        yield Availability(Presence.APPEARED, DeviceInfo("toy:1", Family.PRINTER, "toy"))


@pytest.fixture(autouse=True)
def _fresh(mocker: MockerFixture) -> None:
    mocker.patch.dict(registry._openers, clear=True)


def test_simulated_printer_opens_by_url_and_prints(mocker: MockerFixture) -> None:
    # no real token of this computer, and no look at its USB bus
    mocker.patch("hal.token.pkcs11.opener.installed", return_value=())
    mocker.patch("hal.token.usb.look", return_value=UsbLook())

    async def main() -> None:
        url = "sim:printer/pantum-p3300dn?pace=10000"
        printer = await open_device(url)
        assert isinstance(printer, SimPrinter)
        assert await open_device(url) is printer
        job = await printer.submit(Document("two pages", ("a/1", "a/2")))
        assert (await printer.wait(job)).state is JobState.COMPLETED
        assert [info.url for info in await discover()] == [url]

    asyncio.run(main())


def test_simulated_token_opens_with_the_default_pin() -> None:
    async def main() -> None:
        token = await open_device("sim:token/rutoken-ecp-3?pace=1000")
        assert isinstance(token, SimTokenSession)
        with pytest.raises(PinIncorrect):
            await token.login(Secret("00000000"))
        await token.login(Secret(DEFAULT_PIN))
        assert (await token.status()).logged_in

    asyncio.run(main())


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sim:printer/no-such-printer", "no-such-printer"),
        ("sim:toaster/x", "toaster"),
        ("sim:printer/pantum-p3300dn?pace=0", "pace"),
        ("sim:printer/pantum-p3300dn?pace=nan", "pace"),
        ("sim:printer/pantum-p3300dn?seed=x", "x"),
        ("sim:printer/pantum-p3300dn?colour=red", "colour"),
        ("sim:", "form"),
    ],
)
def test_a_wrong_address_names_what_is_wrong(url: str, says: str) -> None:
    with pytest.raises(DeviceNotFound, match=says):
        asyncio.run(SimulatedDevices().open(url))


@pytest.mark.parametrize("url", ["fax:1", "nothing", ""])
def test_an_unknown_scheme_lists_the_known_ones(url: str) -> None:
    with pytest.raises(UnknownScheme, match="sim"):
        asyncio.run(open_device(url))


def test_third_parties_add_schemes_by_entry_point(mocker: MockerFixture) -> None:
    entry = EntryPoint("toy", f"{__name__}:Toy", registry.GROUP)
    mocker.patch.object(EntryPoint, "load", return_value=Toy)
    mocker.patch.object(
        registry, "entry_points", side_effect=lambda group, name="toy": [entry] if name == "toy" else []
    )
    assert schemes() == ("toy",)

    async def main() -> None:
        assert await open_device("toy:1") == "opened toy:1"
        assert await discover() == (DeviceInfo("toy:1", Family.PRINTER, "toy"),)

    asyncio.run(main())


def test_a_missing_library_is_named_and_discovery_goes_on(mocker: MockerFixture) -> None:
    entry = EntryPoint("pkcs11", "hal.token.nowhere:Opener", registry.GROUP)
    mocker.patch.object(
        registry, "entry_points", side_effect=lambda group, name="pkcs11": [entry] if name == "pkcs11" else []
    )
    end = register("toy", Toy())

    async def main() -> None:
        with pytest.raises(DriverMissing, match="nowhere"):
            await open_device("pkcs11:token=x")
        assert [info.url for info in await discover()] == ["toy:1"]

    asyncio.run(main())
    end()
    assert schemes() == ("pkcs11",)


def test_availability_tells_what_appears_and_goes() -> None:
    async def main() -> None:
        devices = SimulatedDevices()
        watch = devices.watch()
        first = asyncio.ensure_future(anext(watch))
        await asyncio.sleep(0)
        url = "sim:scanner/canon-dr-c230?name=left"
        await devices.open(url)
        info = DeviceInfo(url, Family.SCANNER, "left")
        assert await first == Availability(Presence.APPEARED, info)
        devices.unplug(url)
        devices.unplug(url)
        assert await anext(watch) == Availability(Presence.GONE, info)
        await watch.aclose()  # type: ignore[attr-defined]

    asyncio.run(main())
