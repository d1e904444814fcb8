"""Files in the container's format, well made and ill made, for tests and for the fuzzer."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path

from hal.token import Mechanism
from scenarios.federal import PORTAL, authorities, federal_keys
from simulators import sealing
from station_core.container import (
    ContentKeyOpener,
    ContentKeyRecipient,
    Kind,
    Label,
    Recipient,
    Trust,
    seal_bytes,
    verify_stream,
)
from station_core.container.der import OCTETS, SEQUENCE, set_of, tlv
from station_core.container.names import CONTENT_INFO, SIGNED_DATA
from station_core.container.sealing import encrypt
from station_core.container.signatures import VERSION, algorithm_of, attributes, signer_infos
from station_core.materials import AccessKey, Grant, KeyKind, Kit, Package, Scope, encode, kit_number
from station_core.packages import receive_export

CORPUS = Path(__file__).parent / "corpus" / "container"

CONTENT_KEY = bytes(range(32))
SCOPE = Scope("90", "9099", date(2024, 5, 28), "01-РУС")
CREATED = datetime(2024, 5, 20, 12)  # noqa: DTZ001 - local time of the portal
PACKAGE = Package("day.ipk", SCOPE, tuple(Kit(kit_number("90", n), 3, 1) for n in range(2)), 1000)
KEY = AccessKey("key.dat", KeyKind.MAIN, SCOPE, {"0a": "0b0c"}, (Grant(1, "0001", 0, 2),))
LABEL = Label(Kind.PACKAGE, "day.ipk", SCOPE, 1, "0123456789abcdef" * 2, CREATED)

SIGNER = federal_keys().signer
TRUST: Trust = authorities().portal
OPENER = ContentKeyOpener(CONTENT_KEY)
sign: Callable[[bytes], bytes] = partial(sealing.sign, sealing.secret_of(PORTAL))


def sealed(
    payload: bytes = b"",
    label: Label = LABEL,
    recipients: Sequence[Recipient] = (ContentKeyRecipient(CONTENT_KEY),),
) -> bytes:
    """Make a file that the portal signed."""
    return seal_bytes(label, payload or encode(PACKAGE), recipients, SIGNER, sign)


def verify_bytes(data: bytes, file: str, trust: Trust) -> tuple[Label, bytes]:
    """See that a file in memory is authentic."""
    return verify_stream(io.BytesIO(data), file, trust)


def read_export(data: bytes, file: str, signer: bytes, *, test: bool = False) -> tuple[Label, bytes]:
    """Open an export package in memory as the РЦОИ does, signed with that key of the simulation."""
    keys, payload = federal_keys(), io.BytesIO()
    members = Trust({signer: b""}, keys.verifiers)
    label, _ = receive_export(io.BytesIO(data), file, keys.rcoi, members, payload.write, test=test)
    return label, payload.getvalue()


def envelope(payload: bytes, recipients: Sequence[Recipient] = (ContentKeyRecipient(CONTENT_KEY),)) -> bytes:
    """Make AuthEnvelopedData as it is within a package."""
    out = io.BytesIO()
    encrypt(lambda *parts: [out.write(part) for part in parts], (payload,), recipients)
    return out.getvalue()


def signed(content: bytes, content_type: bytes = CONTENT_INFO, label: bytes | None = None) -> bytes:
    """Sign any bytes, in DER: what whoever may sign could make us read."""
    digest = algorithm_of(Mechanism.SIMULATED).digest[0]
    hashed = TRUST.digests[Mechanism.SIMULATED]()
    hashed.update(content)
    told = attributes(content_type, hashed.digest(), LABEL.encode() if label is None else label)
    return tlv(
        SEQUENCE,
        SIGNED_DATA,
        tlv(
            0xA0,
            tlv(
                SEQUENCE,
                VERSION,
                set_of(digest),
                tlv(SEQUENCE, content_type, tlv(0xA0, tlv(OCTETS, content))),
                signer_infos(SIGNER, told, sign(tlv(0x31, *told))),
            ),
        ),
    )
