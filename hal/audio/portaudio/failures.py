"""What a process with PortAudio reports, as errors of the family."""

from __future__ import annotations

from hal.audio.errors import (
    AudioError,
    FormatUnsupported,
    HeadsetMuted,
    HeadsetSilent,
    HeadsetStopped,
    HeadsetUnplugged,
    SoundServerGone,
)
from hal.audio.portaudio.wire import Kind
from hal.errors import DeviceBusy, DeviceError, DriverMissing

_ERRORS: dict[Kind, type[DeviceError]] = {
    Kind.MISSING: DriverMissing,
    Kind.UNPLUGGED: HeadsetUnplugged,
    Kind.STOPPED: HeadsetStopped,
    Kind.ENDED: HeadsetStopped,
    Kind.SILENT: HeadsetSilent,
    Kind.MUTED: HeadsetMuted,
    Kind.SERVER: SoundServerGone,
    Kind.BUSY: DeviceBusy,
    Kind.FORMAT: FormatUnsupported,
    Kind.FAILED: AudioError,
}

_CODES = {
    -9999: Kind.UNPLUGGED,  # paUnanticipatedHostError: the system cannot open or go on with it
    -9998: Kind.FORMAT,  # paInvalidChannelCount
    -9997: Kind.FORMAT,  # paInvalidSampleRate
    -9996: Kind.UNPLUGGED,  # paInvalidDevice
    -9994: Kind.FORMAT,  # paSampleFormatNotSupported
    -9985: Kind.BUSY,  # paDeviceUnavailable
}
"""PortAudio's error codes (portaudio.h) that say something about the headset."""


def kind_of(code: int) -> Kind:
    """Say what an error code of PortAudio means for the station."""
    return _CODES.get(code, Kind.FAILED)


def error_of(kind: Kind, device: str, detail: str = "") -> DeviceError:
    """Make the error."""
    return _ERRORS[kind](device, detail)
