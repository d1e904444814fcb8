"""The flash drives that the technicians carry between the stations and the Штаб (E18)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from hal.people import Action, Role
from hal.storage import FileMissing, FlashDrive, StorageError
from station_core.events import DeviceReplaced
from station_core.point import HEADQUARTERS, Point

T = TypeVar("T")

Work = Callable[[FlashDrive], Awaitable[T]]


class Drives:
    """One drive per technician, and the reserves. Whoever uses a drive has it until the work is done."""

    def __init__(self, point: Point) -> None:
        self._point = point
        self._technicians = point.staff.names(Role.TECHNICIAN)
        self._locks = [point.runtime.lock() for _ in self._technicians]

    async def use(
        self, technician: int, place: str, work: Work[T], fill: Work[None] | None = None
    ) -> T | None:
        """Have a technician bring the drive to a place and do something with it; a reserve if it fails.

        Args:
            technician: Index of the technician, and of the drive.
            place: Where the drive is needed.
            work: What to do there; must not return ``None``.
            fill: What to write on the drive before it is carried off.

        Returns:
            What the work returned, or ``None`` when no drive is left or nobody can carry it; an unresolved
            incident says so.

        Raises:
            FileMissing: The drive is good, but what is wanted is not on it (it was on one that failed).
        """
        async with self._locks[technician]:
            while True:
                flash = self._point.flashes[technician]
                try:
                    if fill is not None:
                        await fill(flash)
                    reply = await self._point.ask(
                        Action.CARRY_FLASH,
                        Role.TECHNICIAN,
                        place,
                        flash.name,
                        person=self._technicians[technician],
                    )
                    if not reply.done:
                        incident = self._point.incidents.open(reply.reason, flash.name, place)
                        incident.close("nobody-there", resolved=False)
                        return None
                    return await work(flash)
                except FileMissing:
                    raise
                except StorageError as error:
                    if not self._replace(technician, flash, error):
                        return None

    def _replace(self, technician: int, flash: FlashDrive, error: StorageError) -> bool:
        point = self._point
        incident = point.incidents.open(error.code, flash.name, HEADQUARTERS)
        first_reserve = len(self._technicians)
        if len(point.flashes) <= first_reserve:
            incident.close("no-reserve-flash", resolved=False)
            return False
        point.flashes[technician] = point.flashes.pop(first_reserve)
        point.journal.write(DeviceReplaced(HEADQUARTERS, flash.name, point.flashes[technician].name))
        incident.close("reserve-flash")
        return True
