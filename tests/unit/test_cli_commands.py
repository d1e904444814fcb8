"""The table of commands: what the parser offers is there and can be loaded, and its lists are the data's."""

from __future__ import annotations

import pytest

from lab.cli import _COMMANDS, _command, main
from simulators.profiles import names


def test_every_command_can_be_loaded() -> None:
    assert all(callable(_command(name)) for name in _COMMANDS)


@pytest.mark.parametrize(("command", "family"), [("headset", "headsets"), ("token", "tokens")])
def test_the_help_names_every_profile(
    command: str, family: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a list of its own: to read the profiles takes longer than the help may."""
    monkeypatch.setenv("COLUMNS", "400")
    assert main(["serve", command, "--help"]) == 0
    assert ", ".join(names(family)) in capsys.readouterr().out
