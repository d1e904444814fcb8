"""Opening devices by URL, and finding them.

A URL's scheme names the driver: ``pkcs11:``, ``ipp:``, ``snmp:``, ``usb:``, ``sane:``, ``escl:``,
``portaudio:``, ``pyaudio:``, ``sim:`` … Drivers register under the entry-point group
``ppelab.devices``; the value is a callable without arguments that makes an :class:`Opener`. Third-party
packages add schemes the same way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from hal.errors import DeviceError, DriverMissing, UnknownScheme

GROUP = "ppelab.devices"


class Family(StrEnum):
    """The device families of the product."""

    TOKEN = "token"  # noqa: S105
    PRINTER = "printer"
    SCANNER = "scanner"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device that discovery found.

    Args:
        url: Opens it; empty when it is plugged in but cannot be opened as things are.
        family: What it is.
        label: Name for people.
        state: ``ok``, or a code that says what is wrong with it.
    """

    url: str
    family: Family
    label: str
    state: str = "ok"


class Presence(StrEnum):
    """What an availability event says."""

    APPEARED = "appeared"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Availability:
    """A device appeared or is gone. Whoever uses it learns of it here, not by polling."""

    presence: Presence
    device: DeviceInfo


class Opener(Protocol):
    """What a driver registers for its scheme."""

    async def open(self, url: str) -> object:
        """Open the device: a ``Token``, ``Printer``, ``Scanner`` or ``Headset``.

        Raises:
            DeviceNotFound, AccessDenied, DriverMissing
        """

    async def discover(self) -> tuple[DeviceInfo, ...]:
        """List what is there now, in a stable order."""

    def watch(self) -> AsyncIterator[Availability]:
        """Tell what appears and goes from now on."""


_openers: dict[str, Opener] = {}

_EXTRAS = {
    "pkcs11": "token",
    "ipp": "printer",
    "snmp": "printer",
    "usb": "printer",
    "sane": "scanner",
    "escl": "scanner",
    "portaudio": "audio",
    "pyaudio": "audio",
}
"""The extra that brings the library of each scheme."""


def register(scheme: str, opener: Opener) -> Callable[[], None]:
    """Serve a scheme with this opener in this process; returns a function that ends that."""
    previous = _openers.get(scheme)
    _openers[scheme] = opener

    def unregister() -> None:
        if previous is None:
            _openers.pop(scheme, None)
        else:
            _openers[scheme] = previous

    return unregister


def schemes() -> tuple[str, ...]:
    """List the schemes that have a driver, sorted."""
    return tuple(sorted({*_openers, *(entry.name for entry in entry_points(group=GROUP))}))


def opener(url: str) -> Opener:
    """Return the opener for the URL's scheme.

    Raises:
        UnknownScheme: No driver is registered for it.
        DriverMissing: The driver is registered but its library is not installed.
    """
    scheme, colon, _ = url.partition(":")  # errors name it alone: somebody may have put a PIN behind it
    if not colon:
        raise UnknownScheme("address", f"no scheme; known: {', '.join(schemes())}")
    if scheme not in _openers:
        entry = _entry(scheme)
        if entry is None:
            raise UnknownScheme(scheme, f"known: {', '.join(schemes())}")
        try:
            _openers[scheme] = entry.load()()
        except (ImportError, OSError) as error:  # OSError: the library is there, but not what it wraps
            extra = _EXTRAS.get(scheme, "hardware")
            detail = f"{error}: pip install 'ppe-lab[{extra}]'"
            raise DriverMissing(scheme, detail) from error
    return _openers[scheme]


def _entry(scheme: str) -> EntryPoint | None:
    return next(iter(entry_points(group=GROUP, name=scheme)), None)


async def open_device(url: str) -> object:
    """Open a device by URL.

    Raises:
        UnknownScheme, DriverMissing: See :func:`opener`.
        DeviceError: What the driver says.
    """
    return await opener(url).open(url)


async def discover(failed: dict[str, DeviceError] | None = None) -> tuple[DeviceInfo, ...]:
    """List the devices of all schemes, by scheme; a driver without its library is passed over.

    Args:
        failed: Where to put the errors of drivers that could not look, by scheme; without it they are raised.

    Raises:
        DeviceError: What the first driver says that could not look.
    """
    found: list[DeviceInfo] = []
    for scheme in schemes():
        try:
            found.extend(await opener(f"{scheme}:").discover())
        except DriverMissing:
            continue
        except DeviceError as error:
            if failed is None:
                raise
            failed[scheme] = error
    return tuple(found)
