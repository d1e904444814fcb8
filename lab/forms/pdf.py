"""Сопроводительный бланк and протокол создания аудионосителя as PDF; the same bytes from the same journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from xml.sax.saxutils import escape

import fontpkg
from reportlab.lib import colors
from reportlab.lib.fonts import addMapping
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from reportlab.platypus.doctemplate import LayoutError

from lab.describe import clock
from lab.forms.media import Medium
from lab.text import Texts
from station_core.recorder import FORMAT

_REGULAR, _BOLD = "PTSans", "PTSans-Bold"
_MARGIN = 15 * mm
_SIGNATURES = ("technician", "organizer", "commission-member", "head")
"""Who signs (our choice; the sources name no signatures)."""


class TooLong(Exception):
    """A name does not go on a page: no journal of ours has such."""


@cache
def _fonts() -> None:
    """Load the letters once: a font of the system might not be there, or be another one."""
    for name, weight in ((_REGULAR, 400), (_BOLD, 700)):
        pdfmetrics.registerFont(TTFont(name, str(fontpkg.path("PT Sans", weight))))
        addMapping(name, 0, 0, name)


def _style(size: int, font: str = _REGULAR, **more: float) -> ParagraphStyle:
    return ParagraphStyle(f"{font}-{size}", fontName=font, fontSize=size, leading=size * 1.25, **more)


def cover_form(medium: Medium, texts: Texts) -> bytes:
    """Make the сопроводительный бланк of a drive: how many works and answers are on it [001:162].

    Raises:
        TooLong
    """
    rows = [
        [
            package.room,
            package.seat,
            package.name,
            str(len(package.works)),
            str(len(package.files)),
            _number(package.size_bytes),
        ]
        for package in medium.packages
    ]
    heads = [texts(f"form-{name}") for name in ("room", "seat", "package", "works", "files", "bytes")]
    total = [
        texts("form-total"),
        "",
        "",
        str(len(medium.works)),
        str(len(medium.files)),
        _number(medium.size_bytes),
    ]
    unfinished = sum(work not in medium.complete for work in medium.works)
    notes = [texts("form-unfinished", count=unfinished)] if unfinished else []
    return _document(
        texts("form-cover-title"),
        _heading(medium, texts),
        _table([heads, *rows, total], (18, 16, 145, 22, 22, 40), total=True),
        notes,
        texts,
    )


def protocol_form(medium: Medium, texts: Texts) -> bytes:
    """Make the протокол создания аудионосителя: every file with its size and checksum [001:162].

    Raises:
        TooLong
    """
    names = ("number", "file", "room", "seat", "work", "part", "length", "bytes", "sha256")
    rows = [[texts(f"form-{name}") for name in names]]
    for package in medium.packages:
        for file in package.files:
            rows.append(
                [
                    str(len(rows)),
                    texts("form-damaged-file", file=file.file) if file.damaged else file.file,
                    package.room,
                    package.seat,
                    file.recording,
                    str(file.part),
                    clock(texts, file.frames * 1_000_000 // FORMAT.rate_hz),
                    _number(file.size_bytes),
                    f"{file.digest[:32]} {file.digest[32:]}",
                ]
            )
    notes = [
        texts("form-package-line", package=each.name, files=len(each.files), time=clock(texts, each.exported))
        for each in medium.packages
    ]
    damaged = sum(file.damaged for file in medium.files)
    if damaged:
        notes.append(texts("form-damaged", count=damaged))
    return _document(
        texts("form-protocol-title"),
        _heading(medium, texts),
        _table(rows, (9, 50, 14, 13, 38, 14, 20, 27, 79)),
        notes,
        texts,
    )


def _heading(medium: Medium, texts: Texts) -> str:
    day = medium.day
    return texts(
        "form-heading",
        region=day.region,
        point=day.point,
        subject=day.subject,
        date=day.exam_date,
        flash=medium.flash,
    )


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def _table(rows: Sequence[Sequence[str]], widths_mm: Sequence[int], *, total: bool = False) -> Table:
    _fonts()
    plain, bold = _style(8), _style(8, _BOLD)
    last = len(rows) - 1
    cells = [
        [Paragraph(escape(text), bold if place == 0 or (total and place == last) else plain) for text in row]
        for place, row in enumerate(rows)
    ]
    table = Table(cells, [width * mm for width in widths_mm], repeatRows=1, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, colors.black),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table


def _document(title: str, heading: str, table: Table, notes: Sequence[str], texts: Texts) -> bytes:
    out = BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=landscape(A4),
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=title,
        author="ppe-lab",
        invariant=1,  # no time of making, no random identity: the same bytes each time
    )
    story: list[Flowable] = [
        Paragraph(escape(title), _style(14, _BOLD)),
        Spacer(0, 3 * mm),
        Paragraph(escape(heading), _style(10)),
        Spacer(0, 4 * mm),
        table,
        Spacer(0, 4 * mm),
        *(Paragraph(escape(note), _style(9)) for note in notes),
        Spacer(0, 6 * mm),
        *(
            Paragraph(escape(texts("form-signature", role=texts(f"role-{role}"))), _style(10, spaceAfter=9))
            for role in _SIGNATURES
        ),
    ]
    try:
        document.build(story, canvasmaker=_numbered(texts))
    except LayoutError as error:
        raise TooLong from error
    return out.getvalue()


def _numbered(texts: Texts) -> Callable[..., Canvas]:
    class Numbered(Canvas):  # type: ignore[misc] # reportlab has no types
        """Writes the number of the page, and of how many, at the foot of each."""

        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)
            self._pages: list[dict[str, object]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                self.setFont(_REGULAR, 8)
                told = texts("form-page", number=number, pages=len(self._pages))
                self.drawRightString(self._pagesize[0] - _MARGIN, 8 * mm, told)
                super().showPage()
            super().save()

    return Numbered
