"""The day of an oral exam («Говорение»), from 07:30 to the last confirmation [001:14-25, 129-168]."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from hal.audio import SoundSpoiled
from hal.computer import ComputerFailed, DiskFailed
from hal.errors import DeviceError
from hal.people import Action, Role
from hal.runtime import MINUTE, SECOND
from station_core.day.closing import (
    close_point,
    close_printing,
    report_sent,
)
from station_core.day.headquarters import Headquarters
from station_core.day.morning import distribute_key, open_point, with_main_key
from station_core.day.printing import PrintRun
from station_core.day.recordings import close_recording, complete_answer, held_elsewhere, print_media_forms
from station_core.day.replace import (
    StationLost,
    first_aid,
    replace_headset,
    restore_recorder,
    swap_recorder,
    write_off,
)
from station_core.day.written import EXAM_START, SEATED, hand_out, nobody_came, report_beginning
from station_core.events import (
    ExamBegan,
    ExamEnded,
    GroupSeated,
    ParticipantsAdmitted,
    RoomFailed,
)
from station_core.incidents import Incident
from station_core.listening import worth
from station_core.point import Point, Room, RoomKind
from station_core.recording import RecordingStation

T = TypeVar("T")

TEST_LENGTH = 5 * SECOND
"""Length of the test message: long enough for several syllables, pauses and a noise floor (our choice)."""

MAX_GROUPS = 4
"""At most four participants per workplace and day [001:14-25], and a group takes each workplace once."""

LISTENED = MINUTE
"""How much of an answer is played to the participant (our choice)."""

TRIES_PER_SEAT = 4
"""How often a workplace is repaired before the participant is sent to an appeal (our choice)."""


async def oral_day(point: Point, hq: Headquarters) -> None:
    """Run the whole day."""
    await with_main_key(point, hq, _open_and_test(point, hq))
    if not any(room.participants for room in point.rooms):
        await nobody_came(point, hq)
        return
    async with point.runtime.task_group() as group:
        for room in point.rooms:
            day = _preparation_room if room.kind is RoomKind.PREPARATION else _conduct_room
            group.start(day(point, hq, room), f"room {room.name}")
        group.start(distribute_key(point, hq), "distribution of the key")
        group.start(report_beginning(point, hq), "status of the beginning")
    await print_media_forms(point, hq)
    complete = all(room.delivered for room in _rooms(point, RoomKind.CONDUCT) if room.answered)
    await report_sent(hq, complete=complete)
    await close_point(point, hq)


async def _open_and_test(point: Point, hq: Headquarters) -> None:
    await open_point(point, hq)
    for room in _rooms(point, RoomKind.CONDUCT):
        for station in tuple(room.seats):
            if station.started:
                await Workplace(point, hq, room, station).make_ready()  # [001:79]


def _rooms(point: Point, kind: RoomKind) -> Iterator[Room]:
    return (room for room in point.rooms if room.kind is kind)


# -- аудитория подготовки ------------------------------------------------------------------------------


async def _preparation_room(point: Point, hq: Headquarters, room: Room) -> None:
    """Print the бланки регистрации; the participants wait here for their group."""
    await point.until(SEATED)
    point.journal.write(ParticipantsAdmitted(room.name, len(room.participants), room.absent))
    await point.until(EXAM_START)
    await room.ready.wait()
    if room.participants and not room.failed:
        await PrintRun(point, hq, room, len(room.participants)).run()
        await hand_out(point, room)
    missing = len(room.participants) - len(room.handed_out)
    if missing:
        room.failed = room.failed or "no-kits"
        point.journal.write(RoomFailed(room.name, room.failed, missing))
    room.began.set()
    await close_printing(point, hq, room)


# -- аудитория проведения ------------------------------------------------------------------------------


async def _conduct_room(point: Point, hq: Headquarters, room: Room) -> None:
    """Seat the groups one after the other: the next only when all of the previous have finished."""
    await point.until(EXAM_START)
    await room.ready.wait()
    for preparation in _rooms(point, RoomKind.PREPARATION):
        await preparation.began.wait()
    # a room can work with the seats that were activated, even if not all were
    blanks = {
        participant: True
        for preparation in _rooms(point, RoomKind.PREPARATION)
        for participant in preparation.handed_out
    }
    waiting = [participant for participant in room.participants if participant in blanks]
    if not any(station.opened for station in room.seats):
        waiting = []
    point.journal.write(ExamBegan(room.name, len(waiting)))
    room.began.set()
    group_number = answered = 0
    while waiting and room.seats and group_number < MAX_GROUPS:
        group_number += 1
        seated = [(station, waiting.pop(0)) for station in tuple(room.seats) if station.opened and waiting]
        if not seated:
            break
        await point.ask(Action.WORK, Role.ORGANIZER, room.name, note="escort-group")
        point.journal.write(GroupSeated(room.name, group_number, len(seated)))
        places = [(Workplace(point, hq, room, station), participant) for station, participant in seated]
        async with point.runtime.task_group() as group:
            tasks = [group.start(place.serve(participant), participant) for place, participant in places]
        recorded = [await task.wait() for task in tasks]
        answered += sum(recorded)
        # who lost the workplace before the answer was recorded is seated at another one, first of all
        again = [
            each for (place, each), done in zip(places, recorded, strict=True) if place.lost and not done
        ]
        waiting = again + waiting
    point.journal.write(ExamEnded(room.name, answered))
    unserved = len(room.participants) - answered
    if unserved:
        room.failed = room.failed or "answers-missing"
        point.journal.write(RoomFailed(room.name, room.failed, unserved))
    await close_recording(point, hq, room, answered)


@dataclass(slots=True)
class Workplace:
    """One seat of a room, with whatever station and headset serve it now."""

    point: Point
    hq: Headquarters
    room: Room
    station: RecordingStation
    lost: bool = False
    """It is out of use: nothing and nobody could bring it back."""
    helped: set[tuple[str, str]] = field(default_factory=set)
    """Headset and failure that had first aid: what comes again is replaced, if there is a reserve."""

    async def serve(self, participant: str) -> bool:
        """Take one participant through the answer [001:14-25]; returns whether the answer is recorded."""
        point = self.point
        await point.runtime.sleep(point.exam.instruction)
        if not await self.make_ready(participant):
            return False
        await point.runtime.sleep(point.exam.reading)
        recording = self.station.recording_name(participant)
        length = point.exam.answer
        for _ in range(TRIES_PER_SEAT):
            answer = complete_answer(self.room, recording)
            if answer is not None:  # the computer failed at the very end, before it could say so
                await self._listen(participant, recording, good=worth(answer).ok)
                return True
            try:
                heard = await self._while_speaking(
                    participant,
                    lambda: self.station.record_answer(
                        participant, recording, length, held_elsewhere(self.room, self.station, recording)
                    ),
                )
            except DeviceError as error:
                if not await self._help(error) or not await self.make_ready(participant):
                    return False
            else:
                if heard is None:
                    return False
                await self._listen(participant, recording, good=heard.ok)
                return True
        name = self.station.headset.info.name
        point.incidents.open("answer-not-recorded", name, self.room.name).close("given-up", resolved=False)
        return False

    async def make_ready(self, participant: str = "") -> bool:
        """Record and measure a test message until it is good; replace what is not (E15).

        Args:
            participant: Who speaks; nobody named: the technician.

        Returns:
            Whether the workplace is good. If not, an unresolved incident says why.
        """
        for _ in range(TRIES_PER_SEAT):
            try:
                heard = await self._while_speaking(
                    participant, lambda: self.station.test_recording(TEST_LENGTH)
                )
            except DeviceError as error:
                if not await self._help(error):
                    return False
                continue
            if heard is None:
                return False
            if heard.ok:
                return True
            incident = self.point.incidents.open("bad-sound", self.station.headset.info.name, self.room.name)
            if not await self._other_headset(incident):
                return False
        name = self.station.headset.info.name
        self.point.incidents.open("bad-sound", name, self.room.name).close("given-up", resolved=False)
        return False

    async def _other_headset(self, incident: Incident) -> bool:
        """Take a reserve headset (E15), else a reserve station with its own (E7)."""
        if await replace_headset(self.point, self.station, self.room.name):
            incident.close("reserve-headset")
            return True
        return await self._other_station(incident, "no-reserve-headset")

    async def _other_station(self, incident: Incident, without: str) -> bool:
        """Take a reserve station with its own headset (E7); ``without`` names what is missing otherwise."""
        if self.hq.key is not None:  # before the key has come no station can take over
            new = await swap_recorder(self.point, self.hq, self.room, self.station, incident)
            if new is not None:
                self.station = new
                return True
            self.lost = True
        incident.close(without, resolved=False)
        return False

    async def _while_speaking(self, participant: str, recording: Callable[[], Awaitable[T]]) -> T | None:
        """Record while somebody speaks; ``None`` when nobody is there to speak (an incident says so)."""
        point, headset = self.point, self.station.headset.info.name
        role = Role.PARTICIPANT if participant else Role.TECHNICIAN
        # the recording begins once the speaker is there and speaks
        reply = await point.ask(Action.START_SPEAKING, role, self.room.name, headset, person=participant)
        if not reply.done:
            incident = point.incidents.open(reply.reason, headset, self.room.name)
            incident.close("nobody-there", resolved=False)
            return None
        try:
            return await recording()
        finally:
            await point.ask(Action.STOP_SPEAKING, role, self.room.name, headset, person=reply.person)

    async def _help(self, error: DeviceError) -> bool:
        """Repair or replace what failed; returns whether the seat can go on."""
        point, room = self.point, self.room
        if isinstance(error, ComputerFailed):
            try:
                self.station = await restore_recorder(point, self.hq, room, self.station, error)
            except StationLost:
                self.lost = self.station not in room.seats
                return False
            return True
        if isinstance(error, DiskFailed):
            incident = point.incidents.open(error.code, self.station.computer.name, room.name)
            write_off(self.station, error.code)
            return await self._other_station(incident, "no-reserve-station")
        incident = point.incidents.open(error.code, self.station.headset.info.name, room.name)
        if not isinstance(error, SoundSpoiled) and await self._see_to_headset(error, incident):
            return True
        return await self._other_headset(incident)  # where the sound is spoiled nothing is loose (E15)

    async def _see_to_headset(self, error: DeviceError, incident: Incident) -> bool:
        """Have the technician see to the headset; what comes again is replaced, if there is a reserve."""
        point, place, name = self.point, self.room.name, self.station.headset.info.name
        if (name, error.code) in self.helped and await replace_headset(point, self.station, place):
            incident.close("reserve-headset")
            return True
        self.helped.add((name, error.code))
        reply = await point.ask(first_aid(error), Role.TECHNICIAN, place, name)
        if reply.done:
            incident.close("repaired")
        return reply.done

    async def _listen(self, participant: str, recording: str, *, good: bool) -> None:
        """Let the participant listen to the answer; a bad one, or a complaint, leads to an appeal (E14)."""
        try:
            if recording in self.station.answers:  # else it lies on one that was replaced
                await self.station.play_back(recording, LISTENED)
        except DeviceError as error:
            await self._help(error)  # it is recorded: the workplace is put right for the next one
        reply = await self.point.ask(
            Action.LISTEN,
            Role.PARTICIPANT,
            self.room.name,
            self.station.headset.info.name,
            (recording,),
            person=participant,
        )
        content = reply.done and good
        self.station.report_listened(participant, recording, content=content)
        if not content:
            await self.hq.escalate(
                "complaint" if good else "bad-answer",
                recording,
                self.room.name,
                about="appeal-on-procedure",
                how="appeal-on-procedure",
            )
