"""What the documents show works: their YAML is valid, their links lead somewhere, their commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scenarios.loading import parse
from scenarios.runner import run

ROOT = Path(__file__).parents[2]
DOCS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
YAML = [
    pytest.param(match[1], id=f"{path.name}-{number}")
    for path in DOCS
    for number, match in enumerate(
        re.finditer(r"```yaml\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    )
]


@pytest.mark.parametrize("text", YAML)
def test_scenarios_in_the_documents_run(text: str) -> None:
    outcome = run(parse(text, "document"), 1)
    assert [finding for finding in outcome.findings if not finding.held] == []


def test_there_are_scenarios_in_the_documents() -> None:
    assert len(YAML) >= 2


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs/decisions").iterdir())]
    assert numbers == list(range(1, len(numbers) + 1))
