"""Time, tasks and waiting: the one seam between station code and the clock.

Station code, people and in-process device models are ``async def`` functions that wait only through a
:class:`Runtime`. ``AsyncioRuntime`` (here) serves real devices; ``simulators.runtime.SimRuntime`` serves
virtual time. Both pass ``hal.conformance.runtime.check_runtime``.
"""

from hal.runtime.aio import AsyncioRuntime
from hal.runtime.protocol import Event, Lock, Queue, Runtime, Task, TaskGroup
from hal.runtime.runner import run_in
from hal.runtime.units import DAY, HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND, clock_text, parse_clock

__all__ = [
    "DAY",
    "HOUR",
    "MICROSECOND",
    "MILLISECOND",
    "MINUTE",
    "SECOND",
    "AsyncioRuntime",
    "Event",
    "Lock",
    "Queue",
    "Runtime",
    "Task",
    "TaskGroup",
    "clock_text",
    "parse_clock",
    "run_in",
]
