"""Options anywhere in a command line, and errors that lead to the help of the command."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from lab.arguments import build_parser
from lab.cli import main
from lab.option_order import options_first
from lab.text import texts


def read(*arguments: str) -> dict[str, Any]:
    return vars(build_parser(texts("ru")).parse_args(arguments))


@pytest.mark.parametrize(
    ("scattered", "in_order"),
    [
        (
            "ctl C unplug --seconds 5 headset-1",
            "ctl C unplug headset-1 --seconds 5",
        ),
        ("ctl C --once speak headset-1 --voice ru Текст", "ctl C speak headset-1 Текст --once --voice ru"),
        ("ctl C level --once headset-1 -12", "ctl C level headset-1 -12 --once"),
        ("ctl C fault --seconds=5 choppy", "ctl C fault choppy --seconds=5"),
        ("check recording a --report p b --json c", "check recording a b c --report p --json"),
        ("check headset --seconds 5 portaudio: --sweep", "check headset portaudio: --seconds 5 --sweep"),
    ],
)
def test_options_stand_anywhere(scattered: str, in_order: str) -> None:
    assert read(*scattered.split()) == read(*in_order.split())


def test_what_only_looks_like_an_option_is_a_word() -> None:
    assert read("ctl", "C", "speak", "--once", "- привет", "--", "--voice")["words"] == ["--voice"]
    assert read("ctl", "C", "speak", "--once", "- привет")["target"] == "- привет"
    assert read("check", "recording", "--json", "-", "--", "-x.wav", "--json")["files"] == [
        "-",
        "-x.wav",
        "--json",
    ]
    known = {"--file": argparse.ArgumentParser().add_argument("--file")}
    assert options_first(["a", "--file"], known) == ["--file", "a"], "argparse says that its value is missing"


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("check recording --foo x", "ppelab check recording"),
        ("ctl C state --foo", "ppelab ctl"),
        ("devices x", "ppelab devices"),
        ("--foo devices", "ppelab"),
    ],
)
def test_an_error_leads_to_the_help_of_its_command(
    line: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", "ru", *line.split()]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"{command}: лишнее или неизвестное: ")
    assert told.endswith(f"(справка: {command} --help)\n")
