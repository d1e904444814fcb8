"""The rules of PKCS#11 as one program meets them, over the socket."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from simulators.crypto import gost, keys
from simulators.wire.pkcs11.codec import EcdhParams, GcmParams, OaepParams, PssParams
from simulators.wire.pkcs11.constants import (
    Attr,
    Cls,
    KeyType,
    Mech,
    Rv,
    SlotFlag,
    State,
    TokenFlag,
    User,
)
from tests.wire.bench import ADMIN_PIN, PIN, WRONG, Bench, on_bench
from tests.wire.p11 import Failed, M, Program, connected, fails

DATA = b"the act of the opening of the package"


async def logged_in(program: Program) -> int:
    session = await program.open()
    await program.call("Login", session, User.USER, PIN)
    return session


async def pair(program: Program, session: int, kind: int) -> tuple[int, int]:
    [private] = await program.find(session, CLASS=Cls.PRIVATE_KEY, KEY_TYPE=kind)
    [public] = await program.find(session, CLASS=Cls.PUBLIC_KEY, KEY_TYPE=kind)
    return private, public


def public_of(bench: Bench, index: int = 0) -> Any:
    der = bench.tokens.tokens["token-1"].keys.certificates()[index].der
    return x509.load_der_x509_certificate(der).public_key()


# -- who is there ----------------------------------------------------------------------------------------


def test_slots_and_tokens() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            assert await program.call("GetSlotList", 1, 0) == 2
            assert await program.call("GetSlotList", 1, 8) == [0, 1]
            text, _, flags, _, _ = await program.call("GetSlotInfo", 1)
            assert text.startswith("Aktiv Rutoken ECP")
            assert flags == SlotFlag.TOKEN_PRESENT | SlotFlag.REMOVABLE_DEVICE | SlotFlag.HW_SLOT
            label, maker, model, serial, flags, *_ = await program.call("GetTokenInfo", 0)
            assert (label, maker, model, serial) == ("Иванова Анна", "Aktiv Co.", "Rutoken ECP", "3b9ac901")
            assert TokenFlag(flags) == (
                TokenFlag.RNG | TokenFlag.LOGIN_REQUIRED | TokenFlag.USER_PIN_INITIALIZED
                | TokenFlag.TOKEN_INITIALIZED
            )  # fmt: skip
            lite = await program.call("GetTokenInfo", 1)
            assert lite[2] == "Rutoken lite"
            assert not lite[4] & TokenFlag.RNG
            assert await program.call("GetMechanismList", 1, 0) == 0
            await fails(Rv.SLOT_ID_INVALID, program, "GetTokenInfo", 2)

    on_bench(main, "rutoken-ecp-3", "rutoken-lite")


def test_models_differ_in_mechanisms() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            old, new = [set(await program.call("GetMechanismList", slot, 99)) for slot in (0, 1)]
            assert {Mech.RSA_PKCS, Mech.GOSTR3410} <= old <= new
            assert Mech.ECDSA in new - old
            assert Mech.AES_KEY_WRAP in new - old
            low, high, flags = await program.call("GetMechanismInfo", 0, Mech.SHA256_RSA_PKCS)
            assert (low, high, bool(flags & 0x800)) == (1024, 4096, True)
            await fails(Rv.MECHANISM_INVALID, program, "GetMechanismInfo", 0, Mech.ECDSA)

    on_bench(main, "rutoken-ecp-2", "rutoken-ecp-3")


def test_a_lite_holds_certificates_and_signs_nothing() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            assert len(await program.find(session, CLASS=Cls.CERTIFICATE)) == 1
            assert await program.find(session, CLASS=Cls.PRIVATE_KEY) == []
            template = {Attr.CLASS: Cls.DATA, Attr.TOKEN: True, Attr.PRIVATE: True, Attr.VALUE: b"container"}
            made = await program.call("CreateObject", session, template)
            await fails(Rv.MECHANISM_INVALID, program, "SignInit", session, M(Mech.RSA_PKCS), made)
            await fails(Rv.FUNCTION_NOT_SUPPORTED, program, "GenerateRandom", session, 8)

    on_bench(main, "rutoken-lite")


# -- sessions and logins ---------------------------------------------------------------------------------


def test_logins_follow_the_standard() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            await fails(Rv.SESSION_PARALLEL_NOT_SUPPORTED, program, "OpenSession", 0, 2)
            reader, writer = await program.open(writes=False), await program.open()
            await fails(Rv.SESSION_READ_ONLY_EXISTS, program, "Login", writer, User.SO, ADMIN_PIN)
            await fails(Rv.USER_NOT_LOGGED_IN, program, "Logout", writer)
            await fails(Rv.PIN_INCORRECT, program, "Login", writer, User.USER, WRONG)
            await fails(Rv.USER_TYPE_INVALID, program, "Login", writer, 7, PIN)
            await fails(Rv.ARGUMENTS_BAD, program, "Login", writer, User.USER, None)
            await fails(Rv.OPERATION_NOT_INITIALIZED, program, "Login", writer, User.CONTEXT_SPECIFIC, PIN)
            await program.call("Login", reader, User.USER, PIN)
            states = [(await program.call("GetSessionInfo", each))[1] for each in (reader, writer)]
            assert states == [State.RO_USER, State.RW_USER]
            await fails(Rv.USER_ALREADY_LOGGED_IN, program, "Login", writer, User.USER, PIN)
            await fails(Rv.USER_ANOTHER_ALREADY_LOGGED_IN, program, "Login", writer, User.SO, ADMIN_PIN)
            await program.call("CloseSession", reader)
            await program.call("Logout", writer)
            await program.call("Login", writer, User.SO, ADMIN_PIN)
            assert (await program.call("GetSessionInfo", writer))[1] == State.RW_SO
            await fails(Rv.SESSION_READ_WRITE_SO_EXISTS, program, "OpenSession", 0, 4)
            await program.call("CloseAllSessions", 0)
            await fails(Rv.SESSION_HANDLE_INVALID, program, "GetSessionInfo", writer)
            # the last session took the login with it
            again = await program.open()
            assert (await program.call("GetSessionInfo", again))[1] == State.RW_PUBLIC

    on_bench(main)


def test_a_login_is_that_of_one_program() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as one, connected(bench.socket) as other:
            session = await logged_in(one)
            stranger = await other.open()
            assert await one.find(session, CLASS=Cls.PRIVATE_KEY) != []
            assert await other.find(stranger, CLASS=Cls.PRIVATE_KEY) == []
            await other.call("Login", stranger, User.USER, PIN)
            await one.call("Logout", session)
            assert await one.find(session, CLASS=Cls.PRIVATE_KEY) == []
            assert len(await other.find(stranger, CLASS=Cls.PRIVATE_KEY)) == 3

    on_bench(main)


def test_wrong_pins_lock_and_the_administrator_unlocks() -> None:
    async def flags(program: Program) -> TokenFlag:
        return TokenFlag((await program.call("GetTokenInfo", 0))[4])

    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await program.open()
            for left in (9, 8, 7, 6, 5, 4, 3, 2):
                await fails(Rv.PIN_INCORRECT, program, "Login", session, User.USER, WRONG)
                assert bool(await flags(program) & TokenFlag.USER_PIN_COUNT_LOW), left
            await fails(Rv.PIN_INCORRECT, program, "Login", session, User.USER, b"\xff\xfe")  # no UTF-8
            assert await flags(program) & TokenFlag.USER_PIN_FINAL_TRY
            await fails(Rv.PIN_LOCKED, program, "Login", session, User.USER, b"")
            assert await flags(program) & TokenFlag.USER_PIN_LOCKED
            await fails(Rv.PIN_LOCKED, program, "Login", session, User.USER, PIN)
            await fails(Rv.USER_NOT_LOGGED_IN, program, "InitPIN", session, b"new-secret")
            await program.call("Login", session, User.SO, ADMIN_PIN)
            assert await flags(program) & TokenFlag.USER_PIN_LOCKED, "a login alone unlocks nothing"
            await fails(Rv.PIN_LEN_RANGE, program, "InitPIN", session, b"12345")
            await fails(Rv.PIN_INVALID, program, "InitPIN", session, b"\xff" * 8)
            await program.call("InitPIN", session, b"new-secret")
            assert not await flags(program) & TokenFlag.USER_PIN_LOCKED
            await program.call("Logout", session)
            await program.call("Login", session, User.USER, b"new-secret")

    on_bench(main)


def test_pins_are_changed_by_their_owners() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            reader = await program.open(writes=False)
            await fails(Rv.SESSION_READ_ONLY, program, "SetPIN", reader, PIN, b"another-1")
            session = await program.open()
            await fails(Rv.PIN_INCORRECT, program, "SetPIN", session, WRONG, b"another-1")
            await fails(Rv.PIN_LEN_RANGE, program, "SetPIN", session, PIN, b"x" * 33)
            await program.call("SetPIN", session, PIN, b"another-1")
            await program.call("CloseSession", reader)
            await program.call("Login", session, User.SO, ADMIN_PIN)
            await program.call("SetPIN", session, ADMIN_PIN, b"another-2")
            await program.call("Logout", session)
            await fails(Rv.PIN_INCORRECT, program, "Login", session, User.SO, ADMIN_PIN)
            await program.call("Login", session, User.SO, b"another-2")
            await program.call("Logout", session)
            await program.call("Login", session, User.USER, b"another-1")

    on_bench(main)


def test_calls_before_initialize_and_after_finalize() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket, initialize=False) as program:
            await fails(Rv.CRYPTOKI_NOT_INITIALIZED, program, "GetInfo")
            await fails(Rv.GENERAL_ERROR, program, "Initialize", b"some other protocol", 0, None)
            await program.initialize()
            await fails(Rv.CRYPTOKI_ALREADY_INITIALIZED, program, "Initialize", *_handshake())
            assert (await program.call("GetInfo"))[0] == (2, 40)
            session = await program.open()
            await program.call("Finalize")
            await program.initialize()
            await fails(Rv.SESSION_HANDLE_INVALID, program, "GetSessionInfo", session)
            await fails(Rv.FUNCTION_NOT_SUPPORTED, program, "InitToken", 0, PIN, b"label")

    on_bench(main)


def _handshake() -> tuple[bytes, int, None]:
    from simulators.wire.pkcs11.calls import HANDSHAKE

    return HANDSHAKE, 0, None


# -- objects ---------------------------------------------------------------------------------------------


def test_certificates_are_public_and_keys_are_not() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await program.open(writes=False)
            assert len(await program.find(session)) == 6, "three certificates, three public keys"
            certificates = await program.find(session, CLASS=Cls.CERTIFICATE)
            der = await program.get(session, certificates[0], Attr.VALUE)
            parsed = x509.load_der_x509_certificate(der)
            assert parsed.subject.rfc4514_string() == (
                "2.5.4.12=член ГЭК,CN=Иванова Анна,O=ППЭ-лаборатория (испытания),C=RU"
            )
            label = await program.get(session, certificates[0], Attr.LABEL)
            assert label.decode() == "Иванова Анна, член ГЭК (rsa)"

    on_bench(main)


def test_attributes_are_answered_each_for_itself() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            private, _ = await pair(program, session, KeyType.RSA)
            wanted = [(Attr.CLASS, 8), (Attr.PRIVATE_EXPONENT, 512), (Attr.MODULUS, 0), (Attr.ID, 4)]
            shown, rv = await program.call("GetAttributeValue", session, private, wanted)
            assert rv in {Rv.ATTRIBUTE_SENSITIVE, Rv.BUFFER_TOO_SMALL}
            assert shown == [
                (Attr.CLASS, 8, Cls.PRIVATE_KEY), (Attr.PRIVATE_EXPONENT, None, None),
                (Attr.MODULUS, 256, None), (Attr.ID, None, None),
            ]  # fmt: skip
            for secret in (Attr.PRIVATE_EXPONENT, Attr.PRIME_1, Attr.PRIME_2, Attr.EXPONENT_1, Attr.VALUE):
                with pytest.raises(Failed, match="ATTRIBUTE_SENSITIVE"):
                    await program.get(session, private, secret)
            [aes] = await program.find(session, CLASS=Cls.SECRET_KEY)
            with pytest.raises(Failed, match="ATTRIBUTE_SENSITIVE"):
                await program.get(session, aes, Attr.VALUE)
            with pytest.raises(Failed, match="ATTRIBUTE_TYPE_INVALID"):
                await program.get(session, aes, Attr.MODULUS)
            assert await program.find(session, CLASS=Cls.SECRET_KEY, VALUE=b"guess") == []

    on_bench(main)


def test_objects_that_a_program_makes() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program, connected(bench.socket) as other:
            session = await logged_in(program)
            kept = {Attr.CLASS: Cls.DATA, Attr.TOKEN: True, Attr.LABEL: b"note", Attr.VALUE: b"text"}
            number = await program.call("CreateObject", session, kept)
            mine = await program.call(
                "CreateObject", session, kept | {Attr.TOKEN: False, Attr.LABEL: b"mine"}
            )
            theirs = await other.open(writes=False)
            [seen] = await other.find(theirs, LABEL=b"note")
            assert await other.get(theirs, seen, Attr.VALUE) == b"text"
            assert await other.find(theirs, LABEL=b"mine") == []
            await fails(Rv.SESSION_READ_ONLY, other, "DestroyObject", theirs, seen)
            await fails(Rv.SESSION_READ_ONLY, other, "CreateObject", theirs, kept)
            private = {Attr.CLASS: Cls.DATA, Attr.PRIVATE: True, Attr.VALUE: b"x"}
            await fails(Rv.USER_NOT_LOGGED_IN, other, "CreateObject", theirs, private)
            await program.call("SetAttributeValue", session, number, {Attr.LABEL: b"note 2"})
            assert await other.find(theirs, LABEL=b"note") == []
            await fails(
                Rv.ATTRIBUTE_READ_ONLY, program, "SetAttributeValue", session, number, {Attr.VALUE: b""}
            )
            await program.call("DestroyObject", session, number)
            await fails(Rv.OBJECT_HANDLE_INVALID, other, "GetObjectSize", theirs, seen)
            assert await program.call("GetObjectSize", session, mine) > 0
            await program.call("CloseSession", session)
            assert len(bench.tokens.state()["tokens"][0]["faults"]) == 0

    on_bench(main)


def test_a_full_token_says_so() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            big = {Attr.CLASS: Cls.DATA, Attr.TOKEN: True, Attr.VALUE: bytes(20_000)}
            before = (await program.call("GetTokenInfo", 0))[12]
            await program.call("CreateObject", session, big)
            assert before - (await program.call("GetTokenInfo", 0))[12] > 20_000
            await fails(Rv.DEVICE_MEMORY, program, "CreateObject", session, big)

    on_bench(main, memory_bytes=32768)


def test_templates_that_make_no_sense() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            for rv, template in (
                (Rv.TEMPLATE_INCOMPLETE, {}),
                (Rv.TEMPLATE_INCONSISTENT, {Attr.CLASS: Cls.PRIVATE_KEY, Attr.KEY_TYPE: KeyType.RSA}),
                (Rv.ATTRIBUTE_VALUE_INVALID, {Attr.CLASS: Cls.CERTIFICATE, Attr.VALUE: b"\x30\x00"}),
                (Rv.TEMPLATE_INCOMPLETE, {Attr.CLASS: Cls.SECRET_KEY, Attr.VALUE: bytes(16)}),
                (
                    Rv.KEY_SIZE_RANGE,
                    {Attr.CLASS: Cls.SECRET_KEY, Attr.KEY_TYPE: KeyType.AES, Attr.VALUE: bytes(17)},
                ),
                (
                    Rv.ATTRIBUTE_VALUE_INVALID,
                    {
                        Attr.CLASS: Cls.PUBLIC_KEY,
                        Attr.KEY_TYPE: KeyType.GOSTR3410,
                        Attr.VALUE: bytes(64),
                    },
                ),
                (
                    Rv.DOMAIN_PARAMS_INVALID,
                    {
                        Attr.CLASS: Cls.PUBLIC_KEY,
                        Attr.KEY_TYPE: KeyType.EC,
                        Attr.EC_PARAMS: b"?",
                        Attr.EC_POINT: b"",
                    },
                ),
            ):
                await fails(rv, program, "CreateObject", session, template)

    on_bench(main)


# -- signatures ------------------------------------------------------------------------------------------

SHA256_PSS = PssParams(Mech.SHA256, 2, 32)


async def sign(program: Program, session: int, mechanism: M, key: int, data: bytes) -> bytes:
    await program.call("SignInit", session, mechanism, key)
    size = await program.call("Sign", session, data, 0)
    assert isinstance(size, int)
    signature = await program.call("Sign", session, data, size)
    assert len(signature) == size
    return bytes(signature)


def test_rsa_signatures_verify_elsewhere() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            key, public = await pair(program, session, KeyType.RSA)
            certified = public_of(bench)
            assert isinstance(certified, rsa.RSAPublicKey)
            digest = hashlib.sha256(DATA).digest()
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            signature = await sign(program, session, M(Mech.SHA256_RSA_PKCS), key, DATA)
            certified.verify(signature, DATA, padding.PKCS1v15(), hashes.SHA256())
            info = bytes.fromhex("3031300d060960864801650304020105000420") + digest
            assert await sign(program, session, M(Mech.RSA_PKCS), key, info) == signature
            for mechanism, data in ((Mech.SHA256_RSA_PKCS_PSS, DATA), (Mech.RSA_PKCS_PSS, digest)):
                signature = await sign(program, session, M(mechanism, SHA256_PSS), key, data)
                certified.verify(signature, DATA, pss, hashes.SHA256())
                await program.call("VerifyInit", session, M(mechanism, SHA256_PSS), public)
                await program.call("Verify", session, data, signature)
            await program.call("SignInit", session, M(Mech.SHA512_RSA_PKCS), key)
            for part in (DATA[:5], b"", DATA[5:]):
                await program.call("SignUpdate", session, part)
            assert await program.call("SignFinal", session, 10) == 256
            signature = await program.call("SignFinal", session, 256)
            certified.verify(signature, DATA, padding.PKCS1v15(), hashes.SHA512())

    on_bench(main)


def test_ecdsa_signatures_verify_elsewhere() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            key, public = await pair(program, session, KeyType.EC)
            certified = public_of(bench, index=1)
            digest = hashlib.sha256(DATA).digest()
            for mechanism, data in ((Mech.ECDSA_SHA256, DATA), (Mech.ECDSA, digest)):
                signature = await sign(program, session, M(mechanism), key, data)
                r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
                certified.verify(utils.encode_dss_signature(r, s), DATA, ec.ECDSA(hashes.SHA256()))
                await program.call("VerifyInit", session, M(mechanism), public)
                await fails(Rv.SIGNATURE_INVALID, program, "Verify", session, data, bytes(64))

    on_bench(main)


def test_gost_signatures_and_digests() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            key, public = await pair(program, session, KeyType.GOSTR3410)
            digest = gost.digest(DATA)
            await program.call("DigestInit", session, M(Mech.GOSTR3411_12_256))
            assert await program.call("Digest", session, DATA, 32) == digest
            other_side = gost.GostPublicKey(await program.get(session, public, Attr.VALUE))
            for mechanism, data in ((Mech.GOSTR3410, digest), (Mech.GOSTR3410_WITH_GOSTR3411_12_256, DATA)):
                signature = await sign(program, session, M(mechanism), key, data)
                assert other_side.verify(digest, signature)
                await program.call("VerifyInit", session, M(mechanism), public)
                await program.call("Verify", session, data, signature)
            await program.call("SignInit", session, M(Mech.GOSTR3410), key)
            await fails(Rv.DATA_LEN_RANGE, program, "Sign", session, DATA, 64)

    on_bench(main)


def test_operations_begin_and_end() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            key, public = await pair(program, session, KeyType.RSA)
            mechanism = M(Mech.SHA256_RSA_PKCS)
            await fails(Rv.OPERATION_NOT_INITIALIZED, program, "Sign", session, DATA, 256)
            await fails(Rv.KEY_HANDLE_INVALID, program, "SignInit", session, mechanism, 999)
            await fails(Rv.KEY_TYPE_INCONSISTENT, program, "SignInit", session, mechanism, public)
            await fails(Rv.KEY_TYPE_INCONSISTENT, program, "SignInit", session, M(Mech.ECDSA), key)
            await fails(Rv.MECHANISM_INVALID, program, "SignInit", session, M(Mech.SHA256), key)
            await fails(Rv.MECHANISM_PARAM_INVALID, program, "SignInit", session, M(Mech.RSA_PKCS, b"?"), key)
            wrong = M(Mech.SHA256_RSA_PKCS_PSS, PssParams(Mech.SHA_1, 1, 20))
            await fails(Rv.MECHANISM_PARAM_INVALID, program, "SignInit", session, wrong, key)
            huge = M(Mech.RSA_PKCS_PSS, PssParams(Mech.SHA256, 2, 2**63))
            await fails(Rv.MECHANISM_PARAM_INVALID, program, "SignInit", session, huge, key)
            await program.call("SignInit", session, mechanism, key)
            await fails(Rv.OPERATION_ACTIVE, program, "SignInit", session, mechanism, key)
            await program.call("SignInit", session, None, 0)
            await fails(Rv.OPERATION_NOT_INITIALIZED, program, "Sign", session, DATA, 256)
            await program.call("SignInit", session, M(Mech.RSA_PKCS), key)
            await fails(Rv.DATA_LEN_RANGE, program, "Sign", session, bytes(246), 256)
            await fails(Rv.OPERATION_NOT_INITIALIZED, program, "Sign", session, DATA, 256)
            await program.call("SignInit", session, mechanism, key)
            await program.call("Logout", session)
            await fails(Rv.OPERATION_NOT_INITIALIZED, program, "Sign", session, DATA, 256)

    on_bench(main)


# -- encryption and keys ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("digest", "mgf", "name"), [(Mech.SHA_1, 1, "sha1"), (Mech.SHA256, 2, "sha256")])
def test_a_content_key_is_opened_on_the_token(digest: int, mgf: int, name: str) -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            key, _ = await pair(program, session, KeyType.RSA)
            content = bytes(range(32))
            mechanism = M(Mech.RSA_PKCS_OAEP, OaepParams(digest, mgf, 1, b"label"))
            oaep = keys.Oaep(name, name, b"label")
            wrapped = keys.RsaPublic(public_of(bench)).encrypt_oaep(content, oaep)
            template = {
                Attr.CLASS: Cls.SECRET_KEY, Attr.KEY_TYPE: KeyType.AES, Attr.EXTRACTABLE: True,
                Attr.SENSITIVE: False,
            }  # fmt: skip
            opened = await program.call("UnwrapKey", session, mechanism, key, wrapped, template)
            assert await program.get(session, opened, Attr.VALUE) == content
            damaged = wrapped[:-1] + bytes((wrapped[-1] ^ 1,))
            await fails(
                Rv.WRAPPED_KEY_INVALID, program, "UnwrapKey", session, mechanism, key, damaged, template
            )
            await fails(
                Rv.WRAPPED_KEY_LEN_RANGE, program, "UnwrapKey", session, mechanism, key, wrapped[1:], template
            )
            await program.call("DecryptInit", session, mechanism, key)
            assert await program.call("Decrypt", session, wrapped, 0) >= 32
            assert await program.call("Decrypt", session, wrapped, 8) == 32, "too little room"
            assert await program.call("Decrypt", session, wrapped, 256) == content

    on_bench(main)


def test_aes_wraps_and_encrypts() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            value, content = bytes(range(16)), bytes(range(100, 132))
            common = {Attr.CLASS: Cls.SECRET_KEY, Attr.KEY_TYPE: KeyType.AES, Attr.EXTRACTABLE: True}
            wrapping = await program.call("CreateObject", session, common | {Attr.VALUE: value})
            target = await program.call("CreateObject", session, common | {Attr.VALUE: content})
            wrapped = await program.call("WrapKey", session, M(Mech.AES_KEY_WRAP), wrapping, target, 100)
            assert aes_key_unwrap(value, wrapped) == content
            again = await program.call(
                "UnwrapKey",
                session,
                M(Mech.AES_KEY_WRAP),
                wrapping,
                wrapped,
                common | {Attr.SENSITIVE: False},
            )
            assert await program.get(session, again, Attr.VALUE) == content
            hidden = await program.call(
                "CreateObject", session, common | {Attr.VALUE: content, Attr.EXTRACTABLE: False}
            )
            await fails(
                Rv.KEY_UNEXTRACTABLE, program, "WrapKey", session, M(Mech.AES_KEY_WRAP), wrapping, hidden, 100
            )
            gcm = M(Mech.AES_GCM, GcmParams(b"123456789012", b"aad", 128))
            await program.call("EncryptInit", session, gcm, wrapping)
            sealed = await program.call("Encrypt", session, DATA, 200)
            assert AESGCM(value).decrypt(b"123456789012", sealed, b"aad") == DATA
            await program.call("DecryptInit", session, gcm, wrapping)
            await program.call("DecryptUpdate", session, sealed[:10], 100)
            await program.call("DecryptUpdate", session, sealed[10:], 100)
            assert await program.call("DecryptFinal", session, 200) == DATA
            await program.call("DecryptInit", session, gcm, wrapping)
            await fails(Rv.ENCRYPTED_DATA_INVALID, program, "Decrypt", session, sealed[:-1] + b"?", 200)
            cbc = M(Mech.AES_CBC_PAD, bytes(16))
            await program.call("EncryptInit", session, cbc, wrapping)
            padded = await program.call("Encrypt", session, DATA, 200)
            await program.call("DecryptInit", session, cbc, wrapping)
            assert await program.call("Decrypt", session, padded, 200) == DATA
            await program.call("DecryptInit", session, cbc, wrapping)
            await fails(Rv.ENCRYPTED_DATA_LEN_RANGE, program, "Decrypt", session, padded[1:], 200)

    on_bench(main)


def test_both_sides_agree_on_a_secret() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            key, _ = await pair(program, session, KeyType.EC)
            mine = keys.EcPrivate()
            secret = mine.agree(keys.EcPublic(public_of(bench, index=1)))
            template = {Attr.CLASS: Cls.SECRET_KEY, Attr.KEY_TYPE: KeyType.GENERIC_SECRET, Attr.VALUE_LEN: 20}
            readable = template | {Attr.EXTRACTABLE: True, Attr.SENSITIVE: False}
            point = mine.public.point()
            derive = M(Mech.ECDH1_DERIVE, EcdhParams(1, b"", point))
            derived = await program.call("DeriveKey", session, derive, key, readable)
            assert await program.get(session, derived, Attr.VALUE) == secret[-20:]
            nowhere = M(Mech.ECDH1_DERIVE, EcdhParams(1, b"", b"\4" + bytes(64)))
            await fails(Rv.MECHANISM_PARAM_INVALID, program, "DeriveKey", session, nowhere, key, readable)
            unknown = M(Mech.ECDH1_DERIVE, EcdhParams(99, b"", point))
            await fails(Rv.MECHANISM_PARAM_INVALID, program, "DeriveKey", session, unknown, key, readable)

    on_bench(main)


@pytest.mark.parametrize(
    ("maker", "template", "signs"),
    [
        (Mech.RSA_PKCS_KEY_PAIR_GEN, {Attr.MODULUS_BITS: 1024}, Mech.SHA256_RSA_PKCS),
        (Mech.EC_KEY_PAIR_GEN, {Attr.EC_PARAMS: keys.P256_DER}, Mech.ECDSA_SHA256),
        (Mech.GOSTR3410_KEY_PAIR_GEN, {}, Mech.GOSTR3410_WITH_GOSTR3411_12_256),
    ],
)
def test_key_pairs_are_made_on_the_token(maker: Mech, template: dict[int, Any], signs: Mech) -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await logged_in(program)
            kept = {Attr.TOKEN: True, Attr.ID: b"new"}
            public, private = await program.call("GenerateKeyPair", session, M(maker), template | kept, kept)
            signature = await sign(program, session, M(signs), private, DATA)
            await program.call("VerifyInit", session, M(signs), public)
            await program.call("Verify", session, DATA, signature)
            assert await program.get(session, private, Attr.EXTRACTABLE) == 0
            await program.call("CloseAllSessions", 0)
            session = await logged_in(program)
            assert len(await program.find(session, ID=b"new")) == 2

    on_bench(main)


def test_random_numbers() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await program.open()
            one, other = [await program.call("GenerateRandom", session, 32) for _ in range(2)]
            assert one != other
            await fails(Rv.RANDOM_SEED_NOT_SUPPORTED, program, "SeedRandom", session, b"seed")
            await fails(Rv.ARGUMENTS_BAD, program, "GenerateRandom", session, 2**32 - 1)

    on_bench(main)


def test_mechanisms_are_objects_for_who_asks() -> None:
    async def main(bench: Bench) -> None:
        async with connected(bench.socket) as program:
            session = await program.open()
            found = await program.find(session, CLASS=Cls.MECHANISM)
            kinds = [await program.get(session, number, Attr.MECHANISM_TYPE) for number in found]
            assert sorted(kinds) == sorted(await program.call("GetMechanismList", 0, 99))

    on_bench(main)
