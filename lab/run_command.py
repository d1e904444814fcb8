"""``ppelab run``: run a scenario, tell what happens, and write the journal and the report."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lab.describe import one_line
from lab.journal_output import JournalOutput
from lab.output import OutputFile
from lab.progress import Progress
from lab.real_devices import real_devices
from lab.recordings_folder import RecordingsFolder
from lab.summary import summary_json, summary_lines
from lab.text import Texts
from lab.verify import Verification, verify
from scenarios.loading import library, load
from scenarios.model import Scenario
from scenarios.problems import BadInput, Problem
from scenarios.runner import Outcome, run

Output = TypeVar("Output", bound=OutputFile)


def run_command(args: Namespace, texts: Texts) -> int:
    """Run a scenario; return the exit code: 0 all held, 1 something did not.

    Raises:
        BadInput: The scenario, an option or an output file cannot be used. If that is the report, at the end
            only, all else was told.
    """
    if args.device and args.verify:
        raise BadInput((Problem("--verify", "verify-with-devices"),))
    if args.recordings is not None and args.verify:
        raise BadInput((Problem("--verify", "verify-with-recordings"),))
    scenario = load(args.scenario, args.set)
    unwritten: BadInput | None = None
    with _outputs(args, texts) as outputs:
        outcome = _run(args, scenario, outputs, texts)
        try:
            if outputs.report is not None:
                _write_report(outcome, scenario, outputs.report, texts)
        except BadInput as error:
            unwritten = error  # a report that cannot be written does not cost what came of the day
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
        _print_rest(args, outputs, verification, texts, reported=unwritten is None)
    if unwritten is not None:
        raise unwritten
    return 0 if outcome.held and (verification is None or verification.held) else 1


def journal_name(name_or_file: str) -> str:
    """Name a scenario in the journal: a file by its name alone, so that journals of two folders are the same.

    >>> journal_name("printer-jam"), journal_name("days/my.yaml")
    ('printer-jam', 'my')
    """
    name = name_or_file if name_or_file in library() else Path(name_or_file).stem
    return name.encode(errors="replace").decode()


@dataclass(frozen=True, slots=True)
class _Outputs:
    """What options ask to be written; ``None`` = not asked for."""

    journal: JournalOutput | None
    report: OutputFile | None
    recordings: RecordingsFolder | None

    def kept(self, texts: Texts) -> Iterator[str]:
        """Say what is left of a day that ended early."""
        if self.journal is not None and self.journal.kept is not None:
            where = one_line(str(self.journal.kept))
            beside = not self.journal.same_as(str(self.journal.kept))
            yield texts("journal-kept-beside" if beside else "journal-kept", file=where)
        if self.recordings is not None and self.recordings.holds_recordings():
            yield texts("recordings-kept", folder=one_line(str(self.recordings.path)))


@contextmanager
def _outputs(args: Namespace, texts: Texts) -> Iterator[_Outputs]:
    """Make ready for what options ask to be written; tell what is kept of it if the day ends early."""
    outputs = None
    try:
        with ExitStack() as stack:
            outputs = _opened(args, stack)
            yield outputs
    except BaseException:
        if outputs is not None:
            with suppress(
                OSError
            ):  # the terminal may be what ended the day; the files are there all the same
                for line in outputs.kept(texts):
                    print(line, file=sys.stderr, flush=True)
        raise


def _opened(args: Namespace, stack: ExitStack) -> _Outputs:
    folder = None if args.recordings is None else stack.enter_context(RecordingsFolder(args.recordings))
    journal = None if args.journal is None else _output(args, JournalOutput(args.journal), stack)
    report = None if args.report is None else _output(args, OutputFile(args.report), stack)
    if journal is not None and report is not None and journal.same_as(args.report):
        raise BadInput((Problem(args.report, "output-twice"),))
    for output in (journal, report):
        if folder is not None and output is not None and output.lies_in(folder.path):
            raise BadInput((Problem(output.name, "output-among-recordings"),))
    return _Outputs(journal, report, folder)


def _output(args: Namespace, output: Output, stack: ExitStack) -> Output:
    stack.enter_context(output)
    if args.scenario not in library() and output.same_as(args.scenario):
        raise BadInput((Problem(output.name, "output-is-the-scenario"),))
    return output


def _run(args: Namespace, scenario: Scenario, outputs: _Outputs, texts: Texts) -> Outcome:
    name, journal = journal_name(args.scenario), outputs.journal
    recordings = None if outputs.recordings is None else outputs.recordings.path
    with real_devices(args.device, recordings, scenario, texts) as real:
        listener = None if args.json else Progress(texts, sys.stderr, real_headsets=bool(real.headsets))
        try:
            outcome = run(
                scenario, args.seed, name=name, pace=args.pace, file=journal, listener=listener, real=real
            )
        except ExceptionGroup as group:
            problem = _bad_input(group)
            if problem is None:
                raise
            raise problem from None
        if journal is not None:
            journal.appear()  # the day is whole, whatever becomes of its report
    return outcome


def _bad_input(group: ExceptionGroup[Exception]) -> BadInput | None:
    """Find what is wrong with the journal's file, if that stopped the day's tasks."""
    error: Exception | None = group.subgroup(BadInput)
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, BadInput) else None


def _write_report(outcome: Outcome, scenario: Scenario, report: OutputFile, texts: Texts) -> None:
    from lab.report import write_report  # noqa: PLC0415 - its libraries are only needed for a report

    try:
        write_report(outcome, scenario, report.temporary, texts.language)
    except OSError as error:
        raise report.cannot(error) from None
    report.appear()


def _print_rest(
    args: Namespace,
    outputs: _Outputs,
    verification: Verification | None,
    texts: Texts,
    *,
    reported: bool,
) -> None:
    if args.journal is not None:
        print(texts("journal-written", file=one_line(args.journal)))
    if args.report is not None and reported:
        print(texts("report-written", file=one_line(args.report)))
    if outputs.recordings is not None:
        told = "recordings-written" if outputs.recordings.holds_recordings() else "recordings-none"
        print(texts(told, folder=one_line(args.recordings)))
    if verification is not None:
        print(texts("verify-same" if verification.held else "verify-differs"))
        for line in verification.lines:
            print(line)
