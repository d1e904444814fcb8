"""A text that must never be printed: a PIN or a password."""

from __future__ import annotations

import hmac


class Secret:
    """Holds a PIN; ``str``, ``repr``, ``format`` and pickling do not reveal it.

    >>> pin = Secret("12345678")
    >>> print(pin, repr(pin), f"{pin:>3}")
    *** Secret(***) ***
    >>> pin.reveal() == "12345678"
    True
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text. Call it only where the device takes it."""
        return self._text

    def matches(self, other: Secret) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not written anywhere")
