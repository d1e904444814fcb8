"""The container of exam materials: CMS, published in ``docs/reference/packages.md``.

A file is CMS SignedData (RFC 5652) with a label of public facts among its signed attributes. A package
holds AuthEnvelopedData (RFC 5083) with AES-256-GCM (RFC 5084); a key file holds its content in clear.
Everything that comes from outside is read strictly: what is not exactly as written there is refused by
:class:`~station_core.errors.MaterialsRefused`, which names the file, the field and the reason.
"""

from hal.files import new_file
from station_core.container.label import FORMAT, Kind, Label
from station_core.container.opening import (
    OpenedFile,
    Sink,
    open_bytes,
    open_file,
    open_stream,
    read_label,
    verify_stream,
)
from station_core.container.recipients import (
    CertificateRecipient,
    ContentKeyOpener,
    ContentKeyRecipient,
    Opener,
    PrivateKeyOpener,
    Recipient,
    SimulatedOpener,
    SimulatedRecipient,
    content_key_id,
    identity,
    key_id_of,
)
from station_core.container.sealing import Draft, Piece, Writable, seal, seal_bytes
from station_core.container.signatures import (
    STANDARD,
    SignerKey,
    Trust,
    Verify,
    mechanism_for,
    verify_standard,
)

__all__ = [
    "FORMAT",
    "STANDARD",
    "CertificateRecipient",
    "ContentKeyOpener",
    "ContentKeyRecipient",
    "Draft",
    "Kind",
    "Label",
    "OpenedFile",
    "Opener",
    "Piece",
    "PrivateKeyOpener",
    "Recipient",
    "SignerKey",
    "SimulatedOpener",
    "SimulatedRecipient",
    "Sink",
    "Trust",
    "Verify",
    "Writable",
    "content_key_id",
    "identity",
    "key_id_of",
    "mechanism_for",
    "new_file",
    "open_bytes",
    "open_file",
    "open_stream",
    "read_label",
    "seal",
    "seal_bytes",
    "verify_standard",
    "verify_stream",
]
