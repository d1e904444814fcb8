"""The computer that a station runs on."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from hal.errors import DeviceError

T = TypeVar("T")


class ComputerFailed(DeviceError):
    """The computer stopped: crash, power cut, broken disk. What the station had stored is still there."""

    code = "computer-failed"
    happened = "the station's computer stopped"
    remedy = "restart it; if it does not start, use the reserve station"


class DiskFailed(DeviceError):
    """The computer's own disk is full or cannot be written; what it had confirmed is still there."""

    code = "disk-failed"
    happened = "the station's disk cannot be written or read"
    remedy = "go on at the reserve station; leave this computer as it is, its recordings are exported later"


class Computer(Protocol):
    """A computer with a number that is unique in the exam point [001:62, 66-67]."""

    @property
    def name(self) -> str:
        """How people call it."""

    @property
    def number(self) -> int:
        """Its number (номер компьютера)."""

    async def run(self, operation: Coroutine[Any, Any, T]) -> T:
        """Do a piece of a station's work on this computer.

        Raises:
            ComputerFailed: It stopped before the work was done; the work was cut off at some ``await``.
        """
