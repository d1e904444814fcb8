"""Third-party programs and files; a missing one fails the test, it is never skipped."""

from __future__ import annotations

import shutil
from pathlib import Path

from simulators.wire.pkcs11.client import client_module

SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
P11_KIT_CLIENT = client_module() or Path("p11-kit-client.so")


def program(name: str) -> str:
    """Return the path of a program.

    Raises:
        AssertionError: It is not installed.
    """
    found = shutil.which(name)
    assert found, f"{name} is missing: run tools/debian-packages"
    return found


def module(path: Path) -> str:
    """Return the path of a PKCS#11 module.

    Raises:
        AssertionError: It is not installed.
    """
    assert path.is_file(), f"{path} is missing: run tools/debian-packages"
    return str(path)
