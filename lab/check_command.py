"""``ppelab check token``: is this token good for the exam, and if not, what to do."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace

from hal.runtime import run_in
from hal.secret import Secret
from hal.token.pkcs11.opener import Pkcs11Devices
from lab.ask_pin import ask_pin, pin_of_file
from lab.checklist_told import checklist_lines, steps_json
from lab.describe import one_line
from lab.text import Texts
from lab.token_address import read_token_address
from lab.token_check import TokenCheck, utc_now
from scenarios.problems import BadInput, Problem


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
            if run_in(runner, check.look()) and check.may_log_in(last_try=args.last_try):
                # asked outside of the loop, where Ctrl-C ends the question at once
                run_in(runner, check.work(pin or _ask(check, texts)))
        finally:
            run_in(runner, check.close())
    if args.json:
        print(json.dumps(check_json(check), ensure_ascii=False, indent=2))
    else:
        for line in checklist_lines(check, "token", texts):
            print(line)
    return 1 if check.failed else 0


def _ask(check: TokenCheck, texts: Texts) -> Secret:
    label = check.token.info.label if check.token is not None else ""
    return ask_pin(texts("check-ask-pin", label=one_line(label)))


def check_json(check: TokenCheck) -> dict[str, object]:
    """Return the same for programs; ``error`` and ``told`` are codes of the catalogue."""
    info = check.token.info if check.token is not None else None
    return {
        "ok": not check.failed,
        "remarks": check.warned,
        "token": None if info is None else {"url": info.url, "label": info.label, "serial": info.serial,
                                            "model": info.model, "firmware": info.firmware},
        "steps": steps_json(check),
    }  # fmt: skip
