"""Crypto tokens (Рутокен): the interface, its values and its errors."""

from hal.token.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    KeyNotFound,
    LastTry,
    ModuleMissing,
    NotLoggedIn,
    PinIncorrect,
    PinLocked,
    PinRejected,
    SeveralTokens,
    TokenError,
    TokenNotPresent,
    TokenRemoved,
    WrongToken,
)
from hal.token.interface import Token, TokenPort
from hal.token.values import (
    Certificate,
    Mechanism,
    PinRole,
    PinState,
    TokenCapabilities,
    TokenInfo,
    TokenStatus,
)

__all__ = [
    "Certificate",
    "CertificateExpired",
    "CertificateNotYetValid",
    "KeyNotFound",
    "LastTry",
    "Mechanism",
    "ModuleMissing",
    "NotLoggedIn",
    "PinIncorrect",
    "PinLocked",
    "PinRejected",
    "PinRole",
    "PinState",
    "SeveralTokens",
    "Token",
    "TokenCapabilities",
    "TokenError",
    "TokenInfo",
    "TokenNotPresent",
    "TokenPort",
    "TokenRemoved",
    "TokenStatus",
    "WrongToken",
]
