"""How each signature mechanism of ours is asked of a token, by what the token offers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto

from hal.token.values import Mechanism


class Feed(Enum):
    """What the token is given."""

    DATA = auto()
    DIGEST = auto()  # SHA-256, made by us
    DIGEST_INFO = auto()  # the digest in the frame of PKCS#1 (RFC 8017, 9.2)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a signature.

    Attributes:
        ckm: The mechanism of PKCS#11.
        feed: What it takes.
        pss: Whether it needs the parameters of PSS: SHA-256, MGF1 with SHA-256, 32 bytes of salt.
    """

    ckm: int
    feed: Feed = Feed.DATA
    pss: bool = False


CKM_RSA_PKCS, CKM_RSA_PKCS_OAEP, CKM_RSA_PKCS_PSS = 0x01, 0x09, 0x0D
CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS = 0x40, 0x43
CKM_ECDSA, CKM_ECDSA_SHA256, CKM_ECDH1_DERIVE = 0x1041, 0x1044, 0x1050
CKM_GOSTR3410_WITH_GOSTR3411_12_256 = 0xD4321008
"""PKCS#11 2.40 and its extension by ТК 26 (Р 1323565.1.028-2019), which Рутокен follows."""

DIGEST_INFO_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")

WAYS: dict[Mechanism, tuple[Way, ...]] = {
    Mechanism.RSA_PKCS_SHA256: (Way(CKM_SHA256_RSA_PKCS), Way(CKM_RSA_PKCS, Feed.DIGEST_INFO)),
    Mechanism.RSA_PSS_SHA256: (
        Way(CKM_SHA256_RSA_PKCS_PSS, pss=True),
        Way(CKM_RSA_PKCS_PSS, Feed.DIGEST, pss=True),
    ),
    Mechanism.ECDSA_P256_SHA256: (Way(CKM_ECDSA_SHA256), Way(CKM_ECDSA, Feed.DIGEST)),
    Mechanism.GOST_2012_256: (Way(CKM_GOSTR3410_WITH_GOSTR3411_12_256),),
}
"""The best way first: hashing by the token says more than a digest that somebody hands to it."""


def way_of(mechanism: Mechanism, offered: Collection[int]) -> Way | None:
    """Return the best way that a token of these mechanisms has, or none."""
    return next((way for way in WAYS.get(mechanism, ()) if way.ckm in offered), None)


def offered(ckms: Collection[int]) -> tuple[Mechanism, ...]:
    """Return our mechanisms that a token of those mechanisms can do, in the order of the enumeration."""
    return tuple(mechanism for mechanism in Mechanism if way_of(mechanism, ckms) is not None)


def can_unwrap(ckms: Collection[int]) -> bool:
    """Say whether a token of those mechanisms can open content keys (see ``hal.token.wrapping``)."""
    return CKM_RSA_PKCS_OAEP in ckms or CKM_ECDH1_DERIVE in ckms
