"""People as a station sees them: it asks, somebody comes, does it and answers.

A scripted person follows the regulation (``simulators.people``); a trainee answers through a screen; a
technician answers at a prompt. All of them answer the same requests.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from hal.secret import Secret


class Role(StrEnum):
    """Who is asked."""

    TECHNICIAN = "technician"  # технический специалист
    ORGANIZER = "organizer"  # организатор в аудитории
    COMMISSION_MEMBER = "commission-member"  # член ГЭК, holder of a token
    HEAD = "head"  # руководитель ППЭ
    PARTICIPANT = "participant"  # участник экзамена


class Action(StrEnum):
    """What is asked for. The comment names who usually does it and what ``items`` mean."""

    # printers
    CLEAR_JAM = "clear-jam"  # technician
    REFEED_PAPER = "refeed-paper"  # technician
    ADD_PAPER = "add-paper"  # technician
    REPLACE_CARTRIDGE = "replace-cartridge"  # technician
    CLOSE_COVER = "close-cover"  # technician
    RECONNECT = "reconnect"  # technician: power, cable, restart of the device
    INSPECT_PRINT = "inspect-print"  # organizer; items: the sheets; the reply's items: the defective ones
    HAND_OUT = "hand-out"  # organizer; items: kit, participant
    PUT_ASIDE = "put-aside"  # organizer; items: sheets that go to the envelope of spoiled kits
    COUNT_PAPER = "count-paper"  # organizer; the reply's items: the counts of ``PaperCounted``, in order
    COLLECT_FORMS = "collect-forms"  # organizer
    COUNT_ANSWERS = "count-answers"  # organizer; the reply's items: how many answered, by the ведомость
    # scanners
    LOAD_FEEDER = "load-feeder"  # organizer; items: what is still to be scanned; reply: what was laid in
    CLEAR_FEEDER = "clear-feeder"  # technician
    CLEAN_SCANNER = "clean-scanner"  # technician
    # tokens
    INSERT_TOKEN = "insert-token"  # commission member; the reply carries the PIN as typed  # noqa: S105
    REMOVE_TOKEN = "remove-token"  # commission member  # noqa: S105
    # headsets
    PLUG_IN = "plug-in"  # technician
    START_SPEAKING = "start-speaking"  # participant or technician; they go on until told to stop
    STOP_SPEAKING = "stop-speaking"  # the same person
    LISTEN = "listen"  # participant; not done = a complaint about the recording
    # computers, flash drives, network
    START_STATION = "start-station"  # technician
    REPAIR_STATION = "repair-station"  # technician: restart, repair
    REPLACE_DEVICE = "replace-device"  # technician; the reply's items: name of the reserve
    CARRY_FLASH = "carry-flash"  # technician; brings the drive to the place
    REPLACE_FLASH = "replace-flash"  # technician; the reply's items: name of the reserve drive
    REPAIR_CHANNEL = "repair-channel"  # technician
    CALL_HOT_LINE = "call-hot-line"  # commission member [001:139, 151, 157]
    # the course of the exam
    WORK = "work"  # anything that only takes time; note says what


class Request(msgspec.Struct, frozen=True):
    """A request to a person.

    Args:
        action: What to do.
        role: Whose job it is.
        place: Room or workplace where it has to be done.
        device: Name of the device that it concerns, if any.
        items: What it is about; see ``Action``.
        note: A key of the message catalogue that tells the person more.
        person: Who should do it, by name. If that person is not there somebody else of the role comes, but
            never for a commission member: a token is one person's own.
        avoid: Persons who have already failed at it.
    """

    action: Action
    role: Role
    place: str
    device: str = ""
    items: tuple[str, ...] = ()
    note: str = ""
    person: str = ""
    avoid: tuple[str, ...] = ()


class Reply(msgspec.Struct, frozen=True):
    """What came of a request.

    Args:
        done: Whether it is done. When not, ``reason`` is a key of the message catalogue. A feeder that
            cannot take a torn sheet is answered with ``flatbed``: the sheet lies on the glass.
        person: Who answered; empty if nobody could.
        items: The result; see ``Action``.
        secret: The PIN as the person typed it.
    """

    done: bool
    person: str = ""
    reason: str = ""
    items: tuple[str, ...] = ()
    secret: Secret | None = None


class Staff(Protocol):
    """Everybody who can be asked."""

    async def ask(self, request: Request) -> Reply:
        """Wait until somebody has done it, or has given up. Requests to one person queue in order."""

    def names(self, role: Role) -> tuple[str, ...]:
        """Who has that role, in a fixed order."""
