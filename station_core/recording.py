"""Станция записи ответов: one workplace of the oral exam, with a headset.

Test recording and judgement by measurement, recording of answers, listening, export. What was recorded
before an interruption is kept as a part; the answer goes on in a further part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from typing import ClassVar, Self

import msgspec

from hal.audio import Headset, SoundSpoiled
from hal.computer import ComputerFailed, DiskFailed
from hal.errors import DeviceError
from hal.journal import Event
from hal.runtime import MILLISECOND, SECOND
from hal.secret import Secret
from hal.storage import FlashDrive
from hal.token import TokenPort
from station_core.answer_file import Kept
from station_core.answer_log import AnswerLog
from station_core.answers import NOWHERE, Answer, Elsewhere
from station_core.audio_package import audio_files, package_pieces
from station_core.container import Kind, Piece
from station_core.duty import Duty, Place, duty
from station_core.errors import StepRefused
from station_core.events import AnswerListened, AudioExported
from station_core.heard import Heard
from station_core.listening import Ear, ear_for, hear_out, worth
from station_core.materials import AccessKey
from station_core.recorder import (
    FORMAT,
    ChainRecorder,
    Growing,
    Recorder,
    beginning,
    closed_after_crash,
    seen_again,
)
from station_core.recording_setup import PreparedStation
from station_core.station import Seat

DRIVER_KNOWS_WITHIN_US = 300 * MILLISECOND
"""What every driver promises for a headset that is gone (``hal.audio.Headset.record``)."""


class RecordingStation(PreparedStation):
    """One workplace of a participant.

    Args:
        seat: See :class:`~station_core.station.Seat`.
        headset: Headphones and microphone.
        recorder: Where the sound goes; without any only its digest is kept (virtual time).
        listen_every_us: Measure a window of the answer that often. In virtual time that is rare: sound that
            nobody listens to is never made; all blocks keep their identity.
    """

    KIND: ClassVar[str] = "recording"
    DUTY: ClassVar[Duty] = duty("ege-speaking")

    def __init__(
        self,
        seat: Seat,
        headset: Headset,
        recorder: Recorder | None = None,
        listen_every_us: int = 150 * SECOND,
    ) -> None:
        super().__init__(seat, headset)
        self.recorder = recorder or ChainRecorder()
        self.answers: dict[str, Answer] = {}
        self._listen_every_us = listen_every_us
        self._speaking = ""
        """What is being recorded: no open part of a crash, which may be cut off."""

    def _restore(self, name: str, value: object) -> None:
        kind, _, rest = name.partition("/")
        if kind == "answer":
            self.answers[rest] = msgspec.convert(value, Answer, from_attributes=True)
        else:
            super()._restore(name, value)

    def _room_from(self, key: AccessKey, file: str, room: str) -> str:  # noqa: ARG002
        # the main key or any reserve key opens the КИМ here; the technician enters the room [001:153-156]
        return room or self.settings.room

    # -- answers -----------------------------------------------------------------------------------

    @property
    def _log(self) -> AnswerLog:
        return AnswerLog(self.room, self.name, self.settings.seat)

    async def record_answer(
        self, participant: str, recording: str, duration_us: int, elsewhere: Elsewhere = NOWHERE
    ) -> Heard:
        """Record an answer, or the rest of an interrupted one; returns what the whole is worth (``worth``).

        Args:
            participant: Who speaks.
            recording: Its name.
            duration_us: Length of the whole answer.
            elsewhere: What other stations hold of it already, said when its first part begins here.

        Raises:
            StepRefused: The КИМ is not decrypted, the exam is finished, the answer is complete, or one is
                being recorded.
            HeadsetUnplugged, DeviceError: The headset; what was recorded so far is kept.
            DiskFailed: The station's own disk is full or cannot be written; what was promised is kept.
        """
        with self._own_disk():
            return await self.computer.run(
                self._record_answer(participant, recording, duration_us, elsewhere)
            )

    async def _record_answer(
        self, participant: str, recording: str, duration_us: int, elsewhere: Elsewhere
    ) -> Heard:
        answer = self._allowed(participant, recording, elsewhere)
        headset = self.headset.info.name
        file = self.DUTY.part_name(recording, answer.parts_everywhere + 1)
        answer = answer.begun(file, headset)
        self._change(recording, answer, self._log.began(recording, answer))
        self.prepared = None
        try:
            growing = self.recorder.begin(file)
        except OSError:  # nothing of it is on the disk, and what may lie there under its name is not ours
            self._interrupt(recording, answer.with_kept(Kept(), closed=True), DiskFailed.code)
            raise
        ear = ear_for(self.recorder, headset, self._listen_every_us, gates=self.headset_gates)
        self._speaking = recording
        try:
            return await self._record_part(growing, recording, duration_us, ear)
        except OSError:
            judged = await self.runtime.compute(partial(ear.judged, interrupted=True))
            self._cut_off(recording, DiskFailed.code, judged)
            raise
        finally:
            self._speaking = ""

    def _require_silence(self) -> None:
        if self._speaking:
            raise StepRefused(self.name, "answer-under-way", self._speaking)

    async def _record_part(
        self, growing: AbstractContextManager[Growing], recording: str, duration_us: int, ear: Ear
    ) -> Heard:
        failure: DeviceError | None = None
        with growing as part:
            try:
                await self._take_blocks(part, recording, duration_us, ear)
            except DeviceError as error:
                failure = error
            kept = await self.runtime.compute(part.finish)
        judged = await self.runtime.compute(partial(ear.judged, interrupted=failure is not None))
        answer = self.answers[recording].with_kept(kept, judged, closed=True, complete=failure is None)
        if failure is not None:
            self._interrupt(recording, answer, failure.code)
            raise failure
        heard = worth(answer)
        self._change(recording, answer, self._log.recorded(recording, answer, heard))
        return heard

    @contextmanager
    def _own_disk(self) -> Iterator[None]:
        """Say of the station's computer what the operating system says of its disk."""
        try:
            yield
        except OSError as error:
            raise DiskFailed(self.computer.name, error.strerror or str(error)) from error

    def _allowed(self, participant: str, recording: str, elsewhere: Elsewhere) -> Answer:
        """Return the answer as far as it is.

        Raises:
            StepRefused: It may not be recorded (any more).
        """
        if self.finished:
            raise StepRefused(self.name, "exam-finished")
        if not self.opened:
            raise StepRefused(self.name, "key-not-activated")
        self._require_silence()
        answer = self.answers.get(recording) or Answer(participant, elsewhere=elsewhere)
        if answer.complete:
            raise StepRefused(self.name, "answer-complete", recording)
        if answer.under_way:  # the disk could not even take that the part had ended
            self._cut_off(recording, DiskFailed.code)
        return self.answers.get(recording, answer)

    async def _take_blocks(self, part: Growing, recording: str, duration_us: int, ear: Ear) -> None:
        """Pass blocks to the part, then to the ear, until the answer has its length; store what is safe.

        Where the ear hears that the sound is spoiled, the driver may know why, and its word counts.
        """
        answer = self.answers[recording]
        missing = duration_us * FORMAT.rate_hz // SECOND - answer.elsewhere.frames - answer.frames
        spoiled: SoundSpoiled | None = None
        waits = DRIVER_KNOWS_WITHIN_US // self.recorder.block_us
        async with self.headset.record(FORMAT, self.recorder.block_us) as stream:
            async for block in stream:
                samples = block.samples() if ear.wants_next() else None
                kept = await self.runtime.compute(lambda: part.add(block, samples))  # noqa: B023 - awaited here
                if kept is not None:
                    self._change(recording, answer.with_kept(kept))
                heard = await self.runtime.compute(lambda: hear_out(ear, block, samples))  # noqa: B023 - awaited here
                spoiled = spoiled or heard
                missing -= block.frames
                if missing <= 0:
                    return
                if spoiled is not None:
                    if not waits:
                        raise spoiled
                    waits -= 1

    def _change(self, recording: str, answer: Answer, event: Event | None = None) -> None:
        """Save an answer, with its line of the log if there is one."""
        if event is None:
            self._store.save({f"answer/{recording}": answer})
        else:
            self._record(event, {f"answer/{recording}": answer})
        self.answers[recording] = answer

    def _interrupt(self, recording: str, answer: Answer, why: str) -> None:
        self._change(recording, answer, self._log.interrupted(recording, answer, why))

    def _cut_off(self, recording: str, why: str, heard: Heard | None = None) -> None:
        self._interrupt(recording, *closed_after_crash(self.answers[recording], self.recorder, why, heard))

    def _after_restore(self) -> None:
        self.write_off()

    def write_off(self, why: str = ComputerFailed.code) -> None:
        """Close the parts that were cut off and write down whose they are; what was kept stays.

        Works on the disk alone: for a computer that no longer starts the organisers do it by hand.

        Args:
            why: What cut them off, the code of an error.
        """
        for recording, answer in self.answers.items():
            if answer.under_way:
                self._cut_off(recording, why)

    def restarted(self) -> Self:
        """Return the station program as it is after a restart: only store and recordings are left."""
        return type(self)(self.seat, self.headset, self.recorder, self._listen_every_us)

    def recording_name(self, work: str) -> str:
        """Name the recording of a work as the duty says."""
        return self.DUTY.recording(
            Place(exam_date=self.settings.exam_date, room=self.room, subject=self.settings.subject), work
        )

    # -- listening ---------------------------------------------------------------------------------

    async def play_back(self, recording: str, longest_us: int) -> None:
        """Play an answer to the participant, all its parts here that are not damaged.

        It is silent where no sound is kept (virtual time).

        Args:
            recording: Which.
            longest_us: Stop after that much of it.

        Raises:
            StepRefused: There is no such answer.
            HeadsetUnplugged, DeviceError: The headset.
            DiskFailed: The recording cannot be read.
        """
        with self._own_disk():
            await self.computer.run(self._play_back(recording, longest_us))

    async def _play_back(self, recording: str, longest_us: int) -> None:
        answer = self.answers.get(recording)
        if answer is None:
            raise StepRefused(self.name, "no-such-answer", recording)
        files = [part.file for part in answer.parts if part.kept.frames and not part.damaged]
        longest = longest_us * FORMAT.rate_hz // SECOND
        sound = await self.runtime.compute(lambda: beginning(self.recorder, files, longest))
        if len(sound):
            await self.headset.play(sound, FORMAT)

    def report_listened(self, participant: str, recording: str, *, content: bool) -> None:
        """Write down that the participant listened to the answer [001:260]."""
        self._record(AnswerListened(self.name, participant, recording, content))

    # -- export ------------------------------------------------------------------------------------

    def export_bytes(self) -> int:
        """How much the package of all recordings weighs."""
        return sum(answer.size_bytes for answer in self.answers.values())

    def _export_content(self, works: int) -> tuple[Kind, int, Iterable[Piece]]:  # noqa: ARG002
        files = audio_files(self.answers)
        return Kind.AUDIO, len(self.answers), package_pieces(files, self.recorder)

    def _export_name(self, kind: str, works: int, created: datetime) -> str:
        name = super()._export_name(kind, works, created)
        # the names of the seeds would be the same for two seats of a room in one second
        return name.replace(".abnk", f"_{self.settings.computer:03}.abnk")

    async def _prepare_export(self, port: TokenPort, serial: str, pin: Secret, works: int) -> None:
        with self._own_disk():
            await self._look_through()
            await super()._prepare_export(port, serial, pin, works)

    async def _look_through(self) -> None:
        """Close what a failing disk has left open, and mark what it has lost since it was written.

        The РЦОИ refuses a package of which one file is not as listed, and with it all answers of the seat.
        """
        self._require_silence()
        self.write_off(DiskFailed.code)
        for recording, answer in self.answers.items():
            seen = await self.runtime.compute(lambda: seen_again(answer, self.recorder))  # noqa: B023 - awaited here
            if seen != answer:
                self._change(recording, seen)

    async def authorise_rescue(self, port: TokenPort, serial: str, pin: Secret) -> None:
        """Have what lies on the disk of a computer that no longer starts signed at another one.

        Args:
            port: Of the station that the disk was brought to.
            serial: Of the token.
            pin: Its PIN.

        Raises:
            TokenError: As for ``authorise_export``.
            DiskFailed: The disk cannot be used there either.
        """
        await self._prepare_export(port, serial, pin, 0)

    async def rescue_recordings(self, flash: FlashDrive) -> str:
        """Save the recordings from the disk of a computer that no longer starts. Raises like ``export``."""
        return await self._export(flash)

    async def export(self, flash: FlashDrive) -> str:
        """Write all recordings of this station to a flash drive; returns the name of the package.

        Raises:
            StepRefused: No token has signed it (``authorise_export``).
            StorageError: The drive; nothing is half-written.
            DiskFailed: The station's own disk, as for ``authorise_export``.
        """
        return await self.computer.run(self._export(flash))

    async def _export(self, flash: FlashDrive) -> str:
        with self._own_disk():
            prepared = await self._write_export(flash)
            frames = sum(answer.frames for answer in self.answers.values())
            seat, name, works = self.settings.seat, prepared.name, prepared.works
            files = [self._log.exported(each, flash.name, name) for each in audio_files(self.answers)]
            self._record_export(AudioExported(self.name, seat, name, works, frames, flash.name), files)
            return prepared.name
