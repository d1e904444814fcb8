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


class SoundSpoiled(AudioError):
    """What comes from the microphone has gaps or is nothing at all; a station hears it while it records."""

    code = "sound-spoiled"
    happened = "sound from the microphone is missing"
    remedy = "take the reserve headset and make a test recording; the answer goes on in a further part"


class FormatUnsupported(AudioError):
    """The device does not offer that sample rate or channel count."""

    code = "format-unsupported"
    happened = "the device does not offer this sample rate or channel count"
    remedy = "ask its capabilities first"
