"""Reading scenario files: YAML, the schema, then what only the whole can tell. Errors have lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scenarios.model import Scenario
from scenarios.problems import BadInput, Problem, field_text
from scenarios.problems import Path as FieldPath
from scenarios.soundness import check

SUFFIX = ".yaml"


class _Loader(yaml.SafeLoader):
    """YAML without surprises: clock times and dates stay texts, octals and base 60 are no numbers."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9]\d*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?\d+\.\d+$"), list("-+0123456789"))


def library() -> tuple[str, ...]:
    """List the names of the scenarios that the product ships, sorted."""
    folder = files("scenarios").joinpath("library")
    return tuple(
        sorted(item.name.removesuffix(SUFFIX) for item in folder.iterdir() if item.name.endswith(SUFFIX))
    )


def load(name_or_file: str, sets: Sequence[str] = ()) -> Scenario:
    """Load a scenario of the library by name, or a file by path.

    Args:
        name_or_file: ``printer-jam`` or ``my/day.yaml``.
        sets: Changes such as ``point.rooms.0.participants=12``, made before the check.

    Raises:
        BadInput: With every problem found.
    """
    if name_or_file in library():
        text = files("scenarios").joinpath(f"library/{name_or_file}{SUFFIX}").read_text(encoding="utf-8")
    else:
        text = _read(name_or_file)
    return parse(text, name_or_file, sets)


def _read(file: str) -> str:
    path = Path(file)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        values = {"library": ", ".join(library())}
        raise BadInput((Problem(file, "no-such-scenario", values=values),)) from None
    except IsADirectoryError:
        raise BadInput((Problem(file, "is-a-directory"),)) from None
    except UnicodeDecodeError as error:
        raise BadInput((Problem(file, "not-utf8", values={"byte": str(error.start)}),)) from None
    except OSError as error:
        raise BadInput(
            (Problem(file, "cannot-read", values={"why": error.strerror or str(error)}),)
        ) from None


def parse(text: str, file: str, sets: Sequence[str] = ()) -> Scenario:
    """Check a scenario text.

    Raises:
        BadInput: With every problem found, each with its line and field.
    """
    root = _compose(text, file)
    problems = list(_repeated_keys(root, file))
    if problems:
        raise BadInput(tuple(problems))
    loader = _Loader("")
    try:
        data = loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadInput((Problem(file, "broken-yaml", line, values={"why": error.problem or ""}),)) from None
    for change in sets:
        _set(data, change)
    try:
        scenario = Scenario.model_validate_json(msgspec.json.encode(data))
    except ValidationError as error:
        raise BadInput(
            tuple(_problem(details, root, file, sets) for details in error.errors(include_url=False))
        ) from None
    problems = [
        Problem(file, code, _line(root, path), field_text(path), values)
        for path, code, values in check(scenario)
    ]
    if problems:
        raise BadInput(tuple(problems))
    return scenario


def _compose(text: str, file: str) -> yaml.Node:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise BadInput((Problem(file, "broken-yaml", line, values={"why": error.problem or ""}),)) from None
    except yaml.YAMLError as error:
        raise BadInput((Problem(file, "broken-yaml", values={"why": str(error).splitlines()[0]}),)) from None
    finally:
        loader.dispose()
    if not isinstance(root, yaml.MappingNode):
        raise BadInput((Problem(file, "not-a-scenario", root.start_mark.line + 1 if root else 0),))
    return root


def _repeated_keys(node: yaml.Node, file: str, path: FieldPath = ()) -> Iterator[Problem]:
    """YAML takes the last of two equal keys in silence; here it is an error."""
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if name in seen:
                yield Problem(file, "key-twice", line, field_text((*path, name)), {"first": str(seen[name])})
            seen[name] = line
            yield from _repeated_keys(value, file, (*path, name))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _repeated_keys(value, file, (*path, index))


def _line(root: yaml.Node, path: FieldPath) -> int:
    """Return the line of the field, or of the nearest thing around it that the file has."""
    node, line = root, root.start_mark.line + 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == step), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            return line
    return int(line)


def _problem(details: ErrorDetails, root: yaml.Node, file: str, sets: Sequence[str]) -> Problem:
    path = tuple(step for step in details["loc"])
    values = {name: str(value) for name, value in (details.get("ctx") or {}).items()}
    if details["type"] != "missing":
        shown = details["input"]
        values["input"] = str(shown) if isinstance(shown, str | int | float | bool) else type(shown).__name__
    values["why"] = details["msg"].removeprefix("Value error, ")
    text = field_text(path)
    given = next((change for change in sets if change.partition("=")[0] == ".".join(map(str, path))), None)
    if given is not None:
        return Problem(f"--set {given}", details["type"].replace("_", "-"), 0, text, values)
    return Problem(file, details["type"].replace("_", "-"), _line(root, path), text, values)


def _set(data: Any, change: str) -> None:
    """Make a change such as ``exam.work_time=2h`` in the file's data.

    Raises:
        BadInput: The change has no ``=``, its path leads nowhere, or its value is not YAML.
    """
    where = f"--set {change}"
    path, equals, text = change.partition("=")
    if not equals or not path:
        raise BadInput((Problem(where, "set-without-value"),))
    try:
        value = yaml.load(text, _Loader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.YAMLError as error:
        raise BadInput((Problem(where, "broken-yaml", values={"why": str(error).splitlines()[0]}),)) from None
    steps = path.split(".")
    for step in steps[:-1]:
        if isinstance(data, list) and step.isdecimal() and int(step) < len(data):
            data = data[int(step)]
        elif isinstance(data, dict):
            data = data.setdefault(step, {})
        else:
            raise BadInput((Problem(where, "set-leads-nowhere", field=path, values={"step": step}),))
    last = steps[-1]
    if isinstance(data, list) and last.isdecimal() and int(last) < len(data):
        data[int(last)] = value
    elif isinstance(data, dict):
        data[last] = value
    else:
        raise BadInput((Problem(where, "set-leads-nowhere", field=path, values={"step": last}),))
