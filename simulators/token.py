"""Crypto tokens of the ГЭК members, and the USB ports that they are inserted into.

By default the cryptography is the model of ``simulators.sealing``: identity, not security, and everything a
token knows follows from its serial number. A token with real keys is given a ``simulators.crypto.store``.
PIN codes never leave their ``Secret``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Protocol

from hal.errors import DeviceDead, NotSupported
from hal.runtime import MILLISECOND
from hal.secret import Secret
from hal.token import (
    Certificate,
    KeyNotFound,
    Mechanism,
    NotLoggedIn,
    PinIncorrect,
    PinLocked,
    PinRole,
    PinState,
    TokenCapabilities,
    TokenInfo,
    TokenNotPresent,
    TokenRemoved,
    TokenStatus,
    WrongToken,
)
from simulators import sealing
from simulators.busy import BusyDevice
from simulators.device import SimDevice, World
from simulators.faults import FaultKind
from simulators.profile_types import TokenProfile

DEFAULT_PIN, DEFAULT_ADMIN_PIN = "12345678", "87654321"
"""What the vendor sets, for the user and the administrator: https://dev.rutoken.ru/pages/viewpage.action?pageId=72451722."""


@dataclass(frozen=True, slots=True)
class Validity:
    """When a certificate is valid. The default is 15 months around an exam in 2024; scenarios set theirs."""

    not_before: datetime = datetime(2023, 9, 1, tzinfo=UTC)
    not_after: datetime = datetime(2024, 12, 1, tzinfo=UTC)


class KeyStore(Protocol):
    """The keys on a token. ``foreign`` asks for what a token does that holds other private keys."""

    @property
    def mechanisms(self) -> tuple[Mechanism, ...]:
        """What the keys can sign with."""

    def certificates(self) -> tuple[Certificate, ...]:
        """List the certificates; the first is that of the main key."""

    def sign(self, key_id: bytes, data: bytes, mechanism: Mechanism, *, foreign: bool) -> bytes:
        """Sign data with one of ``mechanisms``.

        Raises:
            LookupError: No such key, or not for this mechanism.
        """

    def unwrap(self, key_id: bytes, wrapped: bytes, *, foreign: bool) -> bytes:
        """Open a content key that was wrapped for this key.

        Raises:
            LookupError: No such key, or it opens nothing.
            SealedForOther: It was wrapped for another key.
        """


class SimulatedKeys:
    """The default: one key pair that is nothing but the identity of the token."""

    mechanisms = (Mechanism.SIMULATED,)

    def __init__(self, serial: str, owner: str, validity: Validity) -> None:
        self.key_id = sealing.recipient_id(serial)
        self._certificate = Certificate(self.key_id, owner, validity.not_before, validity.not_after)

    def certificates(self) -> tuple[Certificate, ...]:
        """Return the one certificate."""
        return (self._certificate,)

    def sign(self, key_id: bytes, data: bytes, mechanism: Mechanism, *, foreign: bool) -> bytes:  # noqa: ARG002
        """Sign data; ``simulators.sealing.verify`` checks it."""
        return sealing.sign(self._secret(key_id, foreign=foreign), data)

    def unwrap(self, key_id: bytes, wrapped: bytes, *, foreign: bool) -> bytes:
        """Open what ``simulators.sealing.seal`` wrapped."""
        return sealing.unseal(self._secret(key_id, foreign=foreign), wrapped)

    def _secret(self, key_id: bytes, *, foreign: bool) -> bytes:
        if key_id != self.key_id:
            raise LookupError(key_id.hex())
        return sealing.secret_of(key_id + b"another" if foreign else key_id)


class Pin(Protocol):
    """What a PIN is compared with: a ``Secret``, or what is left of one."""

    def matches(self, other: Secret) -> bool:
        """Whether it is that PIN."""


class _PinCounter:
    """The attempts left for one PIN."""

    def __init__(self, pin: Pin, tries: int) -> None:
        self.pin = pin
        self.tries = tries
        self.left = tries

    def attempt(self, pin: Secret) -> bool:
        """Compare; a right PIN gives all attempts back, a wrong one takes one."""
        if self.pin.matches(pin):
            self.left = self.tries
            return True
        self.left -= 1
        return False

    def state(self) -> PinState:
        """Say it as PKCS#11 does: low = wrong at least once since the last login (v2.40, CK_TOKEN_INFO)."""
        if self.left == 0:
            return PinState.LOCKED
        if self.left == 1:
            return PinState.FINAL_TRY
        return PinState.OK if self.left == self.tries else PinState.LOW


class SimToken(BusyDevice):
    """The token (токен) of one member of the ГЭК: a thing that is carried about and inserted.

    Args:
        name: As scenarios and the journal call it.
        world: Surroundings.
        profile: Which model it is.
        owner: The member; the subject of the certificate.
        pin: The user PIN.
        serial: Serial number; the simulated key pair follows from it.
        admin_pin: The administrator's PIN.
        validity: Of the simulated certificate.
        keys: What it holds, if not simulated keys.
        label: As programs show it; the owner by default.
    """

    FAULTS: ClassVar[Mapping[str, FaultKind]] = {
        "removed": FaultKind(
            "the token is pulled out of its port: fell out, or taken along too early; inserting it repairs "
            "it, a fault that never ends means that the token is lost",
            occurrence="sign",
        ),
        "locked": FaultKind(
            "somebody has used up the attempts of the user PIN; only an administrator's login unlocks it",
            occurrence="login",
        ),
        "dead": FaultKind("the token lights up but answers nothing any more", occurrence="login"),
        "foreign": FaultKind(
            "the token holds another private key than the one that data is sealed for", occurrence="unwrap"
        ),
        "slow": FaultKind("every call takes longer", {"factor_percent": 500}, "sign"),
        "hang": FaultKind("calls do not return until the fault passes", occurrence="sign"),
    }

    def __init__(
        self,
        name: str,
        world: World,
        profile: TokenProfile,
        *,
        owner: str,
        pin: Pin,
        serial: str,
        admin_pin: Pin | None = None,
        validity: Validity | None = None,
        keys: KeyStore | None = None,
        label: str = "",
    ) -> None:
        super().__init__(name, world)
        self.profile = profile
        self.owner = owner
        self.serial = serial
        self.keys: KeyStore = keys or SimulatedKeys(serial, owner, validity or Validity())
        self.port: SimTokenPort | None = None
        self._pins = {
            PinRole.USER: _PinCounter(pin, profile.pin_tries),
            PinRole.ADMINISTRATOR: _PinCounter(
                admin_pin or Secret(DEFAULT_ADMIN_PIN), profile.admin_pin_tries
            ),
        }
        self.info = TokenInfo(
            url=f"sim:{name}",
            label=label or owner,
            serial=serial,
            model=profile.model,
            manufacturer=profile.manufacturer,
            firmware=profile.firmware,
        )
        self.capabilities = TokenCapabilities(
            mechanisms=self.keys.mechanisms if profile.can_sign else (),
            can_unwrap=profile.can_unwrap,
            reports_tries_left=profile.reports_tries_left,
            pin_tries=profile.pin_tries,
        )

    @property
    def key_id(self) -> bytes:
        """``CKA_ID`` of the main key."""
        return self.keys.certificates()[0].key_id

    def pin_state(self, role: PinRole = PinRole.USER) -> PinState:
        """Return how near a PIN is to locking."""
        if role is PinRole.USER and "locked" in self.faults:
            return PinState.LOCKED
        return self._pins[role].state()

    def verify_pin(self, pin: Secret, role: PinRole) -> None:
        """Check a PIN and count the attempt.

        Raises:
            PinIncorrect, PinLocked
        """
        counter = self._pins[role]
        if counter.left == 0 or (role is PinRole.USER and "locked" in self.faults):
            raise PinLocked(self.name)
        if counter.attempt(pin):
            return
        if counter.left == 0:
            raise PinLocked(self.name)
        raise PinIncorrect(self.name, counter.left if self.profile.reports_tries_left else None)

    def unlock(self) -> None:
        """Give the user PIN all its attempts back."""
        user = self._pins[PinRole.USER]
        user.left = user.tries
        self.repair("locked")

    def set_pin(self, pin: Pin, role: PinRole = PinRole.USER) -> None:
        """Replace a PIN."""
        self._pins[role].pin = pin

    def tries_left(self, role: PinRole) -> int:
        """Return the attempts left for a PIN, whatever somebody else has used up."""
        return self._pins[role].left

    def set_tries_left(self, role: PinRole, left: int) -> None:
        """Set the attempts left for a PIN, as they were before."""
        self._pins[role].left = left

    def session_ended(self) -> None:
        """Learn that whoever was logged in is no longer (models of real tokens override it)."""

    def fault_began(self, kind: str) -> None:
        """Leave the port when removed; wake the pending calls in any case."""
        if kind == "removed" and self.port is not None:
            self.port.remove(self)
        super().fault_began(kind)


class SimTokenPort(SimDevice):
    """The USB ports of one station, as ``hal.token.TokenPort``."""

    FAULTS: ClassVar[Mapping[str, FaultKind]] = {
        "port-dead": FaultKind(
            "the USB port has no contact: an inserted token is not seen, an opened one is gone",
            occurrence="open",
        ),
    }

    def __init__(self, name: str, world: World) -> None:
        super().__init__(name, world)
        self._inserted: list[SimToken] = []
        self._sessions: list[SimTokenSession] = []
        self._change = self.runtime.event()

    # -- what people do -----------------------------------------------------------------------------

    def insert(self, token: SimToken) -> bool:
        """Put a token in, taking it out of any other port first.

        Returns:
            Whether it is in; no when the token is lost.
        """
        if token.port is self:
            return True
        if not token.repair("removed"):
            return False
        if token.port is not None:
            token.port.remove(token)
        token.port = self
        self._inserted.append(token)
        self._changed()
        return True

    def remove(self, token: SimToken | None = None) -> None:
        """Pull that token out, or all; nothing if it is not in."""
        for pulled in [each for each in self._inserted if token is None or each is token]:
            self._inserted.remove(pulled)
            pulled.port = None
            self._lose(pulled)
            self._changed()

    def inserted(self) -> tuple[SimToken, ...]:
        """Return what a person sees in the ports, in order of insertion."""
        return tuple(self._inserted)

    def visible(self) -> tuple[SimToken, ...]:
        """Return what programs see in the ports, in order of insertion."""
        return () if "port-dead" in self.faults else tuple(self._inserted)

    # -- what the station does ----------------------------------------------------------------------

    async def tokens(self) -> tuple[TokenInfo, ...]:
        """List what is inserted now, in order of insertion."""
        return tuple(token.info for token in self.visible())

    async def open(self, serial: str | None = None) -> SimTokenSession:
        """Open the token of that serial number, or the only one.

        Raises:
            TokenNotPresent: None is inserted, or not that one, or several and none is named.
            TokenRemoved: It was pulled out while it was being opened.
            DeviceDead: It is inserted and does not react.
        """
        self.occurred("open")
        found = [token for token in self.visible() if serial is None or token.serial == serial]
        if len(found) != 1:
            raise TokenNotPresent(self.name, "several are inserted: name one" if found else serial or "")
        session = SimTokenSession(found[0], self._forget)
        self._sessions.append(session)
        try:
            await session.work(found[0].profile.open_ms)
        except BaseException:
            self._forget(session)  # whatever ended it, cancellation too: nobody will close this session
            raise
        return session

    async def wait_change(self, known: tuple[TokenInfo, ...]) -> tuple[TokenInfo, ...]:
        """Return what is inserted as soon as it is something else than ``known``."""
        while (inserted := await self.tokens()) == known:
            await self._change.wait()
        return inserted

    # -- faults -------------------------------------------------------------------------------------

    def fault_began(self, kind: str) -> None:  # noqa: ARG002
        """Lose sight of all tokens."""
        for token in self._inserted:
            self._lose(token)
        self._changed()

    def fault_ended(self, kind: str) -> None:  # noqa: ARG002
        """See the tokens again."""
        self._changed()

    def _lose(self, token: SimToken) -> None:
        for session in [each for each in self._sessions if each.token is token]:
            session.lose()
            self._forget(session)
        token.changed()

    def _forget(self, session: SimTokenSession) -> None:
        if session in self._sessions:
            self._sessions.remove(session)

    def _changed(self) -> None:
        old, self._change = self._change, self.runtime.event()
        old.set()


class SimTokenSession:
    """An opened token, as ``hal.token.Token``; ends when the token leaves the port."""

    def __init__(self, token: SimToken, forget: Callable[[SimTokenSession], None]) -> None:
        self.token = token
        self._forget = forget
        self._lost = False
        self._closed = False
        self._role: PinRole | None = None

    @property
    def info(self) -> TokenInfo:
        """Who it is."""
        return self.token.info

    @property
    def capabilities(self) -> TokenCapabilities:
        """What it can do."""
        return self.token.capabilities

    async def status(self) -> TokenStatus:
        """Look at the PIN state and the login."""
        await self.work(self.token.profile.status_ms)
        return TokenStatus(self.token.pin_state(), self._role is not None)

    async def login(self, pin: Secret, role: PinRole = PinRole.USER) -> None:
        """Open the private keys; an administrator's login opens none but unlocks the user PIN.

        Real tokens have a command of its own for unlocking, after the same login.

        Raises:
            PinIncorrect: With the attempts left, where the profile says that the token tells them.
            PinLocked: Before or by this attempt.
        """
        await self.authenticate(pin, role)
        if role is PinRole.ADMINISTRATOR:
            self.token.unlock()

    async def authenticate(self, pin: Secret, role: PinRole) -> None:
        """Present a PIN, and nothing more.

        Raises:
            PinIncorrect, PinLocked
        """
        self._check()
        self.token.occurred("login")
        await self.work(self.token.profile.login_ms)
        self._end_login()  # a failed check ends what an earlier login had opened (ISO 7816-4)
        self.token.verify_pin(pin, role)
        self._role = role

    async def logout(self) -> None:
        """Close the private keys; nothing if not logged in."""
        self._check()
        if self._role is not None:
            await self.work(self.token.profile.status_ms)
            self._end_login()

    async def certificates(self) -> tuple[Certificate, ...]:
        """List the certificates; needs no login."""
        await self.work(self.token.profile.certificates_ms)
        return self.token.keys.certificates()

    async def sign(self, key_id: bytes, data: bytes, mechanism: Mechanism) -> bytes:
        """Sign data; with simulated keys ``simulators.sealing.verify`` checks it.

        Raises:
            NotLoggedIn, KeyNotFound, NotSupported
        """
        self._check()
        if mechanism not in self.token.capabilities.mechanisms:
            raise NotSupported(self.token.name, mechanism.value)
        self.token.occurred("sign")
        self._check_key(key_id)
        await self.work(self.token.profile.sign_ms)
        try:
            return self.token.keys.sign(key_id, data, mechanism, foreign="foreign" in self.token.faults)
        except LookupError as error:
            raise KeyNotFound(self.token.name, key_id.hex()) from error

    async def unwrap(self, key_id: bytes, wrapped: bytes) -> bytes:
        """Open a content key that was wrapped for this token (simulated keys: ``simulators.sealing.seal``).

        Raises:
            NotLoggedIn, KeyNotFound, NotSupported
            WrongToken: It was wrapped for somebody else.
        """
        self._check()
        if not self.token.capabilities.can_unwrap:
            raise NotSupported(self.token.name, "unwrap")
        self.token.occurred("unwrap")
        self._check_key(key_id)
        await self.work(self.token.profile.unwrap_ms)
        try:
            return self.token.keys.unwrap(key_id, wrapped, foreign="foreign" in self.token.faults)
        except LookupError as error:
            raise KeyNotFound(self.token.name, key_id.hex()) from error
        except sealing.SealedForOther as error:
            raise WrongToken(self.token.name) from error

    async def change_pin(self, old: Secret, new: Secret, role: PinRole = PinRole.USER) -> None:
        """Change a PIN; a wrong old one counts as a failed login.

        Raises:
            PinIncorrect, PinLocked
        """
        await self.work(self.token.profile.change_pin_ms)
        self.token.verify_pin(old, role)
        self.token.set_pin(new, role)

    async def reset_user_pin(self, new: Secret) -> None:
        """Set a new user PIN and unlock it, as only the administrator may.

        Raises:
            NotLoggedIn: The administrator is not logged in.
        """
        self._check()
        if self._role is not PinRole.ADMINISTRATOR:
            raise NotLoggedIn(self.token.name)
        await self.work(self.token.profile.change_pin_ms)
        self.token.set_pin(new)
        self.token.unlock()

    async def close(self) -> None:
        """Log out and give the token back. Calling it twice is allowed."""
        self._closed = True
        self._end_login()
        self._forget(self)

    async def work(self, milliseconds: int) -> None:
        """Spend the time of a call, ended at once by removal or death of the token."""
        await self.token.work(milliseconds * MILLISECOND, self._check)

    @property
    def role(self) -> PinRole | None:
        """Who is logged in."""
        return self._role

    @property
    def lost(self) -> bool:
        """Whether the token was pulled out since the session was opened."""
        return self._lost

    def lose(self) -> None:
        """Learn that the token is out."""
        self._lost = True
        self._end_login()

    def _end_login(self) -> None:
        if self._role is not None:
            self._role = None
            self.token.session_ended()

    def _check(self) -> None:
        if self._lost:
            raise TokenRemoved(self.token.name)
        if "dead" in self.token.faults:
            raise DeviceDead(self.token.name)
        if self._closed:
            raise TokenNotPresent(self.token.name, "this session was closed; open the token anew")

    def _check_key(self, key_id: bytes) -> None:
        self._check()  # the occurrence just told may have brought a fault
        if self._role is not PinRole.USER:
            raise NotLoggedIn(self.token.name)
        if all(key_id != certificate.key_id for certificate in self.token.keys.certificates()):
            raise KeyNotFound(self.token.name, key_id.hex())
