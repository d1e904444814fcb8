"""Which tokens are in the slots of a module: each slot is asked by itself, and one that hangs is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from hal.errors import DeviceError
from hal.token.pkcs11 import wire
from hal.token.pkcs11.channel import Channel, Failed, Result
from hal.token.pkcs11.deadlines import Deadlines
from hal.token.pkcs11.failures import error_of

T = TypeVar("T")

_SLOTS = Result(list[wire.SlotRow])
_LOOKED = Result(list[wire.TokenRow])


@dataclass(frozen=True, slots=True)
class Place:
    """How a token is reached: the module, and how long its steps may take."""

    module: Path
    deadlines: Deadlines

    @property
    def name(self) -> str:
        """Name for errors of the module itself."""
        return f"pkcs11:?module-path={self.module}"


@dataclass(slots=True)
class Found:
    """What one look found.

    Attributes:
        rows: The tokens that answer. What has no serial number was never formatted: an empty slot of SoftHSM
            is no token.
        failed: What the others said, by the names of their slots; each detail names the slot too.
    """

    rows: list[wire.TokenRow] = field(default_factory=list)
    failed: dict[str, DeviceError] = field(default_factory=dict)


class Finder:
    """Looks into the slots of a module, in a worker process that is replaced when it hangs or crashes in one.

    Such a slot is not asked again while a token stays in it and another one answers: each time would cost the
    deadline and a worker. The process is started by the first look; use the finder as ``async with``.

    Args:
        place: The module and the deadlines.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._channel: Channel | None = None
        self._left_out: dict[int, DeviceError] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def look(self) -> Found:
        """Ask every slot. The deadline of a list holds for the list of slots and for every slot.

        Raises:
            DeviceTimeout, ModuleMissing, TokenError: There is no list of slots.
        """
        found = Found()
        slots = await self._slots()
        known, self._left_out = self._left_out, {}
        while slots:
            slot = slots.pop(0)
            before = known.get(slot.slot)
            if before is not None:
                self._left_out[slot.slot] = before
                # made anew: each caller gets a traceback of its own
                found.failed[_name(slot)] = type(before)(before.device, before.detail)
                continue
            try:
                found.rows += await self._look(slot)
            except Failed as error:
                found.failed[_name(slot)] = _of_slot(error_of(error.failure, self.place.name), slot)
            except DeviceError as error:  # the worker is no more
                found.failed[_name(slot)] = self._left_out[slot.slot] = _of_slot(error, slot)
                slots = await self._again(slots, found)
        if found.failed and not found.rows:
            self._left_out.clear()
            await self._drop()  # perhaps it is the module, and the next look has a fresh one
        return found

    async def _look(self, slot: wire.SlotRow) -> list[wire.TokenRow]:
        channel = await self._worker()
        looked = await channel.call(wire.Look(slot.slot), _LOOKED, self.place.deadlines.list)
        return [row for row in looked if row.serial]

    async def _again(self, left: list[wire.SlotRow], found: Found) -> list[wire.SlotRow]:
        """Go on with those slots in a fresh worker; what was found stays found if that fails."""
        try:
            present = {slot.slot for slot in (await self._slots() if left else ())}
        except DeviceError as error:
            found.failed |= {_name(slot): error for slot in left}
            return []
        return [slot for slot in left if slot.slot in present]

    async def _slots(self) -> list[wire.SlotRow]:
        channel = await self._worker()
        try:
            return await channel.call(wire.List(), _SLOTS, self.place.deadlines.list)
        except Failed as error:
            if error.failure.broken:
                await self._drop()
            raise error_of(error.failure, self.place.name) from error

    async def release(self) -> Channel:
        """Give the worker away, with the module loaded; the next look has another."""
        channel = await self._worker()
        self._channel = None
        return channel

    async def _worker(self) -> Channel:
        if self._channel is None or not self._channel.alive:
            place = self.place
            try:
                self._channel = await Channel.start(place.name, place.module, place.deadlines)
            except Failed as error:
                raise error_of(error.failure, place.name) from error
        return self._channel

    async def _drop(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.kill()

    async def close(self) -> None:
        """End the process; the next look starts another."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close(self.place.deadlines.close)


def _name(slot: wire.SlotRow) -> str:
    return f"{slot.name or 'slot'} ({slot.slot})"


def _of_slot(error: DeviceError, slot: wire.SlotRow) -> DeviceError:
    return type(error)(error.device, f"{error.detail}: {_name(slot)}")


def some(found: Sequence[T], failed: Iterable[DeviceError]) -> list[T]:
    """Return what was found; if nothing was, raise the first error there is."""
    for error in () if found else failed:
        raise error
    return list(found)
