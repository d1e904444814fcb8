"""``ppelab check headset``: is this headset good for the exam, and if not, what to do."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import PurePath

import soundfile

from hal.runtime import run_in
from lab.checklist_told import advice_lines, step_line, steps_json, told, verdict
from lab.describe import one_line
from lab.headset_address import refuse_other_address
from lab.headset_check import HeadsetCheck
from lab.level_line import LevelLine
from lab.output import OutputFile
from lab.sound import told as sound_told
from lab.sound.page import Part, render_page, report_file
from lab.sound.picture import close_ups, paint
from lab.text import Texts
from lab.typed_ahead import forget_typed
from scenarios.problems import BadInput, Problem
from station_core.audio_check import Outcome

FORMATS = {".flac": "FLAC", ".wav": "WAV"}
"""What ``--save`` writes, by the ending of the file's name."""


def check_headset(args: Namespace, texts: Texts) -> int:
    """Check a headset; return 0 if it is good for use, else 1.

    Raises:
        BadInput: The address is none of a headset, or a file that is to be written cannot be. If the latter
            comes out at the end only, all else was told.
    """
    if args.url:
        refuse_other_address(args.url, texts("help-url"))
    problems: list[Problem] = []
    with ExitStack() as stack:
        saved = stack.enter_context(_saved(args.save)) if args.save is not None else None
        inputs = [args.save] if args.save is not None else []
        report = stack.enter_context(report_file(args.report, inputs)) if args.report is not None else None
        check = HeadsetCheck(args.url or "", args.seconds, with_sweep=args.sweep)
        try:
            _Session(check, args, texts).run()
        except (KeyboardInterrupt, SystemExit):  # Ctrl-C, SIGTERM; what was said exists nowhere else
            if saved is not None and _save(check, saved):
                print(texts("headset-saved", file=one_line(args.save)), file=sys.stderr)
            raise
        # a file that cannot be written costs neither the verdict nor the other file
        kept = False
        with _gathered(problems):
            kept = saved is not None and _save(check, saved)
        _tell(check, args.save if kept else None, args, texts)
        with _gathered(problems):
            if report is not None:
                page = render_page(texts("check-headset-title"), [_part(check, texts)], texts)
                report.finish(page.encode())
                if not args.json:
                    print(texts("report-written", file=one_line(args.report)))
        if problems:
            raise BadInput(tuple(problems))
    return 1 if check.failed else 0


@contextmanager
def _gathered(problems: list[Problem]) -> Iterator[None]:
    try:
        yield
    except BadInput as error:
        problems.extend(error.problems)


def _title(check: HeadsetCheck, texts: Texts) -> str:
    title = texts("check-headset-title")
    return f"{title}: {one_line(check.url)}" if check.url else title


def _tell(check: HeadsetCheck, saved: str | None, args: Namespace, texts: Texts) -> None:
    if args.json:
        print(json.dumps(check_json(check, saved), ensure_ascii=False, indent=2))
        return
    for line in ending_lines(check, saved, texts):
        print(line)


class _Session:
    """Leads the technician: what to do now goes to standard error, results to standard output."""

    def __init__(self, check: HeadsetCheck, args: Namespace, texts: Texts) -> None:
        self._check = check
        self._quiet = bool(args.json)
        self._texts = texts
        self._told: set[str] = set()

    def run(self) -> None:
        """Make all steps that can be made; the headset is given back also after Ctrl-C."""
        with asyncio.Runner() as runner:
            try:
                self._run(runner)
            finally:
                run_in(runner, self._check.close())

    def _run(self, runner: asyncio.Runner) -> None:
        check = self._check
        if not self._quiet:
            print(_title(check, self._texts), flush=True)
        going = run_in(runner, check.find())
        self._tell()
        if going:
            self._say("headset-speak", seconds=check.seconds)
            line = LevelLine(check.seconds, self._texts, sys.stderr)
            try:
                going = run_in(runner, check.record(line))
            finally:
                line.end()
            self._tell()
        if going:
            self._say("headset-listen")
            going = run_in(runner, check.play())
            if going:
                self._ask_heard()
            self._tell()
        if going and "sweep" in check.steps:
            self._say("headset-hold")
            self._ask("headset-ready")
            run_in(runner, check.loop())
        self._tell(rest=True)

    def _say(self, key: str, **values: int | str) -> None:
        print(self._texts(key, **values), file=sys.stderr, flush=True)

    def _ask_heard(self) -> None:
        """Ask until the answer is clear; on a Latin layout the key of «н» types ``y``, so we never guess."""
        if sys.stdin is None or not sys.stdin.isatty():
            return  # only a terminal can answer
        yes, no = (self._texts(f"headset-heard-{each}").split() for each in ("yes", "no"))
        while True:
            answer = self._ask("headset-heard")
            if answer is None:
                self._check.not_answered()
                return
            if answer.casefold() in no:
                self._check.not_heard()
            if answer.casefold() in ("", *yes, *no):
                return
            self._say("headset-unclear", answer=one_line(answer), yes=yes[0], no=no[0])

    def _ask(self, key: str) -> str | None:
        """Ask, outside of the loop, where Ctrl-C ends the question at once; None where no answer comes."""
        if sys.stdin is None or not sys.stdin.isatty():
            return None
        print(self._texts(key), end="", file=sys.stderr, flush=True)
        forget_typed(sys.stdin)  # an Enter of before would answer that all was heard
        line = ""
        try:
            line = sys.stdin.readline()
        except UnicodeDecodeError as error:  # typed in another encoding: an answer, but none that is clear
            line = f"{error.object!r}\n"
        finally:
            if not line.endswith("\n"):  # Ctrl-C and Ctrl-D leave the cursor behind the question
                print(file=sys.stderr, flush=True)
        return line.strip() if line else None

    def _tell(self, *, rest: bool = False) -> None:
        """Tell of the steps that were made and not told of yet, at the end also of the others."""
        for step in self._check.steps.values():
            if not self._quiet and step.code not in self._told and (rest or step.ms is not None):
                print(step_line(step, self._texts), flush=True)
                self._told.add(step.code)


def ending_lines(check: HeadsetCheck, saved: str | None, texts: Texts) -> Iterator[str]:
    """Tell what came of it as a whole, what to do, and where the recording was kept, if it was."""
    yield ""
    if check.report is not None:
        yield sound_told.summary(check.report.figures, "", texts)
        for each in sound_told.findings(check.report, texts):
            yield f"    {sound_told.mark(each.outcome, texts)}  {each.text}"
    yield verdict(check, "headset", texts)
    yield from advice_lines(check, texts)
    if saved is not None:
        yield texts("headset-saved", file=one_line(saved))


def check_json(check: HeadsetCheck, saved: str | None) -> dict[str, object]:
    """Return the same for programs; ``error`` and ``told`` are codes of the catalogue."""
    headset, loop = check.headset, check.loop_report
    return {
        "ok": not check.failed,
        "remarks": check.warned,
        "headset": None if headset is None else {"url": check.url, **asdict(headset.info)},
        "steps": steps_json(check),
        "sound": None if check.report is None else sound_told.report_json(check.report),
        "loop": None
        if loop is None
        else {
            "verdict": loop.verdict.value,
            "delay_us": loop.delay_us,
            "response": [{"hz": hz, "tenth_db": level} for hz, level in loop.response],
            "thd_per_mille": loop.thd_per_mille,
            "findings": [sound_told.finding_json(each) for each in loop.findings],
        },
        "saved": saved,
    }


def _saved(path: str) -> OutputFile:
    if PurePath(path).suffix.lower() not in FORMATS:
        raise BadInput((Problem(one_line(path), "save-format", values={"known": ", ".join(FORMATS)}),))
    return OutputFile(path)


def _save(check: HeadsetCheck, output: OutputFile) -> bool:
    """Write what was recorded, also if the headset failed meanwhile; return whether there was anything.

    Raises:
        BadInput: It cannot be written.
    """
    if not len(check.recorded):
        return False
    encoded = io.BytesIO()
    kind = FORMATS[PurePath(output.name).suffix.lower()]
    soundfile.write(encoded, check.recorded, check.format.rate_hz, subtype="PCM_16", format=kind)
    output.finish(encoded.getvalue())
    return True


def _part(check: HeadsetCheck, texts: Texts) -> Part:
    outcome = Outcome.FAIL if check.failed else Outcome.WARN if check.warned else Outcome.PASS
    rate, report = check.format.rate_hz, check.report
    return Part(
        one_line(check.url if check.headset is None else check.headset.info.name)
        or texts("check-step-headset"),
        outcome,
        report,
        columns=None if report is None else paint(check.recorded, rate),
        close_ups=() if report is None else close_ups(check.recorded, rate, report),
        steps=tuple(
            (texts(f"check-{step.mark}"), texts(f"check-step-{step.code}"), "; ".join(told(step, texts)))
            for step in check.steps.values()
        ),
        response=() if check.loop_report is None else check.loop_report.response,
    )
