"""What all calls share that use a key: which mechanism, which key, and one operation of a kind at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from simulators.crypto import keys
from simulators.wire.pkcs11.codec import Mechanism
from simulators.wire.pkcs11.constants import (
    Attr,
    Cls,
    MechFlag,
    Refused,
    Rv,
)
from simulators.wire.pkcs11.core import (
    Core,
    T,
)
from simulators.wire.pkcs11.mechanisms import Spec
from simulators.wire.pkcs11.sessions import Session


class KeyUse(Core):
    """Choosing keys, and the life of operations."""

    def _spec(self, session: Session, mechanism: Mechanism, use: MechFlag) -> Spec:
        spec = session.link.memory.specs.get(mechanism.type)
        if spec is None or not spec.flags & use:
            raise Refused(Rv.MECHANISM_INVALID)
        return spec

    def _key(
        self,
        session: Session,
        mechanism: Mechanism,
        use: MechFlag,
        number: int,
        allows: Attr,
        cls: Cls | None,
        otherwise: Rv = Rv.KEY_HANDLE_INVALID,
    ) -> keys.Key:
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
