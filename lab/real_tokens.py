"""``--device token=URL``: the real token at that address is the next ГЭК member's, for a run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date

from hal.errors import DeviceError, DeviceNotFound
from hal.registry import open_device
from hal.runtime import DAY, SECOND
from hal.secret import Secret
from hal.token import Certificate, Token, TokenError
from hal.token.certificates import valid_certificate
from hal.token.diagnosis import silent_server
from hal.token.login import log_in_unattended
from hal.token.pkcs11.uri import SCHEME
from lab.ask_pin import ask_pin, pin_of_file
from lab.describe import error_text, one_line
from lab.text import Texts
from lab.token_address import read_token_address, shown
from scenarios.problems import BadInput, Problem
from simulators.bound_token import RealToken
from simulators.outside import Outside
from station_core.materials import exam_moment


def real_tokens(
    urls: Sequence[str], members: int, exam_date: date, outside: Outside, opened: ExitStack, texts: Texts
) -> tuple[RealToken, ...]:
    """Open the tokens for a run; PINs come from ``pin-source`` or are asked for.

    A token whose certificate is not valid on the exam day is told of on the standard error: the day goes on
    without it (E17).

    Args:
        urls: Their addresses.
        members: How many ГЭК members there are.
        exam_date: The day that certificates have to be valid on.
        outside: Where their drivers run.
        opened: Closes them.
        texts: Of the operator.

    Raises:
        BadInput: A token cannot be opened, or there are more than ГЭК members.
    """
    if len(urls) > members:
        raise BadInput((Problem("--device", "more-tokens-than-members", values={"members": str(members)}),))
    tokens: list[RealToken] = []
    for url in urls:
        where = f"--device token={shown(url)}"
        source, address = _pin_source(url, where)
        try:
            token = outside.call(_open(address))
            opened.callback(_close, outside, token)
            if any(other.token.info.serial == token.info.serial for other in tokens):
                # two addresses can mean one token
                values = {"serial": token.info.serial}
                raise BadInput((Problem(where, "device-same-token", values=values),))
            pin = _pin(source, where, token, texts)
            outside.call(_try(token, pin))
            _warn(outside.call(token.certificates()), where, exam_date, texts)
            tokens.append(RealToken(token, pin, outside))
        except DeviceError as error:
            told = error_text(error, texts)
            if isinstance(error, TokenError) and silent_server():
                told = f"{told} {texts('advice-no-server')}"
            raise BadInput((Problem(where, "device-cannot", values={"why": told}),)) from None
    return tuple(tokens)


async def _open(url: str) -> Token:
    device = await open_device(url)
    if not isinstance(device, Token):
        raise DeviceNotFound(url, "it is no token")
    return device


async def _try(token: Token, pin: Secret) -> None:
    """See that the PIN is right, once and for the whole day."""
    await log_in_unattended(token, pin)
    await token.logout()


def _warn(certificates: Sequence[Certificate], where: str, exam_date: date, texts: Texts) -> None:
    try:
        valid_certificate(certificates, "", exam_moment(exam_date, 0), exam_moment(exam_date, DAY - SECOND))
    except DeviceError as error:
        told = texts("device-not-for-the-day", date=f"{exam_date:%d.%m.%Y}", why=error_text(error, texts))
        print(f"{where}: {told}", file=sys.stderr)


def _close(outside: Outside, token: Token) -> None:
    outside.call(token.close())


def _pin(source: str, where: str, token: Token, texts: Texts) -> Secret:
    if source:
        return pin_of_file(source, where)
    if sys.stdin is None or not sys.stdin.isatty():
        raise BadInput((Problem(where, "no-terminal"),))
    prompt = texts("check-ask-pin", label=one_line(token.info.label))
    return ask_pin(prompt)


def _pin_source(url: str, where: str) -> tuple[str, str]:
    """Return where the PIN is, and the address without that: opening must not log in unasked."""
    if not url.startswith(f"{SCHEME}:"):
        return "", url
    uri = read_token_address(url, where)
    return uri.pin_source, replace(uri, pin_source="").text()
