"""Calls about objects: create, find, read, change, destroy (PKCS#11 v2.40, 5.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulators.wire.pkcs11.codec import Attribute, Shown
from simulators.wire.pkcs11.constants import (
    Attr,
    Cls,
    Refused,
    Rv,
)
from simulators.wire.pkcs11.core import (
    Core,
)
from simulators.wire.pkcs11.objects import (
    StoredObject,
    Template,
    create,
    length_of,
)


class ObjectCalls(Core):
    """Section 5.7."""

    async def c_createobject(self, handle: int, template: list[Attribute]) -> Sequence[Any]:
        """``C_CreateObject``."""
        session = self._session(handle)
        return (await self._store(session, create(Template(template)), "CreateObject"),)

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
            session.link.memory.written()
        else:
            for each in session.link.sessions.values():
                each.objects = [other for other in each.objects if other is not stored]
        self._drop(stored)
        return ()

    async def c_getobjectsize(self, handle: int, number: int) -> Sequence[Any]:
        """``C_GetObjectSize``."""
        return (self._object(self._session(handle), number).size,)

    async def c_getattributevalue(
        self, handle: int, number: int, wanted: list[tuple[int, int]]
    ) -> Sequence[Any]:
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
        if any(
            kind not in {Attr.LABEL, Attr.ID, Attr.SUBJECT, Attr.START_DATE, Attr.END_DATE} for kind in values
        ):
            raise Refused(Rv.ATTRIBUTE_READ_ONLY)
        if stored.flag(Attr.TOKEN):
            if not session.writes:
                raise Refused(Rv.SESSION_READ_ONLY)
            await session.link.work("SetAttributeValue", session.link.token.profile.certificates_ms)
        changed = StoredObject(stored.attributes | values)
        if stored.flag(Attr.TOKEN) and changed.size - stored.size > session.link.memory.free:
            raise Refused(Rv.DEVICE_MEMORY)
        stored.attributes |= values
        if stored.flag(Attr.TOKEN):
            session.link.memory.written()
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
