"""``ppelab run``: run a scenario, tell what happens, and write the journal and the report."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path

from lab.describe import one_line
from lab.output import OutputFile
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
    name = journal_name(args.scenario)
    try:
        return run(scenario, args.seed, name=name, pace=args.pace, file=journal, listener=listener, real=real)
    except ExceptionGroup as group:
        problem = _bad_input(group)
        if problem is None:
            raise
        raise problem from None


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
