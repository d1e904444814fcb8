"""What this driver refuses before it asks the token: a PIN must not be lost by an oversight."""

from __future__ import annotations

from hal.token.errors import TokenError


class LastTry(TokenError):
    """One try of the PIN is left, and nobody is there who could look at the envelope again."""

    code = "last-try"
    happened = "one try of the PIN is left, and it was not used"
    remedy = "compare the PIN with the envelope, then log in by hand: ppelab check token --last-try"
