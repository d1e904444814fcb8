"""Just enough of DER (X.690) to write GOST keys and certificates, for which no kept library exists."""

from __future__ import annotations

SEQUENCE, OCTET_STRING, BIT_STRING, INTEGER, OID, UTC_TIME, GENERALIZED_TIME = (
    0x30, 0x04, 0x03, 0x02, 0x06, 0x17, 0x18,
)  # fmt: skip


def tlv(tag: int, content: bytes) -> bytes:
    """Write one value: tag, length, content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """Write a SEQUENCE."""
    return tlv(SEQUENCE, b"".join(parts))


def integer(value: int) -> bytes:
    """Write an INTEGER that is not negative."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(value: bytes) -> bytes:
    """Write an OCTET STRING."""
    return tlv(OCTET_STRING, value)


def bits(value: bytes) -> bytes:
    """Write a BIT STRING of whole bytes."""
    return tlv(BIT_STRING, b"\0" + value)


def oid(dotted: str) -> bytes:
    """Write an OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for arc in (40 * first + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        content += bytes(reversed(groups))
    return tlv(OID, bytes(content))
