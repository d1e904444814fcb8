"""The station with recordings on a disk: what a crash leaves, what is played, what is exported."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from hal.audio import (
    AudioBlock,
    AudioFormat,
    HeadsetCapabilities,
    HeadsetInfo,
    HeadsetStatus,
    HeadsetUnplugged,
    Samples,
    SoundSpoiled,
)
from hal.computer import ComputerFailed, DiskFailed
from hal.runtime import HOUR, MILLISECOND, SECOND
from simulators import sealing
from simulators.faults import UntilRepaired
from simulators.headset import SimHeadset
from simulators.profiles import headset_profile
from station_core.answer_file import AnswerFile, Kept
from station_core.events import AnswerFileExported, AnswerInterrupted, AnswerRecorded
from station_core.heard import Heard
from station_core.recorder import ChainRecorder, FlacRecorder
from station_core.store import Content
from tests import sounds
from tests.containers import read_export
from tests.sounds import Mono, gated
from tests.workplace import MEMBER, PIN, RATE, SERIAL, Seated, exported, refused, strike

HALF_A_SECOND = RATE // 2

Test = Callable[[Seated], Coroutine[Any, Any, None]]


@pytest.fixture
def place(tmp_path: Path) -> Seated:
    return Seated(recorder=FlacRecorder(tmp_path / "answers"))


def folder(place: Seated) -> Path:
    recorder = place.station.recorder
    assert isinstance(recorder, FlacRecorder)
    return recorder.folder


def heard(place: Seated, recording: str) -> Samples:
    """What lies on the disk of an answer."""
    parts = place.station.answers[recording].parts
    pieces = [
        piece for part in parts if part.kept.frames for piece in place.station.recorder.samples(part.file)
    ]
    return np.concatenate(pieces)


def test_an_answer_lies_on_the_disk_while_it_is_spoken(place: Seated) -> None:
    async def main() -> None:
        station = await place.opened()
        began = place.runtime.now()
        async with place.runtime.task_group() as group:
            task = group.start(station.record_answer("p-1", "r-1", 3 * SECOND))
            for tenth in range(5, 30, 5):
                await place.runtime.sleep(began + tenth * 100 * MILLISECOND - place.runtime.now())
                (part,) = station.answers["r-1"].parts
                assert part.kept.frames >= tenth * RATE // 10 - HALF_A_SECOND
                assert (folder(place) / part.file).stat().st_size == part.kept.size_bytes
        assert (await task.wait()).ok
        (event,) = place.events(AnswerRecorded)
        data = (folder(place) / "r-1.flac").read_bytes()
        assert (event.frames, event.digest) == (3 * RATE, hashlib.sha256(data).hexdigest())
        assert len(heard(place, "r-1")) == 3 * RATE

    place.runtime.run(main())


@pytest.mark.parametrize("at", [1, 250 * MILLISECOND, 999 * MILLISECOND, 2_345 * MILLISECOND])
def test_a_crash_takes_half_a_second_at_most(place: Seated, at: int) -> None:
    async def main() -> None:
        station = await place.opened()
        place.runtime.spawn(place.strike_after(at, place.computer, "crash"))
        with pytest.raises(ComputerFailed):
            await station.record_answer("p-1", "r-1", 4 * SECOND)
        station = await place.restart()
        answer = station.answers["r-1"]
        assert not answer.under_way
        assert answer.frames >= at * RATE // SECOND - HALF_A_SECOND
        (event,) = place.events(AnswerInterrupted)
        assert event.frames == answer.frames
        first = heard(place, "r-1") if answer.frames else np.empty((0, 1), np.int16)
        await station.activate(MEMBER, SERIAL, PIN)
        await station.record_answer("p-1", "r-1", 4 * SECOND)
        # a further part; what was there is as it was
        assert [part.file for part in station.answers["r-1"].parts] == ["r-1.flac", "r-1~2.flac"]
        both = heard(place, "r-1")
        assert np.array_equal(both[: len(first)], first)
        assert 4 * RATE <= len(both) < 4 * RATE + RATE // 10
        for part in station.answers["r-1"].parts:
            if part.kept.frames:
                data = (folder(place) / part.file).read_bytes()
                assert hashlib.sha256(data).hexdigest() == part.kept.digest

    place.runtime.run(main())


def test_all_that_came_before_the_headset_was_pulled_out_is_kept(place: Seated) -> None:
    async def main() -> None:
        station = await place.opened()
        place.runtime.spawn(place.strike_after(1_234 * MILLISECOND, place.headset, "unplugged"))
        with pytest.raises(HeadsetUnplugged):
            await station.record_answer("p-1", "r-1", 4 * SECOND)
        assert station.answers["r-1"].frames == 12 * RATE // 10  # every block that came
        assert station.answers["r-1"].parts[0].closed

    place.runtime.run(main())


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[6000] ^= 1
    path.write_bytes(data)


DAMAGE: dict[str, Callable[[Path], None]] = {"short": cut_short, "bit": flip_a_bit, "gone": Path.unlink}


@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize("when", ["in-the-crash", "before-the-export"])
def test_an_answer_that_the_disk_has_lost_stops_nobody(place: Seated, kind: str, when: str) -> None:
    """The participant goes on, the rest is played, and the РЦОИ takes all answers of the seat."""

    async def main() -> None:
        station = await place.opened()
        await station.record_answer("p-0", "r-0", SECOND)
        place.runtime.spawn(place.strike_after(2 * SECOND + 1, place.computer, "crash"))
        with pytest.raises(ComputerFailed):
            await station.record_answer("p-1", "r-1", 4 * SECOND)
        path = folder(place) / "r-1.flac"
        if when == "in-the-crash":
            DAMAGE[kind](path)
        station = await place.restart()
        (event,) = place.events(AnswerInterrupted)
        assert event.error == ("recording-damaged" if when == "in-the-crash" else "computer-failed")
        await station.activate(MEMBER, SERIAL, PIN)
        await station.record_answer("p-1", "r-1", 4 * SECOND)
        assert station.answers["r-1"].complete
        began = place.runtime.now()
        await station.play_back("r-1", HOUR)
        assert place.runtime.now() - began >= SECOND  # the sound part
        if when == "before-the-export":
            DAMAGE[kind](path)
        left = path.read_bytes() if path.exists() else b""
        await station.authorise_export(MEMBER, SERIAL, PIN)
        name = await station.export(place.flash)
        files = exported(await place.flash.read(name), name)  # checks the files against the index
        assert [(each.file, each.damaged, each.follows) for each in files] == [
            ("r-0.flac", False, True),
            ("r-1.flac", True, bool(left)),
            ("r-1~2.flac", False, True),
        ]
        assert (files[1].size_bytes, files[1].digest) == (
            len(left),
            hashlib.sha256(left).hexdigest() if left else "",
        )
        assert files[1].frames >= 2 * RATE - HALF_A_SECOND  # what was promised
        assert sum(each.size_bytes for each in files) == station.export_bytes()
        assert [e.damaged for e in place.events(AnswerFileExported)] == [False, True, False]
        assert (path.read_bytes() if path.exists() else b"") == left  # nobody touched it
        # the mark outlives the program
        assert (await place.restart()).answers["r-1"].parts[0].damaged

    place.runtime.run(main())


def full_after(monkeypatch: pytest.MonkeyPatch, method: str, calls: int) -> None:
    """Make the disk take that many calls of a method of ``AnswerFile``, refuse one, and have space again."""
    original, made = getattr(AnswerFile, method), [0]

    def until_full(file: AnswerFile) -> Kept:
        made[0] += 1
        if made[0] == calls + 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        kept: Kept = original(file)
        return kept

    monkeypatch.setattr(AnswerFile, method, until_full)


def whole(place: Seated, recording: str) -> bool:
    """Whether every part is closed and its file the one that is listed."""
    return all(
        part.closed
        and hashlib.sha256((folder(place) / part.file).read_bytes()).hexdigest() == part.kept.digest
        for part in place.station.answers[recording].parts
        if part.kept.frames
    )


@pytest.mark.parametrize(
    ("method", "calls", "seconds"), [("keep", 28, 2.5), ("keep", 0, 0), ("finish", 0, 5.5)]
)
def test_a_full_disk_ends_the_part_and_not_the_answer(
    place: Seated, monkeypatch: pytest.MonkeyPatch, method: str, calls: int, seconds: float
) -> None:
    full_after(monkeypatch, method, calls)

    async def main() -> None:
        station = await place.opened()
        with pytest.raises(DiskFailed):
            await station.record_answer("p-1", "r-1", 6 * SECOND)
        (event,) = place.events(AnswerInterrupted)
        assert event.error == "disk-failed"
        assert event.frames == station.answers["r-1"].frames >= seconds * RATE
        assert whole(place, "r-1")
        await station.record_answer("p-1", "r-1", 6 * SECOND)
        assert len(place.events(AnswerInterrupted)) == 1
        assert whole(place, "r-1")
        await station.authorise_export(MEMBER, SERIAL, PIN)
        name = await station.export(place.flash)
        files = exported(await place.flash.read(name), name)
        assert sum(each.frames for each in files) >= 6 * RATE
        assert not any(each.damaged for each in files)

    place.runtime.run(main())


def test_a_part_that_the_store_could_not_close_is_closed_before_the_next(place: Seated) -> None:
    async def main() -> None:
        station = await place.opened()
        for way in ("recording", "export"):
            place.store.saves_left = 8
            with pytest.raises(DiskFailed):
                await station.record_answer("p-1", way, 3 * SECOND)
            place.store.saves_left = None
            assert station.answers[way].under_way
            assert place.events(AnswerInterrupted)[1:] == []
            if way == "recording":
                await station.record_answer("p-1", way, 3 * SECOND)
            await station.authorise_export(MEMBER, SERIAL, PIN)
            assert whole(place, way)
        assert [(e.recording, e.error) for e in place.events(AnswerInterrupted)] == [
            ("recording", "disk-failed"),
            ("export", "disk-failed"),
        ]
        name = await station.export(place.flash)
        files = exported(await place.flash.read(name), name)
        assert [each.file for each in files] == ["recording.flac", "recording~2.flac", "export.flac"]

    place.runtime.run(main())


def test_a_disk_that_fails_during_the_export_is_named(place: Seated, monkeypatch: pytest.MonkeyPatch) -> None:
    content = FlacRecorder.content

    def broken(recorder: FlacRecorder, file: str) -> Content:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    async def main() -> None:
        station = await place.opened()
        await station.record_answer("p-1", "r-1", SECOND)
        monkeypatch.setattr(FlacRecorder, "content", broken)
        with pytest.raises(DiskFailed):
            await station.authorise_export(MEMBER, SERIAL, PIN)
        with pytest.raises(DiskFailed):
            await station.authorise_rescue(place.port, SERIAL, PIN)
        monkeypatch.setattr(FlacRecorder, "content", content)
        await station.authorise_export(MEMBER, SERIAL, PIN)
        for way in (station.export, station.rescue_recordings):
            place.store.saves_left = 0
            with pytest.raises(DiskFailed):
                await way(place.flash)
            place.store.saves_left = None
        name = await station.export(place.flash)
        (file,) = exported(await place.flash.read(name), name)
        assert (file.file, file.damaged) == ("r-1.flac", False)

    place.runtime.run(main())


def test_nothing_cuts_off_who_is_speaking(place: Seated) -> None:
    async def main() -> None:
        station = await place.opened()
        async with place.runtime.task_group() as group:
            task = group.start(station.record_answer("p-1", "r-1", 2 * SECOND))
            await place.runtime.sleep(SECOND)
            for refusing in (
                station.record_answer("p-1", "r-1", 2 * SECOND),
                station.record_answer("p-2", "r-2", 2 * SECOND),
                station.authorise_export(MEMBER, SERIAL, PIN),
            ):
                with refused("answer-under-way"):
                    await refusing
        assert (await task.wait()).ok
        (part,) = station.answers["r-1"].parts
        assert part.kept.frames == 2 * RATE
        await station.authorise_export(MEMBER, SERIAL, PIN)

    place.runtime.run(main())


def test_a_file_of_somebody_else_is_not_touched(place: Seated) -> None:
    """It lies under the name of the first part; the answer goes into the second."""

    async def main() -> None:
        station = await place.opened()
        folder(place).mkdir()
        strange = folder(place) / "r-1.flac"
        strange.write_bytes(b"evidence")
        with pytest.raises(DiskFailed):
            await station.record_answer("p-1", "r-1", SECOND)
        await station.record_answer("p-1", "r-1", SECOND)
        await place.restart()
        assert strange.read_bytes() == b"evidence"
        assert [(part.file, part.kept.frames) for part in place.station.answers["r-1"].parts] == [
            ("r-1.flac", 0),
            ("r-1~2.flac", RATE),
        ]

    place.runtime.run(main())


def test_the_participant_hears_what_was_recorded(place: Seated, monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[Samples] = []
    play = SimHeadset.play

    async def listen(self: SimHeadset, samples: Samples, audio_format: AudioFormat) -> None:
        played.append(samples)
        await play(self, samples, audio_format)

    monkeypatch.setattr(SimHeadset, "play", listen)

    async def main() -> None:
        station = await place.opened()
        place.runtime.spawn(place.strike_after(SECOND + 1, place.headset, "unplugged"))
        with pytest.raises(HeadsetUnplugged):
            await station.record_answer("p-1", "r-1", 2 * SECOND)
        assert place.headset.plug_in()
        await station.record_answer("p-1", "r-1", 2 * SECOND)
        began = place.runtime.now()
        await station.play_back("r-1", HOUR)
        assert place.runtime.now() - began >= 2 * SECOND
        assert np.array_equal(np.concatenate(played), heard(place, "r-1"))
        played.clear()
        await station.play_back("r-1", 1_300 * MILLISECOND)
        assert np.array_equal(np.concatenate(played), heard(place, "r-1")[: 13 * RATE // 10])
        with refused("no-such-answer"):
            await station.play_back("r-2", HOUR)
        strike(place.headset, "unplugged")
        with pytest.raises(HeadsetUnplugged):
            await station.play_back("r-1", HOUR)

    place.runtime.run(main())


def test_the_package_holds_the_files_with_their_checksums(place: Seated) -> None:
    async def main() -> None:
        station = await place.opened()
        await station.record_answer("p-1", "r-1", SECOND)
        place.runtime.spawn(place.strike_after(SECOND // 2, place.headset, "unplugged"))
        with pytest.raises(HeadsetUnplugged):
            await station.record_answer("p-2", "r-2", SECOND)
        await station.authorise_export(MEMBER, SERIAL, PIN)
        name = await station.export(place.flash)
        data = await place.flash.read(name)
        files = exported(data, name)
        assert [(each.file, each.part, each.complete) for each in files] == [
            ("r-1.flac", 1, True),
            ("r-2.flac", 1, False),
        ]
        content = read_export(data, name, sealing.recipient_id(SERIAL))[1].partition(b"\n")[2]
        assert len(content) == sum(each.size_bytes for each in files) == station.export_bytes()
        first, frames = soundfile.read(io.BytesIO(content[: files[0].size_bytes]), dtype="int16")[0], RATE
        assert len(first) == frames == files[0].frames
        events = place.events(AnswerFileExported)
        assert [(e.flash, e.package, e.file, e.size_bytes, e.digest) for e in events] == [
            ("flash-1", name, each.file, each.size_bytes, each.digest) for each in files
        ]

    place.runtime.run(main())


async def in_two_parts(place: Seated, unplugged: int, duration: int) -> Heard:
    """Record an answer whose headset is pulled out after so many microseconds; returns its verdict."""
    station = await place.opened()
    place.runtime.spawn(place.strike_after(unplugged, place.headset, "unplugged"))
    with pytest.raises(HeadsetUnplugged):
        await station.record_answer("p-1", "r-1", duration)
    for kind in list(place.headset.faults):
        place.headset.end_fault(kind, "repaired")
    place.headset.plug_in()
    worth = await station.record_answer("p-1", "r-1", duration)
    (event,) = place.events(AnswerRecorded)
    assert (event.parts, event.good, event.reasons, event.unheard) == (2, worth.ok, worth.reasons, 0)
    assert event.active_level_tenth_db == worth.active_level_tenth_db
    return worth


@pytest.mark.parametrize("silent", [False, True])
def test_a_short_rest_condemns_no_answer(place: Seated, silent: bool) -> None:
    """It is too short to be judged, or the participant has nothing more to say."""

    async def main() -> None:
        if silent:
            place.runtime.spawn(silence_after(place, 12 * SECOND + MILLISECOND))
        worth = await in_two_parts(place, 12 * SECOND if silent else 13_500 * MILLISECOND, 14 * SECOND)
        assert worth.reasons == ()
        first, rest = place.station.answers["r-1"].parts
        assert rest.heard is not None
        assert rest.heard.reasons == (("silent",) if silent else ("too-short",))
        assert worth == first.heard  # the levels are those of the longest part

    place.runtime.run(main())


async def silence_after(place: Seated, duration: int) -> None:
    await place.runtime.sleep(duration)
    place.headset.speaker.stop()


def test_what_spoiled_the_first_part_is_in_the_verdict(place: Seated) -> None:
    async def main() -> None:
        strike(place.headset, "hum")
        assert "hum" in (await in_two_parts(place, 10 * SECOND, 14 * SECOND)).reasons
        rest = place.station.answers["r-1"].parts[1].heard
        assert rest is not None
        assert rest.ok

    place.runtime.run(main())


def test_a_part_that_a_crash_cut_off_was_judged_by_nobody(place: Seated) -> None:
    async def main() -> None:
        station = await place.opened()
        place.runtime.spawn(place.strike_after(2 * SECOND + 1, place.computer, "crash"))
        with pytest.raises(ComputerFailed):
            await station.record_answer("p-1", "r-1", 6 * SECOND)
        station = await place.restart()
        await station.activate(MEMBER, SERIAL, PIN)
        assert (await station.record_answer("p-1", "r-1", 6 * SECOND)).ok
        (event,) = place.events(AnswerRecorded)
        assert (event.parts, event.good, event.unheard) == (2, True, 1)

    place.runtime.run(main())


SPOILING: dict[str, tuple[dict[str, int], int]] = {
    "silent": ({}, 400),
    "dropouts": ({"per_minute": 120, "length_ms": 60}, 2_000),
}
"""Fault of the headset, its parameters, and within how many ms after its onset its first gap is over."""


@pytest.mark.parametrize("kind", SPOILING)
def test_missing_sound_ends_the_part_and_not_the_answer(place: Seated, kind: str) -> None:
    """Noticed within half a second; with another headset the answer goes on in a further part."""
    params, gap_ms = SPOILING[kind]

    async def strike_later() -> None:
        await place.runtime.sleep(6 * SECOND)
        place.headset.begin_fault(kind, params, UntilRepaired())

    async def main() -> None:
        station = await place.opened()
        began = place.runtime.now()
        place.runtime.spawn(strike_later())
        with pytest.raises(SoundSpoiled):
            await station.record_answer("p-1", "r-1", 20 * SECOND)
        assert place.runtime.now() - began <= 6 * SECOND + gap_ms * MILLISECOND + SECOND // 2
        (event,) = place.events(AnswerInterrupted)
        assert event.error == "sound-spoiled"
        kept = station.answers["r-1"].frames
        assert kept >= 6 * RATE  # all that was spoken before is there
        station.headset = SimHeadset("headset-x1", place.world, headset_profile("logitech-h390"))
        station.headset.speaker.start("participant-1")
        assert (await station.record_answer("p-1", "r-1", 20 * SECOND)).ok
        assert [part.headset for part in station.answers["r-1"].parts] == ["headset-0101-3", "headset-x1"]
        assert len(heard(place, "r-1")) == 20 * RATE

    place.runtime.run(main())


@pytest.mark.parametrize("kind", ["noise", "hum", "clipping", "other-voices"])
def test_what_can_be_understood_is_recorded_to_the_end(place: Seated, kind: str) -> None:
    async def main() -> None:
        station = await place.opened()
        strike(place.headset, kind)
        await station.record_answer("p-1", "r-1", 8 * SECOND)
        assert station.answers["r-1"].complete

    place.runtime.run(main())


@pytest.mark.parametrize("keeps_sound", [True, False])
def test_lost_sound_is_in_the_verdict(tmp_path: Path, keeps_sound: bool) -> None:
    """The samples do not tell; the headset is not to blame, so nobody takes another."""
    place = Seated(recorder=FlacRecorder(tmp_path / "answers") if keeps_sound else ChainRecorder())

    async def main() -> None:
        station = await place.opened()
        station.headset = Losing(place.headset, 3)
        worth = await station.record_answer("p-1", "r-1", 8 * SECOND)
        assert (worth.ok, worth.reasons) == (False, ("dropout",))
        (event,) = place.events(AnswerRecorded)
        assert (event.good, event.reasons, event.frames) == (False, ("dropout",), 8 * RATE)

    place.runtime.run(main())


class Gating:
    """A headset whose driver gates noise; whoever speaks into it thinks before speaking.

    Args:
        thinks_s: In the second recording, the answer: how long nothing is said at first.
    """

    info = HeadsetInfo("gating")
    capabilities = HeadsetCapabilities()

    def __init__(self, thinks_s: int) -> None:
        speech = gated(sounds.speech(9))
        self._recordings = [speech, np.concatenate([np.zeros(thinks_s * RATE, np.int16), speech])]

    async def status(self) -> HeadsetStatus:
        return HeadsetStatus(plugged=True)

    @asynccontextmanager
    async def record(
        self, audio_format: AudioFormat, block_us: int = 100_000
    ) -> AsyncIterator[AsyncIterator[AudioBlock]]:
        yield self._blocks(self._recordings.pop(0), audio_format.rate_hz * block_us // SECOND)

    async def _blocks(self, sound: Mono, frames: int) -> AsyncIterator[AudioBlock]:
        for first in range(0, len(sound), frames):
            piece = sound[first : first + frames, np.newaxis]
            yield AudioBlock(first, len(piece), piece.copy)

    async def play(self, samples: Samples, audio_format: AudioFormat) -> None: ...

    async def close(self) -> None: ...


@pytest.mark.parametrize("tested", [True, False])
def test_a_headset_that_gates_noise_is_known_from_its_test(place: Seated, tested: bool) -> None:
    async def main() -> None:
        station = await place.opened()
        station.headset = headset = Gating(5)
        if tested:
            assert (await station.test_recording(9 * SECOND)).ok
            await station.record_answer("p-1", "r-1", 14 * SECOND)
        else:
            async with headset.record(AudioFormat(RATE, 1)):
                pass  # the recording without a pause
            with pytest.raises(SoundSpoiled):
                await station.record_answer("p-1", "r-1", 14 * SECOND)

    place.runtime.run(main())


class Torn(Gating):
    """A headset whose sound is missing for 60 ms in the midst of a vowel, the last block but one."""

    def __init__(self) -> None:
        sound = sounds.speech(9)
        gap = sounds.loudest_at(sound, 7, 8)
        sound[gap : gap + 60 * RATE // 1000] = 0
        self.blocks = gap * 10 // RATE + 3
        self._recordings = [sound]


def test_what_is_missing_at_the_very_end_is_in_the_verdict(place: Seated) -> None:
    """The answer has its length before the part is ended, so no interruption tells of it."""

    async def main() -> None:
        station = await place.opened()
        station.headset = headset = Torn()
        worth = await station.record_answer("p-1", "r-1", headset.blocks * SECOND // 10)
        assert (worth.ok, worth.reasons) == (False, ("dropout",))
        (event,) = place.events(AnswerRecorded)
        assert (event.good, event.reasons) == (False, ("dropout",))
        assert place.events(AnswerInterrupted) == []

    place.runtime.run(main())


class Losing:
    """A headset on a computer that is too busy.

    Args:
        headset: Which.
        block: Number of the block before which sound was lost.
    """

    def __init__(self, headset: SimHeadset, block: int) -> None:
        self.info = headset.info
        self.capabilities = headset.capabilities
        self.status, self.play, self.close = headset.status, headset.play, headset.close
        self._headset = headset
        self._block = block

    @asynccontextmanager
    async def record(
        self, audio_format: AudioFormat, block_us: int = 100_000
    ) -> AsyncIterator[AsyncIterator[AudioBlock]]:
        async with self._headset.record(audio_format, block_us) as blocks:
            yield self._marked(blocks)

    async def _marked(self, blocks: AsyncIterator[AudioBlock]) -> AsyncIterator[AudioBlock]:
        number = 0
        async for block in blocks:
            yield replace(block, overflow=number == self._block)
            number += 1
