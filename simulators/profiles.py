"""Device profiles: what is known of real models, as data in ``simulators/profiles/<family>.yaml``.

A profile's ``source`` says where its numbers come from; a number that no source publishes is named in
``estimated``. Units are part of the names of the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from hal.scanner import Mode
from simulators.profile_types import HeadsetProfile, Profile, TokenProfile

P = TypeVar("P", bound=Profile)

Count = Annotated[int, Field(ge=1)]
Natural = Annotated[int, Field(ge=0)]
Percent = Annotated[int, Field(ge=0, le=100)]


class UnknownProfile(ValueError, KeyError):
    """No profile of that name; the message lists the known ones."""

    def __str__(self) -> str:
        # KeyError would show the message in quotes
        return str(self.args[0])


class TrayProfile(BaseModel):
    """A paper tray. The printer feeds from the first tray that has paper."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    capacity_sheets: Count


class PrinterProfile(Profile):
    """A model of laser printer.

    Args:
        pages_per_minute: A4, one-sided, once the first page is out.
        first_page_out_ms: From the ready state to the first page in the output.
        warm_up_ms: From switching on to ready.
        wake_up_ms: From sleep to ready.
        sleep_after_s: Idle time before sleep.
        paper_low_sheets: Sheets left in all trays at which it warns, if it can count them.
        counts_sheets: Whether it knows how many sheets a tray holds; otherwise it senses only "empty".
        cartridge_yield_pages: Pages of a full cartridge (ISO/IEC 19752, 5 % coverage).
        toner_low_percent: Level at which it warns.
        toner_pale_percent: Level below which pages come out pale.
        drum_life_pages: Pages until the drum leaves streaks.
        drum_in_cartridge: Whether a new cartridge brings a new drum.
        reprints_jammed_page: Whether it prints the page of a jammed sheet again after the jam is cleared.
            One that does not goes on with the next page and ends the job as aborted.
        queue_jobs: How many jobs it holds, the one being printed included.
    """

    make: str
    model: str
    pages_per_minute: Count
    first_page_out_ms: Count
    warm_up_ms: Natural
    wake_up_ms: Natural
    sleep_after_s: Count
    trays: tuple[TrayProfile, ...] = Field(min_length=1)
    paper_low_sheets: Natural
    counts_sheets: bool = False
    cartridge_yield_pages: Count
    toner_low_percent: Percent
    toner_pale_percent: Percent
    drum_life_pages: Count
    drum_in_cartridge: bool
    reprints_jammed_page: bool = True
    queue_jobs: Count
    duplex: bool = False
    reports_supplies: bool = True
    reports_page_counter: bool = True
    media_types: tuple[str, ...] = ("application/pdf",)


class ScannerProfile(Profile):
    """A model of document scanner.

    Args:
        feeder_sheets: Capacity of the feeder; 0 = it has none.
        pages_per_minute: Speed of the feeder, one-sided, by resolution in dots per inch.
        flatbed_page_ms: Time of one page on the glass by resolution; empty = it has no flatbed.
        warm_up_ms: Before the first page of a scan.
        natural_skew_mrad: A sound feeder turns a page by up to this much either way.
        legible_skew_mrad: Up to this skew the reference points are found.
    """

    make: str
    model: str
    feeder_sheets: Natural
    pages_per_minute: Mapping[Count, Count] = Field(default_factory=dict)
    flatbed_page_ms: Mapping[Count, Count] = Field(default_factory=dict)
    modes: tuple[Mode, ...] = (Mode.GRAY, Mode.COLOR, Mode.LINEART)
    duplex: bool = False
    detects_double_feed: bool = False
    senses_paper: bool = True
    warm_up_ms: Natural
    natural_skew_mrad: Natural
    legible_skew_mrad: Count

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if not self.feeder_sheets and not self.flatbed_page_ms:
            raise ValueError("a scanner needs a feeder or a flatbed")
        if bool(self.feeder_sheets) != bool(self.pages_per_minute):
            raise ValueError("feeder_sheets and pages_per_minute go together")
        if (
            self.pages_per_minute
            and self.flatbed_page_ms
            and {*self.pages_per_minute} != {*self.flatbed_page_ms}
        ):
            raise ValueError("feeder and flatbed need the same resolutions")
        return self


_MODELS: Mapping[str, type[Profile]] = {
    "printers": PrinterProfile,
    "scanners": ScannerProfile,
    "headsets": HeadsetProfile,
    "tokens": TokenProfile,
}

FAMILIES = tuple(_MODELS)


@cache
def _load(family: str) -> Mapping[str, Profile]:
    model = _MODELS[family]
    # by path: the data folder shares its name with this module and is no package
    text = (files("simulators") / "profiles" / f"{family}.yaml").read_text(encoding="utf-8")
    profiles: TypeAdapter[dict[str, Profile]] = TypeAdapter(dict[str, model])  # type: ignore[valid-type]
    return profiles.validate_python(yaml.safe_load(text))


def names(family: str) -> tuple[str, ...]:
    """List the profiles of a family (``printers``, ``scanners``, ``headsets``, ``tokens``), sorted.

    Raises:
        UnknownProfile: There is no such family.
    """
    if family not in _MODELS:
        raise UnknownProfile(f"no family of profiles {family!r}; known: {', '.join(FAMILIES)}")
    return tuple(sorted(_load(family)))


def _get(family: str, model: type[P], name: str) -> P:
    profile = _load(family).get(name)
    if profile is None:
        raise UnknownProfile(f"no profile {name!r} among the {family}; known: {', '.join(names(family))}")
    if not isinstance(profile, model):
        raise TypeError(f"{family}.yaml holds {type(profile).__name__}, not {model.__name__}")
    return profile


def printer_profile(name: str) -> PrinterProfile:
    """Return the profile of a printer.

    Raises:
        UnknownProfile: There is none of that name.
    """
    return _get("printers", PrinterProfile, name)


def scanner_profile(name: str) -> ScannerProfile:
    """Return the profile of a scanner.

    Raises:
        UnknownProfile: There is none of that name.
    """
    return _get("scanners", ScannerProfile, name)


def headset_profile(name: str) -> HeadsetProfile:
    """Return the profile of a headset.

    Raises:
        UnknownProfile: There is none of that name.
    """
    return _get("headsets", HeadsetProfile, name)


def token_profile(name: str) -> TokenProfile:
    """Return the profile of a token.

    Raises:
        UnknownProfile: There is none of that name.
    """
    return _get("tokens", TokenProfile, name)
