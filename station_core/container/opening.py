"""Reading a file: its label, whether it is authentic, and with a key what it holds.

Decrypted bytes are given away as they come, so whoever takes them must not use them before the function has
returned: :func:`open_file` keeps them under another name until then.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import GCM

from hal.files import new_file
from station_core.container import names
from station_core.container.der import INTEGER, OCTETS, OID, SEQUENCE, SET, Reader, integer, set_of
from station_core.container.label import Label, decode_label
from station_core.container.recipients import Opener
from station_core.container.sealing import CHUNK, ENVELOPE_BEGINS, SIGNED_BEGINS
from station_core.container.signatures import ALGORITHMS, Digest, Trust, read_signer_infos
from station_core.container.stream import Octets, Stream
from station_core.errors import MaterialsRefused

MOST_LABEL = 1 << 16
"""A label is not longer than this (our choice; a real one has some 400 bytes)."""

Sink = Callable[[memoryview], object]

_BY_DIGESTS = {
    set_of(form): each.mechanism for each in reversed(ALGORITHMS) for form in each.digest
}  # any mechanism with that hash


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """What a small file holds. Everything in it is authentic."""

    label: Label
    signer: bytes
    payload: bytes


def open_bytes(data: bytes, file: str, opener: Opener | None, trust: Trust) -> OpenedFile:
    """Open a small file.

    Args:
        data: The file.
        file: Its name, for refusals.
        opener: Whose key; ``None`` for a file that is not encrypted.
        trust: Whose signature is taken.

    Raises:
        MaterialsRefused: Damaged, cut off, not ours, for somebody else, or not signed by whom we trust.
    """
    out = BytesIO()
    label, signer = open_stream(BytesIO(data), file, opener, trust, out.write)
    return OpenedFile(label, signer, out.getvalue())


def open_stream(
    source: BinaryIO, file: str, opener: Opener | None, trust: Trust, sink: Sink
) -> tuple[Label, bytes]:
    """Read a file of any size; return its label and who signed it.

    Args:
        source: The file, at its beginning.
        file: Its name, for refusals.
        opener: Whose key; ``None`` for a file that is not encrypted.
        trust: Whose signature is taken.
        sink: Is given the content, piece by piece, which is good only if this function returns.

    Raises:
        MaterialsRefused: As for :func:`open_bytes`.
        OSError: It cannot be read.
    """
    return _read(source, file, trust, _Contents(file, opener, sink))


def open_file(path: Path, target: Path, opener: Opener | None, trust: Trust) -> Label:
    """Decrypt a file into another one, which is there only if everything in it is authentic.

    Raises:
        MaterialsRefused: As for :func:`open_bytes`; there is no target.
        OSError: One of the files cannot be read or written; there is no target.
    """
    with path.open("rb") as source, new_file(target) as out:
        return open_stream(source, path.name, opener, trust, out.write)[0]


def verify_stream(source: BinaryIO, file: str, trust: Trust) -> tuple[Label, bytes]:
    """See without any key that a file is whole and authentic; return its label and who signed it.

    Args:
        source: The file, at its beginning.
        file: Its name, for refusals.
        trust: Whose signature is taken.

    Raises:
        MaterialsRefused: As for :func:`open_bytes`.
        OSError: It cannot be read.
    """
    return _read(source, file, trust, _pass)


def read_label(source: BinaryIO, file: str, trust: Trust) -> Label:
    """Return the authentic label of a file without reading its content, which may still be damaged.

    Args:
        source: A file in which one can go back and forward.
        file: Its name, for refusals.
        trust: Whose signature is taken.

    Raises:
        MaterialsRefused: As for :func:`open_bytes`, but for damage of the content.
    """
    size = source.seek(0, os.SEEK_END)
    source.seek(0)

    def skip(count: int) -> int:
        before = source.tell()
        return source.seek(min(before + count, size)) - before

    return _read(source, file, trust, None, skip)[0]


# -- SignedData ----------------------------------------------------------------------------------------

_Handler = Callable[[Octets, bytes], bytes | None]
"""Takes the content and its type; returns the label that was encrypted with it, if it opened it."""


def _pass(octets: Octets, content_type: bytes) -> None:  # noqa: ARG001
    while octets.read(CHUNK):
        pass


def _read(
    source: BinaryIO,
    file: str,
    trust: Trust,
    handle: _Handler | None,
    skip: Callable[[int], int] | None = None,
) -> tuple[Label, bytes]:
    """Read a file to its end; without a handler its content is passed over and not hashed."""
    stream = Stream(source, file, skip)
    _begin(stream)
    hashes = stream.small(SET, "digestAlgorithms")
    mechanism = _BY_DIGESTS.get(hashes)
    new_digest = None if mechanism is None else trust.digests.get(mechanism)
    if new_digest is None:
        raise MaterialsRefused(file, "signature-unsupported", "digestAlgorithms: unknown")
    digest: Digest = new_digest()
    stream.enter(SEQUENCE, "encapContentInfo")
    content_type = stream.small(OID, "eContentType")
    stream.enter(0xA0, "eContent")
    octets = stream.octets(OCTETS, "octets")
    inner_label = None
    if handle is None:
        octets.skip_rest()
    else:
        octets.tap = digest.update
        inner_label = handle(octets, content_type)
    stream.leave_all(2)
    certificate = b""
    tag, element = stream.small_any("certificates or signerInfos")
    if tag == 0xA0:
        certificate = Reader(element, file, "certificates").take(0xA0, "set")
        element = stream.small(SET, "signerInfos")
    stream.leave_all(3)
    stream.end()
    signed = read_signer_infos(element, file)
    if hashes not in {set_of(form) for form in signed.algorithm.digest}:
        stream.refuse("digestAlgorithms", "is not the signer's")
    if signed.content_type != content_type:
        stream.refuse("contentType", "is not the content's")
    signed.check(trust)
    if certificate not in (b"", trust.signers[signed.key_id]):
        stream.refuse("certificates", "holds another certificate than the signer's")
    if handle is not None and signed.digest != digest.digest():
        raise MaterialsRefused(file, "damaged", "messageDigest: does not fit the content")
    if signed.label is None:
        stream.refuse("label", "is missing")
    if inner_label is not None and inner_label != signed.label:
        raise MaterialsRefused(file, "label-exchanged", "label: the encrypted content has another one")
    return decode_label(signed.label, file), signed.key_id


def _begin(stream: Stream) -> None:
    """Go into SignedData, or say that the file is something else."""
    if stream.enter_known(SIGNED_BEGINS, "contentInfo", "content", "signedData"):
        return
    try:
        stream.enter(SEQUENCE, "contentInfo")
        content_type = stream.small(OID, "contentType")
        if content_type != names.SIGNED_DATA:
            stream.refuse("contentType", "is not signedData")
    except MaterialsRefused as error:
        if error.why == "unreadable":
            raise MaterialsRefused(stream.file, "not-ours", error.detail) from error
        raise
    stream.enter(0xA0, "content")
    stream.enter(SEQUENCE, "signedData")
    if stream.small(INTEGER, "version") != integer(3):
        stream.refuse("version", "is not 3")


# -- AuthEnvelopedData ---------------------------------------------------------------------------------


class _Contents:
    """Gives the content of a file to a sink, decrypted where it is encrypted."""

    def __init__(self, file: str, opener: Opener | None, sink: Sink) -> None:
        self._file = file
        self._opener = opener
        self._sink = sink

    def __call__(self, octets: Octets, content_type: bytes) -> bytes | None:
        """Read the content to its end; return the label that was encrypted with it."""
        if content_type == names.DATA and self._opener is None:
            while data := octets.read(CHUNK):
                self._sink(memoryview(data))
            return None
        if content_type == names.CONTENT_INFO and self._opener is not None:
            line = _FirstLine(self._file, self._sink)
            inner = Stream(octets, self._file)
            decrypt(inner, self._opener, line.take)
            return line.end()
        what = "is encrypted" if self._opener is None else "is not encrypted"
        raise MaterialsRefused(self._file, "wrong-kind", f"eContentType: the content {what}")


class _FirstLine:
    """Keeps the first line back and gives the rest to a sink."""

    def __init__(self, file: str, sink: Sink) -> None:
        self._file = file
        self._sink = sink
        self._line: bytes | None = None
        self._begun = bytearray()

    def take(self, data: memoryview) -> None:
        """Take decrypted bytes."""
        if self._line is not None:
            self._sink(data)
            return
        self._begun += data
        line, found, rest = self._begun.partition(b"\n")
        if found:
            self._line = bytes(line)
            self._begun = bytearray()
            self._sink(memoryview(rest))
        elif len(self._begun) > MOST_LABEL:
            raise MaterialsRefused(self._file, "unreadable", "content: begins with no label")

    def end(self) -> bytes:
        """Return the line."""
        if self._line is None:
            raise MaterialsRefused(self._file, "unreadable", "content: begins with no label")
        return self._line


def decrypt(stream: Stream, opener: Opener, sink: Sink) -> None:
    """Read AuthEnvelopedData in its ContentInfo to the end of the stream, as ``encrypt`` or OpenSSL write it.

    Args:
        stream: At its beginning.
        opener: Whose key.
        sink: Is given a view of the decrypted bytes, which are good only if this function returns.

    Raises:
        MaterialsRefused: Damaged, cut off, or for somebody else.
    """
    file = stream.file
    _begin_envelope(stream)
    infos = stream.small(SET, "recipientInfos")
    stream.enter(SEQUENCE, "authEncryptedContentInfo")
    if stream.small(OID, "contentType") != names.DATA:
        stream.refuse("contentType", "is not data")
    nonce = _nonce(stream.small(SEQUENCE, "contentEncryptionAlgorithm"), file)
    key = opener.open(Reader(infos, file, "recipientInfos").enter(SET, "set"))
    decryptor = Cipher(AES256(key), GCM(nonce)).decryptor()
    octets = stream.octets(0x80, "encryptedContent")
    room = memoryview(bytearray(0))
    while data := octets.read(CHUNK):
        if len(room) < len(data) + 16:
            room = memoryview(bytearray(len(data) + 16))
        sink(room[: decryptor.update_into(data, room)])
    stream.leave()
    tag = Reader(stream.small(OCTETS, "mac"), file, "mac").take(OCTETS, "value")
    if len(tag) != names.TAG_SIZE:
        stream.refuse("mac", f"{len(tag)} bytes instead of {names.TAG_SIZE}")
    stream.leave_all(3)
    stream.end()
    try:
        decryptor.finalize_with_tag(tag)
    except InvalidTag as error:
        raise MaterialsRefused(file, "damaged", "mac: does not fit the encrypted content") from error


def _begin_envelope(stream: Stream) -> None:
    if stream.enter_known(ENVELOPE_BEGINS, "contentInfo", "content", "authEnvelopedData"):
        return
    stream.enter(SEQUENCE, "contentInfo")
    if stream.small(OID, "contentType") != names.AUTH_ENVELOPED_DATA:
        stream.refuse("contentType", "is not authEnvelopedData")
    stream.enter(0xA0, "content")
    stream.enter(SEQUENCE, "authEnvelopedData")
    if stream.small(INTEGER, "version") != integer(0):
        stream.refuse("version", "is not 0")


def _nonce(element: bytes, file: str) -> bytes:
    algorithm = Reader(element, file, "contentEncryptionAlgorithm").enter(SEQUENCE, "sequence")
    algorithm.expect(names.AES_256_GCM, "algorithm")
    parameters = algorithm.enter(SEQUENCE, "parameters")
    algorithm.leave()
    nonce = parameters.take(OCTETS, "nonce")
    if len(nonce) != names.NONCE_SIZE:
        parameters.refuse("nonce", f"{len(nonce)} bytes instead of {names.NONCE_SIZE}")
    parameters.expect(integer(names.TAG_SIZE), "icvlen")
    parameters.leave()
    return nonce
