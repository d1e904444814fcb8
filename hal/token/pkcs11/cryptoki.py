"""The calls that python-pkcs11 does not offer one by one, made past it on the same loaded module.

``pkcs11.Token.open(user_pin=…)`` opens a session and logs in; when the login fails, nobody closes that
session, and its only logout closes the session as well. A token that takes few sessions is then full after
some wrong PINs, and no administrator can log in. So a session is opened without a PIN, and login, logout
and the look at the session are made here. The operating system gives the same module to whoever loads the
same file.
"""

from __future__ import annotations

import ctypes
import sys

from hal.token.pkcs11.failures import CKR, CKR_OK

CKU_SO, CKU_USER = 0, 1

CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS, CKS_RW_SO_FUNCTIONS = 1, 3, 4

_C_CLOSE_SESSION, _C_GET_SESSION_INFO, _C_LOGIN, _C_LOGOUT = 13, 15, 18, 19
"""Places in CK_FUNCTION_LIST (PKCS#11 2.40, pkcs11f.h), counted from C_Initialize."""

_FUNCTIONS = 68
"""Functions in the list of every version since 2.10."""

_ULONG = ctypes.c_ulong


class _FunctionList(ctypes.Structure):
    # On Windows the structures of PKCS#11 are packed to one byte, elsewhere they are aligned.
    if sys.platform == "win32":
        _pack_ = 1
    _fields_ = (("version", ctypes.c_ubyte * 2), ("functions", ctypes.c_void_p * _FUNCTIONS))


class _SessionInfo(ctypes.Structure):
    if sys.platform == "win32":
        _pack_ = 1
    _fields_ = (("slot", _ULONG), ("state", _ULONG), ("flags", _ULONG), ("device_error", _ULONG))


class CryptokiError(Exception):
    """A call returned something else than ``CKR_OK``; ``name`` is as in ``failures``."""

    def __init__(self, value: int) -> None:
        super().__init__(f"0x{value:08X}")
        self.name = CKR.get(value, "PKCS11Error")


class Cryptoki:
    """A module that python-pkcs11 has loaded and initialised."""

    def __init__(self, path: str) -> None:
        self._library = ctypes.CDLL(path)
        listed = ctypes.POINTER(_FunctionList)()
        _check(self._library.C_GetFunctionList(ctypes.byref(listed)))
        functions = listed.contents.functions
        prototype = ctypes.CFUNCTYPE
        self._login = prototype(_ULONG, _ULONG, _ULONG, ctypes.c_char_p, _ULONG)(functions[_C_LOGIN])
        self._logout = prototype(_ULONG, _ULONG)(functions[_C_LOGOUT])
        self._close = prototype(_ULONG, _ULONG)(functions[_C_CLOSE_SESSION])
        self._info = prototype(_ULONG, _ULONG, ctypes.POINTER(_SessionInfo))(functions[_C_GET_SESSION_INFO])

    def login(self, session: int, user: int, pin: bytes) -> None:
        """Check the PIN; the login holds for all sessions of this process."""
        _check(self._login(session, user, pin, len(pin)))

    def logout(self, session: int) -> None:
        """Log out in all sessions of this process."""
        _check(self._logout(session))

    def close_session(self, session: int) -> None:
        """Close the session; the last one logs out."""
        _check(self._close(session))

    def state(self, session: int) -> int:
        """Return the ``CKS_…`` of the session."""
        info = _SessionInfo()
        _check(self._info(session, ctypes.byref(info)))
        return int(info.state)


def _check(value: int) -> None:
    if value != CKR_OK:
        raise CryptokiError(value)
