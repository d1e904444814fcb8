"""The USB bus: what is plugged in, and why nobody sees it."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import usb.core
from pytest_mock import MockerFixture

from hal.token import usb as bus
from hal.token.diagnosis import Pcsc, Trouble, diagnose, pcsc
from hal.token.usb import UsbLook, UsbProblem, UsbToken

RUTOKEN = UsbToken(1, 2, 0x0030, "Rutoken ECP")


class _Shy:
    """A device that we may not open."""

    bus, address, idProduct = 1, 1, 0x0025  # noqa: N815 - pyusb's name

    @property
    def product(self) -> str:
        raise ValueError("The device has no langid")


def test_what_is_plugged_in(mocker: MockerFixture) -> None:
    device = SimpleNamespace(bus=1, address=2, idProduct=0x0030, product="Rutoken ECP")
    find = mocker.patch("usb.core.find", return_value=iter([device, _Shy()]))
    assert bus.look() == UsbLook((UsbToken(1, 1, 0x0025, "Рутокен"), RUTOKEN))
    find.assert_called_once_with(find_all=True, idVendor=0x0A89)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (usb.core.NoBackendError("No backend available"), UsbProblem.NO_LIBUSB),
        (usb.core.USBError("Access denied"), UsbProblem.FAILED),
        (NotImplementedError("no"), UsbProblem.FAILED),
    ],
)
def test_why_nobody_could_look(mocker: MockerFixture, error: Exception, problem: UsbProblem) -> None:
    mocker.patch("usb.core.find", side_effect=error)
    assert bus.look().problem is problem


def test_no_pyusb(mocker: MockerFixture) -> None:
    mocker.patch.dict(sys.modules, {"usb": None, "usb.core": None})
    assert bus.look().problem is UsbProblem.NO_PYUSB


def test_no_bus_is_not_an_empty_bus(mocker: MockerFixture, tmp_path: Path) -> None:
    mocker.patch("usb.core.find", return_value=iter([]))
    mocker.patch.object(bus, "_BUS", (tmp_path / "none",))
    assert bus.look().problem is UsbProblem.NO_BUS
    mocker.patch.object(bus, "_BUS", (tmp_path,))
    assert bus.look() == UsbLook()


PLUGGED, EMPTY, BLIND = UsbLook((RUTOKEN,)), UsbLook(), UsbLook(problem=UsbProblem.NO_BUS)


@pytest.mark.parametrize(
    ("look", "service", "module", "seen", "trouble"),
    [
        (PLUGGED, Pcsc.RUNNING, True, ["Aktiv Co."], Trouble.NONE),
        (PLUGGED, Pcsc.RUNNING, True, ["SoftHSM project"], Trouble.NOT_SEEN),
        (PLUGGED, Pcsc.RUNNING, True, [], Trouble.NOT_SEEN),
        (PLUGGED, Pcsc.NOT_RUNNING, True, [], Trouble.NO_PCSC),
        (PLUGGED, Pcsc.NO_RIGHTS, True, [], Trouble.NO_RIGHTS),
        (PLUGGED, Pcsc.UNKNOWN, True, [], Trouble.NOT_SEEN),
        (PLUGGED, Pcsc.NOT_RUNNING, False, [], Trouble.NO_MODULE),
        (EMPTY, Pcsc.RUNNING, True, [], Trouble.NOTHING_PLUGGED),
        (EMPTY, Pcsc.RUNNING, False, [], Trouble.NOTHING_PLUGGED),
        (EMPTY, Pcsc.RUNNING, True, ["SoftHSM project"], Trouble.NONE),
        (BLIND, Pcsc.RUNNING, True, [], Trouble.NO_BUS),
        (UsbLook(problem=UsbProblem.NO_LIBUSB), Pcsc.RUNNING, True, [], Trouble.COULD_NOT_LOOK),
        (BLIND, Pcsc.RUNNING, False, [], Trouble.NO_MODULE),
        (BLIND, Pcsc.RUNNING, True, ["Aktiv Co."], Trouble.NONE),
    ],
)
def test_diagnosis(look: UsbLook, service: Pcsc, module: bool, seen: list[str], trouble: Trouble) -> None:
    assert diagnose(look, service, module_found=module, manufacturers_seen=seen) is trouble


def test_pcscd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mocker: MockerFixture) -> None:
    place = str(tmp_path / "p")
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", place)
    assert pcsc() is Pcsc.NOT_RUNNING
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen()
        assert pcsc() is Pcsc.RUNNING
    mocker.patch.object(socket.socket, "connect", side_effect=PermissionError)
    assert pcsc() is Pcsc.NO_RIGHTS
    mocker.patch("sys.platform", "darwin")
    assert pcsc() is Pcsc.UNKNOWN
