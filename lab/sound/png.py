"""Pictures in PNG with a palette (W3C PNG, third edition), of what numpy holds."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PALETTE = 3  # colour type: each byte is a place in the palette


def png(places: NDArray[np.uint8], palette: Sequence[tuple[int, int, int]]) -> bytes:
    """Return a picture.

    Args:
        places: Places in the palette, shape ``(height, width)``, the top row first.
        palette: Up to 256 colours: red, green, blue.
    """
    height, width = places.shape
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # each row begins with its filter: 0, none
    rows[:, 1:] = places
    header = struct.pack(">IIBBBBB", width, height, 8, _PALETTE, 0, 0, 0)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", bytes(part for colour in palette for part in colour)),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
