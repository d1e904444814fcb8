"""``ppelab run``: run a scenario, tell what happens, and write the journal and the report."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import stat
import sys
from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from lab.describe import one_line
from lab.progress import Progress
from lab.real_devices import real_devices
from lab.summary import summary_json, summary_lines
from lab.text import Texts
from lab.verify import Verification, verify
from scenarios.loading import library, load
from scenarios.model import Scenario
from scenarios.problems import BadInput, Problem
from scenarios.real_devices import RealDevices
from scenarios.runner import Outcome, run


class OutputFile:
    """A file that appears whole under its name, or not at all.

    It is written next to its place under another name and renamed at the end. Making it checks at once
    that it can be written.

    Args:
        path: Where it shall be; an earlier file there is replaced.

    Raises:
        BadInput: It cannot be there.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self._place = Path(path)
        try:
            self._place = self._place.resolve()
            self._refuse_unfit()
            self.temporary = self._place.with_name(f".ppelab-{secrets.token_hex(8)}.part")
            self.file: BinaryIO = self.temporary.open("xb")
            if self._place.exists():
                shutil.copymode(self._place, self.temporary)  # who may read it stays as it was
        except (OSError, RuntimeError, ValueError) as error:
            raise self.cannot(error) from None

    def _refuse_unfit(self) -> None:
        if not self.name or self._place.is_dir():
            raise BadInput((Problem(self.name, "output-is-a-directory"),))
        if not self._place.parent.is_dir():
            raise BadInput(
                (Problem(self.name, "output-no-folder", values={"folder": str(self._place.parent)}),)
            )
        if self._place.exists():
            if not stat.S_ISREG(self._place.stat().st_mode):
                raise BadInput((Problem(self.name, "output-not-a-file"),))
            if not os.access(self._place, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def cannot(self, error: Exception) -> BadInput:
        """Say that it cannot be written, and why."""
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return BadInput((Problem(self.name, "cannot-write", values={"why": why}),))

    def same_as(self, other: str) -> bool:
        """Whether the other name means the same file."""
        return self._place == Path(other).resolve()

    def appear(self) -> None:
        """Give it its name.

        Raises:
            BadInput: The disk is full, or the folder is gone.
        """
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.temporary.replace(self._place)
        except OSError as error:
            raise self.cannot(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.temporary.unlink(missing_ok=True)
        try:
            self.file.close()
        except OSError as problem:
            # what could not be flushed is lost with the temporary file; say so unless something else is said
            if kind is None:
                raise self.cannot(problem) from None


def run_command(args: Namespace, texts: Texts) -> int:
    """Run a scenario; return the exit code: 0 all held, 1 something did not.

    Raises:
        BadInput: The scenario, an option or an output file cannot be used.
    """
    if args.device and args.verify:
        raise BadInput((Problem("--verify", "verify-with-devices"),))
    if args.recordings is not None and args.verify:
        raise BadInput((Problem("--verify", "verify-with-recordings"),))
    scenario = load(args.scenario, args.set)
    with ExitStack() as stack:
        journal = None if args.journal is None else stack.enter_context(_output(args, args.journal))
        report = None if args.report is None else stack.enter_context(_output(args, args.report))
        if journal is not None and report is not None and journal.same_as(args.report):
            raise BadInput((Problem(args.report, "output-twice"),))
        real = stack.enter_context(real_devices(args.device, args.recordings, scenario, texts))
        outcome = _run(args, scenario, journal, real, texts)
        if report is not None:
            _write_report(outcome, scenario, report, texts)
        for output in (journal, report):
            if output is not None:
                output.appear()
    verification = None
    if args.verify:
        if not args.json:
            print(texts("verify-running"), file=sys.stderr, flush=True)
        verification = verify(args.scenario, args.seed, args.set, outcome, texts)
    if args.json:
        data = summary_json(outcome, scenario, journal_name(args.scenario), args.seed)
        data["verified"] = (
            None if verification is None else {"same": verification.held, **verification.sha256}
        )
        print(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        for line in summary_lines(outcome, scenario, args.seed, texts):
            print(line)
        _print_rest(args, verification, texts)
    return 0 if outcome.held and (verification is None or verification.held) else 1


def journal_name(name_or_file: str) -> str:
    """Name a scenario in the journal: a file by its name alone, so that journals of two folders are the same.

    >>> journal_name("printer-jam"), journal_name("days/my.yaml")
    ('printer-jam', 'my')
    """
    name = name_or_file if name_or_file in library() else Path(name_or_file).stem
    return name.encode(errors="replace").decode()


def _output(args: Namespace, path: str) -> OutputFile:
    output = OutputFile(path)
    if args.scenario not in library() and output.same_as(args.scenario):
        with output:
            raise BadInput((Problem(path, "output-is-the-scenario"),))
    return output


def _run(
    args: Namespace,
    scenario: Scenario,
    journal: OutputFile | None,
    real: RealDevices,
    texts: Texts,
) -> Outcome:
    listener = None if args.json else Progress(texts, sys.stderr)
    name, file = journal_name(args.scenario), None if journal is None else journal.file
    try:
        return run(scenario, args.seed, name=name, pace=args.pace, file=file, listener=listener, real=real)
    except (OSError, ExceptionGroup) as error:
        problem = _disk_problem(error)
        if journal is None or problem is None:
            raise
        raise journal.cannot(problem) from None


def _disk_problem(error: Exception) -> OSError | None:
    """Find the error of the disk; it comes wrapped when it struck in the midst of the day's tasks."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, OSError) else None


def _write_report(outcome: Outcome, scenario: Scenario, report: OutputFile, texts: Texts) -> None:
    from lab.report import write_report  # noqa: PLC0415 - its libraries are only needed for a report

    try:
        write_report(outcome, scenario, report.temporary, texts.language)
    except OSError as error:
        raise report.cannot(error) from None


def _print_rest(args: Namespace, verification: Verification | None, texts: Texts) -> None:
    if args.journal is not None:
        print(texts("journal-written", file=one_line(args.journal)))
    if args.report is not None:
        print(texts("report-written", file=one_line(args.report)))
    if args.recordings is not None:
        print(texts("recordings-written", folder=one_line(args.recordings)))
    if verification is not None:
        print(texts("verify-same" if verification.held else "verify-differs"))
        for line in verification.lines:
            print(line)
