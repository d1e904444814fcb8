"""What the driver and the process with the vendor's module say to each other.

Each is a frame (``hal.worker_side``) with a MessagePack body. A request is one of the classes below,
tagged by its name. A reply is ``[true, result]`` or ``[false, Failure]``. Replies come in the order of the
requests.
"""

from __future__ import annotations

import msgspec

SLEEPLESS = 0.001
"""Seconds for which either side looks for the other's next word before it goes to sleep.

To wake a process on a processor that has gone idle takes long beside a quick signature, twice a call
(``python -m benchmarks signing``, with 0 here). A slow token costs both sides a millisecond and no more.
"""


class Request(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Something for the worker to do."""


class Load(Request, frozen=True):
    """Load and initialise a module; result: what it says of itself."""

    path: str


class List(Request, frozen=True):
    """List the slots that hold a token, without asking the tokens; result: ``list[SlotRow]``."""


class Look(Request, frozen=True):
    """Ask the token in a slot of the last ``List`` who it is; ``list[TokenRow]``, empty if gone."""

    slot: int


class Open(Request, frozen=True):
    """Open a session on the token in that slot, if it still is the one of that serial; result: ``Opened``."""

    slot: int
    serial: str


class Status(Request, frozen=True):
    """Result: ``StatusRow``."""


class Login(Request, frozen=True):
    """Check a PIN and log in, logging out first."""

    pin: bytes
    administrator: bool

    def __repr__(self) -> str:
        return "Login(***)"


class Logout(Request, frozen=True):
    """Log out; nothing if nobody is logged in."""


class Certificates(Request, frozen=True):
    """Result: ``list[CertificateRow]``, those with an ID."""


class Sign(Request, frozen=True):
    """Sign with the private key of that ID. ``mechanism`` is a ``hal.token.Mechanism``; result: bytes."""

    key_id: bytes
    data: bytes
    mechanism: str


class Decrypt(Request, frozen=True):
    """RSA-OAEP with SHA-1 and MGF1-SHA-1; result: bytes."""

    key_id: bytes
    data: bytes


class Derive(Request, frozen=True):
    """ECDH with an uncompressed point, no KDF; result: the 32 bytes of the x coordinate."""

    key_id: bytes
    point: bytes


class SetPin(Request, frozen=True):
    """Change the user PIN."""

    old: bytes
    new: bytes

    def __repr__(self) -> str:
        return "SetPin(***)"


class Close(Request, frozen=True):
    """End the session and the module; the worker ends after its reply."""


AnyRequest = (
    Load
    | List
    | Look
    | Open
    | Status
    | Login
    | Logout
    | Certificates
    | Sign
    | Decrypt
    | Derive
    | SetPin
    | Close
)


class SlotRow(msgspec.Struct, frozen=True, array_like=True):
    """A slot with a token in it; ``name`` is what the module calls the slot."""

    slot: int
    name: str


class TokenRow(msgspec.Struct, frozen=True, array_like=True):
    """A token as its module describes it; ``flags`` are the ``CKF_…`` of ``CK_TOKEN_INFO``."""

    slot: int
    label: str
    serial: str
    model: str
    manufacturer: str
    firmware: str
    flags: int


class Opened(msgspec.Struct, frozen=True, array_like=True):
    """An opened token; ``mechanisms`` are the ``CKM_…`` that it offers."""

    token: TokenRow
    mechanisms: list[int]


class StatusRow(msgspec.Struct, frozen=True, array_like=True):
    """The token's flags, and whether somebody is logged in."""

    flags: int
    logged_in: bool


class CertificateRow(msgspec.Struct, frozen=True, array_like=True):
    """A certificate object: ``CKA_ID`` and ``CKA_VALUE``."""

    key_id: bytes
    der: bytes


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """Why a request failed.

    Attributes:
        name: The class of the error in ``pkcs11.exceptions``, or ours (see ``failures``).
        detail: The module's words.
        flags: The token's flags after a failed login, -1 if not known.
        gone: The token is no longer in its slot.
        broken: The module is of no more use in this process.
    """

    name: str
    detail: str = ""
    flags: int = -1
    gone: bool = False
    broken: bool = False
