"""``ppelab serve headset`` as a process of its own, and third-party programs that use it."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from hal.audio import Samples
from tests.peers.programs import program
from tests.peers.virtual_token import PPELAB

WITHIN_S = 60
RATE = 48_000
FORMAT = ("--raw", f"--rate={RATE}", "--format=s16le")


def tone(hz: int, seconds: float, peak: int = 8000, channels: int = 1) -> Samples:
    n = np.arange(round(seconds * RATE))
    wave = np.round(peak * np.sin(2 * np.pi * hz * n / RATE)).astype(np.int16)
    return np.repeat(wave[:, np.newaxis], channels, axis=1)


def level(samples: NDArray[Any]) -> float:
    """Return the RMS in dB of full scale."""
    return float(20 * np.log10(np.sqrt((samples.astype(np.float64) ** 2).mean()) / 32767))


def level_at(samples: NDArray[Any], hz: int) -> float:
    """Return the level of one frequency, a whole number, in the last second."""
    spectrum = np.abs(np.fft.rfft(samples.reshape(-1)[-RATE:].astype(np.float64)))
    return float(20 * np.log10(spectrum[hz] * np.sqrt(2) / RATE / 32767))


class VirtualHeadset:
    """Served headsets.

    Args:
        ready: The line of readiness.
        pid: The process that serves them.
    """

    def __init__(self, ready: dict[str, Any], pid: int) -> None:
        self.ready = ready
        self.pid = pid
        self.control = str(ready["control"])
        self.names = list(ready["urls"])
        self.env = {**os.environ, **ready["env"], "LC_ALL": "C.UTF-8"}

    def run(self, *command: str) -> str:
        """Run a program that knows nothing of us."""
        done = subprocess.run(
            [program(command[0]), *command[1:]],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=True,
        )
        return done.stdout

    @contextmanager
    def recording(self, name: str = "headset-1", channels: int = 1) -> Iterator[subprocess.Popen[bytes]]:
        """Record with ``parec``."""
        command = [program("parec"), f"--device={name}", *FORMAT, f"--channels={channels}"]
        with subprocess.Popen(
            [*command, "--latency-msec=20"], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as peer:
            try:
                yield peer
            finally:
                peer.kill()

    @contextmanager
    def following(self) -> Iterator[IO[str]]:
        """Follow what happens at the server with ``pactl subscribe``, one line for each event."""
        command = [program("pactl"), "subscribe"]
        with subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, text=True) as peer:
            assert peer.stdout is not None
            try:
                # it does not say that it has begun to listen; that a client has come, it does
                while not select.select([peer.stdout], [], [], 0.1)[0]:
                    self.run("pactl", "info")
                yield peer.stdout
            finally:
                peer.kill()

    def record(self, seconds: float, name: str = "headset-1") -> Samples:
        """Return that much sound, one channel."""
        with self.recording(name) as peer:
            return take(peer, seconds)

    def play(self, samples: Samples, name: str = "headset-1-earphones", latency_ms: int = 500) -> None:
        """Play with ``pacat``, to the end."""
        command = [program("pacat"), f"--device={name}", *FORMAT, f"--channels={samples.shape[1]}"]
        subprocess.run(
            [*command, f"--latency-msec={latency_ms}"],
            env=self.env,
            input=samples.astype("<i2").tobytes(),
            timeout=WITHIN_S,
            check=True,
        )

    def ctl(self, verb: str, target: str = "", *words: str, **options: Any) -> dict[str, Any]:
        """Do something to the device; return the state of the headset, or of all if none is named."""
        answer = self.asked(verb, target, *words, **options)
        assert answer["ok"], answer
        state: dict[str, Any] = answer["state"]
        return state["headsets"][self.names.index(target)] if target in self.names else state

    def wait_until_away(self) -> None:
        """Wait until the server has lost the first headset."""
        with socket.socket(socket.AF_UNIX) as hand:
            hand.settimeout(WITHIN_S)
            hand.connect(self.control)
            hand.sendall(b'{"verb": "watch"}\n')
            with hand.makefile() as lines:
                for line in lines:
                    if not json.loads(line)["state"]["headsets"][0]["present"]:
                        return

    def asked(self, verb: str, target: str = "", *words: str, **options: Any) -> dict[str, Any]:
        """Send a request; return the answer."""
        if words:
            options["words"] = list(words)
        with socket.socket(socket.AF_UNIX) as hand:
            hand.settimeout(WITHIN_S)
            hand.connect(self.control)
            hand.sendall(json.dumps({"verb": verb, "target": target, "options": options}).encode() + b"\n")
            with hand.makefile() as lines:
                answer: dict[str, Any] = json.loads(next(lines))
                return answer


def take(peer: subprocess.Popen[bytes], seconds: float) -> Samples:
    """Take sound of one channel from a ``parec``."""
    assert peer.stdout is not None
    wanted = round(seconds * RATE) * 2
    given = peer.stdout.read(wanted)
    assert len(given) == wanted, "the recording ended"
    return np.frombuffer(given, "<i2").astype(np.int16)


def begun(*arguments: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PPELAB, "--lang", "ru", "serve", "headset", *arguments],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def served(*arguments: str) -> Iterator[VirtualHeadset]:
    """Serve virtual headsets until the block ends, and see that they end cleanly."""
    with begun(*arguments) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        try:
            line = server.stdout.readline()
            assert line, server.stderr.read()
            ready = json.loads(line)
            assert ready["ready"] is True
            yield VirtualHeadset(ready, server.pid)
        finally:
            server.send_signal(signal.SIGTERM)
            told = server.stderr.read()
            code = server.wait(WITHIN_S)
        assert code == 0, told
        assert "Traceback" not in told
        assert not Path(ready["control"]).parent.exists()
