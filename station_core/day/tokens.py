"""Doing something with a ГЭК member's token, whoever's works (E17)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from hal.computer import ComputerFailed, DiskFailed
from hal.errors import DeviceError
from hal.people import Action, Reply, Role
from hal.runtime import MINUTE
from hal.secret import Secret
from hal.token import PinIncorrect, TokenRemoved
from station_core.errors import StationError
from station_core.events import ActivationFailed
from station_core.point import Point

TOKEN_DEADLINE = MINUTE
"""A token that has not answered by then is treated as broken."""

TRIES_PER_PERSON = 2
"""Wrong PINs a member may type before another member is called: the lock must stay far away."""

KEEP_TRIES = 3
"""A token with no more tries left than this is not tried again: the rest is for its holder alone."""

UNUSABLE = (
    "dead", "pin-locked", "wrong-token", "timeout", "token-removed", "pin-incorrect",
    "certificate-expired", "certificate-early",
)  # fmt: skip
"""Errors after which a token is used only when there is no other."""

Operation = Callable[[str, str, Secret], Awaitable[None]]
"""What to do with ``(person, token serial, PIN)``."""


async def with_member_token(
    point: Point, place: str, station: str, operation: Operation, person: str = ""
) -> bool:
    """Have a ГЭК member insert the token and do the operation; on failure the next member (E17).

    Args:
        point: The exam point.
        place: Where the port is.
        station: Name of the station (or the Штаб) whose port is used.
        operation: Called with the person, the serial number and the PIN.
        person: The member who stands there already; others are called only when that one fails.

    Returns:
        Whether it was done. If not, an unresolved incident is in the journal.

    Raises:
        ComputerFailed, DiskFailed: The station's computer stopped, or its disk; the token has been taken out.
    """
    failed: list[str] = []
    incident = None
    port_seen_to = False
    while True:
        reply = await _call_member(point, place, station, "" if person in failed else person, failed)
        if not reply.done or reply.secret is None:
            missing = reply.person or person
            if missing and missing not in failed:  # not there, or without a token: the next member
                if missing not in point.unusable_tokens:
                    incident = incident or point.incidents.open("no-token", missing, place)
                point.unusable_tokens[missing] = "no-token"
                failed.append(missing)
                continue
            incident = incident or point.incidents.open("no-token", station, place)
            incident.close("no-other-member", resolved=False)
            return False
        serial = reply.items[0]
        try:
            error = await _attempts(point, place, station, operation, reply.person, serial, reply.secret)
        except (ComputerFailed, DiskFailed):
            if incident is not None:  # what is wrong with a token is known; the computer is another matter
                incident.close("token-put-aside")
            raise
        if error is None:
            point.unusable_tokens.pop(reply.person, None)
            if incident is not None:
                incident.close("token-of-another-member" if failed else "repeated")
            return True
        if error == "token-not-present" and not port_seen_to:
            # the token is in, but the station does not see it: perhaps it is the port
            port_seen_to = True
            incident = incident or point.incidents.open(error, station, place)
            if (await point.ask(Action.RECONNECT, Role.TECHNICIAN, place, station)).done:
                continue
        if reply.person not in point.unusable_tokens:  # one incident a token, not one a room
            incident = incident or point.incidents.open(error, serial, place)
        _remember(point, reply.person, error)
        failed.append(reply.person)


def _remember(point: Point, person: str, error: str) -> None:
    if error in UNUSABLE:
        point.unusable_tokens[person] = error


async def _call_member(point: Point, place: str, station: str, person: str, failed: list[str]) -> Reply:
    """Ask a member whose token is not known to be useless; the others only when there is nobody else."""
    useless = [name for name in point.unusable_tokens if name not in failed]

    async def ask(avoid: tuple[str, ...]) -> Reply:
        named = "" if person in avoid else person
        return await point.ask(
            Action.INSERT_TOKEN, Role.COMMISSION_MEMBER, place, station, person=named, avoid=avoid
        )

    reply = await ask((*failed, *useless))
    return reply if reply.person or not useless else await ask(tuple(failed))


async def _attempts(
    point: Point, place: str, station: str, operation: Operation, person: str, serial: str, pin: Secret
) -> str | None:
    """Try with one member, and have the token taken out; ``None`` when done, else the last error's code."""
    try:
        return await _tries(point, place, station, operation, person, serial, pin)
    finally:
        # the member stays until the token is out, whatever happened
        await point.ask(Action.REMOVE_TOKEN, Role.COMMISSION_MEMBER, place, station, person=person)


async def _tries(
    point: Point, place: str, station: str, operation: Operation, person: str, serial: str, pin: Secret
) -> str | None:
    for attempt in range(1, TRIES_PER_PERSON + 1):
        try:
            async with point.runtime.timeout(TOKEN_DEADLINE):
                await operation(person, serial, pin)
        except (PinIncorrect, TokenRemoved) as problem:
            error = problem.code
            point.journal.write(ActivationFailed(station, person, serial, error))
            left = problem.tries_left if isinstance(problem, PinIncorrect) else None
            if attempt == TRIES_PER_PERSON or (left is not None and left <= KEEP_TRIES):
                return error
            again = await point.ask(
                Action.INSERT_TOKEN, Role.COMMISSION_MEMBER, place, station, person=person
            )
            if not again.done or again.secret is None:
                return error
            pin = again.secret
        except TimeoutError:
            point.journal.write(ActivationFailed(station, person, serial, "timeout"))
            return "timeout"
        except (ComputerFailed, DiskFailed):
            raise
        except (DeviceError, StationError) as problem:
            error = problem.code if isinstance(problem, DeviceError) else problem.why
            point.journal.write(ActivationFailed(station, person, serial, error))
            return error
        else:
            return None
    raise AssertionError("every attempt ends in a return")
