"""Judging recordings of the simulated headset: clean ones pass, every modelled fault is named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
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
from station_core.audio_check import Kind, check, limits

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


@pytest.mark.parametrize("profile", names("headsets"))
def test_a_clean_headset_passes(profile: str) -> None:
    for seed in range(50):
        samples = recording(profile, seed)
        assert check(samples, RATE).findings == (), seed
        short = check(samples[: 2 * RATE], RATE)
        assert [finding.kind for finding in short.findings] == [Kind.TOO_SHORT], f"{seed}, a short one"
        assert short.ok


AUDIBLY: list[tuple[str, dict[str, int], Kind, set[Kind]]] = [
    ("silent", {}, Kind.SILENT, set()),
    ("unplugged", {}, Kind.SILENT, set()),
    ("quiet", {}, Kind.QUIET, {Kind.NOISY}),
    ("noise", {}, Kind.NOISY, set()),
    ("hum", {}, Kind.HUM, {Kind.NOISY}),
    ("other-voices", {}, Kind.UNEVEN, set()),
    ("dropouts", {}, Kind.DROPOUT, set()),
    ("dropouts", {"per_minute": 60, "length_ms": 10}, Kind.DROPOUT, set()),
    ("dropouts", {"per_minute": 30, "length_ms": 200}, Kind.DROPOUT, set()),
    ("clicks", {}, Kind.CLICK, set()),
    ("clicks", {"per_minute": 1200}, Kind.CRACKLE, {Kind.CLICK}),
    ("choppy", {}, Kind.REPEATED, set()),
    ("choppy", {"per_minute": 120, "packet_ms": 10}, Kind.REPEATED, set()),
    ("clipping", {}, Kind.CLIPPING, {Kind.LOUD, Kind.DISTORTION}),
]


@pytest.mark.parametrize("profile", names("headsets"))
@pytest.mark.parametrize(("kind", "params", "named", "companions"), AUDIBLY)
def test_an_audible_fault_is_caught_by_its_name(
    profile: str, kind: str, params: dict[str, int], named: Kind, companions: set[Kind]
) -> None:
    for seed in range(8):
        report = check(recording(profile, seed, kind, params), RATE)
        assert not report.ok, seed
        assert named in report.reasons, seed
        assert set(report.reasons) <= {named} | companions, (seed, report.findings)


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
def test_a_slight_fault_is_no_reason_to_refuse(profile: str, kind: str, params: dict[str, int]) -> None:
    for seed in range(8):
        report = check(recording(profile, seed, kind, params), RATE)
        assert report.ok, (seed, report.findings)


def test_nobody_speaking_is_silence() -> None:
    for profile in names("headsets"):
        runtime = SimRuntime()
        world = World(runtime, Streams(1), lambda event: None, runtime.spawn)
        quiet = SimHeadset("headset-1", world, headset_profile(profile)).render(0, 10 * RATE)
        assert check(quiet, RATE).reasons == (Kind.SILENT,)


def test_a_bad_file_of_limits_names_the_field(tmp_path: Path) -> None:
    path = tmp_path / "limits.yaml"
    path.write_text("hum: {warn: loud, fail: 1, unit: x, why: y}\n", encoding="utf-8")
    with pytest.raises(ValidationError) as caught:
        limits(path)
    assert "hum.warn" in str(caught.value)
