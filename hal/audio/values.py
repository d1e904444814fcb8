"""Values of the audio family. Samples are 16-bit integers, full scale ±32767."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # the process of a recording starts in half the time without it
    import numpy as np
    from numpy.typing import NDArray

Samples: TypeAlias = "NDArray[np.int16]"
"""Shape ``(frames, channels)``, dtype ``int16``."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """Sample rate in hertz and channel count."""

    rate_hz: int = 48_000
    channels: int = 1


@dataclass(frozen=True, slots=True)
class HeadsetInfo:
    """Who the headset is: one microphone with one pair of earphones.

    Args:
        name: For people.
        make, model: Where they are known.
        serial: Tells it from all others at this computer, whatever address it was opened by; empty where
            nobody knows.
    """

    name: str
    make: str = ""
    model: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class HeadsetCapabilities:
    """What the headset can do."""

    rates_hz: tuple[int, ...] = (48_000,)
    input_channels: int = 1
    output_channels: int = 2
    full_duplex: bool = True
    reports_unplugging: bool = True


@dataclass(frozen=True, slots=True)
class HeadsetStatus:
    """One look at the headset."""

    plugged: bool


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """A stretch of recorded sound.

    Args:
        first_frame: Sample time of the first frame since the start of the recording; blocks follow each
            other without a gap unless ``overflow`` says that frames were lost before this one.
        frames: Length.
        read: Makes the samples; a simulated headset renders them only when somebody listens.
    """

    first_frame: int
    frames: int
    read: Callable[[], Samples] = field(compare=False, repr=False)
    overflow: bool = False

    def samples(self) -> Samples:
        """Return the sound, shape ``(frames, channels)``."""
        return self.read()
