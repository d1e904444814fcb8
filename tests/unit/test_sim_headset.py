"""The simulated headset: lazy rendering as a pure function, recording, unplugging."""

from __future__ import annotations

import hashlib
from collections.abc import Coroutine, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.audio import AudioBlock, AudioFormat, FormatUnsupported, HeadsetUnplugged, Samples
from hal.errors import DeviceBusy, DeviceDead
from hal.runtime import HOUR, MILLISECOND, MINUTE, SECOND
from simulators import signals, sound
from simulators.device import World
from simulators.faults import After, At, Fault, Lasts, Never, UntilRepaired
from simulators.headset import SimHeadset
from simulators.profiles import headset_profile
from simulators.random import Streams
from simulators.runtime import SimRuntime

MONO = AudioFormat(48_000, 1)
AUDIBLE = [kind for kind in SimHeadset.FAULTS if kind not in ("unplugged", "dead")]


class Booth:
    """One headset, some time into the day."""

    def __init__(self, profile: str = "logitech-h390", seed: int = 1, **changes: Any) -> None:
        self.runtime = SimRuntime(start=10 * HOUR + seed * 977 * MILLISECOND)
        self.world = World(self.runtime, Streams(seed), lambda event: None, self.runtime.spawn)
        self.headset = SimHeadset(
            "headset-1", self.world, headset_profile(profile).model_copy(update=changes)
        )

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        return self.runtime.run(main)

    def begin(self, kind: str, params: Mapping[str, int] | None = None) -> None:
        self.headset.begin_fault(kind, {**SimHeadset.FAULTS[kind].params, **(params or {})}, UntilRepaired())

    async def record(
        self, count: int, block_us: int = SECOND, blocks: list[AudioBlock] | None = None
    ) -> list[AudioBlock]:
        blocks = [] if blocks is None else blocks
        async with self.headset.record(MONO, block_us) as stream:
            async for block in stream:
                blocks.append(block)
                if len(blocks) == count:
                    break
        return blocks

    def take(self, seconds: int, kind: str = "", params: Mapping[str, int] | None = None) -> Samples:
        """Return a stretch of speech under a fault."""

        async def main() -> Samples:
            if kind:
                self.begin(kind, params)
            self.headset.speaker.start("participant-1")
            first = sound.frame_at(self.runtime.now())
            await self.runtime.sleep(seconds * SECOND)
            return self.headset.render(first, seconds * 48_000)

        samples: Samples = self.run(main())
        return samples


# -- rendering is a pure function ----------------------------------------------------------------------


@settings(max_examples=40)
@given(
    st.lists(st.integers(1, 60_000), min_size=1, max_size=6),
    st.lists(st.sampled_from(AUDIBLE), max_size=3, unique=True),
    st.integers(0, 2_000_000),
    st.integers(1, 2_000_000),
    st.integers(0, 5),
)
def test_any_slicing_gives_the_same_samples(
    lengths: list[int], kinds: list[str], begins: int, lasts: int, seed: int
) -> None:
    booth = Booth(seed=seed)
    first = sound.frame_at(booth.runtime.now())

    async def main() -> None:
        for number, kind in enumerate(kinds):
            at = At(booth.runtime.now() + begins + number * 10_007)
            booth.headset.plan(Fault("headset-1", kind, at, Lasts(lasts)))
        await booth.runtime.sleep(300 * MILLISECOND)
        booth.headset.speaker.start("participant-1")
        await booth.runtime.sleep(2 * SECOND)
        booth.headset.speaker.start("participant-2")
        await booth.runtime.sleep(SECOND)
        booth.headset.speaker.stop()
        await booth.runtime.sleep(5 * SECOND)

    booth.run(main())
    whole = booth.headset.render(first, sum(lengths))
    parts, place = [], 0
    for length in lengths:
        parts.append((first + place, length))
        place += length
    rendered = {begin: booth.headset.render(begin, length) for begin, length in reversed(parts)}
    assert np.array_equal(whole, np.concatenate([rendered[begin] for begin, _ in parts]))


def test_sound_does_not_depend_on_the_machine() -> None:
    digest = hashlib.sha256()
    for kind in ("", *AUDIBLE):
        digest.update(Booth("defender-gryphon-750u", seed=3).take(2, kind).astype("<i2").tobytes())
    assert digest.hexdigest() == "d20880c8ca719dbb3432891e0c8a26742ace78f28e137c1c8ff4dc80d21d7e37"


def test_a_block_can_be_read_long_after_it_was_recorded() -> None:
    booth = Booth()

    async def main() -> None:
        booth.headset.speaker.start("participant-1")
        block = (await booth.record(1))[0]
        before = block.samples()
        booth.begin("silent")
        booth.headset.speaker.stop()
        await booth.runtime.sleep(MINUTE)
        assert np.array_equal(block.samples(), before)
        assert before.shape == (48_000, 1)

    booth.run(main())


def test_seed_and_speaker_and_time_make_the_voice() -> None:
    def speech(seed: int, name: str) -> bytes:
        booth = Booth()
        booth.world.streams = Streams(seed)
        booth.headset.speaker.start(name)
        return booth.headset.speaker.render(sound.frame_at(booth.runtime.now()), 48_000).tobytes()

    assert speech(1, "a") == speech(1, "a")
    assert len({speech(1, "a"), speech(1, "b"), speech(2, "a")}) == 3


@given(st.integers(0, 2**48 - 1))
@settings(max_examples=25)
def test_every_voice_is_as_loud_as_it_should_be(key: int) -> None:
    wave = sound.Voice(key).render(10**9, 240_000).astype(np.int64)
    energies = (wave.reshape(-1, 480) ** 2).sum(axis=1)
    loud = np.sort(energies)[-len(energies) // 20]
    active = energies[energies * 100 >= loud]
    rms = float(np.sqrt(active.sum() / (len(active) * 480)))
    assert abs(20 * np.log10(rms / sound.SPEECH_RMS)) < 1
    assert np.abs(wave).max() < sound.FULL_SCALE


def test_silence_without_a_speaker_is_quiet_but_not_digital() -> None:
    booth = Booth()
    first = sound.frame_at(booth.runtime.now())
    quiet = booth.headset.render(first, 48_000).astype(np.int64)
    rms = float(np.sqrt((quiet**2).mean()))
    assert 3 < rms < 30


# -- what faults do to the samples ---------------------------------------------------------------------


def _changed(kind: str, params: Mapping[str, int] | None = None) -> tuple[Samples, Samples]:
    return Booth().take(5), Booth().take(5, kind, params)


def test_silent_gives_zeros() -> None:
    assert not Booth().take(1, "silent").any()


def test_quiet_is_weaker() -> None:
    clean, damaged = _changed("quiet", {"level_db": 20})
    assert 8 < np.abs(clean).max() / np.abs(damaged).max() < 12


def test_clipping_reaches_full_scale() -> None:
    _, damaged = _changed("clipping")
    assert (np.abs(damaged.astype(np.int32)) == sound.FULL_SCALE).sum() > 1000


def test_dropouts_are_zeros_of_their_length() -> None:
    clean, damaged = _changed("dropouts", {"per_minute": 60, "length_ms": 25})
    lost = np.flatnonzero(clean != damaged)
    assert not damaged[lost].any()
    assert 4 * 1200 * 0.9 < len(lost) <= 6 * 1200


def test_clicks_are_short_and_loud() -> None:
    clean, damaged = _changed("clicks")
    difference = np.abs(damaged.astype(np.int32) - clean)
    assert difference.max() > 10_000
    assert 4 * 24 < np.count_nonzero(difference) <= 6 * sound.CLICK_FRAMES


def test_choppy_repeats_the_packet_before() -> None:
    clean, damaged = _changed("choppy", {"per_minute": 60, "packet_ms": 20})
    changed = np.flatnonzero(clean != damaged)
    assert 4 * 900 < len(changed) <= 6 * 960
    inside = changed[changed >= 960]
    assert np.array_equal(damaged[inside], clean[inside - 960])


def test_hum_has_the_level_it_was_given() -> None:
    clean, damaged = _changed("hum", {"level_dbfs": -30})
    hum = damaged.astype(np.int64) - clean
    assert abs(float(np.sqrt((hum**2).mean())) - sound.amplitude(-300)) < 5


def test_dc_offset_has_the_level_it_was_given() -> None:
    clean, damaged = _changed("dc-offset", {"level_dbfs": -30})
    assert set((damaged.astype(np.int64) - clean).tolist()) == {sound.amplitude(-300)}


TONE = (8000 * np.sin(2 * np.pi * 1000 * np.arange(48_000) / 48_000)).astype(np.int16)[:, np.newaxis]


def _played(booth: Booth, tone: Samples = TONE, after: int = 0) -> Samples:
    """Return two seconds from the instant when a second of tone begins to play, nobody speaks."""

    async def main() -> Samples:
        first = sound.frame_at(booth.runtime.now())
        await booth.headset.play(tone, MONO)
        await booth.runtime.sleep(SECOND + after)
        return booth.headset.render(first, 96_000)

    samples: Samples = booth.run(main())
    return samples


def _level(samples: Samples) -> float:
    return float(20 * np.log10(np.sqrt((samples.astype(np.float64) ** 2).mean()) / sound.FULL_SCALE))


def test_what_is_played_is_not_heard() -> None:
    assert np.array_equal(_played(Booth()), _played(Booth(), np.zeros_like(TONE)))


@pytest.mark.parametrize("channels", [1, 2])
def test_an_earpiece_at_the_microphone_is_heard_as_loud_as_a_speaker(channels: int) -> None:
    booth = Booth(full_duplex=True)
    booth.headset.hold_earpiece()
    heard = _played(booth, np.repeat(TONE, channels, axis=1)[:, :channels])
    louder = (booth.headset.profile.speech_level_tenths_dbfs - sound.SPEECH_TENTHS_DBFS) / 10
    assert abs(_level(heard[:48_000]) - _level(TONE) - louder) < 0.1
    assert _level(heard[48_000:]) < -60
    booth.headset.let_go()
    assert _level(_played(booth)) < -60


def test_an_echo_comes_later_and_weaker() -> None:
    booth, held = Booth(), Booth()
    booth.begin("echo", {"delay_ms": 200, "level_db": 20})
    held.headset.hold_earpiece()
    echo, near = _played(booth), _played(held)
    assert _level(echo[:9_600]) < -60
    assert abs(_level(near[:48_000]) - _level(echo[9_600:57_600]) - 20) < 0.2
    assert _level(echo[57_600:]) < -60


def test_only_what_may_be_heard_again_is_kept() -> None:
    booth = Booth()
    _played(booth)
    now = sound.frame_at(booth.runtime.now())
    assert not booth.headset.earphones.render(now - 100_000, 100_000).any()
    booth.headset.hold_earpiece()
    _played(booth)
    now = sound.frame_at(booth.runtime.now())
    assert booth.headset.earphones.render(now - 100_000, 100_000).any()
    booth.headset.forget(now + 60 * 48_000)
    assert not booth.headset.earphones.render(now - 100_000, 100_000).any()


def test_forgetting_changes_nothing_that_comes_later() -> None:
    booth, other = Booth(), Booth()

    async def main(booth: Booth, *, forgets: bool) -> Samples:
        booth.headset.speaker.start("participant-1")
        booth.begin("hum")
        await booth.runtime.sleep(SECOND)
        booth.headset.end_fault("hum", "repaired")
        booth.begin("noise")
        booth.headset.speaker.start("participant-2")
        first = sound.frame_at(booth.runtime.now())
        if forgets:
            booth.headset.forget(first)
        await booth.runtime.sleep(SECOND)
        return booth.headset.render(first, 48_000)

    whole, rest = (each.run(main(each, forgets=each is other)) for each in (booth, other))
    assert np.array_equal(whole, rest)


def test_a_louder_speaker_is_louder_by_that_much() -> None:
    booth = Booth()

    async def main() -> tuple[Samples, Samples]:
        speaker = booth.headset.speaker
        speaker.say("generator", signals.Tone(1000))
        first = sound.frame_at(booth.runtime.now())
        await booth.runtime.sleep(SECOND)
        speaker.louder(-60)
        assert (speaker.identity, speaker.tenths_db) == ("generator", -60)
        await booth.runtime.sleep(SECOND)
        return booth.headset.render(first, 48_000), booth.headset.render(first + 48_000, 48_000)

    loud, soft = booth.run(main())
    assert abs(_level(loud[480:]) * 10 - booth.headset.profile.speech_level_tenths_dbfs) < 1
    assert abs(_level(loud[480:]) - _level(soft[480:]) - 6) < 0.1


def test_other_voices_press_the_level_down() -> None:
    clean, damaged = Booth().take(10), Booth().take(10, "other-voices", {"drop_db": 20})
    strong = [np.abs(x.astype(np.int32)).reshape(-1, 48_000).max(axis=1) for x in (clean, damaged)]
    assert (strong[1] * 3 < strong[0]).any()
    assert (strong[1] == strong[0]).any()


# -- recording -----------------------------------------------------------------------------------------


def test_recording_costs_one_sleep_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    booth = Booth()
    monkeypatch.setattr(SimHeadset, "render", lambda *args: pytest.fail("nobody listens"))

    async def main() -> None:
        blocks = await booth.record(420)
        assert [block.first_frame for block in blocks] == [number * 48_000 for number in range(420)]
        assert not any(block.overflow for block in blocks)

    began = booth.runtime.now()
    booth.run(main())
    assert booth.runtime.now() - began == 420 * SECOND


def test_odd_block_lengths_leave_no_gap() -> None:
    booth = Booth()

    async def main() -> None:
        frame = 0
        for block in await booth.record(50, block_us=33_333):
            assert block.first_frame == frame
            frame += block.frames
        assert abs(frame - 50 * 33_333 * 48 // 1000) <= 1

    booth.run(main())


def test_a_slow_reader_loses_sound_and_is_told() -> None:
    booth = Booth()

    async def main() -> list[tuple[int, bool]]:
        taken = []
        async with booth.headset.record(MONO, SECOND) as stream:
            async for block in stream:
                taken.append((block.first_frame // 48_000, block.overflow))
                if len(taken) == 2:
                    await booth.runtime.sleep(10 * SECOND)
                if len(taken) == 5:
                    break
        return taken

    # ten seconds pass, the first two of them are kept
    assert booth.run(main()) == [(0, False), (1, False), (2, False), (3, False), (11, True)]


@given(st.integers(0, 2_999_999).filter(lambda after: after % SECOND))
def test_unplugging_ends_a_recording_at_once(after: int) -> None:
    booth = Booth()

    async def main() -> None:
        began = booth.runtime.now()
        booth.headset.plan(Fault("headset-1", "unplugged", At(began + after)))
        blocks: list[AudioBlock] = []
        with pytest.raises(HeadsetUnplugged):
            await booth.record(9, blocks=blocks)
        assert booth.runtime.now() == began + after
        assert len(blocks) == after // SECOND
        assert not (await booth.headset.status()).plugged
        assert booth.headset.plug_in()
        assert len(await booth.record(1)) == 1

    booth.run(main())


def test_unplugged_at_the_third_block_keeps_that_block() -> None:
    booth = Booth()
    booth.headset.plan(Fault("headset-1", "unplugged", After("block", 3)))

    async def main() -> None:
        blocks: list[AudioBlock] = []
        with pytest.raises(HeadsetUnplugged):
            await booth.record(9, blocks=blocks)
        assert [bool(block.samples().any()) for block in blocks] == [True, True, True]

    booth.run(main())


def test_blocks_from_before_can_be_taken_after_the_headset_is_gone() -> None:
    booth = Booth()

    async def main() -> None:
        async with booth.headset.record(MONO, SECOND) as stream:
            await booth.runtime.sleep(1500 * MILLISECOND)
            booth.headset.unplug()
            booth.headset.plug_in()
            assert (await anext(stream)).frames == 48_000
            for _ in range(2):
                with pytest.raises(HeadsetUnplugged):
                    await anext(stream)

    booth.run(main())


def test_a_broken_plug_stays_out() -> None:
    booth = Booth()

    async def main() -> None:
        booth.headset.begin_fault("unplugged", {}, Never())
        assert not booth.headset.plug_in()

    booth.run(main())


def test_dead_headset_says_so() -> None:
    booth = Booth()

    async def main() -> None:
        booth.headset.plan(Fault("headset-1", "dead", At(booth.runtime.now() + 1500 * MILLISECOND), Never()))
        with pytest.raises(DeviceDead):
            await booth.record(3)
        with pytest.raises(DeviceDead):
            await booth.headset.status()

    booth.run(main())


def test_refused_formats() -> None:
    booth = Booth()

    async def main() -> None:
        for bad in (AudioFormat(44_100, 1), AudioFormat(48_000, 2), AudioFormat(48_000, 0)):
            with pytest.raises(FormatUnsupported):
                async with booth.headset.record(bad):
                    pytest.fail("nothing may be recorded")
        with pytest.raises(ValueError, match="shorter than a frame"):
            async with booth.headset.record(MONO, 1):
                pytest.fail("nothing may be recorded")

    booth.run(main())


def test_several_channels_carry_the_same() -> None:
    booth = Booth(input_channels=2)

    async def main() -> Samples:
        async with booth.headset.record(AudioFormat(48_000, 2), SECOND) as stream:
            block: AudioBlock = await anext(stream)
            return block.samples()

    samples = booth.run(main())
    assert samples.shape == (48_000, 2)
    assert np.array_equal(samples[:, 0], samples[:, 1])


def test_playing_takes_its_time_and_one_at_a_time() -> None:
    booth = Booth(full_duplex=False)
    samples = np.zeros((96_000, 1), dtype=np.int16)

    async def main() -> None:
        began = booth.runtime.now()
        await booth.headset.play(samples, MONO)
        assert booth.runtime.now() - began == 2 * SECOND
        async with booth.headset.record(MONO):
            with pytest.raises(DeviceBusy):
                await booth.headset.play(samples, MONO)
        task = booth.runtime.spawn(booth.headset.play(samples, MONO), "play")
        await booth.runtime.sleep(SECOND)
        with pytest.raises(DeviceBusy):
            await booth.record(1)
        task.cancel()
        await booth.runtime.sleep(1)
        await booth.record(1)

    booth.run(main())


def test_speaker_knows_who_speaks() -> None:
    speaker = Booth().headset.speaker
    seen = [speaker.identity]
    speaker.stop()
    speaker.start("participant-1")
    speaker.start("participant-2")
    seen.append(speaker.identity)
    speaker.stop()
    seen.append(speaker.identity)
    assert seen == [None, "participant-2", None]
