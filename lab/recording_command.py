"""``ppelab check recording``: are these recordings fit to be the evidence of an exam, and if not, why."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack

from lab.describe import file_name, one_line, reason
from lab.recording_check import Judged, judge_file
from lab.sound import told
from lab.sound.page import Part, render_page, report_file
from lab.sound.reading import BadSound
from lab.text import Texts
from station_core.audio_check import Outcome

GOOD, BAD, BAD_INPUT = 0, 1, 2


def check_recording(args: Namespace, texts: Texts) -> int:
    """Judge files; return 0 if all are fit for use, 1 if one is not, 2 if one cannot be judged.

    Raises:
        BadInput: The report cannot be written.
    """
    with ExitStack() as stack:
        report = (
            stack.enter_context(report_file(args.report, args.files)) if args.report is not None else None
        )
        judged = list(_judge(args, texts))
        if args.json:
            print(json.dumps([judged_json(each) for each in judged], ensure_ascii=False, indent=2))
        if report is not None:
            title = texts("sound-page-recordings", count=len(judged))
            report.finish(render_page(title, [_part(each, texts) for each in judged], texts).encode())
            if not args.json:
                print(texts("report-written", file=one_line(args.report)))
    if any(each.report is None for each in judged):
        return BAD_INPUT
    return BAD if any(each.verdict is Outcome.FAIL for each in judged) else GOOD


def _judge(args: Namespace, texts: Texts) -> Iterator[Judged]:
    for path in args.files:
        judged = judge_file(path, picture=args.report is not None)
        if not args.json:  # file by file: many long ones take their time
            _tell(judged, texts)
        yield judged


def _tell(judged: Judged, texts: Texts) -> None:
    if judged.report is None and judged.error is not None:
        # as every command tells of bad input
        line = texts("problem-at-file", file=file_name(judged.file))
        print(f"{line}: {error_text(judged.error, texts)}", file=sys.stderr)
        return
    for line in lines(judged, texts):
        print(line)


def lines(judged: Judged, texts: Texts) -> Iterator[str]:
    """Tell what came of a file."""
    yield texts("recording-judged", file=one_line(judged.file), verdict=told.verdict(judged.verdict, texts))
    if judged.error is not None:
        yield f"    {error_text(judged.error, texts)}"
    if judged.report is None:
        return
    yield f"    {told.summary(judged.report.figures, judged.kind, texts)}"
    found = told.findings(judged.report, texts)
    width = max((len(told.mark(each.outcome, texts)) for each in found), default=0)
    for each in found:
        yield f"    {told.mark(each.outcome, texts).ljust(width)}  {each.text}"
    for each in found if judged.advises else ():
        yield f"    {texts('check-do', advice=each.advice)}"


def error_text(error: BadSound, texts: Texts) -> str:
    """Say what is wrong with a file and what to do."""
    ways = {"why": lambda value: reason(texts, value), "seconds": lambda value: told.decimal(value, texts)}
    values = {name: ways.get(name, str)(value) for name, value in error.values.items()}
    return texts(f"recording-error-{error.code}", **values)


def judged_json(judged: Judged) -> dict[str, object]:
    """Return the entry of a file for programs; ``error`` is there only if the file itself has a fault."""
    entry: dict[str, object] = {"file": judged.file, "verdict": "", "figures": {}, "findings": []}
    if judged.report is not None:
        entry |= told.report_json(judged.report)
    if judged.error is not None:
        entry |= {"error": judged.error.code, "detail": judged.error.values}
    return entry | {"verdict": judged.verdict.value}


def _part(judged: Judged, texts: Texts) -> Part:
    error = None if judged.error is None else error_text(judged.error, texts)
    return Part(
        one_line(judged.file),
        judged.verdict,
        judged.report,
        error,
        judged.kind,
        judged.columns,
        judged.close_ups,
        advises=judged.advises,
    )
