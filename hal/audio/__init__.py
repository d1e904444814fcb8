"""Headsets (гарнитуры): the interface, its values and its errors."""

from hal.audio.errors import AudioError, FormatUnsupported, HeadsetUnplugged, SoundSpoiled
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
    "HeadsetStatus",
    "HeadsetUnplugged",
    "Samples",
    "SoundSpoiled",
]
