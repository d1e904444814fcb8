"""Judging a finished recording."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from station_core.audio_check.blocks import Mono
from station_core.audio_check.judge import FULL_SCALE, above, findings
from station_core.audio_check.level import difference_tenth_db
from station_core.audio_check.limits import AudioLimits
from station_core.audio_check.limits import limits as load_limits
from station_core.audio_check.measure import Measurement, measure, power_of
from station_core.audio_check.values import Figures, Finding, Kind, Outcome, Report

LOWEST_RATE_HZ = 8000
_SECOND = 1_000_000
_LEAST_POWER = 0.1  # stands for digital silence where powers are compared


def check(samples: NDArray[np.int16], rate_hz: int, limits: AudioLimits | None = None) -> Report:
    """Measure and judge a recording of any length.

    Args:
        samples: Shape ``(frames,)`` or ``(frames, channels)``; of several channels the loudest is judged.
        rate_hz: At least 8000.
        limits: Those of the product if none are given.

    Raises:
        ValueError: The samples are of another type or shape, or the rate is too low.
    """
    limits = limits or load_limits()
    channels = columns(samples, rate_hz)
    powers = [power_of(channel) for channel in channels] if len(channels) > 1 else [0.0]
    judged = powers.index(max(powers))
    measured = measure(channels[judged], rate_hz)
    found = [*findings(measured, limits), *dead_channels(powers, len(samples), rate_hz, limits)]
    return report(measured, found, len(channels), judged)


def columns(samples: NDArray[np.int16], rate_hz: int) -> list[Mono]:
    """Return each channel on its own. Raises as ``check`` does."""
    if (
        samples.dtype != np.int16
        or samples.ndim not in (1, 2)
        or (samples.ndim == 2 and not samples.shape[1])
    ):
        raise ValueError(
            f"expected 16-bit samples in one or more columns, not {samples.dtype} {samples.shape}"
        )
    if rate_hz < LOWEST_RATE_HZ:
        raise ValueError(f"a sample rate of {rate_hz} Hz is lower than {LOWEST_RATE_HZ} Hz")
    if samples.ndim == 1:
        return [np.ascontiguousarray(samples)]
    return [np.ascontiguousarray(samples[:, number]) for number in range(samples.shape[1])]


def dead_channels(powers: list[float], frames: int, rate_hz: int, limits: AudioLimits) -> Iterable[Finding]:
    """Yield the channels that hear far less than the loudest."""
    loudest = max(powers)
    for number, power in enumerate(powers):
        if loudest > _LEAST_POWER:
            weaker = difference_tenth_db(loudest, max(power, _LEAST_POWER))
            outcome, limit = above(limits.dead_channel, weaker)
            if outcome is not Outcome.PASS:
                length = frames * _SECOND // rate_hz
                yield Finding(Kind.DEAD_CHANNEL, outcome, 0, length, weaker, limit, channel=number)


def report(m: Measurement, found: Iterable[Finding], channels: int, judged: int) -> Report:
    """Put a report together."""
    order = list(Kind)
    ordered = tuple(sorted(found, key=lambda each: (each.start_us, order.index(each.kind))))
    return Report(verdict_of(ordered), _figures(m, channels, judged), ordered)


def verdict_of(findings: Iterable[Finding]) -> Outcome:
    """Return the worst outcome."""
    outcomes = {finding.outcome for finding in findings}
    return next((each for each in (Outcome.FAIL, Outcome.WARN) if each in outcomes), Outcome.PASS)


def _figures(m: Measurement, channels: int, judged: int) -> Figures:
    gaps = m.interruptions.gaps
    return Figures(
        duration_us=m.frames * _SECOND // m.rate_hz,
        rate_hz=m.rate_hz,
        channels=channels,
        channel=judged,
        active_level_tenth_db=m.speech.tenth_db,
        activity_per_mille=m.speech.activity_per_mille,
        peak_tenth_db=m.peak_tenth_db,
        noise_tenth_db=m.noise_tenth_db,
        snr_tenth_db=m.snr_tenth_db,
        unevenness_tenth_db=m.uneven[0],
        clipped_per_million=sum(each.clipped for each in m.segments) * 1_000_000 // max(1, m.frames),
        peak_factor_tenth_db=m.peak_factor_tenth_db,
        dropouts=len(gaps),
        dropout_us=sum(gap.frames for gap in gaps) * _SECOND // m.rate_hz,
        repeats=len(m.interruptions.repeats),
        clicks=len(m.interruptions.clicks),
        hum_tenth_db=max((each.hum_tenth_db for each in m.segments), default=m.noise_tenth_db),
        dc_offset_per_mille=m.offset * 1000 // FULL_SCALE,
        bandwidth_hz=m.bandwidth_hz,
        low_hz=m.low_hz,
        pace_tenth_hz=m.pace_tenth_hz,
        voiced_per_mille=m.voiced_per_mille,
        fall_tenth_db=m.fall_tenth_db,
        echo_per_mille=m.echo_per_mille,
        echo_delay_us=m.echo_delay_us,
        gated_per_mille=m.gated_per_mille,
    )
