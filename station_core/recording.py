"""Станция записи ответов: one workplace of the oral exam, with a headset.

Test recording and judgement by measurement, recording of answers, listening, export. What was recorded
before an interruption is kept as a part; the answer goes on in a further part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

import msgspec
import numpy as np
from msgspec.structs import replace

from hal.audio import AudioBlock, AudioFormat, Headset, Samples
from hal.computer import ComputerFailed
from hal.errors import DeviceError
from hal.runtime import SECOND
from hal.secret import Secret
from hal.storage import FlashDrive
from hal.token import TokenPort
from station_core.audio_check import Report, check
from station_core.container import Kind, Piece
from station_core.errors import StepRefused
from station_core.events import (
    AnswerBegan,
    AnswerInterrupted,
    AnswerListened,
    AnswerRecorded,
    AudioExported,
    RecordingTested,
)
from station_core.materials import AccessKey
from station_core.station import Seat, Station

FORMAT = AudioFormat(rate_hz=48_000, channels=1)
BLOCK_US = SECOND
LISTENED_BLOCKS = 2
"""Length of a window that is measured, in blocks."""
BYTES_PER_FRAME = 2


class Answer(msgspec.Struct, frozen=True):
    """What the station holds of one participant's answer.

    Args:
        frames: Recorded so far, over all parts.
        parts: How many times the recording was begun.
        digest: SHA-256 over the order, the length and the measured sound of the blocks, hexadecimal.
        complete: The answer was recorded to its end.
        under_way: It is being recorded, or a crash cut it off.
    """

    participant: str
    frames: int = 0
    parts: int = 0
    digest: str = ""
    complete: bool = False
    under_way: bool = False


@dataclass(slots=True)
class _Window:
    """Blocks that follow each other and are measured together."""

    blocks: list[Samples]


class RecordingStation(Station):
    """One workplace of a participant.

    Args:
        seat: See :class:`~station_core.station.Seat`.
        headset: Headphones and microphone.
        listen_every: Measure one window in so many blocks; 1 window length = every block.
    """

    KIND: ClassVar[str] = "recording"

    def __init__(self, seat: Seat, headset: Headset, listen_every: int = 150) -> None:
        super().__init__(seat)
        self.headset = headset
        self.answers: dict[str, Answer] = {}
        self._listen_every = listen_every

    def _restore(self, name: str, value: object) -> None:
        kind, _, rest = name.partition("/")
        if kind == "answer":
            self.answers[rest] = msgspec.convert(value, Answer, from_attributes=True)
        else:
            super()._restore(name, value)

    def _room_from(self, key: AccessKey, file: str, room: str) -> str:  # noqa: ARG002
        # the main key or any reserve key opens the КИМ here; the technician enters the room [001:153-156]
        return room or self.settings.room

    # -- test recording ----------------------------------------------------------------------------

    async def test_recording(self, duration_us: int = 10 * SECOND) -> Report:
        """Record a test message and judge it by the criteria of [001:79].

        Raises:
            HeadsetUnplugged, DeviceError: The headset.
        """
        return await self.computer.run(self._test_recording(duration_us))

    async def _test_recording(self, duration_us: int) -> Report:
        blocks: list[Samples] = []
        async with self.headset.record(FORMAT, BLOCK_US) as stream:
            async for block in stream:
                blocks.append(block.samples())
                if len(blocks) * BLOCK_US >= duration_us:
                    break
        verdict = check(np.concatenate(blocks), FORMAT.rate_hz)
        self._record(
            RecordingTested(
                station=self.name,
                seat=self.settings.seat,
                headset=self.headset.info.name,
                good=verdict.ok,
                active_level_tenth_db=verdict.figures.active_level_tenth_db,
                noise_tenth_db=verdict.figures.noise_tenth_db,
                reasons=tuple(kind.value for kind in verdict.reasons),
            )
        )
        return verdict

    # -- answers -----------------------------------------------------------------------------------

    async def record_answer(self, participant: str, recording: str, duration_us: int) -> Report:
        """Record an answer, or the rest of an interrupted one; returns what its measured sound is worth.

        Raises:
            StepRefused: The КИМ is not decrypted, the exam is finished, or the answer is complete.
            HeadsetUnplugged, DeviceError: The headset; what was recorded so far is kept.
        """
        return await self.computer.run(self._record_answer(participant, recording, duration_us))

    async def _record_answer(self, participant: str, recording: str, duration_us: int) -> Report:
        if self.finished:
            raise StepRefused(self.name, "exam-finished")
        if not self.opened:
            raise StepRefused(self.name, "key-not-activated")
        answer = self.answers.get(recording) or Answer(participant)
        if answer.complete:
            raise StepRefused(self.name, "answer-complete", recording)
        answer = replace(answer, parts=answer.parts + 1, under_way=True)
        self._record(
            AnswerBegan(
                self.room, self.name, self.settings.seat, self.headset.info.name, participant, recording
            ),
            {f"answer/{recording}": answer},
        )
        self.answers[recording] = answer
        self.prepared = None
        heard: list[_Window] = []
        try:
            await self._take_blocks(recording, duration_us, heard)
        except DeviceError as error:
            self._interrupt(recording, error.code)
            raise
        answer = replace(self.answers[recording], complete=True, under_way=False)
        verdict = _worst(heard)
        self._record(
            AnswerRecorded(
                room=self.room,
                station=self.name,
                seat=self.settings.seat,
                headset=self.headset.info.name,
                participant=participant,
                recording=recording,
                frames=answer.frames,
                parts=answer.parts,
                digest=answer.digest,
                good=verdict.ok,
                active_level_tenth_db=verdict.figures.active_level_tenth_db,
                noise_tenth_db=verdict.figures.noise_tenth_db,
                reasons=tuple(kind.value for kind in verdict.reasons),
            ),
            {f"answer/{recording}": answer},
        )
        self.answers[recording] = answer
        return verdict

    def _interrupt(self, recording: str, why: str) -> None:
        answer = replace(self.answers[recording], under_way=False)
        self._record(
            AnswerInterrupted(
                self.room,
                self.name,
                self.settings.seat,
                answer.participant,
                recording,
                answer.frames,
                why,
            ),
            {f"answer/{recording}": answer},
        )
        self.answers[recording] = answer

    def _after_restore(self) -> None:
        self.write_off()

    def write_off(self) -> None:
        """Write down which answers a crash cut off; what was recorded of them is kept.

        Works on the store alone: for a computer that no longer starts the organisers do it by hand.
        """
        for recording, answer in self.answers.items():
            if answer.under_way:
                self._interrupt(recording, ComputerFailed.code)

    async def _take_blocks(self, recording: str, duration_us: int, heard: list[_Window]) -> None:
        wanted = duration_us * FORMAT.rate_hz // SECOND
        count = 0
        async with self.headset.record(FORMAT, BLOCK_US) as stream:
            async for block in stream:
                samples = self._listen(block, count, heard)
                before = self.answers[recording]
                answer = replace(
                    before, frames=before.frames + block.frames, digest=_chain(before.digest, block, samples)
                )
                self._store.save({f"answer/{recording}": answer})
                self.answers[recording] = answer
                count += 1
                if answer.frames >= wanted:
                    return

    def _listen(self, block: AudioBlock, count: int, heard: list[_Window]) -> Samples | None:
        """Read the samples of a block that belongs to a measured window."""
        place = count % self._listen_every
        if place >= LISTENED_BLOCKS:
            return None
        if place == 0:
            heard.append(_Window([]))
        samples = block.samples()
        heard[-1].blocks.append(samples)
        return samples

    def restarted(self) -> Self:
        """Return the station program as it is after a restart: only the store is left."""
        return type(self)(self.seat, self.headset, self._listen_every)

    def report_listened(self, participant: str, recording: str, *, content: bool) -> None:
        """Write down that the participant listened to the answer [001:260]."""
        self._record(AnswerListened(self.name, participant, recording, content))

    # -- export ------------------------------------------------------------------------------------

    def export_bytes(self) -> int:
        """How much the package of all recordings weighs."""
        return sum(answer.frames for answer in self.answers.values()) * BYTES_PER_FRAME

    def _export_content(self, works: int) -> tuple[Kind, int, Iterable[Piece]]:  # noqa: ARG002
        return Kind.AUDIO, len(self.answers), (msgspec.json.encode(self.answers),)

    def _export_name(self, kind: str, works: int, created: datetime) -> str:
        name = super()._export_name(kind, works, created)
        # the names of the seeds would be the same for two seats of a room in one second
        return name.replace(".abnk", f"_{self.settings.computer:03}.abnk")

    async def authorise_rescue(self, port: TokenPort, serial: str, pin: Secret) -> None:
        """Have what lies on the disk of a computer that no longer starts signed at another one.

        Args:
            port: Of the station that the disk was brought to.
            serial: Of the token.
            pin: Its PIN.

        Raises:
            TokenError: As for ``authorise_export``.
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
        """
        return await self.computer.run(self._export(flash))

    async def _export(self, flash: FlashDrive) -> str:
        prepared = await self._write_export(flash)
        frames = prepared.size_bytes // BYTES_PER_FRAME
        self._record_export(
            AudioExported(self.name, self.settings.seat, prepared.name, prepared.works, frames)
        )
        return prepared.name


def _chain(digest: str, block: AudioBlock, samples: Samples | None) -> str:
    sound = b"" if samples is None else samples.tobytes()
    head = f"{digest}/{block.first_frame}/{block.frames}/{int(block.overflow)}/".encode()
    return hashlib.sha256(head + sound).hexdigest()


def _worst(windows: list[_Window]) -> Report:
    """Judge every window; the one with the most reasons speaks for the answer."""
    judged = [check(np.concatenate(window.blocks), FORMAT.rate_hz) for window in windows]
    return max(judged, key=lambda report: len(report.reasons))
