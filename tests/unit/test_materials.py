"""Exam materials: what is read from files is checked, numbers, names, passwords."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.secret import Secret
from station_core.errors import MaterialsRefused
from station_core.materials import (
    AccessKey,
    Grant,
    KeyKind,
    Kit,
    Package,
    PasswordFile,
    Scope,
    decode,
    encode,
    export_name,
    kit_number,
)

SCOPE = Scope("90", "9099", date(2024, 5, 28), "01-РУС")
KITS = (Kit("9000000000175", 16, 4), Kit("9000000000187", 16, 4))
PACKAGE = Package("day.ipk", SCOPE, KITS, 500_000_000)
KEY = AccessKey(
    "key.dat", KeyKind.RESERVE, SCOPE, {"0a": "0b0c"}, (Grant(1, "0001", 0, 5), Grant(901, "0001", 5, 2))
)
PASSWORD = PasswordFile("0001", SCOPE, (Grant(1, "0001", 0, 5),), "00ff", "01")


# -- reading -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [PACKAGE, KEY, PASSWORD], ids=lambda value: type(value).__name__)
def test_what_is_written_can_be_read(value: msgspec.Struct) -> None:
    assert decode(encode(value), type(value), "file") == value


BAD_FIELDS: list[tuple[msgspec.Struct, tuple[str | int, ...], Any, str]] = [
    (PACKAGE, ("name",), 7, "$.name"),
    (PACKAGE, ("scope", "exam_date"), "28.05.2024", "$.scope.exam_date"),
    (PACKAGE, ("scope",), "90/9099", "$.scope"),
    (PACKAGE, ("kits", 1, "number"), "90000000001", "$.kits[1].number"),
    (PACKAGE, ("kits", 1, "number"), "../../kit/1234", "$.kits[1].number"),
    (PACKAGE, ("kits", 0, "sheets"), -1, "$.kits[0].sheets"),
    (PACKAGE, ("kits", 0, "forms"), "4", "$.kits[0].forms"),
    (PACKAGE, ("size_bytes",), 0.5, "$.size_bytes"),
    (KEY, ("kind",), "master", "$.kind"),
    (KEY, ("wrapped", "0a"), "zz", "$.wrapped[...]"),
    (KEY, ("wrapped", "0a"), "abc", "$.wrapped[...]"),
    (KEY, ("grants", 1, "first_kit"), -3, "$.grants[1].first_kit"),
    (KEY, ("grants", 0, "kits"), -1, "$.grants[0].kits"),
    (KEY, ("grants", 0, "computer"), None, "$.grants[0].computer"),
    (PASSWORD, ("closed_key",), "0", "$.closed_key"),
    (PASSWORD, ("salt",), "not hexadecimal", "$.salt"),
    (KEY, ("issue",), -1, "$.issue"),
]


@pytest.mark.parametrize(("value", "path", "bad", "told"), BAD_FIELDS)
def test_a_bad_field_is_named(
    value: msgspec.Struct, path: tuple[str | int, ...], bad: object, told: str
) -> None:
    content = json.loads(encode(value))
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = bad
    with pytest.raises(MaterialsRefused) as caught:
        decode(json.dumps(content).encode(), type(value), "day-7.ipk")
    assert (caught.value.where, caught.value.why) == ("day-7.ipk", "unreadable")
    assert caught.value.detail.endswith(f"- at `{told}`")
    assert str(caught.value).startswith("day-7.ipk: the exam materials are refused: unreadable (")


@pytest.mark.parametrize("value", [PACKAGE, KEY, PASSWORD], ids=lambda value: type(value).__name__)
def test_a_missing_field_is_named(value: msgspec.Struct) -> None:
    for field in value.__struct_fields__:
        if field in ("issue", "content_bytes"):  # have defaults
            continue
        content = json.loads(encode(value))
        del content[field]
        with pytest.raises(MaterialsRefused, match=f"`{field}`"):
            decode(json.dumps(content).encode(), type(value), "file")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\x00\xff\xfe", b'{"name": "\xff"}', b"null"])
def test_what_is_no_such_file(data: bytes) -> None:
    with pytest.raises(MaterialsRefused, match=r"^key\.dat: "):
        decode(data, AccessKey, "key.dat")


@given(st.integers(0), st.binary(max_size=3))
def test_a_cut_or_spoiled_file_never_gets_through_as_another_error(place: int, junk: bytes) -> None:
    data = encode(KEY)
    at = place % len(data)
    for spoiled in (data[:at], data[:at] + junk + data[at + len(junk) :]):
        try:
            key = decode(spoiled, AccessKey, "key.dat")
        except MaterialsRefused as refusal:
            assert refusal.where == "key.dat"  # noqa: PT017 - both ways are allowed
        else:
            assert isinstance(key, AccessKey)


# -- kits ----------------------------------------------------------------------------------------------


def luhn_holds(number: str) -> bool:
    """ISO/IEC 7812-1, Annex B, straight from its words."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


SERIALS = st.integers(0, 10**10 - 1)
REGIONS = st.integers(1, 99).map(str)


@given(REGIONS, SERIALS)
def test_a_kit_number_has_13_digits_that_hold(region: str, serial: int) -> None:
    number = kit_number(region, serial)
    assert len(number) == 13
    assert number.isdecimal()
    assert luhn_holds(number)


@given(REGIONS, SERIALS, st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_shows(region: str, serial: int, place: int, by: int) -> None:
    number = kit_number(region, serial)
    wrong = str((int(number[place]) + by) % 10)
    assert not luhn_holds(number[:place] + wrong + number[place + 1 :])


@given(REGIONS, SERIALS, st.integers(0, 11))
def test_swapped_neighbours_show_but_for_0_and_9(region: str, serial: int, place: int) -> None:
    number = kit_number(region, serial)
    one, other = number[place], number[place + 1]
    swapped = number[:place] + other + one + number[place + 2 :]
    assert luhn_holds(swapped) is (one == other or {one, other} == {"0", "9"})


@given(st.lists(st.tuples(REGIONS, SERIALS), max_size=30, unique=True))
def test_kit_numbers_are_unique(of: list[tuple[str, int]]) -> None:
    assert len({kit_number(region, serial) for region, serial in of}) == len(of)


def test_a_number_worked_out_by_hand() -> None:
    assert kit_number("90", 17) == "9000000000175"
    assert kit_number("2", 0) == "0200000000006"


@given(st.integers(1, 40), st.data())
def test_sheets_and_forms(sheets: int, data: st.DataObject) -> None:
    forms = data.draw(st.integers(0, sheets))
    kit = Kit("9000000000175", sheets, forms)
    identities = kit.sheet_ids()
    assert len(set(identities)) == len(identities) == sheets
    assert kit.form_ids() == identities[:forms]
    assert identities[0] == "9000000000175/1"


# -- keys and passwords --------------------------------------------------------------------------------


def test_the_newest_grant_counts() -> None:
    key = msgspec.structs.replace(KEY, grants=(*KEY.grants, Grant(1, "0001", 7, 3)))
    assert key.grant_for(1) == Grant(1, "0001", 7, 3)
    assert key.grant_for(901) == Grant(901, "0001", 5, 2)
    assert key.grant_for(2) is None


@settings(deadline=None)  # a password is slow to try on purpose
@given(st.binary(min_size=32, max_size=32), st.text(min_size=1, max_size=12), st.text(max_size=12))
def test_a_password_opens_what_it_closed_and_no_other_does(key: bytes, password: str, other: str) -> None:
    file = PasswordFile.close("0001", SCOPE, (), key, (password[:1], password[1:]))
    assert file.open((Secret(password[:1]), Secret(password[1:])), "st") == key
    if other != password:
        with pytest.raises(MaterialsRefused, match="wrong-password"):
            file.open((Secret(other),), "st")


def test_one_password_never_closes_twice_alike() -> None:
    one, two = (PasswordFile.close("0001", SCOPE, (), bytes(32), ("word",)) for _ in range(2))
    assert one.salt != two.salt
    assert one.closed_key != two.closed_key


def test_a_damaged_password_file_says_wrong_password() -> None:
    file = PasswordFile.close("0001", SCOPE, (), bytes(32), ("word",))
    for damage in ("", "00", file.closed_key[:-2], "00" + file.closed_key[2:]):
        with pytest.raises(MaterialsRefused, match="wrong-password"):
            msgspec.structs.replace(file, closed_key=damage).open((Secret("word"),), "st")


# -- names of export packages --------------------------------------------------------------------------

CREATED = datetime(2025, 1, 1, 17, 42, 25)  # noqa: DTZ001 - local time of the point, as on the seeds' names
SEEDS_SCOPE = Scope("90", "9099", date(2025, 1, 1), "25-ИНФ")


@pytest.mark.parametrize(
    ("kind", "room", "station", "count", "name"),
    [
        ("BLANK", "10", 333, 5, "BLANK_EGE_90_9099_20250101_25-ИНФ_AC02_RC10_0005_333_20250101_174225.bnk"),
        ("BLANK", "0001", 1, 15, "BLANK_EGE_90_9099_20250101_25-ИНФ_AC02_RC01_0015_001_20250101_174225.bnk"),
        (
            "BLANK_TEST",
            "1",
            999,
            0,
            "BLANK_TEST_EGE_90_9099_20250101_25-ИНФ_AC02_RC01_999_20250101_174225.bnk",
        ),
        ("VOICE", "0101", 7, 4, "VOICE_EGE_90_9099_20250101_25-ИНФ_AC02_RC101_004_20250101_174225.abnk"),
        ("KEGE", "0010", 7, 12, "KEGE_90_9099_20250101_25-ИНФ_AC02_RC10_012_20250101_174225.kbnk"),
    ],
)
def test_export_name(kind: str, room: str, station: int, count: int, name: str) -> None:
    assert export_name(kind, SEEDS_SCOPE, room, station, count, CREATED, prep_room=2) == name


def test_export_name_of_an_unknown_kind() -> None:
    with pytest.raises(KeyError, match="SOUND"):
        export_name("SOUND", SEEDS_SCOPE, "1", 1, 1, CREATED)


@given(st.integers(1, 99), st.integers(1, 999), st.integers(0, 99), st.datetimes())
def test_export_names_tell_stations_and_times_apart(
    room: int, station: int, count: int, created: datetime
) -> None:
    def name(station: int, created: datetime) -> str:
        return export_name("BLANK", SEEDS_SCOPE, str(room), station, count, created)

    created = created.replace(microsecond=0)
    assert name(station, created) != name(station + 1, created)
    other = created.replace(second=(created.second + 1) % 60)
    assert name(station, created) != name(station, other)
