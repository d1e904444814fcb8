"""What a recording station is used for, as data (``data/duties.yaml``): today's exam and two older ones."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from station_core.errors import StepRefused

_FIELDS = ("date", "room", "organisation", "subject", "work")
_SAFE = re.compile(r"[\w.-]{1,64}")


def _known_fields(template: str) -> str:
    for _, field, _, _ in Formatter().parse(template):
        if field is not None and field not in _FIELDS:
            raise ValueError(f"{{{field}}} is none of {', '.join(_FIELDS)}")
    return template


Template = Annotated[str, AfterValidator(_known_fields)]


class AfterFailure(StrEnum):
    """What becomes of an answer whose recording failed."""

    GO_ON = "go-on"  # it goes on in a further part
    RETAKE = "retake"  # it is over; another day by decision


class Duty(BaseModel):
    """One use of the recording station.

    Args:
        source: Where its rule stands.
        file: Template of the names of individual recordings.
        stream: Template of the recording that runs all day in a room; empty if there is none.
        after_failure: What becomes of an answer whose recording failed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    source: Annotated[str, Field(pattern=r"^[0-9]{3}:[0-9]+(-[0-9]+)?$")]
    file: Template
    file_why: str
    stream: Template
    after_failure: AfterFailure
    after_failure_why: str

    def recording(self, place: Place, work: str) -> str:
        """Name an individual recording.

        Raises:
            StepRefused: A name or a code has letters that file names cannot have.
        """
        return _filled(self.file, place, work)

    def stream_recording(self, place: Place) -> str:
        """Name the recording of the whole day; raises like ``recording``."""
        return _filled(self.stream, place, "")

    @staticmethod
    def part_name(recording: str, number: int) -> str:
        """Name the file of a part; the first has the plain name.

        No recording has ``~`` in its name, so a further part of the stream is never a participant's file.

        >>> Duty.part_name("29-АНГ-0001-03", 2)
        '29-АНГ-0001-03~2.flac'
        """
        return f"{recording}.flac" if number == 1 else f"{recording}~{number}.flac"


class Place(BaseModel):
    """Where and when recordings are made, as far as their names tell it."""

    model_config = ConfigDict(frozen=True)

    exam_date: date
    room: str
    subject: str = ""
    organisation: str = ""


def _filled(template: str, place: Place, work: str) -> str:
    name = template.format(
        date=f"{place.exam_date:%Y%m%d}",
        room=place.room,
        subject=place.subject,
        organisation=place.organisation,
        work=work,
    )
    if not _SAFE.fullmatch(name) or name.startswith("."):
        raise StepRefused(place.room, "bad-work-code", work or name)
    return name


@cache
def duties() -> dict[str, Duty]:
    """Return all duties by their ids."""
    text = files("station_core").joinpath("data/duties.yaml").read_text(encoding="utf-8")
    listed = TypeAdapter(list[Duty]).validate_python(yaml.safe_load(text))
    return {each.id: each for each in listed}


def duty(name: str) -> Duty:
    """Return a duty.

    Raises:
        KeyError: There is none of that id.
    """
    return duties()[name]
