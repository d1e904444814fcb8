"""``ppelab run``: what it prints, its exit codes, and the files that it leaves."""

from __future__ import annotations

import errno
import gc
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from hal.journal import Journal
from lab import run_command, verify
from lab.cli import main
from lab.output import OutputFile
from scenarios.problems import BadInput
from scenarios.reading import read_journal
from station_core.events import DayBegan, DayEnded

ROOT = Path(__file__).resolve().parents[2]


def ppelab(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    given: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 120, **options}
    return subprocess.run([sys.executable, "-m", "lab", *arguments], cwd=ROOT, check=False, **given)


@pytest.fixture(autouse=True)
def russian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PPELAB_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "100")


# -- what is printed ------------------------------------------------------------------------------------


def test_a_day_that_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "printer-jam"]) == 0
    out, err = capsys.readouterr()
    for told in (
        "Замятие бумаги в принтере (случай 1, правила 2024)",
        "Ключевые моменты",
        "до 17:00 кануна [001:70]",
        "Происшествия: 1, не устранено: 0",
        "printer-0002 (ауд. 0002): замятие бумаги",
        "исправлено на месте",
        "да   правила соблюдены",
        "Нарушений правил нет",
        "Листы: напечатано = выдано + испорчено + осталось + пробные",
        "Всё сходится",
        "ИТОГ: всё выполнено",
        "SHA-256 журнала: ",
    ):
        assert told in out
    assert "Происшествие 1 устранено" in err
    assert "Передан статус «Экзамены успешно начались»" in err


def test_the_same_day_in_english(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "printer-jam", "--lang", "en"]) == 0
    out, err = capsys.readouterr()
    assert "Incidents: 1, not resolved: 0" in out
    assert "RESULT: everything held" in out
    assert "printer-0002 (room 0002): paper jam" in out
    assert "Status sent" in err


def test_the_sheets_of_a_room_and_of_the_point_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "printer-jam"])
    lines = capsys.readouterr().out.splitlines()
    begin = next(n for n, line in enumerate(lines) if line.strip().startswith("Листы:"))
    rows = [line.split() for line in lines[begin + 2 : begin + 8]]
    assert [row[0] for row in rows] == ["0001", "0002", "0003", "0004", "0005", "всего"]
    for _, *numbers in rows:
        handed_out, spoiled, left, test, by_hand, counters = map(int, numbers)
        assert handed_out + spoiled + left + test == by_hand == counters


def test_an_oral_day_accounts_for_its_recordings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "audio-quality-check"]) == 0
    out = capsys.readouterr().out
    assert "Записи ответов" in out
    assert "записано на станциях 8, выгружено 8" in out


def test_a_day_that_does_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "printer-jam", "--set", "faults=[]"]) == 1
    out = capsys.readouterr().out
    assert "НЕТ  Забракован ровно один комплект" in out
    assert "на деле: kit_rejected: 0" in out
    assert "ИТОГ: выполнено не всё" in out


def test_what_stays_unresolved_is_told_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    nothing_left = ("point.reserves.printers=[]", "point.reserves.organizer_stations=[]")
    changes = ("faults.0.kind=dead", "faults.0.ends=never", *nothing_left)
    sets = [f"--set={change}" for change in changes]
    assert main(["run", "printer-jam", *sets]) == 1
    out = capsys.readouterr().out
    assert "НЕ УСТРАНЕНО" in out
    assert "что делать: " in out
    assert "НЕТ  все происшествия устранены" in out
    assert "НЕТ  каждый участник получил своё" in out


def test_json_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "printer-jam", "--json", "--seed", "3"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    data = json.loads(out)
    assert data["held"] is True
    assert data["seed"] == 3
    assert len(data["sha256"]) == 64
    assert [incident["kind"] for incident in data["incidents"]] == ["paper-jam"]
    assert data["accounts"]["balances"] is True
    assert [room["room"] for room in data["accounts"]["rooms"]] == ["0001", "0002", "0003", "0004", "0005"]
    assert all(moment["kept"] for moment in data["moments"])


# -- files ----------------------------------------------------------------------------------------------


def test_the_journal_is_what_the_hash_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "день.jsonl"
    assert main(["run", "printer-jam", "--journal", str(file)]) == 0
    assert hashlib.sha256(file.read_bytes()).hexdigest() in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [file]
    assert file.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_file_that_is_replaced_keeps_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "day.jsonl"
    file.write_bytes(b"old")
    file.chmod(0o640)
    assert main(["run", "printer-jam", "--journal", str(file)]) == 0
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.stat().st_size > 1000


def test_a_fault_that_never_struck_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    waits = "faults=[{target: printer-0001, kind: jam, after: {what: page, count: 100000}}]"
    main(["run", "printer-jam", "--set", waits, "--lang", "en"])
    lines = capsys.readouterr().out.splitlines()
    place = next(
        number for number, line in enumerate(lines) if line.startswith("Faults of the scenario that")
    )
    assert lines[place + 1] == "  printer-0001: a sheet is stuck"
    main(["run", "printer-jam", "--set", waits, "--json"])
    assert json.loads(capsys.readouterr().out)["faults_not_struck"] == [
        {"target": "printer-0001", "kind": "jam"}
    ]


def test_of_several_alike_the_faults_that_never_struck_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "day.html"
    after = (20, 100_000, 200_000)
    alike = ", ".join(
        f"{{target: printer-0001, kind: jam, after: {{what: page, count: {count}}}}}" for count in after
    )
    main(["run", "printer-jam", "--set", f"faults=[{alike}]", "--json", "--report", str(page)])
    told = json.loads(capsys.readouterr().out)["faults_not_struck"]
    assert told == [{"target": "printer-0001", "kind": "jam"}] * 2
    assert page.read_text("utf-8").count("не наступила: условие не выполнилось") == 2


def test_journal_and_report_together(tmp_path: Path) -> None:
    journal, report = tmp_path / "day.jsonl", tmp_path / "day.html"
    assert main(["run", "printer-jam", "--journal", str(journal), "--report", str(report)]) == 0
    assert report.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["day.html", "day.jsonl"]


def test_an_earlier_journal_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "day.jsonl"
    file.write_text("old")
    assert main(["run", "printer-jam", "--journal", str(file)]) == 0
    assert file.read_bytes().startswith(b'{"n":0,')


def test_the_name_of_a_file_does_not_bring_its_folder_into_the_journal(tmp_path: Path) -> None:
    text = (ROOT / "scenarios/library/printer-jam.yaml").read_text(encoding="utf-8")
    journals = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "my.yaml").write_text(text, encoding="utf-8")
        journal = tmp_path / f"{folder}.jsonl"
        assert main(["run", str(tmp_path / folder / "my.yaml"), "--journal", str(journal)]) == 0
        journals.append(journal.read_bytes())
    assert journals[0] == journals[1]


@pytest.mark.parametrize("option", ["--journal", "--report"])
@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("folder", "это папка"),
        ("", "имя файла пусто"),
        ("missing/x", "нет; создайте её"),
        ("file/x", "нет; создайте её"),
        ("pipe", "это не обычный файл"),
        ("x" * 300, "слишком длинное имя"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_the_run(
    option: str, path: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(run_command, "run", lambda *_, **__: pytest.fail("the run began"))
    where = str(tmp_path / path) if path else ""
    assert main(["run", "printer-jam", option, where]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert told in err
    assert sorted(tmp_path.rglob("*")) == before


def test_journal_and_report_must_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    same = str(tmp_path / "x")
    assert main(["run", "printer-jam", "--journal", same, "--report", same]) == 2
    assert "не могут быть одним файлом" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_scenario_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "my.yaml"
    file.write_bytes((ROOT / "scenarios/library/printer-jam.yaml").read_bytes())
    before = file.read_bytes()
    assert main(["run", str(file), "--journal", str(file)]) == 2
    assert "файл самого сценария" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_full_disk(tmp_path: Path) -> None:
    """The limit on the size of files stands for the disk that is full."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    file = tmp_path / "day.jsonl"
    done = ppelab("run", "printer-jam", "--journal", str(file), preexec_fn=limited)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[-2:] == [
        f"День не окончен. Журнал сохранён неполным: {file}",
        f"{file}: файл не записать: превышен допустимый размер файла; укажите другое место",
    ]
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [file]
    assert 19_000 < file.stat().st_size <= 20_000
    assert list(read_journal(str(file)))  # whole lines, all of them


def test_another_disk_is_not_blamed_on_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ExceptionGroup("day", [OSError(errno.EIO, os.strerror(errno.EIO))])

    monkeypatch.setattr("lab.run_command.run", broken)
    with pytest.raises(ExceptionGroup):
        main(["run", "printer-jam", "--journal", str(tmp_path / "day.jsonl")])
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_only_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with OutputFile(str(tmp_path / "x")) as output:
        output.file.write(b"1")
        with pytest.raises(BadInput) as caught:
            output.appear()
    assert caught.value.problems[0].values == {"why": os.strerror(28)}
    assert list(tmp_path.iterdir()) == []


# -- interruption and broken pipes ----------------------------------------------------------------------


def _interrupted(folder: Path, number: signal.Signals, *arguments: str) -> tuple[int, list[str]]:
    """Begin a day that writes its journal and interrupt it; gives the exit code and the last lines told."""
    command = [sys.executable, "-m", "lab", "run", "printer-jam", "--pace", "60", *arguments]
    with subprocess.Popen(
        [*command, "--journal", str(folder / "day.jsonl")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert "День начат" in process.stderr.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert out == ""
    assert "Traceback" not in err
    return process.returncode, err.splitlines()[-2:]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_day_keeps_its_journal(number: signal.Signals, code: int, tmp_path: Path) -> None:
    file = tmp_path / "day.jsonl"
    returned, told = _interrupted(tmp_path, number, "--report", str(tmp_path / "day.html"))
    assert returned == code
    assert f"День не окончен. Журнал сохранён неполным: {file}" in told
    assert ("Прервано." in told) is (number is signal.SIGINT)
    assert list(tmp_path.iterdir()) == [file]
    assert type(next(read_journal(str(file))).event) is DayBegan
    assert list(read_journal(str(file)))


def test_an_interrupted_day_leaves_an_earlier_journal_alone(tmp_path: Path) -> None:
    earlier, pieces = tmp_path / "day.jsonl", [tmp_path / f"day.jsonl{n}.part" for n in ("", ".2")]
    earlier.write_text("earlier")
    for number, piece in enumerate(pieces, 1):
        code, told = _interrupted(tmp_path, signal.SIGINT)
        assert code == 130
        assert told == [
            f"День не окончен. Прежний журнал не тронут, неполный сохранён рядом: {piece}",
            "Прервано.",
        ]
        assert earlier.read_text() == "earlier"
        assert sorted(tmp_path.iterdir()) == sorted([earlier, *pieces[:number]])
        assert list(read_journal(str(piece)))


def test_kill_9_leaves_whole_lines_beside_the_place(tmp_path: Path) -> None:
    _interrupted(tmp_path, signal.SIGKILL)
    [piece] = tmp_path.iterdir()
    assert piece.name == "day.jsonl.part"
    assert type(next(read_journal(str(piece))).event) is DayBegan
    assert list(read_journal(str(piece)))


@pytest.mark.parametrize("as_json", [False, True])
def test_a_report_that_fails_costs_neither_the_journal_nor_the_summary(
    as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("lab.report.write_report", full)
    journal = tmp_path / "day.jsonl"
    options = ["--journal", str(journal), "--report", str(tmp_path / "day.html")]
    assert main(["run", "printer-jam", *options, *(["--json"] if as_json else [])]) == 2
    out, err = capsys.readouterr()
    assert "День не окончен" not in err
    assert err.endswith("файл не записать: на диске нет места; укажите другое место\n")
    if as_json:
        assert json.loads(out)["held"] is True
    else:
        assert "ИТОГ: всё выполнено" in out
        assert f"Журнал записан: {journal}" in out
        assert "Отчёт записан" not in out
    assert list(tmp_path.iterdir()) == [journal]
    assert isinstance(list(read_journal(str(journal)))[-1].event, DayEnded)


def test_ctrl_c_in_this_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "write", interrupted)
    assert main(["run", "printer-jam", "--lang", "en", "--journal", str(tmp_path / "day.jsonl")]) == 130
    assert capsys.readouterr().err == "Interrupted.\n"
    assert list(tmp_path.iterdir()) == []
    gc.collect()


@pytest.mark.parametrize("arguments", [("run", "printer-jam"), ("scenarios", "schema"), ("--help",)])
def test_nobody_reads_the_output(arguments: tuple[str, ...]) -> None:
    # unbuffered, argparse itself is quiet about help that nobody reads, and the code is 0
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        done = ppelab(*arguments, capture_output=False, stdout=closed, stderr=subprocess.PIPE, env=buffered)
    assert done.returncode == 141
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_nobody_reads_the_progress(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    journal = tmp_path / "day.jsonl"
    with os.fdopen(writing, "w") as closed:
        done = ppelab(
            "run", "printer-jam", "--journal", str(journal),
            capture_output=False, stdout=subprocess.PIPE, stderr=closed,
        )  # fmt: skip
    assert "ИТОГ: всё выполнено" in done.stdout
    assert journal.exists()


def test_a_terminal_that_knows_no_russian() -> None:
    done = ppelab("run", "printer-jam", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "SHA-256" in done.stdout


# -- pace and repeatability -----------------------------------------------------------------------------


def test_the_pace_does_not_change_the_journal(capsys: pytest.CaptureFixture[str]) -> None:
    begin = time.monotonic()
    assert main(["run", "printer-jam", "--json", "--pace", "20000"]) == 0
    assert time.monotonic() - begin > 0.5
    paced = json.loads(capsys.readouterr().out)["sha256"]
    main(["run", "printer-jam", "--json"])
    assert json.loads(capsys.readouterr().out)["sha256"] == paced


def test_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "мой день.yaml"
    file.write_bytes((ROOT / "scenarios/library/printer-jam.yaml").read_bytes())
    arguments = ["run", str(file), "--verify", "--seed", "5", "--set", "point.rooms.0.participants=12"]
    assert main(arguments) == 0
    assert "журналы трёх прогонов совпали" in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    verified = json.loads(out)["verified"]
    assert verified["same"] is True
    assert verified["A"] == verified["B"] == verified["own"]


def _run_with(monkeypatch: pytest.MonkeyPatch, arguments: Callable[[str], list[str]]) -> None:
    """Give each of the two fresh runs other arguments than the user did."""
    real = verify._running

    def changed(given: list[str], changes: dict[str, str]) -> object:
        return real([*given[:-2], *arguments(changes["PYTHONHASHSEED"]), *given[-2:]], changes)

    monkeypatch.setattr(verify, "_running", changed)


def test_verify_names_the_first_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _run_with(monkeypatch, lambda run: [] if run == "0" else ["--set=exam.kit_sheets=17"])
    assert main(["run", "printer-jam", "--verify"]) == 1
    out = capsys.readouterr().out
    assert "ЖУРНАЛЫ РАЗЛИЧАЮТСЯ" in out
    assert "прогон A" in out
    assert "sheets: 16 | 17" in out


def test_verify_compares_with_the_run_that_the_user_saw(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _run_with(monkeypatch, lambda _: ["--seed=2"])
    assert main(["run", "printer-jam", "--verify", "--lang", "en"]) == 1
    out = capsys.readouterr().out
    assert "THE JOURNALS DIFFER" in out
    assert "this run" in out
    assert "seed: 2 | 1" in out


def test_a_verification_that_fails_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _run_with(monkeypatch, lambda _: ["--set=title"])
    assert main(["run", "printer-jam", "--verify"]) == 2
    err = capsys.readouterr().err
    assert "повторный прогон не удался" in err
    assert "Traceback" not in err


# -- help and version -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        [], ["run"], ["scenarios"], ["scenarios", "list"], ["scenarios", "show"], ["scenarios", "check"],
        ["scenarios", "schema"], ["journal"], ["journal", "show"], ["journal", "diff"],
    ],
)  # fmt: skip
def test_help_speaks_one_language(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    russian = capsys.readouterr().out
    assert russian.startswith("Вызов: ppelab")
    for word in ("usage", "options", "arguments", "show this"):
        assert word not in russian.lower()
    assert main([*command, "-h", "--lang=en"]) == 0
    english = capsys.readouterr().out
    assert english.startswith("Usage: ppelab")
    assert not any("а" <= letter <= "я" for letter in english.lower())


def test_the_language_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PPELAB_LANG", "en")
    assert main(["--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage:")
    assert main(["--help", "--lang", "ru"]) == 0
    assert capsys.readouterr().out.startswith("Вызов:")


def test_version(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("ppelab ")

    def missing(_: str) -> str:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "version", missing)
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "ppelab (not installed)\n"
