"""Bad input: one clear message each, exit 2, no traceback, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.cli import main

ROOT = Path(__file__).resolve().parents[2]
JAM = (ROOT / "scenarios/library/printer-jam.yaml").read_text(encoding="utf-8")
STATION = "      station: {printer: pantum-p3300dn, scanner: canon-dr-c230}\n"
RESERVE = "organizer_stations: [{printer: pantum-p3300dn}]"
TRIGGER = "    after: {what: page, count: 60}\n"

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def changed(old: str, new: str) -> str:
    assert old in JAM, old
    return JAM.replace(old, new, 1)


CASES: dict[str, tuple[str | bytes, str, str]] = {
    # name: (content, Russian, English), the part of the message after the name of the file
    "unknown-key": (JAM + "colour: red\n", "colour: такого поля нет", "colour: there is no such field"),
    "wrong-type": (
        changed("participants: 15", "participants: пятнадцать"),
        "point.rooms[0].participants: нужно целое число, стоит «пятнадцать»",
        "point.rooms[0].participants: needs an integer, not “пятнадцать”",
    ),
    "list-for-number": (
        changed("participants: 15", "participants: [1]"),
        "нужно целое число, стоит «[…]»",
        "needs an integer",
    ),
    "half": (
        changed("participants: 15", "participants: 15.5"),
        "нужно целое число, стоит «15.5»",
        "an integer",
    ),
    "too-many": (
        changed("participants: 15", "participants: 99"),
        "нужно не больше 25, стоит 99",
        "at most 25",
    ),
    "negative": (
        changed("participants: 15", "participants: -1"),
        "нужно не меньше 0, стоит -1",
        "at least 0",
    ),
    "text-for-bool": (
        changed("{printer: pantum", '{act: "no", printer: pantum'),
        "true или false",
        "true or false",
    ),
    "number-for-text": (
        changed('edition: "2024"', "edition: 2024"),
        "возьмите значение в кавычки",
        "in quotes",
    ),
    "null-title": (
        changed("title: Замятие бумаги в принтере", "title:"),
        "нужен текст, стоит «null»",
        "a text",
    ),
    "empty-title": (
        changed("title: Замятие бумаги в принтере", 'title: " "'),
        "текст пуст",
        "the text is empty",
    ),
    "unknown-profile": (
        changed("printer: pantum-p3300dn, scanner", "printer: pantum-x, scanner"),
        "point.rooms[0].station.printer: профиля «pantum-x» нет; есть: ",
        "there is no profile “pantum-x”; there are: ",
    ),
    "no-station": (
        changed(STATION, ""),
        "point.rooms[0].station: в аудитории нет станции; добавьте station",
        "point.rooms[0].station: the room has no station; add station",
    ),
    "reserve-number-twice": (
        changed(RESERVE, "organizer_stations: [{computer: 901}, {computer: 901}]"),
        "номер компьютера 901 занят",
        "computer number 901 is taken",
    ),
    "reserve-number-of-a-room": (
        changed(RESERVE, "organizer_stations: [{computer: 7}, {computer: 7}]"),
        "номер компьютера 7 занят",
        "7 is",
    ),
    "reserve-seat-twice": (
        changed(RESERVE, "recording_stations: [{seat: Р1}, {seat: Р1}]"),
        "резервное место Р1 занято",
        "reserve seat Р1 is taken",
    ),
    "missing-target": (
        changed("target: printer-0002", "target: printer-0099"),
        "faults[0].target: устройства «printer-0099» в этом ППЭ нет; похожие: printer-0001, ",
        "there is no device “printer-0099” in this point",
    ),
    "unknown-fault": (
        changed("kind: jam", "kind: jamm"),
        "не бывает неисправности «jamm»",
        "the fault “jamm”",
    ),
    "unknown-occurrence": (
        changed("what: page", "what: pages"),
        "не считает «pages»",
        "does not count “pages”",
    ),
    "unknown-param": (
        changed(TRIGGER, TRIGGER + "    params: {x: 1}\n"),
        "нет параметра «x»",
        "no parameter “x”",
    ),
    "no-trigger": (changed(TRIGGER, ""), "ровно одно из at, after, rate", "exactly one of at, after, rate"),
    "two-triggers": (changed(TRIGGER, TRIGGER + '    at: "10:00"\n'), "указано 2", "2 given"),
    "lasts-and-never": (
        changed(TRIGGER, TRIGGER + "    lasts: 1 min\n    ends: never\n"),
        "противоречат",
        "contradict",
    ),
    "broken": (changed("title: Замятие", 'title: "Замятие'), "ошибка в записи YAML", "not correct YAML"),
    "tab": (changed("  kind: written", "\tkind: written"), "часто это табуляция", "often a tab"),
    "key-twice": (
        JAM + "title: again\n",
        "ключ записан дважды, первый раз в строке 1",
        "twice, first in line 1",
    ),
    "two-documents": (f"{JAM}---\n{JAM}", "начинается второй документ", "a second document begins"),
    "no-anchor": (
        changed("participants: 15", "participants: *x"),
        "ни на что не указывает",
        "points to nothing",
    ),
    "empty": ("", "это не сценарий", "this is no scenario"),
    "comment": ("# nothing\n", "это не сценарий", "this is no scenario"),
    "list": ("- a\n- b\n", "это не сценарий", "this is no scenario"),
    "scalar": ("hello", "это не сценарий", "this is no scenario"),
    "binary": (bytes(range(256)), "не в кодировке UTF-8 (байт 128)", "not in UTF-8 (byte 128)"),
    "zeros": (b"\0" * 100, "недопустимый знак", "a character that is not allowed"),
    "utf-16": (JAM.encode("utf-16"), "не в кодировке UTF-8", "not in UTF-8"),
    "cp1251": (JAM.encode("cp1251", "replace"), "не в кодировке UTF-8", "not in UTF-8"),
    "control": (JAM + 'x: "\x07"\n', "недопустимый знак", "a character that is not allowed"),
    "deep-brackets": ("title: " + "[" * 20_000, "слишком большая вложенность", "nested too deep"),
    "deep-indents": (
        "".join(" " * n + "a:\n" for n in range(900)),
        "слишком большая вложенность",
        "too deep",
    ),
    "alias-bomb": (BOMB, "слишком много значений", "too many values"),
    "alias-of-itself": ("a: &a [*a]\n", "слишком большая вложенность", "nested too deep"),
    "merge-of-itself": ("a: &a {<<: *a}\n", "слишком большая вложенность", "nested too deep"),
    "huge-number": (
        changed("participants: 15", f"participants: {'9' * 5000}"),
        "нельзя прочесть",
        "cannot be read",
    ),
    "long-number": (
        changed("participants: 15", f"participants: {'9' * 30}"),
        "нельзя прочесть",
        "cannot be read",
    ),
    "tag-python": (
        changed("participants: 15", "participants: !!python/object/apply:os.system [id]"),
        "нельзя прочесть",
        "cannot be read",
    ),
    "tag-binary": (
        changed("participants: 15", "participants: !!binary aGVsbG8="),
        "нельзя прочесть",
        "cannot be",
    ),
    "tag-not-so": (
        changed("participants: 15", "participants: !!int abc"),
        "нельзя прочесть",
        "cannot be read",
    ),
    "list-as-key": (changed("participants: 15", "? [a]\n      : 1"), "нельзя прочесть", "cannot be read"),
    "null-as-key": (changed("participants: 15", "null: 1"), "нельзя прочесть", "cannot be read"),
    "half-a-letter": (
        changed("title: Замятие бумаги в принтере", r'title: "\ud800"'),
        "нельзя прочесть",
        "cannot",
    ),
    "too-big": (JAM + "# " + "x" * 2_000_000, "файл слишком велик", "the file is too big"),
    "duration": (
        changed("3h 30min", "3 hours"),
        "«3 hours» — не длительность",
        "“3 hours” is not a duration",
    ),
    "bare-duration": (changed("3h 30min", "210"), "«210» — не длительность", "“210” is not a duration"),
    "clock": (
        changed(TRIGGER, '    at: "25:00"\n'),
        "«25:00» — не время суток",
        "“25:00” is not a clock time",
    ),
    "date": (
        changed("2024-05-28", "28.05.2024"),
        "нужна дата вида 2024-05-28",
        "needs a date like 2024-05-28",
    ),
    "no-such-date": (changed("2024-05-28", "2024-02-31"), "стоит «2024-02-31»", "not “2024-02-31”"),
    "enum": (changed("kind: written", "kind: writen"), "возможны: written, oral", "possible: written, oral"),
    "literal": (
        changed("everybody-served", "everybody"),
        "значения «everybody» нет",
        "there is no “everybody”",
    ),
    "pattern": (changed("01-РУС", "РУС"), "нужно, например, 01-РУС", "look like 01-РУС"),
    "edition": (
        changed('edition: "2024"', 'edition: "2031"'),
        "такой редакции правил нет; есть: 2024",
        "2024",
    ),
    "where-list": (
        changed('room: "0002"', "room: [1]"),
        "нужен текст, целое число или true/false",
        "true/false",
    ),
    "event": (changed("event: kit_rejected", "event: kit_reject"), "такого события нет", "no such event"),
    "event-field": (changed("why: paper-jam", "reason: paper-jam"), "нет поля «reason»", "no field “reason”"),
    "no-rooms": (
        JAM[: JAM.index("  rooms:")] + "  rooms: []\n",
        "point.rooms: список пуст",
        "the list is empty",
    ),
    "rooms-missing": (
        JAM[: JAM.index("  rooms:")] + "  staff: {}\n",
        "point.rooms: поле обязательно",
        "the field is required",
    ),
    "text-for-fields": (
        JAM[: JAM.index("point:")] + "point: abc\n",
        "нужны поля вида «имя: значение»",
        "fields as",
    ),
    "fields-for-list": (
        JAM[: JAM.index("faults:")] + "faults: {a: 1}\n",
        "нужен список, стоит «{…}»",
        "a list",
    ),
    "oral-without-rooms": (
        changed("kind: written", "kind: oral"),
        "нужна аудитория проведения",
        "of kind conduct",
    ),
    "more-absent": (
        changed("absent: 1", "absent: 16"),
        "отсутствующих больше, чем рассажено (15)",
        "seated (15)",
    ),
    "one-name": (
        changed("- count: 5", '- count: 5\n      name: "0001"'),
        "одно имя на аудитории",
        "one name for",
    ),
    "room-of-other-exam": (
        changed("- count: 5", "- count: 5\n      kind: conduct"),
        "не подходит",
        "does not fit",
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_bad_file(name: str, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, *told = CASES[name]
    file = tmp_path / "day.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    outputs = ["--journal", str(tmp_path / "j"), "--report", str(tmp_path / "r")]
    assert main(["run", str(file), "--lang", language, *outputs]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.startswith((f"{file}, ", f"{file}: ", f"{str(file)[:80]}…"))
    assert told[language == "en"] in err
    assert list(tmp_path.iterdir()) == [file]
    assert main(["scenarios", "check", str(file), "--lang", language]) == 2
    assert capsys.readouterr().err == err


def test_the_line_is_the_line_of_the_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "day.yaml"
    file.write_text(changed("participants: 15", "participants: x"), encoding="utf-8")
    number = JAM.splitlines().index("      participants: 15") + 1
    assert main(["scenarios", "check", str(file)]) == 2
    assert f", строка {number}, point.rooms[0].participants: " in capsys.readouterr().err


def test_every_problem_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "day.yaml"
    text = changed("participants: 15", "participants: x").replace("kind: jam", "kind: 5") + "colour: red\n"
    file.write_text(text, encoding="utf-8")
    assert main(["scenarios", "check", str(file)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 3


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("folder", "это папка; укажите файл"),
        ("nothing.yaml", "нет ни сценария, ни файла с таким именем; сценарии библиотеки: "),
        ("file/below", "файл не читается: часть пути — не папка"),
        ("x" * 300, "файл не читается: слишком длинное имя"),
        ("zero\0byte", "файл не читается"),
    ],
)
def test_a_file_that_cannot_be_read(
    path: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    assert main(["run", str(tmp_path / path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert told in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_rights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "day.yaml"
    file.write_text(JAM, encoding="utf-8")
    file.chmod(0)
    assert main(["run", str(file)]) == 2
    assert "файл не читается: нет прав" in capsys.readouterr().err


def test_an_endless_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "/dev/zero"]) == 2
    assert "файл слишком велик" in capsys.readouterr().err


SETS = [
    ("abc", "нужно «путь=значение»", "needs “path=value”"),
    ("=", "нужно «путь=значение»", "needs “path=value”"),
    ("colour=1", "такого поля нет", "there is no such field"),
    ("point.rooms.0.participants=x", "нужно целое число, стоит «x»", "needs an integer, not “x”"),
    ("point.rooms.0.seats={count: 9}", "нужно не больше 4, стоит 9", "at most 4, not 9"),
    ("point.rooms.5.participants=1", "(шаг «5»)", "(step “5”)"),
    ("title.x=1", "(шаг «x»)", "(step “x”)"),
    ("title.x.y=1", "(шаг «x»)", "(step “x”)"),
    ("point.staff.token=foo", "профиля «foo» нет", "no profile “foo”"),
    ("faults.0.target=nobody", "устройства «nobody» в этом ППЭ нет", "no device “nobody”"),
    ("title=[", "ошибка в записи YAML", "not correct YAML"),
    ("title=!!python/none 1", "нельзя прочесть", "cannot be read"),
    ("title=\0", "недопустимый знак", "not allowed"),
    (f"title={'[' * 100}", "слишком большая вложенность", "nested too deep"),
    ("title=", "нужен текст, стоит «null»", "needs a text, not “null”"),
]


@pytest.mark.parametrize(("change", "russian", "english"), SETS, ids=[each[0][:20] for each in SETS])
def test_a_bad_change(change: str, russian: str, english: str, capsys: pytest.CaptureFixture[str]) -> None:
    for language, told in (("ru", russian), ("en", english)):
        assert main(["run", "printer-jam", "--set", change, "--lang", language]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1, err
        assert err.startswith("--set ")
        assert told in err


def test_the_last_change_of_a_field_counts(capsys: pytest.CaptureFixture[str]) -> None:
    field = "point.rooms.0.participants"
    assert main(["run", "printer-jam", "--json", "--set", f"{field}=x", "--set", f"{field}=12"]) == 0
    capsys.readouterr()
    assert main(["run", "printer-jam", "--set", f"{field}=12", "--set", f"{field}=x"]) == 2
    assert capsys.readouterr().err.startswith(f"--set {field}=x, ")


COMMAND_LINES = [
    ([], "не указано: КОМАНДА", "missing: COMMAND"),
    (["bogus"], "значения bogus нет; возможны: run, scenarios, journal", "there is no bogus; possible: run"),
    (["run"], "не указано: ИМЯ|ФАЙЛ", "missing: NAME|FILE"),
    (["scenarios"], "не указано: КОМАНДА", "missing: COMMAND"),
    (["scenarios", "check"], "не указано: ФАЙЛ", "missing: FILE"),
    (["journal", "diff", "a"], "не указано: ФАЙЛ", "missing: FILE"),
    (["run", "printer-jam", "--bogus"], "лишнее или неизвестное: --bogus", "too much or unknown: --bogus"),
    (["run", "printer-jam", "x"], "лишнее или неизвестное: x", "too much or unknown: x"),
    (["run", "printer-jam", "--see", "1"], "лишнее или неизвестное: --see 1", "too much or unknown: --see 1"),
    (["run", "printer-jam", "--seed"], "у --seed нет значения", "--seed needs a value"),
    (["run", "printer-jam", "--verify=1"], "--verify: лишнее значение 1", "--verify takes no value"),
    *((["run", "printer-jam", "--seed", seed], f"стоит «{seed}»", f"not “{seed}”")
      for seed in ("-1", "x", "1.5", "1e3", "٣", str(2**63), "9" * 1500)),
    *((["run", "printer-jam", "--pace", pace], f"стоит «{pace}»", f"not “{pace}”")
      for pace in ("nan", "inf", "-1", "x", "0.001", "1e9", "10000000")),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "russian", "english"), COMMAND_LINES)
def test_a_bad_command_line(
    arguments: list[str], russian: str, english: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for language, told in (("ru", russian), ("en", english)):
        assert main([*arguments, f"--lang={language}"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert err.startswith("ppelab")
        assert told in err


def test_a_language_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", "list", "--lang", "fr"]) == 2
    assert "--lang: значения fr нет; возможны: ru, en" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["broken", "binary", "alias-bomb", "unknown-key"])
def test_in_a_process_of_its_own(name: str, tmp_path: Path) -> None:
    content = CASES[name][0]
    file = tmp_path / "day.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    done = subprocess.run(
        [sys.executable, "-m", "lab", "run", str(file), "--json", "--journal", str(tmp_path / "j")],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [file]
