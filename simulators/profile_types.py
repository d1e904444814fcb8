"""What a device profile holds. The data files are ``simulators/profiles/*.yaml``: a mapping name -> fields.

Every number has a source or is named in ``estimated``.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

VERSION = r"^[0-9]{1,2}\.[0-9]{1,2}$"


class Profile(BaseModel):
    """Base of the profiles.

    Args:
        source: Where the numbers come from: titles, addresses, what was read there.
        estimated: Names of the fields that are our estimate.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(min_length=1)
    estimated: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _estimates_are_fields(self) -> Self:
        unknown = [name for name in self.estimated if name not in type(self).model_fields]
        if unknown:
            raise ValueError(f"estimated names no field: {', '.join(unknown)}")
        return self


class TokenProfile(Profile):
    """A model of crypto token. Times in milliseconds, of one call, USB included.

    Args:
        algorithms: What it computes on board, for tokens with real keys.
        pkcs11_model: What ``CK_TOKEN_INFO`` calls it, at most 16 bytes.
        hardware: Hardware version, as ``firmware`` "major.minor".
        memory_bytes: Room for objects.
        pin_min, pin_max: Length of a new PIN, in bytes.
    """

    manufacturer: str
    model: str
    firmware: str = Field(default="", pattern=f"^$|{VERSION}")
    pin_tries: int = Field(default=10, ge=1, le=10)
    admin_pin_tries: int = Field(default=10, ge=1, le=10)
    reports_tries_left: bool = True
    can_sign: bool = True
    can_unwrap: bool = True
    algorithms: tuple[Literal["rsa", "ec", "gost", "aes"], ...] = ("rsa", "gost")
    pkcs11_model: str = Field(default="Rutoken ECP", max_length=16)
    hardware: str = Field(default="1.0", pattern=VERSION)
    memory_bytes: int = Field(default=65536, ge=1024)
    pin_min: int = Field(default=6, ge=1)
    pin_max: int = Field(default=32, ge=1)
    open_ms: int = Field(ge=0)
    status_ms: int = Field(ge=0)
    login_ms: int = Field(ge=0)
    certificates_ms: int = Field(ge=0)
    sign_ms: int = Field(ge=0)
    unwrap_ms: int = Field(ge=0)
    change_pin_ms: int = Field(ge=0)


class HeadsetProfile(Profile):
    """A model of headset. Levels are tenths of a decibel relative to full scale (dBFS) unless said otherwise.

    The model renders 48 kHz only, which is what a USB sound device offers in any case.

    Args:
        speech_level_tenths_dbfs: RMS level of ordinary speech while somebody speaks.
        self_noise_tenths_dbfs: RMS level of what microphone and converter add.
        room_rejection_tenths_db: By how much sound from the room is weaker than at the speaker's mouth.
        dc_offset: Constant offset of the converter, in steps of a 16-bit sample.
    """

    make: str
    model: str
    input_channels: int = Field(default=1, ge=1, le=2)
    output_channels: int = Field(default=2, ge=1, le=2)
    full_duplex: bool = True
    reports_unplugging: bool = True
    speech_level_tenths_dbfs: int = Field(ge=-600, le=-60)
    self_noise_tenths_dbfs: int = Field(ge=-960, le=-300)
    room_rejection_tenths_db: int = Field(ge=0, le=400)
    dc_offset: int = Field(default=0, ge=-1000, le=1000)
