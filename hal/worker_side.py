"""The side of a process that may hang or crash (``hal.worker_process``), and the frames on its pipes.

A frame is its length (4 bytes, little endian) and a body. Such a process is started for every recording, so
nothing is imported here that takes long.
"""

from __future__ import annotations

import os
import signal
import struct
from collections.abc import Callable, Iterator

HEADER = struct.Struct("<I")


def frame(body: bytes) -> bytes:
    """Put the length in front."""
    return HEADER.pack(len(body)) + body


def take_pipes() -> tuple[int, int]:
    """Return the pipes to read frames from and to write them to, out of the way of what libraries print.

    Ctrl-C is for the station, which then ends this process: it is ignored here.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, target = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    return source, target


def frames(read: Callable[[], bytes]) -> Iterator[bytes]:
    """Yield the bodies of frames until ``read`` returns nothing."""
    received = bytearray()
    while part := read():
        received += part
        while len(received) >= HEADER.size:
            end = HEADER.size + HEADER.unpack_from(received)[0]
            if len(received) < end:
                break
            body = bytes(received[HEADER.size : end])
            del received[:end]
            yield body


def write(target: int, data: bytes) -> None:
    """Write all of it."""
    while data:
        data = data[os.write(target, data) :]
