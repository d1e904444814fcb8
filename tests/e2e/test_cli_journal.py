"""``ppelab journal``: showing and comparing journals."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.cli import main


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of a day."""
    file = tmp_path_factory.mktemp("journal") / "day.jsonl"
    assert main(["run", "printer-jam", "--json", "--journal", str(file)]) == 0
    return file


def test_show_tells_every_entry(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["journal", "show", str(journal)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == journal.read_bytes().count(b"\n")
    assert lines[0].startswith("     0  11:00:00 кануна  День начат: «Замятие бумаги в принтере»")
    assert lines[-1].endswith("День окончен")


def test_show_in_english(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["--lang", "en", "journal", "show", str(journal), "--event", "kit_rejected"]) == 0
    assert "rejected (paper jam), sheets out: " in capsys.readouterr().out


def test_show_only_some_events(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    arguments = ["journal", "show", str(journal), "--event", "incident_opened", "--event", "incident_closed"]
    assert main(arguments) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("Происшествие 1: printer-0002 (ауд. 0002) — замятие бумаги")
    assert second.endswith("Происшествие 1 устранено: printer-0002 (ауд. 0002) — исправлено на месте")


@pytest.mark.parametrize("about", ["printer-0002", "PRINTER-0002", "замятие"])
def test_show_only_what_is_about_something(
    about: str, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["journal", "show", str(journal), "--about", about]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all("0002" in line or "Замятие" in line for line in lines)


def test_show_finds_nothing(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["journal", "show", str(journal), "--about", "printer-7777"]) == 0
    assert capsys.readouterr().out == "Таких записей нет\n"


def test_show_of_an_event_that_there_is_not(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["journal", "show", str(journal), "--event", "kit_lost"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("--event kit_lost: такого события нет; есть: act_sent, ")


def test_equal_journals(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(journal.read_bytes())
    assert main(["journal", "diff", str(journal), str(copy)]) == 0
    assert capsys.readouterr().out.startswith("Журналы совпадают: записей ")


def test_the_first_difference(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    other = tmp_path / "other.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines) if b'"kit_rejected"' in line)
    lines[number] = lines[number].replace(b'"why":"paper-jam"', b'"why":"misfeed"')
    other.write_bytes(b"".join(lines))
    assert main(["journal", "diff", str(journal), str(other)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"Журналы расходятся с записи {number}:"
    assert "замятие бумаги" in out[1]
    assert "принтер не захватил лист" in out[2]
    assert out[3:] == ["    why: 'paper-jam' | 'misfeed'"]


def test_one_journal_ends_sooner(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    short = tmp_path / "short.jsonl"
    short.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:10]))
    assert main(["journal", "diff", str(journal), str(short), "--lang", "en"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "The journals differ from entry 10 on:"
    assert out[2].endswith("the journal has already ended")
    assert len(out) == 3


def test_another_event_in_the_same_place(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    other = tmp_path / "other.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[-1] = b'{"n":%d,"t":1,"event":"status_sent","status":"x"}\n' % (len(lines) - 1)
    other.write_bytes(b"".join(lines))
    assert main(["journal", "diff", str(journal), str(other)]) == 1
    out = capsys.readouterr().out
    assert "    event: day_ended | status_sent" in out


def test_the_same_meaning_written_differently(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    other = tmp_path / "other.jsonl"
    other.write_bytes(journal.read_bytes().replace(b'{"n":3,', b'{"n": 3,'))
    assert main(["journal", "diff", str(journal), str(other)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "    смысл тот же, запись разная"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "журнал пуст"),
        (b"hello\n", "строка 1: это не запись журнала"),
        (b'{"n":0,"t":0,"event":"never_heard_of"}\n', "строка 1: это не запись журнала"),
        (b'{"n":0,"t":0,"event":"status_sent","status":7}\n', "строка 1: это не запись журнала"),
        (b'{"n":1,"t":0,"event":"status_sent","status":"x"}\n', "ожидалась 0, стоит 1"),
        (b'{"n":0,"t"', "строка 1: это не запись журнала"),
        (b"\xff\xfe\x00\n", "строка 1: это не запись журнала"),
        (b'{"n":0,"t":0,"event":"status_sent","status":"\xff"}\n', "строка 1: это не запись журнала"),
    ],
)
def test_what_is_no_journal(
    content: bytes, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_bytes(content)
    for arguments in (["show", str(file)], ["diff", str(file), str(file)]):
        assert main(["journal", *arguments]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert told in err


def test_a_journal_that_a_power_cut_has_torn_is_shown_as_far_as_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # long names are shortened in messages
    Path("torn.part").write_bytes(b'{"n":0,"t":0,"event":"status_sent","status":"x"}\n{"n":1,"t"')
    told = "torn.part, строка 2: последняя строка обрывается (отключилось питание?); до неё журнал цел\n"
    assert main(["journal", "show", "torn.part"]) == 0
    out, err = capsys.readouterr()
    assert (len(out.splitlines()), err) == (1, told)
    assert main(["journal", "diff", "torn.part", "torn.part"]) == 2, (
        "what was torn off is not known to be equal"
    )
    assert capsys.readouterr() == ("", told)


def test_journals_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, told in ((tmp_path, "это папка"), (tmp_path / "no", "нет такого файла")):
        assert main(["journal", "show", str(path)]) == 2
        err = capsys.readouterr().err
        assert told in err
        assert err.count("\n") == 1
