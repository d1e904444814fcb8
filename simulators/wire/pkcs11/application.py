"""The rules of PKCS#11 for one connected program: who may call what, and what comes back.

Each method ``c_…`` is one call: it takes the arguments of the request and returns the values of the answer, in
the order of ``calls.CALLS``, or raises ``Refused``. Section numbers are of PKCS#11 v2.40, base specification.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from hal.secret import Secret
from hal.token import PinRole
from simulators.crypto import der, gost, keys
from simulators.wire.pkcs11 import mechanisms
from simulators.wire.pkcs11.calls import HANDSHAKE, Call
from simulators.wire.pkcs11.codec import Attribute, Length, Mechanism, Shown
from simulators.wire.pkcs11.constants import (
    Attr,
    Cls,
    KeyType,
    Mech,
    MechFlag,
    Refused,
    Rv,
    SessionFlag,
    User,
)
from simulators.wire.pkcs11.mechanisms import Encryption, Gathered, Signature, Spec
from simulators.wire.pkcs11.objects import (
    StoredObject,
    Template,
    check_secret,
    create,
    length_of,
    private_key,
    public_key,
    secret_key,
)
from simulators.wire.pkcs11.sessions import Link, Session, physics
from simulators.wire.pkcs11.slots import Memory, Slot, find

T = TypeVar("T")

MOST_SESSIONS: Final = 256
"""Of one program; far more than any opens, few enough for our memory."""
MOST_OBJECTS: Final = 256
"""Session objects of one program."""
MOST_RANDOM: Final = 65536
"""Bytes of one ``C_GenerateRandom``."""
PIN_BYTES: Final = 255
"""Longer ones are no PIN of any token."""

_MANUFACTURER = "Aktiv Co. (ppe-lab)"


def pad(text: str, size: int) -> bytes:
    """Bring a text to the bytes that PKCS#11 wants: UTF-8, cut between letters, filled with spaces."""
    cut = text.encode()[:size].decode(errors="ignore").encode()
    return cut.ljust(size)


def version(text: str) -> tuple[int, int]:
    """Read "major.minor"; nothing is 0.0."""
    major, _, minor = text.partition(".")
    return int(major or 0), int(minor or 0)


class Application:
    """One program, that is, one connection.

    Args:
        slots: The module's slots.
    """

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = slots
        self.links: dict[int, Link] = {}
        self.sessions: dict[int, Session] = {}
        self.initialized = False
        self._handles: dict[int, StoredObject] = {}
        self._numbers: dict[StoredObject, int] = {}
        self._next_session = itertools.count(1)
        self._next_object = itertools.count(1)

    async def call(self, call: Call, arguments: Sequence[Any]) -> Sequence[Any]:
        """Make a call.

        Raises:
            Refused: It does not succeed.
        """
        method: Callable[..., Awaitable[Sequence[Any]]] | None = getattr(self, f"c_{call.name.lower()}", None)
        if method is None:
            raise Refused(Rv.FUNCTION_NOT_SUPPORTED)
        if not self.initialized and call.name != "Initialize":
            raise Refused(Rv.CRYPTOKI_NOT_INITIALIZED)
        return await method(*arguments)

    async def close(self) -> None:
        """Close everything that the program has left open."""
        self.initialized = False
        for link in list(self.links.values()):
            await self._unlink(link)

    # -- general (5.4) and slots (5.5) -----------------------------------------------------------------

    async def c_initialize(self, handshake: bytes | None, _present: int, _reserved: bytes | None) -> Sequence[Any]:
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
        return (2, 40), pad(_MANUFACTURER, 32), 0, pad("ppe-lab virtual token", 32), (1, 0)

    async def c_getslotlist(self, present: int, room: int) -> Sequence[Any]:
        """``C_GetSlotList``."""
        found = [slot.number for slot in self.slots if not present or slot.token is not None]
        return (_array(found, room),)

    async def c_getslotinfo(self, number: int) -> Sequence[Any]:
        """``C_GetSlotInfo``."""
        slot = find(self.slots, number)
        text = f"Aktiv Rutoken ECP {number:02} 00"
        return pad(text, 64), pad(_MANUFACTURER, 32), int(slot.flags()), (1, 0), (1, 0)

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
        return (_array(sorted(find(self.slots, number).memory().specs), room),)

    async def c_getmechanisminfo(self, number: int, kind: int) -> Sequence[Any]:
        """``C_GetMechanismInfo``."""
        spec = find(self.slots, number).memory().specs.get(kind)
        if spec is None:
            raise Refused(Rv.MECHANISM_INVALID)
        return spec.low, spec.high, int(spec.flags)

    # -- sessions (5.6) ----------------------------------------------------------------------------------

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

    async def _link(self, slot: Slot) -> Link:
        """Return the link with the token in a slot, opening it if need be."""
        memory = slot.memory()
        link = self.links.get(slot.number)
        if link is not None and not link.inner.lost and link.memory is memory:
            return link
        if link is not None:
            await self._unlink(link)  # its token was pulled out, and its sessions with it
        with physics(), memory.working("OpenSession"):
            inner = await slot.port.open(memory.token.serial)
        known = self.links.get(slot.number)
        if known is not None and not known.inner.lost and known.memory is memory:
            await inner.close()  # another thread of the program was quicker
            return known
        link = self.links[slot.number] = Link(slot, memory, inner)
        return link

    async def _unlink(self, link: Link) -> None:
        for session in list(link.sessions.values()):
            self._forget(session)
        if self.links.get(link.slot.number) is link:
            del self.links[link.slot.number]
        await link.inner.close()

    def _forget(self, session: Session) -> None:
        for stored in session.objects:
            self._drop(stored)
        self.sessions.pop(session.handle, None)
        session.link.sessions.pop(session.handle, None)

    def _session(self, handle: int) -> Session:
        """Return a session that is alive.

        Raises:
            Refused: There is none of that handle, or its token is out. Removal closes sessions; while the port
                is empty we say why, as the programs' users would want to know.
        """
        session = self.sessions.get(handle)
        if session is None:
            raise Refused(Rv.SESSION_HANDLE_INVALID)
        if session.link.inner.lost:
            gone = session.link.slot.token is None
            raise Refused(Rv.DEVICE_REMOVED if gone else Rv.SESSION_HANDLE_INVALID)
        return session

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

    # -- PINs (5.5, 5.6) -----------------------------------------------------------------------------------

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

    # -- objects (5.7) ---------------------------------------------------------------------------------------

    def _number(self, stored: StoredObject) -> int:
        number = self._numbers.get(stored)
        if number is None:
            number = self._numbers[stored] = next(self._next_object)
            self._handles[number] = stored
        return number

    def _drop(self, stored: StoredObject) -> None:
        number = self._numbers.pop(stored, None)
        if number is not None:
            del self._handles[number]

    def _object(self, session: Session, handle: int, otherwise: Rv = Rv.OBJECT_HANDLE_INVALID) -> StoredObject:
        stored = self._handles.get(handle)
        if stored is None or not any(each is stored for each in self._all(session)):
            raise Refused(otherwise)
        return stored

    def _all(self, session: Session) -> list[StoredObject]:
        return [*session.visible(), *session.link.memory.mechanisms]

    async def c_createobject(self, handle: int, template: list[Attribute]) -> Sequence[Any]:
        """``C_CreateObject``."""
        session = self._session(handle)
        return (await self._store(session, create(Template(template)), "CreateObject"),)

    def _may_store(self, session: Session, *made: StoredObject) -> None:
        """Check that a program may put objects where it wants them.

        Raises:
            Refused: It may not, or there is no room.
        """
        if any(each.flag(Attr.TOKEN) for each in made) and not session.writes:
            raise Refused(Rv.SESSION_READ_ONLY)
        if not all(session.link.may_see(each) for each in made):
            raise Refused(Rv.USER_NOT_LOGGED_IN)
        kept = sum(each.size for each in made if each.flag(Attr.TOKEN))
        held = sum(len(each.objects) for each in self.sessions.values())
        if kept > session.link.memory.free or held + len(made) > MOST_OBJECTS:
            raise Refused(Rv.DEVICE_MEMORY)

    async def _store(self, session: Session, stored: StoredObject, name: str) -> int:
        self._may_store(session, stored)
        if stored.flag(Attr.TOKEN):
            await session.link.work(name, session.link.token.profile.certificates_ms)
            self._session(session.handle)
            self._may_store(session, stored)  # others wrote meanwhile
            session.link.memory.objects.append(stored)
        else:
            session.objects.append(stored)
        return self._number(stored)

    async def c_destroyobject(self, handle: int, number: int) -> Sequence[Any]:
        """``C_DestroyObject``."""
        session = self._session(handle)
        stored = self._object(session, number)
        if stored.cls == Cls.MECHANISM:
            raise Refused(Rv.ACTION_PROHIBITED)
        objects = session.link.memory.objects
        if stored.flag(Attr.TOKEN):
            if not session.writes:
                raise Refused(Rv.SESSION_READ_ONLY)
            await session.link.work("DestroyObject", session.link.token.profile.certificates_ms)
            if stored not in objects:
                raise Refused(Rv.OBJECT_HANDLE_INVALID)
            objects.remove(stored)
        else:
            for each in session.link.sessions.values():
                each.objects = [other for other in each.objects if other is not stored]
        self._drop(stored)
        return ()

    async def c_getobjectsize(self, handle: int, number: int) -> Sequence[Any]:
        """``C_GetObjectSize``."""
        return (self._object(self._session(handle), number).size,)

    async def c_getattributevalue(self, handle: int, number: int, wanted: list[tuple[int, int]]) -> Sequence[Any]:
        """``C_GetAttributeValue``: every attribute is answered, whatever the others come to."""
        stored = self._object(self._session(handle), number)
        rv, shown = Rv.OK, []
        for kind, room in wanted:
            try:
                value = stored.show(kind)
            except Refused as error:
                rv = error.rv
                shown.append(Shown(kind, None))
                continue
            length = length_of(kind, value)
            if room == 0:
                shown.append(Shown(kind, length))
            elif room < length:
                rv = Rv.BUFFER_TOO_SMALL
                shown.append(Shown(kind, None))
            else:
                shown.append(Shown(kind, length, value))
        return shown, int(rv)

    async def c_setattributevalue(self, handle: int, number: int, given: list[Attribute]) -> Sequence[Any]:
        """``C_SetAttributeValue``: label, ID and the like of an object."""
        session = self._session(handle)
        stored = self._object(session, number)
        values = Template(given).values
        if not stored.flag(Attr.MODIFIABLE):
            raise Refused(Rv.ATTRIBUTE_READ_ONLY)
        if any(kind not in {Attr.LABEL, Attr.ID, Attr.SUBJECT, Attr.START_DATE, Attr.END_DATE} for kind in values):
            raise Refused(Rv.ATTRIBUTE_READ_ONLY)
        if stored.flag(Attr.TOKEN):
            if not session.writes:
                raise Refused(Rv.SESSION_READ_ONLY)
            await session.link.work("SetAttributeValue", session.link.token.profile.certificates_ms)
        changed = StoredObject(stored.attributes | values)
        if stored.flag(Attr.TOKEN) and changed.size - stored.size > session.link.memory.free:
            raise Refused(Rv.DEVICE_MEMORY)
        stored.attributes |= values
        return ()

    async def c_findobjectsinit(self, handle: int, template: list[Attribute]) -> Sequence[Any]:
        """``C_FindObjectsInit``."""
        session = self._session(handle)
        if "find" in session.operations:
            raise Refused(Rv.OPERATION_ACTIVE)
        profile = session.link.token.profile
        classes = [each.value for each in template if each.type == Attr.CLASS]
        reads = not classes or Cls.CERTIFICATE in classes
        await session.link.work("FindObjects", profile.certificates_ms if reads else profile.status_ms)
        # mechanisms are found only when asked for by class (4.12)
        pool = session.link.memory.mechanisms if Cls.MECHANISM in classes else session.visible()
        session.begin("find", [each for each in pool if each.matches(template)])
        return ()

    async def c_findobjects(self, handle: int, room: int) -> Sequence[Any]:
        """``C_FindObjects``."""
        found = self._session(handle).doing("find")
        if not isinstance(found, list):
            raise Refused(Rv.GENERAL_ERROR)
        given, found[:] = found[:room], found[room:]
        return ([self._number(each) for each in given],)

    async def c_findobjectsfinal(self, handle: int) -> Sequence[Any]:
        """``C_FindObjectsFinal``."""
        session = self._session(handle)
        session.doing("find")
        del session.operations["find"]
        return ()

    # -- what all operations share -------------------------------------------------------------------------

    def _spec(self, session: Session, mechanism: Mechanism, use: MechFlag) -> Spec:
        spec = session.link.memory.specs.get(mechanism.type)
        if spec is None or not spec.flags & use:
            raise Refused(Rv.MECHANISM_INVALID)
        return spec

    def _key(
        self, session: Session, mechanism: Mechanism, use: MechFlag, number: int, allows: Attr, cls: Cls | None,
        otherwise: Rv = Rv.KEY_HANDLE_INVALID,
    ) -> keys.Key:  # fmt: skip
        """Return the key of an operation.

        Raises:
            Refused: There is no such key, or it is of another kind, or not meant for that.
        """
        spec = self._spec(session, mechanism, use)
        stored = self._object(session, number, otherwise)
        key = session.link.current(stored)
        if key is None:
            raise Refused(otherwise)
        if stored.attributes.get(Attr.KEY_TYPE) != spec.key or (cls is not None and stored.cls != cls):
            raise Refused(Rv.KEY_TYPE_INCONSISTENT)
        if not stored.flag(allows):
            raise Refused(Rv.KEY_FUNCTION_NOT_PERMITTED)
        return key

    def _cancel(self, session: Session, kind: str, mechanism: Mechanism | None) -> Mechanism | None:
        """End an operation when the mechanism is null; refuse when one goes on."""
        if mechanism is None:
            session.operations.pop(kind, None)
        elif kind in session.operations:
            raise Refused(Rv.OPERATION_ACTIVE)
        return mechanism

    async def _ending(self, session: Session, kind: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do the last step of an operation, which ends it also when it fails."""
        operation = session.operations.pop(kind, None)
        if operation is None:
            raise Refused(Rv.OPERATION_NOT_INITIALIZED)
        return await work()

    # -- signatures (5.11, 5.13) -----------------------------------------------------------------------------

    async def c_signinit(self, handle: int, mechanism: Mechanism | None, number: int) -> Sequence[Any]:
        """``C_SignInit``."""
        session = self._session(handle)
        if self._cancel(session, "sign", mechanism) is None or mechanism is None:
            return ()
        key = self._key(session, mechanism, MechFlag.SIGN, number, Attr.SIGN, Cls.PRIVATE_KEY)
        if not isinstance(key, keys.PrivateKey):
            raise Refused(Rv.KEY_TYPE_INCONSISTENT)
        session.begin("sign", Signature(mechanism, key))
        return ()

    def _signature(self, session: Session, kind: str) -> Signature:
        operation = session.doing(kind)
        if not isinstance(operation, Signature):
            raise Refused(Rv.GENERAL_ERROR)
        return operation

    async def c_signupdate(self, handle: int, data: bytes | None) -> Sequence[Any]:
        """``C_SignUpdate``."""
        return self._update(self._session(handle), "sign", data)

    def _update(self, session: Session, kind: str, data: bytes | None) -> Sequence[Any]:
        operation = session.doing(kind)
        if isinstance(operation, list):
            raise Refused(Rv.GENERAL_ERROR)
        gathered = operation if isinstance(operation, Gathered) else operation.data
        gathered.parts = True
        try:
            gathered.add(data or b"")
        except Refused:
            del session.operations[kind]
            raise
        return ()

    async def c_sign(self, handle: int, data: bytes | None, room: int) -> Sequence[Any]:
        """``C_Sign``."""
        session = self._session(handle)
        operation = self._signature(session, "sign")
        if operation.data.parts:
            raise Refused(Rv.OPERATION_ACTIVE)
        return await self._sign(session, operation, data, room)

    async def c_signfinal(self, handle: int, room: int) -> Sequence[Any]:
        """``C_SignFinal``."""
        session = self._session(handle)
        return await self._sign(session, self._signature(session, "sign"), None, room)

    async def _sign(self, session: Session, operation: Signature, data: bytes | None, room: int) -> Sequence[Any]:
        if room < operation.size:
            return (Length(operation.size),)

        async def work() -> bytes:
            operation.data.add(data or b"")
            await session.link.work("Sign", session.link.token.profile.sign_ms, "sign")
            return await _heavy(operation.sign) if operation.slow else operation.sign()

        return (await self._ending(session, "sign", work),)

    async def c_verifyinit(self, handle: int, mechanism: Mechanism | None, number: int) -> Sequence[Any]:
        """``C_VerifyInit``."""
        session = self._session(handle)
        if self._cancel(session, "verify", mechanism) is None or mechanism is None:
            return ()
        key = self._key(session, mechanism, MechFlag.VERIFY, number, Attr.VERIFY, Cls.PUBLIC_KEY)
        if not isinstance(key, keys.PublicKey):
            raise Refused(Rv.KEY_TYPE_INCONSISTENT)
        session.begin("verify", Signature(mechanism, key))
        return ()

    async def c_verifyupdate(self, handle: int, data: bytes | None) -> Sequence[Any]:
        """``C_VerifyUpdate``."""
        return self._update(self._session(handle), "verify", data)

    async def c_verify(self, handle: int, data: bytes | None, signature: bytes | None) -> Sequence[Any]:
        """``C_Verify``."""
        session = self._session(handle)
        operation = self._signature(session, "verify")
        if operation.data.parts:
            raise Refused(Rv.OPERATION_ACTIVE)
        return await self._verify(session, operation, data, signature)

    async def c_verifyfinal(self, handle: int, signature: bytes | None) -> Sequence[Any]:
        """``C_VerifyFinal``."""
        session = self._session(handle)
        return await self._verify(session, self._signature(session, "verify"), None, signature)

    async def _verify(
        self, session: Session, operation: Signature, data: bytes | None, signature: bytes | None
    ) -> Sequence[Any]:
        async def work() -> None:
            operation.data.add(data or b"")
            await session.link.work("Verify", session.link.token.profile.status_ms)

            def check() -> None:
                operation.verify(signature or b"")

            await _heavy(check) if operation.slow else check()

        await self._ending(session, "verify", work)
        return ()

    # -- digests (5.10) --------------------------------------------------------------------------------------

    async def c_digestinit(self, handle: int, mechanism: Mechanism | None) -> Sequence[Any]:
        """``C_DigestInit``."""
        session = self._session(handle)
        if self._cancel(session, "digest", mechanism) is None or mechanism is None:
            return ()
        spec = self._spec(session, mechanism, MechFlag.DIGEST)
        session.begin("digest", Gathered(spec.hash))
        return ()

    async def c_digestupdate(self, handle: int, data: bytes | None) -> Sequence[Any]:
        """``C_DigestUpdate``."""
        return self._update(self._session(handle), "digest", data)

    async def c_digest(self, handle: int, data: bytes | None, room: int) -> Sequence[Any]:
        """``C_Digest``."""
        session = self._session(handle)
        operation = session.doing("digest")
        if isinstance(operation, Gathered) and operation.parts:
            raise Refused(Rv.OPERATION_ACTIVE)
        return await self._digest(session, data, room)

    async def c_digestfinal(self, handle: int, room: int) -> Sequence[Any]:
        """``C_DigestFinal``."""
        return await self._digest(self._session(handle), None, room)

    async def _digest(self, session: Session, data: bytes | None, room: int) -> Sequence[Any]:
        operation = session.doing("digest")
        if not isinstance(operation, Gathered):
            raise Refused(Rv.GENERAL_ERROR)
        size = mechanisms.digest_size(operation.digest)
        if room < size:
            return (Length(size),)

        async def work() -> bytes:
            operation.add(data or b"")
            await session.link.work("Digest", 0)
            return await _heavy(operation.finish) if operation.digest == "gost" else operation.finish()

        return (await self._ending(session, "digest", work),)

    # -- encryption (5.8, 5.9) ---------------------------------------------------------------------------------

    async def c_encryptinit(self, handle: int, mechanism: Mechanism | None, number: int) -> Sequence[Any]:
        """``C_EncryptInit``."""
        return self._crypt_init(self._session(handle), "encrypt", mechanism, number)

    async def c_decryptinit(self, handle: int, mechanism: Mechanism | None, number: int) -> Sequence[Any]:
        """``C_DecryptInit``."""
        return self._crypt_init(self._session(handle), "decrypt", mechanism, number)

    def _crypt_init(
        self, session: Session, kind: str, mechanism: Mechanism | None, number: int
    ) -> Sequence[Any]:
        if self._cancel(session, kind, mechanism) is None or mechanism is None:
            return ()
        encrypts = kind == "encrypt"
        use, allows = (MechFlag.ENCRYPT, Attr.ENCRYPT) if encrypts else (MechFlag.DECRYPT, Attr.DECRYPT)
        cls = None
        if self._spec(session, mechanism, use).key == KeyType.RSA:
            cls = Cls.PUBLIC_KEY if encrypts else Cls.PRIVATE_KEY
        key = self._key(session, mechanism, use, number, allows, cls)
        session.begin(kind, Encryption(mechanism, key, encrypts=encrypts))
        return ()

    async def c_encrypt(self, handle: int, data: bytes | None, room: int) -> Sequence[Any]:
        """``C_Encrypt``."""
        return await self._crypt(self._session(handle), "encrypt", data, room)

    async def c_decrypt(self, handle: int, data: bytes | None, room: int) -> Sequence[Any]:
        """``C_Decrypt``."""
        return await self._crypt(self._session(handle), "decrypt", data, room)

    async def c_encryptupdate(self, handle: int, data: bytes | None, _room: int) -> Sequence[Any]:
        """``C_EncryptUpdate``; all output comes at the end."""
        self._update(self._session(handle), "encrypt", data)
        return (b"",)

    async def c_decryptupdate(self, handle: int, data: bytes | None, _room: int) -> Sequence[Any]:
        """``C_DecryptUpdate``; all output comes at the end."""
        self._update(self._session(handle), "decrypt", data)
        return (b"",)

    async def c_encryptfinal(self, handle: int, room: int) -> Sequence[Any]:
        """``C_EncryptFinal``."""
        return await self._crypt(self._session(handle), "encrypt", None, room, final=True)

    async def c_decryptfinal(self, handle: int, room: int) -> Sequence[Any]:
        """``C_DecryptFinal``."""
        return await self._crypt(self._session(handle), "decrypt", None, room, final=True)

    async def _crypt(
        self, session: Session, kind: str, data: bytes | None, room: int, *, final: bool = False
    ) -> Sequence[Any]:
        operation = session.doing(kind)
        if not isinstance(operation, Encryption):
            raise Refused(Rv.GENERAL_ERROR)
        if operation.data.parts and not final:
            raise Refused(Rv.OPERATION_ACTIVE)
        if room == 0:
            return (Length(operation.room() + len(data or b"")),)

        async def work() -> bytes:
            whole = Encryption(operation.mechanism, operation.key, encrypts=operation.encrypts)
            whole.data.add(operation.data.finish() + (data or b""))
            await session.link.work(kind.capitalize(), session.link.token.profile.unwrap_ms, "unwrap")
            return whole.finish()

        result = await self._ending(session, kind, work)
        if room < len(result):
            session.operations.setdefault(kind, operation)  # it goes on until there is room
            return (Length(len(result)),)
        return (result,)

    # -- keys (5.14, 5.15) ---------------------------------------------------------------------------------------

    async def c_generatekey(self, handle: int, mechanism: Mechanism | None, template: list[Attribute]) -> Sequence[Any]:
        """``C_GenerateKey``: AES and generic secrets."""
        session = self._session(handle)
        if mechanism is None:
            raise Refused(Rv.ARGUMENTS_BAD)
        spec = self._spec(session, mechanism, MechFlag.GENERATE)
        given = Template(template)
        size = given.number(Attr.VALUE_LEN)
        kind = KeyType.AES if mechanism.type == Mech.AES_KEY_GEN else KeyType.GENERIC_SECRET
        if given.number(Attr.KEY_TYPE, kind) != spec.key:
            raise Refused(Rv.TEMPLATE_INCONSISTENT)
        check_secret(kind, size)
        about = given.settable() | {Attr.LOCAL: True, Attr.KEY_GEN_MECHANISM: mechanism.type}
        made = secret_key(keys.SecretKey.random(size), kind, about)
        return (await self._store(session, made, "GenerateKey"),)

    async def c_generatekeypair(
        self, handle: int, mechanism: Mechanism | None, public: list[Attribute], private: list[Attribute]
    ) -> Sequence[Any]:
        """``C_GenerateKeyPair``: RSA, P-256, GOST."""
        session = self._session(handle)
        if mechanism is None:
            raise Refused(Rv.ARGUMENTS_BAD)
        self._spec(session, mechanism, MechFlag.GENERATE_KEY_PAIR)
        open_half, closed_half = Template(public), Template(private)
        make = _maker(mechanism, open_half, closed_half)
        local = {Attr.LOCAL: True, Attr.KEY_GEN_MECHANISM: mechanism.type}
        about = (open_half.settable() | local, closed_half.settable() | local)
        key = await _heavy(make)
        kept = {Attr.SENSITIVE: True, Attr.EXTRACTABLE: False}
        made = public_key(key.public, about[0]), private_key(key, about[1] | kept)
        self._session(handle)
        self._may_store(session, *made)
        # a token takes many times as long to make a key as to use it
        await session.link.work("GenerateKeyPair", 5 * session.link.token.profile.sign_ms)
        return [await self._store(session, each, "GenerateKeyPair") for each in made]

    async def c_wrapkey(
        self, handle: int, mechanism: Mechanism | None, wrapping: int, number: int, room: int
    ) -> Sequence[Any]:
        """``C_WrapKey``."""
        session = self._session(handle)
        if mechanism is None:
            raise Refused(Rv.ARGUMENTS_BAD)
        stored = self._object(session, number, Rv.KEY_HANDLE_INVALID)
        refuses = Rv.WRAPPING_KEY_HANDLE_INVALID
        key = self._key(session, mechanism, MechFlag.WRAP, wrapping, Attr.WRAP, None, refuses)
        if not isinstance(stored.key, keys.SecretKey):
            raise Refused(Rv.KEY_NOT_WRAPPABLE)
        if not stored.flag(Attr.EXTRACTABLE):
            raise Refused(Rv.KEY_UNEXTRACTABLE)
        wrapped = mechanisms.wrap(mechanism, key, stored.key.value)
        if room < len(wrapped):
            return (Length(len(wrapped)),)
        await session.link.work("WrapKey", session.link.token.profile.status_ms)
        return (wrapped,)

    async def c_unwrapkey(
        self, handle: int, mechanism: Mechanism | None, number: int, wrapped: bytes | None, template: list[Attribute]
    ) -> Sequence[Any]:
        """``C_UnwrapKey``: a symmetric key."""
        session = self._session(handle)
        if mechanism is None or wrapped is None:
            raise Refused(Rv.ARGUMENTS_BAD)
        refuses = Rv.UNWRAPPING_KEY_HANDLE_INVALID
        self._key(session, mechanism, MechFlag.UNWRAP, number, Attr.UNWRAP, None, refuses)
        await session.link.work("UnwrapKey", session.link.token.profile.unwrap_ms, "unwrap")
        # asked again: the fault that was waiting for this may have put another key in its place
        key = self._key(session, mechanism, MechFlag.UNWRAP, number, Attr.UNWRAP, None, refuses)
        value = mechanisms.unwrap(mechanism, key, wrapped)
        return (await self._take_in(session, value, Template(template), "UnwrapKey"),)

    async def c_derivekey(
        self, handle: int, mechanism: Mechanism | None, number: int, template: list[Attribute]
    ) -> Sequence[Any]:
        """``C_DeriveKey``: ECDH."""
        session = self._session(handle)
        if mechanism is None:
            raise Refused(Rv.ARGUMENTS_BAD)
        key = self._key(session, mechanism, MechFlag.DERIVE, number, Attr.DERIVE, Cls.PRIVATE_KEY)
        if not isinstance(key, keys.EcPrivate):
            raise Refused(Rv.KEY_TYPE_INCONSISTENT)
        given = Template(template)
        size = given.number(Attr.VALUE_LEN) if Attr.VALUE_LEN in given.values else None
        if size is not None:
            check_secret(given.number(Attr.KEY_TYPE, KeyType.GENERIC_SECRET), size)
        await session.link.work("DeriveKey", session.link.token.profile.unwrap_ms, "unwrap")
        value = mechanisms.agree(mechanism, key, size)
        return (await self._take_in(session, value, given, "DeriveKey"),)

    async def _take_in(self, session: Session, value: bytes, given: Template, name: str) -> int:
        """Keep a key that was unwrapped or derived."""
        if given.number(Attr.CLASS, Cls.SECRET_KEY) != Cls.SECRET_KEY:
            raise Refused(Rv.TEMPLATE_INCONSISTENT)
        if given.number(Attr.VALUE_LEN, len(value)) != len(value):
            raise Refused(Rv.TEMPLATE_INCONSISTENT)
        kind = given.number(Attr.KEY_TYPE, KeyType.GENERIC_SECRET)
        check_secret(kind, len(value))
        # a key that came from outside was not always secret
        about = given.settable() | {Attr.ALWAYS_SENSITIVE: False, Attr.NEVER_EXTRACTABLE: False}
        return await self._store(session, secret_key(keys.SecretKey(value), kind, about), name)

    # -- random numbers (5.16) ---------------------------------------------------------------------------------

    async def c_seedrandom(self, handle: int, _seed: bytes | None) -> Sequence[Any]:
        """``C_SeedRandom``: the token seeds itself."""
        self._session(handle)
        raise Refused(Rv.RANDOM_SEED_NOT_SUPPORTED)

    async def c_generaterandom(self, handle: int, room: int) -> Sequence[Any]:
        """``C_GenerateRandom``."""
        session = self._session(handle)
        if not session.link.memory.specs:
            raise Refused(Rv.FUNCTION_NOT_SUPPORTED)
        if room > MOST_RANDOM:
            raise Refused(Rv.ARGUMENTS_BAD)
        await session.link.work("GenerateRandom", 0)
        return (secrets.token_bytes(room),)


def _array(values: list[int], room: int) -> list[int] | Length:
    return values if room >= len(values) and room > 0 else Length(len(values))


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


def _maker(mechanism: Mechanism, public: Template, private: Template) -> Callable[[], keys.PrivateKey]:
    """Return what makes the key pair that a program asks for.

    Raises:
        Refused: There is no such key pair.
    """
    match mechanism.type:
        case Mech.RSA_PKCS_KEY_PAIR_GEN:
            bits = public.number(Attr.MODULUS_BITS)
            if bits not in {1024, 2048, 3072, 4096}:
                raise Refused(Rv.KEY_SIZE_RANGE)
            if public.bytes_of(Attr.PUBLIC_EXPONENT, b"\1\0\1").lstrip(b"\0") != b"\1\0\1":
                raise Refused(Rv.ATTRIBUTE_VALUE_INVALID)
            return lambda: keys.RsaPrivate(bits=bits)
        case Mech.EC_KEY_PAIR_GEN:
            if public.bytes_of(Attr.EC_PARAMS) != keys.P256_DER:
                raise Refused(Rv.DOMAIN_PARAMS_INVALID)
            return keys.EcPrivate
        case Mech.GOSTR3410_KEY_PAIR_GEN:
            curve = der.oid(gost.OID_CURVE)
            given = private.bytes_of(Attr.GOSTR3410_PARAMS, public.bytes_of(Attr.GOSTR3410_PARAMS, curve))
            if given != curve:
                raise Refused(Rv.DOMAIN_PARAMS_INVALID)
            return gost.GostPrivateKey
    raise Refused(Rv.MECHANISM_INVALID)


async def _heavy(work: Callable[[], T]) -> T:
    """Compute in a worker thread what would hold up the other connections."""
    return await asyncio.to_thread(work)
