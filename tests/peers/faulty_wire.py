"""Steers ``wire_proxy`` from a test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self


class FaultyWire:
    """A wire to a server that can be broken; see ``wire_proxy`` for the faults."""

    def __init__(self, upstream: Path) -> None:
        self._upstream = upstream
        self._socket = upstream.with_name("f")
        self._process: subprocess.Popen[str] | None = None

    @property
    def env(self) -> dict[str, str]:
        """What a client needs."""
        return {"P11_KIT_SERVER_ADDRESS": f"unix:path={self._socket}"}

    def __enter__(self) -> Self:
        command = (sys.executable, "-m", "tests.peers.wire_proxy", str(self._socket), str(self._upstream))
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        return self

    def faults(self, **faults: list[object]) -> None:
        """Replace all faults, by the name of the call."""
        self.break_at(faults)

    def break_at(self, faults: dict[str, list[object]]) -> None:
        """Replace all faults, by the name or ``#number`` of the call from now on."""
        self._order({"order": "faults", "faults": faults})

    def calls(self) -> list[str]:
        """Return the names of all calls so far."""
        told = self._order({"order": "calls"})
        assert isinstance(told, list)
        return told

    def _order(self, order: dict[str, object]) -> object:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.communicate()
