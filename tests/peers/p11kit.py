"""``p11-kit server``: PKCS#11 over a Unix socket."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.peers.programs import SOFTHSM, module, program
from tests.peers.softhsm import SoftHsm


class P11KitServer:
    """Serves the tokens of SoftHSM; ``env`` leads clients to it.

    It has a session (of processes) of its own: it makes a process for every connection, and ending only the
    first leaves those.
    """

    def __init__(self, folder: Path, hsm: SoftHsm) -> None:
        self._hsm = hsm
        self._short = Path(tempfile.mkdtemp(prefix="p11"))  # names of sockets are at most 107 bytes long
        self.socket = self._short / "s"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def env(self) -> dict[str, str]:
        """What a client needs."""
        return {"P11_KIT_SERVER_ADDRESS": f"unix:path={self.socket}"}

    def __enter__(self) -> Self:
        command = (program("p11-kit"), "server", "-f", "-n", str(self.socket), "--provider", module(SOFTHSM))
        self._process = subprocess.Popen(
            (*command, "pkcs11:"),
            env={**os.environ, **self._hsm.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        # it says its address when it listens
        assert self._process.stdout.readline().startswith(b"P11_KIT_SERVER_ADDRESS=")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._short)
