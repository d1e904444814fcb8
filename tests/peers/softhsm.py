"""SoftHSM 2 with two tokens: T1 of a ГЭК member (RSA and P-256 keys), T2 of another (RSA)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hal.secret import Secret
from tests.peers.programs import SOFTHSM, module, program

PIN, ADMIN_PIN = Secret("12345678"), Secret("87654321")

RSA_ID, EC_ID = b"\x01", b"\x02"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def certificate(key: Key, name: str, days: int = 365) -> bytes:
    """Make a certificate, self-signed, valid from yesterday; DER."""
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=days))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Item:
    """A key pair with its certificate."""

    key_id: bytes
    key: Key
    der: bytes

    def pkcs8(self) -> bytes:
        """Return the private key."""
        return self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True)
class SoftHsm:
    """A folder with tokens, and the environment in which SoftHSM finds it."""

    folder: Path
    tokens: dict[str, tuple[Item, ...]] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """What the processes that load SoftHSM need."""
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    @property
    def store(self) -> Path:
        """Where the tokens lie, a folder each."""
        return self.folder / "tokens"

    def copy(self, folder: Path) -> SoftHsm:
        """Make fresh tokens, the same as these."""
        shutil.copytree(self.store, folder / "tokens")
        made = SoftHsm(folder, self.tokens)
        made.configure()
        return made

    def configure(self) -> None:
        """Write the configuration."""
        self.store.mkdir(parents=True, exist_ok=True)
        text = f"directories.tokendir = {self.store}\nslots.removable = true\nlog.level = ERROR\n"
        (self.folder / "softhsm2.conf").write_text(text)

    def add(self, label: str, items: tuple[Item, ...]) -> None:
        """Make a token."""
        pins = ("--so-pin", ADMIN_PIN.reveal(), "--pin", PIN.reveal())
        init = (program("softhsm2-util"), "--init-token", "--free", "--label", label, *pins)
        subprocess.run(init, env=self.env, check=True, capture_output=True)
        filling = (sys.executable, "-m", "tests.peers.fill_token", module(SOFTHSM), label)
        told = msgspec.msgpack.encode((PIN.reveal(), [(i.key_id, i.pkcs8(), i.der) for i in items]))
        subprocess.run(filling, env=self.env, check=True, input=told)
        self.tokens[label] = items

    def token(self, label: str) -> Path:
        """Return the folder of a token."""
        for folder in self.store.iterdir():
            if label.encode() in (folder / "token.object").read_bytes():
                return folder
        raise LookupError(label)


def make(folder: Path) -> SoftHsm:
    """Make both tokens."""
    hsm = SoftHsm(folder)
    hsm.configure()
    one, two = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    curve = ec.generate_private_key(ec.SECP256R1())
    hsm.add(
        "T1",
        (
            Item(RSA_ID, one, certificate(one, "Иванов Иван Иванович")),
            Item(EC_ID, curve, certificate(curve, "Иванов Иван Иванович")),
        ),
    )
    hsm.add("T2", (Item(RSA_ID, two, certificate(two, "Петрова Анна Сергеевна")),))
    return hsm
