"""``ppelab journal forms``: the papers that go with the flash drives, as PDF."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from hal.files import new_file
from hal.journal import Entry
from lab.describe import one_line
from lab.journal_command import readable_journal
from lab.text import Texts
from scenarios.problems import BadInput, Problem
from station_core.events import AudioExported, DayEnded

EXTRA = "forms"


def forms(args: Namespace, texts: Texts) -> int:
    """Write a сопроводительный бланк and a протокол создания аудионосителя for each drive with recordings.

    An unfinished journal tells of drives too, but never that none needs papers.

    Raises:
        BadInput: The journal cannot be read, tells of no day, names a drive as no file can be named, has a
            name that does not go on a page, or is unfinished and tells of no drive; the folder cannot be
            written, or holds papers of other drives.
    """
    entries = readable_journal(args.file, texts)
    from lab.forms.media import media  # noqa: PLC0415 - quick where nothing is made

    _refuse_unfit_names(args.file, entries)
    finished = isinstance(entries[-1].event, DayEnded)
    try:
        found = media(entries)
    except LookupError as error:
        raise BadInput((Problem(args.file, "journal-without-day"),)) from error
    if not found:
        if not finished:
            raise BadInput((Problem(args.file, "journal-unfinished"),))
        print(texts("forms-none"))
        return 0
    try:
        from lab.forms import pdf  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as error:
        print(texts("serve-extra-missing", name=str(error.name), extra=EXTRA), file=sys.stderr)
        return 2
    makers = {"cover": pdf.cover_form, "protocol": pdf.protocol_form}
    folder = Path(args.out)
    _refuse_other_forms(
        folder, {_file_name(medium.flash, paper) for medium in found for paper in makers}, makers
    )
    if not finished:
        print(texts("forms-unfinished", file=one_line(args.file)), file=sys.stderr)
    try:
        made = {
            _file_name(medium.flash, paper): make(medium, texts)
            for medium in found
            for paper, make in makers.items()
        }
    except pdf.TooLong as error:
        raise BadInput((Problem(args.file, "journal-name-too-long"),)) from error
    for name, data in made.items():
        print(_written(folder, name, data, texts))
    return 0


def _file_name(flash: str, paper: str) -> str:
    return f"{flash}-{paper}.pdf"


def _refuse_unfit_names(file: str, entries: Sequence[Entry]) -> None:
    """A drive's name becomes a part of files' names: it must not lead out of the folder."""
    for entry in entries:
        flash = entry.event.flash if isinstance(entry.event, AudioExported) else ""
        if flash in (".", "..") or any(each in "/\\" or not each.isprintable() for each in flash):
            values = {"name": flash}
            raise BadInput((Problem(file, "journal-bad-name", entry.n + 1, "flash", values=values),))


def _refuse_other_forms(folder: Path, own: Collection[str], papers: Iterable[str]) -> None:
    """Papers of two days must not lie in one folder as if they were of one."""
    there = {found.name for paper in papers for found in folder.glob(_file_name("*", paper))}
    if others := sorted(there.difference(own)):
        raise BadInput((Problem(str(folder), "forms-of-another-day", values={"names": ", ".join(others)}),))


def _written(folder: Path, name: str, data: bytes, texts: Texts) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with new_file(folder / name) as file:
            file.write(data)
    except OSError as error:
        why = error.strerror or str(error)
        raise BadInput((Problem(str(folder / name), "cannot-write", values={"why": why}),)) from error
    return texts("forms-written", file=one_line(str(folder / name)))
