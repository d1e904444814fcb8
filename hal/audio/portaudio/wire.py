"""What the driver and a process with PortAudio say to each other.

Each is a frame (``hal.worker_side``) with a MessagePack body: one of the classes below, tagged by its
name. A process takes any number of ``Look`` and ``Probe``, then at most one ``Record`` or ``Play``.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

CHUNK_MS = 20
"""Length of the pieces in which sound is passed on."""

TICK_MS = 50
"""A process with a stream says at least this often that no sound came."""


class Kind(StrEnum):
    """What went wrong, as far as the process can tell; ``failures`` has the errors."""

    MISSING = "missing"
    UNPLUGGED = "unplugged"
    STOPPED = "stopped"
    ENDED = "ended"
    SILENT = "silent"
    MUTED = "muted"
    SERVER = "server"
    BUSY = "busy"
    FORMAT = "format"
    FAILED = "failed"


class Target(msgspec.Struct, frozen=True, array_like=True):
    """How PortAudio reaches a headset.

    Attributes:
        microphone: PortAudio's name of the input device; empty for its default.
        earphones: The same for the output device.
        source: Which source the sound server is to take where the device leaves that to it; empty for its
            default, or without a server.
        sink: The same for the earphones.
    """

    microphone: str
    earphones: str
    source: str = ""
    sink: str = ""


class Message(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Anything that is sent."""


# -- to the process -------------------------------------------------------------------------------------


class Look(Message, frozen=True):
    """List what is there; answered by ``Seen``. ``driver`` is a module of ``hal.audio``."""

    driver: str


class Probe(Message, frozen=True):
    """Open the headset for a moment; answered by ``Reached`` or ``Trouble``.

    ``channels`` are the earphones'.
    """

    driver: str
    target: Target
    channels: int


class Record(Message, frozen=True):
    """Record; answered by ``Opened``, then ``Sound``, ``Tick`` and ``Attached``, at last ``Trouble``."""

    driver: str
    target: Target
    rate_hz: int
    channels: int


class Play(Message, frozen=True):
    """Play the ``Piece``s that follow, up to an empty one.

    Answered by ``Opened``, then ``Took`` and ``Tick``, at last ``Played`` or ``Trouble``.
    """

    driver: str
    target: Target
    rate_hz: int
    channels: int


class Piece(Message, frozen=True):
    """Interleaved 16-bit samples to play."""

    data: bytes


Request = Look | Probe | Record | Play | Piece


# -- from the process -----------------------------------------------------------------------------------


class DeviceRow(msgspec.Struct, frozen=True, array_like=True):
    """A device of PortAudio's default host API, with its channel counts."""

    name: str
    inputs: int
    outputs: int


class EndRow(msgspec.Struct, frozen=True, array_like=True):
    """A source or a sink of the sound server.

    Attributes:
        name: The server's name, which stays the same when the device comes back.
        label: For people.
        mate: What a source and a sink of one device have in common; empty if nothing is known.
        channels: Its own.
        muted: It is switched off in the sound settings.
        plugged: Its socket is not known to be empty.
    """

    name: str
    label: str
    mate: str
    channels: int
    muted: bool
    plugged: bool


class ServerRows(msgspec.Struct, frozen=True, array_like=True):
    """What the sound server has: sources without the monitors of sinks, and sinks, by name."""

    sources: list[EndRow]
    sinks: list[EndRow]


class Seen(Message, frozen=True):
    """What is there.

    Attributes:
        devices: Of PortAudio.
        server: Missing where no sound server answers or pulsectl is not installed.
        silent: Where a sound server should answer and does not, in words; empty where none is expected.
    """

    devices: list[DeviceRow]
    server: ServerRows | None
    silent: str = ""


class Reached(Message, frozen=True):
    """Where a target leads: which of the rates are offered, and the server's names of both ends, if known."""

    rates_hz: list[int]
    source: str
    sink: str


class Opened(Message, frozen=True):
    """The stream runs."""


class Attached(Message, frozen=True):
    """The sound server knows the stream, and is listened to."""


class Sound(Message, frozen=True):
    """Interleaved 16-bit samples; frames were lost before them where one of the other fields says so."""

    first_frame: int
    overflow: bool
    data: bytes


class Took(Message, frozen=True):
    """The earphones took another piece of what is played."""


class Tick(Message, frozen=True):
    """Another ``TICK_MS`` without ``Sound`` or ``Took``; the process is alive."""


class Played(Message, frozen=True):
    """All has been heard."""


class Trouble(Message, frozen=True):
    """It has failed; nothing comes after this."""

    kind: Kind
    detail: str = ""


Reply = Seen | Reached | Opened | Attached | Sound | Took | Tick | Played | Trouble
