"""Computers that crash, lose power or break, and cut off the work of their station."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, ClassVar, TypeVar, cast

from hal.computer import ComputerFailed
from hal.runtime import TaskGroup
from simulators.device import SimDevice, World
from simulators.faults import FaultKind, UntilRepaired

T = TypeVar("T")


class SimComputer(SimDevice):
    """A computer with a number that is unique in the exam point, as ``hal.computer.Computer``."""

    FAULTS: ClassVar[Mapping[str, FaultKind]] = {
        "crash": FaultKind("the system or the station's program stops; a restart helps", occurrence="run"),
        "power-cut": FaultKind(
            "no mains power; ends by itself, or by a restart when a fuse or a plug was the cause",
            occurrence="run",
        ),
        "broken": FaultKind("the hardware is broken: only the reserve station helps", occurrence="run"),
    }

    def __init__(self, name: str, world: World, number: int) -> None:
        super().__init__(name, world)
        self.number = number
        self._running: dict[TaskGroup, str] = {}  # the work under way, and what has cut it off

    @property
    def on(self) -> bool:
        """Whether it works; every fault of a computer puts it out."""
        return not self.faults

    async def run(self, operation: Coroutine[Any, Any, T]) -> T:
        """Do a piece of a station's work on this computer.

        Raises:
            ComputerFailed: It stopped before the work was done; the work was cancelled at an ``await``.
        """
        self.occurred("run")
        if not self.on:
            operation.close()
            raise ComputerFailed(self.name, self._cause())
        result: Any = None
        done, cut_by, failure = False, "", None
        # A group only for its cancel(): the operation runs in the caller's own task, as the body.
        async with self.runtime.task_group() as group:
            self._running[group] = ""
            try:
                result = await operation
                done = True
            except Exception as error:  # noqa: BLE001 - raised below, outside of the group
                failure = error
            finally:
                cut_by = self._running.pop(group)
        if cut_by:
            raise ComputerFailed(self.name, cut_by) from failure
        if failure is not None:
            raise failure
        if not done:
            raise asyncio.CancelledError  # the operation cancelled itself
        return cast("T", result)

    def restart(self) -> bool:
        """Switch it off and on, as a person does; return whether it works.

        A cut of the mains that ends at its own time outlasts a restart, and so does a broken computer.
        """
        self.repair("crash")
        if isinstance(self._endings.get("power-cut"), UntilRepaired):
            self.repair("power-cut")
        return self.on

    def fault_began(self, kind: str) -> None:
        """Cut off all work at once."""
        for group, cut_by in list(self._running.items()):
            if not cut_by:
                self._running[group] = kind
                group.cancel()

    def _cause(self) -> str:
        return ", ".join(self.faults)
