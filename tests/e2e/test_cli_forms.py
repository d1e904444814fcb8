"""``ppelab journal forms``: the papers of the flash drives."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from lab.cli import main


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of an oral exam."""
    file = tmp_path_factory.mktemp("journal") / "day.jsonl"
    assert main(["run", "oral-complaint", "--json", "--journal", str(file)]) == 0
    return file


def test_a_set_for_each_drive(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "forms"
    capsys.readouterr()
    assert main(["journal", "forms", str(journal), "--out", str(out)]) == 0
    names = ["flash-1-cover.pdf", "flash-1-protocol.pdf", "flash-2-cover.pdf", "flash-2-protocol.pdf"]
    assert sorted(path.name for path in out.iterdir()) == names
    printed = capsys.readouterr().out
    assert all(str(out / name) in printed for name in names)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main(["journal", "forms", str(journal), "--out", str(out)]) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_day_without_recordings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = tmp_path / "day.jsonl"
    assert main(["run", "printer-jam", "--json", "--journal", str(journal)]) == 0
    capsys.readouterr()
    assert main(["journal", "forms", str(journal), "--out", str(tmp_path / "forms")]) == 0
    assert "нет аудиозаписей" in capsys.readouterr().out
    assert not (tmp_path / "forms").exists()


def _lines(journal: Path) -> list[bytes]:
    return journal.read_bytes().splitlines(keepends=True)


def _cut(journal: Path, place: Path, event: bytes) -> Path:
    """Write the journal as it was before the last entry of that kind."""
    lines = _lines(journal)
    last = max(n for n, line in enumerate(lines) if b'"event":"%b"' % event in line)
    place.write_bytes(b"".join(lines[:last]))
    return place


@pytest.mark.parametrize("cut", ["day_ended", "medium_forms_printed", "audio_exported"])
def test_an_unfinished_journal_makes_forms_with_a_warning(
    cut: str, journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    piece, out = _cut(journal, tmp_path / "piece.jsonl", cut.encode()), tmp_path / "forms"
    capsys.readouterr()
    assert main(["journal", "forms", str(piece), "--out", str(out)]) == 0
    told = capsys.readouterr()
    assert told.err.startswith(f"{piece}: журнал не окончен (нет записи о конце дня)")
    assert told.err.count("\n") == 1
    assert (out / "flash-1-cover.pdf").exists()


def test_a_journal_that_a_power_cut_has_torn_makes_forms(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    piece, out = tmp_path / "day.jsonl.part", tmp_path / "forms"
    piece.write_bytes(journal.read_bytes()[:-20])
    capsys.readouterr()
    assert main(["journal", "forms", str(piece), "--out", str(out)]) == 0
    torn, unfinished = capsys.readouterr().err.splitlines()
    assert torn.endswith("последняя строка обрывается (отключилось питание?); до неё журнал цел")
    assert unfinished.startswith(f"{piece}: журнал не окончен")
    assert (out / "flash-2-protocol.pdf").exists()


def test_an_unfinished_journal_never_says_that_no_forms_are_needed(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    piece, lines = tmp_path / "piece.jsonl", _lines(journal)
    first = next(n for n, line in enumerate(lines) if b'"event":"audio_exported"' in line)
    for end in range(1, first, 10):
        piece.write_bytes(b"".join(lines[:end]))
        capsys.readouterr()
        assert main(["journal", "forms", str(piece), "--out", str(tmp_path / "forms")]) == 2
        told = capsys.readouterr()
        assert (told.out, told.err.count("\n")) == ("", 1)
        assert "журнал не окончен (нет записи о конце дня)" in told.err
    assert not (tmp_path / "forms").exists()


@pytest.mark.parametrize("name", ["../../evil", "..", ".", "/evil", "a\\b", "a\nb", "a\0b", "a\x7fb"])
def test_a_name_that_leads_out_of_the_folder(
    name: str,
    journal: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)  # long names are shortened in messages
    changed, lines = Path("changed.jsonl"), _lines(journal)
    place = next(n for n, line in enumerate(lines) if b'"event":"audio_exported"' in line)
    lines[place] = json.dumps(json.loads(lines[place]) | {"flash": name}).encode() + b"\n"
    changed.write_bytes(b"".join(lines))
    capsys.readouterr()
    assert main(["journal", "forms", str(changed), "--out", str(Path("fo") / "7")]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"{changed}, строка {place + 1}, flash: ")
    assert "не годится для имени файла" in told.err
    assert list(tmp_path.iterdir()) == [tmp_path / changed]


def test_a_name_that_goes_on_no_page(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed, lines = tmp_path / "changed.jsonl", _lines(journal)
    place = max(n for n, line in enumerate(lines) if b'"event":"answer_file_exported"' in line)
    lines[place] = json.dumps(json.loads(lines[place]) | {"file": "x" * 5000}).encode() + b"\n"
    changed.write_bytes(b"".join(lines))
    capsys.readouterr()
    assert main(["journal", "forms", str(changed), "--out", str(tmp_path / "forms")]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert "не помещается на лист" in told.err
    assert not (tmp_path / "forms").exists(), "no half of a set"


def test_days_are_not_mixed_in_one_folder(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, out = tmp_path / "other.jsonl", tmp_path / "forms"
    other.write_bytes(journal.read_bytes().replace(b'"flash-1"', b'"flash-9"'))
    assert main(["journal", "forms", str(journal), "--out", str(out)]) == 0
    (out / "письмо.pdf").write_bytes(b"of somebody else")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    capsys.readouterr()
    assert main(["journal", "forms", str(other), "--out", str(out)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "flash-1-cover.pdf, flash-1-protocol.pdf" in told.err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert main(["journal", "forms", str(journal), "--out", str(out)]) == 0  # the same day again


def test_what_cannot_be_used(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = tmp_path / "there"
    there.write_text("a file")
    rest = tmp_path / "rest.jsonl"
    rest.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[1:]))
    capsys.readouterr()
    for arguments, told in (
        ([str(journal), "--out", str(there)], "there"),
        ([str(tmp_path / "missing.jsonl"), "--out", str(tmp_path / "forms")], "missing.jsonl"),
        ([str(journal)], "--out"),
        ([str(rest), "--out", str(tmp_path / "forms")], "rest.jsonl"),
    ):
        assert main(["journal", "forms", *arguments]) == 2
        captured = capsys.readouterr()
        assert told in captured.err
        assert captured.out == ""


def test_without_the_extra(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "lab.forms.pdf", raising=False)
    monkeypatch.delattr("lab.forms.pdf", raising=False)
    monkeypatch.setitem(sys.modules, "reportlab.lib", None)
    capsys.readouterr()
    assert main(["journal", "forms", str(journal), "--out", str(tmp_path / "forms")]) == 2
    assert "ppe-lab[forms]" in capsys.readouterr().err
