"""Judging a recording while it is made."""

from __future__ import annotations

from hal.audio import Samples
from station_core.audio_check.limits import AudioLimits
from station_core.audio_check.values import Finding, Report


class LiveCheck:
    """Judge what arrives; a fault is decided at most half a second after its onset.

    Args:
        rate_hz: At least 8000.
        channels: How many columns the samples have.
        limits: Those of the product if none are given.
    """

    def __init__(self, rate_hz: int, channels: int = 1, limits: AudioLimits | None = None) -> None:
        raise NotImplementedError

    def feed(self, samples: Samples) -> tuple[Finding, ...]:
        """Take the next samples, best 100 ms at a time; return what was found new."""
        raise NotImplementedError

    def finish(self) -> Report:
        """Judge the whole."""
        raise NotImplementedError
