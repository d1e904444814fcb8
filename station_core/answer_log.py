"""What the journal says of answers, alike for every station that records them."""

from __future__ import annotations

from dataclasses import dataclass

from station_core.answers import Answer
from station_core.audio_package import AudioFile
from station_core.events import AnswerBegan, AnswerFileExported, AnswerInterrupted, AnswerRecorded
from station_core.heard import Heard


@dataclass(frozen=True, slots=True)
class AnswerLog:
    """Makes the entries of one station.

    Args:
        room: Where it is.
        station: Its name.
        seat: Of the participant; empty where one microphone serves the room.
    """

    room: str
    station: str
    seat: str = ""

    def began(self, recording: str, answer: Answer) -> AnswerBegan:
        """Say that the last part of an answer is being recorded."""
        return AnswerBegan(
            room=self.room,
            station=self.station,
            seat=self.seat,
            headset=answer.parts[-1].headset,
            participant=answer.participant,
            recording=recording,
            part=answer.parts_everywhere,
        )

    def interrupted(self, recording: str, answer: Answer, why: str) -> AnswerInterrupted:
        """Say that an answer stopped in the middle; ``why`` is the code of an error."""
        participant, frames = answer.participant, answer.frames
        return AnswerInterrupted(self.room, self.station, self.seat, participant, recording, frames, why)

    def recorded(self, recording: str, answer: Answer, heard: Heard) -> AnswerRecorded:
        """Say that an answer is complete, and what the sound of all its parts is worth."""
        return AnswerRecorded(
            room=self.room,
            station=self.station,
            seat=self.seat,
            headset=answer.parts[-1].headset,
            participant=answer.participant,
            recording=recording,
            frames=answer.elsewhere.frames + answer.frames,
            parts=answer.parts_everywhere,
            digest=answer.digest,
            good=heard.ok,
            active_level_tenth_db=heard.active_level_tenth_db,
            noise_tenth_db=heard.noise_tenth_db,
            reasons=heard.reasons,
            unheard=answer.unheard,
        )

    def exported(self, file: AudioFile, flash: str, package: str = "") -> AnswerFileExported:
        """Say that a file is on a drive, in a package or by itself."""
        return AnswerFileExported(
            station=self.station,
            seat=self.seat,
            flash=flash,
            package=package,
            file=file.file,
            recording=file.recording,
            part=file.part,
            frames=file.frames,
            size_bytes=file.size_bytes,
            digest=file.digest,
            damaged=file.damaged,
        )
