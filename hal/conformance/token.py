"""What every token driver must do: ``await check_token(bench)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hal.conformance.suite import Check, CheckBench, Report, Skip, require, require_error, run_checks
from hal.errors import DeviceDead, DeviceTimeout, NotSupported
from hal.runtime import SECOND
from hal.secret import Secret
from hal.token import (
    Certificate,
    KeyNotFound,
    Mechanism,
    NotLoggedIn,
    PinIncorrect,
    PinLocked,
    PinRole,
    PinState,
    Token,
    TokenNotPresent,
    TokenPort,
    TokenRemoved,
    WrongToken,
)
from hal.token.certificates import mechanisms_of, opens_content_keys

REMOVE, SECOND_TOKEN, LOCK, UNLOCK, WRAP, DEAD = "remove", "second-token", "lock", "unlock", "wrap", "dead"

CONDITIONS = (REMOVE, SECOND_TOKEN, LOCK, UNLOCK, WRAP, DEAD)
"""What a bench may support.

* ``remove``: pull the token out and insert it again, also in the middle of a call;
* ``second-token``: insert another token beside the first;
* ``lock``: the token locks after too many wrong PINs (SoftHSM never does);
* ``unlock``: the administrator's PIN is known, and its login unlocks the user PIN;
* ``wrap``: seal a content key for a certificate;
* ``dead``: make the token answer nothing.
"""

_GONE = (TokenRemoved, TokenNotPresent)


class TokenBench(CheckBench, Protocol):
    """A workplace with one token whose PINs are known; ``supports`` holds names from ``CONDITIONS``."""

    @property
    def pin(self) -> Secret:
        """The user PIN of the fresh token."""

    @property
    def admin_pin(self) -> Secret:
        """The administrator's PIN; needed for ``unlock`` only."""

    async def port(self) -> TokenPort:
        """Return a port with one fresh token: inserted, not locked, the known PINs, one certificate."""

    async def insert(self) -> None:
        """Insert the token (``remove``)."""

    async def remove(self) -> None:
        """Pull the token out (``remove``)."""

    async def insert_second(self) -> None:
        """Insert another token beside the first (``second-token``)."""

    async def kill(self) -> None:
        """Make the token answer nothing (``dead``)."""

    def wrap(self, certificate: Certificate, content_key: bytes) -> bytes:
        """Seal a content key for the owner of the certificate (``wrap``)."""

    def wrap_for_other(self, content_key: bytes) -> bytes:
        """Seal a content key for somebody else (``wrap``)."""

    def verify(self, certificate: Certificate, data: bytes, signature: bytes, mechanism: Mechanism) -> bool:
        """Say whether the signature is the owner's, over exactly this data."""


_WRONG = Secret("00000000")
_OTHER = Secret("11223344")


async def _logged_in(bench: TokenBench) -> tuple[Token, Certificate]:
    token = await (await bench.port()).open()
    await token.login(bench.pin)
    return token, (await token.certificates())[0]


def _mechanisms(token: Token, certificate: Certificate) -> tuple[Mechanism, ...]:
    """Return what the token offers and the certificate's key is for; none where a module hides a kind."""
    return tuple(each for each in mechanisms_of(certificate) if each in token.capabilities.mechanisms)


def _mechanism(token: Token, certificate: Certificate) -> Mechanism:
    """Return how the main key signs."""
    if not token.capabilities.mechanisms:
        raise Skip("the token signs nothing")
    fitting = _mechanisms(token, certificate)
    require(fitting, "the token offers no mechanism for the key of its first certificate")
    return fitting[0]


async def _lock(token: Token, most: int = 20) -> int:
    """Enter wrong PINs until the token locks; return how many it took."""
    for count in range(1, most + 1):
        try:
            await token.login(_WRONG)
        except PinIncorrect:
            continue
        except PinLocked:
            return count
        raise AssertionError("the token takes a wrong PIN")
    raise AssertionError(f"the token is not locked after {most} wrong PINs")


async def _check_lists_what_is_inserted(bench: TokenBench) -> None:
    port = await bench.port()
    listed = await port.tokens()
    require(len(listed) == 1, f"one token is inserted, but {len(listed)} are listed")
    token = await port.open()
    require(token.info.serial, "info.serial must not be empty")
    require(listed[0].serial == token.info.serial, "tokens() and open() must tell the same serial number")
    await token.close()


async def _check_opens_by_serial(bench: TokenBench) -> None:
    port = await bench.port()
    serial = (await port.tokens())[0].serial
    token = await port.open(serial)
    require(token.info.serial == serial, "open(serial) has to open the token of that serial number")
    await token.close()
    await require_error(port.open("no-such-serial"), TokenNotPresent, "open of a serial that is not inserted")


async def _check_certificates_need_no_login(bench: TokenBench) -> None:
    token = await (await bench.port()).open()
    certificates = await token.certificates()
    require(certificates, "the token holds a certificate, but none is listed")
    for certificate in certificates:
        require(certificate.key_id, "a certificate with a private key has a key_id")
        require(certificate.not_before < certificate.not_after, "a certificate ends after it begins")
    require(not (await token.status()).logged_in, "listing certificates must not log in")
    await token.close()


async def _check_login_and_logout(bench: TokenBench) -> None:
    token = await (await bench.port()).open()
    status = await token.status()
    require(not status.logged_in, "a token that was just opened is not logged in")
    require(status.pin is PinState.OK, f"the PIN of a fresh token is ok, but it says {status.pin}")
    await token.login(bench.pin)
    require((await token.status()).logged_in, "after login, status has to say so")
    await token.logout()
    require(not (await token.status()).logged_in, "after logout, status has to say so")
    await token.logout()
    await token.close()


async def _check_wrong_pin(bench: TokenBench) -> None:
    token = await (await bench.port()).open()
    error = await require_error(token.login(_WRONG), PinIncorrect, "login with a wrong PIN")
    told = error.tries_left if isinstance(error, PinIncorrect) else None
    tries = token.capabilities.pin_tries
    if token.capabilities.reports_tries_left:
        require(told is not None, "capabilities promise the tries left, but PinIncorrect does not tell them")
    if told is not None and tries is not None:
        require(told == tries - 1, f"{tries} tries less one wrong are {tries - 1}, but it tells {told}")
    require(_WRONG.reveal() not in f"{error!s} {error!r}", "an error must not show the PIN")
    status = await token.status()
    require(not status.logged_in, "a wrong PIN must not log in")
    require(status.pin in (PinState.OK, PinState.LOW), f"one wrong PIN must not lead to {status.pin}")
    await token.login(bench.pin)
    require((await token.status()).pin is PinState.OK, "a right PIN gives the attempts back")
    await token.close()


async def _check_ten_wrong_pins(bench: TokenBench) -> None:
    port = await bench.port()
    token = await port.open()
    locked = False
    for _ in range(10):
        error = await require_error(token.login(_WRONG), (PinIncorrect, PinLocked), "login with a wrong PIN")
        require(not locked or isinstance(error, PinLocked), "a locked token has to stay locked")
        locked = isinstance(error, PinLocked)
    require(not (await token.status()).logged_in, "wrong PINs must not log in")
    if locked:
        await require_error(token.login(bench.pin), PinLocked, "the right PIN on a locked token")
    else:  # every failed login that leaves a session open brings the token nearer to its most
        await token.login(bench.pin)
        again = await port.open()
        require(await again.certificates(), "after many wrong PINs the token must open as before")
        await again.close()
    await token.close()


async def _check_cancelled_call(bench: TokenBench) -> None:
    token, certificate = await _logged_in(bench)
    mechanism = _mechanism(token, certificate)
    for pause in (0, 1, 100, 10_000):  # microseconds: before the token has it, and while it works
        async with bench.runtime.task_group() as group:
            task = group.start(token.sign(certificate.key_id, b"given up", mechanism), "sign and give up")
            await bench.runtime.sleep(pause)
            task.cancel()
    signature = await token.sign(certificate.key_id, b"after", mechanism)
    require(
        bench.verify(certificate, b"after", signature, mechanism),
        "after cancelled calls the next signature has to be that of its own data",
    )
    require((await token.status()).logged_in, "a cancelled call must not log out")
    await token.close()


async def _check_locks(bench: TokenBench) -> None:
    token = await (await bench.port()).open()
    count = await _lock(token)
    tries = token.capabilities.pin_tries
    require(tries in (None, count), f"capabilities promise {tries} tries, but it took {count}")
    require((await token.status()).pin is PinState.LOCKED, "after locking, status has to say locked")
    await require_error(token.login(bench.pin), PinLocked, "the right PIN on a locked token")
    await token.close()


async def _check_lock_outlasts_reopening(bench: TokenBench) -> None:
    port = await bench.port()
    token = await port.open()
    await _lock(token)
    await token.close()
    again = await port.open()
    await require_error(again.login(bench.pin), PinLocked, "the right PIN after opening a locked token anew")
    await again.close()


async def _check_unlocks(bench: TokenBench) -> None:
    token = await (await bench.port()).open()
    await _lock(token)
    await token.login(bench.admin_pin, PinRole.ADMINISTRATOR)
    await token.logout()
    await token.login(bench.pin)
    require((await token.status()).pin is PinState.OK, "an unlocked PIN has all its attempts")
    await token.close()


async def _check_change_pin(bench: TokenBench) -> None:
    token = await (await bench.port()).open()
    await require_error(token.change_pin(_WRONG, _OTHER), PinIncorrect, "change_pin with a wrong old PIN")
    await token.change_pin(bench.pin, _OTHER)
    await token.logout()
    await require_error(token.login(bench.pin), PinIncorrect, "the old PIN after the change")
    await token.login(_OTHER)
    await token.change_pin(_OTHER, bench.pin)
    await token.close()


async def _check_signs(bench: TokenBench) -> None:
    token, main = await _logged_in(bench)
    _mechanism(token, main)
    data = b"what the member confirms"
    for certificate in await token.certificates():
        for mechanism in _mechanisms(token, certificate):
            signature = await token.sign(certificate.key_id, data, mechanism)
            require(
                bench.verify(certificate, data, signature, mechanism),
                f"the signature by {mechanism} has to verify",
            )
            require(
                not bench.verify(certificate, data + b"!", signature, mechanism),
                f"the signature by {mechanism} must not verify over other data",
            )
    await token.close()


async def _check_sign_needs_login(bench: TokenBench) -> None:
    token = await (await bench.port()).open()
    certificate = (await token.certificates())[0]
    mechanism = _mechanism(token, certificate)
    await require_error(token.sign(certificate.key_id, b"x", mechanism), NotLoggedIn, "sign without login")
    await token.login(bench.pin)
    await token.logout()
    await require_error(token.sign(certificate.key_id, b"x", mechanism), NotLoggedIn, "sign after logout")
    await token.close()


async def _check_sign_names_missing_key(bench: TokenBench) -> None:
    token, certificate = await _logged_in(bench)
    mechanism = _mechanism(token, certificate)
    await require_error(token.sign(b"no such key", b"x", mechanism), KeyNotFound, "sign with an unknown key")
    await token.close()


async def _check_sign_refuses_mechanism(bench: TokenBench) -> None:
    token, certificate = await _logged_in(bench)
    unknown = [each for each in Mechanism if each not in token.capabilities.mechanisms]
    if not unknown:
        raise Skip("the token knows every mechanism")
    await require_error(
        token.sign(certificate.key_id, b"x", unknown[0]), NotSupported, f"sign with {unknown[0]}"
    )
    await token.close()


async def _check_unwraps(bench: TokenBench) -> None:
    token, _ = await _logged_in(bench)
    if not token.capabilities.can_unwrap:
        raise Skip("the token unwraps nothing")
    key = bytes(range(32))
    foreign = bench.wrap_for_other(key)
    opened = 0
    for certificate in filter(opens_content_keys, await token.certificates()):
        try:
            result = await token.unwrap(certificate.key_id, bench.wrap(certificate, key))
        except NotSupported:
            continue  # a token may unwrap with keys of one kind only
        opened += 1
        require(result == key, "unwrap has to return the key that was wrapped")
        await require_error(
            token.unwrap(certificate.key_id, foreign), WrongToken, "unwrap of another member's key"
        )
    require(opened, "the token promises to unwrap, but does so with none of its keys")
    await token.logout()
    for certificate in filter(opens_content_keys, await token.certificates()):
        wrapped = bench.wrap(certificate, key)
        await require_error(token.unwrap(certificate.key_id, wrapped), NotLoggedIn, "unwrap without login")
    await token.close()


async def _check_close(bench: TokenBench) -> None:
    port = await bench.port()
    token = await port.open()
    await token.login(bench.pin)
    await token.close()
    await token.close()
    again = await port.open()
    require(not (await again.status()).logged_in, "close has to log out")
    await again.close()


async def _check_removal(bench: TokenBench) -> None:
    port = await bench.port()
    token = await port.open()
    await token.login(bench.pin)
    await bench.remove()
    require(not await port.tokens(), "a token that was pulled out must not be listed")
    await require_error(token.status(), TokenRemoved, "status after removal")
    await require_error(token.login(bench.pin), TokenRemoved, "login after removal")
    await require_error(port.open(), TokenNotPresent, "open with no token inserted")
    await bench.insert()
    await require_error(token.status(), TokenRemoved, "the old session after the token is back")
    await token.close()
    again = await port.open()
    require(not (await again.status()).logged_in, "a token that is inserted again is not logged in")
    await again.login(bench.pin)
    await again.close()


async def _check_removal_in_the_middle(bench: TokenBench) -> None:
    token, certificate = await _logged_in(bench)
    mechanism = _mechanism(token, certificate)
    ended = bench.runtime.event()

    async def sign_on() -> None:
        try:
            while True:  # a fast token ends many calls before it is pulled out
                await token.sign(certificate.key_id, b"x" * 1000, mechanism)
        except _GONE:
            ended.set()

    async with bench.runtime.task_group() as group:
        group.start(sign_on(), "sign until removal")
        await bench.runtime.sleep(SECOND // 3)
        require(not ended.is_set(), "the token is gone before it is pulled out")
        await bench.remove()
        await ended.wait()
    await token.close()
    await bench.insert()


async def _check_tells_changes(bench: TokenBench) -> None:
    port = await bench.port()
    for change in (bench.remove, bench.insert):
        async with bench.runtime.task_group() as group:
            known = await port.tokens()
            task = group.start(port.wait_change(known), "wait for a change")
            await bench.runtime.sleep(SECOND // 10)
            require(not task.done(), "wait_change must not return before something changes")
            await change()
            require(await task.wait() != known, "wait_change must return what is inserted now")
        async with bench.runtime.timeout(SECOND):
            # the change has happened already: whoever asks late must be told at once
            require(await port.wait_change(known) == await port.tokens(), "wait_change missed a change")


async def _check_two_tokens(bench: TokenBench) -> None:
    port = await bench.port()
    await bench.insert_second()
    listed = await port.tokens()
    require(len(listed) == 2, f"two tokens are inserted, but {len(listed)} are listed")
    require(listed[0].serial != listed[1].serial, "two tokens must have two serial numbers")
    await require_error(port.open(), TokenNotPresent, "open without a serial while two are inserted")
    for info in listed:
        token = await port.open(info.serial)
        require(token.info.serial == info.serial, "open(serial) has to open that one")
        await token.close()


async def _check_dead(bench: TokenBench) -> None:
    port = await bench.port()
    token = await port.open()
    await bench.kill()
    await require_error(token.status(), (DeviceDead, DeviceTimeout), "status of a dead token")
    await token.close()
    await require_error(port.open(), (DeviceDead, DeviceTimeout), "open of a dead token")


CHECKS: Mapping[str, Check[TokenBench]] = {
    "lists-what-is-inserted": Check(_check_lists_what_is_inserted),
    "opens-by-serial": Check(_check_opens_by_serial),
    "certificates-need-no-login": Check(_check_certificates_need_no_login),
    "login-and-logout": Check(_check_login_and_logout),
    "wrong-pin": Check(_check_wrong_pin),
    "ten-wrong-pins": Check(_check_ten_wrong_pins),
    "locks": Check(_check_locks, (LOCK,)),
    "lock-outlasts-reopening": Check(_check_lock_outlasts_reopening, (LOCK,)),
    "unlocks": Check(_check_unlocks, (LOCK, UNLOCK)),
    "change-pin": Check(_check_change_pin),
    "signs": Check(_check_signs),
    "cancelled-call": Check(_check_cancelled_call),
    "sign-needs-login": Check(_check_sign_needs_login),
    "sign-names-missing-key": Check(_check_sign_names_missing_key),
    "sign-refuses-mechanism": Check(_check_sign_refuses_mechanism),
    "unwraps": Check(_check_unwraps, (WRAP,)),
    "close": Check(_check_close),
    "removal": Check(_check_removal, (REMOVE,)),
    "removal-in-the-middle": Check(_check_removal_in_the_middle, (REMOVE,)),
    "tells-changes": Check(_check_tells_changes, (REMOVE,)),
    "two-tokens": Check(_check_two_tokens, (SECOND_TOKEN,)),
    "dead": Check(_check_dead, (DEAD,)),
}
"""Each check by name; every one asks the bench for a fresh token."""


async def check_token(bench: TokenBench) -> Report:
    """Make all checks.

    Raises:
        AssertionError: Some failed; the text names each with its sentence.
    """
    return await run_checks(CHECKS, bench)
