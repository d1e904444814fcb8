"""Рутокен tokens on the USB bus, whether or not a module sees them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

VENDOR = 0x0A89
"""Vendor id of Актив, who makes Рутокен (usb.ids)."""

_BUS = (Path("/sys/bus/usb/devices"), Path("/dev/bus/usb"))


class UsbProblem(StrEnum):
    """Why nobody could look at the bus."""

    NONE = "none"
    NO_PYUSB = "no-pyusb"
    NO_LIBUSB = "no-libusb"
    NO_BUS = "no-bus"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class UsbToken:
    """A token on the bus: ``product`` is its product id, ``name`` what it says of itself if we may ask."""

    bus: int
    address: int
    product: int
    name: str


@dataclass(frozen=True, slots=True)
class UsbLook:
    """What a look at the bus gave; without a ``problem``, ``tokens`` are all that are plugged in."""

    tokens: tuple[UsbToken, ...] = ()
    problem: UsbProblem = UsbProblem.NONE
    detail: str = ""


def look() -> UsbLook:
    """Look at the bus once. Never raises: that it was not possible is an answer, too.

    The first look opens libusb for the life of the process (four descriptors on Linux): pyusb keeps it.
    """
    try:
        import usb.core  # noqa: PLC0415 - a driver's library, and not everybody has it
    except ImportError as error:
        return UsbLook(problem=UsbProblem.NO_PYUSB, detail=str(error))
    try:
        found = list(usb.core.find(find_all=True, idVendor=VENDOR))
    except usb.core.NoBackendError as error:
        return UsbLook(problem=UsbProblem.NO_LIBUSB, detail=str(error))
    except (usb.core.USBError, NotImplementedError, OSError) as error:
        return UsbLook(problem=UsbProblem.FAILED, detail=str(error))
    if not found and sys.platform == "linux" and not any(place.is_dir() for place in _BUS):
        return UsbLook(problem=UsbProblem.NO_BUS)  # a container or a virtual machine without USB
    tokens = (UsbToken(each.bus, each.address, each.idProduct, _name(each)) for each in found)
    return UsbLook(tuple(sorted(tokens, key=lambda token: (token.bus, token.address))))


def _name(device: object) -> str:
    """Return the product's name; asking for it opens the device, which may not be ours to open."""
    import usb.core  # noqa: PLC0415 - see look

    try:
        name = getattr(device, "product", None)
    except (usb.core.USBError, ValueError, NotImplementedError):  # ValueError: pyusb, no rights to ask
        name = None
    return str(name) if name else "Рутокен"
