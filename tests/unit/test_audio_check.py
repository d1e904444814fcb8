"""Judging recordings: clean ones pass, every modelled fault is caught under the right property."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hal.audio import Samples
from hal.runtime import HOUR, MILLISECOND, SECOND
from simulators import sound
from simulators.device import World
from simulators.faults import UntilRepaired
from simulators.headset import SimHeadset
from simulators.profiles import headset_profile, names
from simulators.random import Streams
from simulators.runtime import SimRuntime
from station_core.audio_check import (
    SILENT_TENTH_DB,
    Measurement,
    Property,
    Verdict,
    judge,
    limits,
    measure,
)

RATE = 48_000


def recording(
    profile: str,
    seed: int,
    kind: str = "",
    params: Mapping[str, int] | None = None,
    seconds: int = 10,
) -> Samples:
    runtime = SimRuntime(start=9 * HOUR + seed * 7919 * MILLISECOND)
    headset = SimHeadset(
        "headset-1",
        World(runtime, Streams(seed), lambda event: None, runtime.spawn),
        headset_profile(profile),
    )

    async def main() -> Samples:
        if kind:
            headset.begin_fault(kind, {**SimHeadset.FAULTS[kind].params, **(params or {})}, UntilRepaired())
        headset.speaker.start(f"participant-{seed}")
        first = sound.frame_at(runtime.now())
        await runtime.sleep(seconds * SECOND)
        return headset.render(first, seconds * RATE)

    return runtime.run(main())


def verdict(samples: Samples) -> Verdict:
    return judge(measure(samples, RATE), limits())


# -- clean and damaged ---------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", names("headsets"))
def test_a_clean_headset_passes(profile: str) -> None:
    for seed in range(100):
        samples = recording(profile, seed)
        assert verdict(samples) == Verdict(True), seed
        assert verdict(samples[: 2 * RATE]) == Verdict(True), f"{seed}, a short one"


AUDIBLY: list[tuple[str, dict[str, int], Property, str]] = [
    ("silent", {}, Property.AUDIBLE, "silent"),
    ("unplugged", {}, Property.AUDIBLE, "silent"),
    ("quiet", {}, Property.AUDIBLE, "weak"),
    ("noise", {}, Property.AUDIBLE, "noisy"),
    ("hum", {}, Property.AUDIBLE, "hum"),
    ("other-voices", {}, Property.EVEN, "uneven"),
    ("dropouts", {}, Property.UNINTERRUPTED, "dropouts"),
    ("dropouts", {"per_minute": 60, "length_ms": 10}, Property.UNINTERRUPTED, "dropouts"),
    ("dropouts", {"per_minute": 30, "length_ms": 200}, Property.UNINTERRUPTED, "gaps"),
    ("clicks", {}, Property.UNINTERRUPTED, "clicks"),
    ("choppy", {}, Property.UNINTERRUPTED, "repeats"),
    ("choppy", {"per_minute": 120, "packet_ms": 10}, Property.UNINTERRUPTED, "repeats"),
    ("clipping", {}, Property.UNDISTORTED, "clipped"),
]


@pytest.mark.parametrize("profile", names("headsets"))
@pytest.mark.parametrize(("kind", "params", "spoilt", "code"), AUDIBLY)
def test_an_audible_fault_is_caught_under_its_property(
    profile: str, kind: str, params: dict[str, int], spoilt: Property, code: str
) -> None:
    for seed in range(12):
        found = verdict(recording(profile, seed, kind, params))
        assert not found.ok, seed
        assert code in [reason.code for reason in found.reasons], seed
        assert {reason.property for reason in found.reasons} == {spoilt}, (seed, found)


SLIGHTLY: list[tuple[str, dict[str, int]]] = [
    ("quiet", {"level_db": 3}),
    ("noise", {"level_dbfs": -62}),
    ("hum", {"level_dbfs": -62}),
    ("other-voices", {"drop_db": 4}),
    ("dropouts", {"per_minute": 2, "length_ms": 5}),
    ("clicks", {"per_minute": 2}),
    ("choppy", {"per_minute": 2}),
    ("clipping", {"gain_db": 3}),
]


@pytest.mark.parametrize("profile", names("headsets"))
@pytest.mark.parametrize(("kind", "params"), SLIGHTLY)
def test_a_slight_fault_passes(profile: str, kind: str, params: dict[str, int]) -> None:
    for seed in range(12):
        found = verdict(recording(profile, seed, kind, params))
        assert found.ok, (seed, found.reasons)


def test_nobody_speaking_is_not_audible() -> None:
    for profile in names("headsets"):
        runtime = SimRuntime()
        world = World(runtime, Streams(1), lambda event: None, runtime.spawn)
        quiet = SimHeadset("headset-1", world, headset_profile(profile)).render(0, 10 * RATE)
        found = verdict(quiet)
        assert not found.ok
        assert {reason.property for reason in found.reasons} == {Property.AUDIBLE}


# -- single measures on signals that are known -----------------------------------------------------------


def tone(seconds: int = 2, peak: int = 8000, hertz: int = 437) -> Samples:
    t = np.arange(seconds * RATE)
    return np.round(peak * np.sin(2 * np.pi * hertz * t / RATE)).astype(np.int16)


def test_level_of_a_sine() -> None:
    # the RMS of a sine lies 3.01 dB below its peak
    assert measure(tone(peak=32_767), RATE).active_level_tenth_db == -30
    assert measure(tone(peak=3277), RATE).active_level_tenth_db == -230


def test_digital_silence() -> None:
    measured = measure(np.zeros((RATE, 1), dtype=np.int16), RATE)
    assert measured.silent
    assert measured.active_level_tenth_db == SILENT_TENTH_DB
    assert (measured.dropouts, measured.clicks, measured.repeats) == (0, 0, 0)


def test_offset() -> None:
    measured = measure((tone() // 2 + 3277).astype(np.int16), RATE)
    assert measured.dc_offset_per_mille == 100
    assert [reason.code for reason in judge(measured, limits()).reasons if reason.code == "offset"]


def test_clipping_below_full_scale() -> None:
    flat = np.clip(tone(peak=20_000), -9000, 9000).astype(np.int16)
    assert measure(flat, RATE).clipped_per_million > 500_000
    assert measure(tone(peak=20_000), RATE).clipped_per_million < 100_000


def test_a_gap_where_the_last_sample_is_held() -> None:
    samples = tone()
    samples[50_000:51_000] = samples[49_999]
    measured = measure(samples, RATE)
    assert measured.dropouts == 1
    assert 20 <= measured.dropout_ms <= 21


def test_one_event_is_chance() -> None:
    good = measure(recording("sennheiser-pc8", 1), RATE)
    assert judge(replace(good, clicks=1, repeats=1, dropouts=1, dropout_ms=10), limits()).ok
    assert not judge(replace(good, clicks=2), limits()).ok


def test_the_loudest_channel_is_judged() -> None:
    clean = recording("sennheiser-pc8", 1)
    stereo = np.stack([clean // 100, clean], axis=1)
    assert measure(stereo, RATE) == measure(clean, RATE)


def test_other_rates() -> None:
    for rate in (8000, 16_000, 44_100):
        t = np.arange(2 * rate)
        samples = np.round(3277 * np.sin(2 * np.pi * 337 * t / rate)).astype(np.int16)
        measured = measure(samples, rate)
        assert (measured.duration_ms, measured.active_level_tenth_db) == (2000, -230)


def test_what_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="16-bit"):
        measure(np.zeros(RATE, dtype=np.float32), RATE)
    with pytest.raises(ValueError, match="shorter"):
        measure(np.zeros(RATE - 1, dtype=np.int16), RATE)
    with pytest.raises(ValueError, match="multiple"):
        measure(np.zeros(RATE, dtype=np.int16), 11_025)


@settings(max_examples=50)
@given(st.binary(min_size=2, max_size=500), st.integers(0, 15), st.integers(8000, 12_000))
def test_any_samples_can_be_measured(data: bytes, shift: int, frames: int) -> None:
    pattern = np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.int16) >> shift
    samples = np.resize(pattern, frames)
    measured = measure(samples, 8000)
    judge(measured, limits())
    assert isinstance(measured, Measurement)
    assert all(isinstance(getattr(measured, name), int) for name in Measurement.__dataclass_fields__)


# -- limits --------------------------------------------------------------------------------------------


def test_every_limit_says_why() -> None:
    for name, limit in limits():
        assert len(limit.why) > 30, name


def test_a_bad_file_of_limits_names_the_field(tmp_path: Path) -> None:
    path = tmp_path / "limits.yaml"
    path.write_text("snr_min_tenth_db: {limit: loud, why: x}\n", encoding="utf-8")
    with pytest.raises(ValidationError) as caught:
        limits(path)
    assert "snr_min_tenth_db.limit" in str(caught.value)
