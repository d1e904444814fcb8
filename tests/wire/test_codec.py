"""Messages of p11-kit's RPC: what is read, what is refused, and that nothing else can happen."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.wire.pkcs11 import codec
from simulators.wire.pkcs11.calls import CALLS, HANDSHAKE
from simulators.wire.pkcs11.codec import (
    Attribute,
    BadMessage,
    EcdhParams,
    GcmParams,
    Length,
    Mechanism,
    OaepParams,
    PssParams,
    Shown,
    UnknownCall,
)
from simulators.wire.pkcs11.constants import Attr, Mech, Rv
from tests.wire.p11 import BY_NAME, Failed, M, array, params, read_answer, request, u32, u64

ULONGS = st.integers(0, 2**64 - 1)


def test_the_table_is_that_of_p11_kit() -> None:
    assert [call.number for call in CALLS.values()] == list(range(1, 65))
    assert CALLS[6].answer == ("s",) * 4 + ("u",) * 11 + ("v", "v", "s")
    assert BY_NAME["UnwrapKey"].request == ("u", "M", "u", "ay", "aA")


def test_a_request_is_taken_apart() -> None:
    call, arguments = codec.read_request(request("Login", 7, 1, b"24681357"))
    assert (call.name, arguments) == ("Login", [7, 1, b"24681357"])
    call, arguments = codec.read_request(request("Initialize", HANDSHAKE, 0, None))
    assert arguments == [HANDSHAKE, 0, None]


@given(ULONGS, st.binary(max_size=200), st.integers(0, 2**32 - 1))
def test_numbers_bytes_and_room_come_back(handle: int, data: bytes, room: int) -> None:
    assert codec.read_request(request("Sign", handle, data, room))[1] == [handle, data, room]


@pytest.mark.parametrize(
    "mechanism",
    [
        M(Mech.RSA_PKCS),
        M(Mech.AES_CBC, bytes(range(16))),
        M(Mech.RSA_PKCS_PSS, PssParams(0x250, 2, 32)),
        M(Mech.RSA_PKCS_OAEP, OaepParams(0x250, 2, 1, b"label")),
        M(Mech.ECDH1_DERIVE, EcdhParams(1, b"", b"\4" + bytes(64))),
        M(Mech.AES_GCM, GcmParams(b"123456789012", b"aad", 128)),
        M(0x80001234, b"vendor"),
    ],
)
def test_mechanisms_come_with_their_parameters(mechanism: M) -> None:
    _, (_, taken, _) = codec.read_request(request("SignInit", 1, mechanism, 2))
    assert taken == Mechanism(mechanism.type, mechanism.params)
    carrier = M(Mech.RSA_PKCS_OAEP, OaepParams(codec.CARRIER, mechanism.type, 0, params(mechanism.params)))
    _, (_, carried, _) = codec.read_request(request("SignInit", 1, carrier, 2))
    assert carried == taken


def test_the_null_mechanism_ends_an_operation() -> None:
    assert codec.read_request(request("SignInit", 1, None, 0))[1] == [1, None, 0]


def test_attributes_are_typed() -> None:
    template = {Attr.CLASS: 2, Attr.TOKEN: True, Attr.LABEL: "имя".encode(), Attr.ID: b""}
    _, (_, taken) = codec.read_request(request("FindObjectsInit", 1, template))
    assert taken == [
        Attribute(Attr.CLASS, 2), Attribute(Attr.TOKEN, 1), Attribute(Attr.LABEL, "имя".encode()),
        Attribute(Attr.ID, b""),
    ]  # fmt: skip


def _nested(depth: int) -> bytes:
    inner = u32(0)
    for _ in range(depth):
        inner = u32(1) + u32(0x40000211) + b"\1" + u32(24) + inner
    return inner


def test_nested_attributes_end_somewhere() -> None:
    head = u32(26) + array(b"uaA") + u64(1)
    codec.read_request(head + _nested(codec.DEEPEST))
    with pytest.raises(BadMessage, match="too deep"):
        codec.read_request(head + _nested(codec.DEEPEST + 1))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        u32(0) + array(b"u") + u64(1),
        u32(256) + array(b""),
        u32(18) + array(b"uua") + u64(1) + u64(1),
        u32(18) + array(None),
        u32(26) + array(b"uaA") + u64(1) + u32(0xFFFFFFFF),
        u32(26) + array(b"uaA") + u64(1) + u32(codec.MOST_ELEMENTS + 1) + bytes(10_000),
        u32(24) + array(b"uufA") + u64(1) + u64(1) + u32(2**31),
        u32(43) + array(b"uayfy") + u64(1) + b"\1" + u32(0x7FFFFFFF),
        request("Logout", 1) + b"\0",
    ],
)
def test_what_is_no_request(body: bytes) -> None:
    with pytest.raises(BadMessage):
        codec.read_request(body)


def test_a_later_p11_kit_may_have_more_calls() -> None:
    with pytest.raises(UnknownCall):
        codec.read_request(u32(65) + array(b"u") + u64(1))


@pytest.mark.parametrize(
    "header", [(0, 0, 0), (1, codec.MOST_OPTIONS + 1, 0), (1, 0, codec.MOST_BODY + 1), (2**32 - 1,) * 3]
)
def test_headers_that_announce_too_much(header: tuple[int, int, int]) -> None:
    with pytest.raises(BadMessage):
        codec.read_header(struct.pack(">III", *header))
    assert codec.read_header(struct.pack(">III", 16, 3, 20)) == (16, 3, 20)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(BadMessage):
        codec.read_request(body)


@given(st.sampled_from(sorted(CALLS)), st.binary(max_size=300))
def test_any_arguments_are_read_or_refused(number: int, rest: bytes) -> None:
    with contextlib.suppress(BadMessage):
        codec.read_request(u32(number) + array("".join(CALLS[number].request).encode()) + rest)


@given(st.lists(ULONGS, max_size=20))
def test_answers_with_numbers(values: list[int]) -> None:
    call = BY_NAME["GetSlotList"]
    assert read_answer(call, codec.answer(call, [values])) == [values]
    assert read_answer(call, codec.answer(call, [Length(9)])) == [9]


def test_answers_with_attributes() -> None:
    call = BY_NAME["GetAttributeValue"]
    shown = [
        Shown(Attr.CLASS, 8, 3), Shown(Attr.SIGN, 1, 1), Shown(Attr.LABEL, 2, b"xy"), Shown(Attr.VALUE, None),
        Shown(Attr.ID, 20), Shown(Attr.KEY_TYPE, 8), Shown(Attr.TOKEN, 1),
    ]  # fmt: skip
    values, rv = read_answer(call, codec.answer(call, [shown, 0x11]))
    assert rv == 0x11
    assert values == [
        (Attr.CLASS, 8, 3), (Attr.SIGN, 1, 1), (Attr.LABEL, 2, b"xy"), (Attr.VALUE, None, None),
        (Attr.ID, 20, None), (Attr.KEY_TYPE, 8, 0), (Attr.TOKEN, 1, 0),
    ]  # fmt: skip


def test_errors() -> None:
    with pytest.raises(Failed, match="PIN_LOCKED"):
        read_answer(BY_NAME["Login"], codec.error(Rv.PIN_LOCKED))
