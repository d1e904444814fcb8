"""Virtual tokens with their ports, the wire, and what can be done to them from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from hal.journal import Event
from hal.runtime import SECOND, AsyncioRuntime
from hal.secret import Secret
from hal.token import PinRole
from simulators.crypto.certificates import Authority, Period
from simulators.crypto.store import RealKeys
from simulators.device import World
from simulators.faults import After, Ending, Fault, Lasts, UntilRepaired
from simulators.profile_types import TokenProfile
from simulators.random import Streams
from simulators.token import SimToken, SimTokenPort
from simulators.wire.control import ControlError, Options, State, number
from simulators.wire.pkcs11.core import pad
from simulators.wire.pkcs11.server import Cut, TokenWire
from simulators.wire.pkcs11.slots import Memory, Slot
from simulators.wire.unix import UnixServer

MOST_TOKENS = 15
"""As many slots as the vendor's module shows (our estimate)."""
LONGEST_FAULT_S = 86_400

OWNERS = (
    "Иванова Анна, член ГЭК", "Петров Борис, член ГЭК", "Сидорова Вера, член ГЭК", "Кузнецов Глеб, член ГЭК",
    "Попова Дарья, член ГЭК", "Волков Егор, член ГЭК", "Соколова Жанна, член ГЭК", "Лебедев Захар, член ГЭК",
    "Козлова Инна, член ГЭК", "Новиков Кирилл, член ГЭК", "Морозова Лидия, член ГЭК", "Павлов Марк, член ГЭК",
    "Семёнова Нина, член ГЭК", "Голубев Олег, член ГЭК", "Виноградова Полина, член ГЭК",
)  # fmt: skip
STRANGER = "Чужой Фома, член ГЭК"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One token to make.

    Args:
        profile: Which model.
        owner: "Фамилия Имя, член ГЭК".
        pin: User PIN.
        admin_pin: Administrator's PIN; ``None`` is the vendor's.
        period: When its certificates are valid.
    """

    profile: TokenProfile
    owner: str
    pin: Secret
    admin_pin: Secret | None = None
    period: Period | None = None


def label(owner: str) -> str:
    """Return the token's label: the name without the title, as far as it fits.

    >>> label("Иванова Анна, член ГЭК")
    'Иванова Анна'
    """
    return pad(owner.partition(",")[0].strip(), 32).decode().rstrip()


class VirtualTokens:
    """All tokens of one virtual module, each in a port of its own; ``Controlled`` and its ``wire``.

    Args:
        wanted: The tokens, in order of the slots. Their keys are made now, about 0.1 s a token.
        pace: Seconds of the models' clock per real second.
        authority: Issues the certificates; a new one by default.
    """

    def __init__(
        self, wanted: Sequence[Wanted], pace: float = 1.0, authority: Authority | None = None
    ) -> None:
        self.runtime = AsyncioRuntime(pace=pace)
        self._world = World(self.runtime, Streams(0), self._heard, self.runtime.spawn)
        self._change = self.runtime.event()
        self.authority = authority or Authority()
        self._memories: dict[SimToken, Memory] = {}
        self._homes: dict[str, Slot] = {}
        self._strangers: dict[str, SimToken] = {}
        self._wanted: dict[str, Wanted] = {}
        self.tokens: dict[str, SimToken] = {}
        self.slots: list[Slot] = []
        for index, each in enumerate(wanted, 1):
            name = f"token-{index}"
            port = SimTokenPort(f"port-{index}", self._world)
            slot = Slot(index - 1, port, self._memories)
            self.slots.append(slot)
            self._homes[name] = slot
            self._wanted[name] = each
            self.tokens[name] = self._make(name, each, f"3b9ac9{index:02x}")
            port.insert(self.tokens[name])
        self.wire = TokenWire(self.slots, self._changed)
        self._server: UnixServer | None = None

    def server(self, path: Path) -> UnixServer:
        """Return the server of the wire, which the state and the verb ``cut`` speak of from now on."""
        self._server = UnixServer(path, self.wire.serve, self._changed)
        return self._server

    def _make(self, name: str, wanted: Wanted, serial: str) -> SimToken:
        token = SimToken(
            name, self._world, wanted.profile, owner=wanted.owner, pin=wanted.pin, serial=serial,
            admin_pin=wanted.admin_pin,
            keys=RealKeys(wanted.owner, wanted.profile, self.authority, wanted.period),
            label=label(wanted.owner),
        )  # fmt: skip
        self._memories[token] = Memory(token, self._changed)
        return token

    # -- what is there -------------------------------------------------------------------------------------

    def _heard(self, event: Event) -> None:  # noqa: ARG002 - that something happened is enough
        self._changed()

    def _changed(self) -> None:
        old, self._change = self._change, self.runtime.event()
        old.set()

    async def changed(self, known: State) -> State:
        """Return the state as soon as it is another than ``known``."""
        while True:
            change = self._change
            state = self.state()
            if state != known:
                return state
            await change.wait()

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
    def verbs(self) -> Mapping[str, Callable[[str, Options], Awaitable[None]]]:
        """What can be done, by name."""
        return {
            "insert": self._insert,
            "remove": self._remove,
            "lock": partial(self._fault, "locked"),
            "unlock": self._unlock,
            "dead": partial(self._fault, "dead"),
            "alive": self._alive,
            "slow": partial(self._fault, "slow"),
            "hang": partial(self._fault, "hang"),
            "foreign-key": partial(self._fault, "foreign"),
            "wrong-owner": self._wrong_owner,
            "cut": self._cut,
        }

    def _target(self, target: str) -> SimToken:
        """Return the token that is meant; the only one need not be named."""
        if not target and len(self.tokens) == 1:
            return next(iter(self.tokens.values()))
        if target not in self.tokens:
            raise ControlError("control-unknown-target", target=target, known=", ".join(self.tokens))
        return self.tokens[target]

    async def _insert(self, target: str, _options: Options) -> None:
        """Put a token into its own port, whatever is there now."""
        token = self._target(target)
        slot = self._homes[token.name]
        if slot.token is not token:
            slot.port.remove()
        if not slot.port.insert(token):
            raise ControlError("control-token-lost", target=token.name)
        self._changed()

    async def _remove(self, target: str, options: Options) -> None:
        """Pull out what is in the token's port; with ``at`` as soon as such a call begins."""
        token = self._target(target)
        if self._armed("removed", token, options):
            return
        self._homes[token.name].port.remove()
        self._changed()

    async def _unlock(self, target: str, _options: Options) -> None:
        self._target(target).unlock()
        self._changed()

    async def _alive(self, target: str, _options: Options) -> None:
        """End what makes a token useless: death, hanging, slowness, a foreign key."""
        token = self._target(target)
        for kind in ("dead", "hang", "slow", "foreign"):
            token.end_fault(kind, "repaired")
        self._changed()

    async def _wrong_owner(self, target: str, _options: Options) -> None:
        """Put a stranger's token of the same model and PIN into the port, in place of the token."""
        token = self._target(target)
        slot = self._homes[token.name]
        if token.name not in self._strangers:
            wanted = self._wanted[token.name]
            stranger = Wanted(wanted.profile, STRANGER, wanted.pin, wanted.admin_pin, wanted.period)
            name = token.name.replace("token", "stranger")
            self._strangers[token.name] = self._make(name, stranger, f"5713a9{slot.number + 1:02x}")
        slot.port.remove()
        slot.port.insert(self._strangers[token.name])
        self._changed()

    async def _fault(self, kind: str, target: str, options: Options) -> None:
        token = self._target(target)
        if not self._armed(kind, token, options):
            token.begin_fault(kind, self._params(kind, options), _ending(options))
        self._changed()

    def _armed(self, kind: str, token: SimToken, options: Options) -> bool:
        """Arm a fault that waits for a call (option ``at``); say whether it does."""
        at = options.get("at")
        if at is None:
            return False
        occurrences = sorted({each.occurrence for each in SimToken.FAULTS.values()})
        if at not in occurrences:
            raise ControlError("control-unknown-call", call=str(at), known=", ".join(occurrences))
        count = number(options, "count", 1, 1_000_000, 1) or 1
        token.plan(
            Fault(token.name, kind, After(str(at), count), _ending(options), self._params(kind, options))
        )
        return True

    def _params(self, kind: str, options: Options) -> dict[str, int]:
        params = dict(SimToken.FAULTS[kind].params)
        percent = number(options, "percent", 1, 1_000_000)
        if percent is not None and "factor_percent" in params:
            params["factor_percent"] = percent
        return params

    async def _cut(self, _target: str, options: Options) -> None:
        """Cut the wire: now, or once a connection has sent ``after`` messages."""
        after = number(options, "after", 0, 1_000_000)
        loses = options.get("loses", "request")
        if loses not in ("request", "answer"):
            raise ControlError("control-bad-loses", value=str(loses))
        if after is not None:
            self.wire.cut = Cut(after, loses)
        elif self._server is not None:
            self._server.drop()
        self._changed()


def _ending(options: Options) -> Ending:
    seconds = number(options, "seconds", 1, LONGEST_FAULT_S)
    return UntilRepaired() if seconds is None else Lasts(seconds * SECOND)


def environment(socket: str) -> dict[str, str]:
    """Return what p11-kit's client needs to find the socket."""
    return {"P11_KIT_SERVER_ADDRESS": f"unix:path={quote(socket, safe='/')}"}
