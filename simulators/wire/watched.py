"""A device on the wire whose state others wait for."""

from __future__ import annotations

from abc import ABC, abstractmethod

from hal.journal import Event
from hal.runtime import AsyncioRuntime
from simulators.wire.control import State


class Watched(ABC):
    """Wakes whoever waits for another state.

    Args:
        runtime: Of the device.
    """

    def __init__(self, runtime: AsyncioRuntime) -> None:
        self.runtime = runtime
        self._change = runtime.event()

    @abstractmethod
    def state(self) -> State:
        """Return all there is to know."""

    async def changed(self, known: State) -> State:
        """Return the state as soon as it is another than ``known``."""
        while True:
            change = self._change
            state = self.state()
            if state != known:
                return state
            await change.wait()

    def _heard(self, event: Event) -> None:  # noqa: ARG002 - that something happened is enough
        self._changed()

    def _changed(self) -> None:
        # A new event each time: the old one stays set for those that it wakes.
        old, self._change = self._change, self.runtime.event()
        old.set()
