"""OpenSSL, unmodified, opens and checks what we write; we open what it writes.

The commands are those of ``docs/reference/packages.md``.
"""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from hal.token import Mechanism
from station_core.container import (
    CertificateRecipient,
    ContentKeyRecipient,
    Opener,
    PrivateKeyOpener,
    Recipient,
    SignerKey,
    Trust,
    content_key_id,
    key_id_of,
    open_bytes,
    seal_bytes,
)
from station_core.container.opening import decrypt
from station_core.container.stream import Stream
from station_core.errors import MaterialsRefused
from tests.containers import CONTENT_KEY, LABEL, OPENER, verify_bytes

pytestmark = pytest.mark.peer("openssl")

PAYLOAD = bytes(range(256)) * 3000  # several pieces
SECRET = ("-secretkey", CONTENT_KEY.hex(), "-secretkeyid", content_key_id(CONTENT_KEY).hex())


def openssl(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class Person:
    """A key and its certificate, made by OpenSSL."""

    def __init__(self, folder: Path, name: str, *algorithm: str) -> None:
        self.name = name
        openssl(
            folder, "req", "-x509", "-nodes", "-newkey", *algorithm, "-subj", f"/CN={name}", "-days", "30",
            "-keyout", f"{name}.key", "-out", f"{name}.crt",
        )  # fmt: skip
        key = load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        self.key = key
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())
        self.der = certificate.public_bytes(Encoding.DER)
        self.opener: Opener = PrivateKeyOpener(self.der, key)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("openssl")


@pytest.fixture(scope="module")
def people(folder: Path) -> dict[str, Person]:
    return {
        "rsa": Person(folder, "rsa", "rsa:2048"),
        "ec": Person(folder, "ec", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
    }


@pytest.mark.parametrize("mechanism", ["rsa", "pss", "ecdsa"])
def test_openssl_verifies_and_decrypts_ours(folder: Path, people: dict[str, Person], mechanism: str) -> None:
    person = people["ec" if mechanism == "ecdsa" else "rsa"]
    kind, options = {
        "rsa": (Mechanism.RSA_PKCS_SHA256, ()),
        "pss": (
            Mechanism.RSA_PSS_SHA256,
            ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"),
        ),
        "ecdsa": (Mechanism.ECDSA_P256_SHA256, ()),
    }[mechanism]

    def sign(data: bytes) -> bytes:
        (folder / "to-sign").write_bytes(data)
        openssl(
            folder, "dgst", "-sha256", "-sign", f"{person.name}.key", *options, "-out", "signature", "to-sign"
        )
        return (folder / "signature").read_bytes()

    recipients: list[Recipient] = [
        ContentKeyRecipient(CONTENT_KEY),
        *(CertificateRecipient(person.der) for person in people.values()),
    ]
    data = seal_bytes(LABEL, PAYLOAD, recipients, SignerKey(key_id_of(person.der), kind, person.der), sign)
    (folder / "package").write_bytes(data)
    openssl(
        folder, "cms", "-verify", "-binary", "-inform", "DER", "-in", "package",
        "-CAfile", f"{person.name}.crt", "-purpose", "any", "-out", "envelope",
    )  # fmt: skip
    for opened_with in (
        SECRET,
        ("-inkey", "rsa.key", "-recip", "rsa.crt"),
        ("-inkey", "ec.key", "-recip", "ec.crt"),
    ):
        openssl(
            folder,
            "cms",
            "-decrypt",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "envelope",
            *opened_with,
            "-out",
            "plain",
        )
        line, _, payload = (folder / "plain").read_bytes().partition(b"\n")
        assert line == LABEL.encode()
        assert payload == PAYLOAD
    trust = Trust({key_id_of(person.der): person.der})
    for opener in (OPENER, *(each.opener for each in people.values())):
        assert open_bytes(data, "package", opener, trust).payload == PAYLOAD


OAEP = ("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256")


@pytest.mark.parametrize("stream", [(), ("-stream",)], ids=["whole", "stream"])
@pytest.mark.parametrize("named", [(), ("-keyid",)], ids=["issuer", "keyid"])
@pytest.mark.parametrize("recipient", ["rsa", "ec", "secret"])
def test_we_open_what_openssl_encrypts(
    folder: Path, people: dict[str, Person], recipient: str, named: tuple[str, ...], stream: tuple[str, ...]
) -> None:
    (folder / "plain").write_bytes(PAYLOAD)
    options, opener = {
        "rsa": ((*named, "-recip", "rsa.crt", *OAEP), people["rsa"].opener),
        "ec": ((*named, "-recip", "ec.crt", "-keyopt", "ecdh_kdf_md:sha256"), people["ec"].opener),
        "secret": (SECRET, OPENER),
    }[recipient]
    openssl(
        folder, "cms", "-encrypt", "-binary", "-aes-256-gcm", *stream, "-in", "plain",
        "-outform", "DER", "-out", "envelope", *options,
    )  # fmt: skip
    out = io.BytesIO()
    with (folder / "envelope").open("rb") as file:
        decrypt(Stream(file, "envelope"), opener, out.write)
    assert out.getvalue() == PAYLOAD


def test_a_signature_of_openssl_is_checked_and_its_label_is_missed(
    folder: Path, people: dict[str, Person]
) -> None:
    (folder / "plain").write_bytes(PAYLOAD)
    openssl(
        folder, "cms", "-sign", "-binary", "-nodetach", "-stream", "-keyid", "-md", "sha256", "-in", "plain",
        "-signer", "rsa.crt", "-inkey", "rsa.key", "-econtent_type", "1.2.840.113549.1.9.16.1.6",
        "-outform", "DER", "-out", "signed",
    )  # fmt: skip
    trust = Trust({key_id_of(people["rsa"].der): people["rsa"].der})
    data = (folder / "signed").read_bytes()
    with pytest.raises(MaterialsRefused, match="label: is missing"):
        verify_bytes(data, "signed", trust)
    with pytest.raises(MaterialsRefused, match="signer-unknown"):
        verify_bytes(data, "signed", Trust({}))
