"""Reading scenario files: YAML, the schema, then what only the whole can tell. Errors have lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from yaml.reader import ReaderError

from scenarios.model import Scenario
from scenarios.problems import BadInput, Problem, field_text
from scenarios.problems import Path as FieldPath
from scenarios.soundness import check

SUFFIX = ".yaml"

MOST_MEGABYTES = 1
MOST_LEVELS = 50
MOST_VALUES = 200_000
"""Bounds that no honest scenario comes near; what aliases repeat is counted each time."""

_TAGS = ("str", "int", "float", "bool", "null", "seq", "map")
_KEY_TAGS = ("str", "int", "merge")


class _Unfit(Exception):
    """A part of the file cannot be taken; ``code`` says why, ``line`` counts from 1."""

    def __init__(self, code: str, line: int, **values: str) -> None:
        super().__init__(code, line)
        self.code = code
        self.line = line
        self.values = values


class _Loader(yaml.SafeLoader):
    """YAML without surprises: clock times and dates stay texts, octals and base 60 are no numbers."""

    level = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose a node, only as deep as a scenario may be nested.

        Raises:
            _Unfit: It is nested deeper.
        """
        self.level += 1
        if self.level > MOST_LEVELS:
            raise _Unfit("nested-too-deep", self.line + 1, most=str(MOST_LEVELS))
        node = super().compose_node(parent, index)
        self.level -= 1
        return node

    def fetch_more_tokens(self) -> None:
        """Read on.

        Raises:
            _Unfit: No such character, or a version number of thousands of digits.
        """
        try:
            super().fetch_more_tokens()
        except (OverflowError, ValueError):
            raise _Unfit("bad-value", self.line + 1) from None

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Make the value of a node.

        Raises:
            _Unfit: The text is not such a value (``!!int x``, a number of thousands of digits).
        """
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, int | float | str):
                _check_scalar(value)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            raise _Unfit("bad-value", node.start_mark.line + 1) from None
        return value


def _check_scalar(value: float | str) -> None:
    """Refuse what no JSON has: half a character, more than 64 bits, infinity.

    Raises:
        ValueError, OverflowError: It is one of them.
    """
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, int):
        value.to_bytes(8, "big", signed=value < 0)
    else:
        value.as_integer_ratio()


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+\.[0-9]+$"), list("-+0123456789")
)


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
    most = MOST_MEGABYTES * 1_000_000
    try:
        with Path(file).open("rb") as content:
            data = content.read(most + 1)
        if len(data) > most:
            raise BadInput((Problem(file, "file-too-big", values={"most": str(MOST_MEGABYTES)}),))
        return data.decode("utf-8")
    except FileNotFoundError:
        values = {"library": ", ".join(library())}
        raise BadInput((Problem(file, "no-such-scenario", values=values),)) from None
    except IsADirectoryError:
        raise BadInput((Problem(file, "is-a-directory"),)) from None
    except UnicodeDecodeError as error:
        raise BadInput((Problem(file, "not-utf8", values={"byte": str(error.start)}),)) from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise BadInput((Problem(file, "cannot-read", values={"why": why}),)) from None


def parse(text: str, file: str, sets: Sequence[str] = ()) -> Scenario:
    """Check a scenario text.

    Raises:
        BadInput: With every problem found, each with its line and field.
    """
    root = _compose(text, file)
    if not isinstance(root, yaml.MappingNode):
        raise BadInput((Problem(file, "not-a-scenario", root.start_mark.line + 1 if root else 0),))
    problems = list(_repeated_keys(root, file))
    if problems:
        raise BadInput(tuple(problems))
    data = _construct(root, file)
    for change in sets:
        _set(data, change)
    try:
        scenario = Scenario.model_validate_json(msgspec.json.encode(data))
    except ValidationError as error:
        details = [each for each in error.errors(include_url=False) if not _follows(each, error)]
        problems = [_problem(each, root, file, sets) for each in details]
        # a wrong value where several types are allowed comes once for each of them: told once
        raise BadInput(tuple({str(problem): problem for problem in problems}.values())) from None
    problems = [_placed(path, code, values, root, file, sets) for path, code, values in check(scenario)]
    if problems:
        raise BadInput(tuple(problems))
    return scenario


def _compose(text: str, file: str) -> yaml.Node | None:
    try:
        root = _Loader(text).get_single_node()
        if root is not None:
            _check_nodes(root)
    except _Unfit as error:
        raise BadInput((Problem(file, error.code, error.line, values=error.values),)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise BadInput((Problem(file, "broken-yaml", line, values={"why": error.problem or ""}),)) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadInput((Problem(file, "broken-yaml", line, values={"why": error.reason}),)) from None
    return root


def _check_nodes(root: yaml.Node) -> None:
    """Refuse what aliases make endless or huge, tags beyond plain data, and keys that are not plain text.

    Raises:
        _Unfit: With the line.
    """
    count = 0
    pending = [(root, 1)]
    while pending:
        node, level = pending.pop()
        count += 1
        line = node.start_mark.line + 1
        if level > MOST_LEVELS:
            raise _Unfit("nested-too-deep", line, most=str(MOST_LEVELS))
        if count > MOST_VALUES:
            raise _Unfit("too-many-values", line, most=str(MOST_VALUES))
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _TAGS:
            raise _Unfit("bad-value", line)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.tag.removeprefix("tag:yaml.org,2002:") not in _KEY_TAGS:
                    raise _Unfit("bad-value", key.start_mark.line + 1)
                pending.append((value, level + 1))
        elif isinstance(node, yaml.SequenceNode):
            pending += [(inner, level + 1) for inner in node.value]


def _construct(root: yaml.Node, file: str) -> Any:
    """Make data of the nodes, each value its own even where aliases share it."""
    try:
        return msgspec.json.decode(msgspec.json.encode(_Loader("").construct_document(root)))
    except _Unfit as error:
        raise BadInput((Problem(file, error.code, error.line, values=error.values),)) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadInput((Problem(file, "broken-yaml", line, values={"why": error.problem or ""}),)) from None
    except (msgspec.MsgspecError, OverflowError, UnicodeError):  # more than 64 bits; half a character
        raise BadInput((Problem(file, "bad-value"),)) from None


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


def _line(root: yaml.Node, path: FieldPath) -> tuple[int, bool]:
    """Return the line of the field and true, or of the nearest thing around it that the file has."""
    node, line = root, root.start_mark.line + 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            # the last: what ``<<`` merges in stands first and gives way
            pair = next(((k, v) for k, v in reversed(node.value) if k.value == step), None)
            if pair is None:
                return line, False
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            return line, False
    return int(line), True


def _follows(details: ErrorDetails, error: ValidationError) -> bool:
    """Whether a list is only called too short because one of its items is wrong."""
    loc = details["loc"]
    return details["type"] == "too_short" and any(
        other["loc"][: len(loc)] == loc and len(other["loc"]) > len(loc) for other in error.errors()
    )


def _shown(value: object) -> str:
    """Write a value of the file as the file has it; what is inside of lists and fields is left out."""
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)


def _problem(details: ErrorDetails, root: yaml.Node, file: str, sets: Sequence[str]) -> Problem:
    path = tuple(details["loc"])
    code = details["type"].replace("_", "-")
    if path[:1] == ("expect",) and path[2:3] == ("where",) and len(path) == 5:  # each type it may have
        path, code = path[:-1], "scalar-type"
    values = {name: str(value) for name, value in (details.get("ctx") or {}).items()}
    if details["type"] != "missing":
        values["input"] = _shown(details["input"])
    if code != "scalar-type":
        values["why"] = details["msg"].removeprefix("Value error, ")
    return _placed(path, code, values, root, file, sets)


def _placed(
    path: FieldPath, code: str, values: Mapping[str, str], root: yaml.Node, file: str, sets: Sequence[str]
) -> Problem:
    """Make a problem of a field: in the file, or in the change that gave the field last."""
    written = ".".join(map(str, path)) + "."
    line, in_file = _line(root, path)
    for change in reversed(sets):
        changed = change.partition("=")[0] + "."
        if written.startswith(changed) or (changed.startswith(written) and not in_file):
            return Problem(f"--set {change}", code, 0, field_text(path), values)
    return Problem(file, code, line, field_text(path), values)


def _is_index(step: str, items: Sequence[object]) -> bool:
    return step.isdecimal() and len(step) < 10 and int(step) < len(items)


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
        root = _compose(text, where)
        repeated = [] if root is None else list(_repeated_keys(root, where, (path,)))
        value = None if root is None else _construct(root, where)
    except BadInput as error:
        raise BadInput(tuple(replace(problem, line=0) for problem in error.problems)) from None
    if repeated:
        raise BadInput(tuple(replace(problem, line=0) for problem in repeated))
    steps = path.split(".")
    for step in steps[:-1]:
        if isinstance(data, list) and _is_index(step, data):
            data = data[int(step)]
        elif isinstance(data, dict):
            data = data.setdefault(step, {})
        else:
            raise BadInput((Problem(where, "set-leads-nowhere", field=path, values={"step": step}),))
    last = steps[-1]
    if isinstance(data, list) and _is_index(last, data):
        data[int(last)] = value
    elif isinstance(data, dict):
        data[last] = value
    else:
        raise BadInput((Problem(where, "set-leads-nowhere", field=path, values={"step": last}),))
