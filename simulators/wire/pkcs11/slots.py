"""The slots of the virtual module: a USB port each, with whatever token is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from hal.errors import DeviceDead
from hal.runtime import MILLISECOND
from hal.token import PinRole, PinState, TokenRemoved
from simulators.crypto.keys import PrivateKey
from simulators.crypto.store import RealKeys
from simulators.token import SimToken, SimTokenPort
from simulators.wire.pkcs11.constants import Refused, Rv, SlotFlag, TokenFlag
from simulators.wire.pkcs11.mechanisms import Spec, of_profile
from simulators.wire.pkcs11.objects import StoredObject, mechanism, of_keys

_FLAGS = {
    PinRole.USER: {
        PinState.LOW: TokenFlag.USER_PIN_COUNT_LOW,
        PinState.FINAL_TRY: TokenFlag.USER_PIN_COUNT_LOW | TokenFlag.USER_PIN_FINAL_TRY,
        PinState.LOCKED: TokenFlag.USER_PIN_LOCKED,
    },
    PinRole.ADMINISTRATOR: {
        PinState.LOW: TokenFlag.SO_PIN_COUNT_LOW,
        PinState.FINAL_TRY: TokenFlag.SO_PIN_COUNT_LOW | TokenFlag.SO_PIN_FINAL_TRY,
        PinState.LOCKED: TokenFlag.SO_PIN_LOCKED,
    },
}


class Memory:
    """What lies on one token, whichever port it is in.

    Args:
        token: The token.
        changed: Told when a call begins or ends.
        written: Told when an object is written, changed or destroyed.
        objects: What lies on it; what it comes with by default.
    """

    def __init__(
        self,
        token: SimToken,
        changed: Callable[[], None],
        written: Callable[[], None],
        objects: list[StoredObject] | None = None,
    ) -> None:
        self.token = token
        self._changed = changed
        self.written = written
        self.specs: dict[int, Spec] = of_profile(token.profile)
        if objects is None:
            objects = of_keys(token.keys) if isinstance(token.keys, RealKeys) else []
        self.objects = objects
        # PKCS#11 v2.40, 4.12: hidden, unless a program asks for this class
        self.mechanisms = [
            mechanism(kind, spec.low, spec.high, int(spec.flags)) for kind, spec in self.specs.items()
        ]
        self.calls: list[str] = []
        """Names of the calls that it is working on, for the control face."""

    @property
    def free(self) -> int:
        """Bytes left for objects."""
        return max(0, self.token.profile.memory_bytes - sum(each.size for each in self.objects))

    @contextmanager
    def working(self, name: str) -> Iterator[None]:
        """Show a call as being worked on."""
        self.calls.append(name)
        self._changed()
        try:
            yield
        finally:
            self.calls.remove(name)
            self._changed()

    def private(self, pair: bytes, *, foreign: bool) -> PrivateKey:
        """Return a private key of the token's own store.

        Raises:
            Refused: There is none.
        """
        if not isinstance(self.token.keys, RealKeys):
            raise Refused(Rv.KEY_HANDLE_INVALID)
        return self.token.keys.private(pair, foreign=foreign)

    def flags(self) -> TokenFlag:
        """Return ``CK_TOKEN_INFO.flags``."""
        flags = TokenFlag.LOGIN_REQUIRED | TokenFlag.USER_PIN_INITIALIZED | TokenFlag.TOKEN_INITIALIZED
        if self.specs:
            flags |= TokenFlag.RNG
        for role, states in _FLAGS.items():
            flags |= states.get(self.token.pin_state(role), TokenFlag(0))
        return flags


class Slot:
    """One slot.

    Args:
        number: ``CK_SLOT_ID``.
        port: The USB port.
        memories: Of all tokens there are.
    """

    def __init__(self, number: int, port: SimTokenPort, memories: dict[SimToken, Memory]) -> None:
        self.number = number
        self.port = port
        self._memories = memories

    @property
    def token(self) -> SimToken | None:
        """The token that programs see in it."""
        seen = self.port.visible()
        return seen[0] if seen else None

    def memory(self) -> Memory:
        """Return what lies on the token.

        Raises:
            Refused: There is none.
        """
        token = self.token
        if token is None:
            raise Refused(Rv.TOKEN_NOT_PRESENT)
        return self._memories[token]

    def flags(self) -> SlotFlag:
        """Return ``CK_SLOT_INFO.flags``."""
        flags = SlotFlag.REMOVABLE_DEVICE | SlotFlag.HW_SLOT
        return flags | SlotFlag.TOKEN_PRESENT if self.token is not None else flags

    async def look(self) -> Memory:
        """Ask the token who it is; takes the time of a short call.

        Raises:
            Refused: There is none, or it answers nothing, or it is pulled out meanwhile.
        """
        memory = self.memory()
        token = memory.token

        def check() -> None:
            if self.token is not token:
                raise TokenRemoved(token.name)
            if "dead" in token.faults:
                raise DeviceDead(token.name)

        try:
            await token.work(token.profile.status_ms * MILLISECOND, check)
        except TokenRemoved as error:
            raise Refused(Rv.TOKEN_NOT_PRESENT) from error
        except DeviceDead as error:
            raise Refused(Rv.DEVICE_ERROR) from error
        return memory


def find(slots: Sequence[Slot], number: int) -> Slot:
    """Return the slot of that number.

    Raises:
        Refused: There is none.
    """
    if not 0 <= number < len(slots):
        raise Refused(Rv.SLOT_ID_INVALID)
    return slots[number]
