"""``ppelab devices``: what is really there, in which state, and what to do about it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence

from hal.errors import DeviceError
from hal.registry import DeviceInfo, discover
from hal.token import ModuleMissing
from hal.token.pkcs11.modules import VARIABLE, find_modules
from lab.describe import error_text, one_line
from lab.text import Texts


def devices(args: Namespace, texts: Texts) -> int:
    """List the devices of all drivers; return 1 if one of them could not look."""
    failed: dict[str, DeviceError] = {}  # a driver that fails does not keep the others from answering
    found = asyncio.run(discover(failed))
    if args.json:
        told = {
            "devices": [
                {"url": each.url, "family": each.family, "label": each.label, "state": each.state}
                for each in found
            ],
            "failed": {
                scheme: {"error": error.code, "detail": error.detail} for scheme, error in failed.items()
            },
        }
        print(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for line in _lines(found, texts, failed=bool(failed)):
            print(line)
        for scheme, error in failed.items():
            print(texts("devices-failed", scheme=scheme, why=error_text(error, texts)), file=sys.stderr)
            if isinstance(error, ModuleMissing) and os.environ.get(VARIABLE):
                print(texts("devices-do", advice=texts("advice-module-variable")), file=sys.stderr)
    return 1 if failed else 0


def _advice_for_no_token(texts: Texts) -> str:
    try:
        asked = find_modules()
    except ModuleMissing:
        return texts("advice-no-module")
    return texts("advice-nothing-found", modules=one_line(", ".join(map(str, asked))))


def _lines(found: Sequence[DeviceInfo], texts: Texts, *, failed: bool) -> Iterator[str]:
    if not found and not failed:  # who could not look does not know that there is nothing
        yield texts("devices-none")
        for advice in (_advice_for_no_token(texts), texts("advice-no-headset")):
            yield texts("devices-do", advice=advice)
    for each in found:
        state = texts(f"state-{each.state}") if texts.has(f"state-{each.state}") else each.state
        yield f"{texts(f'family-{each.family}')}  {one_line(each.label)}: {state}"
        if each.url:
            yield texts("devices-address", url=each.url)
        if texts.has(f"advice-{each.state}"):
            yield texts("devices-do", advice=texts(f"advice-{each.state}"))
