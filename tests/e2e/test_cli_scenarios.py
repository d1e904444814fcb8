"""``ppelab scenarios``: list, show, check, schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.cli import main
from lab.scenarios_command import FAMILIES, fault_line
from lab.text import texts
from scenarios.layout import lay_out
from scenarios.loading import library, load, parse
from scenarios.model import FaultSpec

LIBRARY = Path(__file__).resolve().parents[2] / "scenarios" / "library"


def test_list_names_every_scenario_with_title_and_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", "list"]) == 0
    out = capsys.readouterr().out
    for name in library():
        scenario = load(name)
        assert f"{name} " in out
        assert scenario.title in out
        assert f"Правила: {', '.join(scenario.rule)}" in out


@pytest.mark.parametrize("name", library())
@pytest.mark.parametrize("language", ["ru", "en"])
def test_show_tells_a_scenario(name: str, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", "show", name, "--lang", language]) == 0
    out = capsys.readouterr().out
    scenario = load(name)
    flat = " ".join(out.split())
    assert scenario.title in out
    assert " ".join(scenario.about.split()) in flat
    for fault in scenario.faults:
        assert f"- {fault.target}: " in out
    for expect in scenario.expect:
        if expect.title is not None:
            assert expect.title in flat
    assert "{" not in out


@pytest.mark.parametrize("name", library())
def test_show_lists_each_expectation_once(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", "show", name]) == 0
    listed = capsys.readouterr().out.partition("Что должно выполняться:")[2].strip().splitlines()
    assert listed.count("  - все листы и записи учтены") == 1
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("at: '09:30', lasts: 5 min", "pc-0001: сбой программы — в 09:30; длится 5 мин 00 с"),
        ("at: '-16:00'", "pc-0001: сбой программы — в 16:00 кануна; до ремонта"),
        (
            "after: {what: run, count: 3}, ends: never",
            "pc-0001: сбой программы — когда счёт дойдёт: действие станции № 3; не устраняется",
        ),
        (
            "rate: {what: run, per_million: 2500}",
            "pc-0001: сбой программы — с вероятностью 0.25 % на каждом шаге: действие станции; до ремонта",
        ),
    ],
)
def test_faults_in_words(fault: str, told: str) -> None:
    text = (LIBRARY / "ordinary-day.yaml").read_text(encoding="utf-8")
    scenario = parse(f"{text}\nfaults: [{{target: pc-0001, kind: crash, {fault}}}]\n", "x.yaml")
    assert fault_line(scenario.faults[0], texts("ru")) == told


def test_a_fault_without_a_trigger_has_no_words() -> None:
    with pytest.raises(ValueError, match="has no trigger"):
        fault_line(FaultSpec(target="pc-0001", kind="crash"), texts("ru"))


def test_check_takes_names_and_files(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(LIBRARY / "printer-jam.yaml")
    assert main(["scenarios", "check", file, "ordinary-day"]) == 0
    assert capsys.readouterr().out == f"{file}: ошибок нет\nordinary-day: ошибок нет\n"


def test_check_goes_on_after_a_bad_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("title: x\n", encoding="utf-8")
    assert main(["scenarios", "check", str(bad), "ordinary-day", str(tmp_path / "no.yaml")]) == 2
    out, err = capsys.readouterr()
    assert out == "ordinary-day: ошибок нет\n"
    lines = err.splitlines()
    assert [line.rpartition(", ")[2] for line in lines[:3]] == [
        "about: поле обязательно; добавьте его",
        "exam: поле обязательно; добавьте его",
        "point: поле обязательно; добавьте его",
    ]
    assert "нет ни сценария, ни файла" in lines[3]


@pytest.mark.parametrize(("language", "meaning"), [("ru", "Барабан"), ("en", "The drum")])
def test_schema(language: str, meaning: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", "schema", "--lang", language]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["required"] == ["title", "about", "exam", "point"]
    assert schema["additionalProperties"] is False
    assert schema["x-faults"]["printer"]["kinds"]["streak"]["meaning"].startswith(meaning)
    assert schema["x-faults"]["printer"]["kinds"]["toner-low"]["params"] == {"left_percent": 5}
    assert "pantum-p3300dn" in schema["x-profiles"]["printers"]
    assert schema["x-events"]["kit_rejected"] == ["station", "room", "kit", "why", "sheets"]


def test_the_targets_of_the_schema_are_devices_of_that_family() -> None:
    text = (LIBRARY / "audio-quality-check.yaml").read_text(encoding="utf-8")
    oral = lay_out(parse(text, "x.yaml")).devices()
    written = lay_out(load("printer-jam")).devices()
    for model, targets in FAMILIES.values():
        for target in targets:
            assert {**oral, **written}[target] is model
