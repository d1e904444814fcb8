"""Virtual tokens with their ports, the wire, and what can be done to them from outside."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from hal.runtime import SECOND, AsyncioRuntime, Task
from hal.secret import Secret
from hal.token import PinRole
from simulators.crypto.certificates import Authority, Period
from simulators.crypto.store import RealKeys
from simulators.device import World
from simulators.faults import Lasts, UntilRepaired
from simulators.profile_types import TokenProfile
from simulators.random import Streams
from simulators.token import DEFAULT_ADMIN_PIN, Pin, SimToken, SimTokenPort
from simulators.wire.control import ControlError, Options, State, Verb, number, unknown_target
from simulators.wire.limits import LONGEST_FAULT_S
from simulators.wire.pkcs11.core import pad
from simulators.wire.pkcs11.limits import MOST_COUNTED
from simulators.wire.pkcs11.objects import StoredObject
from simulators.wire.pkcs11.pin_digest import PinDigest
from simulators.wire.pkcs11.server import Cut, TokenWire
from simulators.wire.pkcs11.slots import Memory, Slot
from simulators.wire.unix import UnixServer
from simulators.wire.watched import Watched

OWNERS = (
    "Иванова Анна, член ГЭК", "Петров Борис, член ГЭК", "Сидорова Вера, член ГЭК", "Кузнецов Глеб, член ГЭК",
    "Попова Дарья, член ГЭК", "Волков Егор, член ГЭК", "Соколова Жанна, член ГЭК", "Лебедев Захар, член ГЭК",
    "Козлова Инна, член ГЭК", "Новиков Кирилл, член ГЭК", "Морозова Лидия, член ГЭК", "Павлов Марк, член ГЭК",
    "Семёнова Нина, член ГЭК", "Голубев Олег, член ГЭК", "Виноградова Полина, член ГЭК",
)  # fmt: skip
STRANGER = "Чужой Фома, член ГЭК"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a token has held before (``keeping``).

    Args:
        serial: Its number.
        keys: Its keys.
        objects: What lies on it.
        tries_left: Of each PIN.
    """

    serial: str
    keys: RealKeys
    objects: list[StoredObject]
    tries_left: Mapping[PinRole, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One token to make.

    Args:
        profile: Which model.
        owner: "Фамилия Имя, член ГЭК".
        pin: User PIN.
        admin_pin: Administrator's PIN.
        period: When its certificates are valid.
        contents: What it has held before; a new token has new keys.
    """

    profile: TokenProfile
    owner: str
    pin: Secret | PinDigest
    admin_pin: Secret | PinDigest = field(default_factory=lambda: Secret(DEFAULT_ADMIN_PIN))
    period: Period | None = None
    contents: Contents | None = None


def label(owner: str) -> str:
    """Return the token's label: the name without the title, as far as it fits.

    >>> label("Иванова Анна, член ГЭК")
    'Иванова Анна'
    """
    return pad(owner.partition(",")[0].strip(), 32).decode().rstrip()


@dataclass(slots=True, eq=False)
class Armed:
    """A fault that waits for a call.

    Args:
        kind: Of the fault.
        at: What the token does then.
        left: At which such call from now on.
        seconds: How long it will last; ``None`` until it is undone.
        strike: Lays it over the token.
    """

    kind: str
    at: str
    left: int
    seconds: int | None
    strike: Callable[[], None]


class ServedToken(SimToken):
    """A token whose armed faults can be seen and withdrawn, and that knows digests of its PINs only.

    Args:
        name, world: As of any device.
        wanted: What to make.
        serial: Its number.
        keys: Its keys.
        written: Told when a PIN or the attempts left for it have changed.
    """

    def __init__(
        self,
        name: str,
        world: World,
        wanted: Wanted,
        serial: str,
        keys: RealKeys,
        written: Callable[[], None],
    ) -> None:
        self.digests = {
            PinRole.USER: PinDigest.of(wanted.pin), PinRole.ADMINISTRATOR: PinDigest.of(wanted.admin_pin),
        }  # fmt: skip
        super().__init__(
            name, world, wanted.profile, owner=wanted.owner, serial=serial, keys=keys,
            pin=self.digests[PinRole.USER], admin_pin=self.digests[PinRole.ADMINISTRATOR],
            label=label(wanted.owner),
        )  # fmt: skip
        self.real_keys = keys
        self.armed: list[Armed] = []
        self._written = written

    def verify_pin(self, pin: Secret, role: PinRole) -> None:
        """Check a PIN and count the attempt; it is written down before anybody learns the answer."""
        before = self.tries_left(role)
        try:
            super().verify_pin(pin, role)
        finally:
            if self.tries_left(role) != before:
                self._written()

    def unlock(self) -> None:
        """Give the user PIN all its attempts back."""
        super().unlock()
        self._written()

    def set_pin(self, pin: Pin, role: PinRole = PinRole.USER) -> None:
        """Replace a PIN."""
        self.digests[role] = PinDigest.of(pin)
        super().set_pin(self.digests[role], role)
        self._written()

    def occurred(self, what: str) -> None:
        """Let the armed faults strike."""
        super().occurred(what)
        for each in [each for each in self.armed if each.at == what]:
            each.left -= 1
            if each.left == 0:
                self.armed.remove(each)
                each.strike()


class VirtualTokens(Watched):
    """All tokens of one virtual module, each in a port of its own; ``Controlled`` and its ``wire``.

    Args:
        wanted: The tokens, in order of the slots. Their keys are made now, about 0.1 s a token.
        pace: Seconds of the models' clock per real second.
        authority: Issues the certificates; a new one by default.
        written: Told when a token's contents, a PIN or the attempts left for one have changed.
    """

    def __init__(
        self,
        wanted: Sequence[Wanted],
        pace: float = 1.0,
        authority: Authority | None = None,
        written: Callable[[], None] = lambda: None,
    ) -> None:
        self.written = written
        super().__init__(AsyncioRuntime(pace=pace))
        self._world = World(self.runtime, Streams(0), self._heard, self.runtime.spawn)
        self.authority = authority or Authority()
        self._memories: dict[SimToken, Memory] = {}
        self._returns: dict[Slot, Task[None]] = {}
        self._homes: dict[str, Slot] = {}
        self._strangers: dict[str, ServedToken] = {}
        self._wanted: dict[str, Wanted] = {}
        self.tokens: dict[str, ServedToken] = {}
        self.slots: list[Slot] = []
        for index, each in enumerate(wanted, 1):
            name = f"token-{index}"
            port = SimTokenPort(f"port-{index}", self._world)
            slot = Slot(index - 1, port, self._memories)
            self.slots.append(slot)
            self._homes[name] = slot
            self._wanted[name] = each
            serial = f"3b9ac9{index:02x}" if each.contents is None else each.contents.serial
            self.tokens[name] = self._make(name, each, serial)
            port.insert(self.tokens[name])
        self.wire = TokenWire(self.slots, self._changed)
        self._server: UnixServer | None = None

    def server(self, path: Path) -> UnixServer:
        """Return the server of the wire, which the state and the verb ``cut`` speak of from now on."""
        self._server = UnixServer(path, self.wire.serve, self._changed)
        return self._server

    def _make(self, name: str, wanted: Wanted, serial: str) -> ServedToken:
        held = wanted.contents
        if held is None:
            keys = RealKeys.new(wanted.owner, wanted.profile, self.authority, wanted.period)
        else:
            keys = held.keys
        token = ServedToken(name, self._world, wanted, serial, keys, self._has_written)
        for role, left in held.tries_left.items() if held is not None else ():
            token.set_tries_left(role, left)
        objects = None if held is None else held.objects
        self._memories[token] = Memory(token, self._changed, self._has_written, objects)
        return token

    def _has_written(self) -> None:
        self.written()

    def holds(self, token: ServedToken) -> tuple[Wanted, Contents]:
        """Return what makes a token again: how it was wanted, and what it holds now."""
        tries = {role: token.tries_left(role) for role in PinRole}
        objects = self._memories[token].objects
        return self._wanted[token.name], Contents(token.serial, token.real_keys, objects, tries)

    # -- what is there -------------------------------------------------------------------------------------

    def state(self) -> State:
        """Return all there is to know."""
        cut = self.wire.cut
        return {
            "device": "token",
            "slots": [{"slot": slot.number, "token": slot.token and slot.token.name} for slot in self.slots],
            "tokens": [self._token_state(token) for token in self._memories],
            "connections": self._server.connections if self._server is not None else 0,
            "messages": self.wire.messages,
            "refused": self.wire.refused,
            "cut": None if cut is None else {"after": cut.after, "loses": cut.loses},
        }

    def _token_state(self, token: SimToken) -> State:
        memory = self._memories[token]
        return {
            "name": token.name,
            "owner": token.owner,
            "label": token.info.label,
            "serial": token.serial,
            "model": token.profile.model,
            "inserted": next((slot.number for slot in self.slots if slot.token is token), None),
            "pin": token.pin_state().value,
            "admin_pin": token.pin_state(PinRole.ADMINISTRATOR).value,
            "faults": sorted(token.faults),
            "armed": [
                {"fault": each.kind, "at": each.at, "left": each.left, "seconds": each.seconds}
                for each in (token.armed if isinstance(token, ServedToken) else ())
            ],
            "calls": sorted(memory.calls),
            "objects": len(memory.objects),
        }

    def url(self, name: str, module: str = "") -> str:
        """Return the PKCS#11 URI of a token (RFC 7512).

        Args:
            name: Of the token.
            module: Path of the module to reach it through, if known.
        """
        token = self.tokens[name]
        parts = {
            "token": token.info.label, "serial": token.serial, "manufacturer": token.profile.manufacturer,
            "model": token.profile.pkcs11_model,
        }  # fmt: skip
        path = ";".join(f"{key}={quote(value, safe='')}" for key, value in parts.items())
        return f"pkcs11:{path}" + (f"?module-path={quote(module, safe='/')}" if module else "")

    # -- what can be done ------------------------------------------------------------------------------------

    @property
    def verbs(self) -> Mapping[str, Verb]:
        """What can be done, by name."""
        strikes = ("seconds", "at", "count")
        return {
            "insert": Verb(self._insert),
            "remove": Verb(partial(self._fault, "removed"), strikes),
            "lock": Verb(partial(self._fault, "locked"), strikes),
            "unlock": Verb(self._unlock),
            "dead": Verb(partial(self._fault, "dead"), strikes),
            "alive": Verb(self._alive),
            "slow": Verb(partial(self._fault, "slow"), (*strikes, "percent")),
            "hang": Verb(partial(self._fault, "hang"), strikes),
            "foreign-key": Verb(partial(self._fault, "foreign"), strikes),
            "wrong-owner": Verb(self._wrong_owner),
            "disarm": Verb(self._disarm),
            "cut": Verb(self._cut, ("after", "loses"), targeted=False),
        }

    def _target(self, target: str) -> ServedToken:
        """Return the token that is meant; the only one need not be named."""
        if not target and len(self.tokens) == 1:
            return next(iter(self.tokens.values()))
        if target not in self.tokens:
            raise unknown_target(target, self.tokens)
        return self.tokens[target]

    async def _insert(self, target: str, _options: Options) -> None:
        """Put a token into its own port, whatever is there now."""
        token = self._target(target)
        slot = self._homes[token.name]
        self._keep_out(slot)
        if slot.token is not token:
            slot.port.remove()
        if not slot.port.insert(token):
            raise ControlError("control-token-lost", target=token.name)
        self._changed()

    async def _unlock(self, target: str, _options: Options) -> None:
        self._target(target).unlock()
        self._changed()

    async def _alive(self, target: str, _options: Options) -> None:
        """End what makes a token useless: death, hanging, slowness, a foreign key; and what is armed."""
        token = self._target(target)
        token.armed.clear()
        for kind in ("dead", "hang", "slow", "foreign"):
            token.end_fault(kind, "repaired")
        self._changed()

    async def _wrong_owner(self, target: str, _options: Options) -> None:
        """Put a stranger's token of the same model and PIN into the port, in place of the token."""
        token = self._target(target)
        slot = self._homes[token.name]
        if token.name not in self._strangers:
            wanted = self._wanted[token.name]
            stranger = replace(wanted, owner=STRANGER, contents=None)
            name = token.name.replace("token", "stranger")
            self._strangers[token.name] = self._make(name, stranger, f"5713a9{slot.number + 1:02x}")
        self._keep_out(slot)
        slot.port.remove()
        slot.port.insert(self._strangers[token.name])
        self._changed()

    async def _disarm(self, target: str, _options: Options) -> None:
        """Withdraw what waits for a call; without a target everywhere, and on the wire."""
        tokens = [self._target(target)] if target else list(self.tokens.values())
        for token in tokens:
            token.armed.clear()
        if not target:
            self.wire.cut = None
        self._changed()

    async def _fault(self, kind: str, target: str, options: Options) -> None:
        """Damage a token now; with ``at`` as soon as such a call begins."""
        token = self._target(target)
        seconds = number(options, "seconds", 1, LONGEST_FAULT_S)
        strike = partial(self._strike, token, kind, self._params(kind, options), seconds)
        at = options.get("at")
        if at is None:
            if "count" in options:
                raise ControlError("control-needs-option", option="count", needs="at")
            strike()
        else:
            occurrences = sorted({each.occurrence for each in SimToken.FAULTS.values()})
            if at not in occurrences:
                raise ControlError("control-unknown-call", call=str(at), known=", ".join(occurrences))
            count = number(options, "count", 1, MOST_COUNTED, 1) or 1
            token.armed.append(Armed(kind, str(at), count, seconds, strike))
        self._changed()

    def _strike(self, token: ServedToken, kind: str, params: Mapping[str, int], seconds: int | None) -> None:
        if kind == "removed":
            self._pull(token, seconds)
            return
        token.end_fault(kind, "repaired")  # the new one takes its place
        token.begin_fault(kind, params, UntilRepaired() if seconds is None else Lasts(seconds * SECOND))

    def _pull(self, token: ServedToken, seconds: int | None) -> None:
        """Pull out what is in a token's port; put it back after a while, unless somebody is quicker."""
        slot = self._homes[token.name]
        self._keep_out(slot)
        pulled = slot.token
        slot.port.remove()
        self._changed()
        if pulled is not None and seconds is not None:
            self._returns[slot] = self.runtime.spawn(
                self._return(slot, pulled, seconds), f"{token.name} returns"
            )

    async def _return(self, slot: Slot, token: SimToken, seconds: int) -> None:
        await self.runtime.sleep(seconds * SECOND)
        del self._returns[slot]
        slot.port.insert(token)
        self._changed()

    def _keep_out(self, slot: Slot) -> None:
        """Do not put back what was pulled out: a hand has done something else since."""
        returns = self._returns.pop(slot, None)
        if returns is not None:
            returns.cancel()

    def _params(self, kind: str, options: Options) -> dict[str, int]:
        params = dict(SimToken.FAULTS[kind].params)
        percent = number(options, "percent", 1, MOST_COUNTED)
        if percent is not None and "factor_percent" in params:
            params["factor_percent"] = percent
        return params

    async def _cut(self, _target: str, options: Options) -> None:
        """Cut the wire: now, or once a connection has sent ``after`` messages."""
        after = number(options, "after", 0, MOST_COUNTED)
        loses = options.get("loses", "request")
        if loses not in ("request", "answer"):
            raise ControlError("control-bad-loses", value=str(loses))
        if after is None and "loses" in options:
            raise ControlError("control-needs-option", option="loses", needs="after")
        if after is not None:
            self.wire.cut = Cut(after, loses)
        elif self._server is not None:
            self._server.drop()
        self._changed()


def environment(socket: str) -> dict[str, str]:
    """Return what p11-kit's client needs to find the socket."""
    return {"P11_KIT_SERVER_ADDRESS": f"unix:path={quote(os.fsencode(socket), safe='/')}"}
