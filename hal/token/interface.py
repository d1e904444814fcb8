"""The token as a station sees it, and the port it is inserted into."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from hal.secret import Secret
from hal.token.values import (
    Certificate,
    Mechanism,
    PinRole,
    TokenCapabilities,
    TokenInfo,
    TokenStatus,
)


@runtime_checkable
class Token(Protocol):
    """An inserted token, opened.

    Every method may raise ``TokenRemoved`` (for good: open it anew), ``DeviceTimeout`` or ``DeviceDead``.
    """

    @property
    def info(self) -> TokenInfo:
        """Who it is."""

    @property
    def capabilities(self) -> TokenCapabilities:
        """What it can do."""

    async def status(self) -> TokenStatus:
        """Look at the PIN state and the login."""

    async def login(self, pin: Secret, role: PinRole = PinRole.USER) -> None:
        """Open the private keys.

        Raises:
            PinIncorrect: With the attempts left, where the token says them.
            PinLocked: Before or by this attempt.
        """

    async def logout(self) -> None:
        """Close the private keys; nothing if not logged in."""

    async def certificates(self) -> tuple[Certificate, ...]:
        """List the certificates; needs no login. Those that content keys can be wrapped for come first."""

    async def sign(self, key_id: bytes, data: bytes, mechanism: Mechanism) -> bytes:
        """Sign data (not a digest).

        An ECDSA signature is ``ECDSA-Sig-Value`` in DER, as X.509 and CMS have it.

        Raises:
            NotLoggedIn, KeyNotFound, NotSupported
        """

    async def unwrap(self, key_id: bytes, wrapped: bytes) -> bytes:
        """Open a content key that was wrapped for this token's certificate.

        Raises:
            NotLoggedIn, KeyNotFound
            WrongToken: It was wrapped for somebody else.
        """

    async def change_pin(self, old: Secret, new: Secret) -> None:
        """Change the user PIN; a wrong old one counts as a failed login."""

    async def close(self) -> None:
        """Log out and give the token back. Calling it twice is allowed."""


class TokenPort(Protocol):
    """Where tokens are inserted: the USB ports of one station."""

    async def tokens(self) -> tuple[TokenInfo, ...]:
        """List what is inserted now, in order of insertion."""

    async def open(self, serial: str | None = None) -> Token:
        """Open the token of that serial number, or the only one.

        Raises:
            TokenNotPresent: None is inserted, or not that one.
            DeviceDead: It is inserted and does not react.
        """

    async def wait_change(self, known: tuple[TokenInfo, ...]) -> tuple[TokenInfo, ...]:
        """Return what is inserted as soon as it is something else than ``known``.

        Pass what ``tokens`` or the last call returned: a change in between is not missed.
        """
