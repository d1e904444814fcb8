"""The active test: what comes back of the sweep tells delay, response, distortion and the right ear."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from station_core.audio_check import Kind, Outcome
from station_core.audio_check.active import LoopReport, check_loop, sweep
from tests.sounds import rounded

RATES = [8000, 16_000, 44_100, 48_000]
Wave = NDArray[np.float64]


def heard(
    rate_hz: int,
    delay: int,
    path: Callable[[Wave], Wave] = lambda wave: wave,
    ear: int = 0,
    noise: float = 10,
) -> LoopReport:
    """Play the sweep, hold the microphone to an ear (a little of the other leaks in), record."""
    played = sweep(rate_hz).astype(np.float64)
    wave = path(0.5 * (played[:, ear] + 0.03 * played[:, 1 - ear]))
    recorded = np.concatenate([np.zeros(delay), wave, np.zeros(rate_hz // 2)])
    recorded += np.random.default_rng(7).normal(size=len(recorded)) * noise
    return check_loop(rounded(recorded), rate_hz)


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_good_loop(rate_hz: int) -> None:
    report = heard(rate_hz, delay=rate_hz // 7)
    assert (report.verdict, report.findings) == (Outcome.PASS, ())
    assert abs(report.delay_us - 1_000_000 // 7) < 300
    assert report.thd_per_mille < 5
    assert dict(report.response)[1000] == 0
    assert all(abs(level) < 10 for _, level in report.response)


@pytest.mark.parametrize("rate_hz", RATES)
def test_distortion_is_measured(rate_hz: int) -> None:
    # y + a y² / P adds a second harmonic of a/2 of a sine of the peak P
    report = heard(rate_hz, 1000, path=lambda wave: wave + 0.2 * wave**2 / 4096)
    assert abs(report.thd_per_mille - 100) <= 5
    assert [finding.kind for finding in report.findings] == [Kind.DISTORTION]


def test_response_of_a_filter() -> None:
    def low_pass(wave: Wave) -> Wave:
        spectrum = np.fft.rfft(wave)
        hertz = np.fft.rfftfreq(len(wave), 1 / 48_000)
        return np.fft.irfft(spectrum / (1 + 1j * hertz / 2000), len(wave))

    response = dict(heard(48_000, 500, path=low_pass).response)
    for hertz in (250, 1000, 2000, 4000):
        expected = 100 * np.log10((1 + 0.25) / (1 + (hertz / 2000) ** 2))
        assert abs(response[hertz] - expected) < 6, hertz


def test_swapped_ears() -> None:
    report = heard(48_000, 2000, ear=1)
    assert [finding.kind for finding in report.findings] == [Kind.SWAPPED_CHANNELS]


def test_nothing_comes_back() -> None:
    for report in (
        heard(48_000, 0, path=lambda wave: wave * 0),
        check_loop(np.zeros(500, np.int16), 48_000),
        check_loop(np.zeros((0, 1), np.int16), 16_000),
    ):
        assert report.verdict is Outcome.FAIL
        assert [finding.kind for finding in report.findings] == [Kind.SILENT]


def test_what_was_cut_off_is_named() -> None:
    report = heard(48_000, 0, path=lambda wave: np.clip(wave, -2500, 2500), noise=0)
    assert Kind.CLIPPING in [finding.kind for finding in report.findings]


def test_a_recording_that_began_late_is_still_measured() -> None:
    played = sweep(48_000)[:15_000]
    late = check_loop(sweep(48_000)[15_000:, 0], 48_000)
    assert late.delay_us == -len(played) * 1_000_000 // 48_000
    assert late.verdict is Outcome.PASS
