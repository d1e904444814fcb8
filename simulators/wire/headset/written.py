"""Sound files that a person asks for: what was played."""

from __future__ import annotations

import io
from pathlib import Path

import soundfile

from hal.audio import Samples
from simulators.sound import RATE_HZ
from simulators.wire.control import ControlError

KINDS = {".wav": "WAV", ".flac": "FLAC"}
"""What is written, by the ending of the file's name."""


def write_sound(file: str, samples: Samples) -> None:
    """Write 16-bit samples at 48 kHz, shape ``(frames, channels)``.

    Raises:
        ControlError: The name has no known ending, or the system refuses.
    """
    path = Path(file)
    if path.suffix.lower() not in KINDS:
        raise ControlError("control-file-kind", path=file, known=", ".join(KINDS))
    encoded = io.BytesIO()
    soundfile.write(encoded, samples, RATE_HZ, subtype="PCM_16", format=KINDS[path.suffix.lower()])
    try:
        path.write_bytes(
            encoded.getvalue()
        )  # the system says what is wrong; libsndfile only that something is
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        why = error.strerror if isinstance(error, OSError) else None
        raise ControlError("control-not-written", path=file, detail=why or str(error)) from error
