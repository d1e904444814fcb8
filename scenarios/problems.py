"""What can be wrong with a file that a person wrote: which file, which line, which field, and what."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

Path = tuple[str | int, ...]


def field_text(path: Path) -> str:
    """Write a path as people read it.

    >>> field_text(("point", "rooms", 2, "station"))
    'point.rooms[2].station'
    """
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Args:
        file: As the user named it.
        code: A key of the message catalogue.
        line: Counts from 1; 0 when it cannot be said.
        field: Path of the field, as text; empty for the file as a whole.
        values: What the message names.
    """

    file: str
    code: str
    line: int = 0
    field: str = ""
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "")
        named = " ".join(f"{name}={value!r}" for name, value in self.values.items())
        return ": ".join(part for part in (place, self.field, self.code, named) if part)


class BadInput(Exception):
    """A file or an argument that cannot be used. Nothing was run and nothing written."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
