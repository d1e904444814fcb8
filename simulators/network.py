"""Internet channels of the Штаб: the wired one and the USB modem in reserve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from hal.network import ChannelDown
from hal.runtime import MILLISECOND, SECOND
from simulators.busy import BusyDevice
from simulators.device import World
from simulators.faults import FaultKind


class SimChannel(BusyDevice):
    """One way to the federal portal, as ``hal.network.Channel``.

    Args:
        name: How the Штаб calls it.
        world: Surroundings.
        bits_per_second: Throughput; the default is our estimate for a school, a modem gets 2 to 10 million.
        latency: Microseconds for connecting and the portal's answer (estimate).
    """

    FAULTS: ClassVar[Mapping[str, FaultKind]] = {
        "down": FaultKind("the portal cannot be reached", occurrence="transfer"),
        "slow": FaultKind("transfers take longer", {"factor_percent": 1000}, "transfer"),
        "drops": FaultKind(
            "every transfer breaks off when that much of it is done", {"after_percent": 50}, "transfer"
        ),
    }

    def __init__(
        self,
        name: str,
        world: World,
        bits_per_second: int = 50_000_000,
        latency: int = 300 * MILLISECOND,
    ) -> None:
        super().__init__(name, world)
        if bits_per_second <= 0:
            raise ValueError(f"{name}: bits_per_second must be positive, not {bits_per_second}")
        self.bits_per_second = bits_per_second
        self.latency = latency

    async def transfer(self, size_bytes: int) -> None:
        """Send or fetch that much; returns when the far side has it.

        Raises:
            ChannelDown: Before or during the transfer, at the instant when the channel goes down.
        """
        self._check()
        self.occurred("transfer")
        duration = self.latency + size_bytes * 8 * SECOND // self.bits_per_second
        drops = self.faults.get("drops")
        if drops is None:
            await self.work(duration, self._check_steady)
        else:
            await self.work(duration * drops["after_percent"] // 100, self._check)
            raise ChannelDown(self.name, "the transfer broke off")

    def restore(self) -> bool:
        """Repair the channel as the technician can: plug the cable in, restart the router.

        Returns:
            Whether it works again.
        """
        return self.repair(*self.FAULTS)

    def _check(self) -> None:
        if "down" in self.faults:
            raise ChannelDown(self.name)

    def _check_steady(self) -> None:
        self._check()
        if "drops" in self.faults:
            raise ChannelDown(self.name, "the transfer broke off")
