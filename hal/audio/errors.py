"""What a headset can report."""

from __future__ import annotations

from hal.errors import DeviceError


class AudioError(DeviceError):
    """Root of the audio family."""

    code = "audio-error"
    happened = "the sound device failed"


class HeadsetUnplugged(AudioError):
    """The headset is not connected, or was pulled out during the call. Blocks already given are good."""

    code = "headset-unplugged"
    happened = "the headset is not connected"
    remedy = "plug it in again or take the reserve headset, then make a test recording"


class FormatUnsupported(AudioError):
    """The device does not offer that sample rate or channel count."""

    code = "format-unsupported"
    happened = "the device does not offer this sample rate or channel count"
    remedy = "ask its capabilities first"
