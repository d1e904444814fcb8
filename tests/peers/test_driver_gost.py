"""ГОСТ through our driver: the virtual token signs, OpenSSL's GOST engine verifies."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hal.secret import Secret
from hal.token import Mechanism
from hal.token.certificates import mechanisms_of
from hal.token.pkcs11.port import Pkcs11Port
from tests.peers.virtual_token import PIN, VirtualToken, served

DATA = b"the member confirms the export" * 100


async def sign(module: str) -> tuple[bytes, bytes]:
    """Return a certificate of a GOST key in DER, and its signature."""
    async with Pkcs11Port(module) as port:
        token = await port.open()
        try:
            assert Mechanism.GOST_2012_256 in token.capabilities.mechanisms
            *_, certificate = await token.certificates()
            assert mechanisms_of(certificate) == (Mechanism.GOST_2012_256,)
            await token.login(Secret(PIN))
            return certificate.der, await token.sign(certificate.key_id, DATA, Mechanism.GOST_2012_256)
        finally:
            await token.close()


def verifies(token: VirtualToken, der: bytes, signature: bytes, data: bytes) -> bool:
    for name, content in (("cert.der", der), ("sig", signature), ("data", data)):
        (token.folder / name).write_bytes(content)
    key = token.run(
        "openssl", "x509", "-engine", "gost", "-inform", "der", "-in", "cert.der", "-pubkey", "-noout"
    )
    (token.folder / "key.pem").write_bytes(key.out)
    verify = (
        "openssl",
        "dgst",
        "-engine",
        "gost",
        "-md_gost12_256",
        "-verify",
        "key.pem",
        "-signature",
        "sig",
    )
    return token.run(*verify, "data", succeeds=False).code == 0


def test_signatures_verify_with_openssl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(tmp_path) as token:
        wide = token.wide  # p11-kit's own client hides GOST
        for name in (*token.ready["env"], "PPELAB_P11_CLIENT"):
            monkeypatch.setenv(name, token.env[name])
        der, signature = asyncio.run(sign(wide))
        assert len(signature) == 64
        assert verifies(token, der, signature, DATA)
        assert not verifies(token, der, signature, DATA + b".")
