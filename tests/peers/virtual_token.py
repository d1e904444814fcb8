"""``ppelab serve token`` as a process of its own, and third-party programs that use it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from simulators.wire.pkcs11.client import client_module

PPELAB = [sys.executable, "-P", "-m", "lab"]
PIN, ADMIN_PIN, WRONG = "24681357", "97531864", "11111111"
WITHIN_S = 60


def module() -> str:
    found = client_module()
    assert found is not None, "p11-kit-client.so is missing: run tools/debian-packages"
    return str(found)


def _state(line: str) -> dict[str, Any]:
    answer = json.loads(line)
    assert answer["ok"], answer
    state: dict[str, Any] = answer["state"]
    return state


@dataclass
class Done:
    """What a program said; ``text`` is both outputs."""

    code: int
    out: bytes
    text: str


class VirtualToken:
    """A served token.

    Args:
        ready: The line of readiness.
        folder: For the files of a test.
    """

    def __init__(self, ready: dict[str, Any], folder: Path) -> None:
        self.ready = ready
        self.folder = folder
        self.control = str(ready["control"])
        self.files = {name: Path(path) for name, path in ready["files"].items()}
        self.env = {**os.environ, **ready["env"], "LANG": "C.UTF-8", "GNUTLS_PIN": PIN}

    def run(self, *command: str, succeeds: bool = True, given: bytes = b"") -> Done:
        """Run a program that knows nothing of us."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.env,
            input=given,
            capture_output=True,
            timeout=WITHIN_S,
            check=False,
        )
        text = (done.stdout + done.stderr).decode(errors="replace")
        assert PIN not in text
        if succeeds:
            assert done.returncode == 0, f"{command[0]}: {done.returncode}\n{text}"
        return Done(done.returncode, done.stdout, text)

    def begin(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a program and do not wait."""
        return subprocess.Popen(
            command, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def tool(self, *arguments: str, login: bool = False, pin: str = PIN, succeeds: bool = True) -> Done:
        """Run OpenSC's pkcs11-tool."""
        logs_in = ["--login", "--pin", pin] if login else []
        return self.run("pkcs11-tool", "--module", self.module, *logs_in, *arguments, succeeds=succeeds)

    @property
    def module(self) -> str:
        return module()

    @cached_property
    def wide(self) -> str:
        """Build the module that lets GOST through p11-kit's client; return its path."""
        made = self.folder / "wide.so"
        source = str(self.files["wide-source"])
        warnings = ["-Wall", "-Wextra", "-Werror", "-std=gnu11"]
        self.run("cc", "-shared", "-fPIC", "-O2", *warnings, "-o", str(made), source, "-ldl")
        self.env["PPELAB_P11_CLIENT"] = module()
        return str(made)

    def ctl(self, verb: str, target: str = "", **options: int | str) -> dict[str, Any]:
        """Do something to the device; return its state. (The command is tested in tests/e2e.)"""
        with self._asked(verb, target, options) as answers:
            return next(answers)

    @contextmanager
    def _asked(
        self, verb: str, target: str, options: dict[str, int | str]
    ) -> Iterator[Iterator[dict[str, Any]]]:
        request = {"verb": verb, "target": target, "options": options}
        with socket.socket(socket.AF_UNIX) as hand:
            hand.settimeout(WITHIN_S)
            hand.connect(self.control)
            hand.sendall(json.dumps(request).encode() + b"\n")
            with hand.makefile() as lines:
                yield (_state(line) for line in lines)

    @contextmanager
    def watching(self) -> Iterator[Iterator[dict[str, Any]]]:
        """Follow the state from now on."""
        with self._asked("watch", "", {}) as states:
            next(states)
            yield states

    def id_of(self, kind: str) -> str:
        """Return ``CKA_ID`` of the key of a kind, by what pkcs11-tool shows."""
        shown = self.tool("--list-objects", "--type", "pubkey").text.split("Public Key Object;")
        [found] = [part for part in shown if part.lstrip().startswith(kind)]
        [line] = [line for line in found.splitlines() if line.strip().startswith("ID:")]
        return line.split()[1]

    def certificate(self, key: str) -> Path:
        """Read a certificate from the token; return the public key in it as a PEM file."""
        self.tool("--read-object", "--type", "cert", "--id", key, "--output-file", "cert.der")
        self.run("openssl", "x509", "-inform", "der", "-in", "cert.der", "-out", "cert.pem")
        done = self.run("openssl", "x509", "-engine", "gost", "-in", "cert.pem", "-pubkey", "-noout")
        (self.folder / "key.pem").write_bytes(done.out)
        return self.folder / "cert.pem"


@contextmanager
def served(folder: Path, *arguments: str, pace: str = "50") -> Iterator[VirtualToken]:
    """Serve virtual tokens until the block ends, and see that they end cleanly."""
    command = [*PPELAB, "serve", "token", "--pace", pace, *arguments]
    env = {**os.environ, "PPELAB_PIN": PIN, "PPELAB_ADMIN_PIN": ADMIN_PIN}
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        try:
            line = server.stdout.readline()
            assert line, server.stderr.read().decode()
            ready = json.loads(line)
            assert ready["ready"] is True
            yield VirtualToken(ready, folder)
        finally:
            server.send_signal(signal.SIGTERM)
            told = server.stderr.read().decode()
            code = server.wait(WITHIN_S)
        assert code == 0, told
        assert "Traceback" not in told
        for pin in (PIN, ADMIN_PIN):
            assert pin not in told + line.decode()
        assert not Path(ready["control"]).parent.exists()
        assert not Path(ready["env"]["P11_KIT_SERVER_ADDRESS"].removeprefix("unix:path=")).exists()


def python(*lines: str) -> Sequence[str]:
    """Return a command that runs these lines with python-pkcs11, as ``lib`` and ``pin``."""
    head = ("import pkcs11, sys, hashlib", f"lib = pkcs11.lib({module()!r})", "pin = sys.stdin.read()")
    return [sys.executable, "-c", "\n".join((*head, *lines))]
