"""One table from the return values of PKCS#11 to our errors.

The names are those of the exceptions of python-pkcs11, which are the ``CKR_…`` of PKCS#11 in other letters.
What is not in the table, a vendor's own code too, is a ``TokenError`` with the module's words as detail.
"""

from __future__ import annotations

from hal.errors import AccessDenied, BadReply, DeviceBusy, DeviceDead, DeviceError, NotSupported
from hal.token.errors import (
    KeyNotFound,
    ModuleMissing,
    NotLoggedIn,
    PinIncorrect,
    PinLocked,
    PinRejected,
    TokenError,
    TokenNotPresent,
    TokenRemoved,
    WrongToken,
)
from hal.token.pkcs11.wire import Failure

CKR_OK = 0

CKR: dict[int, str] = {
    0x02: "HostMemory", 0x03: "SlotIDInvalid", 0x05: "GeneralError", 0x06: "FunctionFailed",
    0x07: "ArgumentsBad", 0x30: "DeviceError", 0x31: "DeviceMemory", 0x32: "DeviceRemoved",
    0x50: "FunctionCancelled", 0x54: "FunctionNotSupported", 0x90: "OperationActive", 0xA0: "PinIncorrect",
    0xA1: "PinInvalid", 0xA2: "PinLenRange", 0xA3: "PinExpired", 0xA4: "PinLocked", 0xB0: "SessionClosed",
    0xB1: "SessionCount", 0xB3: "SessionHandleInvalid", 0xB6: "SessionExists", 0xB7: "SessionReadOnlyExists",
    0xE0: "TokenNotPresent", 0xE1: "TokenNotRecognised", 0x100: "UserAlreadyLoggedIn",
    0x101: "UserNotLoggedIn", 0x102: "UserPinNotInitialized", 0x104: "AnotherUserAlreadyLoggedIn",
}  # fmt: skip
"""Return values (PKCS#11 2.40, base specification, 5.1) of the calls that go past python-pkcs11."""

ERRORS: dict[str, type[DeviceError]] = {
    # The token is out. A session of an opened token only becomes invalid when the token leaves its slot.
    "DeviceRemoved": TokenRemoved,
    "TokenNotPresent": TokenRemoved,
    "SessionHandleInvalid": TokenRemoved,
    "SessionClosed": TokenRemoved,
    "SlotIDInvalid": TokenRemoved,
    # PIN
    "PinIncorrect": PinIncorrect,
    "PinInvalid": PinIncorrect,
    "PinLenRange": PinIncorrect,
    "PinLocked": PinLocked,
    "PinExpired": PinRejected,
    "PinTooWeak": PinRejected,
    "UserNotLoggedIn": NotLoggedIn,
    # keys
    "NoSuchKey": KeyNotFound,
    "KeyHandleInvalid": KeyNotFound,
    "ObjectHandleInvalid": KeyNotFound,
    "EncryptedDataInvalid": WrongToken,
    "EncryptedDataLenRange": WrongToken,
    # what the token cannot do
    "FunctionNotSupported": NotSupported,
    "MechanismInvalid": NotSupported,
    "MechanismParamInvalid": NotSupported,
    "KeyTypeInconsistent": NotSupported,
    "KeySizeRange": NotSupported,
    "DataLenRange": NotSupported,
    # the rest that has an error of its own
    "DeviceMemory": DeviceDead,
    "SessionCount": DeviceBusy,
    "SessionReadOnlyExists": DeviceBusy,
    "AnotherUserAlreadyLoggedIn": DeviceBusy,
    "TokenWriteProtected": AccessDenied,
    "Unexpected": BadReply,  # ours: the worker met something that is no error of PKCS#11
    "NotLoaded": ModuleMissing,  # ours: the operating system does not load the module
    "Absent": TokenNotPresent,  # ours: another token is in the slot, or none
}

NEW_PIN = frozenset({"PinInvalid", "PinLenRange", "PinTooWeak"})
"""When a PIN is changed, these speak of the new one: the old one is only ever incorrect or locked."""

UNCLEAR = frozenset({
    "DeviceError", "DeviceMemory", "GeneralError", "FunctionFailed", "FunctionCancelled", "HostMemory",
    "PKCS11Error", "OperationActive", "ObjectHandleInvalid", "KeyHandleInvalid",
})  # fmt: skip
"""Modules say these when a token was pulled out, and for much else: the worker then looks into the slot."""


def error_of(failure: Failure, device: str) -> DeviceError:
    """Return our error for what went wrong with an opened token or its module."""
    detail = failure.name if not failure.detail else f"{failure.name}: {failure.detail}"
    if failure.gone:
        return TokenRemoved(device, detail)
    kind = ERRORS.get(failure.name, TokenError)
    if kind is PinIncorrect:
        return PinIncorrect(device)
    return kind(device, detail)
