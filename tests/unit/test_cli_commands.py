"""The table of commands: what the parser offers is there, and can be loaded."""

from __future__ import annotations

from lab.cli import _COMMANDS, _command


def test_every_command_can_be_loaded() -> None:
    assert all(callable(_command(name)) for name in _COMMANDS)
