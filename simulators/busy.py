"""Devices whose calls take time, run slower or hang under a fault, and break off when something happens."""

from __future__ import annotations

from collections.abc import Callable

from hal.runtime import Event
from simulators.device import SimDevice, World


class BusyDevice(SimDevice):
    """A device that works on calls; the faults ``slow`` and ``hang``, where it has them, stretch the work.

    The work is woken by events and never polls: a change (a fault, a pulled plug) reaches a pending call at
    the instant when it happens.
    """

    def __init__(self, name: str, world: World) -> None:
        super().__init__(name, world)
        self._change: Event = self.runtime.event()

    def changed(self) -> None:
        """Make all pending calls look at the device again."""
        # A new event each time: the old one stays set for those that it wakes.
        old, self._change = self._change, self.runtime.event()
        old.set()

    def fault_began(self, kind: str) -> None:  # noqa: ARG002
        """Wake the pending calls."""
        self.changed()

    def fault_ended(self, kind: str) -> None:  # noqa: ARG002
        """Wake the pending calls."""
        self.changed()

    async def work(self, duration: int, check: Callable[[], None]) -> None:
        """Spend the time that a call takes on a sound device, more under ``slow`` and ``hang``.

        Args:
            duration: Microseconds.
            check: Raises when the call cannot go on; asked at the start, at every change and at the end.
        """
        check()
        if not self.faults and duration > 0:
            began = self.runtime.now()
            if not await self._change.wait(duration):
                check()
                return
            duration -= self.runtime.now() - began
        left = duration * 100  # hundredths of microseconds, since the factor is in percent
        while True:
            check()
            if "hang" in self.faults:
                await self._change.wait()
                continue
            if left <= 0:
                return
            slow = self.faults.get("slow")
            factor = 100 if slow is None else max(1, slow["factor_percent"])
            began = self.runtime.now()
            await self._change.wait(-(-left * factor // 10_000))
            left -= (self.runtime.now() - began) * 10_000 // factor
