"""A token opened through its PKCS#11 module, as ``hal.token.Token``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from hal.errors import BadReply, DeviceDead, DeviceError, NotSupported
from hal.secret import Secret
from hal.token import wrapping
from hal.token.certificates import certificate_of, opens_content_keys
from hal.token.errors import (
    NotLoggedIn,
    PinIncorrect,
    PinLocked,
    PinRejected,
    SeveralTokens,
    TokenNotPresent,
    TokenRemoved,
    WrongToken,
)
from hal.token.pkcs11 import wire
from hal.token.pkcs11.channel import NOTHING, Channel, Failed, Result
from hal.token.pkcs11.failures import NEW_PIN, error_of
from hal.token.pkcs11.finding import Finder, Place, some
from hal.token.pkcs11.mechanisms import can_unwrap, offered
from hal.token.pkcs11.uri import TokenUri
from hal.token.values import (
    Certificate,
    Mechanism,
    PinRole,
    PinState,
    TokenCapabilities,
    TokenInfo,
    TokenStatus,
)

R = TypeVar("R")

_OPENED = Result(wire.Opened)
_STATUS = Result(wire.StatusRow)
_CERTIFICATES = Result(list[wire.CertificateRow])
_BYTES = Result(bytes)

CKF_USER_PIN_INITIALIZED, CKF_TOKEN_INITIALIZED = 0x8, 0x400
_PIN_STATES = ((0x40000, PinState.LOCKED), (0x20000, PinState.FINAL_TRY), (0x10000, PinState.LOW))
"""``CKF_USER_PIN_LOCKED``, ``_FINAL_TRY``, ``_COUNT_LOW``; the worst first."""


def pin_state(flags: int) -> PinState:
    """Return what the flags of ``CK_TOKEN_INFO`` say about the user PIN."""
    return next((state for flag, state in _PIN_STATES if flags & flag), PinState.OK)


def info_of(row: wire.TokenRow, module: Path) -> TokenInfo:
    """Return who the token is; its URL opens it again through the same module."""
    uri = TokenUri(label=row.label, serial=row.serial, module_path=str(module))
    return TokenInfo(uri.text(), row.label, row.serial, row.model, row.manufacturer, row.firmware)


async def open_token(finder: Finder, wanted: Callable[[wire.TokenRow], bool], device: str) -> Pkcs11Token:
    """Open the one formatted token that is wanted, in the worker that found it, which is then its own.

    Args:
        finder: Looks for it.
        wanted: Says whether a token is the one.
        device: What was asked for, for errors.

    Raises:
        TokenNotPresent: It is in no slot.
        SeveralTokens: Several are wanted.
        DeviceDead, DeviceTimeout, TokenError: It does not answer, or a slot does not in which it may be; the
            detail names the slot.
    """
    found = await finder.look()
    rows = [row for row in found.rows if row.flags & CKF_TOKEN_INITIALIZED and wanted(row)]
    if len(rows) > 1:
        raise SeveralTokens(device, ", ".join(f"{row.label} {row.serial}" for row in rows))
    if not rows:
        some((), found.failed.values())
        raise TokenNotPresent(device)
    place, row = finder.place, rows[0]
    info = info_of(row, place.module)
    channel = await finder.release()
    try:
        opened = await channel.call(wire.Open(row.slot, row.serial), _OPENED, place.deadlines.open)
    except BaseException as error:
        await channel.kill()
        if not isinstance(error, Failed):
            raise
        problem = error_of(error.failure, info.url)
        if isinstance(problem, TokenRemoved):
            problem = TokenNotPresent(info.url, problem.detail)
        raise problem from error
    return Pkcs11Token(place, channel, info_of(opened.token, place.module), frozenset(opened.mechanisms))


class Pkcs11Token:
    """An opened token in a worker process of its own.

    When a call hangs, the worker is killed and ``DeviceTimeout`` is raised; the next call starts another
    worker and opens the token anew, not logged in. When the token is pulled out, the object is of no more
    use: every call raises ``TokenRemoved``, even after the token is back. A call that is cancelled runs on
    in the worker, and the next call waits for its end or its deadline.
    """

    def __init__(self, place: Place, channel: Channel, info: TokenInfo, mechanisms: frozenset[int]) -> None:
        self._place = place
        self._channel = channel
        self._info = info
        self._restart = asyncio.Lock()
        self._lost = False
        self._closed = False
        self._recipients: dict[bytes, bytes] | None = None
        self._capabilities = TokenCapabilities(
            mechanisms=offered(mechanisms), can_unwrap=can_unwrap(mechanisms), reports_tries_left=False
        )

    @property
    def info(self) -> TokenInfo:
        """Who it is."""
        return self._info

    @property
    def capabilities(self) -> TokenCapabilities:
        """What it can do. PKCS#11 does not tell the tries left, only the last one."""
        return self._capabilities

    async def status(self) -> TokenStatus:
        """Look at the PIN state and the login."""
        row = await self._call(wire.Status(), _STATUS, self._place.deadlines.status)
        return TokenStatus(pin_state(row.flags), row.logged_in)

    async def login(self, pin: Secret, role: PinRole = PinRole.USER) -> None:
        """Open the private keys; who is logged in already is logged out first.

        Raises:
            PinIncorrect: With one try left where the token says so, else without a number.
            PinLocked: Before or by this attempt.
            PinRejected: It is empty; the token, which would count it as a wrong one, is not asked.
        """
        self._refuse_empty(pin)
        administrator = role is PinRole.ADMINISTRATOR
        seconds = self._place.deadlines.login
        try:
            # the text of the PIN has no name here, so that no traceback with local variables shows it
            await self._request(wire.Login(pin.reveal().encode(), administrator), NOTHING, seconds)
        except Failed as error:
            raise self._pin_error(error.failure, role) from None  # None: a PIN does not follow any error

    def _refuse_empty(self, pin: Secret) -> None:
        self._check()
        if not pin.reveal():
            raise PinRejected(self._info.url)

    def _pin_error(self, failure: wire.Failure, role: PinRole) -> DeviceError:
        problem = self._error(failure)
        if not isinstance(problem, PinIncorrect) or role is not PinRole.USER or failure.flags < 0:
            return problem
        state = pin_state(failure.flags)
        if state is PinState.LOCKED:
            return PinLocked(self._info.url)
        return PinIncorrect(self._info.url, 1 if state is PinState.FINAL_TRY else None)

    async def logout(self) -> None:
        """Close the private keys; nothing if not logged in."""
        await self._call(wire.Logout(), NOTHING, self._place.deadlines.logout)

    async def certificates(self) -> tuple[Certificate, ...]:
        """List the certificates that have an ID; needs no login. Those of ГОСТ keys come last.

        Raises:
            BadReply: The token holds something there that is no certificate.
        """
        rows = await self._call(wire.Certificates(), _CERTIFICATES, self._place.deadlines.certificates)
        try:
            held = [certificate_of(row.key_id, row.der) for row in rows]
            return tuple(sorted(held, key=lambda each: not opens_content_keys(each)))
        except ValueError as error:
            raise BadReply(self._info.url, f"certificate: {error}") from error

    async def sign(self, key_id: bytes, data: bytes, mechanism: Mechanism) -> bytes:
        """Sign data (not a digest).

        RSA signatures are as long as the modulus. ECDSA signatures are ``ECDSA-Sig-Value`` in DER, as
        X.509, CMS and OpenSSL have them (a token returns r and s, 32 bytes each). ГОСТ signatures are the
        64 bytes that the token
        returns: s and r, big endian.

        Raises:
            NotLoggedIn, KeyNotFound
            NotSupported: The token does not offer the mechanism, or the key is of another kind.
        """
        if mechanism not in self._capabilities.mechanisms:
            self._check()
            raise NotSupported(self._info.url, mechanism.value)
        request = wire.Sign(key_id, data, mechanism.value)
        signature = await self._call(request, _BYTES, self._place.deadlines.sign)
        if mechanism is not Mechanism.ECDSA_P256_SHA256:
            return signature
        if len(signature) != 64:
            raise BadReply(self._info.url, f"an ECDSA signature of {len(signature)} bytes")
        return encode_dss_signature(
            int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        )

    async def unwrap(self, key_id: bytes, wrapped: bytes) -> bytes:
        """Open a content key that ``hal.token.wrapping.wrap`` wrapped for this token's certificate.

        Raises:
            NotLoggedIn, KeyNotFound, NotSupported
            WrongToken: It was wrapped for somebody else, or it is damaged; the detail says which.
        """
        if not (await self.status()).logged_in:
            raise NotLoggedIn(self._info.url)
        try:
            parts = wrapping.parse(wrapped)
        except wrapping.BadWrapping as error:
            raise WrongToken(self._info.url, f"it is damaged: {error}") from error
        recipient = (await self._known_recipients()).get(key_id)
        if recipient is not None and recipient != parts.recipient:
            raise WrongToken(self._info.url, "it was wrapped for another certificate")
        try:
            return await self._open_key(key_id, parts)
        except wrapping.BadWrapping as error:
            raise WrongToken(self._info.url, f"it is damaged: {error}") from error

    async def _open_key(self, key_id: bytes, parts: wrapping.Wrapped) -> bytes:
        seconds = self._place.deadlines.unwrap
        if parts.kind == wrapping.EC:
            shared = await self._call(wire.Derive(key_id, parts.point), _BYTES, seconds)
            return wrapping.finish_ec(shared, parts)
        try:
            key = await self._request(wire.Decrypt(key_id, parts.body), _BYTES, seconds)
        except Failed as error:
            # SoftHSM says CKR_GENERAL_ERROR when the padding is wrong; the key is the right one, as we know
            if error.failure.name == "GeneralError" and not (error.failure.gone or error.failure.broken):
                raise wrapping.BadWrapping("the token does not open it") from error
            raise self._error(error.failure) from error
        if len(key) not in wrapping.KEY_LENGTHS:
            raise wrapping.BadWrapping(f"a key of {len(key)} bytes")
        return key

    async def _known_recipients(self) -> dict[bytes, bytes]:
        if self._recipients is None:
            found = await self.certificates()
            known = {}
            for certificate in found:
                try:
                    known[certificate.key_id] = wrapping.recipient_of(certificate.der)
                except ValueError:
                    continue  # a key of a kind that nothing is wrapped for
            self._recipients = known
        return self._recipients

    async def change_pin(self, old: Secret, new: Secret) -> None:
        """Change the user PIN; a wrong old one counts as a failed login.

        Raises:
            PinIncorrect, PinLocked
            PinRejected: The token does not take the new one, or the old one is empty.
        """
        self._refuse_empty(old)
        seconds = self._place.deadlines.change_pin
        try:
            await self._request(wire.SetPin(old.reveal().encode(), new.reveal().encode()), NOTHING, seconds)
        except Failed as error:
            if error.failure.name in NEW_PIN:
                raise PinRejected(self._info.url, error.failure.name) from None
            raise self._pin_error(error.failure, PinRole.USER) from None

    async def close(self) -> None:
        """Log out and give the token back; ends its process. Calling it twice is allowed."""
        self._closed = True
        await self._channel.close(self._place.deadlines.close)

    # -- calls --------------------------------------------------------------------------------------

    def _check(self) -> None:
        if self._lost:
            raise TokenRemoved(self._info.url)
        if self._closed:
            raise TokenNotPresent(self._info.url, "this session was closed; open the token anew")

    async def _call(self, request: wire.Request, result: Result[R], seconds: float) -> R:
        try:
            return await self._request(request, result, seconds)
        except Failed as error:
            raise self._error(error.failure) from error

    async def _request(self, request: wire.Request, result: Result[R], seconds: float) -> R:
        self._check()
        if not self._channel.alive:
            await self._begin_again()
        return await self._channel.call(request, result, seconds)

    def _error(self, failure: wire.Failure) -> DeviceError:
        problem = error_of(failure, self._info.url)
        if isinstance(problem, TokenRemoved):
            self._lost = True
        if failure.broken or self._lost or isinstance(problem, DeviceDead):
            self._channel.drop()
        return problem

    async def _begin_again(self) -> None:
        """Start another worker after the last one was killed or crashed.

        Raises:
            TokenRemoved: The token is no longer there.
        """
        async with self._restart:
            if self._channel.alive:
                return
            async with Finder(self._place) as finder:
                try:
                    fresh = await open_token(finder, self._is_me, self._info.url)
                except TokenNotPresent as error:
                    self._lost = True
                    raise TokenRemoved(self._info.url) from error
            self._channel = fresh._channel  # noqa: SLF001 - our own class
            if self._closed:  # while we were at it
                await self._channel.kill()
                self._check()

    def _is_me(self, row: wire.TokenRow) -> bool:
        return row.serial == self._info.serial
