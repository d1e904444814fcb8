"""A token of the model that is a real one underneath.

People carry it about, insert it and pull it out as in any simulation, and faults lie over it; but its
certificates are those of the real token, and whatever needs a key is done there, after a login with the PIN.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from hal.errors import DeviceError
from hal.secret import Secret
from hal.token import Certificate, Mechanism, PinIncorrect, PinRole, Token, WrongToken
from simulators.device import World
from simulators.outside import Outside
from simulators.profile_types import TokenProfile
from simulators.sealing import SealedForOther
from simulators.token import SimToken


@dataclass(frozen=True, slots=True)
class RealToken:
    """An opened token with its PIN, and the way to it. Whoever opened it closes it."""

    token: Token
    pin: Secret
    outside: Outside


class _DeviceKeys:
    """The keys of a real token, as ``simulators.token.KeyStore``."""

    def __init__(self, real: RealToken) -> None:
        self._real = real
        self._certificates = real.outside.call(real.token.certificates())
        self.mechanisms = real.token.capabilities.mechanisms

    def certificates(self) -> tuple[Certificate, ...]:
        return self._certificates

    def sign(self, key_id: bytes, data: bytes, mechanism: Mechanism, *, foreign: bool) -> bytes:
        if foreign:
            data += b"signed by another key"
        return self._real.outside.call(self._real.token.sign(key_id, data, mechanism))

    def unwrap(self, key_id: bytes, wrapped: bytes, *, foreign: bool) -> bytes:
        if foreign:
            raise SealedForOther
        try:
            return self._real.outside.call(self._real.token.unwrap(key_id, wrapped))
        except WrongToken as error:
            raise SealedForOther from error


class BoundToken(SimToken):
    """The model around a real token; the journal shows the real one's serial number.

    A PIN that is not the right one never reaches the device: a day of mistyping people must not lock it.

    Args:
        name: As scenarios and the journal call it.
        world: Surroundings.
        profile: How long the model's steps take.
        owner: The member.
        real: The token underneath.

    Raises:
        DeviceError: The real token does not tell its certificates.
    """

    def __init__(
        self, name: str, world: World, profile: TokenProfile, *, owner: str, real: RealToken
    ) -> None:
        super().__init__(
            name,
            world,
            profile,
            owner=owner,
            pin=real.pin,
            serial=real.token.info.serial,
            keys=_DeviceKeys(real),
        )
        self._real = real
        self._refused: PinIncorrect | None = None

    def verify_pin(self, pin: Secret, role: PinRole) -> None:
        """Check a PIN with the model, then log in to the device.

        Raises:
            PinIncorrect, PinLocked: The model says so, or the device.
            DeviceError: The device fails.
        """
        super().verify_pin(pin, role)
        if role is not PinRole.USER:
            return
        if self._refused is not None:
            raise PinIncorrect(self.name, self._refused.tries_left)
        try:
            self._real.outside.call(self._log_in(pin))
        except PinIncorrect as error:
            self._refused = error  # it was changed meanwhile: one try is lost, and no other will be
            raise

    async def _log_in(self, pin: Secret) -> None:
        await self._real.token.logout()
        await self._real.token.login(pin)

    def session_ended(self) -> None:
        """Log out of the device as well: no key is used without its owner's login.

        A device that fails here says so at the next login, to somebody who can do something about it.
        """
        with suppress(DeviceError):
            self._real.outside.call(self._real.token.logout())
