"""The container: what is written can be read, and whatever is wrong is refused with the reason."""

from __future__ import annotations

import asyncio
import errno
import io
import resource
import signal
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace as changed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hal.token import Certificate, Mechanism
from scenarios.federal import PORTAL, federal_keys
from simulators import sealing
from station_core.container import (
    CertificateRecipient,
    ContentKeyOpener,
    ContentKeyRecipient,
    Kind,
    Label,
    Opener,
    PrivateKeyOpener,
    Recipient,
    SignerKey,
    SimulatedOpener,
    SimulatedRecipient,
    Trust,
    key_id_of,
    mechanism_for,
    new_file,
    open_bytes,
    open_file,
    read_label,
    seal,
    seal_bytes,
    verify_stream,
)
from station_core.container.der import OCTETS, SEQUENCE, SET, head, integer, oid, tlv
from station_core.container.label import decode_label
from station_core.container.names import AUTH_ENVELOPED_DATA, DATA, SIGNED_DATA
from station_core.container.opening import decrypt
from station_core.container.sealing import CHUNK
from station_core.container.stream import Stream
from station_core.errors import MaterialsRefused
from tests.containers import (
    CONTENT_KEY,
    CREATED,
    LABEL,
    OPENER,
    SCOPE,
    SIGNER,
    TRUST,
    envelope,
    sealed,
    sign,
    signed,
    verify_bytes,
)

PAYLOADS = [b"x", b"exam", b"x" * (CHUNK - 1), b"y" * CHUNK, bytes(3 * CHUNK + 7)]


def refused(why: str, detail: str = "") -> Any:
    return pytest.raises(MaterialsRefused, match=rf"^f: .*: {why}( \(.*{detail}|$)")


def opened(data: bytes, opener: Any = OPENER, trust: Trust = TRUST) -> bytes:
    return open_bytes(data, "f", opener, trust).payload


def certificate_for(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, *, named: bool = True) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ППЭ 9099")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2034, 1, 1, tzinfo=UTC))
    )
    if named:
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
RSA_DER, EC_DER = certificate_for(RSA), certificate_for(EC)


# -- what is written can be read -----------------------------------------------------------------------


@pytest.mark.parametrize("payload", PAYLOADS, ids=len)
def test_encrypted(payload: bytes) -> None:
    data = sealed(payload)
    file = open_bytes(data, "f", OPENER, TRUST)
    assert (file.payload, file.label, file.signer) == (payload, LABEL, PORTAL)
    assert verify_bytes(data, "f", TRUST) == (LABEL, PORTAL)
    assert read_label(io.BytesIO(data), "f", TRUST) == LABEL
    assert len(payload) < 8 or payload not in data


@pytest.mark.parametrize("payload", PAYLOADS, ids=len)
def test_in_clear(payload: bytes) -> None:
    data = sealed(payload, recipients=())
    assert opened(data, None) == payload
    assert verify_bytes(data, "f", TRUST) == (LABEL, PORTAL)


def test_nothing_is_ever_encrypted_alike() -> None:
    first, second = sealed(b"x" * 100), sealed(b"x" * 100)
    assert len(first) == len(second)
    differing = sum(a != b for a, b in zip(first, second, strict=True))
    assert differing > 100  # key, nonce, tag, digest, signature, and all of the content


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_pieces_of_any_size(pieces: list[bytes]) -> None:
    out = io.BytesIO()
    draft = seal(out, LABEL, pieces, (ContentKeyRecipient(CONTENT_KEY),), SIGNER)
    draft.finish(sign(draft.to_sign))
    assert opened(out.getvalue()) == b"".join(pieces)


SIMULATED = (
    SimulatedRecipient(PORTAL, sealing.seal),
    SimulatedOpener(PORTAL, lambda data: sealing.unseal(sealing.secret_of(PORTAL), data)),
)
RECIPIENTS: dict[str, tuple[Recipient, Opener]] = {
    "content-key": (ContentKeyRecipient(CONTENT_KEY), OPENER),
    "rsa": (CertificateRecipient(RSA_DER), PrivateKeyOpener(RSA_DER, RSA)),
    "p-256": (CertificateRecipient(EC_DER), PrivateKeyOpener(EC_DER, EC)),
    "simulated": SIMULATED,
}


def test_each_of_several_recipients_opens_it_alone() -> None:
    everybody = sealed(b"exam", recipients=[recipient for recipient, _ in RECIPIENTS.values()])
    for recipient, opener in RECIPIENTS.values():
        assert opened(everybody, opener) == b"exam"
        alone = sealed(b"exam", recipients=[recipient])
        assert opened(alone, opener) == b"exam"
        for _, other in RECIPIENTS.values():
            if other is not opener:
                with refused("not-for-this-recipient", "recipientInfos"):
                    opened(alone, other)


def test_others_of_the_same_kind_open_nothing() -> None:
    other_rsa, other_ec = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    for name, opener in (
        ("rsa", PrivateKeyOpener(certificate_for(other_rsa), other_rsa)),
        ("p-256", PrivateKeyOpener(certificate_for(other_ec), other_ec)),
        ("simulated", SimulatedOpener(b"another", bytes)),
    ):
        with refused("not-for-this-recipient"):
            opened(sealed(b"exam", recipients=[RECIPIENTS[name][0]]), opener)
    with refused("wrong-content-key", "recipientInfos"):
        opened(sealed(b"exam"), ContentKeyOpener(bytes(32)))
    with refused("damaged", "the wrapped key does not open"):
        opened(sealed(b"exam"), changed(OPENER, content_key=bytes(32), key_id=_id(OPENER)))


def _id(opener: ContentKeyOpener) -> bytes:
    from station_core.container import content_key_id

    return content_key_id(opener.content_key)


def test_what_cannot_be_a_recipient() -> None:
    with pytest.raises(ValueError, match="neither RSA nor"):
        CertificateRecipient(certificate_for(ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(ValueError, match="does not belong"):
        PrivateKeyOpener(RSA_DER, EC)
    with pytest.raises(ValueError, match="asn1"):
        CertificateRecipient(b"no certificate")


def test_a_certificate_without_the_extension_has_a_key_id_all_the_same() -> None:
    assert key_id_of(certificate_for(EC, named=False)) == key_id_of(EC_DER)


# -- signatures ----------------------------------------------------------------------------------------


PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
SIGNERS = {
    "rsa": (Mechanism.RSA_PKCS_SHA256, RSA_DER, lambda d: RSA.sign(d, padding.PKCS1v15(), hashes.SHA256())),
    "pss": (Mechanism.RSA_PSS_SHA256, RSA_DER, lambda d: RSA.sign(d, PSS, hashes.SHA256())),
    "ecdsa": (Mechanism.ECDSA_P256_SHA256, EC_DER, lambda d: EC.sign(d, ec.ECDSA(hashes.SHA256()))),
}


@pytest.mark.parametrize("name", SIGNERS)
def test_signatures_of_real_tokens(name: str) -> None:
    mechanism, certificate, how = SIGNERS[name]
    day = datetime(2024, 1, 1, tzinfo=UTC)
    signer = SignerKey.of(Certificate(b"\x01", "anna", day, day, certificate), mechanism)
    assert signer.key_id == key_id_of(certificate)
    data = seal_bytes(LABEL, b"exam", (ContentKeyRecipient(CONTENT_KEY),), signer, how)
    trust = Trust({signer.key_id: certificate})
    assert opened(data, trust=trust) == b"exam"
    with refused("signer-unknown", signer.key_id.hex()):
        opened(data)
    with refused("signature-wrong"):
        other = certificate_for(ec.generate_private_key(ec.SECP256R1()))
        opened(data, trust=Trust({signer.key_id: other}))
    with refused("unreadable", "certificates"):  # what a file brings along is not believed
        opened(data.replace(certificate, certificate[:-1] + bytes([certificate[-1] ^ 1])), trust=trust)


def test_a_signature_of_the_model_never_counts_for_a_certificate() -> None:
    verifiers = federal_keys().verifiers
    data = sealed(b"exam")
    with refused("signature-unsupported"):
        opened(data, trust=Trust({PORTAL: RSA_DER}, verifiers))
    with refused("signature-unsupported"):
        opened(data, trust=Trust({PORTAL: b""}))
    assert opened(data, trust=Trust({PORTAL: b""}, verifiers)) == b"exam"


def test_gost_needs_whoever_has_its_hash() -> None:
    signer = SignerKey(b"gost", Mechanism.GOST_2012_256, b"certificate")
    with pytest.raises(KeyError):
        seal_bytes(LABEL, b"exam", (), signer, bytes)
    import hashlib

    digests = {Mechanism.GOST_2012_256: hashlib.blake2s}  # stands for Streebog, which Python has not
    data = seal_bytes(LABEL, b"exam", (), signer, lambda data: data[-8:], digests)
    trust = Trust(
        {b"gost": b"certificate"},
        {Mechanism.GOST_2012_256: lambda _id, _certificate, data, signature: signature == data[-8:]},
        digests,
    )
    assert opened(data, None, trust) == b"exam"
    with refused("signature-unsupported", "digestAlgorithms"):
        opened(data, None)


# -- files ---------------------------------------------------------------------------------------------


def write(path: Path, payload: bytes = b"exam" * 100) -> None:
    path.write_bytes(sealed(payload))


def test_from_file_to_file(tmp_path: Path) -> None:
    write(tmp_path / "f")
    with (tmp_path / "f").open("rb") as file:
        assert verify_stream(file, "f", TRUST) == (LABEL, PORTAL)
    assert open_file(tmp_path / "f", tmp_path / "out", OPENER, TRUST) == LABEL
    assert (tmp_path / "out").read_bytes() == b"exam" * 100
    with (tmp_path / "f").open("rb") as file:
        assert read_label(file, "f", TRUST) == LABEL


def test_nothing_is_there_that_is_not_good(tmp_path: Path) -> None:
    write(tmp_path / "f")
    data = (tmp_path / "f").read_bytes()
    (tmp_path / "out").write_bytes(b"the one before")
    for damage in (data[:-1], data[: len(data) // 2], data + b"\0", data[:-200] + b"\1" + data[-199:]):
        (tmp_path / "f").write_bytes(damage)
        with pytest.raises(MaterialsRefused):
            open_file(tmp_path / "f", tmp_path / "out", OPENER, TRUST)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["f", "out"]
        assert (tmp_path / "out").read_bytes() == b"the one before"


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError, OSError])
def test_whatever_interrupts_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"exam" * 1000
        raise error

    with pytest.raises(error), new_file(tmp_path / "f") as out:
        seal(out, LABEL, pieces(), (ContentKeyRecipient(CONTENT_KEY),), SIGNER)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """The limit on the size of files stands for the end of the disk: writing fails in the middle."""
    write(tmp_path / "f", bytes(200_000))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            open_file(tmp_path / "f", tmp_path / "out", OPENER, TRUST)
        with pytest.raises(OSError, match="File too large"), new_file(tmp_path / "g") as out:
            seal(out, LABEL, (bytes(200_000),), (ContentKeyRecipient(CONTENT_KEY),), SIGNER)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert caught.value.errno == errno.EFBIG
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_device_that_is_full(tmp_path: Path) -> None:
    write(tmp_path / "f")
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        seal(full, LABEL, (b"exam",), (ContentKeyRecipient(CONTENT_KEY),), SIGNER)


def test_memory_is_flat(tmp_path: Path) -> None:
    """The large measurement is ``python -m benchmarks packages``."""
    size, piece = 48 << 20, bytes(CHUNK)
    tracemalloc.start()
    try:
        with new_file(tmp_path / "f") as out:
            pieces = (piece for _ in range(size // CHUNK))
            draft = seal(out, LABEL, pieces, (ContentKeyRecipient(CONTENT_KEY),), SIGNER)
            draft.finish(sign(draft.to_sign))
        open_file(tmp_path / "f", tmp_path / "out", OPENER, TRUST)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
    assert (tmp_path / "out").stat().st_size == size


@pytest.mark.parametrize("size", [0, 1, 300, 5000])
def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path, size: int) -> None:
    """A drive that is pulled out looks like this to the reader."""
    write(tmp_path / "f", bytes(20_000))
    with (tmp_path / "f").open("r+b") as file:
        whole = file.read()
        file.seek(0)

        class Shrinking(io.BytesIO):
            def read(self, count: int | None = -1, /) -> bytes:
                left = size - self.tell()
                return super().read(max(0, min(left, len(whole) if count is None or count < 0 else count)))

        with pytest.raises(MaterialsRefused, match="truncated"):
            read_label(Shrinking(whole), "f", TRUST)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), new_file(tmp_path / "no" / "f"):
        pass


# -- what is wrong -------------------------------------------------------------------------------------

SMALL = sealed(b"exam")
CLEAR = sealed(b"exam", recipients=())
FILES = {"package": (SMALL, OPENER), "key": (CLEAR, None)}


@pytest.mark.parametrize("name", FILES)
def test_cut_off_at_every_byte(name: str) -> None:
    data, opener = FILES[name]
    for size in range(len(data)):
        with refused("truncated", f"the file ends at byte {size}"):
            opened(data[:size], opener)
        with pytest.raises(MaterialsRefused, match="truncated"):
            verify_bytes(data[:size], "f", TRUST)
        with pytest.raises(MaterialsRefused, match="truncated"):
            read_label(io.BytesIO(data[:size]), "f", TRUST)


@pytest.mark.parametrize("name", FILES)
def test_every_bit_of_every_byte_flipped(name: str) -> None:
    data, opener = FILES[name]
    for place in range(len(data)):
        for bit in range(8):
            spoiled = bytearray(data)
            spoiled[place] ^= 1 << bit
            with pytest.raises(MaterialsRefused) as caught:
                opened(bytes(spoiled), opener)
            assert caught.value.detail
            with pytest.raises(MaterialsRefused):
                verify_bytes(bytes(spoiled), "f", TRUST)


@pytest.mark.parametrize("tail", [b"\0", b"\0\0", b"{}", SMALL], ids=["zero", "end", "json", "twice"])
def test_something_follows(tail: bytes) -> None:
    with refused("trailing-garbage", f"after byte {len(SMALL)}"):
        opened(SMALL + tail)


NOT_OURS = {
    "json": b'{"name": "day.ipk"}' * 3,
    "zip": b"PK\x03\x04" + bytes(60),
    "text": "ключ доступа".encode() * 4,
    "zeros": bytes(100),
    "ones": b"\xff" * 100,
    "certificate": EC_DER,
    "envelope": envelope(b"exam"),
}


@pytest.mark.parametrize("name", NOT_OURS)
def test_not_ours(name: str) -> None:
    with refused("not-ours", "contentInfo|contentType"):
        opened(NOT_OURS[name])


def test_an_empty_file() -> None:
    with refused("truncated"):
        opened(b"")


HUGE = [b"\x84\x7f\xff\xff\xff", b"\x88" + b"\x7f" + b"\xff" * 7, b"\x84\xff\xff\xff\xff"]


@pytest.mark.parametrize("length", HUGE, ids=bytes.hex)
@pytest.mark.parametrize("place", range(4), ids=["outer", "small", "content", "piece"])
def test_huge_lengths_take_no_memory(length: bytes, place: int) -> None:
    begin = b"\x30\x80" + SIGNED_DATA + b"\xa0\x80\x30\x80" + integer(3)
    to_content = begin + SMALL[len(begin) : SMALL.index(b"\x24\x80")]
    data = (
        b"\x30" + length + SIGNED_DATA,
        begin + bytes([SET]) + length,
        to_content + bytes([OCTETS]) + length,
        to_content + b"\x24\x80" + bytes([OCTETS]) + length,
    )[place] + b"exam"
    tracemalloc.start()
    try:
        with refused("truncated|unreadable"):
            opened(data)
        with pytest.raises(MaterialsRefused):
            read_label(io.BytesIO(data), "f", TRUST)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_nesting_goes_nowhere() -> None:
    for tag in (0x30, 0x24, 0xA0, 0x31):
        with refused("not-ours"):
            opened(bytes([tag, 0x80]) * 100_000)
    prefix = SMALL[: SMALL.index(b"\x24\x80")]
    with refused("unreadable", "tag 0x24 in a piece"):
        opened(prefix + b"\x24\x80" * 100_000)


def test_a_million_tiny_pieces_are_read_in_time() -> None:
    """No quadratic copying, wherever the pieces are cut."""
    inner = envelope(b"exam" * 50_000)
    content = b"".join(head(OCTETS, 1) + bytes([byte]) for byte in inner)
    whole = signed(inner)
    split = whole.index(inner)
    before = split - len(head(OCTETS, len(inner)))
    pieces = b"\x24\x80" + content + b"\0\0"
    # the wrappers round it are longer now: all of them as indefinite
    tail = whole[split + len(inner) :]
    prefix = SMALL[: SMALL.index(b"\x24\x80")]
    assert before > 0
    with refused("label-exchanged|unreadable", ""):  # its first line is no label, but it was read to the end
        opened(prefix + pieces + b"\0\0\0\0" + tail + b"\0\0\0\0\0\0")


# -- what somebody who may sign could make us read -----------------------------------------------------

LINE = LABEL.encode() + b"\n"


def test_signed_in_der_is_read_too() -> None:
    assert opened(signed(envelope(LINE + b"exam"))) == b"exam"


def test_the_label_is_bound_to_the_encrypted_content() -> None:
    other = replace(LABEL, scope=replace(SCOPE, point="9098")).encode()
    with refused("label-exchanged"):
        opened(signed(envelope(LINE + b"exam"), label=other))


@pytest.mark.parametrize("content", [b"", b"no label", bytes(100_000)], ids=["empty", "short", "long"])
def test_encrypted_content_without_a_label(content: bytes) -> None:
    with refused("unreadable", "begins with no label"):
        opened(signed(envelope(content)))


@pytest.mark.parametrize(
    ("label", "why", "detail"),
    [
        (b"", "unreadable", "label"),
        (b"{}", "unreadable", "label"),
        (b"[1]", "unreadable", "label"),
        (b"\xff", "unreadable", "label"),
        (LABEL.encode().replace(b'"version":1', b'"version":2'), "format-unknown", "label.version: 2"),
        (LABEL.encode().replace(b'"issue":1', b'"issue":-1'), "unreadable", r"\$.issue"),
        (LABEL.encode().replace(b'"kind":"package"', b'"kind":"pack"'), "unreadable", r"\$.kind"),
        (LABEL.encode().replace(b"2024-05-28", b"28.05.2024"), "unreadable", "exam_date"),
        (LABEL.encode()[:-1] + b',"more":1}', "unreadable", "more"),
    ],
)
def test_bad_labels(label: bytes, why: str, detail: str) -> None:
    with refused(why, detail):
        opened(signed(b"exam", DATA, label=label), None)


def test_content_of_the_other_kind() -> None:
    with refused("wrong-kind", "is not encrypted"):
        opened(CLEAR)
    with refused("wrong-kind", "is encrypted"):
        opened(SMALL, None)
    with refused("wrong-kind"):
        opened(signed(b"exam", oid("1.2.3")), None)


INNER = envelope(LINE + b"exam")


def spoil(old: bytes, new: bytes) -> bytes:
    assert INNER.count(old) == 1
    return signed(INNER.replace(old, new))


ID = tlv(OCTETS, _id(OPENER))


@pytest.mark.parametrize(
    ("old", "new", "why", "detail"),
    [
        (AUTH_ENVELOPED_DATA, SIGNED_DATA, "unreadable", "contentType"),
        (b"\x30\x80" + integer(0), b"\x30\x80" + integer(1), "unreadable", "version"),
        (DATA, oid("1.2.840.113549.1.7.5"), "unreadable", "contentType"),
        (b"\x02\x01\x10", b"\x02\x01\x0c", "unreadable", "icvlen"),
        (oid("2.16.840.1.101.3.4.1.46"), oid("2.16.840.1.101.3.4.1.26"), "unreadable", "algorithm"),
        (oid("2.16.840.1.101.3.4.1.45"), oid("2.16.840.1.101.3.4.1.25"), "unreadable", "keyEncryption"),
        (ID, tlv(OCTETS, bytes(16)), "wrong-content-key", ""),
        (integer(4) + tlv(SEQUENCE, ID), integer(3) + tlv(SEQUENCE, ID), "unreadable", "version"),
        (b"\xa0\x80\x04", b"\xa1\x80\x04", "unreadable", "encryptedContent"),
        (b"\0\0\0\0\x04\x10", b"\0\0\0\0\xa1\x10", "unreadable", "mac"),
        (b"\0\0\0\0\x04\x10", b"\0\0\0\0\x04\x0f", "unreadable", "mac|end"),
    ],
)
def test_envelopes_that_are_signed_and_wrong(old: bytes, new: bytes, why: str, detail: str) -> None:
    with refused(why, detail):
        opened(spoil(old, new))


def test_every_byte_of_a_signed_envelope_flipped() -> None:
    """So that each check of the envelope stands by itself, without the signature's help."""
    for place in range(len(INNER)):
        spoiled = bytearray(INNER)
        spoiled[place] ^= 0x01
        with pytest.raises(MaterialsRefused):
            opened(signed(bytes(spoiled)))


def test_a_secret_is_in_no_traceback() -> None:
    import traceback

    for opener in (ContentKeyOpener(b"k" * 32), ContentKeyOpener(b"k" * 32, _id(OPENER))):
        try:
            opened(SMALL, opener)
        except MaterialsRefused as error:
            text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
            assert "kkkk" not in text
        else:
            raise AssertionError
    assert "kkkk" not in repr(ContentKeyRecipient(b"k" * 32))


def test_openers_read_an_envelope_of_their_own() -> None:
    out = io.BytesIO()
    decrypt(Stream(io.BytesIO(envelope(b"exam")), "f"), OPENER, out.write)
    assert out.getvalue() == b"exam"


def test_labels_say_what_they_are() -> None:
    label = Label(Kind.AUDIO, "v.abnk", SCOPE, 0, "ab" * 16, CREATED, computer=7, room="0101", works=4)
    data = sealed(b"x", label)
    assert read_label(io.BytesIO(data), "f", TRUST) == label
    with refused("signature-wrong"):
        read_label(io.BytesIO(data.replace(b'"works":4', b'"works":5', 1)), "f", TRUST)


def held(der: bytes) -> Certificate:
    """Return a certificate as a token holds it."""
    return Certificate(b"1", "", datetime.min, datetime.max, der)  # noqa: DTZ901 - not looked at


@pytest.mark.parametrize(
    ("certificate", "offered", "chosen"),
    [
        (RSA_DER, tuple(Mechanism), Mechanism.RSA_PKCS_SHA256),
        (RSA_DER, (Mechanism.ECDSA_P256_SHA256, Mechanism.RSA_PSS_SHA256), Mechanism.RSA_PSS_SHA256),
        (EC_DER, tuple(Mechanism), Mechanism.ECDSA_P256_SHA256),
        (EC_DER, (Mechanism.RSA_PKCS_SHA256, Mechanism.SIMULATED), None),
        (b"", tuple(Mechanism), Mechanism.SIMULATED),
        (b"", (Mechanism.RSA_PKCS_SHA256,), None),
        (RSA_DER, (), None),
    ],
)
def test_how_a_token_signs_follows_from_its_certificate(
    certificate: bytes, offered: tuple[Mechanism, ...], chosen: Mechanism | None
) -> None:
    assert mechanism_for(held(certificate), offered, federal_keys().verifiers) is chosen


def test_a_mechanism_that_nobody_can_check_is_not_chosen() -> None:
    assert mechanism_for(held(EC_DER), tuple(Mechanism), {Mechanism.RSA_PKCS_SHA256: None}) is None
    with pytest.raises(ValueError, match="asn1"):
        mechanism_for(held(b"no certificate"), tuple(Mechanism), federal_keys().verifiers)


def test_what_is_decrypted_is_nobody_else_s_to_read(tmp_path: Path) -> None:
    with new_file(tmp_path / "plain") as file:
        (part,) = tmp_path.iterdir()
        assert part.stat().st_mode & 0o777 == 0o600
        file.write(b"exam")
    assert (tmp_path / "plain").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["", ".hidden", "..", "a/b", "..\\a", "a\nb", "a\0", "a" * 201])
def test_a_label_names_a_file_and_no_way_to_it(name: str) -> None:
    with refused("unreadable"):
        decode_label(replace(LABEL, name=name).encode(), "f")
