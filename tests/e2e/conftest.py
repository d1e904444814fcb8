"""What tests of the command line share."""

from __future__ import annotations

import pytest

from lab.cli import main
from tests.command_line import Command


@pytest.fixture(autouse=True)
def russian(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak to operators in the product's first language, whatever the developer's environment says."""
    monkeypatch.delenv("PPELAB_LANG", raising=False)


@pytest.fixture
def ppelab(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run ``ppelab`` in this process; gives the exit code and what went to both outputs."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        told = capsys.readouterr()
        return code, told.out, told.err

    return run
