"""GOST on the virtual token: pkcs11-tool signs, OpenSSL's GOST engine verifies."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.crypto import gost
from tests.peers.virtual_token import VirtualToken, served

pytestmark = [
    pytest.mark.peer("libengine-gost-openssl"),
    pytest.mark.peer("pkcs11-tool"),
    pytest.mark.peer("cc"),
]

DATA = b"the act of the opening of the package" * 30


class Wide(VirtualToken):
    """Programs load our module in place of p11-kit's."""

    @property
    def module(self) -> str:
        return self.wide


def wide(token: VirtualToken) -> Wide:
    return Wide(token.ready, token.folder)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 128, 1000])
def test_digests_are_those_of_openssl(size: int, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4
    token = VirtualToken({"control": "", "files": {}, "env": {}}, tmp_path)
    done = token.run("openssl", "dgst", "-engine", "gost", "-md_gost12_256", "-binary", given=data[:size])
    assert gost.digest(data[:size]) == done.out
    parts = gost.Digest()
    for at in range(0, size, 7):
        parts.update(data[at : min(at + 7, size)])
    assert parts.finalize() == done.out


def test_signatures_verify_with_openssl(tmp_path: Path) -> None:
    with served(tmp_path) as narrow:
        token = wide(narrow)
        assert "GOSTR3410-WITH-GOSTR3411-12-256" in token.tool("--list-mechanisms").text
        key = token.id_of("GOSTR3410-2012-256")
        certificate = token.certificate(key)
        authority = str(token.files["authority-gost"])
        token.run("openssl", "verify", "-engine", "gost", "-CAfile", authority, str(certificate))
        (tmp_path / "data").write_bytes(DATA)
        token.run("openssl", "dgst", "-engine", "gost", "-md_gost12_256", "-binary", "-out", "digest", "data")
        token.tool("--hash", "-m", "GOSTR3411-12-256", "-i", "data", "-o", "digest2")
        assert (tmp_path / "digest").read_bytes() == (tmp_path / "digest2").read_bytes()
        verify = ("openssl", "dgst", "-engine", "gost", "-md_gost12_256", "-verify", "key.pem", "-signature")
        token.tool("-s", "-m", "GOSTR3410", "--id", key, "-i", "digest", "-o", "sig1", login=True)
        token.run(*verify, "sig1", "data")
        whole = "GOSTR3410-WITH-GOSTR3411-12-256"
        token.tool("-s", "-m", whole, "--id", key, "-i", "data", "-o", "sig2", login=True)
        token.run(*verify, "sig2", "data")
        (tmp_path / "data").write_bytes(DATA + b".")
        assert token.run(*verify, "sig2", "data", succeeds=False).code != 0


def test_a_foreign_key_does_not_verify(tmp_path: Path) -> None:
    with served(tmp_path) as narrow:
        token = wide(narrow)
        key = token.id_of("GOSTR3410-2012-256")
        token.certificate(key)
        (tmp_path / "data").write_bytes(DATA)
        token.ctl("foreign-key")
        whole = "GOSTR3410-WITH-GOSTR3411-12-256"
        token.tool("-s", "-m", whole, "--id", key, "-i", "data", "-o", "sig", login=True)
        verify = ("openssl", "dgst", "-engine", "gost", "-md_gost12_256", "-verify", "key.pem", "-signature")
        assert token.run(*verify, "sig", "data", succeeds=False).code != 0


def test_ecdsa_with_a_digest_and_aes_pass_as_well(tmp_path: Path) -> None:
    """What p11-kit's client drops beside GOST."""
    with served(tmp_path) as narrow:
        token = wide(narrow)
        key = token.id_of("EC ")
        token.certificate(key)
        (tmp_path / "data").write_bytes(DATA)
        how = ("-s", "-m", "ECDSA-SHA256", "--signature-format", "openssl", "--id", key)
        token.tool(*how, "-i", "data", "-o", "sig", login=True)
        token.run("openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "sig", "data")
        iv = "000102030405060708090a0b0c0d0e0f"
        aes = ("-m", "AES-CBC-PAD", "--iv", iv, "--id", b"AES".hex())
        token.tool("--encrypt", *aes, "-i", "data", "-o", "sealed", login=True)
        token.tool("--decrypt", *aes, "-i", "sealed", "-o", "opened", login=True)
        assert (tmp_path / "opened").read_bytes() == DATA
        assert (tmp_path / "sealed").read_bytes() != DATA
