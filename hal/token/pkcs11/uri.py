"""Addresses of tokens: RFC 7512, ``pkcs11:token=…;serial=…?module-path=…&pin-source=…``.

The parser is strict, because a mistyped attribute that is passed over would open another token than the one
that was meant. Attributes that name an object on a token (``object``, ``type``, ``id``) are refused: this
driver opens tokens. So is ``pin-value``: a PIN in an address ends up in shell histories and logs.
"""

from __future__ import annotations

import os
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote, unquote_to_bytes, urlsplit

from hal.errors import DeviceNotFound
from hal.secret import Secret

SCHEME = "pkcs11"

FORM = "pkcs11:token=LABEL;serial=NUMBER?module-path=FILE&pin-source=FILE"

LONGEST_PIN = 255
"""Longest PIN that is read from a file, in bytes; real tokens take 32 at most (``ulMaxPinLen``)."""

_PATH = MappingProxyType(
    {"token": "label", "serial": "serial", "manufacturer": "manufacturer", "model": "model"}
)
_QUERY = MappingProxyType(
    {"module-path": "module_path", "module-name": "module_name", "pin-source": "pin_source"}
)

_UNRESERVED = string.ascii_letters + string.digits + "-._~"
_IN_PATH = _UNRESERVED + ":[]@!$'()*+,="  # RFC 7512: pk11-path-res-avail without "&", which it also allows
_IN_QUERY = _UNRESERVED + ":[]@!$'()*+,=/?"
_ALLOWED = {"path": re.escape(_IN_PATH + "&"), "query": re.escape(_IN_QUERY + "|")}
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class BadUri(ValueError):
    """The text is no address of a token; says what is wrong with it, never its value of ``pin-value``."""


@dataclass(frozen=True, slots=True)
class TokenUri:
    """Which token is meant, and how to reach it. An empty attribute matches anything.

    Args:
        module_path: The PKCS#11 module, a file.
        module_name: The module's name without ``lib`` and ending, looked for in the usual places.
        pin_source: A file that holds the PIN, as path or ``file:`` URL.

    >>> TokenUri(label="Иванов", serial="0012").text()
    'pkcs11:token=%D0%98%D0%B2%D0%B0%D0%BD%D0%BE%D0%B2;serial=0012'
    """

    label: str = ""
    serial: str = ""
    manufacturer: str = ""
    model: str = ""
    module_path: str = ""
    module_name: str = ""
    pin_source: str = ""

    def text(self) -> str:
        """Write the address."""
        path = ";".join(
            f"{name}={quote(value, safe=_IN_PATH)}"
            for name, field in _PATH.items()
            if (value := getattr(self, field))
        )
        query = "&".join(
            f"{name}={quote(value, safe=_IN_QUERY)}"
            for name, field in _QUERY.items()
            if (value := getattr(self, field))
        )
        return f"{SCHEME}:{path}{'?' if query else ''}{query}"

    def matches(self, label: str, serial: str, manufacturer: str, model: str) -> bool:
        """Say whether a token of these attributes is meant."""
        wanted = (self.label, self.serial, self.manufacturer, self.model)
        return all(
            not want or want == has
            for want, has in zip(wanted, (label, serial, manufacturer, model), strict=True)
        )


def parse(text: str) -> TokenUri:
    """Read an address.

    Raises:
        BadUri: It is not of that form, names an attribute twice, or one that is not known or not allowed.
    """
    scheme, colon, rest = text.partition(":")
    if not colon or scheme.lower() != SCHEME:
        raise BadUri(f"it does not begin with {SCHEME}:")
    path, _, query = rest.partition("?")
    values = _attributes(path, ";", _PATH, "path") | _attributes(query, "&", _QUERY, "query")
    if values.get("module_path") and values.get("module_name"):
        raise BadUri("module-path and module-name cannot both be given")
    return TokenUri(**values)


def _attributes(text: str, separator: str, known: Mapping[str, str], part: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for attribute in text.split(separator) if text else []:
        name, equals, value = attribute.partition("=")
        if name == "pin-value":
            raise BadUri("a PIN does not belong in an address; name a file with pin-source")
        if name not in known:
            raise BadUri(_why_unknown(name, known, part))
        if not equals:
            raise BadUri(f"{name} has no value")
        if known[name] in found:
            raise BadUri(f"{name} is given twice")
        found[known[name]] = _decoded(name, value, part)
    return found


def _why_unknown(name: str, known: Mapping[str, str], part: str) -> str:
    if part == "path" and name in ("object", "type", "id"):
        return f"{name} names an object on a token; only whole tokens are opened"
    if name in {**_PATH, **_QUERY}:
        return (
            f"{name} stands in the wrong part: {'; '.join(_PATH)} before the question mark, the others after"
        )
    return f"attribute {name!r} is not known; there are {', '.join(known)}"


def _decoded(name: str, value: str, part: str) -> str:
    if not value:
        raise BadUri(f"{name} is empty")
    if _BAD_PERCENT.search(value):
        raise BadUri(f"{name}: two hexadecimal digits have to follow a percent sign")
    plain = re.sub(r"%[0-9A-Fa-f]{2}", "", value)
    bad = re.sub(f"[{_ALLOWED[part]}]", "", plain)
    if bad:
        raise BadUri(f"{name}: {bad[0]!r} must be written as {quote(bad[0], safe='')}")
    try:
        decoded = unquote_to_bytes(value).decode()
    except UnicodeDecodeError as error:
        raise BadUri(f"{name} is not UTF-8") from error
    if "\0" in decoded:
        raise BadUri(f"{name} has a zero byte")
    return decoded


def read_pin(source: str) -> Secret:
    """Read the PIN from the file that ``pin-source`` names; a line end after it does not belong to it.

    Raises:
        DeviceNotFound: The source is no file, cannot be read, or holds no PIN.
    """
    if source.startswith("|"):
        raise DeviceNotFound(SCHEME, "pin-source: commands are not run; name a file")
    parts = urlsplit(source) if source.startswith("file:") else None
    if parts is not None and parts.netloc not in ("", "localhost"):
        raise DeviceNotFound(SCHEME, "pin-source: the file must be on this computer")
    path = Path(unquote_to_bytes(parts.path).decode(errors="replace") if parts is not None else source)
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST_PIN + 3)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else type(error).__name__
        raise DeviceNotFound(SCHEME, f"pin-source {path}: {why}") from error
    pin = text.removesuffix(b"\n").removesuffix(b"\r")
    if not pin or len(pin) > LONGEST_PIN or b"\n" in pin:
        raise DeviceNotFound(SCHEME, f"pin-source {path}: the file has to hold one line, the PIN")
    try:
        return Secret(pin.decode())
    except UnicodeDecodeError:
        raise DeviceNotFound(SCHEME, f"pin-source {path}: it is not UTF-8") from None  # it would show the PIN
