"""Addresses of tokens on the command line: read, and shown without a PIN that somebody wrote into one."""

from __future__ import annotations

import re
from urllib.parse import unquote

from hal.token.pkcs11.uri import SCHEME, BadUri, TokenUri, parse
from scenarios.problems import BadInput, Problem

_PIN = re.compile(r"(pin-value)\W.*", re.IGNORECASE | re.DOTALL)


def read_token_address(text: str, where: str) -> TokenUri:
    """Read an address; ``where`` is where the person has written it.

    Raises:
        BadInput: It is none.
    """
    try:
        return parse(text)
    except BadUri as error:
        raise BadInput((Problem(where, f"token-address-{error.code}", values=error.values),)) from None


def shown(text: str) -> str:
    """Return an argument as a message may show it.

    What claims to be an address of PKCS#11 and is none is not shown: a misspelt attribute may hold a PIN.

    >>> shown("token=pkcs11:serial=12"), shown("token=pkcs11:serial=12?pin=4711"), shown("x:?pin-value=4711")
    ('token=pkcs11:serial=12', 'token=pkcs11:…', 'x:?pin-value=***')
    """
    before, scheme, _ = text.partition(f"{SCHEME}:")
    if scheme:
        try:
            parse(text.removeprefix(before))
        except BadUri:
            return f"{without_pin(before)}{scheme}…"
    return without_pin(text)


def without_pin(text: str) -> str:
    """Return a text with ``***`` in place of what follows ``pin-value``, however it is written."""
    hidden = _PIN.sub(r"\1=***", text)
    return "***" if hidden == text and "pin-value" in unquote(text).lower() else hidden
