"""Judging a finished recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station_core.audio_check.limits import AudioLimits
from station_core.audio_check.values import Report


def check(samples: NDArray[np.int16], rate_hz: int, limits: AudioLimits | None = None) -> Report:
    """Measure and judge a recording of any length.

    Args:
        samples: Shape ``(frames,)`` or ``(frames, channels)``; of several channels the loudest is judged.
        rate_hz: At least 8000.
        limits: Those of the product if none are given.

    Raises:
        ValueError: The samples are of another type or shape, or the rate is too low.
    """
    raise NotImplementedError
