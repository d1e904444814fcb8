"""The catalogues: both languages are complete, and everything that the code can say has a text in both."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor

import hal
import lab
import scenarios
import simulators
import station_core
from hal import audio, computer, errors, network, people, printer, scanner, storage, token
from hal.errors import DeviceError
from hal.journal import Event
from lab.describe import clock, duration, key_of, one_line, problem_text
from lab.language import LANGUAGES
from lab.scenarios_command import FAMILIES
from lab.story import sentence
from lab.summary import MOMENTS
from lab.text import FILES, Texts, texts
from scenarios.expectations import ALWAYS
from scenarios.model import ExpectSpec, FaultSpec
from scenarios.problems import Problem
from scenarios.reading import event_types
from simulators.device import SimDevice
from station_core.audio_check import Kind

TITLES_OF_RULES = "report-rule-"
"""The Russian titles stand in the edition of the regulation; the catalogue only has the English ones."""

FAMILY_MODULES = (errors, token, printer, scanner, audio, storage, network, computer)


class _Names(Visitor):
    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802 - its name
        self.found.add(node.id.name)


@cache
def messages(language: str) -> tuple[tuple[str, set[str]], ...]:
    """Return every message of a language with the values that its text names."""
    found: list[tuple[str, set[str]]] = []
    for name in FILES:
        text = (
            Path(str(lab.__file__)).with_name("locale").joinpath(language, name).read_text(encoding="utf-8")
        )
        for entry in FluentParser().parse(text).body:
            assert not isinstance(entry, ftl.Junk), f"{language}/{name}: {entry.content}"
            if isinstance(entry, ftl.Message):
                names = _Names()
                names.visit(entry)
                found.append((entry.id.name, names.found))
    return tuple(found)


def catalogue(language: str) -> dict[str, set[str]]:
    return dict(messages(language))


@cache
def trees(*packages: ModuleType) -> tuple[ast.Module, ...]:
    packages = packages or (scenarios, lab, station_core, simulators, hal)
    files = sorted(file for package in packages for file in Path(str(package.__file__)).parent.rglob("*.py"))
    return tuple(ast.parse(file.read_text(encoding="utf-8"), str(file)) for file in files)


def strings(node: ast.expr | None) -> Iterator[str]:
    """Yield the texts that an expression can be, as far as they stand in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from strings(node.body)
        yield from strings(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from strings(value)


def calls(*packages: ModuleType) -> Iterator[tuple[str, ast.Call]]:
    for tree in trees(*packages):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                function = node.func
                name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
                yield name, node


def argument(call: ast.Call, index: int, keyword: str) -> ast.expr | None:
    if index < len(call.args):
        return call.args[index]
    return next((each.value for each in call.keywords if each.arg == keyword), None)


def codes_in_source() -> set[str]:
    """Collect every code that stations, people and simulators put into an event or a refusal."""
    positions = {
        "open": (0, "kind"), "close": (0, "how"), "close_all": (0, "how"), "escalate": (0, "why"),
        "HotLineCalled": (0, "about"), "reject_kit": (0, "why"), "RoomFailed": (1, "why"),
        "StepRefused": (1, "why"), "MaterialsRefused": (1, "why"), "PortalRefused": (1, "why"),
        "KitsUsedUp": (1, "why"), "KitRejected": (3, "why"), "PackageRejected": (1, "why"),
        "FaultIdle": (2, "why"), "NobodyAble": (3, "reason"), "end_fault": (1, "how"), "Reply": (2, "reason"),
        "ActivationFailed": (3, "error"), "DayEnded": (0, "aborted"),
    }  # fmt: skip
    found: set[str] = set()
    for name, call in calls(station_core, scenarios, simulators):
        if name in positions:
            found.update(strings(argument(call, *positions[name])))
        for each in call.keywords:
            if each.arg in ("note", "reason", "why", "how") or (name, each.arg) == ("escalate", "about"):
                found.update(strings(each.value))
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
                    if name in ("failed", "aborted"):
                        found.update(strings(node.value))
    return found - {"rb", "xb"}  # files are opened, too


def device_errors() -> set[str]:
    return {
        value.code
        for module in FAMILY_MODULES
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, DeviceError)
    }


def problem_codes() -> set[str]:
    """Collect the codes of problems: given to ``Problem``, ``_Unfit``, or yielded by ``soundness``."""
    found: set[str] = set()
    for name, call in calls():
        index = {"Problem": 1, "_Unfit": 0, "PydanticCustomError": 0}.get(name)
        if index is not None:
            found.update(strings(argument(call, index, "code")))
    for tree in trees():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Yield)
                and isinstance(node.value, ast.Tuple)
                and len(node.value.elts) == 3
            ):
                found.update(strings(node.value.elts[1]))
    return found


def missing(keys: Iterable[str]) -> list[str]:
    """Return the keys that a catalogue lacks, each with its language."""
    return sorted(
        f"{language}: {key}" for key in keys for language in LANGUAGES if not texts(language).has(key)
    )


def has(key: str) -> None:
    assert missing([key]) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_there_twice(language: str) -> None:
    keys = [key for key, _ in messages(language)]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


def test_both_languages_have_the_same_keys() -> None:
    russian, english = (
        {key for key in catalogue(language) if not key.startswith(TITLES_OF_RULES)} for language in LANGUAGES
    )
    assert russian == english


def test_both_languages_name_the_same_values() -> None:
    russian, english = catalogue("ru"), catalogue("en")
    both = russian.keys() & english.keys()
    assert {key for key in both if russian[key] != english[key]} == set()


@pytest.mark.parametrize("event", event_types(), ids=lambda event: event.event_name())
def test_every_event_has_a_sentence_with_its_own_fields(event: type[Event]) -> None:
    key = key_of("event", event.event_name())
    has(key)
    assert catalogue("ru")[key] <= set(event.__struct_fields__)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", event_types(), ids=lambda event: event.event_name())
def test_every_sentence_can_be_said_full_and_empty(event: type[Event], language: str) -> None:
    for filled in (True, False):
        values = {}
        for name, kind in inspect.get_annotations(event, eval_str=True).items():
            values[name] = {str: "x" if filled else "", int: 1, bool: filled}.get(kind, ())
        told = sentence(texts(language), event(**values))
        assert told
        assert "none" not in told
        assert "{" not in told


# not one test for each code: every process of the test run would have to read the whole source first


def test_every_problem_has_a_text() -> None:
    assert missing(key_of("problem", code) for code in problem_codes()) == []


def test_the_scan_finds_problems_of_every_kind() -> None:
    assert {
        "unknown-target",
        "broken-yaml",
        "cannot-write",
        "journal-empty",
        "nested-too-deep",
    } <= problem_codes()


@pytest.mark.parametrize("code", sorted(device_errors()))
def test_every_device_error_has_a_text_and_a_short_word(code: str) -> None:
    has(key_of("device", code))
    has(key_of("word", code))


def test_every_code_of_the_source_has_a_short_word() -> None:
    assert missing(key_of("word", code) for code in codes_in_source()) == []


def test_the_scan_finds_codes_of_every_kind() -> None:
    some = {"bad-print", "repaired", "no-kits", "not-repairable", "briefing", "in-force", "wrong-room"}
    assert some <= codes_in_source()


@pytest.mark.parametrize("kind", Kind)
def test_every_fault_of_a_recording_has_its_name_and_what_to_do(kind: Kind) -> None:
    has(f"sound-{kind}")
    has(f"advice-sound-{kind}")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_fault_has_its_texts(family: str) -> None:
    for kind, about in FAMILIES[family][0].FAULTS.items():
        has(f"fault-{kind}")
        has(f"meaning-{family}-{kind}")
        if about.occurrence:
            has(f"occurrence-{about.occurrence}")


def test_every_model_with_faults_is_a_family() -> None:
    known = {model for model, _ in FAMILIES.values()}
    models = set(SimDevice.__subclasses__())
    while models:
        ours = {model for model in models if model.__module__.startswith("simulators.")}
        # a model with the faults of its family, as a bound token, is one of the family
        assert {model for model in ours if vars(model).get("FAULTS") and model not in known} == set()
        models = {inner for model in models for inner in model.__subclasses__()}


def test_actions_roles_moments_and_expectations_have_texts() -> None:
    that = ExpectSpec.model_json_schema()["properties"]["that"]["anyOf"][0]["enum"]
    keys = [
        *(f"action-{action}" for action in people.Action),
        *(f"role-{role}" for role in people.Role),
        *(f"moment-{moment.code}" for moment in MOMENTS),
        *(f"finding-{code}" for code in (*ALWAYS, *that)),
    ]
    for key in keys:
        has(key)


def test_every_imbalance_has_a_text() -> None:
    codes = {
        code for name, call in calls() if name == "Imbalance" for code in strings(argument(call, 0, "code"))
    }
    assert len(codes) >= 9
    for code in codes:
        has(f"imbalance-{code}")


def test_every_ending_of_a_fault_has_a_text() -> None:
    for ending in FaultSpec.model_json_schema()["properties"]["ends"]["enum"]:
        has(f"ending-{ending}")


def test_every_key_asked_for_by_name_exists() -> None:
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "texts":
                for key in strings(node.args[0]):
                    if key not in LANGUAGES:
                        has(key)


@pytest.mark.parametrize(
    ("count", "told"), [(1, "1 лист"), (2, "2 листа"), (5, "5 листов"), (11, "11 листов"), (21, "21 лист")]
)
def test_russian_plurals(count: int, told: str) -> None:
    text = texts("ru")("event-kit-printed", room="0001", kit="1", sheets=count)
    assert text.endswith(f", {told}")


def test_a_problem_that_no_text_knows_is_told_with_its_reason() -> None:
    problem = Problem("day.yaml", "never-heard-of", 3, "exam.date", {"why": "because"})
    assert problem_text(texts("ru"), problem).startswith("day.yaml, строка 3, exam.date: ")
    assert "because" in problem_text(texts("en"), problem)


def test_times_of_the_eve_and_of_the_next_day() -> None:
    hour = 3_600_000_000
    assert [clock(texts("ru"), t) for t in (-hour, hour, 25 * hour)] == [
        "23:00:00 кануна", "01:00:00", "01:00:00 (+1 день)",
    ]  # fmt: skip
    assert clock(texts("en"), -hour, short=True) == "23:00 (eve)"


def test_durations() -> None:
    second = 1_000_000
    told = [duration(texts("ru"), n * second) for n in (5, 65, 3660)]
    assert told == ["5 с", "1 мин 05 с", "1 ч 01 мин"]


def test_one_line_takes_the_sting_out_of_control_characters() -> None:
    assert one_line("a\r\n\tb\x1b[2J\0") == "a b\\x1b[2J\\x00"


def test_no_such_language_or_text() -> None:
    with pytest.raises(ValueError, match="'fr' is not one of ru, en"):
        Texts("fr")
    with pytest.raises((KeyError, LookupError)):
        texts("ru")("no-such-key")
    with pytest.raises(KeyError):
        texts("ru")("place-room")
