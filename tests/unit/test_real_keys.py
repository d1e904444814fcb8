"""The in-process token with real keys: what stations sign and open, others can check."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from hal.errors import NotSupported
from hal.secret import Secret
from hal.token import CertificateExpired, CertificateNotYetValid, KeyNotFound, Mechanism, WrongToken
from hal.token.certificates import certificate_of, valid_certificate
from simulators.crypto import gost, keys
from simulators.crypto.certificates import LONGEST_NAME, Authority, Period, subject
from simulators.crypto.keys import EcPrivate, PrivateKey, RsaPrivate
from simulators.crypto.store import RealKeys
from simulators.device import World
from simulators.faults import UntilRepaired
from simulators.profiles import token_profile
from simulators.random import Streams
from simulators.runtime import SimRuntime
from simulators.token import SimToken, SimTokenPort
from simulators.wire.pkcs11 import objects
from simulators.wire.pkcs11.constants import Attr

PIN, DATA = Secret("24681357"), b"the act"
PERIOD = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


class Desk:
    """A port with one token that has real keys."""

    def __init__(self, profile: str = "rutoken-ecp-3") -> None:
        self.runtime = SimRuntime()
        world = World(self.runtime, Streams(1), lambda event: None, self.runtime.spawn)
        self.keys = RealKeys.new("Иванова Анна, член ГЭК", token_profile(profile), Authority(), PERIOD)
        self.token = SimToken(
            "token-1", world, token_profile(profile), owner="Иванова", pin=PIN, serial="1", keys=self.keys
        )
        self.port = SimTokenPort("port", world)
        self.port.insert(self.token)

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        return self.runtime.run(main)

    async def opened(self) -> Any:
        session = await self.port.open()
        await session.login(PIN)
        return session


def verify(der: bytes, mechanism: Mechanism, signature: bytes) -> None:
    if mechanism is Mechanism.GOST_2012_256:
        # the key is the end of its SubjectPublicKeyInfo, which cryptography cannot read
        info = x509.load_der_x509_certificate(der).tbs_certificate_bytes
        at = info.index(b"\x03\x43\x00\x04\x40") + 5
        assert gost.GostPublicKey(info[at : at + 64]).verify(gost.digest(DATA), signature)
        return
    public = x509.load_der_x509_certificate(der).public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        public.verify(utils.encode_dss_signature(r, s), DATA, ec.ECDSA(hashes.SHA256()))
    elif isinstance(public, rsa.RSAPublicKey):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        how = pss if mechanism is Mechanism.RSA_PSS_SHA256 else padding.PKCS1v15()
        public.verify(signature, DATA, how, hashes.SHA256())


def test_every_mechanism_signs_and_verifies() -> None:
    desk = Desk()

    async def main() -> None:
        session = await desk.opened()
        certificates = await session.certificates()
        assert [each.not_after for each in certificates] == [PERIOD.ends] * 3
        offered = session.capabilities.mechanisms
        assert set(offered) == set(Mechanism) - {Mechanism.SIMULATED}
        signed = set()
        for certificate in certificates:
            for mechanism in offered:
                try:
                    signature = await session.sign(certificate.key_id, DATA, mechanism)
                except KeyNotFound:
                    continue  # a key of another kind
                verify(certificate.der, mechanism, signature)
                signed.add(mechanism)
        assert signed == set(offered)
        with pytest.raises(NotSupported):
            await session.sign(certificates[0].key_id, DATA, Mechanism.SIMULATED)
        with pytest.raises(KeyNotFound):
            await session.sign(b"nobody", DATA, offered[0])

    desk.run(main())


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_a_content_key_is_opened(digest: str) -> None:
    desk = Desk("rutoken-ecp-2")

    async def main() -> None:
        session = await desk.opened()
        main_key, gost_key = await session.certificates()
        public = x509.load_der_x509_certificate(main_key.der).public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        wrapped = keys.RsaPublic(public).encrypt_oaep(b"content", keys.Oaep(digest, digest))
        assert await session.unwrap(main_key.key_id, wrapped) == b"content"
        with pytest.raises(KeyNotFound):
            await session.unwrap(gost_key.key_id, wrapped)
        with pytest.raises(WrongToken):
            await session.unwrap(main_key.key_id, bytes(256))
        desk.token.begin_fault("foreign", {}, UntilRepaired())
        with pytest.raises(WrongToken):
            await session.unwrap(main_key.key_id, wrapped)
        signature = await session.sign(main_key.key_id, DATA, Mechanism.RSA_PKCS_SHA256)
        info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(DATA).digest()
        assert not keys.RsaPublic(public).verify_pkcs1(info, signature)

    desk.run(main())


def test_a_lite_has_a_certificate_and_no_key() -> None:
    desk = Desk("rutoken-lite")

    async def main() -> None:
        session = await desk.opened()
        [certificate] = await session.certificates()
        assert certificate.subject == "Иванова Анна, член ГЭК"
        assert session.capabilities.mechanisms == ()
        with pytest.raises(LookupError):
            desk.keys.private(certificate.key_id)

    desk.run(main())


def test_the_simulation_needs_no_driver_s_library() -> None:
    import subprocess
    import sys

    # what real and served tokens need is an extra: the rest must work without it
    code = (
        "import sys; sys.modules['gostcrypto'] = sys.modules['pkcs11'] = sys.modules['usb'] = None;"
        "import lab.serve_command, lab.ctl_command, lab.check_command, lab.devices_command;"
        "from lab.cli import main; sys.exit(main(['run', 'token-failure', '--json']))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("value", [bytes(64), b"\xff" * 64, bytes(63)])
def test_what_is_no_gost_key(value: bytes) -> None:
    with pytest.raises(ValueError, match=r"point|64 bytes"):
        gost.GostPublicKey(value)


LONG = "Рождественская-Водкина " + "А" * (LONGEST_NAME - 23)


@pytest.mark.parametrize("make", [RsaPrivate, EcPrivate, gost.GostPrivateKey])
def test_a_name_has_64_characters_whatever_their_bytes(make: type[PrivateKey]) -> None:
    der = Authority().issue(f"{LONG}, {'ч' * LONGEST_NAME}", make().public, PERIOD)
    assert certificate_of(b"", der).subject == LONG
    told = subprocess.run(
        ("openssl", "x509", "-inform", "DER", "-noout", "-subject", "-nameopt", "utf8"),
        input=der, capture_output=True, check=True, timeout=60,
    ).stdout.decode()  # fmt: skip
    assert LONG in told


@pytest.mark.parametrize("owner", [f"{LONG}А", f"А, {'ч' * 65}", "", " , член ГЭК"])
def test_a_name_is_refused_not_cut(owner: str) -> None:
    with pytest.raises(ValueError, match="1 to 64 characters"):
        subject(owner)


def test_a_long_name_makes_no_noise() -> None:
    der = Authority().issue(LONG, RsaPrivate().public, PERIOD)
    assert objects.certificate(der, LONG, b"1").attributes[Attr.SUBJECT] == subject(LONG).public_bytes()


def test_a_member_signs_with_the_certificate_that_is_valid() -> None:
    authority, day = Authority(), datetime(2026, 5, 28, tzinfo=UTC)
    gone = Period(datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 5, 28, 11, tzinfo=UTC))
    makers = {"gost": gost.GostPrivateKey, "old": RsaPrivate, "new": EcPrivate}
    held = {
        name: certificate_of(
            name.encode(), authority.issue("Иванова", make().public, gone if name == "old" else PERIOD)
        )
        for name, make in makers.items()
    }
    every = list(held.values())
    assert valid_certificate(every, "token", day) == held["old"]
    assert valid_certificate(every, "token", day, day + timedelta(hours=12)) == held["new"]
    assert valid_certificate([held["gost"]], "token", day) == held["gost"]
    with pytest.raises(CertificateExpired, match="valid 2024-01-01 – 2026-05-28"):
        valid_certificate([held["gost"], held["old"]], "token", day + timedelta(days=1))
    with pytest.raises(CertificateNotYetValid):
        valid_certificate(every, "token", datetime(2023, 1, 1, tzinfo=UTC))
    with pytest.raises(KeyNotFound):
        valid_certificate([], "token", day)
