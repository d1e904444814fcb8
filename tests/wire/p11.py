"""A program that speaks p11-kit's RPC, for tests: it can also say what p11-kit's client never would."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulators.wire.pkcs11.calls import CALLS, HANDSHAKE, Call
from simulators.wire.pkcs11.codec import EcdhParams, GcmParams, OaepParams, Params, PssParams, form_of
from simulators.wire.pkcs11.constants import Attr, Rv

BY_NAME = {call.name: call for call in CALLS.values()}
Template = dict[int, int | bool | bytes]


class Failed(Exception):
    """The call ended with another result than CKR_OK."""

    def __init__(self, rv: int) -> None:
        super().__init__(Rv(rv).name if rv in Rv.__members__.values() else hex(rv))
        self.rv = rv


@dataclass(frozen=True)
class M:
    """A mechanism."""

    type: int
    params: Params = b""


def u32(value: int) -> bytes:
    return struct.pack(">I", value)


def u64(value: int) -> bytes:
    return struct.pack(">Q", value)


def array(data: bytes | None) -> bytes:
    return u32(0xFFFFFFFF) if data is None else u32(len(data)) + data


def params(value: Params) -> bytes:
    match value:
        case PssParams():
            return u64(value.hash) + u64(value.mgf) + u64(value.salt)
        case OaepParams():
            return u64(value.hash) + u64(value.mgf) + u64(value.source) + array(value.label)
        case EcdhParams():
            return u64(value.kdf) + array(value.shared) + array(value.public)
        case GcmParams():
            return array(value.iv) + u64(8 * len(value.iv)) + array(value.aad) + u64(value.tag_bits)
        case bytes():
            return array(value or None)


def attribute(kind: int, value: int | bool | bytes) -> bytes:
    if isinstance(value, bytes):
        return u32(kind) + b"\1" + u32(len(value)) + array(value)
    if form_of(kind) == "byte":
        return u32(kind) + b"\1" + u32(1) + bytes((int(value),))
    return u32(kind) + b"\1" + u32(8) + u64(int(value))


def argument(part: str, value: Any) -> bytes:
    match part:
        case "y":
            return bytes((value,))
        case "u":
            return u64(value)
        case "fy" | "fu":
            return u32(value)
        case "ay":
            return b"\0" + u32(value) if isinstance(value, int) else b"\1" + array(value)
        case "aA":
            return u32(len(value)) + b"".join(attribute(*each) for each in value.items())
        case "fA":
            return u32(len(value)) + b"".join(u32(kind) + u32(room) for kind, room in value)
        case "M":
            return u32(0xFFFFFFFF) if value is None else u32(value.type) + params(value.params)
        case _:
            return array(value)


def request(name: str, *arguments: Any) -> bytes:
    """Write the body of a request."""
    call = BY_NAME[name]
    form = "".join(call.request).encode()
    written = (argument(part, each) for part, each in zip(call.request, arguments, strict=True))
    return u32(call.number) + u32(len(form)) + form + b"".join(written)


class Answer:
    """Takes an answer apart."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def raw(self, count: int) -> bytes:
        assert self.at + count <= len(self.data), "the answer is too short"
        self.at += count
        return self.data[self.at - count : self.at]

    def u32(self) -> int:
        return int(struct.unpack(">I", self.raw(4))[0])

    def u64(self) -> int:
        return int(struct.unpack(">Q", self.raw(8))[0])

    def part(self, part: str) -> Any:
        match part:
            case "u":
                return self.u64()
            case "v":
                return tuple(self.raw(2))
            case "s":
                return self.raw(self.u32()).decode().rstrip()
            case "ay":
                valid, count = self.raw(1)[0], self.u32()
                return self.raw(count) if valid else count
            case "au":
                valid, count = self.raw(1)[0], self.u32()
                return [self.u64() for _ in range(count)] if valid else count
            case _:
                return [self._attribute() for _ in range(self.u32())]

    def _attribute(self) -> tuple[int, int | None, int | bytes | None]:
        kind = self.u32()
        if not self.raw(1)[0]:
            return kind, None, None
        length = self.u32()
        match form_of(kind):
            case "byte":
                return kind, length, self.raw(1)[0]
            case "ulong":
                return kind, length, self.u64()
            case _:
                count = self.u32()
                return kind, length, None if count == 0xFFFFFFFF else self.raw(count)


def read_answer(call: Call, data: bytes) -> list[Any]:
    answer = Answer(data)
    number, form = answer.u32(), answer.raw(answer.u32()).decode()
    if number == 0:
        assert form == "u"
        raise Failed(answer.u64())
    assert number == call.number
    assert form == "".join(call.answer)
    values = [answer.part(part) for part in call.answer]
    assert answer.at == len(data), "bytes after the answer"
    return values


class Program:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._next = 16

    async def send(self, name: str, *arguments: Any) -> int:
        self._next += 1
        body = request(name, *arguments)
        self.writer.write(struct.pack(">III", self._next, 3, len(body)) + b"mod" + body)
        return self._next

    async def receive(self) -> tuple[int, bytes]:
        header = await self.reader.readexactly(12)
        exchange, options, body = struct.unpack(">III", header)
        assert options == 0
        return exchange, await self.reader.readexactly(body)

    async def call(self, name: str, *arguments: Any) -> Any:
        """Make a call and wait; return the values of the answer, the only one bare."""
        sent = await self.send(name, *arguments)
        exchange, body = await self.receive()
        assert exchange == sent
        values = read_answer(BY_NAME[name], body)
        return values[0] if len(values) == 1 else values

    async def initialize(self) -> None:
        await self.call("Initialize", HANDSHAKE, 0, None)

    async def open(self, slot: int = 0, *, writes: bool = True) -> int:
        return int(await self.call("OpenSession", slot, 6 if writes else 4))

    async def find(self, session: int, **template: Any) -> list[int]:
        """Find objects by attributes, named as in ``Attr``."""
        await self.call("FindObjectsInit", session, {Attr[name]: value for name, value in template.items()})
        found = list(await self.call("FindObjects", session, 100))
        await self.call("FindObjectsFinal", session)
        return found

    async def get(self, session: int, number: int, kind: int) -> Any:
        """Read one attribute."""
        [[(_, _, value)], rv] = await self.call("GetAttributeValue", session, number, [(kind, 65536)])
        if rv:
            raise Failed(rv)
        return value


@asynccontextmanager
async def connected(path: Path, *, hello: bytes = b"\0", initialize: bool = True) -> AsyncIterator[Program]:
    """Connect as p11-kit does."""
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        writer.write(hello)
        assert await reader.readexactly(1) == b"\0"
        program = Program(reader, writer)
        if initialize:
            await program.initialize()
        yield program
    finally:
        writer.close()
        await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])


async def fails(rv: Rv, program: Program, name: str, *arguments: Any) -> None:
    """Make a call that must end so."""
    with pytest.raises(Failed) as caught:
        await program.call(name, *arguments)
    assert caught.value.rv == rv, f"{name}: {caught.value} instead of {rv.name}"
