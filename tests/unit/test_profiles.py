"""Device profiles: the loader and the data."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from simulators import profiles
from simulators.profiles import PrinterProfile, ScannerProfile, UnknownProfile


@pytest.mark.parametrize("name", profiles.names("printers"))
def test_printers(name: str) -> None:
    profile = profiles.printer_profile(name)
    assert profile is profiles.printer_profile(name), "read once"
    assert profile.toner_pale_percent <= max(profile.toner_low_percent, 5)
    # the first page cannot come out sooner than a later one
    assert profile.first_page_out_ms >= 60_000 // profile.pages_per_minute


@pytest.mark.parametrize("name", profiles.names("scanners"))
def test_scanners(name: str) -> None:
    profile = profiles.scanner_profile(name)
    assert profile.natural_skew_mrad < profile.legible_skew_mrad
    assert 300 in profile.pages_per_minute, "forms are scanned at 300 dpi"


def test_known_models() -> None:
    assert "kyocera-ecosys-p2040dn" in profiles.names("printers")
    assert profiles.names("printers") == tuple(sorted(profiles.names("printers")))
    assert profiles.printer_profile("brother-hl-l2351dw").pages_per_minute == 30


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(
        UnknownProfile, match=r"no profile 'epson-lx' among the printers; known: .*hp-laserjet"
    ):
        profiles.printer_profile("epson-lx")
    with pytest.raises(UnknownProfile, match="canon-dr-c230"):
        profiles.scanner_profile("")
    with pytest.raises(UnknownProfile, match="known: printers, scanners, headsets, tokens"):
        profiles.names("plotters")
    assert issubclass(UnknownProfile, ValueError)
    assert issubclass(UnknownProfile, KeyError)


def printer_fields() -> dict[str, object]:
    return profiles.printer_profile("hp-laserjet-1020").model_dump()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pages_per_minute", 0),
        ("trays", ()),
        ("toner_low_percent", 101),
        ("source", ""),
        ("estimated", ("no_such_field",)),
        ("no_such_field", 1),
    ],
)
def test_bad_printer_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match="no_such_field" if "no_such" in str((field, value)) else field):
        PrinterProfile.model_validate({**printer_fields(), field: value})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"feeder_sheets": 0, "pages_per_minute": {}, "flatbed_page_ms": {}}, "needs a feeder or a flatbed"),
        ({"feeder_sheets": 0}, "go together"),
        ({"flatbed_page_ms": {300: 5000}}, "same resolutions"),
        ({"modes": ["sepia"]}, "modes"),
    ],
)
def test_bad_scanner_is_refused(change: dict[str, object], message: str) -> None:
    fields = profiles.scanner_profile("kyocera-ecosys-m2040dn").model_dump()
    with pytest.raises(ValidationError, match=message):
        ScannerProfile.model_validate({**fields, **change})


def test_profiles_are_frozen() -> None:
    with pytest.raises(ValidationError):
        profiles.printer_profile("hp-laserjet-1020").pages_per_minute = 99
