"""The papers of the flash drives with recordings, read out of a journal."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec
import pytest
from reportlab.platypus import Paragraph

from hal.journal import Entry
from lab.forms import pdf
from lab.forms.media import Medium, media
from lab.language import LANGUAGES
from lab.text import texts
from scenarios.loading import load
from scenarios.runner import run
from station_core.events import (
    AnswerFileExported,
    AnswerRecorded,
    AudioExported,
    DayBegan,
    DeviceReplaced,
    MediumFormsPrinted,
)

Form = Callable[..., bytes]
FORMS = (pdf.cover_form, pdf.protocol_form)


@cache
def day() -> tuple[Entry, ...]:
    return tuple(run(load("oral-complaint"), 1).entries)


def events(kind: type[Any]) -> list[Any]:
    return [entry.event for entry in day() if isinstance(entry.event, kind)]


def first() -> Medium:
    return media(day())[0]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is put on paper."""
    told: list[str] = []
    paragraph = Paragraph

    def noted(text: str, style: object) -> object:
        told.append(text)
        return paragraph(text, style)

    monkeypatch.setattr(pdf, "Paragraph", noted)
    return told


def test_a_set_for_each_drive_with_every_file_of_the_day() -> None:
    found = media(day())
    printed = events(MediumFormsPrinted)
    assert {(m.flash, len(m.packages), len(m.works), len(m.files)) for m in found} == {
        (event.flash, event.packages, event.works, event.files) for event in printed
    }
    assert len(found) == 2
    digests = sorted(file.digest for medium in found for file in medium.files)
    assert digests == sorted(event.digest for event in events(AnswerFileExported))
    works = {work for medium in found for work in medium.works}
    assert works == {event.recording for event in events(AnswerRecorded)}
    # an answer in two parts is one work with two files
    assert sum(len(medium.files) for medium in found) == len(works) + 1
    assert {package.room for medium in found for package in medium.packages} == {"0101", "0102"}


def test_a_drive_that_failed_gets_no_papers() -> None:
    flash = first().flash
    at = max(n for n, e in enumerate(day()) if isinstance(e.event, AudioExported) and e.event.flash == flash)
    lost = Entry(0, day()[at].t, DeviceReplaced("hq", flash, "flash-3"))
    assert flash not in [medium.flash for medium in media([*day()[: at + 1], lost, *day()[at + 1 :]])]


def test_a_journal_of_no_day() -> None:
    with pytest.raises(LookupError):
        media([entry for entry in day() if not isinstance(entry.event, DayBegan)])
    assert media([entry for entry in day() if not isinstance(entry.event, AudioExported)]) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_cover_form_tells_the_totals(printed: list[str], language: str) -> None:
    for medium in media(day()):
        printed.clear()
        data = pdf.cover_form(medium, texts(language))
        assert data.startswith(b"%PDF-")
        size = f"{sum(file.size_bytes for file in medium.files):,}".replace(",", " ")
        total = printed.index(texts(language)("form-total"))
        assert printed[total : total + 6] == [
            printed[total], "", "", str(len(medium.works)), str(len(medium.files)), size,
        ]  # fmt: skip
        assert all(package.name in printed for package in medium.packages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_protocol_names_every_file_with_size_and_checksum(printed: list[str], language: str) -> None:
    for medium in media(day()):
        printed.clear()
        pdf.protocol_form(medium, texts(language))
        for file in medium.files:
            at = printed.index(file.file)
            assert printed[at + 3] == file.recording
            assert printed[at + 4] == str(file.part)
            assert printed[at + 6].replace(" ", "") == str(file.size_bytes)
            assert printed[at + 7].replace(" ", "") == file.digest


def test_damaged_files_are_said(printed: list[str]) -> None:
    medium = first()
    package = medium.packages[0]
    lost = msgspec.structs.replace(package.files[0], size_bytes=0, digest="", damaged=True)
    marked = replace(medium, packages=(replace(package, files=(lost, *package.files[1:])),))
    for each, told in ((medium, False), (marked, True)):
        printed.clear()
        pdf.protocol_form(each, texts("ru"))
        assert (f"{lost.file} (повреждён)" in printed) is told
        assert any(text.startswith("Повреждённых файлов: 1.") for text in printed) is told


@pytest.mark.parametrize("form", FORMS)
def test_the_same_journal_makes_the_same_bytes(form: Form) -> None:
    assert form(first(), texts("ru")) == form(first(), texts("ru"))
    assert form(first(), texts("ru")) != form(media(day())[1], texts("ru"))


def test_works_that_were_not_finished_are_said(printed: list[str]) -> None:
    medium = first()
    some = Medium(medium.flash, medium.day, medium.packages, medium.complete - {medium.works[0]})
    for each, told in ((medium, False), (some, True)):
        printed.clear()
        pdf.cover_form(each, texts("ru"))
        assert ("Из них 1 работа нигде не записана до конца." in printed) is told, "elsewhere would count"


def test_many_files_and_letters_of_markup(printed: list[str]) -> None:
    """A day of many rooms goes over pages; nothing in a name is taken for markup."""
    medium = first()
    package = medium.packages[0]
    odd = msgspec.structs.replace(package.files[0], file="a<b>&c.flac")
    many = type(package)(
        package.name, package.room, package.seat, package.station, package.exported, (odd,) * 200
    )
    data = pdf.protocol_form(Medium(medium.flash, medium.day, (many,), medium.complete), texts("ru"))
    (pages,) = re.findall(rb"/Count (\d+)", data)
    assert int(pages) > 5
    assert "a&lt;b&gt;&amp;c.flac" in printed
