"""Throws damaged files at the readers of packages and keys; only a refusal may come back.

    python -m tests.fuzz_container --minutes 10 [--seed N]

Begins with the stored files of ``tests/corpus/container`` and keeps what leads to a refusal that was not
seen before. Half of the damage is done under a good signature, so that it gets past it. A file that crashes,
hangs or takes memory is written to ``out/fuzz`` and named, and the exit status is 1.
``tests/unit/test_fuzz_container``
runs some seconds of it on each commit.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from simulators import sealing
from station_core.container import open_bytes, read_label
from station_core.container.names import CONTENT_INFO, DATA
from station_core.container.opening import decrypt
from station_core.container.stream import Stream
from station_core.errors import MaterialsRefused
from station_core.packages import read_key, read_package
from station_core.store import InMemory
from tests.containers import CORPUS, OPENER, TRUST, read_export, signed, verify_bytes

SLOW_S = 2.0
"""A file of some kilobytes is read in a millisecond; this is a hang."""

MOST_BYTES = 1 << 31
"""Address space: whoever believes a length gets no memory for it."""

MEMBER = sealing.recipient_id("1")


def _decrypt(data: bytes) -> None:
    decrypt(Stream(io.BytesIO(data), "f"), OPENER, lambda view: None)


READERS: tuple[Callable[[bytes], object], ...] = (
    lambda data: verify_bytes(data, "f", TRUST),
    lambda data: open_bytes(data, "f", OPENER, TRUST),
    lambda data: open_bytes(data, "f", None, TRUST),
    lambda data: read_label(io.BytesIO(data), "f", TRUST),
    lambda data: read_package(InMemory(data), "f", TRUST),
    lambda data: read_key(data, "f", TRUST),
    lambda data: read_export(data, "f", MEMBER),
    _decrypt,
    lambda data: open_bytes(signed(data), "f", OPENER, TRUST),
    lambda data: open_bytes(signed(b"x", DATA, label=data), "f", None, TRUST),
    lambda data: verify_bytes(signed(data, CONTENT_INFO, label=data), "f", TRUST),
)


class Broken(Exception):
    """A reader did something else than to read or to refuse."""


def attack(data: bytes) -> set[str]:
    """Have every reader read it; return what they said.

    Raises:
        Broken: One of them crashed, or took far too long.
    """
    said = set()
    for number, reader in enumerate(READERS):
        begun = time.perf_counter()
        try:
            reader(data)
            said.add(f"{number} read")
        except MaterialsRefused as refusal:
            if not refusal.detail and refusal.why != "wrong-password":
                raise Broken(f"reader {number}: {refusal} names no field") from refusal
            said.add(re.sub(r"[0-9]+|0x[0-9a-f]+", "#", f"{number} {refusal.why} {refusal.detail}")[:120])
        except Exception as error:
            raise Broken(f"reader {number}: {type(error).__name__}") from error
        if time.perf_counter() - begun > SLOW_S:
            raise Broken(f"reader {number}: took {time.perf_counter() - begun:.1f} s")
    return said


def damage(data: bytes, others: list[bytes], luck: random.Random) -> bytes:
    """Spoil a file in one to four places."""
    spoiled = bytearray(data)
    for _ in range(luck.randint(1, 4)):
        place = luck.randrange(len(spoiled) + 1)
        match luck.randrange(8):
            case 0:  # flip a bit
                if place < len(spoiled):
                    spoiled[place] ^= 1 << luck.randrange(8)
            case 1:  # another byte, of those that mean something
                if place < len(spoiled):
                    spoiled[place] = luck.choice(
                        b"\x00\x01\x02\x04\x05\x06\x24\x30\x31\x7f\x80\x81\x84\x88\xa0\xa1\xa2\xff"
                    )
            case 2:  # cut off
                del spoiled[place:]
            case 3:  # leave out
                del spoiled[place : place + luck.randint(1, 40)]
            case 4:  # put in
                spoiled[place:place] = luck.randbytes(luck.randint(1, 12))
            case 5:  # a huge or a strange length
                spoiled[place : place + 1] = luck.choice(
                    (b"\x84\x7f\xff\xff\xff", b"\x80", b"\x86" + b"\xff" * 6)
                )
            case 6:  # say it again
                spoiled[place:place] = spoiled[place : place + luck.randint(1, 200)] * luck.randint(1, 3)
            case _:  # go on with another file
                other = luck.choice(others)
                spoiled[place:] = other[luck.randrange(len(other) + 1) :]
        if len(spoiled) > 1 << 17:
            del spoiled[1 << 17 :]
    return bytes(spoiled)


def load_corpus() -> list[bytes]:
    """Return the stored files, in the order of their names."""
    return [path.read_bytes() for path in sorted(CORPUS.iterdir())]


def fuzz(seed: int, until: Callable[[int], bool], report: Callable[[str], object] = print) -> int:
    """Attack until told otherwise; return how many files were tried.

    Args:
        seed: The same seed tries the same files.
        until: Told how many were tried; says whether that is enough.
        report: Takes lines for people.

    Raises:
        Broken: A reader broke; the file lies in ``out/fuzz``.
    """
    luck = random.Random(seed)  # noqa: S311 - damage, not secrets
    corpus = load_corpus()
    seen: set[str] = set()
    for data in corpus:
        seen |= attack(data)
    tried = 0
    while not until(tried):
        data = damage(luck.choice(corpus), corpus, luck)
        tried += 1
        try:
            said = attack(data)
        except Broken:
            folder = Path("out/fuzz")
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"container-{seed}-{tried}.bin"
            path.write_bytes(data)
            report(f"broken by {path}")
            raise
        if not said <= seen:
            seen |= said
            corpus.append(data)
    report(f"{tried} files, {len(seen)} different answers")
    return tried


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_container", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    end = time.monotonic() + 60 * options.minutes
    print(f"seed {options.seed}")
    try:
        fuzz(options.seed, lambda tried: time.monotonic() > end)
    except Broken:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
