"""From samples to a verdict: is a recording fit to be the evidence of an oral exam [001:79, 107, 232].

``check`` judges a finished recording, ``LiveCheck`` one that is being made. The limits are data with reasons,
``station_core/data/audio_limits.yaml``; what is measured and how, ``docs/reference/audio-check.md``.
"""

from station_core.audio_check.limits import AudioLimits, limits
from station_core.audio_check.live import LiveCheck
from station_core.audio_check.offline import check
from station_core.audio_check.values import Figures, Finding, Kind, Outcome, Report

__all__ = [
    "AudioLimits",
    "Figures",
    "Finding",
    "Kind",
    "LiveCheck",
    "Outcome",
    "Report",
    "check",
    "limits",
]
