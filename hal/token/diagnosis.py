"""Why no token is seen: from the USB bus up to the module."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import unquote

from hal.token.pkcs11.modules import P11_KIT_SERVER
from hal.token.usb import UsbLook, UsbProblem

_SOCKET = "/run/pcscd/pcscd.comm"
"""Where pcscd listens (pcsc-lite, ``PCSCLITE_CSOCK_NAME``)."""

_CONNECT = 1.0
"""Seconds to wait for pcscd; systemd starts it by this very connection."""

_UNIX = "unix:path="

MANUFACTURERS = ("aktiv", "актив")
"""How tokens of this vendor begin their ``manufacturerID``."""


class Pcsc(StrEnum):
    """Whether the service that speaks to card readers and to Рутокен ЭЦП is there."""

    RUNNING = "running"
    NOT_RUNNING = "not-running"
    NO_RIGHTS = "no-rights"
    UNKNOWN = "unknown"  # on systems where it is part of the system


class Trouble(StrEnum):
    """What is wrong, the first thing that has to be mended."""

    NONE = "none"
    NOTHING_PLUGGED = "nothing-plugged"
    NO_MODULE = "no-module"
    NO_PCSC = "no-pcsc"
    NO_RIGHTS = "no-rights"
    NOT_SEEN = "not-seen"
    COULD_NOT_LOOK = "could-not-look"
    NO_BUS = "no-bus"
    NO_SERVER = "no-server"


_BY_SERVICE = {Pcsc.NOT_RUNNING: Trouble.NO_PCSC, Pcsc.NO_RIGHTS: Trouble.NO_RIGHTS}


def pcsc() -> Pcsc:
    """Ask whether pcscd takes connections."""
    if sys.platform != "linux":
        return Pcsc.UNKNOWN
    path = os.environ.get("PCSCLITE_CSOCK_NAME", _SOCKET)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(_CONNECT)
        try:
            client.connect(path)
        except PermissionError:
            return Pcsc.NO_RIGHTS
        except OSError:
            return Pcsc.NOT_RUNNING
    return Pcsc.RUNNING


def silent_server() -> str:
    """Return the address where p11-kit should serve tokens if nobody answers there; else nothing."""
    address = os.environ.get(P11_KIT_SERVER, "")
    if not address.startswith(_UNIX) or sys.platform == "win32":
        return ""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(_CONNECT)
        try:
            client.connect(unquote(address.removeprefix(_UNIX)))
        except OSError:
            return address
    return ""


def is_rutoken(manufacturer: str) -> bool:
    """Say whether a token with this ``manufacturerID`` is one that :mod:`hal.token.usb` looks for."""
    return manufacturer.lower().startswith(MANUFACTURERS)


def diagnose(
    usb: UsbLook,
    service: Pcsc,
    *,
    module_found: bool,
    manufacturers_seen: Iterable[str] = (),
    server_silent: bool = False,
) -> Trouble:
    """Say why a Рутокен that is plugged in is not among the tokens that are seen, or why none is seen at all.

    Args:
        usb: What :func:`hal.token.usb.look` gave.
        service: What :func:`pcsc` gave.
        module_found: Whether a PKCS#11 module is installed.
        manufacturers_seen: ``manufacturerID`` of every token that the modules see.
        server_silent: Whether :func:`silent_server` named an address.
    """
    seen = tuple(manufacturers_seen)
    if any(map(is_rutoken, seen)) or (seen and not usb.tokens):
        return Trouble.NONE
    if server_silent and not seen and not usb.tokens:
        return Trouble.NO_SERVER
    if usb.problem is not UsbProblem.NONE:
        looked = Trouble.NO_BUS if usb.problem is UsbProblem.NO_BUS else Trouble.COULD_NOT_LOOK
        return looked if module_found else Trouble.NO_MODULE
    if not usb.tokens:
        return Trouble.NOTHING_PLUGGED
    if not module_found:
        return Trouble.NO_MODULE
    return _BY_SERVICE.get(service, Trouble.NOT_SEEN)
