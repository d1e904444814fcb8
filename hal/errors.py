"""The root of the device-neutral error tree.

Every error says *what happened*, *to which device* and *what to do next*. The text a developer sees is
English and lives in the class; the text an operator sees is looked up by ``code`` in the catalogues of
``lab``. Family errors live in the folder of their family.
"""

from __future__ import annotations

from typing import ClassVar


class DeviceError(Exception):
    """A device did not do what was asked.

    Args:
        device: Name or URL of the device, as the station knows it.
        detail: What the driver can add: the vendor's words, a status code. Never a PIN.
    """

    code: ClassVar[str] = "device-error"
    happened: ClassVar[str] = "the device failed"
    remedy: ClassVar[str] = "check the device and try again; if that fails, use the reserve"

    def __init__(self, device: str, detail: str = "") -> None:
        super().__init__(device, detail)
        self.device = device
        self.detail = detail

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.device}: {self.happened}{detail}; {self.remedy}"


class DeviceNotFound(DeviceError):
    """No such device at that URL, or it was never plugged in."""

    code = "not-found"
    happened = "no such device"
    remedy = "check the name, the cable and the power"


class DeviceGone(DeviceError):
    """The device was there and has disappeared, perhaps in the middle of a call."""

    code = "gone"
    happened = "the device has been disconnected"
    remedy = "connect it again"


class DeviceBusy(DeviceError):
    """Somebody else holds the device."""

    code = "busy"
    happened = "the device is busy"
    remedy = "wait for the other work to end or close the other program"


class DeviceTimeout(DeviceError):
    """The device did not answer within its deadline."""

    code = "timeout"
    happened = "the device did not answer in time"
    remedy = "check that it is on; restart it"


class DeviceDead(DeviceError):
    """The device is broken for good; only a replacement helps."""

    code = "dead"
    happened = "the device is broken"
    remedy = "use the reserve device"


class AccessDenied(DeviceError):
    """The operating system or the device refuses this user."""

    code = "access-denied"
    happened = "no right to use the device"
    remedy = "give the user the right (a group, a udev rule) and log in again"


class NotSupported(DeviceError):
    """The device cannot do this; its ``capabilities`` said so."""

    code = "not-supported"
    happened = "the device cannot do this"
    remedy = "ask its capabilities first"


class BadReply(DeviceError):
    """The device answered, but not what its protocol allows."""

    code = "bad-reply"
    happened = "the device sent a reply that makes no sense"
    remedy = "restart the device; if it repeats, report the detail"


class DriverMissing(DeviceError):
    """The library that this driver needs is not installed."""

    code = "driver-missing"
    happened = "the driver's library is not installed"
    remedy = "install what the detail names"


class UnknownScheme(DeviceError):
    """No driver is registered for the URL's scheme."""

    code = "unknown-scheme"
    happened = "no driver for this kind of address"
    remedy = "use one of the schemes that `hal.registry.schemes()` lists"
