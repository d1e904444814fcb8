"""How long a token may take: one table, adjustable."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The longest that each step may take, in seconds of real time.

    After that the call ends in ``DeviceTimeout`` and the process that holds the vendor's module is killed.
    The numbers are ours: each is several times what the step takes on a slow but healthy token, and short
    enough that an operator does not begin to press buttons. A USB token talks at full speed (12 Mbit/s) in
    exchanges of about 1 ms; what takes time is its arithmetic.

    Attributes:
        load: Start of the process and of the module. On a cold disk, with pcscd started by its socket,
            Python and the module are there within 3 s.
        list: One look at all slots; pcscd gives up on a silent reader after 5 s, and this waits longer.
        open: Find the token, open a session, read what it offers.
        status: One or two exchanges.
        login: The check of a PIN; tokens slow down on purpose after wrong ones.
        logout: One exchange.
        certificates: Tens of exchanges: every object is read in blocks of 256 bytes.
        sign: RSA-2048 takes a token of the older generation about 1 s, and the data goes through it as well.
        unwrap: One operation with the private key, as for a signature.
        change_pin: A check of the PIN and a write to flash memory.
        close: Ending the session; whoever closes does not want to wait.
    """

    load: float = 20.0
    list: float = 10.0
    open: float = 15.0
    status: float = 5.0
    login: float = 15.0
    logout: float = 5.0
    certificates: float = 15.0
    sign: float = 15.0
    unwrap: float = 15.0
    change_pin: float = 15.0
    close: float = 3.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name} has to be above 0 and finite, not {getattr(self, name)}")

    @classmethod
    def all(cls, seconds: float) -> Deadlines:
        """Give every step the same time."""
        return cls(**dict.fromkeys(cls.__slots__, seconds))
