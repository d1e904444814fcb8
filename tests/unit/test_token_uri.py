"""RFC 7512 addresses: every address that is written can be read, and nothing is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.errors import DeviceNotFound
from hal.token.pkcs11.uri import BadUri, TokenUri, parse, read_pin

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(
    st.builds(
        TokenUri,
        label=words,
        serial=words,
        manufacturer=words,
        model=words,
        module_path=words,
        pin_source=words,
    )
)
def test_what_is_written_is_read(uri: TokenUri) -> None:
    assert parse(uri.text()) == uri
    assert uri.text().isascii()


@given(words)
def test_module_name_too(name: str) -> None:
    assert parse(TokenUri(module_name=name).text()) == TokenUri(module_name=name)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for address in (text, f"pkcs11:{text}", f"pkcs11:token={text}", f"pkcs11:?pin-source={text}"):
        try:
            uri = parse(address)
        except BadUri:
            continue
        assert parse(uri.text()) == uri


def test_examples_of_the_rfc() -> None:
    assert parse("pkcs11:") == TokenUri()
    assert parse(
        "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0"
    ) == (TokenUri(label="The Software PKCS#11 Softtoken", manufacturer="Snake Oil, Inc.", model="1.0"))
    assert parse("pkcs11:?pin-source=file:/etc/token&module-name=rtpkcs11ecp").pin_source == "file:/etc/token"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("token=x", "does not begin with pkcs11:"),
        ("http://x", "does not begin with pkcs11:"),
        ("pkcs11:token", "has no value"),
        ("pkcs11:token=", "is empty"),
        ("pkcs11:token=a;token=b", "given twice"),
        ("pkcs11:token=a;;serial=b", "attribute '' is not known"),
        ("pkcs11:colour=red", "attribute 'colour' is not known; there are token, serial"),
        ("pkcs11:object=key", "names an object"),
        ("pkcs11:id=%01", "names an object"),
        ("pkcs11:module-path=/x", "wrong part"),
        ("pkcs11:?token=x", "wrong part"),
        ("pkcs11:token=a b", r"' ' must be written as %20"),
        ("pkcs11:token=%4", "two hexadecimal digits"),
        ("pkcs11:token=%zz", "two hexadecimal digits"),
        ("pkcs11:token=%ff", "not UTF-8"),
        ("pkcs11:token=%00", "zero byte"),
        ("pkcs11:token=Иванов", "must be written as %D0%98"),
        ("pkcs11:?module-path=/a&module-name=b", "cannot both"),
    ],
)
def test_what_is_refused(address: str, why: str) -> None:
    with pytest.raises(BadUri, match=why):
        parse(address)


def test_a_pin_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadUri, match="pin-source") as caught:
        parse("pkcs11:token=x?pin-value=47110815")
    assert "47110815" not in f"{caught.value!r}"


@pytest.mark.parametrize(
    "address",
    [
        "pkcs11:token=x;pin-value=47110815",
        "pkcs11:?x&PIN-VALUE=47110815",
        "pkcs11:47110815?%70in-value=1",
        "token:pin-value:47110815",
        "pkcs11:token=pin-value=47110815",
    ],
)
def test_a_pin_anywhere_in_an_address_is_not_repeated(address: str) -> None:
    with pytest.raises(BadUri, match="a PIN does not belong") as caught:
        parse(address)
    assert "4711" not in f"{caught.value!r}{caught.value.values}"


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(BadUri, match="not UTF-8"):
        parse("pkcs11:serial=\udcff")


def test_the_mark_of_an_editor_is_no_part_of_the_pin(tmp_path: Path) -> None:
    (tmp_path / "pin").write_bytes(b"\xef\xbb\xbf12345678\r\n")
    assert read_pin(str(tmp_path / "pin")).reveal() == "12345678"


def test_empty_attributes_match_anything() -> None:
    assert TokenUri().matches("a", "b", "c", "d")
    assert TokenUri(serial="b").matches("a", "b", "c", "d")
    assert not TokenUri(serial="b", label="x").matches("a", "b", "c", "d")


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}", "file://localhost{}"])
def test_a_pin_from_a_file(tmp_path: Path, end: str, form: str) -> None:
    file = tmp_path / "пароль 1"
    file.write_bytes(f"12345678{end}".encode())
    assert read_pin(form.format(file)).reveal() == "12345678"


@pytest.mark.parametrize(
    "held",
    [
        b"",
        b"\n",
        b"1\n2\n",
        b"x" * 300,
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"xxx\0",
        b"x\txx",
        b"\x1bxxx",
        b" xxx",
        b"xxx ",
        b"xxx\r\r\n",
        "xxx\u00a0".encode(),
    ],
)
def test_a_file_that_holds_no_pin(tmp_path: Path, held: bytes) -> None:
    file = tmp_path / "pin"
    file.write_bytes(held)
    with pytest.raises(DeviceNotFound) as caught:
        read_pin(str(file))
    assert "xxx" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("|cat /etc/passwd", "commands are not run"),
        ("file://elsewhere/pin", "on this computer"),
        ("/no/such/file", "No such file"),
        ("/", "directory"),
        ("file:%00", "cannot be the name"),
        ("file://[", "cannot be the name"),
    ],
)
def test_sources_that_are_refused(source: str, why: str) -> None:
    with pytest.raises(DeviceNotFound, match=why):
        read_pin(source)
