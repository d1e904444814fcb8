"""What lasts a moment: gaps, repeated packets, clicks and crackle are found, counted and placed."""

from __future__ import annotations

import numpy as np
import pytest

from station_core.audio_check import Finding, Kind, Outcome, check
from tests.sounds import RATE, Mono, gated, loudest_at, rounded, speech, tone


def findings(x: Mono, rate_hz: int = RATE) -> list[Finding]:
    return list(check(x, rate_hz).findings)


def test_the_speech_of_these_tests_is_clean() -> None:
    for key in range(1, 6):
        assert findings(speech(key=key)) == []


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("milliseconds", [5, 10, 40, 150])
def test_a_gap_is_found_where_it_is(milliseconds: int, held: bool) -> None:
    x = speech()
    begin = loudest_at(x, 2, 4) + 7
    frames = milliseconds * RATE // 1000
    x[begin : begin + frames] = x[begin - 1] if held else 0
    (gap,) = findings(x)
    assert (gap.kind, gap.count) == (Kind.DROPOUT, 1)
    assert abs(gap.start_us - begin * 1_000_000 // RATE) < 1000
    assert abs(gap.end_us - gap.start_us - milliseconds * 1000) < 1000
    assert gap.outcome is (Outcome.FAIL if milliseconds >= 40 else Outcome.WARN)


def test_gaps_of_ten_seconds_are_judged_together() -> None:
    x = speech(16)
    places = [loudest_at(x, second, second + 0.8) for second in (1, 3, 5, 7)]
    for place in places:
        x[place : place + 12 * RATE // 1000] = 0
    found = findings(x)
    assert [gap.kind for gap in found] == [Kind.DROPOUT] * 4
    assert {gap.outcome for gap in found} == {Outcome.FAIL}
    assert found[0].measured == 48
    x = speech(16)
    for place in (places[0], loudest_at(x, 14, 15)):
        x[place : place + 12 * RATE // 1000] = 0
    assert {gap.outcome for gap in findings(x)} == {Outcome.WARN}


def test_silence_between_words_is_no_gap() -> None:
    x = gated(speech())
    figures = check(x, RATE).figures
    assert figures.dropouts == 0
    assert np.count_nonzero(x == 0) > RATE // 2


@pytest.mark.parametrize("frames", [256, 480, 777, 960, 1920])
def test_a_packet_of_any_length_that_is_played_again(frames: int) -> None:
    x = speech()
    begin = loudest_at(x, 2, 4)
    x[begin : begin + frames] = x[begin - frames : begin]
    (packet,) = findings(x)
    assert (packet.kind, packet.outcome, packet.count) == (Kind.REPEATED, Outcome.WARN, 1)
    assert abs(packet.start_us - begin * 1_000_000 // RATE) < 1000


def test_a_driver_that_is_stuck_plays_one_buffer_for_ever() -> None:
    x = speech()
    begin = loudest_at(x, 2, 3)
    loop = x[begin - 1024 : begin].copy()
    x[begin : begin + 1024 * 60] = np.tile(loop, 60)
    kinds = [finding.kind for finding in findings(x)]
    assert Kind.REPEATED in kinds


def test_a_test_tone_is_no_repetition() -> None:
    assert check(tone(500, 8000), RATE).figures.repeats == 0


def test_coarse_samples_do_not_repeat_by_chance() -> None:
    x = (speech(10) // 256 * 256).astype(np.int16)  # once 8 bits
    assert check(x, RATE).figures.repeats == 0


SHAPES = {
    "impulse": np.array([1.0]),
    "ringing": (-1.0) ** np.arange(30) * (1 - np.arange(30) / 30) ** 2,
    "jump": np.exp(-np.arange(2000) / 150),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_click_is_found_where_it_is(shape: str) -> None:
    x = speech().astype(np.float64)
    for begin in (100_000, 190_000):
        sound = SHAPES[shape] * 14_000
        x[begin : begin + len(sound)] += sound
    found = findings(rounded(x))
    assert [click.kind for click in found] == [Kind.CLICK, Kind.CLICK]
    assert {click.outcome for click in found} == {Outcome.WARN}
    for click, begin in zip(found, (100_000, 190_000), strict=True):
        assert abs(click.start_us - begin * 1_000_000 // RATE) < 2000


def test_many_clicks_are_crackle() -> None:
    x = speech().astype(np.float64)
    rng = np.random.default_rng(3)
    for begin in rng.integers(2 * RATE, 4 * RATE, 40).tolist():
        x[begin] += rng.choice((-1, 1)) * 12_000
    (crackle,) = findings(rounded(x))
    assert (crackle.kind, crackle.outcome) == (Kind.CRACKLE, Outcome.FAIL)
    assert 20 <= crackle.count <= 40
    assert 1_950_000 < crackle.start_us < 2_300_000
    assert 3_700_000 < crackle.end_us < 4_050_000


def test_bursts_of_consonants_are_no_clicks() -> None:
    x = speech().astype(np.float64)
    rng = np.random.default_rng(5)
    for begin in range(
        30_000, 250_000, 40_000
    ):  # a plosive: noise that starts at once and dies away in 15 ms
        x[begin : begin + 2000] += rng.normal(size=2000) * 6000 * np.exp(-np.arange(2000) / 700)
    assert check(rounded(x), RATE).figures.clicks == 0


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 16_000, 44_100])
def test_gaps_and_repeats_at_other_rates(rate_hz: int) -> None:
    slow = speech(8)
    x = np.interp(np.arange(8 * rate_hz) * RATE / rate_hz, np.arange(len(slow)), slow)
    y = rounded(x)
    begin = rate_hz * 3
    begin += int(np.abs(y[begin : begin + rate_hz].astype(np.int32)).argmax())
    y[begin : begin + rate_hz // 50] = 0
    later = rate_hz * 5
    later += int(np.abs(y[later : later + rate_hz].astype(np.int32)).argmax())
    y[later : later + rate_hz // 50] = y[later - rate_hz // 50 : later]
    figures = check(y, rate_hz).figures
    assert (figures.dropouts, figures.repeats) == (1, 1)
