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
