"""The scenario language: what a scenario file may say. The file is YAML; this is its schema.

A scenario says the exam, the point (rooms, stations, devices by profile, reserves, staff), the edition of
the regulation, the faults, and what must hold. Names of devices follow from the rooms; see ``layout``.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from hal.runtime import HOUR, MILLISECOND, MINUTE, SECOND, parse_clock
from station_core.materials import ExamKind
from station_core.point import RoomKind

_DURATION = re.compile(r"\s*([0-9]+)\s*(h|min|ms|m|s)\s*")
_UNITS = {"h": HOUR, "min": MINUTE, "m": MINUTE, "s": SECOND, "ms": MILLISECOND}


def parse_duration(text: object) -> int:
    """Read a duration such as ``90s``, ``15 min`` or ``3h 55min`` as microseconds.

    Raises:
        ValueError: It is not one.

    >>> parse_duration("3h 55min") == 3 * HOUR + 55 * MINUTE
    True
    """
    problem = PydanticCustomError("not-a-duration", "write a duration such as 90s, 15 min or 3h 55min")
    if not isinstance(text, str) or not text.strip():
        raise problem
    total, end = 0, 0
    while end < len(text):
        match = _DURATION.match(text, end)
        if match is None:
            raise problem
        total += int(match[1]) * _UNITS[match[2]]
        end = match.end()
    return total


def _clock(text: object) -> int:
    try:
        return parse_clock(str(text))
    except ValueError:
        message = 'write a clock time in quotes, such as "09:30"'
        raise PydanticCustomError("not-a-clock-time", message) from None


Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    WithJsonSchema(
        {"type": "string", "pattern": r"^(\s*[0-9]+\s*(h|min|m|s|ms)\s*)+$", "examples": ["90s", "15 min"]}
    ),
]


def _a_second_or_more(duration: int) -> int:
    if duration < SECOND:
        raise PydanticCustomError("less-than-a-second", "it has to be a second or more")
    return duration


LongDuration = Annotated[Duration, AfterValidator(_a_second_or_more)]
Clock = Annotated[
    int,
    BeforeValidator(_clock),
    WithJsonSchema(
        {"type": "string", "pattern": r"^-?[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$", "examples": ["09:30", "-16:00"]}
    ),
]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Profile = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Count = Annotated[int, Field(ge=0, le=10_000)]


BEGINNING = -13 * HOUR
"""The clock of a run starts at 11:00 of the eve, an hour before technical preparation."""


class Part(BaseModel):
    """Base: unknown keys are errors, texts are not numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


WRITTEN_SHEETS = 16  # our choice: forms, КИМ and the контрольный лист [002:5669, 10247]
WRITTEN_FORMS = 4
ORAL_SHEETS = 1


class ExamSpec(Part):
    """The exam."""

    kind: ExamKind = Field(description="written or oral")
    subject: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}-[А-ЯЁA-Z]+$")] = Field(
        examples=["01-РУС", "29-АНГ"]
    )
    exam_date: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31))] = Field(
        alias="date", description="day of the exam"
    )
    work_time: Duration = Field(default=3 * HOUR + 55 * MINUTE, description="written: time to work")
    kit_sheets: Annotated[int, Field(ge=1, le=60)] | None = Field(
        default=None,
        description="sheets of one kit; 16 (written) or the бланк регистрации alone (oral [001:81])",
    )
    kit_forms: Annotated[int, Field(ge=1, le=20)] | None = Field(
        default=None,
        description="how many of them are forms to be scanned: регистрация, №1, №2 лист 1 и 2 (written: 4)",
    )
    reading_time: Duration | None = Field(
        default=None, description="oral: reading and preparation; as the edition says when absent [001:23]"
    )
    answer_time: LongDuration | None = Field(
        default=None, description="oral: recording of the answer; as the edition says when absent [001:23]"
    )

    @property
    def sheets(self) -> int:
        """Sheets of one kit."""
        usual = WRITTEN_SHEETS if self.kind is ExamKind.WRITTEN else ORAL_SHEETS
        return usual if self.kit_sheets is None else self.kit_sheets

    @property
    def forms(self) -> int:
        """Sheets of one kit that are forms."""
        usual = WRITTEN_FORMS if self.kind is ExamKind.WRITTEN else ORAL_SHEETS
        return min(usual, self.sheets) if self.kit_forms is None else self.kit_forms


class StationSpec(Part):
    """An organiser station with its devices."""

    computer: Annotated[int, Field(ge=1, le=999)] | None = Field(
        default=None, description="computer number, unique in the point; given out in order when absent"
    )
    printer: Profile = "pantum-p3300dn"
    scanner: Profile = "canon-dr-c230"
    paper: Count | None = Field(default=None, description="sheets in the trays; full when absent")
    toner_percent: Annotated[int, Field(ge=0, le=100)] = 100
    act: bool = Field(default=True, description="its act of readiness was sent on the eve (E6: false)")


class SeatsSpec(Part):
    """The recording stations of an аудитория проведения."""

    count: Annotated[int, Field(ge=1, le=4)] = Field(description="workplaces [001:14-25]")
    headset: Profile = "sennheiser-pc8"
    computers: tuple[Annotated[int, Field(ge=1, le=999)], ...] | None = None


class RoomSpec(Part):
    """A room, or ``count`` rooms alike."""

    name: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = Field(
        default=None, description="four digits; given out in order when absent"
    )
    count: Annotated[int, Field(ge=1, le=100)] = 1
    kind: RoomKind | None = Field(default=None, description="exam (written); preparation or conduct (oral)")
    participants: Annotated[int, Field(ge=0, le=25)] = Field(default=15, description="seated by the plan")
    absent: Count = 0
    organizers: Annotated[int, Field(ge=1, le=6)] = 2
    kits: Count | None = Field(default=None, description="kits of the main key; as many as participants")
    station: StationSpec | None = Field(default=None, description="exam and preparation rooms need one")
    seats: SeatsSpec | None = Field(default=None, description="conduct rooms need them")


class ReserveRecorderSpec(Part):
    """A reserve recording station."""

    computer: Annotated[int, Field(ge=1, le=999)] | None = None
    seat: Annotated[str, StringConstraints(pattern=r"^Р[0-9]+$")] | None = Field(
        default=None, description="seat number with the letter «Р», unique in the point [001:75-80]"
    )
    headset: Profile = "sennheiser-pc8"


class ReservesSpec(Part):
    """What stands by."""

    organizer_stations: tuple[StationSpec, ...] = ()
    recording_stations: tuple[ReserveRecorderSpec, ...] = ()
    printers: tuple[Profile, ...] = ()
    scanners: tuple[Profile, ...] = ()
    headsets: tuple[Profile, ...] = ()
    flash_drives: Count = 1
    kits: Count = Field(default=30, description="reserve ЭМ in the интернет-пакет [001:141]")


class CertificateSpec(Part):
    """When the certificate on a simulated token is valid: 15 months, unless both days are given."""

    member: Annotated[int, Field(ge=1, le=20, description="whose: 1 is member-1")]
    since: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31))] | None = Field(
        default=None, description="first day"
    )
    until: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31))] | None = Field(
        default=None, description="last day"
    )


class StaffSpec(Part):
    """Who works in the point."""

    technicians: Annotated[int, Field(ge=1, le=20)] = 3
    commission_members: Annotated[int, Field(ge=1, le=20)] = Field(default=3, description="члены ГЭК")
    token: Profile = "rutoken-ecp-3"  # noqa: S105
    certificates: tuple[CertificateSpec, ...] = ()


class PointSpec(Part):
    """The exam point (ППЭ)."""

    region: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] = "90"
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] = "9099"
    rooms: Annotated[tuple[RoomSpec, ...], Field(min_length=1)]
    reserves: ReservesSpec = ReservesSpec()
    staff: StaffSpec = StaffSpec()


class AfterSpec(Part):
    """The n-th time that a device does something."""

    what: Text = Field(examples=["page", "login", "block", "run"])
    count: Annotated[int, Field(ge=1)]


class RateSpec(Part):
    """A chance at every occurrence."""

    what: Text
    per_million: Annotated[int, Field(ge=0, le=1_000_000)]


class FaultSpec(Part):
    """One fault. Exactly one of ``at``, ``after`` and ``rate`` says when it begins."""

    target: Text = Field(examples=["printer-0003", "token-1", "headset-0101-2"])
    kind: Text
    at: Clock | None = None
    after: AfterSpec | None = None
    rate: RateSpec | None = None
    lasts: LongDuration | None = Field(
        default=None, description="it passes by itself after that long, at least a second"
    )
    ends: Literal["repaired", "alone", "never"] = Field(
        default="repaired",
        description="repaired by a person (or sooner by itself, with lasts); alone: only by itself; or never",
    )
    params: dict[str, int] = {}


class ExpectSpec(Part):
    """What must hold, told from the journal. Exactly one of ``that`` and ``event``."""

    title: Text | None = None
    that: (
        Literal["accounting-balances", "regulation-holds", "incidents-resolved", "everybody-served"] | None
    ) = None
    event: Text | None = Field(default=None, examples=["kit_rejected"])
    where: dict[str, str | int | bool] = {}
    count: Count | None = Field(
        default=None, description="how many such events there are; at least 1 if absent"
    )
    by: Clock | None = Field(default=None, description="the last of them is not later")


class Scenario(Part):
    """A whole scenario."""

    title: Text
    about: Text
    rule: tuple[Text, ...] = Field(default=(), description="where the rule stands that it shows, as 001:79")
    edition: Text = Field(default="2024", description="edition of the regulation")
    exam: ExamSpec
    point: PointSpec
    faults: tuple[FaultSpec, ...] = ()
    expect: tuple[ExpectSpec, ...] = ()

    def with_faults(self, faults: tuple[FaultSpec, ...]) -> Self:
        """Return the same scenario with other faults."""
        return self.model_copy(update={"faults": faults})
