"""Writing a file: encrypting and hashing while it goes through, signed at the end.

Nothing here waits: a token signs in between.

    draft = seal(sink, label, payload, recipients, signer)
    draft.finish(await token.sign(key_id, draft.to_sign, mechanism))
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from typing import Protocol

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import GCM

from station_core.container import names
from station_core.container.der import OCTETS, SET, head, integer, set_of, tlv
from station_core.container.label import Label
from station_core.container.recipients import KEY_SIZE, Recipient
from station_core.container.signatures import (
    SHA_256_DIGESTS,
    Digests,
    SignerKey,
    algorithm_of,
    attributes,
    signer_infos,
)

CHUNK = 1 << 18
"""How many bytes are encrypted at a time: few enough for the processor's cache."""

END = b"\0\0"  # of a wrapper of indefinite length

SIGNED_BEGINS = b"\x30\x80" + names.SIGNED_DATA + b"\xa0\x80\x30\x80" + integer(3)
ENVELOPE_BEGINS = b"\x30\x80" + names.AUTH_ENVELOPED_DATA + b"\xa0\x80\x30\x80" + integer(0)

Piece = bytes | bytearray | memoryview


class Writable(Protocol):
    """Where a file is written to."""

    def write(self, data: Piece, /) -> object:
        """Take bytes."""


class Draft:
    """A file that lacks only its signature.

    Attributes:
        label: What it says.
        to_sign: What the signer has to sign.
    """

    def __init__(self, sink: Writable, label: Label, signer: SignerKey, signed: list[bytes]) -> None:
        self.label = label
        self.to_sign = tlv(SET, *signed)
        self._sink = sink
        self._signer = signer
        self._signed = signed

    def finish(self, signature: bytes) -> None:
        """Write the signature and the end of the file."""
        signer = self._signer
        certificates = tlv(0xA0, signer.certificate) if signer.certificate else b""
        self._sink.write(certificates + signer_infos(signer, self._signed, signature) + 3 * END)


def seal(
    sink: Writable,
    label: Label,
    payload: Iterable[Piece],
    recipients: Sequence[Recipient],
    signer: SignerKey,
    digests: Digests = SHA_256_DIGESTS,
) -> Draft:
    """Write everything but the signature.

    Args:
        sink: Where to; use :func:`~hal.files.new_file` for files.
        label: Public facts.
        payload: The content, in pieces of any size.
        recipients: For whom it is encrypted; with none it stays readable for everybody.
        signer: Who is going to sign.
        digests: The hash of each mechanism.

    Raises:
        KeyError: There is no hash for the signer's mechanism.
        OSError: The sink.
    """
    digest = digests[signer.mechanism]()
    content_type = names.CONTENT_INFO if recipients else names.DATA
    sink.write(
        SIGNED_BEGINS
        + set_of(algorithm_of(signer.mechanism).digest[0])
        + b"\x30\x80" + content_type + b"\xa0\x80\x24\x80"
    )  # fmt: skip

    def write(*parts: Piece) -> None:
        """Write a piece of the content, and hash it on the way."""
        sink.write(head(OCTETS, sum(map(len, parts))))
        for part in parts:
            digest.update(part)
            sink.write(part)

    told = label.encode()
    if recipients:
        encrypt(write, _with_first_line(told, payload), recipients)
    else:
        for piece in payload:
            write(piece)
    sink.write(3 * END)
    return Draft(sink, label, signer, attributes(content_type, digest.digest(), told))


def _with_first_line(told: bytes, payload: Iterable[Piece]) -> Iterator[Piece]:
    pieces = iter(payload)
    first = next(pieces, b"")
    if len(first) < CHUNK:
        yield b"".join((told, b"\n", first))
    else:
        yield told + b"\n"
        yield first
    yield from pieces


def encrypt(write: Callable[..., object], payload: Iterable[Piece], recipients: Sequence[Recipient]) -> None:
    """Write AuthEnvelopedData in its ContentInfo; ``openssl cms -decrypt`` opens it as it is.

    Args:
        write: Takes the parts of what is to be written, one after the other, as positional arguments.
        payload: The content, in pieces of any size.
        recipients: For whom.
    """
    key, nonce = secrets.token_bytes(KEY_SIZE), secrets.token_bytes(names.NONCE_SIZE)
    encryptor = Cipher(AES256(key), GCM(nonce)).encryptor()
    write(
        ENVELOPE_BEGINS
        + set_of(*(recipient.info(key) for recipient in recipients))
        + b"\x30\x80" + names.DATA + names.aes_256_gcm(nonce) + b"\xa0\x80"
    )  # fmt: skip
    room = memoryview(bytearray(0))
    for piece in _of_size(payload):
        if len(room) < len(piece) + 16:
            room = memoryview(bytearray(len(piece) + 16))
        count = encryptor.update_into(piece, room)
        write(head(OCTETS, count), room[:count])
    encryptor.finalize()
    write(2 * END + tlv(OCTETS, encryptor.tag) + 3 * END)


def _of_size(payload: Iterable[Piece]) -> Iterator[Piece]:
    """Cut what is larger than a chunk; leave out what is empty."""
    for piece in payload:
        if 0 < len(piece) <= CHUNK:
            yield piece
        else:
            view = memoryview(piece)
            for at in range(0, len(piece), CHUNK):
                yield view[at : at + CHUNK]


def seal_bytes(
    label: Label,
    payload: bytes,
    recipients: Sequence[Recipient],
    signer: SignerKey,
    sign: Callable[[bytes], bytes],
    digests: Digests = SHA_256_DIGESTS,
) -> bytes:
    """Make a small file whole, for a signer that does not wait: the portal's server."""
    file = BytesIO()
    draft = seal(file, label, (payload,), recipients, signer, digests)
    draft.finish(sign(draft.to_sign))
    return file.getvalue()
