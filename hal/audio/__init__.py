"""Headsets (гарнитуры): the interface, its values and its errors."""

from hal.audio.errors import (
    AudioError,
    FormatUnsupported,
    HeadsetMuted,
    HeadsetSilent,
    HeadsetStopped,
    HeadsetUnplugged,
    SoundServerGone,
    SoundSpoiled,
)
from hal.audio.interface import Headset
from hal.audio.values import (
    AudioBlock,
    AudioFormat,
    HeadsetCapabilities,
    HeadsetInfo,
    HeadsetStatus,
    Samples,
)

__all__ = [
    "AudioBlock",
    "AudioError",
    "AudioFormat",
    "FormatUnsupported",
    "Headset",
    "HeadsetCapabilities",
    "HeadsetInfo",
    "HeadsetMuted",
    "HeadsetSilent",
    "HeadsetStatus",
    "HeadsetStopped",
    "HeadsetUnplugged",
    "Samples",
    "SoundServerGone",
    "SoundSpoiled",
]
