"""Object identifiers of the container, as DER. Ours are under 2.25, the arc of UUIDs (ITU-T X.667)."""

from __future__ import annotations

from station_core.container.der import INTEGER, NULL, OCTETS, SEQUENCE, oid, tlv

DATA = oid("1.2.840.113549.1.7.1")  # RFC 5652
SIGNED_DATA = oid("1.2.840.113549.1.7.2")  # RFC 5652
CONTENT_INFO = oid("1.2.840.113549.1.9.16.1.6")  # RFC 5652
AUTH_ENVELOPED_DATA = oid("1.2.840.113549.1.9.16.1.23")  # RFC 5083

CONTENT_TYPE = oid("1.2.840.113549.1.9.3")  # RFC 5652
MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")  # RFC 5652
LABEL = oid("2.25.87755253582857414429380927081632986615")  # ours

AES_256_GCM = oid("2.16.840.1.101.3.4.1.46")  # RFC 5084
AES_256_WRAP = tlv(SEQUENCE, oid("2.16.840.1.101.3.4.1.45"))  # RFC 3565
SHA_256 = oid("2.16.840.1.101.3.4.2.1")  # RFC 5754
STREEBOG_256 = oid("1.2.643.7.1.1.2.2")  # RFC 9215, GOST R 34.11-2012

_MGF1 = oid("1.2.840.113549.1.1.8")  # RFC 8017
_SHA_256 = (tlv(SEQUENCE, SHA_256, tlv(NULL)), tlv(SEQUENCE, SHA_256))
"""RFC 4055 has it written with NULL and read in both forms; OpenSSL writes it without."""


def _with_sha_256(name: bytes, *more: bytes) -> tuple[bytes, ...]:
    """Write an algorithm of RSA whose hash and mask both use SHA-256, in all forms; the first is ours."""
    return tuple(
        tlv(SEQUENCE, name, tlv(SEQUENCE, tlv(0xA0, own), tlv(0xA1, tlv(SEQUENCE, _MGF1, masks)), *more))
        for own in _SHA_256
        for masks in _SHA_256
    )


RSA = oid("1.2.840.113549.1.1.1")  # RFC 8017
RSA_SHA_256 = oid("1.2.840.113549.1.1.11")  # RFC 8017
RSA_PSS_SHA_256 = _with_sha_256(  # RFC 4056: salt as long as the digest
    oid("1.2.840.113549.1.1.10"), tlv(0xA2, tlv(INTEGER, b"\x20"))
)
RSA_OAEP_SHA_256 = _with_sha_256(oid("1.2.840.113549.1.1.7"))  # RFC 4055
ECDSA_SHA_256 = oid("1.2.840.10045.4.3.2")  # RFC 5758
GOST_2012_256 = oid("1.2.643.7.1.1.3.2")  # RFC 9215, with Streebog
SIMULATED_SIGNATURE = oid("2.25.122228816373905008167760983145315738318")  # ours: identity, not security

EC_PUBLIC_KEY = oid("1.2.840.10045.2.1")  # RFC 5480
ECDH_SHA_256 = tlv(SEQUENCE, oid("1.3.132.1.11.1"), AES_256_WRAP)  # RFC 5753: dhSinglePass-stdDH-sha256kdf
SIMULATED_TRANSPORT = tlv(SEQUENCE, oid("2.25.163043050013660072004726428859513809374"))  # ours, as above

NONCE_SIZE, TAG_SIZE = 12, 16

_GCM = tlv(SEQUENCE, AES_256_GCM, tlv(SEQUENCE, tlv(OCTETS, bytes(NONCE_SIZE)), tlv(INTEGER, b"\x10")))
_GCM_BEGINS, _GCM_ENDS = _GCM.split(bytes(NONCE_SIZE))


def aes_256_gcm(nonce: bytes) -> bytes:
    """Write the AlgorithmIdentifier of the content encryption, with a tag of 16 bytes (RFC 5084)."""
    return _GCM_BEGINS + nonce + _GCM_ENDS
