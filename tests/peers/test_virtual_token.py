"""Third-party programs, unmodified, on the virtual token."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from simulators.crypto import keys
from tests.peers.virtual_token import ADMIN_PIN, PIN, WRONG, VirtualToken, python, served

pytestmark = [pytest.mark.peer("pkcs11-tool"), pytest.mark.peer("p11-kit-client.so")]

DATA = bytes(range(256)) * 20


def put(token: VirtualToken, name: str, data: bytes = DATA) -> str:
    (token.folder / name).write_bytes(data)
    return name


def digest(token: VirtualToken) -> str:
    put(token, "data")
    token.run("openssl", "dgst", "-sha256", "-binary", "-out", "digest", "data")
    return "digest"


def test_pkcs11_tool_lists_slots_mechanisms_and_objects(tmp_path: Path) -> None:
    profiles = ("--profile", "rutoken-ecp-2", "--profile", "rutoken-lite", "--tokens", "2")
    with served(tmp_path, *profiles, "--owner", "Зайцева Яна, член ГЭК") as token:
        slots = token.tool("--list-slots").text
        for shown in (
            "Зайцева Яна",
            "Rutoken ECP",
            "Rutoken lite",
            "3b9ac902",
            "Aktiv Co.",
            "pin min/max        : 6/32",
        ):
            assert shown in slots
        assert "SHA256-RSA-PKCS" in token.tool("--list-mechanisms", "--slot", "0").text
        objects = token.tool("--list-objects", "--slot", "0").text
        assert "Certificate Object" in objects
        assert "Private Key Object" not in objects
        assert "Private Key Object" in token.tool("--list-objects", "--slot", "0", login=True).text
        assert set(token.ready["urls"]) == {"token-1", "token-2"}


def test_pkcs11_tools_own_test_passes(tmp_path: Path) -> None:
    with served(tmp_path) as token:
        assert "No errors" in token.tool("--test", login=True).text


def test_rsa_signatures_verify_with_openssl(tmp_path: Path) -> None:
    with served(tmp_path) as token:
        key = token.id_of("RSA")
        certificate = token.certificate(key)
        authority = str(token.files["authority"])
        assert token.run("openssl", "verify", "-CAfile", authority, str(certificate)).text.endswith("OK\n")
        digest(token)
        token.tool("-s", "-m", "SHA256-RSA-PKCS", "--id", key, "-i", "data", "-o", "pkcs1", login=True)
        token.run("openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "pkcs1", "data")
        how = ("-s", "-m", "RSA-PKCS-PSS", "--hash-algorithm", "SHA256", "--id", key)
        token.tool(*how, "-i", "digest", "-o", "pss", login=True)
        options = ("rsa_padding_mode:pss", "digest:sha256", "rsa_pss_saltlen:32")
        verify = ("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-sigfile", "pss")
        given = [word for option in options for word in ("-pkeyopt", option)]
        token.run(*verify, "-in", "digest", *given)


def test_ecdsa_signatures_verify_with_openssl(tmp_path: Path) -> None:
    with served(tmp_path) as token:
        key = token.id_of("EC ")
        token.certificate(key)
        name = digest(token)
        token.tool(
            "-s",
            "-m",
            "ECDSA",
            "--signature-format",
            "openssl",
            "--id",
            key,
            "-i",
            name,
            "-o",
            "sig",
            login=True,
        )
        token.run("openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "sig", "data")


def test_what_openssl_encrypts_is_decrypted_on_the_token(tmp_path: Path) -> None:
    with served(tmp_path) as token:
        key = token.id_of("RSA")
        token.certificate(key)
        put(token, "content", bytes(range(32)))
        padding = ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256")
        encrypt = ("openssl", "pkeyutl", "-encrypt", "-pubin", "-inkey", "key.pem", "-out", "sealed")
        given = [word for option in padding for word in ("-pkeyopt", option)]
        token.run(*encrypt, "-in", "content", *given)
        token.tool(
            "--decrypt", "-m", "RSA-PKCS-OAEP", "--hash-algorithm", "SHA256", "--id", key, "-i", "sealed",
            "-o", "opened", login=True,
        )  # fmt: skip
        assert (tmp_path / "opened").read_bytes() == bytes(range(32))


@pytest.mark.peer("p11tool")
def test_gnutls_lists_and_exports(tmp_path: Path) -> None:
    with served(tmp_path) as token:
        assert "Иванова Анна" in token.run("p11tool", "--provider", token.module, "--list-tokens").text
        url = token.ready["urls"]["token-1"].partition("?")[0]
        listed = token.run("p11tool", "--provider", token.module, "--login", "--list-all", url).text
        assert "Private key (RSA-2048)" in listed
        assert "X.509 Certificate (EC/ECDSA-SECP256R1)" in listed
        key = token.id_of("RSA")
        one = f"{url};id={''.join(f'%{key[i : i + 2]}' for i in range(0, len(key), 2))};type=cert"
        exported = token.run("p11tool", "--provider", token.module, "--export", one)
        (tmp_path / "exported.pem").write_bytes(exported.out)
        authority = str(token.files["authority"])
        token.run("openssl", "verify", "-CAfile", authority, "exported.pem")
        signing = token.run(
            "p11tool",
            "--provider",
            token.module,
            "--login",
            "--test-sign",
            one.replace("type=cert", "type=private"),
        )
        assert "ok" in signing.text


def test_python_pkcs11_signs_and_unwraps(tmp_path: Path) -> None:
    with served(tmp_path) as token:
        key = token.id_of("RSA")
        token.certificate(key)
        public = load_pem_public_key((tmp_path / "key.pem").read_bytes())
        assert isinstance(public, rsa.RSAPublicKey)
        wrapped = keys.RsaPublic(public).encrypt_oaep(bytes(range(32)), keys.Oaep("sha256", "sha256"))
        put(token, "wrapped", wrapped)
        done = token.run(
            *python(
                "from pkcs11 import Attribute, KeyType, Mechanism, MGF, ObjectClass",
                "token = next(lib.get_tokens(token_label='Иванова Анна'))",
                "with token.open(user_pin=pin) as session:",
                f"    id = bytes.fromhex({key!r})",
                "    key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=id)",
                "    sys.stdout.buffer.write(key.sign(b'data', mechanism=Mechanism.SHA256_RSA_PKCS))",
                "    oaep = (Mechanism.SHA256, MGF.SHA256, None)",
                "    wrapped = open('wrapped', 'rb').read()",
                "    opened = key.unwrap_key(ObjectClass.SECRET_KEY, KeyType.AES, wrapped,",
                "        mechanism=Mechanism.RSA_PKCS_OAEP, mechanism_param=oaep, template={",
                "        Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False, Attribute.TOKEN: False})",
                "    sys.stdout.buffer.write(opened[Attribute.VALUE])",
            ),
            given=PIN.encode(),
        )
        assert done.out[256:] == bytes(range(32))
        put(token, "sig", done.out[:256])
        put(token, "data", b"data")
        token.run("openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "sig", "data")


def test_wrong_pins_lock_and_the_administrator_unlocks(tmp_path: Path) -> None:
    with served(tmp_path) as token:
        for _ in range(8):
            refused = token.tool("--list-objects", login=True, pin=WRONG, succeeds=False)
            assert "CKR_PIN_INCORRECT" in refused.text
        assert "user PIN count low" in token.tool("--list-slots").text
        token.tool("--list-objects", login=True, pin=WRONG, succeeds=False)
        assert "final user PIN try" in token.tool("--list-slots").text
        assert "CKR_PIN_LOCKED" in token.tool("--list-objects", login=True, pin=WRONG, succeeds=False).text
        assert "CKR_PIN_LOCKED" in token.tool("--list-objects", login=True, succeeds=False).text
        assert "user PIN locked" in token.tool("--list-slots").text
        assert token.ctl("state")["tokens"][0]["pin"] == "locked"
        token.tool(
            "--login", "--login-type", "so", "--so-pin", ADMIN_PIN, "--init-pin", "--new-pin", "another-1"
        )
        assert "user PIN locked" not in token.tool("--list-slots").text
        token.tool("--list-objects", login=True, pin="another-1")


def test_a_pin_is_changed(tmp_path: Path) -> None:
    with served(tmp_path) as token:
        token.tool("--change-pin", "--pin", PIN, "--new-pin", "another-1")
        assert "CKR_PIN_INCORRECT" in token.tool("--list-objects", login=True, succeeds=False).text
        token.tool("--list-objects", login=True, pin="another-1")


def test_key_pairs_and_objects_are_made_and_deleted(tmp_path: Path) -> None:
    with served(tmp_path) as token:
        token.tool(
            "--keypairgen", "--key-type", "EC:prime256v1", "--id", "aa55", "--label", "new", login=True
        )
        put(token, "note", b"a note")
        token.tool("--write-object", "note", "--type", "data", "--label", "note", login=True)
        token.tool("--read-object", "--type", "data", "--label", "note", "--output-file", "read")
        assert (tmp_path / "read").read_bytes() == b"a note"
        for kind in ("privkey", "pubkey"):
            token.tool("--delete-object", "--type", kind, "--id", "aa55", login=True)
        assert "aa55" not in token.tool("--list-objects", login=True).text


def test_a_token_is_pulled_out_and_put_back(tmp_path: Path) -> None:
    with served(tmp_path) as token:
        token.ctl("remove")
        assert "No slot" in token.tool("--list-objects", succeeds=False).text
        assert "(empty)" in token.tool("--list-slots").text
        token.ctl("insert")
        token.tool("--list-objects", login=True)
        token.ctl("wrong-owner")
        assert "Чужой Фома" in token.tool("--list-slots").text


def test_removal_in_the_middle_of_a_signature(tmp_path: Path) -> None:
    with served(tmp_path, pace="1") as token, token.watching() as states:
        key = token.id_of("RSA")
        put(token, "data")
        command = ["pkcs11-tool", "--module", token.module, "--login", "--pin", PIN, "--id", key]
        with token.begin(*command, "-s", "-m", "SHA256-RSA-PKCS", "-i", "data", "-o", "sig") as signing:
            next(state for state in states if "Sign" in state["tokens"][0]["calls"])
            token.ctl("remove")
            assert signing.stdout is not None
            told = signing.stdout.read().decode()
            assert signing.wait(30) != 0
        assert "CKR_DEVICE_REMOVED" in told
        token.ctl("insert")
        token.tool("-s", "-m", "SHA256-RSA-PKCS", "--id", key, "-i", "data", "-o", "sig", login=True)


def test_a_program_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    with served(tmp_path, "--tokens", "2") as token, token.watching() as states:
        token.ctl("hang", "token-1")
        with token.begin("pkcs11-tool", "--module", token.module, "--list-objects", "--slot", "0") as hanging:
            next(state for state in states if state["tokens"][0]["calls"])
            done = token.run(*python("print(lib.get_slots()[1].get_token().label)"), given=b"")
            assert done.out.decode().strip() == "Петров Борис"
            assert hanging.poll() is None
            token.ctl("alive", "token-1")
            assert hanging.wait(30) == 0
            assert hanging.stdout is not None
            hanging.stdout.read()
        token.tool("--list-objects", "--slot", "1", login=True)


def test_the_wire_is_cut_at_every_message_of_a_login(tmp_path: Path) -> None:
    with served(tmp_path) as token:
        login = ("--list-objects", "--type", "secrkey")
        whole = -token.ctl("state")["messages"]
        token.tool(*login, login=True)
        whole += token.ctl("state")["messages"]
        assert whole > 15
        for after in range(whole):
            token.ctl("cut", after=after)
            token.tool(*login, login=True, succeeds=False)
            state = token.ctl("state")
            assert (state["cut"], state["tokens"][0]["pin"]) == (None, "ok"), after
            assert state["tokens"][0]["calls"] == []
        token.tool(*login, login=True)


def test_dead_and_slow(tmp_path: Path) -> None:
    with served(tmp_path) as token:
        token.ctl("dead")
        assert "CKR_DEVICE_ERROR" in token.tool("--list-objects", "--slot", "0", succeeds=False).text
        token.ctl("alive")
        token.ctl("slow", percent=200)
        token.tool("--list-objects", login=True)
