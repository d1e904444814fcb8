"""The module of ``shim.c``: SoftHSM whose tokens can be pulled out, lock, fail and hang."""

from __future__ import annotations

import mmap
import struct
import subprocess
from enum import IntEnum
from pathlib import Path

from tests.peers.programs import SOFTHSM, module, program
from tests.peers.softhsm import SoftHsm

_SOURCE = Path(__file__).with_name("shim.c")

_FIELDS = (
    "absent_1", "absent_2", "generation_1", "generation_2", "wrong_1", "wrong_2", "lock_after",
    "hang_at", "hang_ms", "hang_hard", "fail_at", "fail_with", "sign_ms", "entered", "only",
)  # fmt: skip
"""Numbers of the shared memory, in the order of the structure in shim.c; ``int`` each."""


class At(IntEnum):
    """Functions of the module, as in shim.c."""

    NONE = 0
    INITIALIZE = 1
    LIST = 2
    TOKEN_INFO = 3
    OPEN = 4
    LOGIN = 5
    FIND = 6
    SIGN = 7
    DECRYPT = 8
    SET_PIN = 9
    FINALIZE = 10
    SESSION_INFO = 11
    EVERY = 12


def build(folder: Path) -> Path:
    """Compile the module."""
    flags = subprocess.run(
        (program("pkg-config"), "--cflags", "p11-kit-1"), check=True, capture_output=True, text=True
    ).stdout.split()
    made = folder / "shim.so"
    command = (program("gcc"), "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", *flags)
    subprocess.run((*command, str(_SOURCE), "-o", str(made), "-ldl"), check=True)
    return made


class Shim:
    """Steers the module: in this process, and in every other that has it loaded."""

    def __init__(self, path: Path, hsm: SoftHsm) -> None:
        self.path = path
        self._file = hsm.folder / "shim"
        self._file.write_bytes(bytes(4096))
        with self._file.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 4096)
        self.env = {
            **hsm.env,
            "PPELAB_SHIM": str(self._file),
            "PPELAB_SHIM_OVER": module(SOFTHSM),
        }
        self.set(absent_2=1)

    def set(self, **values: int) -> None:
        """Set numbers by name."""
        for name, value in values.items():
            struct.pack_into("I", self._memory, _FIELDS.index(name) * 4, value)

    def get(self, name: str) -> int:
        """Read a number."""
        (value,) = struct.unpack_from("I", self._memory, _FIELDS.index(name) * 4)
        return int(value)

    def remove(self, token: int = 1) -> None:
        """Pull a token out."""
        self.set(**{f"absent_{token}": 1, f"generation_{token}": self.get(f"generation_{token}") + 1})

    def insert(self, token: int = 1) -> None:
        """Insert a token."""
        self.set(**{f"absent_{token}": 0})

    def hang(self, at: At, seconds: float = 60, *, hard: bool = False) -> None:
        """Make a function hang; ``hard``: with all signals blocked."""
        self.set(hang_ms=int(seconds * 1000), hang_hard=hard, entered=0, hang_at=at)

    def fail(self, at: At, value: int) -> None:
        """Make a function fail with a CKR."""
        self.set(fail_with=value, fail_at=at)

    def heal(self) -> None:
        """End hanging and failing."""
        self.set(hang_at=0, fail_at=0)

    def close(self) -> None:
        """Let go of the shared memory."""
        self._memory.close()
