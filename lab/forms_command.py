"""``ppelab journal forms``: the papers that go with the flash drives, as PDF."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from hal.files import new_file
from lab.journal_command import whole_journal
from lab.text import Texts
from scenarios.problems import BadInput, Problem

EXTRA = "forms"


def forms(args: Namespace, texts: Texts) -> int:
    """Write a сопроводительный бланк and a протокол создания аудионосителя for each drive with recordings.

    Raises:
        BadInput: The journal cannot be read or tells of no day, or the folder cannot be written.
    """
    entries = whole_journal(args.file)
    from lab.forms.media import media  # noqa: PLC0415 - quick where nothing is made

    try:
        found = media(entries)
    except LookupError as error:
        raise BadInput((Problem(args.file, "journal-without-day"),)) from error
    if not found:
        print(texts("forms-none"))
        return 0
    try:
        from lab.forms import pdf  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as error:
        print(texts("serve-extra-missing", name=str(error.name), extra=EXTRA), file=sys.stderr)
        return 2
    folder = Path(args.out)
    for medium in found:
        papers = {"cover": pdf.cover_form(medium, texts), "protocol": pdf.protocol_form(medium, texts)}
        for name, data in papers.items():
            print(_written(folder, f"{medium.flash}-{name}.pdf", data, texts))
    return 0


def _written(folder: Path, name: str, data: bytes, texts: Texts) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with new_file(folder / name) as file:
            file.write(data)
    except OSError as error:
        why = error.strerror or str(error)
        raise BadInput((Problem(str(folder / name), "cannot-write", values={"why": why}),)) from error
    return texts("forms-written", file=str(folder / name))
