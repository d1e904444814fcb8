"""A technician's check of a token, step by step; no texts here, see ``check_command``."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hal.errors import NotSupported
from hal.secret import Secret
from hal.token import (
    Certificate,
    Mechanism,
    ModuleMissing,
    PinIncorrect,
    PinLocked,
    PinState,
    SeveralTokens,
    Token,
    TokenError,
    TokenNotPresent,
    WrongToken,
    signatures,
    usb,
    wrapping,
)
from hal.token.certificates import mechanisms_of, out_of_date
from hal.token.diagnosis import Trouble, diagnose, pcsc, silent_server
from hal.token.pkcs11.modules import VARIABLE
from hal.token.pkcs11.opener import Pkcs11Devices, modules_of
from hal.token.pkcs11.uri import TokenUri
from lab.checklist import Checklist, Mark, Step, Stopped

SOON = timedelta(days=30)
"""A certificate that ends so soon is worth a remark: a new one takes weeks. The number is ours."""

STEPS = ("usb", "module", "token", "pin", "certificates", "login", "sign", "unwrap")


_KINDS = {
    Mechanism.RSA_PKCS_SHA256: "rsa",
    Mechanism.ECDSA_P256_SHA256: "p256",
    Mechanism.GOST_2012_256: "gost",
}
"""Kinds of keys by the usual mechanism of their signatures."""


class TokenCheck(Checklist):
    """The check of one token.

    First :meth:`look`, then the PIN is asked for, then :meth:`work`, and :meth:`close` in any case.

    Args:
        uri: Which token.
        devices: Opens it.
        now: The time now, for the validity of certificates.
    """

    def __init__(self, uri: TokenUri, devices: Pkcs11Devices, now: Callable[[], datetime]) -> None:
        super().__init__(STEPS)
        self._uri = replace(uri, pin_source="")  # the check logs in itself, and not with the last try
        self._devices = devices
        self._now = now
        self.token: Token | None = None
        self._pin = PinState.OK
        self._certificates: tuple[Certificate, ...] = ()

    async def look(self) -> bool:
        """Make the steps that need no PIN; say whether the PIN should be asked for."""
        try:
            await self._look()
        except Stopped:
            return False
        return self._pin is not PinState.LOCKED

    async def _look(self) -> None:
        with self.step("usb") as step:
            bus = usb.look()
            self._tell_bus(step, bus)
        with self.step("module") as step:
            try:
                modules = modules_of(self._uri)
            except ModuleMissing:
                named = os.environ.get(VARIABLE) and not (self._uri.module_path or self._uri.module_name)
                step.advice.append("module-variable" if named else Trouble.NO_MODULE)
                raise
            step.say(Mark.PASSED, "told-module-found", paths=", ".join(map(str, modules)))
        with self.step("token") as step:
            try:
                self.token = token = await self._devices.open(self._uri.text())
            except SeveralTokens:
                raise
            except (TokenNotPresent, TokenError) as error:
                if not isinstance(error, TokenNotPresent) and not silent_server():
                    raise
                step.advice.append(
                    diagnose(bus, pcsc(), module_found=True, server_silent=bool(silent_server()))
                )
                raise
            info = token.info
            step.say(
                Mark.PASSED, "told-token",
                label=info.label, model=info.model, serial=info.serial, firmware=info.firmware,
            )  # fmt: skip
        with self.step("pin"):
            self._tell_pin((await token.status()).pin)
        with self.step("certificates") as step:
            self._certificates = await token.certificates()
            for certificate in self._certificates:
                self._tell_certificate(step, certificate)
            if not self._certificates:
                step.say(Mark.FAILED, "told-certificates-none", "certificates-none")

    def _tell_bus(self, step: Step, bus: usb.UsbLook) -> None:
        if bus.problem is not usb.UsbProblem.NONE:
            # skipped, not failed: it is no fault of the token
            step.told.append((f"told-usb-{bus.problem}", {"why": bus.detail}))
        elif bus.tokens:
            step.say(Mark.PASSED, "told-usb-found", names=", ".join(each.name for each in bus.tokens))
        else:
            step.told.append(("told-usb-none", {}))  # it may be a token of another vendor, or none of USB

    def _tell_certificate(self, step: Step, certificate: Certificate) -> None:
        now = self._now()
        values = {
            "kind": kind_of(certificate),
            "subject": certificate.subject,
            "since": f"{certificate.not_before.astimezone():%d.%m.%Y}",
            "until": f"{certificate.not_after.astimezone():%d.%m.%Y}",
        }
        wrong = out_of_date(certificate, now)
        if wrong is not None:
            step.say(Mark.FAILED, f"told-{wrong.code}", wrong.code, **values)
        elif certificate.not_after - now < SOON:
            days = (certificate.not_after - now).days
            step.say(Mark.WARNED, "told-certificate-soon", "certificate-soon", days=days, **values)
        else:
            step.say(Mark.PASSED, "told-certificate", **values)

    def may_log_in(self, *, last_try: bool) -> bool:
        """Say whether a PIN may be entered; with one try left only if the technician wants it."""
        if self._pin is PinState.FINAL_TRY and not last_try:
            self.steps["login"].say(Mark.FAILED, "told-login-refused", "login-refused")
            return False
        return True

    async def work(self, pin: Secret) -> None:
        """Log in, sign, open a key."""
        if self.token is None:
            raise ValueError("look has found no token")
        try:
            with self.step("login") as step:
                await self._log_in(step, self.token, pin)
            with self.step("sign") as step:
                for certificate in self._certificates:
                    await self._sign(step, self.token, certificate)
                _one_is_enough(step)
            with self.step("unwrap") as step:
                for certificate in self._certificates:
                    await self._unwrap(step, self.token, certificate)
                _one_is_enough(step)
        except Stopped:
            return

    async def _log_in(self, step: Step, token: Token, pin: Secret) -> None:
        """Log in; afterwards what was said of the PIN before is no longer true."""
        try:
            await token.login(pin)
        except PinLocked:
            self._tell_pin(PinState.LOCKED)
            raise
        except PinIncorrect as error:
            self._tell_pin(PinState.FINAL_TRY if error.tries_left == 1 else PinState.LOW)
            raise
        step.say(Mark.PASSED, "told-login")
        if self._pin is not PinState.OK:
            before, now = self._pin, (await token.status()).pin
            self._tell_pin(now)
            if now is PinState.OK:
                self.steps["pin"].told = [(f"told-pin-{before}-before", {})]

    def _tell_pin(self, state: PinState) -> None:
        """Say how the PIN is, and nothing that was said of it before."""
        self._pin, step = state, self.steps["pin"]
        step.told, step.advice, step.mark = [], [], Mark.SKIPPED
        marks = {PinState.OK: Mark.PASSED, PinState.LOCKED: Mark.FAILED}
        advice = "" if state is PinState.OK else f"pin-{state}"
        step.say(marks.get(state, Mark.WARNED), f"told-pin-{state}", advice)

    async def _sign(self, step: Step, token: Token, certificate: Certificate) -> None:
        kind = kind_of(certificate)
        offered = token.capabilities.mechanisms
        mechanism = next((each for each in mechanisms_of(certificate) if each in offered), None)
        if mechanism is None:
            step.told.append(("told-sign-none", {"kind": kind}))
            return
        data = b"ppelab check token " + os.urandom(16)  # not anything that somebody could use
        signature = await token.sign(certificate.key_id, data, mechanism)
        try:
            good = signatures.verify(certificate.der, data, signature, mechanism)
        except NotImplementedError:
            step.told.append(("told-sign-unknown", {"kind": kind, "mechanism": mechanism.value}))
            return
        if good:
            step.say(Mark.PASSED, "told-signed", kind=kind, mechanism=mechanism.value)
        else:
            step.say(Mark.FAILED, "told-sign-wrong", "sign", kind=kind, mechanism=mechanism.value)

    async def _unwrap(self, step: Step, token: Token, certificate: Certificate) -> None:
        kind, key = kind_of(certificate), os.urandom(32)
        try:
            wrapped = wrapping.wrap(certificate.der, key)
            opened = await token.unwrap(certificate.key_id, wrapped)
        except (ValueError, NotSupported):
            step.told.append(("told-unwrap-not", {"kind": kind}))  # such keys sign only
            return
        except WrongToken:
            step.say(Mark.FAILED, "told-unwrap-wrong", "sign", kind=kind)
            return
        if opened == key:
            step.say(Mark.PASSED, "told-unwrapped", kind=kind)
        else:
            step.say(Mark.FAILED, "told-unwrap-wrong", "sign", kind=kind)

    async def close(self) -> None:
        """Give the token back."""
        if self.token is not None:
            await self.token.close()


def _one_is_enough(step: Step) -> None:
    """Make it a remark if no key can do it; those that cannot beside one that can are none."""
    if step.told and step.mark is Mark.SKIPPED:
        step.mark = Mark.WARNED


def kind_of(certificate: Certificate) -> str:
    """Return the kind of a certificate's key as a code for texts: ``rsa``, ``p256``, ``gost``, ``other``."""
    first = next(iter(mechanisms_of(certificate)), None)
    return _KINDS.get(first, "other") if first is not None else "other"


def utc_now() -> datetime:
    """Return the time now."""
    return datetime.now(UTC)
