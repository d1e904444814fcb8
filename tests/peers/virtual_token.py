"""``ppelab serve token`` as a process, and what a person does with its tokens."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PIN = "12345678"


class VirtualToken:
    """A virtual Рутокен on the wire; ``env`` leads clients to it.

    Args:
        folder: Where its PIN file lies.
        arguments: More of the command line.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.pin_file = folder / "virtual-pin"
        self.pin_file.write_text(PIN)
        self._command = [sys.executable, "-P", "-m", "lab", "serve", "token", *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self.env: dict[str, str] = {}
        self.urls: dict[str, str] = {}
        self._control = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [*self._command, "--pin-file", str(self.pin_file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(self._process.communicate()[1].decode())
        ready = json.loads(line)
        self.env, self.urls, self._control = ready["env"], ready["urls"], ready["control"]
        return self

    def ctl(self, verb: str, target: str = "token-1", **options: object) -> dict[str, Any]:
        """Do something to a token; returns the state after it."""
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(30)
            wire.connect(self._control)
            request = {"verb": verb, "target": target, "options": options}
            wire.sendall(json.dumps(request).encode() + b"\n")
            with wire.makefile("rb") as answers:
                answer = json.loads(answers.readline())
        assert answer["ok"], answer
        state: dict[str, Any] = answer["state"]
        return state

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        _, told = self._process.communicate(timeout=60)
        if kind is None:
            assert self._process.returncode == 0, told.decode()
            assert b"Traceback" not in told, told.decode()
