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


class HeadsetStopped(AudioError):
    """It is connected, but sends or takes no sound any more: suspended, or its stream was ended."""

    code = "headset-stopped"
    happened = "the headset is connected, but its sound has stopped"
    remedy = "pull it out and plug it in again, or take the reserve headset; then make a test recording"


class HeadsetSilent(AudioError):
    """The microphone gives digital zeros after it gave sound: no living microphone does."""

    code = "headset-silent"
    happened = "the microphone sends nothing but zeros"
    remedy = "look at the switch on its cable and at the plug, then make a test recording"


class HeadsetMuted(HeadsetSilent):
    """The microphone is switched off in the sound settings."""

    code = "headset-muted"
    happened = "the microphone is switched off in the sound settings"
    remedy = "switch it on in the sound settings, then make a test recording"


class SoundServerGone(AudioError):
    """PulseAudio or PipeWire has ended; no headset of this computer works without it."""

    code = "sound-server-gone"
    happened = "the computer's sound server has ended"
    remedy = "try again in a moment, it starts by itself; if that fails, restart the computer"


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
