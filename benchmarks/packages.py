"""(d) A package against bare AES-256-GCM of the same library, side by side; memory flat at 500 MB.

What is compared is what our code adds: the envelope against the cipher alone, a whole signed file against
the cipher and SHA-256 alone, with the same reads and writes. The ratio is the worst of them, so that no part
hides behind another. A signed file costs a hash of every byte, which no code of ours can make cheaper; the
details show what that costs.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import GCM

from benchmarks.measure import Measurement, alternate
from scenarios.federal import authorities, federal_keys
from station_core.container import (
    ContentKeyOpener,
    ContentKeyRecipient,
    Kind,
    Label,
    new_file,
    open_file,
    seal,
)
from station_core.container.opening import decrypt
from station_core.container.sealing import CHUNK, Piece, encrypt
from station_core.container.stream import Stream
from station_core.materials import Scope

BAR = 0.5
BAR_MB = 64
SIZE = 64 << 20
LARGE = 500_000_000
ROUNDS = 5
KEY = bytes(range(32))
MEMORY = "from benchmarks.packages import large; large()"


def _forget(*data: Piece) -> None:
    """Take bytes and keep nothing."""


def _label() -> Label:
    scope = Scope("90", "9099", date(2024, 5, 28), "29-АНГ")
    return Label(Kind.AUDIO, "v.abnk", scope, 0, "0" * 32, datetime(2024, 5, 28, 18))  # noqa: DTZ001


def _pieces(size: int) -> Iterator[bytes]:
    piece = bytes(CHUNK)
    for _ in range(size // CHUNK):
        yield piece
    yield bytes(size % CHUNK)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece


# -- in memory: the envelope and the cipher ------------------------------------------------------------


def _bare_encryption() -> None:
    cipher = Cipher(AES256(KEY), GCM(secrets.token_bytes(12))).encryptor()
    for piece in _pieces(SIZE):
        cipher.update(piece)
    cipher.finalize()


def _our_encryption() -> None:
    encrypt(_forget, _pieces(SIZE), (ContentKeyRecipient(KEY),))


def _bare_decryption(data: bytes) -> None:
    cipher = Cipher(AES256(KEY), GCM(bytes(12))).decryptor()
    source = io.BytesIO(data)
    while piece := source.read(CHUNK):
        cipher.update(piece)


def _our_decryption(data: bytes) -> None:
    decrypt(Stream(io.BytesIO(data), "f"), ContentKeyOpener(KEY), _forget)


# -- with files: the whole, and the cipher and the hash ------------------------------------------------


def _bare_sealing(source: Path, target: Path) -> None:
    cipher = Cipher(AES256(KEY), GCM(secrets.token_bytes(12))).encryptor()
    digest = hashlib.sha256()
    with new_file(target) as out:
        for piece in _read(source):
            data = cipher.update(piece)
            digest.update(data)
            out.write(data)


def _our_sealing(source: Path, target: Path) -> None:
    keys = federal_keys()
    with new_file(target) as out:
        draft = seal(out, _label(), _read(source), (ContentKeyRecipient(KEY),), keys.signer)
        draft.finish(keys.sign(draft.to_sign))


def _bare_opening(source: Path, target: Path) -> None:
    cipher = Cipher(AES256(KEY), GCM(bytes(12))).decryptor()
    digest = hashlib.sha256()
    with new_file(target) as out:
        for piece in _read(source):
            digest.update(piece)
            out.write(cipher.update(piece))


def _our_opening(source: Path, target: Path) -> None:
    open_file(source, target, ContentKeyOpener(KEY), authorities().portal)


# -- memory --------------------------------------------------------------------------------------------


def large() -> None:
    """Write and open 500 MB; print by how many bytes the peak of resident memory grew."""
    with tempfile.TemporaryDirectory() as name:
        small, package, out = (Path(name) / file for file in ("small", "package", "out"))
        small.write_bytes(b"exam")
        _our_sealing(small, package)
        _our_opening(package, out)  # what is loaded at the first use is not what a large package needs
        before = _peak()
        keys = federal_keys()
        with new_file(package) as sink:
            draft = seal(sink, _label(), _pieces(LARGE), (ContentKeyRecipient(KEY),), keys.signer)
            draft.finish(keys.sign(draft.to_sign))
        _our_opening(package, out)
        if out.stat().st_size != LARGE:
            raise RuntimeError("the package did not come out whole")
        print(_peak() - before)


def _peak() -> int:
    """Return the peak of resident memory since this program began.

    ``getrusage`` would count the benchmark that started it as well.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def run() -> Measurement:
    """Measure all of it."""
    out = io.BytesIO()
    encrypt(lambda *parts: [out.write(part) for part in parts], _pieces(SIZE), (ContentKeyRecipient(KEY),))
    envelope, plain = out.getvalue(), bytes(SIZE)
    memory = alternate(
        (
            _bare_encryption,
            _our_encryption,
            lambda: _bare_decryption(plain),
            lambda: _our_decryption(envelope),
        ),
        ROUNDS,
    )
    with tempfile.TemporaryDirectory() as name:
        source, package, target = (Path(name) / file for file in ("source", "package", "target"))
        source.write_bytes(plain)
        _our_sealing(source, package)
        files = alternate(
            (
                lambda: _bare_sealing(source, target),
                lambda: _our_sealing(source, target),
                lambda: _bare_opening(source, target),
                lambda: _our_opening(package, target),
            ),
            ROUNDS,
        )
    command = [sys.executable, "-c", MEMORY]
    grown = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1_000_000
    pairs = {
        "encryption in memory": memory[:2],
        "decryption in memory": memory[2:],
        "signed file written": files[:2],
        "signed file opened": files[2:],
    }
    ratios = {name: bare / ours for name, (bare, ours) in pairs.items()}
    details = [
        f"{name}: {SIZE / ours / 1e6:,.0f} MB/s, bare {SIZE / bare / 1e6:,.0f} MB/s, ratio {ratios[name]:.2f}"
        for name, (bare, ours) in pairs.items()
    ]
    flat = grown <= BAR_MB
    return Measurement(
        name="packages",
        ratio=min(ratios.values()),
        bar=BAR if flat else float("inf"),  # both must hold
        at_least=True,
        details=(*details, f"500 MB written and opened: {grown:.1f} MB more memory (bar {BAR_MB} MB)"),
    )
