"""Calls about the module, its slots, sessions and PINs. Section numbers: PKCS#11 v2.40, base part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hal.secret import Secret
from hal.token import PinRole
from simulators.wire.pkcs11.calls import HANDSHAKE
from simulators.wire.pkcs11.constants import (
    Refused,
    Rv,
    SessionFlag,
    User,
)
from simulators.wire.pkcs11.core import (
    MANUFACTURER,
    MOST_SESSIONS,
    PIN_BYTES,
    Core,
    array,
    pad,
    version,
)
from simulators.wire.pkcs11.sessions import Session, physics
from simulators.wire.pkcs11.slots import Memory, find


class SessionCalls(Core):
    """Sections 5.4 to 5.6."""

    # -- general (5.4) and slots (5.5) ------------------------------------------------------------------

    async def c_initialize(
        self, handshake: bytes | None, _present: int, _reserved: bytes | None
    ) -> Sequence[Any]:
        """``C_Initialize``."""
        if handshake != HANDSHAKE:
            raise Refused(Rv.GENERAL_ERROR)
        if self.initialized:
            raise Refused(Rv.CRYPTOKI_ALREADY_INITIALIZED)
        self.initialized = True
        return ()

    async def c_finalize(self) -> Sequence[Any]:
        """``C_Finalize``."""
        await self.close()
        return ()

    async def c_getinfo(self) -> Sequence[Any]:
        """``C_GetInfo``."""
        return (2, 40), pad(MANUFACTURER, 32), 0, pad("ppe-lab virtual token", 32), (1, 0)

    async def c_getslotlist(self, present: int, room: int) -> Sequence[Any]:
        """``C_GetSlotList``."""
        found = [slot.number for slot in self.slots if not present or slot.token is not None]
        return (array(found, room),)

    async def c_getslotinfo(self, number: int) -> Sequence[Any]:
        """``C_GetSlotInfo``."""
        slot = find(self.slots, number)
        text = f"Aktiv Rutoken ECP {number:02} 00"
        return pad(text, 64), pad(MANUFACTURER, 32), int(slot.flags()), (1, 0), (1, 0)

    async def c_gettokeninfo(self, number: int) -> Sequence[Any]:
        """``C_GetTokenInfo``."""
        memory = await find(self.slots, number).look()
        token, profile = memory.token, memory.token.profile
        here = [session for session in self.sessions.values() if session.link.memory is memory]
        writing = sum(session.writes for session in here)
        return (
            pad(token.info.label, 32), pad(profile.manufacturer, 32), pad(profile.pkcs11_model, 16),
            pad(token.serial, 16), int(memory.flags()),
            MOST_SESSIONS, len(here), MOST_SESSIONS, writing, profile.pin_max, profile.pin_min,
            profile.memory_bytes, memory.free, profile.memory_bytes, memory.free,
            version(profile.hardware), version(profile.firmware), pad("", 16),
        )  # fmt: skip

    async def c_getmechanismlist(self, number: int, room: int) -> Sequence[Any]:
        """``C_GetMechanismList``."""
        return (array(sorted(find(self.slots, number).memory().specs), room),)

    async def c_getmechanisminfo(self, number: int, kind: int) -> Sequence[Any]:
        """``C_GetMechanismInfo``."""
        spec = find(self.slots, number).memory().specs.get(kind)
        if spec is None:
            raise Refused(Rv.MECHANISM_INVALID)
        return spec.low, spec.high, int(spec.flags)

    # -- sessions (5.6) ---------------------------------------------------------------------------------

    async def c_opensession(self, number: int, flags: int) -> Sequence[Any]:
        """``C_OpenSession``."""
        slot = find(self.slots, number)
        if not flags & SessionFlag.SERIAL:
            raise Refused(Rv.SESSION_PARALLEL_NOT_SUPPORTED)
        if len(self.sessions) >= MOST_SESSIONS:
            raise Refused(Rv.SESSION_COUNT)
        writes = bool(flags & SessionFlag.RW)
        link = await self._link(slot)
        if not writes and link.inner.role is PinRole.ADMINISTRATOR:
            raise Refused(Rv.SESSION_READ_WRITE_SO_EXISTS)
        handle = next(self._next_session)
        session = Session(handle, link, writes=writes, flags=flags & (SessionFlag.RW | SessionFlag.SERIAL))
        self.sessions[handle] = link.sessions[handle] = session
        return (handle,)

    async def c_closesession(self, handle: int) -> Sequence[Any]:
        """``C_CloseSession``; the last one logs out."""
        session = self.sessions.get(handle)
        if session is None:
            raise Refused(Rv.SESSION_HANDLE_INVALID)
        self._forget(session)
        if not session.link.sessions:
            await self._unlink(session.link)
        return ()

    async def c_closeallsessions(self, number: int) -> Sequence[Any]:
        """``C_CloseAllSessions``."""
        find(self.slots, number)
        for session in [each for each in self.sessions.values() if each.link.slot.number == number]:
            await self._unlink(session.link)
        return ()

    async def c_getsessioninfo(self, handle: int) -> Sequence[Any]:
        """``C_GetSessionInfo``."""
        session = self._session(handle)
        return session.link.slot.number, int(session.state), session.flags, 0

    # -- PINs (5.5, 5.6) --------------------------------------------------------------------------------

    async def c_login(self, handle: int, user: int, pin: bytes | None) -> Sequence[Any]:
        """``C_Login``."""
        session = self._session(handle)
        link = session.link
        if user == User.CONTEXT_SPECIFIC:
            raise Refused(Rv.OPERATION_NOT_INITIALIZED)  # no key of ours asks for it
        if user not in {User.SO, User.USER}:
            raise Refused(Rv.USER_TYPE_INVALID)
        role = PinRole.USER if user == User.USER else PinRole.ADMINISTRATOR
        if link.inner.role is not None:
            same = link.inner.role is role
            raise Refused(Rv.USER_ALREADY_LOGGED_IN if same else Rv.USER_ANOTHER_ALREADY_LOGGED_IN)
        if role is PinRole.ADMINISTRATOR and not all(each.writes for each in link.sessions.values()):
            raise Refused(Rv.SESSION_READ_ONLY_EXISTS)
        with physics(), link.memory.working("Login"):
            await link.inner.authenticate(_pin(pin), role)
        return ()

    async def c_logout(self, handle: int) -> Sequence[Any]:
        """``C_Logout``."""
        link = self._session(handle).link
        if link.inner.role is None:
            raise Refused(Rv.USER_NOT_LOGGED_IN)
        link.forget_login()
        with physics():
            await link.inner.logout()
        return ()

    async def c_initpin(self, handle: int, pin: bytes | None) -> Sequence[Any]:
        """``C_InitPIN``: the administrator sets a new user PIN, which unlocks it."""
        link = self._session(handle).link
        if link.inner.role is not PinRole.ADMINISTRATOR:
            raise Refused(Rv.USER_NOT_LOGGED_IN)
        new = _new_pin(pin, link.memory)
        with physics(), link.memory.working("InitPIN"):
            await link.inner.reset_user_pin(new)
        return ()

    async def c_setpin(self, handle: int, old: bytes | None, new: bytes | None) -> Sequence[Any]:
        """``C_SetPIN``: of who is logged in, else of the user."""
        session = self._session(handle)
        if not session.writes:
            raise Refused(Rv.SESSION_READ_ONLY)
        link = session.link
        changed = _new_pin(new, link.memory)
        with physics(), link.memory.working("SetPIN"):
            await link.inner.change_pin(_pin(old), changed, link.inner.role or PinRole.USER)
        return ()


def _pin(pin: bytes | None) -> Secret:
    if pin is None:
        raise Refused(Rv.ARGUMENTS_BAD)  # a PIN pad, which no such token has
    # bytes that are no UTF-8 are a wrong PIN like any other, and count as one
    return Secret(pin[:PIN_BYTES].decode(errors="backslashreplace"))


def _new_pin(pin: bytes | None, memory: Memory) -> Secret:
    profile = memory.token.profile
    if pin is None:
        raise Refused(Rv.ARGUMENTS_BAD)
    if not profile.pin_min <= len(pin) <= profile.pin_max:
        raise Refused(Rv.PIN_LEN_RANGE)
    try:
        return Secret(pin.decode())
    except UnicodeDecodeError as error:
        raise Refused(Rv.PIN_INVALID) from error
