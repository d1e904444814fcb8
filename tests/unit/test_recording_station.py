"""Станция записи ответов: test recording, answers in parts, restarts, listening, export."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from hal.audio import AudioBlock, AudioFormat, HeadsetUnplugged
from hal.computer import ComputerFailed, DiskFailed
from hal.runtime import HOUR, MILLISECOND, SECOND
from hal.storage import FlashFull
from hal.token import PinIncorrect
from simulators.headset import SimHeadset
from simulators.storage import SimFlash
from station_core.answers import Answer, Elsewhere
from station_core.audio_package import audio_files
from station_core.errors import MaterialsRefused
from station_core.events import (
    AnswerBegan,
    AnswerInterrupted,
    AnswerListened,
    AnswerRecorded,
    AudioExported,
    DisplayChecked,
    PassportSaved,
    RecordingTested,
)
from station_core.recording import RecordingStation
from tests.workplace import (
    MEMBER,
    PIN,
    RATE,
    RESERVE,
    SERIAL,
    WRONG,
    Seated,
    exported,
    refused,
    seated,
    strike,
)

# -- order of the steps --------------------------------------------------------------------------------


@seated()
async def test_steps_out_of_order(place: Seated) -> None:
    station = place.station
    await station.start()
    with refused("no-package"):
        await station.activate(MEMBER, SERIAL, PIN)
    for _ in range(2):
        with refused("key-not-activated"):
            await station.record_answer("p-1", "r-1", SECOND)
        await place.loaded()
    with refused("export-not-authorised"):
        await station.export(place.flash)
    assert station.answers == {}
    assert place.events(AnswerBegan) == []
    with pytest.raises(PinIncorrect):
        await station.activate(MEMBER, SERIAL, WRONG)
    await station.activate(MEMBER, SERIAL, PIN)
    place.headset.speaker.start("participant-1")
    await station.record_answer("p-1", "r-1", SECOND)
    with refused("answer-complete"):
        await station.record_answer("p-1", "r-1", SECOND)
    await station.finish()
    with refused("exam-finished"):
        await station.record_answer("p-2", "r-2", SECOND)
    lines = len(place.journal)
    await station.finish()
    assert len(place.journal) == lines


@seated(RESERVE)
async def test_a_reserve_station_is_told_its_room(place: Seated) -> None:
    """Any key opens the КИМ here; nobody has to be in it [001:153-156]."""
    station = await place.loaded(room="0105")
    assert station.room == "0105"
    assert (await place.restart()).room == "0105"


@seated()
async def test_a_main_station_keeps_its_room(place: Seated) -> None:
    assert (await place.loaded()).room == "0101"


@seated()
async def test_a_store_of_the_other_kind_of_station(place: Seated) -> None:
    place.store.save({"kit/9000000000175": "printed"})
    with refused("unknown-entry", MaterialsRefused):
        await place.station.start()


# -- test recording ------------------------------------------------------------------------------------


@seated()
async def test_a_test_recording_needs_no_key_and_is_measured(place: Seated) -> None:
    await place.station.start()
    place.headset.speaker.start("participant-1")
    began = place.runtime.now()
    assert (await place.station.test_recording(5 * SECOND)).ok
    assert place.runtime.now() - began == 5 * SECOND
    strike(place.headset, "noise", level_dbfs=-34)
    heard = await place.station.test_recording(5 * SECOND)
    assert "noisy" in heard.reasons
    good, bad = place.events(RecordingTested)
    assert (good.good, good.reasons, bad.good) == (True, (), False)
    assert bad.noise_tenth_db > good.noise_tenth_db
    assert place.station.answers == {}


@seated()
async def test_silence_is_not_a_good_test(place: Seated) -> None:
    await place.station.start()
    heard = await place.station.test_recording(5 * SECOND)
    assert heard.reasons == ("silent",)


@seated()
async def test_a_headset_that_is_not_there(place: Seated) -> None:
    await place.station.start()
    place.headset.unplug()
    with pytest.raises(HeadsetUnplugged):
        await place.station.test_recording(5 * SECOND)
    assert place.events(RecordingTested) == []


class Busy:
    """A headset on a busy computer: sound is lost, and the block before each loss is half as long."""

    def __init__(self, headset: SimHeadset) -> None:
        self.info, self.capabilities = headset.info, headset.capabilities
        self.status, self.play, self.close = headset.status, headset.play, headset.close
        self._headset = headset
        self.given = 0  # frames

    @asynccontextmanager
    async def record(
        self, audio_format: AudioFormat, block_us: int = 100_000
    ) -> AsyncIterator[AsyncIterator[AudioBlock]]:
        async with self._headset.record(audio_format, block_us) as blocks:
            yield self._halves(blocks)

    async def _halves(self, blocks: AsyncIterator[AudioBlock]) -> AsyncIterator[AudioBlock]:
        async for block in blocks:
            samples = block.samples()[: block.frames // 2]
            self.given += len(samples)
            yield AudioBlock(block.first_frame, len(samples), lambda given=samples: given, overflow=True)  # type: ignore[misc]


@seated()
async def test_a_test_recording_has_its_length_in_sound_not_in_blocks(place: Seated) -> None:
    await place.station.start()
    place.headset.speaker.start("participant-1")
    place.station.headset = busy = Busy(place.headset)
    await place.station.test_recording(3 * SECOND)
    assert busy.given == 3 * RATE


@seated()
async def test_the_screen_and_the_passport(place: Seated) -> None:
    station = await place.loaded()
    await station.report_display()
    name = await station.save_passport(place.flash)
    assert name == "PASSPORT_90_9099_20240607_007.json"
    told = json.loads(await place.flash.read(name))
    assert (told["settings"]["seat"], told["settings"]["computer"]) == ("3", 7)
    assert (told["headset"]["name"], told["package"]) == ("headset-0101-3", "day.ipk")
    assert place.events(DisplayChecked) == [DisplayChecked("rec-3", "3")]
    assert place.events(PassportSaved) == [PassportSaved("rec-3", "flash-1")]
    strike(place.flash, "full")
    with pytest.raises(FlashFull):
        await station.save_passport(place.flash)
    assert len(place.events(PassportSaved)) == 1


# -- answers -------------------------------------------------------------------------------------------


@seated()
async def test_an_answer_is_kept_second_by_second(place: Seated) -> None:
    station = await place.opened()
    async with place.runtime.task_group() as group:
        task = group.start(station.record_answer("p-1", "r-1", 20 * SECOND))
        for second in range(1, 20):
            await place.runtime.sleep(SECOND if second > 1 else SECOND + MILLISECOND)
            stored = msgspec.convert(place.store.load()["answer/r-1"], Answer, from_attributes=True)
            assert (stored.frames, stored.complete, stored.under_way) == (second * RATE, False, True)
    assert (await task.wait()).ok
    answer = station.answers["r-1"]
    assert (answer.frames, len(answer.parts), answer.complete, answer.under_way) == (
        20 * RATE,
        1,
        True,
        False,
    )
    (event,) = place.events(AnswerRecorded)
    assert (event.frames, event.digest, event.good) == (answer.frames, answer.digest, True)


@seated()
async def test_a_bad_answer_says_so(place: Seated) -> None:
    station = await place.opened()
    place.headset.speaker.stop()
    assert not (await station.record_answer("p-1", "r-1", 5 * SECOND)).ok
    (event,) = place.events(AnswerRecorded)
    assert (event.good, event.reasons) == (False, ("silent",))
    assert station.answers["r-1"].complete


@seated()
async def test_different_sound_has_different_digests(place: Seated) -> None:
    station = await place.opened()
    await station.record_answer("p-1", "r-1", 5 * SECOND)
    place.headset.speaker.start("participant-2")
    await station.record_answer("p-2", "r-2", 5 * SECOND)
    digests = {answer.digest for answer in station.answers.values()}
    assert len(digests) == 2
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)


@seated()
async def test_unplugged_in_the_middle(place: Seated) -> None:
    station = await place.opened()
    place.runtime.spawn(place.strike_after(5 * SECOND + 1, place.headset, "unplugged"))
    with pytest.raises(HeadsetUnplugged):
        await station.record_answer("p-1", "r-1", 20 * SECOND)
    assert station.answers["r-1"].frames == 5 * RATE
    assert place.events(AnswerInterrupted) == [
        AnswerInterrupted("0101", "rec-3", "3", "p-1", "r-1", 5 * RATE, "headset-unplugged")
    ]
    assert place.headset.plug_in()
    began = place.runtime.now()
    await station.record_answer("p-1", "r-1", 20 * SECOND)
    assert place.runtime.now() - began == 15 * SECOND  # the rest
    assert (station.answers["r-1"].frames, len(station.answers["r-1"].parts)) == (20 * RATE, 2)


@seated(RESERVE)
async def test_a_reserve_station_records_the_rest_as_the_next_part(place: Seated) -> None:
    station = await place.loaded(room="0101")
    await station.activate(MEMBER, SERIAL, PIN)
    place.headset.speaker.start("participant-1")
    before = Elsewhere(2, 5 * RATE)
    place.runtime.spawn(place.strike_after(3 * SECOND + 1, place.computer, "crash"))
    with pytest.raises(ComputerFailed):
        await station.record_answer("p-1", "r-1", 12 * SECOND, before)
    station = await place.restart()  # what it was told is in its store
    await station.activate(MEMBER, SERIAL, PIN)
    await station.record_answer("p-1", "r-1", 12 * SECOND, before)
    assert [part.file for part in station.answers["r-1"].parts] == ["r-1~3.flac", "r-1~4.flac"]
    assert [(each.part, each.frames) for each in audio_files(station.answers)] == [
        (3, 3 * RATE),
        (4, 4 * RATE),
    ]
    assert [event.part for event in place.events(AnswerBegan)] == [3, 4]
    (event,) = place.events(AnswerRecorded)
    assert (event.frames, event.parts) == (12 * RATE, 4)


# -- restarts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 1, SECOND // 2, SECOND + 1, 7 * SECOND + 1, 11 * SECOND + 1])
def test_a_crash_at_any_time_of_an_answer(at: int) -> None:
    place = Seated()

    async def main() -> None:
        station = await place.opened()
        await station.record_answer("p-0", "r-0", 2 * SECOND)
        place.runtime.spawn(place.strike_after(at, place.computer, "crash"))
        with pytest.raises(ComputerFailed):
            await station.record_answer("p-1", "r-1", 12 * SECOND)
        seconds = at // SECOND
        station = await place.restart()
        assert station.answers["r-0"].complete
        assert station.answers["r-1"].frames == seconds * RATE
        assert not station.answers["r-1"].under_way
        assert place.events(AnswerInterrupted) == [
            AnswerInterrupted("0101", "rec-3", "3", "p-1", "r-1", seconds * RATE, "computer-failed")
        ]
        with refused("key-not-activated"):
            await station.record_answer("p-1", "r-1", 12 * SECOND)
        await station.activate(MEMBER, SERIAL, PIN)
        await station.record_answer("p-1", "r-1", 12 * SECOND)
        assert (station.answers["r-1"].frames, len(station.answers["r-1"].parts)) == (12 * RATE, 2)
        assert len(place.events(AnswerBegan)) == 3
        assert len(place.events(AnswerRecorded)) == 2
        await place.restart()
        assert len(place.events(AnswerInterrupted)) == 1

    place.runtime.run(main())


@seated()
async def test_a_computer_that_never_starts_again_is_written_off_once(place: Seated) -> None:
    station = await place.opened()
    place.runtime.spawn(place.strike_after(3 * SECOND + 1, place.computer, "broken"))
    with pytest.raises(ComputerFailed):
        await station.record_answer("p-1", "r-1", 12 * SECOND)
    for _ in range(2):
        station.write_off()
        (event,) = place.events(AnswerInterrupted)
        assert (event.recording, event.frames) == ("r-1", 3 * RATE)


@seated()
async def test_a_full_disk_loses_nothing_that_was_promised(place: Seated) -> None:
    station = await place.opened()
    for saves, frames, complete in ((0, None, False), (3, 2, False), (4, 5, False), (3, 6, True)):
        place.store.saves_left = saves
        with contextlib.suppress(DiskFailed):
            await station.record_answer("p-1", "r-1", 5 * SECOND)
        place.store.saves_left = None
        station = await place.restart()
        await station.activate(MEMBER, SERIAL, PIN)
        if frames is None:
            assert station.answers == {}
        else:
            answer = station.answers["r-1"]
            assert (answer.frames, answer.complete) == (frames * RATE, complete)
        assert len(place.events(AnswerRecorded)) == complete


# -- listening and export ------------------------------------------------------------------------------


@seated()
async def test_listening_is_written_down(place: Seated) -> None:
    station = await place.opened()
    await station.record_answer("p-1", "r-1", SECOND)
    station.report_listened("p-1", "r-1", content=False)
    assert place.events(AnswerListened) == [AnswerListened("rec-3", "p-1", "r-1", False)]


async def two_answers(place: Seated) -> RecordingStation:
    station = await place.opened()
    await station.record_answer("p-1", "r-1", 2 * SECOND)
    place.runtime.spawn(place.strike_after(SECOND + 1, place.headset, "unplugged"))
    with pytest.raises(HeadsetUnplugged):
        await station.record_answer("p-2", "r-2", 2 * SECOND)
    return station


@seated()
async def test_everything_recorded_is_exported(place: Seated) -> None:
    station = await two_answers(place)
    with refused("export-not-authorised"):
        await station.export(place.flash)
    await station.authorise_export(MEMBER, SERIAL, PIN)
    name = await station.export(place.flash)
    assert re.fullmatch(r"VOICE_EGE_90_9099_20240607_29-АНГ_AC01_RC101_002_20240607_10\d{4}_007\.abnk", name)
    package = exported(await place.flash.read(name), name)
    assert [(each.recording, each.file, each.frames, each.complete) for each in package] == [
        ("r-1", "r-1.flac", 2 * RATE, True),
        ("r-2", "r-2.flac", RATE, False),
    ]
    assert station.export_bytes() == 3 * RATE * 2
    assert place.flash.free_bytes() < place.flash.limits.capacity_bytes - 3 * RATE * 2
    assert place.events(AudioExported) == [AudioExported("rec-3", "3", name, 2, 3 * RATE, "flash-1")]
    after = await place.restart()
    assert after.exported == name
    with refused("export-not-authorised"):  # a token for each start of the program
        await after.export(place.flash)


@seated()
async def test_an_export_that_a_crash_cut_off_is_not_there_twice(place: Seated) -> None:
    station = await two_answers(place)
    await station.authorise_export(MEMBER, SERIAL, PIN)
    place.store.saves_left = 1
    with pytest.raises(DiskFailed, match="disk full"):
        await station.export(place.flash)
    place.store.saves_left = None
    await place.runtime.sleep(HOUR)
    station = await place.restart()
    assert station.exported == ""
    await station.authorise_export(MEMBER, SERIAL, PIN)
    name = await station.export(place.flash)
    assert [file for file in await place.flash.names() if file.startswith("VOICE")] == [name]
    assert [event.package for event in place.events(AudioExported)] == [name]


@seated()
async def test_a_full_flash_drive_exports_nothing(place: Seated) -> None:
    station = await two_answers(place)
    await station.authorise_export(MEMBER, SERIAL, PIN)
    strike(place.flash, "full")
    with pytest.raises(FlashFull):
        await station.export(place.flash)
    assert place.events(AudioExported) == []
    reserve = SimFlash("flash-2", place.world)
    name = await station.export(reserve)
    assert await reserve.names() == (name,)


@seated()
async def test_recordings_are_rescued_from_a_broken_computer(place: Seated) -> None:
    station = await two_answers(place)
    strike(place.computer, "broken", never=True)
    with pytest.raises(ComputerFailed):
        await station.authorise_export(MEMBER, SERIAL, PIN)
    with refused("export-not-authorised"):
        await station.rescue_recordings(place.flash)
    await station.authorise_rescue(place.port, SERIAL, PIN)
    name = await station.rescue_recordings(place.flash)
    assert [each.recording for each in exported(await place.flash.read(name), name)] == ["r-1", "r-2"]


@seated()
async def test_no_pin_in_what_is_written(place: Seated) -> None:
    station = await place.opened()
    with pytest.raises(PinIncorrect) as caught:
        await station.authorise_export(MEMBER, SERIAL, WRONG)
    await station.authorise_export(MEMBER, SERIAL, PIN)
    await station.save_journal(place.flash)
    written = place.lines.getvalue().decode() + repr(place.store.load()) + repr(caught.value)
    for pin in (PIN, WRONG):
        assert pin.reveal() not in written
