"""Sounds before the microphone that are no voices: their level, their pitch, and that any slice fits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators import sound
from simulators.signals import Counter, Recorded, Silence, Sweep, Tone
from simulators.speaker import Sound

RATE = sound.RATE_HZ
NOTES = np.arange(1, 1001, dtype=np.int32)
ALL: dict[str, Sound] = {
    "silence": Silence(),
    "tone": Tone(440),
    "sweep": Sweep(100, 8000, 7 * RATE, 1234),
    "counter": Counter(1234),
    "recorded": Recorded(NOTES, 1234),
    "recorded once": Recorded(NOTES, 1234, again=False),
}


@pytest.mark.parametrize("name", ALL)
@given(st.integers(0, 100 * RATE), st.lists(st.integers(1, 700), min_size=1, max_size=4))
def test_any_slicing_gives_the_same_samples(name: str, first: int, lengths: list[int]) -> None:
    whole = ALL[name].render(first, sum(lengths))
    edges = [first + sum(lengths[:number]) for number in range(len(lengths))]
    parts = [ALL[name].render(edge, length) for edge, length in zip(edges, lengths, strict=True)]
    assert np.array_equal(whole, np.concatenate(parts))
    assert whole.dtype == np.int32


@given(st.integers(1, RATE // 2 - 1), st.integers(-600, -31), st.integers(0, 10**12))
def test_a_tone_has_its_frequency_and_level(hz: int, tenths_dbfs: int, first: int) -> None:
    wave = Tone(hz, tenths_dbfs).render(first, RATE)
    assert int(np.abs(np.fft.rfft(wave)).argmax()) == hz
    rms = float(np.sqrt((wave.astype(np.float64) ** 2).mean()))
    assert abs(rms - sound.amplitude(tenths_dbfs)) <= 1


def test_a_sweep_rises_by_as_many_octaves_in_any_second() -> None:
    wave = Sweep(100, 6400, 6 * RATE, 0).render(0, 6 * RATE)
    crossings = [np.count_nonzero(np.diff(np.signbit(part))) for part in np.split(wave, 6)]
    for before, after in pairwise(crossings):
        assert abs(after / before - 2) < 0.05
    assert np.array_equal(wave[:RATE], Sweep(100, 6400, 6 * RATE, 0).render(6 * RATE, RATE))


def test_a_counter_counts() -> None:
    wave = Counter(10).render(10, 40_000)
    assert wave[:3].tolist() == [0, 1, 2]
    assert set(np.diff(wave).tolist()) == {1, -32767}
    assert wave.max() <= sound.FULL_SCALE


def test_a_recording_ends_or_begins_again() -> None:
    once, again = Recorded(NOTES, 50, again=False), Recorded(NOTES, 50)
    assert once.render(50, 2000).tolist() == [*NOTES.tolist(), *([0] * 1000)]
    assert not once.render(0, 50).any()
    assert again.render(50, 2000).tolist() == [*NOTES.tolist(), *NOTES.tolist()]


def test_what_is_rendered_may_be_changed() -> None:
    for what in ALL.values():
        before = what.render(5000, 500)
        changed = what.render(5000, 500)
        changed += 1
        assert np.array_equal(what.render(5000, 500), before)
