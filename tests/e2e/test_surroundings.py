"""What surrounds a run: signals, full outputs, pipes, Python files that lie about."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab.cli import main
from lab.interrupt import TOLD
from lab.language import LANGUAGES
from lab.text import texts

PPELAB = [sys.executable, "-P", "-m", "lab"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_leaves_no_half_written_report_and_keeps_the_journal(
    number: signal.Signals, tmp_path: Path
) -> None:
    command = [*PPELAB, "run", "printer-jam", "--pace", "1", "--journal", "j.jsonl", "--report", "r.html"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as running:
        assert running.stderr is not None
        assert running.stderr.readline()  # the first line of progress: the files are open, the day runs
        running.send_signal(number)
        assert running.wait() == 128 + number
        assert b"Traceback" not in running.stderr.read()
    assert [file.name for file in tmp_path.iterdir()] == ["j.jsonl"]


INTERRUPTER = """
import os, signal, sys

def interrupt(event, values):
    if event in ("import", "open") and str(values[0]).endswith(os.environ["INTERRUPT_AT"]):
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(interrupt)
"""


@pytest.mark.parametrize(
    "instant", ["lab.cli", "fluent.runtime", "ru/cli.ftl", "numpy", "soundfile", "scenarios.runner"]
)
def test_ctrl_c_while_the_program_is_loaded(instant: str, tmp_path: Path) -> None:
    """Interrupted where an import or the opening of a file begins: it depends on no clock."""
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTER)
    surroundings = {**os.environ, "PYTHONPATH": str(tmp_path), "INTERRUPT_AT": instant}
    done = subprocess.run(
        [*PPELAB, "run", "printer-jam"], env=surroundings, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Прервано.\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_early_ctrl_c_is_told_like_a_late_one(language: str) -> None:
    assert TOLD[language] == texts(language)("interrupted")


def test_a_ctrl_c_that_the_parent_ignores_stays_ignored() -> None:
    """So a shell starts what runs in its background."""
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); from lab.__main__ import main; main();"
    )
    ignored = "print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code} {ignored}", "--version"], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "True"


def test_a_full_disk_behind_the_output_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PPELAB, "scenarios", "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", [["scenarios", "list"], ["--version"]])
def test_a_closed_output_is_no_success(command: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *PPELAB, "--lang", "ru", *command],
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "Вывод не показан: он закрыт (>&-). Не закрывайте его и повторите."


def test_what_belongs_on_a_closed_error_output_is_told_nowhere() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *PPELAB, "check", "headset", "sim:audio/logitech-h390",
         "--seconds", "1", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert [step["step"] for step in json.loads(done.stdout)["steps"]] == [
        "headset",
        "record",
        "sound",
        "play",
    ]
    assert done.returncode == (0 if json.loads(done.stdout)["ok"] else 1)


def test_diff_does_not_call_two_pipes_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe can be read only once, so it is refused rather than found empty."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert main(["journal", "diff", str(pipe), str(pipe)]) == 2
    assert str(pipe) in capsys.readouterr().err


def test_verify_is_not_led_astray_by_python_files_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "yaml.py").write_text("raise SystemExit(1)\n")
    done = subprocess.run(
        [*PPELAB, "run", "token-failure", "--verify"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
