"""What all calls of one program share: its sessions, its handles of objects, and the rules for both."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from simulators.wire.pkcs11.codec import Length
from simulators.wire.pkcs11.constants import (
    Attr,
    Refused,
    Rv,
)
from simulators.wire.pkcs11.objects import (
    StoredObject,
)
from simulators.wire.pkcs11.sessions import Link, Session, physics
from simulators.wire.pkcs11.slots import Slot

T = TypeVar("T")

MOST_SESSIONS: Final = 256
"""Of one program; far more than any opens, few enough for our memory."""
MOST_OBJECTS: Final = 256
"""Session objects of one program."""
MOST_RANDOM: Final = 65536
"""Bytes of one ``C_GenerateRandom``."""
PIN_BYTES: Final = 255
"""Longer ones are no PIN of any token."""

MANUFACTURER = "Aktiv Co. (ppe-lab)"


def pad(text: str, size: int) -> bytes:
    """Bring a text to the bytes that PKCS#11 wants: UTF-8, cut between letters, filled with spaces."""
    cut = text.encode()[:size].decode(errors="ignore").encode()
    return cut.ljust(size)


def version(text: str) -> tuple[int, int]:
    """Read "major.minor"; nothing is 0.0."""
    major, _, minor = text.partition(".")
    return int(major or 0), int(minor or 0)


def array(values: list[int], room: int) -> list[int] | Length:
    """Return the numbers, or only how many there are when the program asks that, or has no room."""
    return values if room >= len(values) and room > 0 else Length(len(values))


async def heavy(work: Callable[[], T]) -> T:
    """Compute in a worker thread what would hold up the other connections."""
    return await asyncio.to_thread(work)


class Core:
    """The state of one program, that is, of one connection.

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

    async def close(self) -> None:
        """Close everything that the program has left open."""
        self.initialized = False
        for link in list(self.links.values()):
            await self._unlink(link)

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
            Refused: There is none of that handle, or its token is out. Removal closes sessions; while the
                port is empty we say why, as the programs' users would want to know.
        """
        session = self.sessions.get(handle)
        if session is None:
            raise Refused(Rv.SESSION_HANDLE_INVALID)
        if session.link.inner.lost:
            gone = session.link.slot.token is None
            raise Refused(Rv.DEVICE_REMOVED if gone else Rv.SESSION_HANDLE_INVALID)
        return session

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

    def _object(
        self, session: Session, handle: int, otherwise: Rv = Rv.OBJECT_HANDLE_INVALID
    ) -> StoredObject:
        stored = self._handles.get(handle)
        if stored is None or not any(each is stored for each in self._all(session)):
            raise Refused(otherwise)
        return stored

    def _all(self, session: Session) -> list[StoredObject]:
        return [*session.visible(), *session.link.memory.mechanisms]

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
            session.link.memory.written()
        else:
            session.objects.append(stored)
        return self._number(stored)
