"""Values of the token family."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """Who the token is. ``url`` opens it again (RFC 7512 for real ones)."""

    url: str
    label: str
    serial: str
    model: str = ""
    manufacturer: str = ""
    firmware: str = ""


class Mechanism(StrEnum):
    """Signature mechanisms, by the names of PKCS#11."""

    RSA_PKCS_SHA256 = "SHA256_RSA_PKCS"
    RSA_PSS_SHA256 = "SHA256_RSA_PKCS_PSS"
    ECDSA_P256_SHA256 = "ECDSA_SHA256"
    GOST_2012_256 = "GOSTR3410_WITH_GOSTR3411_12_256"
    SIMULATED = "SIMULATED"  # the in-process model: identity, not security


@dataclass(frozen=True, slots=True)
class TokenCapabilities:
    """What the token can do."""

    mechanisms: tuple[Mechanism, ...]
    can_unwrap: bool = True
    reports_tries_left: bool = True
    pin_tries: int | None = None


class PinState(StrEnum):
    """How near the PIN is to locking (PKCS#11 ``CKF_USER_PIN_COUNT_LOW``, ``_FINAL_TRY``, ``_LOCKED``)."""

    OK = "ok"
    LOW = "low"
    FINAL_TRY = "final-try"
    LOCKED = "locked"


class PinRole(StrEnum):
    """Whose PIN."""

    USER = "user"
    ADMINISTRATOR = "administrator"  # security officer, SO


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """One look at the token."""

    pin: PinState
    logged_in: bool


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with the private key that belongs to it.

    Args:
        key_id: PKCS#11 ``CKA_ID`` of the key pair.
        subject: Whose it is, as text.
        der: The X.509 certificate; empty in the in-process model.
    """

    key_id: bytes
    subject: str
    not_before: datetime
    not_after: datetime
    der: bytes = b""
