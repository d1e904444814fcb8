"""How late the virtual headset is, what it loses and costs: ``python -m tests.virtual_headset_figures``."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from tests.peers.virtual_headset import RATE, VirtualHeadset, served, take

PIECE_S = 0.005


def until_zeros_ms() -> float:
    """Return the time from ``ctl fault silent`` to the first zeros at ``parec --latency-msec=20``."""
    with served("--say", "tone") as headset, headset.recording() as peer:
        take(peer, 0.5)
        hand = threading.Thread(target=headset.ctl, args=("fault", "headset-1", "silent"))
        begin = time.monotonic()
        hand.start()
        while take(peer, PIECE_S).any():
            pass
        end = time.monotonic()
        hand.join()
    return (end - begin) * 1000


def there_and_back_ms() -> float:
    """Return the time until a click of ``pacat --latency-msec=50``, its start counted, is heard again."""
    before = RATE // 2
    click = np.zeros((RATE, 2), np.int16)
    click[before] = 20_000
    with served("--say", "silence", "--line") as headset:
        headset.ctl("hold")
        with headset.recording() as peer:
            take(peer, 0.5)
            player = threading.Thread(target=headset.play, args=(click,), kwargs={"latency_ms": 50})
            player.start()
            heard = take(peer, 2)
            player.join()
    return (int(np.abs(heard.astype(np.int32)).argmax()) - before) / RATE * 1000


def damaged(seconds: float) -> int:
    """Return how many samples of a recording are lost, repeated or changed."""
    with served("--say", "counter", "--line") as headset:
        headset.record(0.1)  # begins with 15 ms that the server took when the headset was plugged in
        heard = headset.record(seconds).astype(np.int64)
    return int((np.diff(heard) % 32768 != 1).sum())


def percent_of_a_core(count: int, seconds: float) -> float:
    """Return what ``ppelab serve headset`` uses while all its headsets are recorded."""
    with served("--count", str(count), "--say", "voice") as headset, ExitStack() as stack:
        peers = [stack.enter_context(headset.recording(name)) for name in headset.names]
        before, begin = _processor_s(headset), time.monotonic()
        for _ in range(round(seconds / 0.1)):
            for peer in peers:
                take(peer, 0.1)
        return 100 * (_processor_s(headset) - before) / (time.monotonic() - begin)


def _processor_s(headset: VirtualHeadset) -> float:
    fields = Path(f"/proc/{headset.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str]) -> int:
    """Print the figures; return 1 if a sample was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.virtual_headset_figures", description=__doc__)
    parser.add_argument("--tries", type=int, default=5, help="of each delay")
    parser.add_argument("--seconds", type=float, default=90, help="of the recording that is verified")
    options = parser.parse_args(arguments)
    for what, measure in (("until zeros", until_zeros_ms), ("there and back", there_and_back_ms)):
        tries = sorted(measure() for _ in range(options.tries))
        print(f"{what}: {tries[0]:.0f} to {tries[-1]:.0f} ms in {len(tries)} tries", flush=True)
    lost = damaged(options.seconds)
    print(f"samples lost, repeated or changed: {lost} of {options.seconds * RATE:,.0f}", flush=True)
    for count in (1, 4):
        print(f"{count} recorded: {percent_of_a_core(count, 10):.1f} % of a core", flush=True)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
