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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from hal.token import Mechanism
from station_core import materials
from station_core.container import (
    STANDARD,
    ContentKeyOpener,
    ContentKeyRecipient,
    Kind,
    Label,
    OpenedFile,
    Opener,
    Recipient,
    SignerKey,
    Trust,
    Verify,
    open_bytes,
    seal_bytes,
    verify_bytes,
)
from station_core.errors import MaterialsRefused
from station_core.materials import EXPORT_AFFIXES, AccessKey, Package, Scope, decode, encode

EXPORT_KINDS: Mapping[Kind, str] = {
    Kind.BLANKS: "BLANK",
    Kind.TEST_BLANKS: "BLANK_TEST",
    Kind.AUDIO: "VOICE",
    Kind.KEGE: "KEGE",
}
"""What ``export_name`` calls each kind of export package."""


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
        data: The file.
        trust: Whose signature it carries.
    """

    label: Label
    data: bytes = field(repr=False)
    trust: Trust = field(repr=False)

    @property
    def name(self) -> str:
        """File name."""
        return self.label.name

    def open(self, opener: ContentKeyOpener, key_file: str) -> Package:
        """Open it.

        Args:
            opener: Has the content key that the token unwrapped.
            key_file: Where it came from, for the refusal.

        Raises:
            MaterialsRefused: The content key is another package's.
        """
        try:
            small = len(self.data) <= materials.LONGEST_REMEMBERED
            return (_open_package if small else _open_package.__wrapped__)(
                self.data, self.name, opener, self.trust
            )
        except MaterialsRefused as refusal:
            if refusal.why == "wrong-content-key":
                raise MaterialsRefused(key_file, "key-of-another-package", self.name) from refusal
            raise


def close_package(
    package: Package, content_key: bytes, created: datetime, keys: FederalKeys, issue: int = 1
) -> bytes:
    """Make the file of an интернет-пакет."""
    label = Label(Kind.PACKAGE, package.name, package.scope, issue, unique_number(), created)
    recipients = (ContentKeyRecipient(content_key),)
    return seal_bytes(label, encode(package), recipients, keys.signer, keys.sign)


def read_package(data: bytes, file: str, trust: Trust) -> ClosedPackage:
    """Check an интернет-пакет without any key.

    Raises:
        MaterialsRefused: Damaged, not ours, not signed by the portal, or another kind of file.
    """
    try:
        read = _read_package if len(data) <= materials.LONGEST_REMEMBERED else _read_package.__wrapped__
        return read(data, trust)
    except MaterialsRefused as refusal:
        raise MaterialsRefused(file, refusal.why, refusal.detail) from refusal


@lru_cache(maxsize=16)  # every station of a point loads the same package; what is read is frozen
def _read_package(data: bytes, trust: Trust) -> ClosedPackage:
    label, _ = verify_bytes(data, "", trust)
    require_kind(label, Kind.PACKAGE, "")
    return ClosedPackage(label, data, trust)


@lru_cache(maxsize=4)  # as above: decrypted once for all stations that run in this process
def _open_package(data: bytes, file: str, opener: ContentKeyOpener, trust: Trust) -> Package:
    opened = open_bytes(data, file, opener, trust)
    package = decode(opened.payload, Package, file)
    _same_as_label(opened.label, package.name, package.scope, file)
    return package


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


def read_export(data: bytes, file: str, opener: Opener, members: Trust, *, test: bool = False) -> OpenedFile:
    """Open an export package, as the РЦОИ does, and check what it says about itself [000:654-660].

    Args:
        data: The file.
        file: Its name.
        opener: The РЦОИ's key.
        members: Whose signatures are taken.
        test: Whether it should be a test package of the eve [000:635-644]; one is never the other.

    Raises:
        MaterialsRefused: Damaged, not ours, not signed by a member of the point, for another РЦОИ, under
            another name, a test package in place of the exam's or the reverse, or another kind of file.
    """
    opened = open_bytes(data, file, opener, members)
    label = opened.label
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
    return opened
