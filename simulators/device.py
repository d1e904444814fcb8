"""What all device models share: a name, a runtime, luck, and the overlay of faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from hal.journal import Event
from hal.runtime import Runtime
from simulators.events import FaultBegan, FaultEnded, FaultIdle
from simulators.faults import After, At, Ending, Fault, FaultKind, Lasts, Never, Rate
from simulators.random import Stream, Streams

Emit = Callable[[Event], None]
Spawn = Callable[..., object]


class World:
    """What a model needs of its surroundings.

    Args:
        runtime: Time.
        streams: Luck.
        emit: Where events go, usually ``journal.write``.
        spawn: Starts a task that lives as long as the run, usually ``runtime.spawn``.
    """

    def __init__(self, runtime: Runtime, streams: Streams, emit: Emit, spawn: Spawn) -> None:
        self.runtime = runtime
        self.streams = streams
        self.emit = emit
        self.spawn = spawn


class SimDevice:
    """Base of the models. The undamaged state is theirs; what is broken is in ``faults``."""

    FAULTS: ClassVar[Mapping[str, FaultKind]] = {}

    def __init__(self, name: str, world: World) -> None:
        self.name = name
        self.world = world
        self.runtime = world.runtime
        self.faults: dict[str, Mapping[str, int]] = {}
        self._endings: dict[str, Ending] = {}
        self._watchers: dict[str, list[Callable[[], None]]] = {}

    def luck(self, purpose: str) -> Stream:
        """Return this device's stream for a purpose; keep it, each call begins anew."""
        return self.world.streams.stream(self.name, purpose)

    # -- faults ------------------------------------------------------------------------------------

    def plan(self, fault: Fault) -> None:
        """Arm a fault of this device.

        Raises:
            KeyError: The kind is not one of ``FAULTS``.
        """
        kind = self.FAULTS[fault.kind]
        params = {**kind.params, **fault.params}
        trigger = fault.trigger
        if isinstance(trigger, At):
            self.world.spawn(self._begin_at(trigger.time, fault, params), f"fault {fault.kind} {self.name}")
        elif isinstance(trigger, After):
            self._watch_count(trigger, fault, params)
        else:
            self._watch_rate(trigger, fault, params)

    async def _begin_at(self, time: int, fault: Fault, params: Mapping[str, int]) -> None:
        await self.runtime.sleep(time - self.runtime.now())
        self.begin_fault(fault.kind, params, fault.ending)

    def _watch_count(self, trigger: After, fault: Fault, params: Mapping[str, int]) -> None:
        left = trigger.count

        def count() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self.begin_fault(fault.kind, params, fault.ending)

        self._watchers.setdefault(trigger.occurrence, []).append(count)

    def _watch_rate(self, trigger: Rate, fault: Fault, params: Mapping[str, int]) -> None:
        luck = self.luck(f"fault {fault.kind} per {trigger.occurrence}")

        def draw() -> None:
            # the draw is made every time, so that a fault in force does not shift the later ones
            if luck.chance(trigger.per_million) and fault.kind not in self.faults:
                self.begin_fault(fault.kind, params, fault.ending)

        self._watchers.setdefault(trigger.occurrence, []).append(draw)

    def occurred(self, what: str) -> None:
        """Tell the armed faults that the device did something; called by the models."""
        if self._watchers:
            for watcher in self._watchers.get(what, ()):
                watcher()

    def begin_fault(self, kind: str, params: Mapping[str, int], ending: Ending) -> None:
        """Lay a fault over the device now."""
        if kind in self.faults:
            self.world.emit(FaultIdle(self.name, kind, "in-force"))
            return
        params = dict(params)  # its own object: it tells this stroke from a later one of the same fault
        self.faults[kind] = params
        self._endings[kind] = ending
        self.world.emit(FaultBegan(self.name, kind, tuple(sorted(params.items()))))
        if isinstance(ending, Lasts):
            self.world.spawn(self._pass_after(kind, params, ending.duration), f"end of {kind} {self.name}")
        self.fault_began(kind)

    async def _pass_after(self, kind: str, params: Mapping[str, int], duration: int) -> None:
        await self.runtime.sleep(duration)
        if self.faults.get(kind) is params:  # not repaired, nor repaired and struck again
            self.end_fault(kind, "passed")

    def end_fault(self, kind: str, how: str) -> None:
        """Lift a fault; nothing if it is not in force."""
        if self.faults.pop(kind, None) is not None:
            del self._endings[kind]
            self.world.emit(FaultEnded(self.name, kind, how))
            self.fault_ended(kind)

    def repair(self, *kinds: str) -> bool:
        """Do what a person does against these kinds; return whether the device is free of them now."""
        for kind in kinds:
            if kind in self.faults and _repairable(self._endings[kind]):
                self.end_fault(kind, "repaired")
        return not any(kind in self.faults for kind in kinds)

    def fault_began(self, kind: str) -> None:
        """React to a fault that has just been laid (models override it)."""

    def fault_ended(self, kind: str) -> None:
        """React to a fault that has just been lifted (models override it)."""


def _repairable(ending: Ending) -> bool:
    return ending.repairable if isinstance(ending, Lasts) else not isinstance(ending, Never)
