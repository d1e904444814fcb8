"""What is told about tokens: in the user's language where the words are ours, and never a PIN."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from hal.errors import DeviceError
from hal.registry import opener
from lab import describe
from lab.cli import main
from lab.describe import error_text
from lab.text import texts
from lab.token_address import shown, without_pin

PIN = "47110815"

DETAILS = {
    "detail-no-answer": "look: no answer in 10 s: slot (0)",
    "detail-no-file": "there is no file /nope",
    "detail-looked-for": "looked for /a, /b",
    "detail-no-name": "module-name 'nope' is not known, only a, b; use module-path",
    "detail-not-loaded": "NotLoaded: OS exception while loading /a: /a: 0",
    "detail-process-ended": "the module's process has ended: slot (0)",
    "detail-no-process": "no process can be started: 0",
    "detail-for-another": "it was wrapped for another certificate",
    "detail-damaged": "it is damaged: 0",
    "detail-known": "no scheme; known: sim",
    "detail-install": "0: pip install 'ppe-lab[token]'",
    "detail-no-token": "it is no token",
    "detail-no-headset": "it is no headset",
    "detail-install-debian": "0: apt-get install nope",
    "detail-server-went-on": "the sound server went on with nope",
    "detail-server-variable": "nobody answers at nope, which PULSE_SERVER names",
    "detail-server-silent": "nobody answers at nope",
    "detail-stream-ended": "the sound server has ended the stream",
    "detail-socket-empty": "its socket is empty",
    "detail-suspended": "nope is suspended",
    "detail-stream-over": "the stream has ended",
    "detail-takes-nothing": "it takes no sound",
    "detail-sound-process-silent": "the sound driver's process does not answer",
    "detail-sound-process-ended": "the sound driver's process has ended",
    "detail-valid": "valid 2024-01-01 – 2024-02-01",
}


def test_our_own_words_are_russian_in_a_russian_text() -> None:
    assert set(DETAILS) == {key for _, key in describe._DETAILS}
    words = texts("ru")
    for key, detail in DETAILS.items():
        bare = error_text(DeviceError("token"), words)
        told = error_text(DeviceError("token", detail), words).removeprefix(bare)
        left = set(re.findall(r"[a-z]{3,}", told))
        known = {
            "nope",
            "slot",
            "sim",
            "module",
            "path",
            "pip",
            "apt",
            "get",
            "install",
            "ppe",
            "lab",
            "token",
        }
        assert left <= known, told
        assert re.search("[а-я]{3}", told), key


def test_the_words_of_a_vendor_stay() -> None:
    assert error_text(DeviceError("token", "CKR_SOMETHING\x1b[1m"), texts("ru")).endswith(
        "(CKR_SOMETHING\\x1b[1m)"
    )


@pytest.mark.parametrize(
    "address",
    [
        f"pkcs11:token=x?pin-value={PIN}",
        f"pkcs11:token=x;pin-value={PIN}",
        f"pkcs11:?PIN-VALUE={PIN}",
        f"pkcs11:?pin%2Dvalue={PIN}",
        f"pkcs11:?pin%2dvalue%3D{PIN}",
        f"pkcs11:?pinvalue={PIN}",
        f"pkcs11:?pin={PIN}",
        f"pkcs11:?module-name=softhsm2&pin-value={PIN}&x=y",
        f"nothing:?pin-value={PIN}",
        f"?pin-value={PIN}",
    ],
)
@pytest.mark.parametrize(
    "command",
    [
        lambda address: ["run", "printer-jam", "--device", f"token={address}"],
        lambda address: [
            "run",
            "printer-jam",
            "--device",
            f"token={address}",
            "--device",
            f"token={address}",
        ],
        lambda address: ["run", "printer-jam", "--device", f"printer={address}"],
        lambda address: ["run", "printer-jam", "--device", address],
        lambda address: ["check", "token", address],
        lambda address: ["check", "token", address, address.replace("pin=", "pin-value=")],
    ],
    ids=["run", "twice", "family", "form", "check", "unknown"],
)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_pin_in_an_address_is_never_echoed(
    command: Callable[[str], list[str]], address: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", language, *command(address)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err
    assert PIN not in told.err


def test_a_pin_in_an_address_is_in_no_error_of_the_registry() -> None:
    for address in (f"nothing:?pin-value={PIN}", f"pin-value={PIN}"):
        with pytest.raises(DeviceError) as caught:
            opener(address)
        assert PIN not in f"{caught.value} {caught.value!r}"


def test_what_may_be_shown_is_shown() -> None:
    for text in ("token=pkcs11:token=T1;serial=0?pin-source=/pin", "printer=ipp://host/queue", "token=sim:1"):
        assert shown(text) == text
    assert without_pin(f"a pin-value: {PIN}") == "a pin-value=***"
