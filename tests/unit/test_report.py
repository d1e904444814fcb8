"""The report: everything that happened is in it, it needs nothing else, and nobody's text becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from hal.journal import Entry, Event
from hal.runtime import HOUR, MINUTE, SECOND, parse_clock
from lab.language import LANGUAGES
from lab.report import render_report, write_report
from lab.report.lanes import Lanes
from lab.report.moments import time_rules
from lab.report.record import MORNING, read
from lab.report.scale import QUIET, ZOOMS, Scale
from lab.report.words import Words
from scenarios.accounting import Accounts, Imbalance
from scenarios.expectations import Finding
from scenarios.loading import load
from scenarios.model import FaultSpec, Scenario
from scenarios.random_faults import draw_faults
from scenarios.runner import Outcome, run
from simulators.events import FaultBegan, Worked
from station_core.events import (
    DayBegan,
    DayEnded,
    DeviceReplaced,
    IncidentClosed,
    IncidentOpened,
    KeyActivated,
    ParticipantsAdmitted,
    RoomFailed,
    StationStarted,
    StatusSent,
)
from station_core.regulation import Violation, edition

EVIL = "<script>alert('x')</script>&\"<img src=x>"

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Checks that tags are balanced, and collects what the tests ask for."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.headings: list[int] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.lang = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "html":
            self.lang = values["lang"] or ""
        if values.get("id"):
            self.ids.append(values["id"] or "")
        if (values.get("href") or "").startswith("#"):
            self.targets.append((values["href"] or "")[1:])
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        assert not [name for name in values if name.startswith("on")], "no inline handlers"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@cache
def day(name: str, *sets: str) -> tuple[Outcome, Scenario]:
    scenario = load(name, sets)
    return run(scenario, 1, name=name), scenario


@cache
def html(name: str, language: str = "ru", *sets: str) -> str:
    return render_report(*day(name, *sets), language)


def outcome(events: Iterable[tuple[int, Event]], **changes: object) -> Outcome:
    entries = [Entry(n, t, event) for n, (t, event) in enumerate(events)]
    plain = Outcome(entries, "0" * 64, Accounts(), (), (Finding("day-ends", held=True),), 0)
    return replace(plain, **changes)  # type: ignore[arg-type]


def began(**changes: str) -> DayBegan:
    values = {"scenario": "s", "title": "t", "exam_kind": "written", "subject": "01-РУС", "point": "9099"}
    values |= {"exam_date": "2024-05-28", "region": "90", "edition": "2024"} | changes
    return DayBegan(seed=1, rooms=1, participants=15, technicians=2, commission_members=2, **values)


SCENARIOS = ("printer-jam", "audio-quality-check")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_page_is_sound(name: str, language: str) -> None:
    page = Page(html(name, language))
    assert page.lang == language
    assert len(page.ids) == len(set(page.ids))
    assert set(page.targets) <= set(page.ids)
    assert page.headings[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(page.headings))
    assert page.headings.count(1) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_it_needs_nothing_from_anywhere(name: str, language: str) -> None:
    text = html(name, language)
    assert re.findall(r"(?:https?:)?//[\w.]", text) == []
    assert "@import" not in text
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= {"#hatch", "#fold"}
    assert not {"img", "link", "iframe", "object"} & set(Page(text).tags)


@pytest.mark.parametrize("name", SCENARIOS)
def test_same_journal_same_bytes(name: str) -> None:
    scenario = load(name)
    first, second = (render_report(run(scenario, 7, name=name), scenario, "ru") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_station_room_person_and_incident_is_there(name: str) -> None:
    made, _ = day(name)
    page, record = Page(html(name)), read(made.entries)
    for trouble in record.troubles:
        assert f"incident-{trouble.number}" in page.ids
        assert f"incident-{trouble.number}" in page.targets
    groups = Lanes(record, made.entries, Words("ru")).groups()
    lanes = [lane.key for group in groups for lane in (*group.shown, *group.folded)]
    stations = [e.event.station for e in made.entries if isinstance(e.event, StationStarted)]
    assert set(stations) <= set(lanes)
    assert len(lanes) == len(set(lanes)), "no lane twice"
    workers = [e.event for e in made.entries if isinstance(e.event, Worked) and e.t >= MORNING]
    assert {work.person for work in workers if work.role != "participant"} <= set(lanes)
    assert {damage.device for damage in record.damages} <= set(lanes)
    assert {f"g-room-{room}" for room in record.rooms} <= set(page.ids)
    assert made.sha256 in page.text
    for lane in lanes:
        assert f'title="{lane}"' in html(name)


def test_the_jam_and_its_repair_are_told() -> None:
    page = Page(html("printer-jam"))
    assert "День выдержан" in page.text
    assert re.search(r"замятие бумаги Ауд\. 0002 принтер 0002 ✓ устранено ?: исправлено на месте", page.text)
    assert "извлечь застрявший лист" in page.text
    assert "[001:134]" in page.text  # source of the time of the key
    assert "15 = 14 + 1 + 0" in page.text  # kits of room 0002
    assert "организатор 0002-1" in page.text


def test_fifteen_rooms_stay_small_and_folded() -> None:
    text = html("printer-jam", "ru", "point.rooms.0.count=15")
    assert len(text.encode()) < 1_000_000
    assert text.count('<details class="group" id="g-room-') == 15
    assert re.findall(r'id="g-room-(\d+)" open', text) == ["0002"]


def test_oral_exam_shows_groups_answers_and_tests() -> None:
    made, _ = day("audio-quality-check")
    groups = Lanes(read(made.entries), made.entries, Words("ru")).groups()
    room = next(group for group in groups if group.key == "room-0101")
    assert [bar.label for bar in room.shown[0].bars if bar.style == "seated"] == ["группа 1", "группа 2"]
    seats = room.shown[1:]
    assert [lane.label for lane in seats] == [f"место {n}" for n in range(1, 5)]
    assert sum(1 for lane in seats for bar in lane.bars if bar.style == "answer") == 8
    assert sum(1 for lane in seats for mark in lane.marks if mark.sign == "bad") == 1
    headset = next(lane for lane in room.folded if lane.key == "headset-0101-2")
    assert [bar.style for bar in headset.bars] == ["fault", "repair"]
    assert [mark.sign for mark in headset.marks] == ["swap"]


def test_english_has_no_russian_rule() -> None:
    made, scenario = day("printer-jam")
    words = Words("en")
    for rule in edition(scenario.edition).rules:
        assert words.has(f"rule-{rule.id}"), rule.id
    assert "The day held" in html("printer-jam", "en")
    assert {rule.id for rule in time_rules("2024", made.entries)} >= {"key-from-0930", "exam-from-1000"}


def test_the_catalogues_have_the_same_keys() -> None:
    folder = Path(__file__).parents[2] / "lab" / "locale"
    keys = [
        set(re.findall(r"^report-[\w-]+", (folder / language / "report.ftl").read_text(), re.MULTILINE))
        for language in LANGUAGES
    ]
    only = {key for key in keys[0] ^ keys[1] if not key.startswith("report-rule-")}
    assert only == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_never_become_markup(language: str) -> None:
    scenario = load("printer-jam").model_copy(update={"title": EVIL, "about": EVIL, "rule": (EVIL,)})
    at = 10 * HOUR
    made = outcome(
        [
            (0, began(title=EVIL, scenario=EVIL, subject=EVIL, region=EVIL)),
            (8 * HOUR, StationStarted(EVIL, "organizer", 1, EVIL, reserve=False, resumed=False)),
            (9 * HOUR, ParticipantsAdmitted(EVIL, 1, 0)),
            (at, StatusSent(EVIL)),
            (at, KeyActivated(EVIL, EVIL, EVIL, "main", EVIL, EVIL)),
            (at, FaultBegan(EVIL, EVIL)),
            (at, IncidentOpened(1, EVIL, EVIL, EVIL)),
            (at + MINUTE, Worked(EVIL, "technician", EVIL, EVIL, EVIL, at, done=False, note=EVIL)),
            (at + MINUTE, IncidentClosed(1, EVIL, EVIL, EVIL, resolved=False, how=EVIL, opened=at)),
            (at + HOUR, RoomFailed(EVIL, EVIL, 1)),
            (at + 2 * HOUR, DayEnded(EVIL)),
        ],
        findings=(Finding(EVIL, held=False, title=EVIL, detail=EVIL),),
        violations=(Violation(EVIL, EVIL, EVIL, at, EVIL),),
        accounts=Accounts(problems=[Imbalance(EVIL, "{why}", why=EVIL)]),
        sha256=EVIL,
    )
    text = render_report(made, scenario, language)
    page = Page(text)
    assert page.tags.count("script") == 1
    assert "img" not in page.tags
    assert "alert('x')" in page.text
    assert "<script>alert" not in text


def test_the_unresolved_come_first_and_are_named_in_words() -> None:
    at = 10 * HOUR
    made = outcome(
        [
            (0, began()),
            (at, IncidentOpened(1, "paper-jam", "printer-0001", "0001")),
            (
                at,
                IncidentClosed(
                    1, "paper-jam", "printer-0001", "0001", resolved=True, how="repaired", opened=at
                ),
            ),
            (at, IncidentOpened(2, "dead", "printer-0001", "0001")),
            (
                at + 174 * SECOND,
                IncidentClosed(
                    2, "dead", "printer-0001", "0001", resolved=False, how="no-reserve-printer", opened=at
                ),
            ),
            (at + HOUR, DayEnded()),
        ],
        findings=(Finding("incidents-resolved", held=False, detail="2 dead"),),
    )
    text = render_report(made, load("printer-jam"), "ru")
    assert text.index('<tr id="incident-2" class="unresolved"') < text.index('<tr id="incident-1"')
    page = Page(text)
    assert "День не выдержан" in page.text
    assert "НЕ УСТРАНЕНО" in page.text
    assert "2 мин 54 с" in page.text


def test_a_journal_that_breaks_off_is_shown_as_such() -> None:
    made, scenario = day("printer-jam")
    for length in (0, 1, 30, 150, 250, len(made.entries) - 1):
        text = render_report(replace(made, entries=made.entries[:length]), scenario, "ru")
        assert "Журнал обрывается" in Page(text).text


def test_a_fault_ends_when_its_device_is_replaced() -> None:
    record = read(
        [
            Entry(0, 9 * HOUR, FaultBegan("headset-0101-2", "noise")),
            Entry(1, 10 * HOUR, DeviceReplaced("rec-0101-2", "headset-0101-2", "headset-x1")),
            Entry(2, 11 * HOUR, DayEnded()),
        ]
    )
    assert [(damage.end, damage.how) for damage in record.damages] == [(10 * HOUR, "replaced")]


def test_what_waits_for_a_person_is_not_drawn_as_work() -> None:
    def work(since: int) -> Worked:
        return Worked("technician-1", "technician", "carry-flash", "hq", "flash-1", since, done=True)

    entries = [Entry(0, 100, work(0)), Entry(1, 200, work(10)), Entry(2, 300, work(250))]
    works = read(entries).works["technician-1"]
    assert [(each.since, each.t) for each in works] == [(0, 100), (100, 200), (250, 300)]


@pytest.mark.parametrize("person", ["organizer-0001-1", "technician-1", "member-1"])
def test_what_befalls_a_person_stands_in_the_lane_of_the_person(person: str) -> None:
    spec = FaultSpec.model_validate({"target": person, "kind": "slow", "at": "10:01", "lasts": "30 min"})
    made = run(load("printer-jam").with_faults((spec,)), 1)
    groups = Lanes(read(made.entries), made.entries, Words("ru")).groups()
    lanes = [lane for group in groups for lane in (*group.shown, *group.folded) if lane.key == person]
    assert [lane.kind for lane in lanes] == ["person"]
    assert [bar.style for bar in lanes[0].bars if bar.style.startswith("fault")] == ["fault"]


@pytest.mark.parametrize("seed", range(6))
def test_random_days_are_reported_whole(seed: int) -> None:
    base = load("printer-jam")
    scenario = base.with_faults(draw_faults(base, seed, 2))
    made = run(scenario, seed)
    record = read(made.entries)
    lanes = [
        lane
        for group in Lanes(record, made.entries, Words("ru")).groups()
        for lane in (*group.shown, *group.folded)
    ]
    assert len({lane.key for lane in lanes}) == len(lanes)
    marked = {number for lane in lanes for number in lane.badges}
    assert {trouble.number for trouble in record.troubles if trouble.opened >= MORNING} <= marked
    page = Page(render_report(made, scenario, "ru"))
    assert {f"incident-{trouble.number}" for trouble in record.troubles} <= set(page.ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_without_words_are_shown_as_they_are(language: str) -> None:
    words = Words(language)
    assert words.code("kind", "no-such-code") == "no-such-code"
    assert words.name("teapot-9") == "teapot-9"
    assert words.span(0)
    assert words.span(-3 * HOUR) == words.span(3 * HOUR)


def test_eve_times_say_so() -> None:
    assert Words("ru").clock(parse_clock("-12:05")) == "12:05:00 (канун)"


class TestScale:
    def test_is_monotonous_and_covers_the_day(self) -> None:
        busy = [(8 * HOUR, 9 * HOUR), (14 * HOUR, 15 * HOUR)]
        scale = Scale(busy, [8 * HOUR] * 5, MORNING, 16 * HOUR)
        places = [scale.x(t) for t in range(MORNING, 16 * HOUR, MINUTE)]
        assert places == sorted(places)
        assert scale.x(MORNING) == 0.0
        assert scale.x(16 * HOUR) == pytest.approx(100.0)
        assert scale.x(-HOUR) == 0.0
        assert scale.x(40 * HOUR) == 100.0

    def test_folds_what_is_quiet_and_only_that(self) -> None:
        scale = Scale([(8 * HOUR, 9 * HOUR), (14 * HOUR, 15 * HOUR)], [], MORNING, 15 * HOUR)
        folded = [(part.begin, part.end) for part in scale.stretches if part.folded]
        assert folded == [(MORNING, 8 * HOUR), (9 * HOUR, 14 * HOUR)]
        short = Scale([(8 * HOUR, 9 * HOUR), (9 * HOUR + QUIET - 1, 15 * HOUR)], [], 8 * HOUR, 15 * HOUR)
        assert not any(part.folded for part in short.stretches)

    def test_a_day_without_anything_is_still_an_axis(self) -> None:
        scale = Scale([], [], MORNING, MORNING)
        assert scale.ticks()
        assert scale.x(MORNING) == 0.0

    def test_ticks_do_not_lie_on_one_another(self) -> None:
        scale = Scale([(8 * HOUR, 11 * HOUR)], [], 8 * HOUR, 11 * HOUR)
        for zoom in ZOOMS:
            places = [tick.x * zoom for tick in scale.ticks() if tick.zoom <= zoom]
            assert all(right - left > 3 for left, right in pairwise(places))


class TestWriting:
    def test_replaces_the_file_in_one_step(self, tmp_path: Path) -> None:
        made, scenario = day("printer-jam")
        path = tmp_path / "day.html"
        path.write_text("old")
        write_report(made, scenario, path, "ru")
        assert path.read_text(encoding="utf-8") == html("printer-jam")
        assert [item.name for item in tmp_path.iterdir()] == ["day.html"]

    def test_leaves_the_old_file_when_it_fails(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_: int) -> None:
            raise OSError(28, "No space left on device")

        made, scenario = day("printer-jam")
        path = tmp_path / "day.html"
        path.write_text("old")
        monkeypatch.setattr("os.fsync", fail)
        with pytest.raises(OSError, match="No space"):
            write_report(made, scenario, path, "ru")
        assert path.read_text() == "old"
        assert [item.name for item in tmp_path.iterdir()] == ["day.html"]

    def test_a_folder_in_its_place_is_an_error(self, tmp_path: Path) -> None:
        made, scenario = day("printer-jam")
        (tmp_path / "day.html").mkdir()
        with pytest.raises(OSError, match=r"day\.html"):
            write_report(made, scenario, tmp_path / "day.html", "ru")
        assert [item.name for item in tmp_path.iterdir()] == ["day.html"]

    def test_a_missing_folder_is_an_error(self, tmp_path: Path) -> None:
        made, scenario = day("printer-jam")
        with pytest.raises(FileNotFoundError):
            write_report(made, scenario, tmp_path / "nowhere" / "day.html", "ru")
