"""The active test: a sweep through the earphones, heard back with the microphone held to the earpiece."""

from __future__ import annotations

from dataclasses import dataclass

from hal.audio import Samples
from station_core.audio_check.values import Finding, Outcome


@dataclass(frozen=True, slots=True)
class LoopReport:
    """What came back.

    Args:
        verdict: Of the worst finding.
        delay_us: From the first sample of the recording to the start of the sweep.
        response: Frequency in hertz and level in tenths of a decibel relative to that at 1 kHz.
        thd_per_mille: Harmonics relative to the fundamental.
        findings: Sorted by start, then by kind.
    """

    verdict: Outcome
    delay_us: int
    response: tuple[tuple[int, int], ...]
    thd_per_mille: int
    findings: tuple[Finding, ...]


def sweep(rate_hz: int) -> Samples:
    """Make the sweep, shape ``(frames, 2)``: a marker on the left, one on the right, the sweep on both."""
    raise NotImplementedError


def check_loop(recorded: Samples, rate_hz: int) -> LoopReport:
    """Judge what the microphone heard of the sweep."""
    raise NotImplementedError
