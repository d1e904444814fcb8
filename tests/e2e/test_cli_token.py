"""``ppelab devices`` and ``ppelab check token`` on SoftHSM and on our shim over it."""

from __future__ import annotations

import inspect
import json
import os
import pty
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_mock import MockerFixture

from hal.registry import register
from hal.token.diagnosis import Trouble
from hal.token.pkcs11 import modules, uri
from hal.token.pkcs11.deadlines import Deadlines
from hal.token.pkcs11.opener import Pkcs11Devices
from hal.token.usb import UsbLook, UsbProblem, UsbToken
from hal.token.values import PinState
from lab import check_command, checklist, token_check
from lab.language import LANGUAGES
from lab.text import texts
from tests.command_line import Command
from tests.peers.programs import P11_KIT_CLIENT, SOFTHSM, module
from tests.peers.shim import At, Shim
from tests.peers.softhsm import PIN, SoftHsm
from tests.peers.virtual_token import PIN as VIRTUAL_PIN
from tests.peers.virtual_token import served


@pytest.fixture(autouse=True)
def russian(monkeypatch: pytest.MonkeyPatch, mocker: MockerFixture) -> None:
    monkeypatch.delenv("PPELAB_LANG", raising=False)
    mocker.patch("hal.token.usb.look", return_value=UsbLook(problem=UsbProblem.NO_BUS))


@pytest.fixture
def pin_file(tmp_path: Path) -> str:
    file = tmp_path / "pin"
    file.write_text(f"{PIN.reveal()}\n")
    return str(file)


@pytest.fixture
def on_shim(shim: Shim, monkeypatch: pytest.MonkeyPatch) -> Shim:
    monkeypatch.setenv(modules.VARIABLE, str(shim.path))
    return shim


@pytest.fixture
def on_softhsm(softhsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    monkeypatch.setenv(modules.VARIABLE, module(SOFTHSM))
    return softhsm


# -- devices ----------------------------------------------------------------------------------------


def test_devices(on_softhsm: SoftHsm, ppelab: Command) -> None:
    code, out, err = ppelab("devices")
    assert (code, err) == (0, "")
    assert "токен  SoftHSM v2 T1: готов" in out
    assert "адрес: pkcs11:token=T2;serial=" in out
    told = json.loads(ppelab("devices", "--json")[1])
    assert [each["label"] for each in told["devices"]].count("SoftHSM v2 T1") == 1
    assert {each["state"] for each in told["devices"]} == {"ok"}


def test_a_locked_token(on_shim: Shim, ppelab: Command) -> None:
    for wrong, state in ((1, "введён неверный пароль"), (4, "осталась одна попытка"), (5, "заблокирован")):
        on_shim.set(lock_after=5, wrong_1=wrong)
        out = ppelab("devices")[1]
        assert state in out
        assert "что делать: " in out


def test_a_token_that_is_plugged_in_and_not_seen(
    on_shim: Shim, ppelab: Command, mocker: MockerFixture
) -> None:
    on_shim.remove()
    mocker.patch("hal.token.usb.look", return_value=UsbLook((UsbToken(1, 2, 0x30, "Rutoken ECP"),)))
    code, out, _ = ppelab("devices")
    assert code == 0
    assert "токен  Rutoken ECP: вставлен, но " in out
    assert "что делать: " in out


def test_nothing(on_shim: Shim, ppelab: Command) -> None:
    on_shim.remove()
    code, out, _ = ppelab("devices")
    assert code == 0
    assert out.startswith("Устройств не найдено.\n    что делать: вставьте токен; опрошены модули: ")
    assert out.endswith("\n    что делать: подключите гарнитуру к порту USB или к гнёздам звука\n")
    assert str(on_shim.path) in out


def test_a_module_that_is_named_and_missing(ppelab: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(modules.VARIABLE, "/nope")
    code, out, err = ppelab("devices")
    assert (code, out) == (1, "")
    assert "Не найден модуль PKCS#11" in err
    assert "/nope" in err
    assert "что делать: исправьте или уберите переменную PPELAB_PKCS11_MODULE" in err


def test_a_server_of_tokens_that_does_not_answer(
    ppelab: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pin_file: str
) -> None:
    monkeypatch.setenv(modules.P11_KIT_SERVER, f"unix:path={tmp_path / 'none'}")
    monkeypatch.setenv(modules.VARIABLE, str(P11_KIT_CLIENT))
    out = ppelab("devices")[1]
    assert "по этому адресу p11-kit токенов никто не отвечает" in out
    assert "запустите сервер токенов" in out
    assert "запустите сервер токенов" in ppelab("check", "token", "--pin-source", pin_file)[1]


def test_a_dead_token_does_not_hide_the_others(
    ppelab: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pin").write_text(VIRTUAL_PIN)
    with served(tmp_path, "--tokens", "3") as virtual:
        for name, value in virtual.ready["env"].items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv(modules.VARIABLE, virtual.module)
        serials = [
            each["url"].partition("serial=")[2].partition("?")[0]
            for each in json.loads(ppelab("devices", "--json")[1])["devices"]
        ]
        assert len(serials) == 3
        virtual.ctl("dead", "token-1")
        code, out, _ = ppelab("devices")
        assert code == 0
        assert out.count(": готов") == 2
        assert "вставлен, но не отвечает" in out
        assert "что делать: извлеките и вставьте этот токен" in out
        alive = [serial for serial in serials if serial in out]
        assert len(alive) == 2
        for serial in serials:
            url = f"pkcs11:serial={serial}"
            code, out, _ = ppelab("check", "token", url, "--pin-source", str(tmp_path / "pin"))
            assert code == (0 if serial in alive else 1), out
            assert ("НЕТ       Токен: Токен отказал. Извлеките" in out) == (serial not in alive)
            assert "Токен не вставлен" not in out


def test_a_module_that_fails_does_not_hide_the_others(
    on_softhsm: SoftHsm, ppelab: Command, tmp_path: Path, mocker: MockerFixture, pin_file: str
) -> None:
    broken = tmp_path / "broken.so"
    broken.write_text("no module")
    both = (broken, Path(module(SOFTHSM)))
    mocker.patch("hal.token.pkcs11.opener.find_modules", return_value=both)
    code, out, err = ppelab("devices")
    assert (code, err) == (0, "")
    assert "SoftHSM v2 T1: готов" in out
    assert "модуль PKCS#11 отказал" in out
    assert ppelab("check", "token", "pkcs11:token=T1", "--pin-source", pin_file)[0] == 0


def test_a_driver_that_hangs_is_told_and_the_others_answer(on_shim: Shim, ppelab: Command) -> None:
    on_shim.hang(At.LIST)
    unregister = register("pkcs11", Pkcs11Devices(Deadlines(list=0.3)))
    try:
        code, out, err = ppelab("devices")
    finally:
        unregister()
    assert code == 1
    assert out == ""
    assert err.startswith("pkcs11: список не получен: Устройство не ответило вовремя.")
    assert "(список токенов: нет ответа за 0.3 с)" in err


# -- check ------------------------------------------------------------------------------------------


def test_a_good_token(on_softhsm: SoftHsm, ppelab: Command, pin_file: str) -> None:
    code, out, err = ppelab("check", "token", "pkcs11:token=T1", "--pin-source", pin_file)
    assert (code, err) == (0, "")
    assert "ИТОГ: токен исправен" in out
    for told in ("Иванов Иван Иванович", "SHA256_RSA_PKCS, проверена", "ECDSA_SHA256, проверена", " мс)"):
        assert told in out
    assert PIN.reveal() not in out


def test_as_json_and_in_english(on_softhsm: SoftHsm, ppelab: Command, pin_file: str) -> None:
    url = f"pkcs11:token=T2?pin-source={pin_file}"
    told = json.loads(ppelab("check", "token", url, "--json")[1])
    assert told["ok"]
    assert [step["step"] for step in told["steps"]] == list(token_check.STEPS)
    assert all(step["ms"] >= 0 for step in told["steps"])
    assert "RESULT: the token works" in ppelab("check", "token", url, "--lang", "en")[1]


def test_several_tokens(on_softhsm: SoftHsm, ppelab: Command, pin_file: str) -> None:
    code, out, _ = ppelab("check", "token", "--pin-source", pin_file)
    assert code == 1
    assert "Вставлено несколько токенов" in out


def test_a_wrong_pin_counts_and_is_not_shown(on_shim: Shim, ppelab: Command, tmp_path: Path) -> None:
    on_shim.set(lock_after=3)
    wrong = tmp_path / "wrong"
    wrong.write_text("47110815")
    code, out, err = ppelab("check", "token", "--pin-source", str(wrong))
    assert code == 1
    assert "НЕТ       Вход: Пароль токена неверен." in out
    assert "47110815" not in out + err


def test_the_advice_after_a_wrong_pin_is_that_of_now(on_shim: Shim, ppelab: Command, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("00000000")
    on_shim.set(lock_after=3, wrong_1=1)
    out = ppelab("check", "token", "--pin-source", str(wrong))[1]
    assert "не тратьте последнюю попытку. (осталось попыток: 1)" in out
    assert "внимание  Пароль: осталась одна попытка" in out
    assert "Что делать: не вводите пароль наугад" in out
    assert "вводите пароль внимательно" not in out
    out = ppelab("check", "token", "--pin-source", str(wrong), "--last-try")[1]
    assert "НЕТ       Пароль: заблокирован" in out
    assert "Что делать: возьмите токен другого члена ГЭК" in out
    assert "не вводите пароль наугад" not in out


def test_a_virtual_token_whose_gost_key_the_module_hides_is_good(
    ppelab: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pin").write_text(VIRTUAL_PIN)
    with served(tmp_path) as virtual:
        for name, value in virtual.ready["env"].items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv(modules.VARIABLE, virtual.module)
        code, out, _ = ppelab("check", "token", "--pin-source", str(tmp_path / "pin"))
    assert code == 0
    assert "ИТОГ: токен исправен" in out
    for told in ("RSA: SHA256_RSA_PKCS, проверена", "RSA: открывается", "ГОСТ: таким ключом", "ГОСТ: этот"):
        assert told in out


def test_the_last_try_is_not_used_unless_asked(on_shim: Shim, ppelab: Command, pin_file: str) -> None:
    on_shim.set(lock_after=3, wrong_1=2)
    code, out, _ = ppelab("check", "token", "--pin-source", pin_file)
    assert code == 1
    assert "осталась одна попытка, пароль не вводился" in out
    assert "--last-try" in out
    assert on_shim.get("wrong_1") == 2
    code, out, _ = ppelab("check", "token", "--pin-source", pin_file, "--last-try")
    assert code == 0
    assert "ИТОГ: токен исправен" in out  # the right PIN has mended it
    assert "да        Пароль: оставалась одна попытка; верный пароль вернул все" in out
    assert "Что делать" not in out
    assert on_shim.get("wrong_1") == 0


def test_a_pin_in_the_address_spends_no_last_try(on_shim: Shim, ppelab: Command, tmp_path: Path) -> None:
    on_shim.set(lock_after=3, wrong_1=2)
    (tmp_path / "wrong").write_text("00000000")
    assert ppelab("check", "token", f"pkcs11:?pin-source={tmp_path / 'wrong'}")[0] == 1
    assert on_shim.get("wrong_1") == 2


def test_a_locked_token_is_not_asked_for_its_pin(on_shim: Shim, ppelab: Command, pin_file: str) -> None:
    on_shim.set(lock_after=3, wrong_1=3)
    code, out, _ = ppelab("check", "token", "--pin-source", pin_file)
    assert code == 1
    assert "НЕТ       Пароль: заблокирован" in out
    assert "Вход: не проверено" in out


def test_no_token(on_shim: Shim, ppelab: Command, pin_file: str) -> None:
    on_shim.remove()
    code, out, _ = ppelab("check", "token", "--pin-source", pin_file)
    assert code == 1
    assert "Токен не вставлен" in out
    assert "Что делать: на этом компьютере (виртуальная машина, контейнер?) нет шины USB" in out


@pytest.mark.parametrize(
    ("days", "code", "told"),
    [(400, 1, "срок истёк"), (360, 0, "осталось 4 дня"), (-2, 1, "начнёт действовать"), (0, 0, " – ")],
)
def test_dates_of_the_certificate(
    on_shim: Shim, ppelab: Command, pin_file: str, mocker: MockerFixture, days: int, code: int, told: str
) -> None:
    now = datetime.now(UTC) + timedelta(days=days)
    mocker.patch.object(check_command, "utc_now", return_value=now)
    got, out, _ = ppelab("check", "token", "--pin-source", pin_file)
    assert got == code
    assert told in out


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("?module-path=/nope", "(нет файла /nope)"),
        ("?module-path=/etc/passwd", "(файл /etc/passwd не загружается: /etc/passwd: "),
        ("?module-name=nope", "(модуль с именем nope неизвестен, известны: rtpkcs11ecp"),
    ],
)
def test_a_module_that_is_none(ppelab: Command, pin_file: str, address: str, told: str) -> None:
    code, out, _ = ppelab("check", "token", f"pkcs11:{address}", "--pin-source", pin_file)
    assert code == 1
    assert told in out


def test_no_module(ppelab: Command, pin_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(modules.VARIABLE, "/no/such.so")
    code, out, _ = ppelab("check", "token", "--pin-source", pin_file)
    assert code == 1
    assert "Не найден модуль PKCS#11 токена." in out
    assert "исправьте или уберите переменную" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["pkcs11:colour=red"], "АДРЕС: неизвестная часть адреса «colour»"),
        (["token=x"], "адрес токена начинается с pkcs11:"),
        (["pkcs11:?pin-value=4711"], "пароль в адресе не пишут"),
        (["pkcs11:serial=\udcff"], "не в UTF-8"),
        (["--pin-source", "/no/such/file"], "не прочесть из /no/such/file (нет такого файла"),
        ([], "пароль токена негде спросить"),
        (["a", "b"], "лишнее"),
    ],
)
def test_bad_input(ppelab: Command, arguments: list[str], told: str) -> None:
    code, out, err = ppelab("check", "token", *arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert "4711" not in err


def _on_a_terminal(*arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start the command on a terminal of its own."""
    ours, theirs = pty.openpty()
    command = (sys.executable, "-m", "lab", *arguments)
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env={**os.environ}
    )
    os.close(theirs)
    return process, ours


def _read_until(terminal: int, text: str) -> str:
    told = b""
    while text.encode() not in told:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the other side has closed it
            break
        if not part:
            break
        told += part
    return told.decode()


def test_the_pin_is_asked_for_and_not_echoed(on_shim: Shim) -> None:
    process, terminal = _on_a_terminal("check", "token")
    try:
        assert "Пароль токена (T1):" in _read_until(terminal, "Пароль токена (T1):")
        os.write(terminal, f"{PIN.reveal()}\n".encode())
        told = _read_until(terminal, "ИТОГ: токен исправен")
        assert "ИТОГ: токен исправен" in told
        assert PIN.reveal() not in told
        _read_until(terminal, "never")
        assert process.wait() == 0
    finally:
        os.close(terminal)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (b"\n", "пароль не может быть пустым"),
        (b"\x04", "пароль не введён"),
        (b"4711\xff\n", "не UTF-8"),
        (b"4711\x1b[A\n", "управляющий символ"),
        (b"4711 \n", "до или после пароля пробел"),
    ],
)
def test_what_is_no_pin_is_not_tried(on_shim: Shim, typed: bytes, told: str) -> None:
    on_shim.set(lock_after=3)
    process, terminal = _on_a_terminal("check", "token")
    try:
        _read_until(terminal, "Пароль токена (T1):")
        os.write(terminal, typed)
        shown = _read_until(terminal, "never")
        assert process.wait() == 2
        assert f"Пароль токена (T1): {told}" in shown or told in shown
        assert "Traceback" not in shown
        assert "4711" not in shown
        assert on_shim.get("wrong_1") == 0
    finally:
        os.close(terminal)


def test_ctrl_c_at_the_question_and_during_a_hang(on_shim: Shim) -> None:
    for at in (At.NONE, At.SIGN):
        process, terminal = _on_a_terminal("check", "token")
        try:
            _read_until(terminal, "Пароль токена (T1):")
            if at is At.SIGN:
                on_shim.hang(at)
                os.write(terminal, f"{PIN.reveal()}\n".encode())
                while not on_shim.get("entered"):
                    os.sched_yield()
            process.send_signal(signal.SIGINT)
            told = _read_until(terminal, "never")
            assert process.wait() == 130
            assert "Прервано." in told
            assert "Traceback" not in told
        finally:
            on_shim.heal()
            os.close(terminal)


# -- texts ------------------------------------------------------------------------------------------


def _codes(error: str) -> list[str]:
    """Return the codes with which the reader of addresses raises an error."""
    found = re.findall(rf'{error}\(\s*"([a-z0-9-]+)"', inspect.getsource(uri))
    assert len(found) >= 5
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_be_told_has_a_text(language: str) -> None:
    words: Any = texts(language)
    states = [f"pin-{state}" for state in PinState if state is not PinState.OK]
    keys = [
        *(f"state-{each}" for each in (*states, "ok", "not-formatted")),
        *(f"state-{each}" for each in Trouble if each is not Trouble.NONE),
        *(f"{part}-{each}-broken" for part in ("state", "advice") for each in ("slot", "module")),
        *(f"advice-{each}" for each in (*states, "not-formatted")),
        *(f"advice-{each}" for each in Trouble if each is not Trouble.NONE),
        *(f"told-usb-{each}" for each in UsbProblem if each is not UsbProblem.NONE),
        *(f"told-pin-{each}" for each in PinState),
        *(f"told-pin-{each}-before" for each in PinState if each is not PinState.OK),
        *(f"check-step-{each}" for each in token_check.STEPS),
        *(f"check-{each}" for each in checklist.Mark),
        *(f"problem-token-address-{each}" for each in _codes("BadUri")),
        *(f"problem-pin-source-{each}" for each in (*_codes("BadPinSource"), "control", "spaces")),
        *(f"problem-pin-{each}" for each in ("no-answer", "not-utf8", "empty", "control", "spaces")),
        "advice-module-variable",
        *("device-last-try", "word-last-try"),
        *(f"family-{each}" for each in ("token", "printer", "scanner", "audio")),
    ]
    assert [key for key in keys if not words.has(key)] == []
