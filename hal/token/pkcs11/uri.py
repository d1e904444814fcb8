"""Addresses of tokens: RFC 7512, ``pkcs11:token=…;serial=…?module-path=…&pin-source=…``.

The parser is strict, because a mistyped attribute that is passed over would open another token than the one
that was meant. Attributes that name an object on a token (``object``, ``type``, ``id``) are refused: this
driver opens tokens. So is ``pin-value``: a PIN in an address ends up in shell histories and logs.
"""

from __future__ import annotations

import codecs
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
from hal.token.pins import flaw_of

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

_FLAWS = MappingProxyType({
    "control": "there are control characters in the PIN",
    "spaces": "there is a space before or after the PIN",
})  # fmt: skip
"""Of those that ``pins`` tells what a line of a file can have."""

_UNRESERVED = string.ascii_letters + string.digits + "-._~"
_IN_PATH = _UNRESERVED + ":[]@!$'()*+,="  # RFC 7512: pk11-path-res-avail without "&", which it also allows
_IN_QUERY = _UNRESERVED + ":[]@!$'()*+,=/?"
_ALLOWED = {"path": re.escape(_IN_PATH + "&"), "query": re.escape(_IN_QUERY + "|")}
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class BadUri(ValueError):
    """The text is no address of a token; says what is wrong with it, never a PIN that stands in it.

    Args:
        code: What is wrong, for catalogues of texts.
        text: The same for developers.
        values: What the texts name.
    """

    def __init__(self, code: str, text: str, **values: str) -> None:
        super().__init__(text)
        self.code = code
        self.values = values


class BadPinSource(DeviceNotFound):
    """The PIN cannot be had from there.

    Args:
        reason: Why, for catalogues of texts.
        text: The same for developers.
        path: The file, if there is one.
        why: The operating system's words, if it has any.
    """

    def __init__(self, reason: str, text: str, path: str = "", why: str = "") -> None:
        super().__init__(SCHEME, f"pin-source{' ' if path else ''}{path}: {text}")
        self.reason, self.path, self.why = reason, path, why


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
    if any(map(_is_surrogate, text)):
        raise BadUri("not-utf8", "it is not UTF-8", name="")  # bytes of a command line that are no text
    if "pin-value" in unquote_to_bytes(text).decode(errors="replace").lower():
        raise BadUri("pin-value", "a PIN does not belong in an address; name a file with pin-source")
    scheme, colon, rest = text.partition(":")
    if not colon or scheme.lower() != SCHEME:
        raise BadUri("scheme", f"it does not begin with {SCHEME}:")
    path, _, query = rest.partition("?")
    values = _attributes(path, ";", _PATH, "path") | _attributes(query, "&", _QUERY, "query")
    if values.get("module_path") and values.get("module_name"):
        raise BadUri("both-modules", "module-path and module-name cannot both be given")
    return TokenUri(**values)


def _is_surrogate(char: str) -> bool:
    return "\ud800" <= char <= "\udfff"


def _attributes(text: str, separator: str, known: Mapping[str, str], part: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for attribute in text.split(separator) if text else []:
        name, equals, value = attribute.partition("=")
        if name not in known:
            raise _unknown(name, known, part)
        if not equals:
            raise BadUri("no-value", f"{name} has no value", name=name)
        if known[name] in found:
            raise BadUri("twice", f"{name} is given twice", name=name)
        found[known[name]] = _decoded(name, value, part)
    return found


def _unknown(name: str, known: Mapping[str, str], part: str) -> BadUri:
    if part == "path" and name in ("object", "type", "id"):
        return BadUri("object", f"{name} names an object on a token; only whole tokens are opened", name=name)
    if name in {**_PATH, **_QUERY}:
        first = "; ".join(_PATH)
        text = f"{name} stands in the wrong part: {first} before the question mark, the others after"
        return BadUri("wrong-part", text, name=name, first=first)
    names = ", ".join(known)
    return BadUri("unknown", f"attribute {name!r} is not known; there are {names}", name=name, known=names)


def _decoded(name: str, value: str, part: str) -> str:
    if not value:
        raise BadUri("empty", f"{name} is empty", name=name)
    if _BAD_PERCENT.search(value):
        raise BadUri("percent", f"{name}: two hexadecimal digits have to follow a percent sign", name=name)
    plain = re.sub(r"%[0-9A-Fa-f]{2}", "", value)
    bad = re.sub(f"[{_ALLOWED[part]}]", "", plain)
    if bad:
        quoted = quote(bad[0], safe="")
        text = f"{name}: {bad[0]!r} must be written as {quoted}"
        raise BadUri("character", text, name=name, char=bad[0], quoted=quoted)
    try:
        decoded = unquote_to_bytes(value).decode()
    except UnicodeDecodeError as error:
        raise BadUri("not-utf8", f"{name} is not UTF-8", name=name) from error
    if "\0" in decoded:
        raise BadUri("zero", f"{name} has a zero byte", name=name)
    return decoded


def read_pin(source: str) -> Secret:
    """Read the PIN from the file that ``pin-source`` names; a line end after it does not belong to it.

    Nor does the byte order mark that editors of Windows put before it. What nobody can type is refused here,
    because the token would count it as a wrong PIN.

    Raises:
        BadPinSource: The source is no file, cannot be read, or holds no PIN.
    """
    if source.startswith("|"):
        raise BadPinSource("command", "commands are not run; name a file")
    path = _path_of(source)
    try:
        with Path(path).open("rb") as file:
            held = file.read(LONGEST_PIN + len(codecs.BOM_UTF8) + 3)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else type(error).__name__
        raise BadPinSource("unread", why, path, why) from error
    except ValueError:
        raise BadPinSource("name", "this cannot be the name of a file", path) from None
    pin = held.removeprefix(codecs.BOM_UTF8).removesuffix(b"\n").removesuffix(b"\r")
    if not pin or len(pin) > LONGEST_PIN or b"\n" in pin:
        raise BadPinSource("lines", "the file has to hold one line, the PIN", path)
    try:
        text = pin.decode()
    except UnicodeDecodeError:
        raise BadPinSource("not-utf8", "it is not UTF-8", path) from None  # it would show the PIN
    flaw = flaw_of(text)
    if flaw:
        raise BadPinSource(flaw, _FLAWS[flaw], path)
    return Secret(text)


def _path_of(source: str) -> str:
    if not source.startswith("file:"):
        return source
    try:
        parts = urlsplit(source)
    except ValueError:
        raise BadPinSource("name", "this cannot be the name of a file", source) from None
    if parts.netloc not in ("", "localhost"):
        raise BadPinSource("elsewhere", "the file must be on this computer")
    return unquote_to_bytes(parts.path).decode(errors="replace")
