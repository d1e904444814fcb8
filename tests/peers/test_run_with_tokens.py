"""Whole exam days with real tokens: SoftHSM, and our virtual Рутокен on the wire."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.cli import main
from scenarios.loading import library
from tests.peers import softhsm as peer
from tests.peers import virtual_token
from tests.peers.programs import SOFTHSM, module
from tests.peers.softhsm import SoftHsm
from tests.peers.virtual_token import VirtualToken, served

REAL_TIME = "200000"
"""How much faster than real the days run: slow enough that they are paced, quick enough for a test."""


@pytest.fixture
def on_softhsm(softhsm: SoftHsm, tmp_path: Path) -> list[str]:
    pin = tmp_path / "pin"
    pin.write_text(peer.PIN.reveal())
    rest = f"?module-path={module(SOFTHSM)}&pin-source={pin}"
    return [f"pkcs11:token={label}{rest}" for label in softhsm.tokens]


@pytest.fixture
def virtual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualToken]:
    (tmp_path / "pin").write_text(virtual_token.PIN)
    with served(tmp_path, "--tokens", "2") as tokens:
        for name, value in tokens.ready["env"].items():
            monkeypatch.setenv(name, value)
        yield tokens


@pytest.fixture
def on_the_wire(virtual: VirtualToken) -> list[str]:
    pin = virtual.folder / "pin"
    return [f"{url}&pin-source={pin}" for url in virtual.ready["urls"].values()]


EXAM = datetime.now(UTC).date() + timedelta(days=30)
"""The exam of these days: the certificates of the real tokens are of today."""


def on(day: date) -> str:
    return f"--set=exam.date={day}"


def devices(urls: list[str]) -> list[str]:
    return [f"--device=token={url}" for url in urls]


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["run", *arguments, "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


def what_happened(found: dict[str, Any], file: Path) -> list[Any]:
    """Return the journal without what a real token changes: its serial number, and how long files take."""
    events = []
    for line in file.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event"].startswith("incident"):
            continue  # compared by the summary
        events.append(
            (event["event"], event.get("station"), event.get("room"), event.get("kit"), event.get("person"))
        )
    incidents = [(each["kind"], each["place"], each["how"], each["resolved"]) for each in found["incidents"]]
    return [
        sorted(map(str, events)),
        incidents,
        found["accounts"],
        found["expectations"],
        found["violations"],
    ]


@pytest.mark.parametrize("name", library())
@pytest.mark.parametrize("peers", ["on_softhsm", "on_the_wire"])
def test_a_day_comes_out_as_with_simulated_tokens(
    name: str,
    peers: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    urls = request.getfixturevalue(peers)
    real, simulated = tmp_path / "real.jsonl", tmp_path / "simulated.jsonl"
    journal = ("--journal", str(real))
    code, found = outcome(capsys, name, on(EXAM), "--pace", REAL_TIME, *journal, *devices(urls))
    assert code == 0
    code, expected = outcome(capsys, name, on(EXAM), "--journal", str(simulated))
    assert code == 0
    assert what_happened(found, real) == what_happened(expected, simulated)
    text = real.read_text(encoding="utf-8")
    assert peer.PIN.reveal() not in text
    assert '"serial":"90990001"' not in text  # the first member's key was used on the real token


@pytest.mark.parametrize(
    ("day", "code"),
    [(EXAM + timedelta(days=800), "certificate-expired"), (EXAM - timedelta(days=800), "certificate-early")],
)
@pytest.mark.parametrize("peers", ["on_softhsm", "on_the_wire"])
def test_a_real_token_whose_certificate_is_not_valid_on_the_exam_day(
    day: date, code: str, peers: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = request.getfixturevalue(peers)[:1]
    assert main(["run", "printer-jam", on(day), *devices(urls), "--json"]) == 0
    told = capsys.readouterr()
    assert [each["kind"] for each in json.loads(told.out)["incidents"]].count(code) == 1
    [line] = told.err.splitlines()
    assert f"в день экзамена ({day:%d.%m.%Y}) токен не примут" in line
    assert "--set exam.date=" in line


def test_a_person_who_mistypes_all_day_does_not_use_up_the_real_tokens_attempts(
    on_the_wire: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mistypes = "faults=[{target: member-1, kind: mistypes, at: '09:00', ends: never, params: {times: 9}}]"
    _, found = outcome(capsys, "printer-jam", on(EXAM), "--set", mistypes, *devices(on_the_wire))
    assert [each["kind"] for each in found["incidents"]]
    command = [*virtual_token.PPELAB, "check", "token", on_the_wire[0], "--json"]
    done = subprocess.run(
        command, capture_output=True, check=False
    )  # libusb stays in a process that has used it
    assert done.returncode == 0, done.stdout.decode()
    steps = {each["step"]: each["result"] for each in json.loads(done.stdout)["steps"]}
    assert steps["login"] == "passed"


def test_a_wrong_pin_costs_one_try_and_the_last_one_is_never_taken(
    virtual: VirtualToken, capsys: pytest.CaptureFixture[str]
) -> None:
    (virtual.folder / "pin").write_text(virtual_token.WRONG)
    url = f"{virtual.ready['urls']['token-1']}&pin-source={virtual.folder / 'pin'}"

    def pin_state() -> str:
        return str(virtual.ctl("state")["tokens"][0]["pin"])

    runs = 0
    while pin_state() != "final-try":
        assert main(["run", "printer-jam", f"--device=token={url}"]) == 2
        runs += 1
        assert runs < 10
    assert runs == 9  # the profile gives ten tries
    capsys.readouterr()
    assert main(["run", "printer-jam", f"--device=token={url}"]) == 2
    assert "последняя попытка" in capsys.readouterr().err
    assert pin_state() == "final-try"


def test_one_token_under_two_addresses(on_softhsm: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    again = f"{on_softhsm[0].replace('token=', 'manufacturer=SoftHSM%20project;token=')}"
    assert main(["run", "printer-jam", *devices([on_softhsm[0], again])]) == 2
    [line] = capsys.readouterr().err.splitlines()[1:]
    assert "это тот же токен" in line


def test_a_server_of_tokens_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("P11_KIT_SERVER_ADDRESS", f"unix:path={tmp_path / 'none'}")
    assert main(["run", "printer-jam", "--device=token=pkcs11:?module-name=p11-kit-client"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "запустите сервер токенов" in line


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--device", "token"], "token=АДРЕС"),
        (["--device", "printer=ipp://localhost/"], "«printer»"),
        (["--device", "token=nothing:1"], "nothing:1"),
        (["--device", "token=pkcs11:serial=none?module-path=/none"], "/none"),
        (["--device", "token=pkcs11:serial=1", "--device", "token=pkcs11:serial=1"], "дважды"),
        ([f"--device=token=pkcs11:serial={n}" for n in range(9)], "членов ГЭК"),
        (["--device", "token=pkcs11:serial=1", "--verify"], "--verify"),
    ],
)
def test_bad_input(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "printer-jam", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert len(err.splitlines()) == 1
