"""The two older duties: итоговое собеседование and ГВЭ in oral form."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from hal.audio import HeadsetUnplugged, Samples
from hal.journal import Journal
from hal.runtime import HOUR, MILLISECOND, MINUTE, SECOND, AsyncioRuntime, Event
from simulators.device import World
from simulators.headset import SimHeadset
from simulators.profiles import headset_profile
from simulators.random import Streams
from simulators.runtime import SimRuntime
from simulators.storage import SimFlash
from station_core.answer_file import AnswerFile, Kept, read_samples
from station_core.duty import Place, duties, duty
from station_core.events import AnswerFileExported, AnswerInterrupted, AnswerRecorded
from station_core.recorder import ChainRecorder, FlacRecorder, Recorder
from station_core.room_recorder import RoomRecorder
from station_core.store import MemoryStore
from tests.workplace import RATE, refused, strike

STREAM = "20240213_0101_900123"
T = TypeVar("T")


class SlowSim(SimRuntime):
    """Virtual time in which a computation takes a while, as it does in real time."""

    async def compute(self, function: Callable[[], T]) -> T:
        await self.sleep(10 * MILLISECOND)
        return await super().compute(function)


class SlowAsyncio(AsyncioRuntime):
    """Real time on a slow computer."""

    async def compute(self, function: Callable[[], T]) -> T:
        await self.sleep(10 * MILLISECOND)
        return await super().compute(function)


RUNTIMES: tuple[type[SimRuntime | AsyncioRuntime], ...] = (SlowSim, SlowAsyncio)


class Room:
    """A room with a microphone into which somebody speaks."""

    def __init__(
        self, name: str, recorder: Recorder, runtime: SimRuntime | AsyncioRuntime | None = None
    ) -> None:
        self.runtime = runtime or SimRuntime(10 * HOUR)
        self.journal = Journal(self.runtime.now)
        self.world = World(self.runtime, Streams(1), lambda event: None, self.runtime.spawn)
        self.microphone = SimHeadset("microphone", self.world, headset_profile("logitech-h390"))
        self.microphone.speaker.start("participant-1")
        self.flash = SimFlash("flash-1", self.world)
        self.store = MemoryStore()
        self.duty = duty(name)
        self.recorder = recorder
        self.place = Place(exam_date=date(2024, 2, 13), room="0101", organisation="900123")
        self.stop: Event = self.runtime.event()
        self.program = self.started()

    def started(self) -> RoomRecorder:
        """The program after a start, or a restart: only store and recordings are left."""
        self.program = RoomRecorder(
            "room-0101",
            self.duty,
            self.place,
            self.microphone,
            self.recorder,
            self.store,
            self.runtime,
            self.journal,
        )
        self.program.start()
        return self.program

    async def until(self, seconds: float) -> None:
        await self.runtime.sleep(10 * HOUR + round(seconds * SECOND) - self.runtime.now())

    def events(self, kind: type[Any]) -> list[Any]:
        return [entry.event for entry in self.journal if isinstance(entry.event, kind)]

    def heard(self, recording: str) -> Samples:
        assert isinstance(self.recorder, FlacRecorder)
        parts = self.program.answers[recording].parts
        return np.concatenate([p for part in parts for p in read_samples(self.recorder.folder / part.file)])


@pytest.fixture
def room(tmp_path: Path) -> Callable[[str], Room]:
    return lambda name: Room(name, FlacRecorder(tmp_path / "answers"))


def test_a_stream_and_recordings_in_parallel(room: Callable[[str], Room]) -> None:
    place = room("final-interview")

    async def main() -> None:
        program = place.program
        async with place.runtime.task_group() as group:
            group.start(program.record(place.stop))
            await place.until(2.05)
            first = program.begin("1")
            await place.until(5.05)
            assert (await program.end(first)).complete
            second = program.begin("2")
            await place.until(8.05)
            place.stop.set()  # the day ends, with the second recording under way
        assert [first, second] == [f"{STREAM}_1", f"{STREAM}_2"]
        answers = program.answers
        assert {name: answer.frames for name, answer in answers.items()} == {
            STREAM: 81 * RATE // 10,
            first: 3 * RATE,
            second: 31 * RATE // 10,
        }
        assert all(answer.complete for answer in answers.values())
        stream = place.heard(STREAM)
        assert np.array_equal(place.heard(first), stream[2 * RATE : 5 * RATE])
        assert np.array_equal(place.heard(second), stream[5 * RATE :])
        assert [event.recording for event in place.events(AnswerRecorded)] == [first, STREAM, second]

    place.runtime.run(main())


def test_a_recording_of_nothing(room: Callable[[str], Room]) -> None:
    place = room("gve-oral")

    async def main() -> None:
        program = place.program
        answer = await program.end(program.begin("1"))
        assert (answer.complete, answer.frames) == (True, 0)
        (event,) = place.events(AnswerRecorded)
        assert (event.good, event.reasons) == (False, ("silent", "too-short"))

    place.runtime.run(main())


def test_everything_is_copied_to_one_drive(room: Callable[[str], Room]) -> None:
    place = room("final-interview")

    async def main() -> None:
        program = place.program
        async with place.runtime.task_group() as group:
            group.start(program.record(place.stop))
            await place.until(1)
            recording = program.begin("1")
            await place.until(2)
            with refused("answer-under-way"):
                await program.copy(place.flash)
            await program.end(recording)
            place.stop.set()
        copied = await program.copy(place.flash)
        assert sorted(each.file for each in copied) == [f"{STREAM}.flac", f"{STREAM}_1.flac"]
        for each in copied:
            data = await place.flash.read(each.file)
            assert hashlib.sha256(data).hexdigest() == each.digest
        events = place.events(AnswerFileExported)
        assert [(event.flash, event.file, event.size_bytes) for event in events] == [
            ("flash-1", each.file, each.size_bytes) for each in copied
        ]

    place.runtime.run(main())


def test_a_file_that_the_disk_has_lost_keeps_no_other_from_the_drive(room: Callable[[str], Room]) -> None:
    place = room("final-interview")

    async def main() -> None:
        program = place.program
        async with place.runtime.task_group() as group:
            group.start(program.record(place.stop))
            await place.until(1)
            for work in ("1", "2"):
                program.begin(work)
            await place.until(2)
            place.stop.set()
        assert isinstance(place.recorder, FlacRecorder)
        (place.recorder.folder / f"{STREAM}_1.flac").unlink()
        (place.recorder.folder / f"{STREAM}.flac").write_bytes(b"what is left")
        copied = {each.file: each for each in await program.copy(place.flash)}
        assert {file: each.damaged for file, each in copied.items()} == {
            f"{STREAM}.flac": True,
            f"{STREAM}_1.flac": True,
            f"{STREAM}_2.flac": False,
        }
        assert await place.flash.read(f"{STREAM}.flac") == b"what is left"
        assert sorted(await place.flash.names()) == [f"{STREAM}.flac", f"{STREAM}_2.flac"]
        assert copied[f"{STREAM}_1.flac"].size_bytes == 0

    place.runtime.run(main())


def test_the_stream_goes_on_after_the_microphone_is_back(room: Callable[[str], Room]) -> None:
    place = room("final-interview")

    async def main() -> None:
        program = place.program
        place.runtime.spawn(unplug_after(place, 3 * SECOND + 1))
        with pytest.raises(HeadsetUnplugged):
            await program.record(place.stop)
        assert place.microphone.plug_in()
        async with place.runtime.task_group() as group:
            group.start(program.record(place.stop))
            await place.until(5.5)
            place.stop.set()
        assert [part.kept.frames // RATE for part in program.answers[STREAM].parts] == [3, 2]
        assert [event.error for event in place.events(AnswerInterrupted)] == ["headset-unplugged"]

    place.runtime.run(main())


def test_a_further_part_never_has_the_name_of_a_participant(room: Callable[[str], Room]) -> None:
    """The stream goes on in its second part, and then participant 2 comes."""
    place = room("final-interview")

    async def main() -> None:
        program = place.program
        place.runtime.spawn(unplug_after(place, SECOND + 1))
        with pytest.raises(HeadsetUnplugged):
            await program.record(place.stop)
        assert place.microphone.plug_in()
        async with place.runtime.task_group() as group:
            group.start(program.record(place.stop))
            await place.until(2)
            second = program.begin("2")
            await place.until(3)
            place.stop.set()
        assert program.answers[second].complete
        files = [part.file for answer in program.answers.values() for part in answer.parts]
        assert len(files) == len(set(files)) == 3
        assert not any(each.damaged for each in await program.copy(place.flash))

    place.runtime.run(main())


class FullDisk:
    """A disk that takes nothing when it is told so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        for name in ("keep", "finish"):
            monkeypatch.setattr(AnswerFile, name, self._until_full(getattr(AnswerFile, name)))

    def _until_full(self, method: Callable[[AnswerFile], Kept]) -> Callable[[AnswerFile], Kept]:
        def until_full(file: AnswerFile) -> Kept:
            if self.full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return method(file)

        return until_full


@pytest.mark.parametrize(
    "ends", ["while-recording", "with-the-day", "with-the-participant", "with-the-cable"]
)
def test_a_full_disk_closes_what_was_kept_and_both_go_on(
    room: Callable[[str], Room], monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    place, disk = room("final-interview"), FullDisk(monkeypatch)

    async def fails() -> None:
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            await place.program.record(place.stop)

    async def main() -> None:
        program = place.program
        async with place.runtime.task_group() as group:
            task = group.start(fails())
            await place.until(1)
            recording = program.begin("1")
            await place.until(3.01)
            disk.full = True
            if ends == "with-the-day":
                place.stop.set()
            elif ends == "with-the-cable":
                strike(place.microphone, "unplugged")
            elif ends == "with-the-participant":
                with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                    await program.end(recording)
            await task.wait()
        assert {event.recording: event.error for event in place.events(AnswerInterrupted)} == {
            STREAM: "disk-failed",
            recording: "disk-failed",
        }
        for name, least in ((STREAM, 2.5), (recording, 1.5)):
            assert program.answers[name].frames >= least * RATE
        disk.full = False
        place.stop.clear()
        if ends == "with-the-cable":
            assert place.microphone.plug_in()
        async with place.runtime.task_group() as group:
            group.start(program.record(place.stop))
            await place.runtime.sleep(SECOND)
            program.begin("1")
            await place.runtime.sleep(SECOND)
            place.stop.set()
        assert len(place.events(AnswerInterrupted)) == 2
        copied = await program.copy(place.flash)
        assert [each.file for each in copied] == [
            f"{STREAM}.flac",
            f"{STREAM}~2.flac",
            f"{STREAM}_1.flac",
            f"{STREAM}_1~2.flac",
        ]
        for each in copied:
            assert not each.damaged
            assert hashlib.sha256(await place.flash.read(each.file)).hexdigest() == each.digest

    place.runtime.run(main())


async def unplug_after(place: Room, duration: int) -> None:
    await place.runtime.sleep(duration)
    strike(place.microphone, "unplugged")


def test_a_work_of_the_state_final_exam_is_named_by_its_code(room: Callable[[str], Room]) -> None:
    """No stream; a failed recording means another day [002:3479-3481]."""
    place = room("gve-oral")

    async def main() -> None:
        program = place.program
        async with place.runtime.task_group() as group:
            group.start(program.record(place.stop))
            await place.until(1)
            good = program.begin("9012345678901")
            for code in ("", "a/b", "..", "x" * 65):
                with refused("bad-work-code"):
                    program.begin(code)
            with refused("answer-under-way"):
                program.begin("9012345678901")
            await place.until(3)
            await program.end(good)
            with refused("answer-complete"):
                program.begin("9012345678901")
            with refused("no-such-answer"):
                await program.end(good)
            place.stop.set()
        assert [part.file for part in program.answers[good].parts] == ["9012345678901.flac"]
        place.stop.clear()
        place.runtime.spawn(unplug_after(place, 2 * SECOND))
        async with place.runtime.task_group() as group:
            task = group.start(fails(place))
            await place.runtime.sleep(SECOND)
            program.begin("9012345678902")
            await task.wait()
        assert not program.answers["9012345678902"].complete
        with refused("retake-by-decision"):
            program.begin("9012345678902")

    place.runtime.run(main())


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are being closed, in order."""
    names: list[str] = []
    finish = AnswerFile.finish

    def noted(file: AnswerFile) -> Kept:
        names.append(file.path.name)
        return finish(file)

    monkeypatch.setattr(AnswerFile, "finish", noted)
    return names


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("unplugged", [False, True])
def test_while_the_room_ends_nothing_is_begun_or_ended_a_second_time(
    tmp_path: Path, finished: list[str], runtime: type[SimRuntime | AsyncioRuntime], *, unplugged: bool
) -> None:
    place = Room("final-interview", FlacRecorder(tmp_path / "answers"), runtime(10 * HOUR))

    async def main() -> None:
        program, sleep = place.program, place.runtime.sleep
        async with place.runtime.task_group() as group:
            task = group.start(fails(place) if unplugged else program.record(place.stop))
            await sleep(350 * MILLISECOND)
            recording = program.begin("1")
            await sleep(350 * MILLISECOND)
            if unplugged:
                strike(place.microphone, "unplugged")
            else:
                place.stop.set()
            while not finished:
                await sleep(MILLISECOND)
            with refused("recording-ends"):
                program.begin("2")
            with refused("no-such-answer"):
                await program.end(recording)
            await task.wait()
        assert sorted(finished) == [f"{STREAM}.flac", f"{STREAM}_1.flac"]
        assert list(program.answers) == [STREAM, recording]
        assert [answer.complete for answer in program.answers.values()] == [not unplugged] * 2
        assert not any(answer.under_way for answer in program.answers.values())
        told = place.events(AnswerInterrupted if unplugged else AnswerRecorded)
        assert [event.recording for event in told] == [STREAM, recording]
        await program.copy(place.flash)

    place.runtime.run(main())


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_participant_who_is_being_ended_is_not_begun_again(
    tmp_path: Path, finished: list[str], runtime: type[SimRuntime | AsyncioRuntime]
) -> None:
    place = Room("final-interview", FlacRecorder(tmp_path / "answers"), runtime(10 * HOUR))

    async def main() -> None:
        program = place.program
        async with place.runtime.task_group() as group:
            group.start(program.record(place.stop))
            recording = program.begin("1")
            await place.runtime.sleep(350 * MILLISECOND)
            ending = group.start(program.end(recording))
            while not finished:
                await place.runtime.sleep(MILLISECOND)
            with refused("answer-under-way"):
                program.begin("1")
            assert len((await ending.wait()).parts) == 1
            place.stop.set()
        assert all(answer.complete for answer in program.answers.values())

    place.runtime.run(main())


@pytest.mark.parametrize("broken", [f"{STREAM}.flac", f"{STREAM}_1.flac"])
def test_a_file_that_cannot_be_closed_costs_no_other_recording(
    room: Callable[[str], Room], monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    place = room("final-interview")
    finish, close = AnswerFile.finish, AnswerFile.close
    closed: dict[str, bool] = {}

    def failing(file: AnswerFile) -> Kept:
        if file.path.name == broken:
            raise OSError("disk gone")
        return finish(file)

    def noted(file: AnswerFile) -> None:
        closed[file.path.name] = True
        close(file)

    monkeypatch.setattr(AnswerFile, "finish", failing)
    monkeypatch.setattr(AnswerFile, "close", noted)

    async def main() -> None:
        program = place.program

        async def day() -> None:
            with pytest.raises(OSError, match="disk gone"):
                await program.record(place.stop)

        async with place.runtime.task_group() as group:
            group.start(day())
            await place.until(1)
            program.begin("1")
            await place.until(2)
            place.stop.set()
        assert sorted(closed) == [f"{STREAM}.flac", f"{STREAM}_1.flac"]
        whole = [name for name, answer in program.answers.items() if answer.complete]
        assert [f"{name}.flac" for name in whole] == [name for name in sorted(closed) if name != broken]
        assert [event.recording for event in place.events(AnswerRecorded)] == whole
        # what was promised of the other is there after a restart
        monkeypatch.undo()
        (answer,) = (answer for answer in place.started().answers.values() if not answer.complete)
        assert answer.parts[-1].closed
        assert answer.frames >= RATE // 2

    place.runtime.run(main())


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_cancelled_recording_lets_go_of_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: type[SimRuntime | AsyncioRuntime]
) -> None:
    """Also when the first of them cannot be closed."""
    place = Room("final-interview", FlacRecorder(tmp_path / "answers"), runtime(10 * HOUR))
    close = AnswerFile.close
    closed: list[str] = []

    def failing(file: AnswerFile) -> None:
        closed.append(file.path.name)
        close(file)
        if len(closed) == 1:
            raise OSError("disk gone")

    monkeypatch.setattr(AnswerFile, "close", failing)

    async def main() -> None:
        program = place.program
        task = place.runtime.spawn(program.record(place.stop))
        await place.runtime.sleep(MILLISECOND)
        program.begin("1")
        await place.runtime.sleep(350 * MILLISECOND)
        task.cancel()
        with pytest.raises(OSError, match="disk gone"):
            await task.wait()

    with pytest.raises(OSError, match="disk gone"):  # the runtime tells of every task that failed
        place.runtime.run(main())
    assert sorted(closed) == [f"{STREAM}.flac", f"{STREAM}_1.flac"]


async def fails(place: Room) -> None:
    with pytest.raises(HeadsetUnplugged):
        await place.program.record(place.stop)


@pytest.mark.parametrize("at_ms", [40, 1_950, 3_333])
def test_after_a_crash_both_go_on(room: Callable[[str], Room], at_ms: int) -> None:
    place = room("final-interview")

    async def main() -> None:
        program = place.program
        async with place.runtime.task_group() as group:
            task = group.start(program.record(place.stop))
            await place.runtime.sleep(10 * MILLISECOND)
            recording = program.begin("1")
            await place.runtime.sleep(at_ms * MILLISECOND)
            task.cancel()
        program = place.started()
        kept = [program.answers[name].frames for name in (STREAM, recording)]
        for frames in kept:
            assert frames >= at_ms * RATE // 1000 - RATE // 2
        async with place.runtime.task_group() as group:
            group.start(program.record(place.stop))
            await place.runtime.sleep(SECOND)
            program.begin("1")
            await place.runtime.sleep(SECOND)
            place.stop.set()
        for name in (STREAM, recording):
            answer = program.answers[name]
            assert (len(answer.parts), answer.complete) == (2, True)
            assert len(place.events(AnswerInterrupted)) == 2

    place.runtime.run(main())


def test_a_whole_day_in_virtual_time() -> None:
    place = Room("final-interview", ChainRecorder())

    async def main() -> None:
        program = place.program
        async with place.runtime.task_group() as group:
            group.start(program.record(place.stop))
            for participant in range(4):
                recording = program.begin(str(participant))
                await place.runtime.sleep(5 * MINUTE)
                await program.end(recording)
            place.stop.set()
        assert len(place.events(AnswerRecorded)) == 5
        assert program.answers[STREAM].frames >= 20 * 60 * RATE

    place.runtime.run(main())


def test_every_duty_says_its_source_and_names_files() -> None:
    place = Place(exam_date=date(2024, 2, 13), room="0101", organisation="900123", subject="29-АНГ")
    names = {name: each.recording(place, "0001-03") for name, each in duties().items()}
    assert names == {
        "ege-speaking": "29-АНГ-0001-03",
        "final-interview": "20240213_0101_900123_0001-03",
        "gve-oral": "0001-03",
    }
    assert [name for name, each in duties().items() if each.stream] == ["final-interview"]
