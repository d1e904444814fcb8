"""Messages of p11-kit's RPC, read and written with bounds checked at every step.

What comes from the wire is hostile until proven otherwise: a count or a length is believed only when so many
bytes are really there, so memory stays proportional to the bytes received. All integers are big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulators.wire.pkcs11.calls import CALLS, ERROR, Call
from simulators.wire.pkcs11.constants import Attr, Mech, Rv

HEADER_BYTES = 12
MOST_OPTIONS = 4096
"""The options hold the name of the module; p11-kit's is a few bytes."""
MOST_BODY = 4 * 1024 * 1024
"""Longest message we read. Programs send long data in parts (``C_SignUpdate`` …)."""
MOST_ELEMENTS = 1024
"""Of attributes in a template, or mechanisms in an attribute; the standard has about a hundred attributes."""
MOST_CALLS = 255
"""p11-kit has about a hundred calls, and more with each version of PKCS#11."""
DEEPEST = 8
"""Attributes within attributes; p11-kit's own limit."""

_NONE = 0xFFFFFFFF
_U32, _U64, _HEADER = struct.Struct(">I"), struct.Struct(">Q"), struct.Struct(">III")


class BadMessage(Exception):
    """The bytes are no message of this protocol; the connection cannot be used any longer."""


class BadHeader(BadMessage):
    """The header announces what we do not take."""


class UnknownCall(BadMessage):
    """A call of a later p11-kit; the connection is sound."""


def read_header(header: bytes) -> tuple[int, int, int]:
    """Return the number of the exchange and the lengths of options and body.

    Raises:
        BadHeader: A length is beyond what we take, or the number is zero, which p11-kit never uses.
    """
    exchange, options, body = _HEADER.unpack(header)
    if exchange == 0 or options > MOST_OPTIONS or body > MOST_BODY:
        raise BadHeader(f"exchange {exchange}, options of {options} bytes, body of {body} bytes")
    return exchange, options, body


def frame(exchange: int, body: bytes) -> bytes:
    """Put a header before an answer."""
    return _HEADER.pack(exchange, 0, len(body)) + body


# -- values ------------------------------------------------------------------------------------------------

Value = int | bytes | tuple["Attribute", ...] | tuple[int, ...]
"""Of an attribute: a number or a flag, bytes, attributes, or mechanisms."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a request; ``value`` is ``None`` where the program marks it as unavailable."""

    type: int
    value: Value | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An attribute of an answer.

    Args:
        type: Which one.
        length: Its length in bytes as C sees it, or ``None`` for "unavailable".
        value: The value; ``None`` when only the length was asked for.
    """

    type: int
    length: int | None
    value: int | bytes | None = None


@dataclass(frozen=True, slots=True)
class Length:
    """Stands for an array in an answer when there is no room for it: how long it is."""

    count: int


@dataclass(frozen=True, slots=True)
class PssParams:
    """``CK_RSA_PKCS_PSS_PARAMS``; the salt length in bytes."""

    hash: int
    mgf: int
    salt: int


@dataclass(frozen=True, slots=True)
class OaepParams:
    """``CK_RSA_PKCS_OAEP_PARAMS``."""

    hash: int
    mgf: int
    source: int
    label: bytes


@dataclass(frozen=True, slots=True)
class EcdhParams:
    """``CK_ECDH1_DERIVE_PARAMS``."""

    kdf: int
    shared: bytes
    public: bytes


@dataclass(frozen=True, slots=True)
class GcmParams:
    """``CK_GCM_PARAMS``; the length of the tag in bits."""

    iv: bytes
    aad: bytes
    tag_bits: int


Params = bytes | PssParams | OaepParams | EcdhParams | GcmParams


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A mechanism with its parameters; empty bytes where it has none."""

    type: int
    params: Params = b""


# -- reading -----------------------------------------------------------------------------------------------


class Reader:
    """Takes values from the front of some bytes.

    Raises:
        BadMessage: From every method: there are fewer bytes than the value needs.
    """

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._at

    def raw(self, count: int) -> bytes:
        """Take that many bytes."""
        if count > self.left:
            raise BadMessage(f"{count} bytes announced, {self.left} left")
        self._at += count
        return self._data[self._at - count : self._at]

    def byte(self) -> int:
        """Take one byte."""
        return self.raw(1)[0]

    def u32(self) -> int:
        """Take 32 bits."""
        return int(_U32.unpack(self.raw(4))[0])

    def u64(self) -> int:
        """Take 64 bits."""
        return int(_U64.unpack(self.raw(8))[0])

    def array(self) -> bytes | None:
        """Take bytes with their length before them; ``None`` for a null pointer."""
        count = self.u32()
        return None if count == _NONE else self.raw(count)

    def count(self, least: int) -> int:
        """Take the count of elements that have at least so many bytes each."""
        count = self.u32()
        if count > MOST_ELEMENTS or count * least > self.left:
            raise BadMessage(f"{count} elements announced, {self.left} bytes left")
        return count


def _byte_array(reader: Reader) -> bytes | None:
    if reader.byte():
        return reader.array()
    reader.u32()  # a length without bytes: the program passed a null pointer
    return None


def _attribute_room(reader: Reader) -> list[tuple[int, int]]:
    return [(reader.u32(), reader.u32()) for _ in range(reader.count(8))]


def _attributes(reader: Reader, depth: int = 0) -> list[Attribute]:
    return [_attribute(reader, depth) for _ in range(reader.count(5))]


def _attribute(reader: Reader, depth: int) -> Attribute:
    kind = reader.u32()
    if not reader.byte():
        return Attribute(kind, None)
    length = reader.u32()
    value: Value
    match form_of(kind):
        case "byte":
            flag = reader.byte()
            value = flag if length else b""
        case "ulong":
            number = reader.u64()
            value = number if length else b""
        case "attributes":
            if depth >= DEEPEST:
                raise BadMessage("attributes are nested too deep")
            value = tuple(_attributes(reader, depth + 1))
        case "mechanisms":
            value = tuple(reader.u64() for _ in range(reader.count(8)))
        case _:
            value = reader.array() or b""
    return Attribute(kind, value)


def _pss(reader: Reader) -> PssParams:
    return PssParams(reader.u64(), reader.u64(), reader.u64())


def _oaep(reader: Reader) -> OaepParams:
    return OaepParams(reader.u64(), reader.u64(), reader.u64(), reader.array() or b"")


def _ecdh(reader: Reader) -> EcdhParams:
    return EcdhParams(reader.u64(), reader.array() or b"", reader.array() or b"")


def _gcm(reader: Reader) -> GcmParams:
    iv = reader.array() or b""
    reader.u64()  # the length of the IV in bits says nothing more
    return GcmParams(iv, reader.array() or b"", reader.u64())


_PARAMS: Mapping[int, Callable[[Reader], Params]] = {
    Mech.RSA_PKCS_PSS: _pss,
    Mech.SHA1_RSA_PKCS_PSS: _pss,
    Mech.SHA256_RSA_PKCS_PSS: _pss,
    Mech.SHA384_RSA_PKCS_PSS: _pss,
    Mech.SHA512_RSA_PKCS_PSS: _pss,
    Mech.RSA_PKCS_OAEP: _oaep,
    Mech.ECDH1_DERIVE: _ecdh,
    Mech.AES_GCM: _gcm,
}

CARRIER = 0x50504C41
"""As the hash of an OAEP mechanism: the mechanism carries another one, see :func:`_mechanism`."""


def _mechanism(reader: Reader) -> Mechanism | None:
    """Take a mechanism; ``None`` is the null mechanism, which ends an operation.

    p11-kit's client refuses the mechanisms that it has no code for, among them all of GOST, before they
    reach the wire. Our module ``wide`` therefore sends them as an OAEP mechanism: ``hash`` is
    :data:`CARRIER`, ``mgf`` the real number, and the label its parameters as they would be on the wire.
    """
    kind = reader.u32()
    if kind == _NONE:
        return None
    params = _params(kind, reader)
    if isinstance(params, OaepParams) and params.hash == CARRIER:
        inner = Reader(params.label)
        # a mechanism that needs none may come with no parameters at all
        return Mechanism(params.mgf, _params(params.mgf, inner) if inner.left else b"")
    return Mechanism(kind, params)


def _params(kind: int, reader: Reader) -> Params:
    special = _PARAMS.get(kind)
    return special(reader) if special is not None else reader.array() or b""


_READERS: Mapping[str, Callable[[Reader], Any]] = {
    "y": Reader.byte,
    "u": Reader.u64,
    "z": Reader.array,
    "ay": _byte_array,
    "fy": Reader.u32,
    "fu": Reader.u32,
    "aA": _attributes,
    "fA": _attribute_room,
    "M": _mechanism,
}


def read_request(body: bytes) -> tuple[Call, list[Any]]:
    """Take a request apart.

    Returns:
        The call and its arguments: ``int`` for ``u``, ``y`` and room, ``bytes | None`` for bytes,
        ``list[Attribute]``, ``list[(type, room)]``, ``Mechanism | None``.

    Raises:
        UnknownCall: p11-kit may have such a call, we have none.
        BadMessage: It is no request.
    """
    reader = Reader(body)
    number = reader.u32()
    call = CALLS.get(number)
    if call is None:
        if ERROR < number <= MOST_CALLS:
            raise UnknownCall(f"no call has the number {number}")
        raise BadMessage(f"no call has the number {number}")
    if reader.array() != "".join(call.request).encode():
        raise BadMessage(f"the request of {call.name} has another form")
    arguments = [_READERS[part](reader) for part in call.request]
    if reader.left:
        raise BadMessage(f"{reader.left} bytes after the request of {call.name}")
    return call, arguments


# -- writing -----------------------------------------------------------------------------------------------


def _write_bytes(value: bytes | Length) -> bytes:
    if isinstance(value, Length):
        return b"\0" + _U32.pack(value.count)
    return b"\1" + _U32.pack(len(value)) + value


def _write_ulongs(value: Sequence[int] | Length) -> bytes:
    if isinstance(value, Length):
        return b"\0" + _U32.pack(value.count)
    return b"\1" + _U32.pack(len(value)) + b"".join(map(_U64.pack, value))


def _write_shown(shown: Shown) -> bytes:
    if shown.length is None:
        return _U32.pack(shown.type) + b"\0"
    head = _U32.pack(shown.type) + b"\1" + _U32.pack(shown.length)
    match form_of(shown.type):
        case "byte":
            return head + bytes((int(shown.value or 0),))
        case "ulong":
            return head + _U64.pack(int(shown.value or 0))
        case _:
            if not isinstance(shown.value, bytes):
                return head + _U32.pack(_NONE)
            return head + _U32.pack(len(shown.value)) + shown.value


def _write_attributes(value: Sequence[Shown]) -> bytes:
    return _U32.pack(len(value)) + b"".join(map(_write_shown, value))


_WRITERS: Mapping[str, Callable[[Any], bytes]] = {
    "u": _U64.pack,
    "v": bytes,
    "s": lambda text: _U32.pack(len(text)) + text,
    "ay": _write_bytes,
    "au": _write_ulongs,
    "aA": _write_attributes,
}


def answer(call: Call, values: Sequence[Any]) -> bytes:
    """Write the answer to a call that went well."""
    form = "".join(call.answer).encode()
    written = (_WRITERS[part](value) for part, value in zip(call.answer, values, strict=True))
    return _U32.pack(call.number) + _U32.pack(len(form)) + form + b"".join(written)


def error(rv: Rv) -> bytes:
    """Write the answer to a call that did not."""
    return _U32.pack(ERROR) + _U32.pack(1) + b"u" + _U64.pack(rv)


# -- attributes --------------------------------------------------------------------------------------------

_BYTES = frozenset(
    (
        Attr.TOKEN, Attr.PRIVATE, Attr.TRUSTED, Attr.SENSITIVE, Attr.ENCRYPT, Attr.DECRYPT, Attr.WRAP,
        Attr.UNWRAP, Attr.SIGN, Attr.SIGN_RECOVER, Attr.VERIFY, Attr.VERIFY_RECOVER, Attr.DERIVE,
        Attr.EXTRACTABLE, Attr.LOCAL, Attr.NEVER_EXTRACTABLE, Attr.ALWAYS_SENSITIVE, Attr.MODIFIABLE,
        Attr.COPYABLE, Attr.ALWAYS_AUTHENTICATE, Attr.WRAP_WITH_TRUSTED,
        0x200, 0x301, 0x302, 0x406,  # SECONDARY_AUTH, RESET_ON_INIT, HAS_RESET, COLOR
    )
)  # fmt: skip
_ULONGS = frozenset(
    (
        Attr.CLASS, Attr.CERTIFICATE_TYPE, Attr.CERTIFICATE_CATEGORY, Attr.KEY_TYPE, Attr.MODULUS_BITS,
        Attr.VALUE_LEN, Attr.KEY_GEN_MECHANISM, Attr.MECHANISM_TYPE,
        0x88, 0x133, 0x134, 0x160, 0x201,  # MIDP domain, PRIME_BITS, SUB_PRIME_BITS, VALUE_BITS, PIN flags
        0x300, 0x400, 0x401, 0x402, 0x403, 0x404, 0x405,  # hardware features: type, pixels, chars, bits
    )
)  # fmt: skip
_TEMPLATES = frozenset((0x40000211, 0x40000212, 0x40000213))  # WRAP, UNWRAP and DERIVE templates
_MECHANISMS = 0x40000600  # ALLOWED_MECHANISMS


def form_of(kind: int) -> str:
    """Return how the value of an attribute travels: ``byte``, ``ulong``, ``attributes`` … else ``bytes``."""
    if kind in _BYTES:
        return "byte"
    if kind in _ULONGS:
        return "ulong"
    if kind in _TEMPLATES:
        return "attributes"
    return "mechanisms" if kind == _MECHANISMS else "bytes"
