"""A long recording on a busy computer, verified sample by sample: ``python -m tests.soak_audio``.

PulseAudio's microphone says a sequence in which every sample carries its place; every processor is kept busy
by a process that does nothing else. What is missing, and what the drivers called an overflow, is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hal.audio import AudioFormat
from hal.audio.portaudio.headset import PortAudioHeadset
from hal.registry import open_device
from tests.peers.pulse_headset import RATE_HZ, SOURCE, Listener, PulseHeadset

DRIVERS = ("portaudio", "pyaudio")


@dataclass(frozen=True)
class Outcome:
    """What came of one recording; ``began_after`` is the time to its first block of 100 ms, in seconds."""

    driver: str
    began_after: float
    seconds: float
    frames: int
    lost: int
    overflows: int

    @property
    def good(self) -> bool:
        """Whether every sample is there."""
        return not self.lost and not self.overflows


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep that many processors busy."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


async def listen(driver: str, seconds: float, began: float) -> Outcome:
    """Record through one driver.

    Args:
        driver: A scheme.
        seconds: How long.
        began: When the microphone began to speak, by this computer's monotonic clock.

    Raises:
        AssertionError: Something was recorded that was never said.
        DeviceError: The recording broke off.
    """
    device = await open_device(f"{driver}:{SOURCE}")
    assert isinstance(device, PortAudioHeadset)
    listener, frames, overflows, began_after = Listener(), 0, 0, 0.0
    start = time.monotonic()
    async with device.record(AudioFormat(RATE_HZ, 1)) as blocks:
        async for block in blocks:
            began_after = began_after or round(time.monotonic() - start, 2)
            said = int((time.monotonic() - began) * RATE_HZ)
            listener.hear(block.samples(), said)
            frames += block.frames
            overflows += block.overflow
            if frames >= seconds * RATE_HZ:
                break
    await device.close()
    took = round(time.monotonic() - start, 1)
    return Outcome(driver, began_after, took, frames, listener.missing, overflows)


def soak(drivers: Sequence[str], headset: PulseHeadset, seconds: float) -> list[Outcome]:
    """Record through all these drivers at once, each in a process, while every processor is busy.

    Raises:
        AssertionError: A process failed; its error is on the standard error.
    """
    command = [sys.executable, "-m", "tests.soak_audio", "--seconds", str(seconds)]
    command += ["--began", str(headset.microphone.began), "--listen"]
    env = os.environ | headset.daemon.environment()
    with busy(os.cpu_count() or 1):
        children = [
            subprocess.Popen([*command, driver], env=env, stdout=subprocess.PIPE, text=True)
            for driver in drivers
        ]
        told = [child.communicate()[0] for child in children]
    assert all(child.returncode == 0 for child in children), "a recording broke off"
    return [msgspec.json.decode(text, type=Outcome) for text in told]


def main() -> int:
    """Run it; return 1 if a sample was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--driver", choices=DRIVERS, action="append", help="all of them if none is named")
    for internal in ("--listen", "--seconds", "--began"):
        parser.add_argument(internal, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.listen:
        outcome = asyncio.run(listen(args.listen, float(args.seconds), float(args.began)))
        print(msgspec.json.encode(outcome).decode())
        return 0
    with tempfile.TemporaryDirectory() as folder, PulseHeadset(Path(folder)) as headset:
        outcomes = soak(args.driver or DRIVERS, headset, args.minutes * 60)
        for outcome in outcomes:
            print(outcome)
        print(f"the microphone fell behind the clock by {headset.microphone.latest_us} us at most")
    return 0 if all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
