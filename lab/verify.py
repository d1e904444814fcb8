"""``ppelab run --verify``: the same scenario and seed again, in fresh processes and other surroundings."""

from __future__ import annotations

import contextlib
import hashlib
import locale
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.journal_command import difference_lines, differing_entry, first_difference
from lab.text import Texts
from scenarios.problems import BadInput, Problem
from scenarios.reading import read_journal
from scenarios.runner import Outcome

LOCALES = ("ru_RU.UTF-8", "ru_RU.utf8", "C.UTF-8", "C.utf8")
"""The locale of the second run is the first of these that the machine has."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it.

    Args:
        lines: The first difference in words; empty when there is none.
        sha256: Of each run, by the name of its surroundings.
    """

    lines: tuple[str, ...]
    sha256: Mapping[str, str]

    @property
    def held(self) -> bool:
        """Whether all runs wrote the same journal."""
        return not self.lines


def surroundings() -> dict[str, dict[str, str]]:
    """Return the environments of the two runs, by name; they differ in all that must not matter."""
    return {
        "A": {"PYTHONHASHSEED": "0", "LC_ALL": "C", "LANG": "C", "TZ": "UTC0"},
        "B": {"PYTHONHASHSEED": "random", "LC_ALL": _locale(), "LANG": _locale(), "TZ": "PETT-12"},
    }


def _locale() -> str:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in LOCALES:
            with contextlib.suppress(locale.Error):
                return locale.setlocale(locale.LC_CTYPE, name)
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def verify(name_or_file: str, seed: int, sets: Sequence[str], own: Outcome, texts: Texts) -> Verification:
    """Run twice in fresh processes and compare the journals byte for byte, also with the run just made.

    Args:
        name_or_file: The scenario as the user named it.
        seed: Luck.
        sets: The ``--set`` changes.
        own: What came of it in this process.
        texts: For the difference in words.

    Raises:
        BadInput: A run did not come to its end.
    """
    command = ["run", "--seed", str(seed), "--json", *(f"--set={change}" for change in sets)]
    with TemporaryDirectory(prefix="ppelab-verify-") as folder, contextlib.ExitStack() as stack:
        runs = []
        for name, changes in surroundings().items():
            path = Path(folder) / f"{name}.jsonl"
            running = _running([*command, "--journal", str(path), "--", name_or_file], changes)
            runs.append((path, stack.enter_context(running)))
        for _, process in runs:
            _, errors = process.communicate()
            if process.returncode not in (0, 1):
                words = errors.decode(errors="backslashreplace").strip().splitlines()
                values = {"why": words[-1] if words else str(process.returncode)}
                raise BadInput((Problem("--verify", "verify-failed", values=values),))
        first, second = (path for path, _ in runs)
        found = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path, _ in runs}
        found["own"] = own.sha256
        other = "B"
        difference = first_difference(str(first), str(second))
        if difference is None and found["A"] != own.sha256:
            other = "own"
            difference = differing_entry(list(read_journal(str(first))), own.entries)
    if difference is None:
        return Verification((), found)
    names = (texts("verify-run", name="A"), texts("verify-run", name=other))
    return Verification(tuple(difference_lines(texts, difference, *names)), found)


@contextlib.contextmanager
def _running(arguments: Sequence[str], changes: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start one run; it is ended when the block is left, whatever happens."""
    root = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-P", "-m", "lab", *arguments],
        env={**os.environ, **changes, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()
