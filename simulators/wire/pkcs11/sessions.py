"""Sessions of one program with one token, and the login that they share (PKCS#11 v2.40, 5.6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hal.errors import DeviceDead
from hal.token import NotLoggedIn, PinIncorrect, PinLocked, PinRole, TokenNotPresent, TokenRemoved
from simulators.crypto import keys
from simulators.token import SimToken, SimTokenSession
from simulators.wire.pkcs11.constants import Attr, Cls, Refused, Rv, State
from simulators.wire.pkcs11.mechanisms import Encryption, Gathered, Signature
from simulators.wire.pkcs11.objects import StoredObject
from simulators.wire.pkcs11.slots import Memory, Slot

Operation = Signature | Encryption | Gathered | list[StoredObject]


@contextmanager
def physics() -> Iterator[None]:
    """Say in ``CKR_…`` what happened to the device.

    Raises:
        Refused: In place of the errors of the model.
    """
    try:
        yield
    except (TokenRemoved, TokenNotPresent) as error:
        raise Refused(Rv.DEVICE_REMOVED) from error
    except DeviceDead as error:
        raise Refused(Rv.DEVICE_ERROR) from error
    except PinIncorrect as error:
        raise Refused(Rv.PIN_INCORRECT) from error
    except PinLocked as error:
        raise Refused(Rv.PIN_LOCKED) from error
    except NotLoggedIn as error:
        raise Refused(Rv.USER_NOT_LOGGED_IN) from error


class Link:
    """A program's connection with the token in a slot: all its sessions there, and their common login.

    Args:
        slot: Where.
        memory: Of the token.
        inner: The opened token of the model.
    """

    def __init__(self, slot: Slot, memory: Memory, inner: SimTokenSession) -> None:
        self.slot = slot
        self.memory = memory
        self.inner = inner
        self.sessions: dict[int, Session] = {}

    @property
    def token(self) -> SimToken:
        """The token."""
        return self.memory.token

    def may_see(self, stored: StoredObject) -> bool:
        """Whether the program may know of an object: private ones need the user's login."""
        return not stored.flag(Attr.PRIVATE) or self.inner.role is PinRole.USER

    async def work(self, name: str, milliseconds: int, occurrence: str = "") -> None:
        """Let the token work on a call.

        Args:
            name: Of the call, for the control face.
            milliseconds: On a sound token.
            occurrence: What faults may be armed for.

        Raises:
            Refused: It was pulled out, or is dead.
        """
        with physics(), self.memory.working(name):
            if occurrence:
                self.token.occurred(occurrence)
            await self.inner.work(milliseconds)

    def forget_login(self) -> None:
        """Drop what a login had opened: operations and session objects that are private."""
        for session in self.sessions.values():
            session.operations.clear()
            session.objects = [each for each in session.objects if not each.flag(Attr.PRIVATE)]

    def current(self, stored: StoredObject) -> keys.Key | None:
        """Return the key to compute with: a foreign one while the token has that fault."""
        if stored.pair and stored.cls == Cls.PRIVATE_KEY and "foreign" in self.token.faults:
            return self.memory.private(stored.pair, foreign=True)
        return stored.key


class Session:
    """One session; ``operations`` holds what goes on in it, by kind."""

    def __init__(self, handle: int, link: Link, *, writes: bool, flags: int) -> None:
        self.handle = handle
        self.link = link
        self.writes = writes
        self.flags = flags
        self.objects: list[StoredObject] = []
        self.operations: dict[str, Operation] = {}

    @property
    def state(self) -> State:
        """``CK_SESSION_INFO.state``."""
        match self.link.inner.role:
            case PinRole.ADMINISTRATOR:
                return State.RW_SO
            case PinRole.USER:
                return State.RW_USER if self.writes else State.RO_USER
            case _:
                return State.RW_PUBLIC if self.writes else State.RO_PUBLIC

    def visible(self) -> Iterator[StoredObject]:
        """Yield the objects that the program may know of: the token's, and those of all its sessions."""
        for stored in self.link.memory.objects:
            if self.link.may_see(stored):
                yield stored
        for session in self.link.sessions.values():
            yield from (each for each in session.objects if self.link.may_see(each))

    def begin(self, kind: str, operation: Operation) -> None:
        """Begin an operation.

        Raises:
            Refused: One of its kind is going on.
        """
        if kind in self.operations:
            raise Refused(Rv.OPERATION_ACTIVE)
        self.operations[kind] = operation

    def doing(self, kind: str) -> Operation:
        """Return the operation of that kind.

        Raises:
            Refused: There is none.
        """
        operation = self.operations.get(kind)
        if operation is None:
            raise Refused(Rv.OPERATION_NOT_INITIALIZED)
        return operation
