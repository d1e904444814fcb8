"""The active speech level against what the standard says, computed three times; loudness by somebody else."""

from __future__ import annotations

import math

import numpy as np
import pyloudnorm
import pytest

from hal.audio import Samples
from station_core.audio_check import check
from tests.audio_corpus.clip import amplitude, clean, rounded
from tests.audio_corpus.p56 import HANGOVER_S, MARGIN_DB, TIME_CONSTANT_S, active_level
from tests.audio_corpus.texts import Half
from tests.audio_corpus.voices import RATE_HZ, Wave

HALF_A_DECIBEL = 5  # tenths


def textbook(wave: Wave, rate_hz: int) -> tuple[float, float]:
    """Compute level and activity as ITU-T P.56 (method B) writes it down, sample by sample."""
    g = math.exp(-1 / (rate_hz * TIME_CONSTANT_S))
    hangover = round(rate_hz * HANGOVER_S)
    thresholds = [2.0**-power for power in range(15, 0, -1)]
    counts, hangs = [0] * 15, [hangover] * 15
    p = q = energy = 0.0
    for x in wave.tolist():
        energy += x * x
        p = g * p + (1 - g) * abs(x)
        q = g * q + (1 - g) * p
        for j, threshold in enumerate(thresholds):
            if q >= threshold:
                counts[j], hangs[j] = counts[j] + 1, 0
            elif hangs[j] < hangover:
                counts[j], hangs[j] = counts[j] + 1, hangs[j] + 1
    levels = [10 * math.log10(energy / count) if count else math.inf for count in counts]
    margins = [level - 20 * math.log10(c) for level, c in zip(levels, thresholds, strict=True)]
    j = next(j for j in range(14) if margins[j + 1] <= MARGIN_DB < margins[j])
    part = (margins[j] - MARGIN_DB) / (margins[j] - margins[j + 1])
    level = levels[j] + part * (levels[j + 1] - levels[j])
    return level, energy / len(wave) / 10 ** (level / 10)


def bursts(level_db: float, on_s: float, off_s: float, seconds: float) -> Wave:
    """Make a tone of 1 kHz that is switched on and off."""
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    wave: Wave = math.sqrt(2) * amplitude(level_db) * np.sin(2 * np.pi * 1000 * time)
    return wave * (time % (on_s + off_s) < on_s)


def worked_out(level_db: float, on_s: float, off_s: float) -> float:
    """Work out with pencil and paper what method B says of such a tone.

    After the end of a burst the envelope of two equal stages falls as ``(1 + t/T) exp(-t/T)``. The tone is
    active until that passes the threshold, and for the hangover after it.
    """
    mean = level_db - 20 * math.log10(math.pi / 2 / math.sqrt(2))  # of the rectified tone
    level = level_db
    for _ in range(50):  # the level decides on the threshold and the threshold on the level
        fall = 10 ** ((level - MARGIN_DB - mean) / 20)
        low, high = 0.0, 50.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if (1 + middle) * math.exp(-middle) > fall else (low, middle)
        active = min(on_s + off_s, on_s + low * TIME_CONSTANT_S + HANGOVER_S)
        level = level_db + 10 * math.log10(on_s / active)
    return level


def measured(samples: Samples) -> tuple[int, int]:
    figures = check(samples, RATE_HZ).figures
    return figures.active_level_tenth_db, figures.activity_per_mille


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_fast_reference_equals_the_textbook(seed: int) -> None:
    wave = clean(Half.TUNE, seed).wave[: 6 * RATE_HZ : 6]
    level, activity = textbook(wave, RATE_HZ // 6)
    assert active_level(wave, RATE_HZ // 6) == pytest.approx((level, activity), abs=0.01)


@pytest.mark.parametrize("level_db", [-14, -20, -26, -38])
@pytest.mark.parametrize(("on_s", "off_s"), [(1.0, 1.0), (0.5, 1.5), (2.0, 0.6)])
def test_tone_bursts_have_the_level_that_pencil_and_paper_give(
    level_db: float, on_s: float, off_s: float
) -> None:
    wave = bursts(level_db, on_s, off_s, seconds=12)
    expected = worked_out(level_db, on_s, off_s)
    assert active_level(wave, RATE_HZ)[0] == pytest.approx(expected, abs=0.2)
    assert measured(rounded(wave))[0] == pytest.approx(10 * expected, abs=HALF_A_DECIBEL)


@pytest.mark.parametrize("level_db", [-10, -26, -45])
def test_a_steady_tone_is_always_active_and_as_loud_as_it_is(level_db: float) -> None:
    level, activity = measured(rounded(bursts(level_db, 9, 0, seconds=9)))
    assert level == pytest.approx(10 * level_db, abs=1)
    assert activity >= 990


@pytest.mark.parametrize("seed", range(24))
def test_speech_has_the_level_that_the_reference_gives(seed: int) -> None:
    samples = rounded(clean(Half.REPORT, seed).wave)
    expected, activity = active_level(samples / 32767, RATE_HZ)
    level, active = measured(samples)
    assert level == pytest.approx(10 * expected, abs=HALF_A_DECIBEL)
    assert active == pytest.approx(1000 * activity, abs=60)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
def test_the_level_does_not_depend_on_the_rate(rate_hz: int) -> None:
    at_48 = clean(Half.TUNE, 5).wave
    places = np.arange(0, len(at_48) - 1, RATE_HZ / rate_hz)
    samples = rounded(np.interp(places, np.arange(len(at_48)), at_48))
    expected, _ = active_level(samples / 32767, rate_hz)
    assert check(samples, rate_hz).figures.active_level_tenth_db == pytest.approx(
        10 * expected, abs=HALF_A_DECIBEL
    )


def test_loudness_by_bs1770_lies_beside_the_active_level() -> None:
    """Both are RMS with pauses left out, relative to full scale.

    BS.1770 weighs the spectrum (below 100 Hz less, above 2 kHz 4 dB more, minus 0.7 dB) and leaves pauses out
    by other rules; speech has most of its energy between. Measured on 60 clips: 0.1 dB apart on average,
    at most 1.0 dB.
    """
    meter = pyloudnorm.Meter(RATE_HZ)
    apart = []
    for seed in range(16):
        samples = rounded(clean(Half.REPORT, seed).wave)
        apart.append(meter.integrated_loudness(samples / 32767) - measured(samples)[0] / 10)
    assert np.abs(apart).max() < 1.5
    assert abs(np.mean(apart)) < 0.5
