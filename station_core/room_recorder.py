"""A room recorded without КИМ and keys: итоговое собеседование, ГВЭ in oral form (``data/duties.yaml``).

One microphone, as many files as the duty wants: a stream from morning to evening, and in parallel one
recording for each participant [002:465-471]. Parts, promises and crashes are those of the recording station.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field

import msgspec

from hal.audio import AudioBlock, Headset, Samples
from hal.computer import ComputerFailed, DiskFailed
from hal.errors import DeviceError
from hal.journal import Event, Journal
from hal.runtime import SECOND, Lock, Runtime
from hal.runtime import Event as Flag
from hal.storage import FlashDrive
from station_core.answer_file import Kept
from station_core.answer_log import AnswerLog
from station_core.answers import Answer
from station_core.audio_package import AudioFile, audio_files
from station_core.duty import AfterFailure, Duty, Place
from station_core.errors import StepRefused
from station_core.heard import Heard
from station_core.listening import Windows, worth
from station_core.recorder import FORMAT, Growing, Recorder, closed_after_crash, seen_again
from station_core.store import Store

LISTEN_EVERY_US = 60 * SECOND
"""From one measured window to the next: a stream lasts all day (our choice)."""


@dataclass(slots=True)
class _Open:
    """A recording under way."""

    file: ExitStack
    part: Growing
    windows: Windows


@dataclass(slots=True)
class RoomRecorder:
    """The recording of one room.

    Args:
        name: As the journal calls it.
        duty: What it is for.
        place: Where and when; the room, and what names are made of.
        microphone: Into which everybody speaks.
        recorder: Where the sound goes.
        store: What survives a crash: ``answer/…`` for each recording.
        runtime: Time.
        journal: Where events go.
    """

    name: str
    duty: Duty
    place: Place
    microphone: Headset
    recorder: Recorder
    store: Store
    runtime: Runtime
    journal: Journal
    answers: dict[str, Answer] = field(default_factory=dict)
    _open: dict[str, _Open] = field(default_factory=dict)
    _files: Lock = field(init=False)
    """Nothing is added to a part while it is being closed, and only one closes it."""
    _ending: bool = False
    """No block comes any more: what began now would never be fed."""

    def __post_init__(self) -> None:
        self._files = self.runtime.lock()

    def start(self) -> None:
        """Begin, or go on after a crash: what it cut off is closed and written down.

        Raises:
            OSError: The store.
        """
        for key, value in self.store.load().items():
            kind, _, recording = key.partition("/")
            if kind == "answer":
                self.answers[recording] = msgspec.convert(value, Answer, from_attributes=True)
        for recording in self.answers:
            self._cut_off(recording, ComputerFailed.code)

    # -- recording ---------------------------------------------------------------------------------

    async def record(self, stop: Flag) -> None:
        """Record until ``stop`` is raised: the stream of the day, if the duty has one, and whatever is begun.

        Raises:
            DeviceError: The microphone; all recordings are closed with what they have. Call it again when it
                is back: the stream goes on in a further part.
            OSError: The disk cannot take it; all recordings are closed with what was kept. Likewise.
        """
        stream = self.duty.stream_recording(self.place) if self.duty.stream else ""
        if stream:
            self._begin(stream, "")
        try:
            try:
                await self._listen(stop)
            except DeviceError as error:
                why = error.code
                await self._end_all(lambda recording: self._break_off(recording, why))
                raise
            await self._end_all(self._complete)
        except OSError:
            opened = dict(self._open)
            try:
                self._let_go()
            finally:  # it may fail again where what was not kept is flushed
                for recording, each in opened.items():
                    self._cut_off(recording, DiskFailed.code, each.windows.judged())
            raise
        finally:
            self._let_go()
            self._ending = False

    def _let_go(self) -> None:
        """Close the files of all that is being recorded, with what was kept."""
        with ExitStack() as files:
            for each in self._open.values():
                files.push(each.file)
            self._open.clear()

    def _cut_off(self, recording: str, why: str, heard: Heard | None = None) -> None:
        """Close the part of a recording that something cut off, if one is open, and write down why."""
        answer = self.answers.get(recording)
        if answer is not None and answer.under_way:
            self._interrupt(recording, *closed_after_crash(answer, self.recorder, why, heard))

    @contextmanager
    def _disk_closes(self, recording: str) -> Iterator[None]:
        """Cut the part off where the disk does not let it end."""
        windows = self._open[recording].windows
        try:
            yield
        except OSError:
            self._cut_off(recording, DiskFailed.code, windows.judged())
            raise

    async def _listen(self, stop: Flag) -> None:
        async with self.microphone.record(FORMAT, self.recorder.block_us) as blocks:
            try:
                async for block in blocks:
                    await self._take(block)
                    if stop.is_set():
                        return
            finally:
                self._ending = True

    async def _end_all(self, end: Callable[[str], Awaitable[object]]) -> None:
        """End everything under way; what cannot be ended keeps nothing else from it."""
        self._ending = True  # a microphone that is not even there gave no block
        async with self._files, AsyncExitStack() as ends:
            for recording in reversed(self._open):
                ends.push_async_callback(end, recording)

    def begin(self, work: str) -> str:
        """Begin the recording of one participant; returns its name.

        Args:
            work: Code of the work, or whatever tells the participants of the room apart.

        Raises:
            StepRefused: The code cannot be a name; it is recorded already, or just being recorded; its
                recording has failed and the duty wants another day; or the recording of the room is ending.
            OSError: The disk.
        """
        recording = self.duty.recording(self.place, work)
        if self._ending:
            raise StepRefused(self.name, "recording-ends", recording)
        answer = self.answers.get(recording)
        if recording in self._open:
            raise StepRefused(self.name, "answer-under-way", recording)
        if answer is not None and answer.complete:
            raise StepRefused(self.name, "answer-complete", recording)
        if answer is not None and self.duty.after_failure is AfterFailure.RETAKE:
            raise StepRefused(self.name, "retake-by-decision", recording)
        self._begin(recording, work)
        return recording

    async def end(self, recording: str) -> Answer:
        """End the recording of a participant.

        Raises:
            StepRefused: It is not being recorded (any more): ``record`` may just have ended it.
            OSError: The disk; what was kept is closed.
        """
        async with self._files:
            if recording not in self._open:
                raise StepRefused(self.name, "no-such-answer", recording)
            return await self._complete(recording)

    def _begin(self, recording: str, work: str) -> None:
        self._cut_off(recording, DiskFailed.code)  # by a disk that could not even take that it had ended
        answer = self.answers.get(recording) or Answer(work)
        file = Duty.part_name(recording, answer.parts_everywhere + 1)
        answer = answer.begun(file, self.microphone.info.name)
        self._change(recording, answer, self._log.began(recording, answer))
        opened = ExitStack()
        try:
            part = opened.enter_context(self.recorder.begin(file))
        except OSError:  # nothing of it is on the disk, and what may lie there under its name is not ours
            self._interrupt(recording, answer.with_kept(Kept(), closed=True), DiskFailed.code)
            raise
        self._open[recording] = _Open(opened, part, Windows(self.recorder.block_us, LISTEN_EVERY_US))

    async def _take(self, block: AudioBlock) -> None:
        """Give a block to everything that is being recorded."""
        wanted = self.recorder.keeps_sound or any(each.windows.wants_next() for each in self._open.values())
        samples = block.samples() if wanted else None
        async with self._files:
            for recording, each in tuple(self._open.items()):
                each.windows.hear(samples, lost=block.overflow)
                kept = await self._add(each.part, block, samples)
                if kept is not None:
                    self._change(recording, self.answers[recording].with_kept(kept))

    async def _add(self, part: Growing, block: AudioBlock, samples: Samples | None) -> Kept | None:
        return await self.runtime.compute(lambda: part.add(block, samples))

    async def _close(self, recording: str, *, complete: bool = False) -> Answer:
        opened = self._open[recording]
        try:
            with opened.file:
                kept = await self.runtime.compute(opened.part.finish)
            heard = await self.runtime.compute(opened.windows.judged)
        finally:
            self._open.pop(recording, None)  # not sooner: nobody may begin it anew meanwhile
        return self.answers[recording].with_kept(kept, heard, closed=True, complete=complete)

    async def _complete(self, recording: str) -> Answer:
        with self._disk_closes(recording):
            answer = await self._close(recording, complete=True)
            self._change(recording, answer, self._log.recorded(recording, answer, worth(answer)))
        return answer

    async def _break_off(self, recording: str, why: str) -> None:
        with self._disk_closes(recording):
            self._interrupt(recording, await self._close(recording), why)

    def _interrupt(self, recording: str, answer: Answer, why: str) -> None:
        self._change(recording, answer, self._log.interrupted(recording, answer, why))

    @property
    def _log(self) -> AnswerLog:
        return AnswerLog(self.place.room, self.name)

    def _change(self, recording: str, answer: Answer, event: Event | None = None) -> None:
        self.store.save({f"answer/{recording}": answer})
        self.answers[recording] = answer
        if event is not None:
            self.journal.write(event)

    # -- afterwards --------------------------------------------------------------------------------

    async def copy(self, flash: FlashDrive) -> list[AudioFile]:
        """Copy all recordings of the room to a drive, as they are [002:469, 3485].

        Returns:
            What was copied, and what should have been (0 bytes: the disk gave nothing back).

        Raises:
            StepRefused: Something is still being recorded.
            StorageError: The drive.
            OSError: The store, or the disk; a part that it has lost before is marked, and stops nothing.
        """
        if self._open:
            raise StepRefused(self.name, "answer-under-way", next(iter(self._open)))
        for recording, answer in self.answers.items():
            self._change(recording, seen_again(answer, self.recorder))
        files = audio_files(self.answers)
        for each in files:
            if each.size_bytes:
                with self.recorder.content(each.file).open() as source:
                    await flash.put(each.file, source, each.size_bytes)
            self.journal.write(self._log.exported(each, flash.name))
        return files
