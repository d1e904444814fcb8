"""The files of the exam day, closed and signed: интернет-пакет, access keys, export packages.

Who makes and who opens what:

=================  ==========================  =====================================
file               signed by                   opened by
=================  ==========================  =====================================
интернет-пакет     the federal portal          the content key [001:73, 137]
access key         the federal portal          nobody: what is secret in it is wrapped for each token
export packages    the ГЭК member's token      the РЦОИ [001:198]
=================  ==========================  =====================================
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from itertools import chain
from typing import BinaryIO

from hal.token import Mechanism
from station_core import materials
from station_core.container import (
    STANDARD,
    ContentKeyOpener,
    ContentKeyRecipient,
    Kind,
    Label,
    Opener,
    Piece,
    Recipient,
    SignerKey,
    Sink,
    Trust,
    Verify,
    Writable,
    open_bytes,
    open_stream,
    seal,
    seal_bytes,
    verify_stream,
)
from station_core.errors import MaterialsRefused
from station_core.materials import EXPORT_AFFIXES, AccessKey, Package, Scope, decode, encode
from station_core.store import Content, InMemory

EXPORT_KINDS: Mapping[Kind, str] = {
    Kind.BLANKS: "BLANK",
    Kind.TEST_BLANKS: "BLANK_TEST",
    Kind.AUDIO: "VOICE",
    Kind.KEGE: "KEGE",
}
"""What ``export_name`` calls each kind of export package."""

MOST_INDEX = 16 << 20
"""Bytes of the longest index of a package: some hundred thousand kits (our choice)."""


@dataclass(frozen=True, slots=True, eq=False)
class Authorities:
    """What a station knows of the federal side; it comes with the station's installation.

    Args:
        portal: Whose signature packages and keys carry.
        rcoi: For whom export packages are encrypted [001:198].
        verifiers: How a token's own signature is checked before a file leaves the station.
    """

    portal: Trust
    rcoi: tuple[Recipient, ...]
    verifiers: Mapping[Mechanism, Verify] = field(default_factory=lambda: STANDARD)


@dataclass(frozen=True, slots=True, eq=False)
class FederalKeys:
    """The secrets of the federal side: what the portal signs with and what the РЦОИ opens with.

    Args:
        signer, sign: The portal's own key.
        rcoi: The РЦОИ's private key.
        recipients: The РЦОИ as stations know it.
        verifiers: How signatures are checked.
    """

    signer: SignerKey
    sign: Callable[[bytes], bytes] = field(repr=False)
    rcoi: Opener = field(repr=False)
    recipients: tuple[Recipient, ...]
    verifiers: Mapping[Mechanism, Verify] = field(default_factory=lambda: STANDARD)

    def authorities(self) -> Authorities:
        """Return what stations may know of this."""
        trust = Trust({self.signer.key_id: self.signer.certificate}, self.verifiers)
        return Authorities(trust, self.recipients, self.verifiers)


def unique_number() -> str:
    """Return a number that no other file has."""
    return secrets.token_hex(16)


def require_kind(label: Label, kind: Kind, file: str) -> None:
    """See that a file is what it should be.

    Raises:
        MaterialsRefused: It is another kind of file.
    """
    if label.kind is not kind:
        raise MaterialsRefused(file, "wrong-kind", f"label.kind: {label.kind}, wanted {kind}")


def require_scope(scope: Scope, mine: Scope, file: str) -> None:
    """See that materials are for here and today.

    Raises:
        MaterialsRefused: Another region, point, date or subject.
    """
    if scope.region != mine.region:
        raise MaterialsRefused(file, "wrong-region", f"scope.region: {scope.region}, here {mine.region}")
    if scope.point != mine.point:
        raise MaterialsRefused(file, "wrong-point", f"scope.point: {scope.point}, here {mine.point}")
    if scope.exam_date != mine.exam_date:
        detail = f"scope.exam_date: {scope.exam_date}, here {mine.exam_date}"
        raise MaterialsRefused(file, "wrong-exam-date", detail)
    if scope.subject != mine.subject:
        raise MaterialsRefused(file, "wrong-subject", f"scope.subject: {scope.subject}, here {mine.subject}")


# -- интернет-пакет ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClosedPackage:
    """An интернет-пакет that is authentic and not opened.

    Args:
        label: What may be known of it.
        content: The file, which may be larger than memory.
        trust: Whose signature it carries.
    """

    label: Label
    content: Content = field(repr=False)
    trust: Trust = field(repr=False)

    @property
    def name(self) -> str:
        """File name."""
        return self.label.name

    def open(self, opener: ContentKeyOpener, key_file: str) -> Package:
        """Open it; what comes after the index is checked piece by piece and not kept.

        Args:
            opener: Has the content key that the token unwrapped.
            key_file: Where it came from, for the refusal.

        Raises:
            MaterialsRefused: The content key is another package's.
            OSError: The file cannot be read any more.
        """
        read = _open_package if _small(self.content) else _open_package.__wrapped__
        try:
            return read(self.content, self.name, opener, self.trust)
        except MaterialsRefused as refusal:
            if refusal.why == "wrong-content-key":
                raise MaterialsRefused(key_file, "key-of-another-package", self.name) from refusal
            raise


def write_package(
    sink: Writable,
    package: Package,
    content_key: bytes,
    created: datetime,
    keys: FederalKeys,
    issue: int = 1,
    content: Iterable[Piece] = (),
) -> None:
    """Write the file of an интернет-пакет of any size.

    Args:
        sink: Where to.
        package: The index; its ``content_bytes`` is the length of ``content``.
        content_key: What opens it.
        created: When.
        keys: Whose signature it carries.
        issue: The how-manieth for this scope.
        content: What follows the index, in pieces of any size.
    """
    label = Label(Kind.PACKAGE, package.name, package.scope, issue, unique_number(), created)
    payload = chain((encode(package) + b"\n",), content) if package.content_bytes else (encode(package),)
    draft = seal(sink, label, payload, (ContentKeyRecipient(content_key),), keys.signer)
    draft.finish(keys.sign(draft.to_sign))


def close_package(
    package: Package, content_key: bytes, created: datetime, keys: FederalKeys, issue: int = 1
) -> bytes:
    """Make the file of an интернет-пакет that holds nothing but its index."""
    file = BytesIO()
    write_package(file, package, content_key, created, keys, issue)
    return file.getvalue()


def read_package(content: Content, file: str, trust: Trust) -> ClosedPackage:
    """Check an интернет-пакет of any size without any key.

    Raises:
        MaterialsRefused: Damaged, not ours, not signed by the portal, or another kind of file.
        OSError: It cannot be read.
    """
    read = _read_package if _small(content) else _read_package.__wrapped__
    try:
        return read(content, trust)
    except MaterialsRefused as refusal:
        raise MaterialsRefused(file, refusal.why, refusal.detail) from refusal


def _small(content: Content) -> bool:
    """Whether what is in the file may be remembered by its bytes."""
    return isinstance(content, InMemory) and len(content.data) <= materials.LONGEST_REMEMBERED


@lru_cache(maxsize=16)  # every station of a point loads the same package; what is read is frozen
def _read_package(content: Content, trust: Trust) -> ClosedPackage:
    with content.open() as source:
        label, _ = verify_stream(source, "", trust)
    require_kind(label, Kind.PACKAGE, "")
    return ClosedPackage(label, content, trust)


@lru_cache(maxsize=4)  # as above: decrypted once for all stations that run in this process
def _open_package(content: Content, file: str, opener: ContentKeyOpener, trust: Trust) -> Package:
    index = _Index(file)
    with content.open() as source:
        label, _ = open_stream(source, file, opener, trust, index.take)
    package = decode(bytes(index.line), Package, file)
    _same_as_label(label, package.name, package.scope, file)
    if package.content_bytes != index.follows:
        detail = f"content_bytes: {package.content_bytes}, but {index.follows} follow"
        raise MaterialsRefused(file, "unreadable", detail)
    return package


class _Index:
    """Keeps the first line of a package and counts what follows."""

    def __init__(self, file: str) -> None:
        self.line = bytearray()
        self.follows = 0
        self._file = file
        self._complete = False

    def take(self, data: memoryview) -> None:
        """Take decrypted bytes."""
        if self._complete:
            self.follows += len(data)
            return
        line, found, rest = bytes(data).partition(b"\n")
        self.line += line
        if found:
            self._complete = True
            self.follows = len(rest)
        if len(self.line) > MOST_INDEX:
            raise MaterialsRefused(self._file, "unreadable", f"the index has more than {MOST_INDEX} bytes")


def _same_as_label(label: Label, name: str, scope: Scope, file: str) -> None:
    """See that the content is what the label promises.

    Raises:
        MaterialsRefused: It is something else.
    """
    if (label.name, label.scope) != (name, scope):
        detail = f"label: {label.name} {label.scope}, not {name} {scope}"
        raise MaterialsRefused(file, "label-exchanged", detail)


# -- access keys ---------------------------------------------------------------------------------------


def sign_key(key: AccessKey, created: datetime, keys: FederalKeys) -> bytes:
    """Make the file of an access key."""
    label = Label(Kind.KEY, key.name, key.scope, key.issue, unique_number(), created)
    return seal_bytes(label, encode(key), (), keys.signer, keys.sign)


def read_key(data: bytes, file: str, trust: Trust) -> AccessKey:
    """Read a key file.

    Raises:
        MaterialsRefused: Damaged, not ours, not signed by the portal, or another kind of file.
    """
    try:
        return _read_key(data, trust)
    except MaterialsRefused as refusal:
        raise MaterialsRefused(file, refusal.why, refusal.detail) from refusal


@lru_cache(maxsize=16)  # every station of a point loads the same key
def _read_key(data: bytes, trust: Trust) -> AccessKey:
    opened = open_bytes(data, "", None, trust)
    require_kind(opened.label, Kind.KEY, "")
    key = decode(opened.payload, AccessKey, "")
    _same_as_label(opened.label, key.name, key.scope, "")
    if key.issue != opened.label.issue:
        raise MaterialsRefused("", "label-exchanged", f"label.issue: {opened.label.issue}, not {key.issue}")
    return key


# -- export packages -----------------------------------------------------------------------------------


def receive_export(
    source: BinaryIO, file: str, opener: Opener, members: Trust, sink: Sink, *, test: bool = False
) -> tuple[Label, bytes]:
    """Open an export package of any size, as the РЦОИ does, and check what it says of itself [000:654-660].

    Args:
        source: The file, at its beginning.
        file: The name that it came under.
        opener: The РЦОИ's key.
        members: Whose signature is taken.
        sink: Is given what it holds, piece by piece, which is good only if this function returns.
        test: Whether it should be a test package of the eve [000:635-644]; one is never the other.

    Returns:
        What it says, and the key id of who signed it.

    Raises:
        MaterialsRefused: Damaged, not ours, not signed by a member of the point, for another РЦОИ, under
            another name, a test package in place of the exam's or the reverse, or another kind of file.
        OSError: The file cannot be read.
    """
    label, signer = open_stream(source, file, opener, members, sink)
    if label.kind not in EXPORT_KINDS:
        raise MaterialsRefused(file, "wrong-kind", f"label.kind: {label.kind} is no export package")
    if (label.kind is Kind.TEST_BLANKS) is not test:
        raise MaterialsRefused(
            file, "no-test-package" if test else "test-package", f"label.kind: {label.kind}"
        )
    if label.name != file:
        raise MaterialsRefused(file, "wrong-name", f"label.name: {label.name}")
    begins, ends = EXPORT_AFFIXES[EXPORT_KINDS[label.kind]]
    if not (file.startswith(begins) and file.endswith(ends)):
        raise MaterialsRefused(file, "wrong-name", f"label.kind: {label.kind} is not named so")
    return label, signer
