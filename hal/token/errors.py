"""What a crypto token can report."""

from __future__ import annotations

from hal.errors import DeviceError


class TokenError(DeviceError):
    """Root of the token family."""

    code = "token-error"
    happened = "the token failed"
    remedy = "pull it out and insert it again; if that fails, use another member's token"


class TokenNotPresent(TokenError):
    """No token is inserted."""

    code = "token-not-present"
    happened = "no token is inserted"
    remedy = "insert the token"


class SeveralTokens(TokenNotPresent):
    """Several tokens are inserted, and none was named."""

    code = "several-tokens"
    happened = "several tokens are inserted"
    remedy = "pull the others out, or name one by its serial number"


class TokenRemoved(TokenError):
    """The token was pulled out; its sessions are gone. Open it anew after insertion."""

    code = "token-removed"
    happened = "the token was pulled out"
    remedy = "insert it again and repeat the step"


class PinIncorrect(TokenError):
    """The PIN is wrong.

    Args:
        tries_left: Attempts before the token locks; ``None`` where it does not say.
    """

    code = "pin-incorrect"
    happened = "the PIN is wrong"
    remedy = "type it again from the PIN envelope; do not use up the last attempt"

    def __init__(self, device: str, tries_left: int | None = None) -> None:
        super().__init__(device, "" if tries_left is None else f"tries left: {tries_left}")
        self.tries_left = tries_left


class PinLocked(TokenError):
    """Too many wrong PINs: the token opens no more."""

    code = "pin-locked"
    happened = "the token is locked after too many wrong PINs"
    remedy = "use another member's token; only an administrator can unlock this one"


class NotLoggedIn(TokenError):
    """The operation needs a login first."""

    code = "not-logged-in"
    happened = "the token is not logged in"
    remedy = "enter the PIN"


class KeyNotFound(TokenError):
    """The token holds no such key or certificate."""

    code = "key-not-found"
    happened = "the token has no such key"
    remedy = "check whose token it is"


class WrongToken(TokenError):
    """The data was not made for this token: a foreign token, or a foreign key file."""

    code = "wrong-token"
    happened = "this token does not open the data"
    remedy = "use the token of a member who is assigned to this exam"


class PinRejected(TokenError):
    """The token does not take the new PIN: too short, too long, too simple."""

    code = "pin-rejected"
    happened = "the token does not accept this PIN"
    remedy = "choose one of the length that the vendor asks for"


class CertificateExpired(TokenError):
    """The token's certificate has ended: what it signs is not taken."""

    code = "certificate-expired"
    happened = "the token's certificate has expired"
    remedy = "use another member's token; this one needs a new certificate"


class CertificateNotYetValid(TokenError):
    """The token's certificate has not begun."""

    code = "certificate-early"
    happened = "the token's certificate is not valid yet"
    remedy = "see that the clock of the station is right, else use another member's token"


class LastTry(TokenError):
    """One try of the PIN is left, and nobody is there who could look at the envelope again."""

    code = "last-try"
    happened = "one try of the PIN is left, and it was not used"
    remedy = "compare the PIN with the envelope, then log in by hand: ppelab check token --last-try"


class ModuleMissing(TokenError):
    """The vendor's PKCS#11 module is not installed, or cannot be loaded."""

    code = "module-missing"
    happened = "the token's PKCS#11 module is not there"
    remedy = "install the vendor's driver package"
