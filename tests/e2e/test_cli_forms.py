"""``ppelab journal forms``: the papers of the flash drives."""

from __future__ import annotations

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
