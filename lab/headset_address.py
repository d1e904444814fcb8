"""Addresses of headsets on the command line: what is none is refused before anything is opened."""

from __future__ import annotations

from hal.registry import schemes
from hal.token.pkcs11.uri import SCHEME as TOKEN_SCHEME
from lab.token_address import shown
from scenarios.problems import BadInput, Problem


def refuse_other_address(url: str, where: str) -> None:
    """See that an address may be a headset's; ``where`` is where the person has written it.

    Raises:
        BadInput: It is a token's, which opening might log in to, or has no scheme of a driver.
    """
    scheme, colon, _ = url.partition(":")
    if scheme == TOKEN_SCHEME:
        raise BadInput((Problem(where, "headset-address-token"),))
    if not colon or scheme not in schemes():
        raise BadInput((Problem(where, "headset-address", values={"input": shown(url)}),))
