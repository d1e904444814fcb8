"""``ppelab serve token`` and ``ppelab ctl`` as people and programs start them."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hal.errors import DeviceNotFound
from hal.token.pkcs11.uri import read_pin
from lab import serve_command
from lab.cli import main
from lab.serve_command import CannotServe
from lab.text import texts
from scenarios.problems import BadInput
from simulators.wire.unix import LONGEST_PATH
from tests.peers.virtual_token import ADMIN_PIN, PIN, PPELAB, WRONG, VirtualToken, served


def ctl(token: VirtualToken, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PPELAB, "ctl", token.control, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_line_of_readiness_and_the_lines_for_a_person(tmp_path: Path) -> None:
    command = [*PPELAB, "--lang", "ru", "serve", "token", "--tokens", "2", "--pin", PIN, "--socket", "here"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        ready = json.loads(server.stdout.readline())
        server.send_signal(signal.SIGINT)
        told = server.stderr.read()
        assert (server.wait(60), server.stdout.read()) == (0, "")
    assert ready["env"] == {"P11_KIT_SERVER_ADDRESS": f"unix:path={tmp_path}/here"}
    assert ready["urls"]["token-2"].startswith("pkcs11:token=")
    assert "?module-path=/" in ready["urls"]["token-1"]
    assert f"export P11_KIT_SERVER_ADDRESS=unix:path={tmp_path}/here" in told
    assert "2 токена" in told
    assert f"ppelab ctl {ready['control']} state" in told
    assert PIN not in json.dumps(ready) + told
    assert list(tmp_path.iterdir()) == []
    assert not Path(ready["control"]).parent.exists()


def test_control_from_the_command_line(tmp_path: Path) -> None:
    with served(tmp_path, "--tokens", "2") as token:
        state = json.loads(ctl(token, "state").stdout)
        assert [slot["token"] for slot in state["slots"]] == ["token-1", "token-2"]
        state = json.loads(ctl(token, "remove", "token-2").stdout)
        assert state["slots"][1]["token"] is None
        assert json.loads(ctl(token, "cut", "--after", "3", "--loses", "answer").stdout)["cut"] == {
            "after": 3,
            "loses": "answer",
        }
        armed = ctl(token, "remove", "token-1", "--at", "sign", "--count", "2", "--seconds", "5")
        assert json.loads(armed.stdout)["slots"][0]["token"] == "token-1"  # noqa: S105
        for arguments, told in (
            (("explode",), "explode"),
            (("remove", "token-9"), "token-9"),
            (("remove",), "token-1, token-2"),
            (("slow", "token-1", "--percent", "0"), "percent"),
            (("cut", "--after", "1", "--loses", "all"), "all"),
            (("dead", "token-1", "--at", "noon"), "noon"),
            (("remove", os.fsdecode(b"\xff")), "UTF-8"),
            ((os.fsdecode(b"\xff"),), "UTF-8"),
            (("a\nb",), "a b"),
            (("remove", "token-1", "--seconds", "0"), "86400"),
            (("remove", "token-1", "--seconds", "99999"), "86400"),
            (("state", "token-1"), "token-1"),
            (("alive", "token-1", "--seconds", "5"), "seconds"),
        ):
            refused = ctl(token, *arguments)
            assert refused.returncode == 2
            assert refused.stdout == ""
            assert told in refused.stderr
            assert len(refused.stderr.splitlines()) == 1


def test_watching_from_the_command_line(tmp_path: Path) -> None:
    with (
        served(tmp_path) as token,
        subprocess.Popen(
            [*PPELAB, "ctl", token.control, "watch"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as watcher,
    ):
        assert watcher.stdout is not None
        assert watcher.stderr is not None
        assert json.loads(watcher.stdout.readline())["slots"][0]["token"] == "token-1"  # noqa: S105
        token.ctl("remove")
        assert json.loads(watcher.stdout.readline())["slots"][0]["token"] is None
        watcher.send_signal(signal.SIGINT)
        assert b"Traceback" not in watcher.stderr.read()
        assert watcher.wait(60) == 130


@pytest.mark.parametrize("language", ["ru", "en"])
def test_places_that_cannot_be_served(
    language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nothing")
    with socket.socket(socket.AF_UNIX) as used:
        used.bind("used")
        used.listen()
        for path, word in (
            ("file", "file"),
            ("dangling", "dangling"),
            ("used", "used"),
            ("nowhere/sock", "nowhere"),
            ("file/sock", "file"),
            ("/proc/sock", "/proc/sock"),  # nobody may make a file there
            ("x" * (LONGEST_PATH + 1), "107"),
        ):
            command = ["--lang", language, "serve", "token", "--profile", "rutoken-lite", "--socket", path]
            assert main(command) == 2
            told = capsys.readouterr()
            assert told.out == ""
            assert word in told.err
            assert len(told.err.splitlines()) == 1
    assert (tmp_path / "dangling").is_symlink()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--profile", "rutoken-9"),
        ("--tokens", "99"),
        ("--tokens", "0"),
        ("--owner", " "),
        ("--owner", "А" * 65),
        ("--owner", "А, " + "б" * 65),
        ("--owner", ", член ГЭК"),
        ("--owner", "А\nБ"),
        ("--owner", "А\x1b[2J"),
        ("--owner", os.fsdecode(b"\xff")),
        ("--pin-file", "/"),
        ("--owner", "А", "--owner", "Б", "--tokens", "1"),
        ("--pin", ""),
        ("--pin", "1" * 33),
        ("--pin", "12345678 "),
        ("--pin", "1234\t5678"),
        ("--pin-file", "nowhere"),
        ("--valid-from", "29.05.2026"),
        ("--valid-from", "2026-05-29", "--valid-until", "2026-05-29"),
        ("--pace", "0"),
        ("--pace", "fast"),
    ],
)
def test_wishes_that_cannot_be_granted(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "token", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert "1" * 33 not in told.err
    assert "\x1b" not in told.err


def test_a_control_socket_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", str(tmp_path / "nowhere"), "state"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert main(["--lang", "ru", "ctl", str(tmp_path / "nowhere"), "state"]) == 2
    assert "нет такого файла" in capsys.readouterr().err
    assert main(["--lang", "ru", "ctl", "", "state"]) == 2
    assert "нет такого файла" in capsys.readouterr().err
    assert main(["--lang", "ru", "ctl", "x" * 200, "state"]) == 2
    assert "слишком длинное имя" in capsys.readouterr().err
    with served(tmp_path) as token:
        wire = token.ready["env"]["P11_KIT_SERVER_ADDRESS"].removeprefix("unix:path=")
        assert main(["ctl", wire, "state"]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Path]:
    """A control socket that answers whatever it is asked."""
    path = tmp_path / "control"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def answer() -> None:
            with server.accept()[0] as wire:
                wire.recv(65536)
                wire.sendall(b'{"ok": true, "state": {"device": "token"}}\n')

        thread = threading.Thread(target=answer)
        thread.start()
        yield path
        thread.join()


def test_an_output_that_cannot_be_written_is_not_the_socket_s_fault(answering: Path) -> None:
    command = [*PPELAB, "--lang", "ru", "ctl", str(answering), "state"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "Вывод не записан: на диске нет места. Освободите место и повторите.\n"


def test_nobody_reads_what_the_control_tells(answering: Path) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    command = [*PPELAB, "ctl", str(answering), "state"]
    try:
        done = subprocess.run(command, stdout=writes, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writes)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("words", [("speak", ""), ("speak", "headset-1", ""), ("unplug", "")])
def test_an_empty_word_to_the_control_is_a_variable_that_is_not_set(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ctl", str(tmp_path / "nowhere"), *words]) == 2
    assert "пустое слово" in capsys.readouterr().err


def test_a_missing_library_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("simulators.wire.pkcs11")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith("simulators.crypto")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "gostcrypto", None)
    assert main(["serve", "token"]) == 2
    assert "pip install 'ppe-lab[token]'" in capsys.readouterr().err


def test_pins_from_files_and_dates_of_certificates(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("1234-file\n")
    dates = ("--valid-from", "2020-01-01", "--valid-until", "2020-06-01")
    with served(tmp_path, "--pin-file", "pin", *dates) as token:
        token.tool("--list-objects", login=True, pin="1234-file")
        key = token.id_of("RSA")
        shown = token.run("openssl", "x509", "-in", str(token.certificate(key)), "-noout", "-dates").text
        assert "notBefore=Jan  1 00:00:00 2020 GMT" in shown
        assert "notAfter=Jun  1 00:00:00 2020 GMT" in shown
        assert ADMIN_PIN not in shown


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"1234",
        b"1234\n",
        b"1234\r\n",
        b"1234\n\n",
        b"1234\n5678\n",
        b"12\r34",
        b"\n1234",
        b"\xff",
        b"1" * 300,
    ],
)
def test_a_file_with_a_pin_is_read_as_the_driver_reads_it(text: bytes, tmp_path: Path) -> None:
    file = tmp_path / "pin"
    file.write_bytes(text)
    try:
        expected = read_pin(str(file))
    except DeviceNotFound:
        with pytest.raises((CannotServe, BadInput)):
            serve_command._pin(texts("ru"), None, str(file), "NO_SUCH_VARIABLE")
    else:
        read = serve_command._pin(texts("ru"), None, str(file), "NO_SUCH_VARIABLE")
        assert read is not None
        assert read.matches(expected)


LITE = ("serve", "token", "--profile", "rutoken-lite")


def begun(tmp_path: Path, *arguments: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PPELAB, "--lang", "ru", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), **env},
    )  # fmt: skip


def test_what_the_operating_system_refuses_is_one_line(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    too_big = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100));"
    command = [sys.executable, "-c", f"{too_big} from lab.cli import main; sys.exit(main({[*LITE]!r}))"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, len(done.stderr.splitlines()), done.stdout) == (2, 1, ""), done.stderr
    assert "превышен" in done.stderr
    with begun(tmp_path, *LITE, TMPDIR=str(deep)) as server:
        out, told = server.communicate(timeout=60)
    assert (server.returncode, out, len(told.splitlines())) == (2, "", 1), told
    assert "TMPDIR=" in told
    assert list(deep.iterdir()) == []
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PPELAB, *LITE], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("на диске нет места")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_again_and_again(number: signal.Signals, tmp_path: Path) -> None:
    with begun(tmp_path, *LITE) as server:
        assert server.stdout is not None
        assert server.stdout.readline()
        while server.poll() is None:
            server.send_signal(number)
            time.sleep(0.0005)
        _, told = server.communicate(timeout=60)
    assert server.returncode == 0, told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_the_keys_are_made(
    number: signal.Signals,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from simulators.wire.pkcs11 import device

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(device, "VirtualTokens", lambda *_: os.kill(os.getpid(), number))
    before = {each: signal.getsignal(each) for each in serve_command._STOPPING}
    try:
        assert main([*LITE]) == 0
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert capsys.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_a_signal_just_before_the_line_of_readiness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = tempfile.TemporaryDirectory

    def made(prefix: str) -> object:
        os.kill(os.getpid(), signal.SIGTERM)
        return real(prefix=prefix, dir=tmp_path)

    monkeypatch.setattr(tempfile, "TemporaryDirectory", made)
    before = {each: signal.getsignal(each) for each in serve_command._STOPPING}
    try:
        assert main([*LITE]) == 0
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []


# -- tokens that outlast their server --------------------------------------------------------------


def serials(token: VirtualToken) -> list[str]:
    return [each["serial"] for each in token.ctl("state")["tokens"]]


def test_tokens_outlast_their_server_also_when_it_is_killed(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("what the technician wrote\n")
    store = ("--store", "store")
    with served(tmp_path, *store, "--owner", "Иванова Анна", "--owner", "Петров Борис") as token:
        numbers, key = serials(token), token.id_of("RSA")
        certificate = token.certificate(key).read_bytes()
        authority = token.files["authority"].read_text()
        token.tool("--write-object", "note", "--type", "data", "--label", "note", login=True)
    command = [*PPELAB, "serve", "token", *store, "--pace", "50"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        again = VirtualToken(json.loads(server.stdout.readline()), tmp_path)
        again.tool("--list-objects", login=True, pin=WRONG, succeeds=False)
        server.kill()
    with served(tmp_path, *store) as token:
        assert serials(token) == numbers
        assert token.ctl("state")["tokens"][0]["pin"] == "low"  # the wrong PIN was counted
        assert token.id_of("RSA") == key
        assert token.certificate(key).read_bytes() == certificate
        assert token.files["authority"].read_text() == authority
        token.tool("--read-object", "--type", "data", "--label", "note", "-o", "read", login=True)
        assert (tmp_path / "read").read_text() == "what the technician wrote\n"
        (tmp_path / "act").write_bytes(b"an act")
        token.tool("--sign", "-m", "SHA256-RSA-PKCS", "--id", key, "-i", "act", "-o", "act.sig", login=True)
        token.run("openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "act.sig", "act")
        token.tool("--delete-object", "--type", "data", "--label", "note", login=True)
    with served(tmp_path, *store) as token:
        assert token.ctl("state")["tokens"][0]["pin"] == "ok"
        assert "note" not in token.tool("--list-objects", "--type", "data", login=True).text


def told_by(folder: Path, *arguments: str) -> str:
    """Return the one line that a server says that cannot start."""
    done = subprocess.run(
        [*PPELAB, "--lang", "ru", "serve", "token", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    [line] = done.stderr.splitlines()
    return line


def test_a_store_that_cannot_be_used(tmp_path: Path) -> None:
    with served(tmp_path, "--store", "store"):
        told = told_by(tmp_path, "--store", "store")
        assert "папка store занята: в ней хранит токены другой сервер" in told
    for options in (
        ("--owner", "А"),
        ("--pin", "12345678"),
        ("--tokens", "2"),
        ("--profile", "rutoken-lite"),
    ):
        told = told_by(tmp_path, "--store", "store", *options)
        assert f"токены уже есть, новые там не делаются; уберите {options[0]}" in told
    (tmp_path / "file").touch()
    assert "часть пути — не папка" in told_by(tmp_path, "--store", "file")
    assert "нет такого" in told_by(tmp_path, "--store", "no/such")
    file = tmp_path / "store" / "tokens.json"
    whole = json.loads(file.read_text())
    whole["tokens"][0]["user_pin"]["tries_left"] = 99
    file.write_text(json.dumps(whole))
    told = told_by(tmp_path, "--store", "store")
    assert told.startswith("store/tokens.json, tokens[0].user_pin.tries_left: файл повреждён")
    assert json.loads(file.read_text()) == whole  # nobody has touched it


def test_a_disk_that_is_full_is_told_once_and_the_tokens_go_on(tmp_path: Path) -> None:
    command = [*PPELAB, "--lang", "ru", "serve", "token", "--store", "store", "--pin", PIN, "--pace", "50"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        token = VirtualToken(json.loads(server.stdout.readline()), tmp_path)
        before = (tmp_path / "store" / "tokens.json").read_bytes()
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
        for _ in range(2):
            token.tool("--list-objects", login=True, pin=WRONG, succeeds=False)
        assert token.ctl("state")["tokens"][0]["pin"] == "low"
        assert (tmp_path / "store" / "tokens.json").read_bytes() == before
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        token.tool("--list-objects", login=True, pin=WRONG, succeeds=False)
        server.send_signal(signal.SIGTERM)
        told = server.stderr.read()
        assert server.wait(60) == 0
    assert told.count("не записывается (превышен допустимый размер файла") == 1
    kept = json.loads((tmp_path / "store" / "tokens.json").read_text())
    assert kept["tokens"][0]["user_pin"]["tries_left"] == 7
