"""Wrapped content keys and signatures, without a token."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from hypothesis import given
from hypothesis import strategies as st

from hal.token import Certificate, Mechanism, signatures, wrapping
from hal.token.certificates import certificate_of, mechanisms_of
from tests.peers.softhsm import certificate

RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_CURVE = ec.generate_private_key(ec.SECP384R1())
RSA_DER, EC_DER, OTHER_DER = (certificate(key, "x") for key in (RSA_KEY, EC_KEY, OTHER_CURVE))


@pytest.mark.parametrize("length", wrapping.KEY_LENGTHS)
def test_rsa_by_the_published_format(length: int) -> None:
    wrapped = wrapping.wrap(RSA_DER, bytes(range(length)))
    assert wrapped[:2] == b"\x01\x01"
    assert wrapped[2:34] == wrapping.recipient_of(RSA_DER)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303
    assert RSA_KEY.decrypt(wrapped[34:], oaep) == bytes(range(length))


@pytest.mark.parametrize("length", wrapping.KEY_LENGTHS)
def test_ec_by_the_published_format(length: int) -> None:
    wrapped = wrapping.wrap(EC_DER, bytes(range(length)))
    recipient, point, body = wrapped[2:34], wrapped[34:99], wrapped[99:]
    assert wrapped[:2] == b"\x01\x02"
    shared = EC_KEY.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
    kek = X963KDF(hashes.SHA256(), 32, b"ppelab wrap 1" + recipient + point).derive(shared)
    assert aes_key_unwrap(kek, body) == bytes(range(length))
    assert wrapping.finish_ec(shared, wrapping.parse(wrapped)) == bytes(range(length))


def test_what_cannot_be_wrapped() -> None:
    with pytest.raises(ValueError, match="16, 24 or 32 bytes, not 15"):
        wrapping.wrap(RSA_DER, bytes(15))
    with pytest.raises(ValueError, match="RSA and P-256 only"):
        wrapping.wrap(OTHER_DER, bytes(16))
    with pytest.raises(ValueError, match="parsing"):
        wrapping.wrap(b"no certificate", bytes(16))


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for wrapped in (data, b"\x01\x01" + data, b"\x01\x02" + data):
        try:
            wrapping.parse(wrapped)
        except wrapping.BadWrapping:
            continue


def test_a_point_that_is_not_on_the_curve_never_reaches_a_token() -> None:
    wrapped = bytearray(wrapping.wrap(EC_DER, bytes(16)))
    wrapped[98] ^= 1
    with pytest.raises(wrapping.BadWrapping, match="no point of the curve"):
        wrapping.parse(bytes(wrapped))


def test_verify() -> None:
    data = b"data"
    signed = {
        Mechanism.RSA_PKCS_SHA256: (RSA_DER, RSA_KEY.sign(data, padding.PKCS1v15(), hashes.SHA256())),
        Mechanism.RSA_PSS_SHA256: (
            RSA_DER,
            RSA_KEY.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
        ),
        Mechanism.ECDSA_P256_SHA256: (EC_DER, EC_KEY.sign(data, ec.ECDSA(hashes.SHA256()))),
    }
    for mechanism, (der, signature) in signed.items():
        assert signatures.verify(der, data, signature, mechanism)
        assert not signatures.verify(der, data + b"!", signature, mechanism)
        assert not signatures.verify(der, data, signature[:-1], mechanism)
        for other in set(signed) - {mechanism}:
            assert not signatures.verify(der, data, signature, other)
    assert not signatures.verify(OTHER_DER, data, b"x", Mechanism.ECDSA_P256_SHA256)
    with pytest.raises(NotImplementedError):
        signatures.verify(RSA_DER, data, b"x", Mechanism.GOST_2012_256)


def test_certificates() -> None:
    read = certificate_of(b"\x01", RSA_DER)
    assert read.subject == "x"
    assert read.not_after - read.not_before == timedelta(days=366)
    assert mechanisms_of(read) == (Mechanism.RSA_PKCS_SHA256, Mechanism.RSA_PSS_SHA256)
    assert mechanisms_of(certificate_of(b"\x01", EC_DER)) == (Mechanism.ECDSA_P256_SHA256,)
    assert mechanisms_of(certificate_of(b"\x01", OTHER_DER)) == ()
    model = Certificate(b"\x01", "x", read.not_before, read.not_after)
    assert mechanisms_of(model) == (Mechanism.SIMULATED,)
    with pytest.raises(ValueError, match="parsing"):
        certificate_of(b"\x01", b"nothing")
