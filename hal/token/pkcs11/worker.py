"""The process that holds a vendor's module: it can hang or crash, and the station goes on.

It reads requests from its standard input and writes replies to its standard output (``wire``). Both are
moved away before the module is loaded, because modules print where they should not. A PIN is only in the
request and in the module's hands; nothing here writes it anywhere.
"""

from __future__ import annotations

import gc
import hashlib
import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
import pkcs11
from pkcs11 import KDF, MGF, Attribute, CertificateType, KeyType, MechanismFlag, ObjectClass
from pkcs11.exceptions import (
    DeviceRemoved,
    PKCS11Error,
    SessionClosed,
    SessionHandleInvalid,
    SlotIDInvalid,
    TokenNotPresent,
    TokenNotRecognised,
    TokenWriteProtected,
)

from hal.token.pkcs11 import wire
from hal.token.pkcs11.failures import UNCLEAR
from hal.token.pkcs11.mechanisms import (
    CKM_ECDH1_DERIVE,
    CKM_RSA_PKCS_OAEP,
    DIGEST_INFO_SHA256,
    Feed,
    Way,
    way_of,
)
from hal.token.values import Mechanism, PinRole
from hal.worker_side import frame, frames, take_pipes, write

_GONE = (TokenNotPresent, TokenNotRecognised, DeviceRemoved, SlotIDInvalid)

_PSS = (pkcs11.Mechanism.SHA256, MGF.SHA256, 32)


_Signer = tuple[Callable[..., bytes], Way, pkcs11.Mechanism]


class _Refused(Exception):
    """We refuse the request ourselves; the name is one of ``failures.ERRORS``."""

    def __init__(self, name: str, detail: str = "", *, gone: bool = False) -> None:
        super().__init__(name)
        self.name, self.detail, self.gone = name, detail, gone


class Worker:
    """The module, and two sessions on one token: one to work in, and one that only holds the login.

    python-pkcs11 logs in by opening a session, and logs out by closing it. The login holds for all sessions
    of the process, so that the working session can be renewed without asking for the PIN again.
    """

    def __init__(self) -> None:
        self._lib: Any = None
        self._slot: Any = None
        self._slots: dict[int, Any] = {}
        self._session: Any = None
        self._login_session: Any = None
        self._role: PinRole | None = None
        self._serial = ""
        self._mechanisms: frozenset[int] = frozenset()
        self._keys: dict[bytes, Any] = {}
        self._signers: dict[tuple[bytes, str], _Signer] = {}
        self._handlers: dict[type[wire.Request], Callable[[Any], object]] = {
            wire.Load: self._load,
            wire.List: self._list,
            wire.Look: self._look,
            wire.Open: self._open,
            wire.Status: self._status,
            wire.Login: self._login,
            wire.Logout: self._logout,
            wire.Certificates: self._certificates,
            wire.Sign: self._sign,
            wire.Decrypt: self._decrypt,
            wire.Derive: self._derive,
            wire.SetPin: self._set_pin,
            wire.Close: self._close,
        }

    def answer(self, request: wire.Request) -> tuple[bool, object]:
        """Do what is asked; return the reply."""
        try:
            return True, self._handlers[type(request)](request)
        except (PKCS11Error, _Refused) as error:
            return False, self._failure(error)
        except Exception as error:  # noqa: BLE001 - this process must answer whatever a module makes of us
            return False, wire.Failure("Unexpected", _where(error), broken=True)

    # -- the module ---------------------------------------------------------------------------------

    def _load(self, request: wire.Load) -> str:
        try:
            self._lib = pkcs11.lib(request.path)
        except PKCS11Error as error:
            if "exception while loading" in str(error):  # python-pkcs11 has no class of its own for this
                raise _Refused("NotLoaded", str(error)) from error
            raise
        version = ".".join(map(str, self._lib.library_version))
        return f"{self._lib.library_description.strip()} {version}".strip()

    def _list(self, _: wire.List) -> list[wire.SlotRow]:
        self._slots = {int(slot.slot_id): slot for slot in self._lib.get_slots(token_present=True)}
        return [
            wire.SlotRow(number, slot.slot_description.strip("\0 ")) for number, slot in self._slots.items()
        ]

    def _look(self, request: wire.Look) -> list[wire.TokenRow]:
        """Ask one slot: one that is dead or hangs must not hide the others."""
        slot = self._slots.get(request.slot)
        if slot is not None:
            with suppress(*_GONE):  # pulled out since the slots were listed
                return [_row(slot, slot.get_token())]
        return []

    # -- the session --------------------------------------------------------------------------------

    def _open(self, request: wire.Open) -> wire.Opened:
        self._serial = request.serial
        row = self._attach(request.slot)
        self._mechanisms = frozenset(int(each) for each in self._slot.get_mechanisms())
        return wire.Opened(row, sorted(self._mechanisms))

    def _attach(self, where: int) -> wire.TokenRow:
        """Find the token and open the working session.

        The slot where it was last is asked first, so that no other that hangs is asked at all.
        """
        broken: PKCS11Error | None = None
        slots = self._lib.get_slots(token_present=True)
        for slot in sorted(slots, key=lambda each: int(each.slot_id) != where):
            try:
                token = slot.get_token()
            except _GONE:
                continue
            except PKCS11Error as error:
                broken = error  # another one's trouble, as long as ours is found
                continue
            if _text(token.serial) == self._serial:
                with suppress(*_GONE):
                    self._slot, self._session = slot, _new_session(token)
                    return _row(slot, token)
        if broken is not None:
            raise broken  # it may well be ours
        raise _Refused("Absent", self._serial)

    def _opened(self) -> Any:
        if self._session is None:
            raise _Refused("Unexpected", "no token is open")
        return self._session

    def _status(self, _: wire.Status) -> wire.StatusRow:
        # Any question that goes through the session: it fails once the token has left its slot, also when
        # it is back. There is no call of python-pkcs11 for C_GetSessionInfo, and no token has such objects.
        list(self._opened().get_objects({Attribute.CLASS: ObjectClass.HW_FEATURE}))
        token = self._slot.get_token()
        if _text(token.serial) != self._serial:
            raise _Refused("TokenNotPresent", gone=True)
        return wire.StatusRow(int(token.flags), self._role is not None)

    def _login(self, request: wire.Login) -> None:
        self._leave()  # a failed check ends what an earlier login had opened
        pin = {"so_pin" if request.administrator else "user_pin": request.pin.decode()}
        self._login_session = _new_session(self._slot.get_token(), **pin)
        self._role = PinRole.ADMINISTRATOR if request.administrator else PinRole.USER

    def _logout(self, _: wire.Logout) -> None:
        self._leave()

    def _leave(self) -> None:
        self._opened()
        self._forget_keys()  # handles of private objects end with the login
        session, self._login_session, self._role = self._login_session, None, None
        if session is not None:
            session.close()

    def _set_pin(self, request: wire.SetPin) -> None:
        self._opened().set_pin(request.old.decode(), request.new.decode())

    def _close(self, _: wire.Close) -> None:
        # the token may be gone, and whoever closes does not care
        if self._session is not None:
            with suppress(PKCS11Error):
                self._leave()
            with suppress(PKCS11Error):
                self._session.close()
        if self._lib is not None:
            with suppress(PKCS11Error):
                self._lib.finalize()

    # -- objects and keys ---------------------------------------------------------------------------

    def _certificates(self, _: wire.Certificates) -> list[wire.CertificateRow]:
        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509}
        found = list(self._opened().get_objects(wanted))
        rows = [
            wire.CertificateRow(bytes(each[Attribute.ID]), bytes(each[Attribute.VALUE])) for each in found
        ]
        return [row for row in rows if row.key_id and row.der]

    def _key(self, key_id: bytes) -> Any:
        known = self._keys.get(key_id)
        if known is not None:
            return known
        if self._role is not PinRole.USER:
            raise _Refused("UserNotLoggedIn")
        wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: key_id}
        found = list(self._opened().get_objects(wanted))
        if not found:
            raise _Refused("NoSuchKey", key_id.hex())
        self._keys[key_id] = found[0]
        return found[0]

    def _forget_keys(self) -> None:
        self._keys.clear()
        self._signers.clear()

    def _sign(self, request: wire.Sign) -> bytes:
        prepared = self._signers.get((request.key_id, request.mechanism))
        if prepared is None:
            prepared = self._signer(request.key_id, request.mechanism)
        sign, way, mechanism = prepared
        data = request.data
        if way.feed is not Feed.DATA:
            data = hashlib.sha256(data).digest()
            if way.feed is Feed.DIGEST_INFO:
                data = DIGEST_INFO_SHA256 + data
        return sign(data, mechanism=mechanism, mechanism_param=_PSS if way.pss else None)

    def _signer(self, key_id: bytes, name: str) -> _Signer:
        """Find out once how this key signs."""
        way = way_of(Mechanism(name), self._mechanisms)
        if way is None:
            raise _Refused("MechanismInvalid", name)
        key = self._key(key_id)
        if not hasattr(key, "sign"):
            raise _Refused("MechanismInvalid", "this key does not sign")
        prepared = (key.sign, way, _mechanism(way.ckm))
        self._signers[key_id, name] = prepared
        return prepared

    def _decrypt(self, request: wire.Decrypt) -> bytes:
        key = self._key(request.key_id)
        if not hasattr(key, "decrypt") or CKM_RSA_PKCS_OAEP not in self._mechanisms:
            raise _Refused("MechanismInvalid", "this key does not decrypt")
        param = (pkcs11.Mechanism.SHA_1, MGF.SHA1, None)
        return bytes(
            key.decrypt(request.data, mechanism=pkcs11.Mechanism.RSA_PKCS_OAEP, mechanism_param=param)
        )

    def _derive(self, request: wire.Derive) -> bytes:
        key = self._key(request.key_id)
        if not hasattr(key, "derive_key") or CKM_ECDH1_DERIVE not in self._mechanisms:
            raise _Refused("MechanismInvalid", "this key does not derive")
        shared = key.derive_key(
            KeyType.GENERIC_SECRET,
            256,
            capabilities=MechanismFlag(0),
            mechanism=pkcs11.Mechanism.ECDH1_DERIVE,
            mechanism_param=(KDF.NULL, None, request.point),
            template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
        )
        try:
            return bytes(shared[Attribute.VALUE])
        finally:
            shared.destroy()

    # -- after a failure ----------------------------------------------------------------------------

    def _failure(self, error: PKCS11Error | _Refused) -> wire.Failure:
        if isinstance(error, _Refused):
            return wire.Failure(error.name, error.detail, gone=error.gone)
        name, detail = type(error).__name__, str(error)
        if self._session is None:
            return wire.Failure(name, detail, broken=name in UNCLEAR)
        if name in ("UserNotLoggedIn", "UserAlreadyLoggedIn") or name.startswith("Pin"):
            return self._after_login(name, detail)
        if name in UNCLEAR:
            gone, broken = self._after_unclear()
            return wire.Failure(name, detail, gone=gone, broken=broken)
        return wire.Failure(name, detail)

    def _after_login(self, name: str, detail: str) -> wire.Failure:
        """Begin anew after a login that failed, and look what the token says about its PIN.

        python-pkcs11 0.10 opens a session for a login and forgets it when the login fails. Such sessions
        fill the token, and an administrator cannot log in beside them; only the end of all sessions ends
        those.
        """
        self._forget_keys()
        self._session = self._login_session = self._role = None
        try:
            self._lib.reinitialize()
            flags = self._attach(int(self._slot.slot_id)).flags
        except _Refused:
            return wire.Failure(name, detail, gone=True)
        except PKCS11Error:
            return wire.Failure(name, detail, broken=True)
        return wire.Failure(name, detail, flags)

    def _after_unclear(self) -> tuple[bool, bool]:
        """Find out whether the token is gone or the module broken; else begin with a clean session.

        An operation may still be active in the old session, and PKCS#11 before 3.0 cannot cancel one. The
        login outlasts this.
        """
        self._forget_keys()
        try:
            token = self._slot.get_token()
            if _text(token.serial) != self._serial:
                return True, False
            old, self._session = self._session, _new_session(token)
            old.close()
        except (*_GONE, SessionHandleInvalid, SessionClosed):
            return True, False  # sessions end by themselves when the token leaves its slot
        except PKCS11Error:
            return False, True
        return False, False


def _where(error: Exception) -> str:
    """Say what happened and where in our code, without any values: one could be a PIN."""
    place = error.__traceback__
    while (
        place is not None
        and place.tb_next is not None
        and place.tb_next.tb_frame.f_code.co_filename == __file__
    ):
        place = place.tb_next
    return f"{type(error).__name__} in line {place.tb_lineno if place else 0} of the worker"


def _new_session(token: Any, **pin: str) -> Any:
    try:
        return token.open(rw=True, **pin)  # only such a session may change the PIN
    except TokenWriteProtected:
        return token.open(**pin)


def _row(slot: Any, token: Any) -> wire.TokenRow:
    return wire.TokenRow(
        slot=int(slot.slot_id),
        label=token.label.strip("\0 "),
        serial=_text(token.serial),
        model=token.model.strip("\0 "),
        manufacturer=token.manufacturer_id.strip("\0 "),
        firmware=".".join(map(str, token.firmware_version)),
        flags=int(token.flags),
    )


def _text(field: bytes) -> str:
    return field.decode(errors="replace").strip("\0 ")


def _mechanism(ckm: int) -> pkcs11.Mechanism:
    """Return the mechanism of python-pkcs11; it takes members only, and knows no vendor's mechanisms."""
    try:
        return pkcs11.Mechanism(ckm)
    except ValueError:
        member = int.__new__(pkcs11.Mechanism, ckm)
        member._name_, member._value_ = f"0x{ckm:08X}", ckm
        return member


def _read(source: int) -> bytes:
    """Return what comes next; before it sleeps, it looks for a moment (see ``wire.SLEEPLESS``)."""
    if hasattr(select, "poll"):  # Windows cannot look into a pipe
        poller = select.poll()
        poller.register(source, select.POLLIN)
        end = time.monotonic() + wire.SLEEPLESS
        while not poller.poll(0) and time.monotonic() < end:
            os.sched_yield()
    return os.read(source, 65536)


def main() -> None:
    """Serve until ``Close`` or until the driver is gone."""
    source, target = take_pipes()
    decoder, encoder = msgspec.msgpack.Decoder(wire.AnyRequest), msgspec.msgpack.Encoder()
    worker = Worker()
    gc.freeze()  # what is loaded now stays: no call has to wait while the collector looks through it
    for body in frames(partial(_read, source)):
        request = decoder.decode(body)
        write(target, frame(encoder.encode(worker.answer(request))))
        if isinstance(request, wire.Close):
            break
    os._exit(0)  # nothing of a module's own clean-up may keep us: some hang there
