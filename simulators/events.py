"""What the simulators write to the journal."""

from __future__ import annotations

from hal.journal import Event


class FaultBegan(Event, frozen=True):
    """A fault is laid over a device."""

    device: str
    kind: str
    params: tuple[tuple[str, int], ...] = ()


class FaultEnded(Event, frozen=True):
    """A fault is lifted. ``how``: ``repaired`` by a person, ``passed`` by itself, ``replaced`` device."""

    device: str
    kind: str
    how: str


class FaultIdle(Event, frozen=True):
    """A fault could not be laid: the device already has it, or is out of use."""

    device: str
    kind: str
    why: str


class Worked(Event, frozen=True):
    """A person finished a request; ``since`` is when they set out, in microseconds."""

    person: str
    role: str
    action: str
    place: str
    device: str
    since: int
    done: bool
    note: str = ""


class NobodyAble(Event, frozen=True):
    """A request found no person who could do it."""

    role: str
    action: str
    place: str
    reason: str
