"""Where the client side of p11-kit's RPC is installed: the module that programs load."""

from __future__ import annotations

import sysconfig
from pathlib import Path

NAME = "p11-kit-client.so"
PACKAGE = "p11-kit-modules"
"""The Debian package that holds it."""

_FOLDERS = ("/usr/lib64/pkcs11", "/usr/lib/pkcs11", "/usr/local/lib/pkcs11", "/opt/homebrew/lib/pkcs11")


def client_module() -> Path | None:
    """Return the path of the module; ``None`` when it is not installed in any usual place.

    On Debian that of the architecture of this Python comes first: others may be installed beside it.
    """
    triple = sysconfig.get_config_var("MULTIARCH")
    folders = [Path("/usr/lib") / triple / "pkcs11"] if triple else []
    folders += sorted(Path("/usr/lib").glob("*/pkcs11"))
    folders += map(Path, _FOLDERS)
    return next((folder / NAME for folder in folders if (folder / NAME).is_file()), None)


def wide_source() -> Path:
    """Return the source of the module that also lets through what p11-kit's client drops; ``cc`` makes it."""
    return Path(__file__).with_name("wide.c")
