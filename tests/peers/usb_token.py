"""A Рутокен on a USB bus that umockdev makes, for programs that look at the bus with libusb."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.peers.programs import program

VENDOR, PRODUCT = 0x0A89, 0x0030  # Рутокен ЭЦП (usb.ids)
SMART_CARD = 0x0B  # class of the interface (USB CCID)


def _descriptors() -> bytes:
    """Return device, configuration, interface and two bulk endpoints (USB 2.0, chapter 9.6)."""
    device = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0200, 0, 0, 0, 64, VENDOR, PRODUCT, 0x0100, 1, 2, 0, 1)
    interface = struct.pack("<9B", 9, 4, 0, 0, 2, SMART_CARD, 0, 0, 0)
    endpoints = b"".join(struct.pack("<BBBBHB", 7, 5, address, 2, 64, 0) for address in (0x01, 0x82))
    body = interface + endpoints
    return device + struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), 1, 1, 0, 0x80, 50) + body


def describe(folder: Path) -> Path:
    """Write the description of a bus with one token; returns the file."""
    shown = _descriptors().hex().upper()
    lines = [
        "P: /devices/pci0000:00/0000:00:14.0/usb1/1-1",
        f"N: bus/usb/001/002={shown}",
        *(
            f"E: {name}={value}"
            for name, value in {
                "BUSNUM": "001", "DEVNUM": "002", "DEVNAME": "/dev/bus/usb/001/002", "DEVTYPE": "usb_device",
                "DRIVER": "usb", "MAJOR": "189", "MINOR": "1", "SUBSYSTEM": "usb", "TYPE": "0/0/0",
                "PRODUCT": f"{VENDOR:x}/{PRODUCT:x}/100",
            }.items()
        ),
        *(
            f"A: {name}={value}"
            for name, value in {
                "bConfigurationValue": "1", "bNumConfigurations": "1", "bNumInterfaces": " 1", "busnum": "1",
                "devnum": "2", "dev": "189:1", "devpath": "1", "speed": "12", "version": " 2.00",
                "idVendor": f"{VENDOR:04x}", "idProduct": f"{PRODUCT:04x}", "bDeviceClass": "00",
            }.items()
        ),
        f"H: descriptors={shown}",
    ]  # fmt: skip
    file = folder / "rutoken.umockdev"
    file.write_text("\n".join(lines) + "\n\n")
    return file


def with_token(folder: Path, *command: str) -> list[str]:
    """Return the command that runs another one on a machine with that bus."""
    return [program("umockdev-run"), "-d", str(describe(folder)), "--", *command]
