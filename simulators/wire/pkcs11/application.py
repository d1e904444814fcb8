"""The rules of PKCS#11 for one connected program: who may call what, and what comes back.

Each method ``c_…`` is one call: it takes the arguments of the request and returns the values of the answer,
in the order of ``calls.CALLS``, or raises ``Refused``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from simulators.wire.pkcs11.calls import Call
from simulators.wire.pkcs11.constants import (
    Refused,
    Rv,
)
from simulators.wire.pkcs11.key_calls import KeyCalls
from simulators.wire.pkcs11.object_calls import ObjectCalls
from simulators.wire.pkcs11.operation_calls import OperationCalls
from simulators.wire.pkcs11.session_calls import SessionCalls


class Application(SessionCalls, ObjectCalls, OperationCalls, KeyCalls):
    """One program, that is, one connection."""

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
