"""What spoils a whole recording: level, noise, hum, offset, overload, channels, rate, room."""

from __future__ import annotations

from dataclasses import asdict, fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station_core.audio_check import Figures, Finding, Kind, Outcome, check, limits
from station_core.audio_check.level import SILENT_TENTH_DB
from tests.sounds import RATE, Mono, rounded, speech, tone


def kinds(x: Mono, rate_hz: int = RATE) -> list[Kind]:
    return [finding.kind for finding in check(x, rate_hz).findings]


def only(x: Mono) -> Finding:
    (finding,) = check(x, RATE).findings
    return finding


def test_level_of_a_sine() -> None:
    # the RMS of a sine lies 3.01 dB below its peak
    for peak, level in ((32_767, -30), (3277, -230)):
        assert abs(check(tone(437, peak), RATE).figures.active_level_tenth_db - level) <= 1


def test_digital_silence() -> None:
    report = check(np.zeros(5 * RATE, dtype=np.int16), RATE)
    assert report.reasons == (Kind.SILENT,)
    assert report.figures.active_level_tenth_db == SILENT_TENTH_DB
    assert (report.figures.dropouts, report.figures.clicks, report.figures.repeats) == (0, 0, 0)


def test_noise_without_a_voice_is_silence() -> None:
    noise = rounded(np.random.default_rng(1).normal(size=6 * RATE) * 60)
    assert only(noise).kind is Kind.SILENT


def test_quiet_and_loud() -> None:
    quiet = speech(level=0.06, noise=1.0)
    assert (only(quiet).kind, only(quiet).outcome) == (Kind.QUIET, Outcome.FAIL)
    assert -450 < only(quiet).measured < -400
    assert Kind.LOUD in kinds(speech(level=2.3))


def test_noise_is_measured_to_a_decibel() -> None:
    noise = np.random.default_rng(2).normal(size=8 * RATE) * 800  # -32.2 dBFS
    report = check(rounded(speech(8, noise=0) + noise), RATE)
    assert [finding.kind for finding in report.findings] == [Kind.NOISY]
    assert abs(report.figures.noise_tenth_db + 322) <= 10


@pytest.mark.parametrize("partials", [((50, 1.0),), ((50, 1.0), (150, 0.4)), ((100, 1.0), (200, 0.5))])
def test_hum_is_measured_to_a_decibel(partials: tuple[tuple[int, float], ...]) -> None:
    time = np.arange(8 * RATE) / RATE
    hum = sum(weight * np.sin(2 * np.pi * hertz * 1.001 * time) for hertz, weight in partials)
    hum = hum / np.sqrt(np.square(hum).mean()) * 328  # -40 dBFS
    report = check(rounded(speech(8) + hum), RATE)
    assert Kind.HUM in [finding.kind for finding in report.findings]
    assert abs(report.figures.hum_tenth_db + 400) <= 10
    assert check(speech(8), RATE).figures.hum_tenth_db < -600


def test_offset() -> None:
    finding = only(speech() // 2 - np.int16(3277))
    assert (finding.kind, finding.measured) == (Kind.DC_OFFSET, -101)


def test_clipping_at_full_scale_and_below() -> None:
    loud = speech(level=4.0).astype(np.int32)
    for height in (32_767, 20_000):
        low = np.clip(loud, -height, height).astype(np.float64)
        finding = next(each for each in check(rounded(low), RATE).findings if each.kind is Kind.CLIPPING)
        assert finding.outcome is Outcome.FAIL
    assert check(speech(), RATE).figures.clipped_per_million == 0


def test_clipped_samples_are_counted() -> None:
    x = speech()
    top = int(np.abs(x.astype(np.int32)).max()) + 500
    x[50_000:50_030] = top
    assert check(x, RATE).figures.clipped_per_million == 30 * 1_000_000 // len(x)


def test_saturation() -> None:
    bent = np.tanh(speech() / 2000) * 8000
    assert Kind.DISTORTION in kinds(rounded(bent))


def test_a_voice_that_drops_is_uneven_where_it_drops() -> None:
    x = speech(14).astype(np.float64)
    x[5 * RATE : 8 * RATE] *= 0.12
    finding = only(rounded(x))
    assert finding.kind is Kind.UNEVEN
    assert finding.start_us < 8_000_000
    assert finding.end_us > 5_000_000


def test_the_loudest_channel_is_judged_and_the_dead_one_named() -> None:
    clean = speech()
    report = check(np.stack([np.zeros_like(clean), clean], axis=1), RATE)
    (dead,) = report.findings
    assert (dead.kind, dead.channel, report.figures.channel) == (Kind.DEAD_CHANNEL, 0, 1)
    assert asdict(check(np.stack([clean, clean], axis=1), RATE).figures) == {
        **asdict(check(clean, RATE).figures),
        "channels": 2,
    }


def test_telephone_band_and_held_samples_are_a_wrong_rate() -> None:
    x = speech(8).astype(np.float64)
    spectrum = np.fft.rfft(x)
    spectrum[(4000 * 8) :] = 0
    assert only(rounded(np.fft.irfft(spectrum))).kind is Kind.WRONG_RATE
    assert check(np.repeat(rounded(x)[::6], 6), RATE).figures.bandwidth_hz <= 4000
    assert check(speech(8), RATE).figures.bandwidth_hz > 4500


def test_too_fast_is_a_wrong_rate() -> None:
    assert Kind.WRONG_RATE in kinds(speech(24)[::4].copy())


def test_an_echo_is_found_with_its_delay() -> None:
    x = speech(10).astype(np.float64)
    delay = int(0.15 * RATE)
    x[delay:] += 0.4 * x[:-delay].copy()
    report = check(rounded(x), RATE)
    assert Kind.ECHO in [finding.kind for finding in report.findings]
    assert abs(report.figures.echo_delay_us - 150_000) <= 1000
    assert check(speech(10), RATE).figures.echo_per_mille < 60


def test_a_far_microphone_hears_the_room() -> None:
    rng = np.random.default_rng(4)
    tail = rng.normal(size=RATE * 6 // 10) * 10 ** (-3 * np.arange(RATE * 6 // 10) / (RATE * 0.6))
    tail /= np.sqrt(np.square(tail).sum())
    dry = speech(10, noise=0).astype(np.float64)
    size = 1 << (len(dry) + len(tail)).bit_length()
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(tail, size))[: len(dry)]
    assert Kind.WRONG_DEVICE in kinds(rounded(dry + wet + rng.normal(size=len(dry)) * 150))


def test_too_short() -> None:
    x = speech()
    for seconds, outcome in ((0.5, Outcome.FAIL), (2.5, Outcome.WARN)):
        finding = only(x[RATE : RATE + int(seconds * RATE)])
        assert (finding.kind, finding.outcome) == (Kind.TOO_SHORT, outcome)


def test_what_is_steady_is_placed_by_segments() -> None:
    x = speech(30).astype(np.float64)
    x[20 * RATE :] += np.random.default_rng(3).normal(size=10 * RATE) * 1500
    finding = only(rounded(x))
    assert finding.kind is Kind.NOISY
    assert 19_900_000 < finding.start_us < 20_100_000
    assert finding.end_us == 30_000_000


# -- whatever comes ----------------------------------------------------------------------------------------


def test_what_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="16-bit"):
        check(np.zeros(RATE, dtype=np.float32), RATE)
    with pytest.raises(ValueError, match="columns"):
        check(np.zeros((5, 0), dtype=np.int16), RATE)
    with pytest.raises(ValueError, match="8000"):
        check(np.zeros(RATE, dtype=np.int16), 4000)


@settings(max_examples=60, deadline=None)
@given(
    st.binary(min_size=0, max_size=400),
    st.integers(0, 15),
    st.integers(0, 30_000),
    st.sampled_from([8000, 11_025, 16_000, 44_100, 48_000]),
    st.integers(1, 3),
)
def test_any_samples_can_be_judged(data: bytes, shift: int, frames: int, rate_hz: int, channels: int) -> None:
    pattern = np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.int16) >> shift
    samples = (
        np.resize(pattern, (frames, channels)) if len(pattern) else np.zeros((frames, channels), np.int16)
    )
    report = check(samples, rate_hz)
    assert all(type(getattr(report.figures, field.name)) is int for field in fields(Figures))
    ends = [(finding.start_us, list(Kind).index(finding.kind)) for finding in report.findings]
    assert ends == sorted(ends)
    length = frames * 1_000_000 // rate_hz
    for finding in report.findings:
        assert 0 <= finding.start_us <= finding.end_us <= length
        assert finding.outcome is not Outcome.PASS
        assert type(finding.measured) is type(finding.limit) is int


def test_every_limit_says_why() -> None:
    for name, limit in limits():
        assert len(limit.why) > 30, name
        assert limit.unit, name


def test_every_kind_that_is_no_matter_of_the_loop_has_a_limit() -> None:
    names = {name.replace("_", "-") for name, _ in limits()}
    assert {kind.value for kind in Kind} - {Kind.SWAPPED_CHANNELS.value} <= names
