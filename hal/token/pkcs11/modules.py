"""Where PKCS#11 modules are: the vendor's file, in the places where its installers put it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hal.token.errors import ModuleMissing

VARIABLE = "PPELAB_PKCS11_MODULE"
"""Environment variable: the module to use instead of looking for one."""

P11_KIT_SERVER = "P11_KIT_SERVER_ADDRESS"
"""Environment variable of p11-kit: where a token is served over its wire. Without it that client has none."""


@dataclass(frozen=True, slots=True)
class KnownModule:
    """A module by its name in RFC 7512 (no ``lib``, no ending) and its files on each system, best first."""

    name: str
    linux: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    macos: tuple[str, ...] = ()


_LIB = ("/usr/lib", "/usr/lib64", "/usr/lib/{machine}-linux-gnu", "/usr/local/lib", "/usr/local/lib64")


def _in(file: str, *more: str, below: Iterable[str] = ("",)) -> tuple[str, ...]:
    return (*more, *(f"{folder}/{inner}{file}" for inner in below for folder in _LIB))


KNOWN = (
    # Files of the Рутокен packages: librtpkcs11ecp (deb, rpm), "Драйверы Рутокен" (exe), the macOS pkg.
    KnownModule(
        "rtpkcs11ecp",
        linux=_in("librtpkcs11ecp.so", "/opt/aktivco/rutokenecp/{machine}/librtpkcs11ecp.so",
                  "/opt/aktivco/rutokenecp/amd64/librtpkcs11ecp.so"),
        windows=("{system}/rtPKCS11ECP.dll", "{programs}/Aktiv Co/Rutoken/rtPKCS11ECP.dll"),
        macos=("/Library/Aktiv Co/librtpkcs11ecp.dylib", "/usr/local/lib/librtpkcs11ecp.dylib",
               "/Library/Frameworks/rtpkcs11ecp.framework/rtpkcs11ecp",
               "/opt/homebrew/lib/librtpkcs11ecp.dylib"),
    ),
    # OpenSC's RutokenS and Rutoken ECP drivers; https://github.com/OpenSC/OpenSC/wiki
    KnownModule(
        "opensc-pkcs11",
        linux=_in("opensc-pkcs11.so", below=("", "pkcs11/")),
        windows=("{programs}/OpenSC Project/OpenSC/pkcs11/opensc-pkcs11.dll",),
        macos=("/Library/OpenSC/lib/opensc-pkcs11.so", "/usr/local/lib/opensc-pkcs11.so",
               "/opt/homebrew/lib/opensc-pkcs11.so"),
    ),
    KnownModule(
        "softhsm2",
        linux=_in("libsofthsm2.so", below=("softhsm/", "pkcs11/", "")),
        windows=("{drive}/SoftHSM2/lib/softhsm2-x64.dll",),
        macos=("/usr/local/lib/softhsm/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so"),
    ),
    KnownModule(
        "p11-kit-client",
        linux=_in("p11-kit-client.so", below=("pkcs11/",)),
        macos=("/usr/local/lib/pkcs11/p11-kit-client.so", "/opt/homebrew/lib/pkcs11/p11-kit-client.so"),
    ),
)  # fmt: skip


def places(module: KnownModule, platform: str = sys.platform) -> tuple[Path, ...]:
    """Return where that module is looked for on a system (``sys.platform``), best first."""
    if platform == "win32":
        files, root = module.windows, os.environ.get("SYSTEMROOT", "C:/Windows")
    else:
        files, root = (module.macos if platform == "darwin" else module.linux), ""
    values = {
        "machine": os.uname().machine if hasattr(os, "uname") else "",
        "system": f"{root}/System32",
        "programs": os.environ.get("PROGRAMFILES", "C:/Program Files"),
        "drive": os.environ.get("SYSTEMDRIVE", "C:"),
    }
    return tuple(dict.fromkeys(Path(file.format(**values)) for file in files))


def find_modules(known: Iterable[KnownModule] = KNOWN) -> tuple[Path, ...]:
    """Return the modules that are installed here, the vendor's first.

    With ``PPELAB_PKCS11_MODULE`` in the environment, that one alone.

    Raises:
        ModuleMissing: There is none; names what was looked for.
    """
    said = os.environ.get(VARIABLE)
    if said:
        return (existing(said),)
    wanted = [module for module in known if module.name != "p11-kit-client" or os.environ.get(P11_KIT_SERVER)]
    found = [next(filter(Path.is_file, places(module)), None) for module in wanted]
    if not any(found):
        raise ModuleMissing("pkcs11", _looked_for(wanted))
    return tuple(path for path in found if path is not None)


def module_named(name: str) -> Path:
    """Find a module by its RFC 7512 name, as ``rtpkcs11ecp``.

    Raises:
        ModuleMissing: It is not installed, or no such module is known.
    """
    chosen = [module for module in KNOWN if module.name == name]
    if not chosen:
        names = ", ".join(module.name for module in KNOWN)
        raise ModuleMissing("pkcs11", f"module-name {name!r} is not known, only {names}; use module-path")
    for path in places(chosen[0]):
        if path.is_file():
            return path
    raise ModuleMissing("pkcs11", _looked_for(chosen))


def existing(path: str) -> Path:
    """Return the path of a module that was named.

    Raises:
        ModuleMissing: There is no such file.
    """
    if not Path(path).is_file():
        raise ModuleMissing("pkcs11", f"there is no file {path}")
    return Path(path)


def _looked_for(modules: Iterable[KnownModule]) -> str:
    return "looked for " + ", ".join(str(path) for module in modules for path in places(module))
