"""A faulty wire: stands between ``p11-kit-client.so`` and ``p11-kit server``, in a process of its own.

``python -m tests.peers.wire_proxy LISTEN UPSTREAM`` reads orders as JSON lines from standard input and
answers each with a line: ``{"order": "faults", "faults": {…}}`` replaces the faults, ``{"order": "calls"}``
returns the names of all calls so far. A fault is written for a call's name, for ``"*"``, or for the number
of a message since the last
order: ``{"Login": ["ckr", 0xA4]}``, ``{"#3": ["cut"]}``.

* ``ckr N``: the call is made, and the answer is that error;
* ``cut``: the connection ends before the call reaches the token;
* ``cut-reply``: it ends after the token has done what was asked;
* ``garbage``: the answer is noise of the right length;
* ``truncated``: the answer promises more than comes, and the connection ends;
* ``hang``: no answer, as long as the fault is there; ``delay MS``: a late answer.

Frames: ``call id, length of options, length of body`` (big endian), options, body; a body begins with the
number of the call (p11-kit 0.24, rpc-message.h). A number of 0 is an error, with the CKR as 64 bits.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

CALLS = (
    "ERROR Initialize Finalize GetInfo GetSlotList GetSlotInfo GetTokenInfo GetMechanismList",
    "GetMechanismInfo InitToken OpenSession CloseSession CloseAllSessions GetSessionInfo InitPIN SetPIN",
    "GetOperationState SetOperationState Login Logout CreateObject CopyObject DestroyObject",
    "GetObjectSize GetAttributeValue SetAttributeValue FindObjectsInit FindObjects FindObjectsFinal",
    "EncryptInit Encrypt EncryptUpdate EncryptFinal DecryptInit Decrypt DecryptUpdate DecryptFinal",
    "DigestInit Digest DigestUpdate DigestKey DigestFinal SignInit Sign SignUpdate SignFinal",
)
NAMES = tuple(name for line in CALLS for name in line.split())
"""The calls in the order of their numbers in p11-kit 0.24."""

_HEADER = struct.Struct("!III")
_ANSWERS_WITH_BUFFER = ("Sign", "SignFinal", "Digest", "DigestFinal", "Encrypt", "Decrypt")


class _Cut(Exception):
    """End the connection."""


class Proxy:
    """The faults, and the calls so far."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._faults: dict[str, list[object]] = {}
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._calls: list[str] = []
        self._since = 0

    def order(self, told: dict[str, object]) -> object:
        """Do what the test says."""
        with self._lock:
            if told["order"] == "calls":
                return self._calls
            faults = told["faults"]
            assert isinstance(faults, dict)
            self._faults, self._since = faults, len(self._calls)
            self._changed.set()  # whoever hangs goes on
            self._changed = threading.Event()
        return None

    def _fault(self, name: str) -> tuple[list[object], threading.Event]:
        with self._lock:
            self._calls.append(name)
            number = f"#{len(self._calls) - self._since}"
            for key in (number, name, "*"):
                if key in self._faults:
                    return self._faults[key], self._changed
            return [], self._changed

    def serve(self, client: socket.socket) -> None:
        """Carry the calls of one connection."""
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError, EOFError, _Cut):
            server.connect(self._upstream)
            server.sendall(_read(client, 1))  # the version of the protocol, both ways
            client.sendall(_read(server, 1))
            while True:
                self._carry(client, server)

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        call, options, body = _frame(client)
        number = struct.unpack_from("!I", body)[0]
        name = NAMES[number] if number < len(NAMES) else str(number)
        fault, changed = self._fault(name)
        kind, value = (str(fault[0]), fault[1] if len(fault) > 1 else 0) if fault else ("", 0)
        assert isinstance(value, int)
        if kind == "cut":
            raise _Cut
        if kind == "hang":
            changed.wait()
            raise _Cut
        if kind == "delay":
            time.sleep(value / 1000)
        if kind == "ckr" and name in _ANSWERS_WITH_BUFFER:
            # a question for the length only would leave the operation open
            body = body[:-4] + struct.pack("!I", 8192)
        if not (kind == "ckr" and name.endswith("Init")):
            _put(server, call, options, body)
            reply = _frame(server)
        else:
            reply = (call, b"", b"")
        if kind == "cut-reply":
            raise _Cut
        if kind == "ckr":
            reply = (call, b"", struct.pack("!II", 0, 1) + b"u" + struct.pack("!Q", value))
        if kind == "garbage":
            reply = (reply[0], reply[1], bytes((i * 167 + 13) % 256 for i in range(len(reply[2]))))
        if kind == "truncated":
            client.sendall(_HEADER.pack(reply[0], len(reply[1]), len(reply[2])) + reply[1] + reply[2][:-1])
            raise _Cut
        _put(client, *reply)


def _read(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = source.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def _frame(source: socket.socket) -> tuple[int, bytes, bytes]:
    call, options, body = _HEADER.unpack(_read(source, _HEADER.size))
    return call, _read(source, options), _read(source, body)


def _put(target: socket.socket, call: int, options: bytes, body: bytes) -> None:
    target.sendall(_HEADER.pack(call, len(options), len(body)) + options + body)


def main(listen: str, upstream: str) -> None:
    """Serve until the end of standard input."""
    proxy = Proxy(upstream)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(listen)
    listener.listen()

    def accept() -> None:
        while True:
            client, _ = listener.accept()
            threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(proxy.order(json.loads(line))), flush=True)
    Path(listen).unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
