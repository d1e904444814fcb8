"""``ppelab check token``: is this token good for the exam, and if not, what to do."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from collections.abc import Iterator

from hal.secret import Secret
from hal.token.pkcs11.opener import Pkcs11Devices
from lab.ask_pin import ask_pin, pin_of_file
from lab.describe import error_text, one_line
from lab.text import Texts
from lab.token_address import read_token_address
from lab.token_check import Mark, Step, TokenCheck, utc_now
from scenarios.problems import BadInput, Problem

_MARKS = {Mark.PASSED: "passed", Mark.WARNED: "warned", Mark.FAILED: "failed", Mark.SKIPPED: "skipped"}


def check_token(args: Namespace, texts: Texts) -> int:
    """Check a token; return 0 if it is good for use, else 1.

    Raises:
        BadInput: The address, the PIN's file, or that nobody can be asked for the PIN.
    """
    uri = read_token_address(args.url or "pkcs11:", texts("help-url"))
    source = args.pin_source or uri.pin_source
    pin = pin_of_file(source, "--pin-source") if source else None
    if pin is None and not (sys.stdin is not None and sys.stdin.isatty()):
        raise BadInput((Problem("--pin-source", "no-terminal"),))
    check = TokenCheck(uri, Pkcs11Devices(), utc_now)
    with asyncio.Runner() as runner:
        try:
            if runner.run(check.look()) and check.may_log_in(last_try=args.last_try):
                # asked outside of the loop, where Ctrl-C ends the question at once
                runner.run(check.work(pin or _ask(check, texts)))
        finally:
            runner.run(check.close())
    if args.json:
        print(json.dumps(check_json(check), ensure_ascii=False, indent=2))
    else:
        for line in check_lines(check, texts):
            print(line)
    return 1 if check.failed else 0


def _ask(check: TokenCheck, texts: Texts) -> Secret:
    label = check.token.info.label if check.token is not None else ""
    return ask_pin(texts("check-ask-pin", label=one_line(label)))


def check_lines(check: TokenCheck, texts: Texts) -> Iterator[str]:
    """Tell what came of it, step by step, with a verdict and what to do."""
    width = max(len(texts(f"check-{mark}")) for mark in _MARKS.values())
    yield texts("check-title")
    advice: list[str] = []
    for step in check.steps.values():
        mark = texts(f"check-{_MARKS[step.mark]}").ljust(width)
        name, told = texts(f"check-step-{step.code}"), "; ".join(_told(step, texts))
        if step.ms is None:
            yield texts("check-line", mark=mark, step=name, told=told)
        else:
            yield texts("check-line-timed", mark=mark, step=name, told=told, ms=f"{step.ms:.0f}")
        advice += [texts(f"advice-{each}") for each in step.advice]
    yield ""
    verdict = "bad" if check.failed else "warned" if check.warned else "good"
    yield texts(f"check-verdict-{verdict}")
    for each in dict.fromkeys(advice):
        yield texts("check-do", advice=each)


def _told(step: Step, texts: Texts) -> Iterator[str]:
    if step.error is not None:
        yield error_text(step.error, texts)
    elif not step.told:
        yield texts("told-not-reached")
    for code, values in step.told:
        shown = {name: one_line(each) if isinstance(each, str) else each for name, each in values.items()}
        yield texts(code, **shown)


def check_json(check: TokenCheck) -> dict[str, object]:
    """Return the same for programs; ``error`` and ``told`` are codes of the catalogue."""
    info = check.token.info if check.token is not None else None
    return {
        "ok": not check.failed,
        "remarks": check.warned,
        "token": None if info is None else {"url": info.url, "label": info.label, "serial": info.serial,
                                            "model": info.model, "firmware": info.firmware},
        "steps": [
            {
                "step": step.code,
                "result": step.mark.value,
                "ms": None if step.ms is None else round(step.ms, 1),
                "told": [{"code": code, **values} for code, values in step.told],
                "error": None if step.error is None else step.error.code,
                "detail": "" if step.error is None else step.error.detail,
                "advice": step.advice,
            }
            for step in check.steps.values()
        ],
    }  # fmt: skip
