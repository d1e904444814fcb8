"""Logging in where nobody looks at the token."""

from __future__ import annotations

from hal.secret import Secret
from hal.token.errors import LastTry
from hal.token.interface import Token
from hal.token.values import PinState


async def log_in_unattended(token: Token, pin: Secret) -> None:
    """Log in with a PIN that nobody checks against its envelope: an old one must not lock the token.

    Raises:
        LastTry: One try is left; it was not used.
        PinIncorrect, PinLocked
    """
    if (await token.status()).pin is PinState.FINAL_TRY:
        raise LastTry(token.info.url)
    await token.login(pin)
