"""Signing with RSA-2048 on SoftHSM 2: through our driver against bare python-pkcs11 in this process.

What the driver adds is the way to another process and back, twice through a pipe and asyncio's loop. Both
sides sign the same data with the same key, in turns of a block each. Waiting for the other process is part
of what is measured, so the clock on the wall is read, not the processor's; the shortest mean of a block
counts.

The bars: at most 1.15 times the bare time, and at most 0.3 ms more. The line tells the ratio; its bar is 0
when the other one is not met.
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import Attribute, ObjectClass

from benchmarks.measure import Measurement
from hal.secret import Secret
from hal.token import Mechanism
from hal.token.pkcs11.modules import module_named
from hal.token.pkcs11.port import Pkcs11Port

BAR = 1.15
MOST_MS = 0.3
BLOCK = 5  # short: on a busy machine only short blocks are ever left undisturbed
ROUNDS = 300
PIN = "12345678"
KEY_ID = b"\x01"
DATA = b"what the member confirms" * 10


def _token(folder: Path) -> None:
    """Make a token with a key pair, in a folder of its own."""
    conf = folder / "softhsm2.conf"
    (folder / "tokens").mkdir()
    conf.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(conf)
    subprocess.run(
        ("softhsm2-util", "--init-token", "--free", "--label", "bench", "--so-pin", PIN, "--pin", PIN),  # noqa: S607
        check=True,
        capture_output=True,
    )


async def _measure(module: Path) -> tuple[float, float]:
    """Return seconds a signature, bare and ours."""
    library = pkcs11.lib(str(module))
    with library.get_token(token_label="bench").open(rw=True, user_pin=PIN) as session:  # noqa: S106
        session.generate_keypair(pkcs11.KeyType.RSA, 2048, id=KEY_ID, store=True)
    bare, ours = float("inf"), float("inf")
    async with Pkcs11Port(str(module)) as port:
        token = await port.open()
        await token.login(Secret(PIN))
        with library.get_token(token_label="bench").open(user_pin=PIN) as session:  # noqa: S106
            found = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: KEY_ID})
            key: Any = list(found)[0]  # noqa: RUF015 - the search has to end before the signature
            mechanism = pkcs11.Mechanism.SHA256_RSA_PKCS
            signature = await token.sign(KEY_ID, DATA, Mechanism.RSA_PKCS_SHA256)
            assert signature == key.sign(DATA, mechanism=mechanism)
            gc.collect()
            for _ in range(ROUNDS):
                start = time.perf_counter()
                for _ in range(BLOCK):
                    key.sign(DATA, mechanism=mechanism)
                middle = time.perf_counter()
                for _ in range(BLOCK):
                    await token.sign(KEY_ID, DATA, Mechanism.RSA_PKCS_SHA256)
                end = time.perf_counter()
                bare, ours = min(bare, (middle - start) / BLOCK), min(ours, (end - middle) / BLOCK)
        await token.close()
    return bare, ours


def run() -> Measurement:
    """Measure both."""
    before = os.environ.get("SOFTHSM2_CONF")
    with tempfile.TemporaryDirectory() as folder:
        try:
            _token(Path(folder))
            bare, ours = asyncio.run(_measure(module_named("softhsm2")))
        finally:
            os.environ.pop("SOFTHSM2_CONF", None)
            if before is not None:
                os.environ["SOFTHSM2_CONF"] = before
    more = (ours - bare) * 1000
    return Measurement(
        name="signing",
        ratio=ours / bare,
        bar=BAR if more <= MOST_MS else 0.0,  # both must hold
        at_least=False,
        details=(
            f"bare python-pkcs11 {bare * 1000:.3f} ms a signature, ours {ours * 1000:.3f} ms",
            f"{more:.3f} ms more (bar {MOST_MS} ms)",
        ),
    )
