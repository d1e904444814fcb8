"""The lanes of the picture: which there are, in which order, and what lies in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hal.journal import Entry
from hal.people import Action
from lab.report.picture import Bar, Group, Lane, Mark
from lab.report.record import MORNING, Damage, DayRecord, Trouble, Work
from lab.report.stations import Course, Courses
from lab.report.words import Words
from station_core.events import (
    ExamEnded,
    GroupSeated,
    HotLineCalled,
    JournalSaved,
    JournalSent,
    KeyDownloaded,
    MaterialsDelivered,
    PackageConfirmed,
    PackageRejected,
    PackageUploaded,
    PasswordIssued,
    ReserveKeyRefused,
    ReserveKeyRequested,
    RoomFailed,
    StatusSent,
)
from station_core.point import HEADQUARTERS

REPAIRS = (
    Action.CLEAR_JAM,
    Action.REFEED_PAPER,
    Action.ADD_PAPER,
    Action.REPLACE_CARTRIDGE,
    Action.CLOSE_COVER,
    Action.RECONNECT,
    Action.CLEAR_FEEDER,
    Action.CLEAN_SCANNER,
    Action.PLUG_IN,
    Action.REPAIR_STATION,
    Action.REPLACE_DEVICE,
    Action.REPAIR_CHANNEL,
    Action.REPLACE_FLASH,
)
"""Work that is drawn as a repair."""

_CATEGORIES: dict[str, str] = {
    **dict.fromkeys(REPAIRS, "repair"),
    Action.INSERT_TOKEN: "token",
    Action.REMOVE_TOKEN: "token",
    Action.CARRY_FLASH: "flash",
    Action.INSPECT_PRINT: "paper",
    Action.HAND_OUT: "paper",
    Action.PUT_ASIDE: "paper",
    Action.COUNT_PAPER: "paper",
    Action.COUNT_ANSWERS: "paper",
    Action.COLLECT_FORMS: "paper",
    Action.LOAD_FEEDER: "paper",
}

CATEGORIES = ("token", "flash", "paper", "repair", "other")
"""Kinds of work that the legend names."""

_PEOPLE = ("technician", "commission-member", "head")


def category(action: str) -> str:
    """Return the kind of work that an action is."""
    return _CATEGORIES.get(action, "other")


class Lanes:
    """Builds the picture.

    Args:
        record: The day.
        entries: Its journal.
        words: The language.
    """

    def __init__(self, record: DayRecord, entries: Sequence[Entry], words: Words) -> None:
        self._record = record
        self._entries = entries
        self._words = words
        self._courses = Courses(record, words).read(entries)

    def groups(self) -> list[Group]:
        """Return all groups: the point, the rooms, the reserve, the people."""
        record = self._record
        devices = {lane.key: lane for lane in self._devices()}
        groups = [self._point(devices)]
        groups += [self._room(room, devices) for room in record.rooms]
        groups += self._reserve(devices)
        groups += self._people(devices)
        return [group for group in groups if group.shown or group.folded]

    # -- groups ------------------------------------------------------------------------------------

    def _point(self, devices: dict[str, Lane]) -> Group:
        hq = Lane(HEADQUARTERS, self._words("hq"), "point")
        portal = Lane("portal", self._words("lane-portal"), "point")
        for entry in self._entries:
            if entry.t >= MORNING:
                self._point_marks(hq, portal, entry)
        portal.badges = [t.number for t in self._troubles() if t.device == "portal" and t.opened >= MORNING]
        shown = [hq, portal]
        own = [devices.pop(name) for name in tuple(devices) if name.startswith("channel-")]
        hq.badges = [
            trouble.number
            for trouble in self._troubles()
            if trouble.place == HEADQUARTERS
            and trouble.device != "portal"
            and not self._has_lane(trouble, own)
        ]
        folded = self._flashes({n: devices.pop(n) for n in tuple(devices) if n.startswith("flash-")})
        opened = any(lane.badges for lane in folded)
        return Group("point", self._words("hq"), [*shown, *own], folded, opened=opened)

    def _room(self, room: str, devices: dict[str, Lane]) -> Group:
        record, words = self._record, self._words
        facts = record.rooms[room]
        label = words("room", room=room)
        names = sorted(facts.stations, key=lambda name: (record.stations[name].reserve, name))
        shown = [self._station(name) for name in names]
        groups = self._seatings(room)
        if groups or not shown or len(shown) > 2:
            shown.insert(0, Lane(room, label, "station", bars=groups))
        troubles = [t for t in self._troubles() if self._room_of(t) == room and t.opened >= MORNING]
        for trouble in troubles:
            key = record.station_of(trouble.device)
            lane = next((lane for lane in shown if lane.key == key), shown[0])
            self._hurt(lane, trouble)
        for entry in self._entries:
            if isinstance(entry.event, RoomFailed) and entry.event.room == room:
                shown[0].marks.append(Mark(entry.t, "bad", words.event(entry)))
        people = [
            self._person(person, works, devices)
            for person, works in sorted(record.works.items())
            if works[0].done.role == "organizer" and record.home(person) == room
        ]
        mine = [devices.pop(name) for name in tuple(devices) if self._belongs(name, room, troubles)]
        hurt = bool(mine) or any(lane.badges for lane in people)
        return Group(f"room-{room}", label, shown, [*mine, *people], opened=hurt)

    def _reserve(self, devices: dict[str, Lane]) -> Iterator[Group]:
        spare = sorted(name for name, facts in self._record.stations.items() if not facts.room)
        rest = [name for name in devices if self._record.station_of(name) in spare]
        rest += [name for name in devices if name.split("-")[-1].startswith("x") and name not in rest]
        lanes = [self._station(name) for name in spare]
        folded = [devices.pop(name) for name in rest]
        if lanes or folded:
            yield Group("reserve", self._words("reserve"), lanes, folded, opened=bool(folded))

    def _people(self, devices: dict[str, Lane]) -> Iterator[Group]:
        staff = [
            (person, works) for person, works in self._record.works.items() if works[0].done.role in _PEOPLE
        ]
        staff.sort(key=lambda item: (_PEOPLE.index(item[1][0].done.role), item[0]))
        lanes = [self._person(person, works, devices) for person, works in staff]
        yield Group("people", self._words("people"), lanes, [])
        rest = list(devices.values())  # tokens, and what no other group wanted
        yield Group("others", self._words("other-devices"), [], rest, opened=True)

    # -- lanes -------------------------------------------------------------------------------------

    def _station(self, name: str) -> Lane:
        course = self._courses.get(name, Course())
        facts = self._record.stations[name]
        label = self._words.name(name)
        if facts.seat:
            label = self._words("seat-reserve", station=label, seat=facts.seat)
        elif facts.kind == "recording" and facts.room:
            label = self._words("seat", seat=name.rsplit("-", 1)[-1])
        return Lane(name, label, "station", bars=course.bars, marks=course.marks)

    def _seatings(self, room: str) -> list[Bar]:
        words = self._words
        seated: list[tuple[int, GroupSeated]] = []
        end = self._record.end
        for entry in self._entries:
            if isinstance(entry.event, GroupSeated) and entry.event.room == room:
                seated.append((entry.t, entry.event))
            elif isinstance(entry.event, ExamEnded) and entry.event.room == room:
                end = entry.t
        bars = []
        for index, (t, event) in enumerate(seated):
            stop = seated[index + 1][0] if index + 1 < len(seated) else max(end, t)
            label = words("group", group=event.group)
            people = words("group-size", people=event.participants)
            title = f"{label}, {people}: {words.period(t, stop)}"
            bars.append(Bar(t, stop, "seated", label, title))
        return bars

    def _devices(self) -> Iterator[Lane]:
        """Every device that anything happened to: a fault, an incident, a replacement."""
        record, words = self._record, self._words
        names = {damage.device: True for damage in record.damages if damage.end >= MORNING}
        for t, replaced in record.replaced:
            if t >= MORNING:
                names |= {replaced.old: True, replaced.new: True}
        for trouble in self._troubles():
            name = record.token_name(trouble.device)
            if trouble.opened >= MORNING and words.name(name) != name and name not in record.stations:
                names[name] = True
        for name in sorted(names):
            if name in ("portal", HEADQUARTERS):
                continue
            lane = Lane(name, words.name(name), "device")
            lane.bars += [self._damage(damage) for damage in record.damages if damage.device == name]
            lane.bars += self._repairs(name)
            lane.marks += self._replacements(name)
            lane.badges = [
                t.number
                for t in self._troubles()
                if record.token_name(t.device) == name and t.opened >= MORNING
            ]
            yield lane

    def _damage(self, damage: Damage) -> Bar:
        words = self._words
        label = words.code("fault", damage.kind)
        how = words(f"fault-how-{damage.how}") if damage.how else words("fault-how-lasts")
        title = f"{label}: {words.period(damage.begin, damage.end)}; {how}"
        return Bar(damage.begin, damage.end, "fault" if damage.how else "fault-open", label, title)

    def _repairs(self, device: str) -> Iterator[Bar]:
        for works in self._record.works.values():
            for work in works:
                if work.done.device == device and work.done.action in REPAIRS and work.t >= MORNING:
                    label = self._words.code("action", work.done.action)
                    yield Bar(work.since, work.t, "repair", label, self._work_title(work), row=1)

    def _replacements(self, device: str) -> Iterator[Mark]:
        words = self._words
        for t, event in self._record.replaced:
            if t >= MORNING and device in (event.old, event.new):
                title = words(
                    "mark-replaced", time=words.clock(t), old=words.name(event.old), new=words.name(event.new)
                )
                yield Mark(t, "swap", title)

    def _flashes(self, troubled: dict[str, Lane]) -> list[Lane]:
        """Flash drives by name, with the ways that they were carried."""
        words = self._words
        lanes = {name: Lane(name, lane.label, "person") for name, lane in troubled.items()}
        for works in self._record.works.values():
            for work in works:
                name = work.done.device
                if work.done.action == Action.CARRY_FLASH and work.t >= MORNING:
                    lane = lanes.setdefault(name, Lane(name, words.name(name), "person"))
                    lane.bars.append(self._work(work))
        for name, hurt in troubled.items():
            lanes[name].bars += [bar for bar in hurt.bars if bar.style.startswith("fault")]
            lanes[name].marks += hurt.marks
            lanes[name].badges = hurt.badges
        for entry in self._entries:
            if isinstance(entry.event, JournalSaved) and entry.t >= MORNING and entry.event.flash in lanes:
                title = f"{words.clock(entry.t)} {words.event(entry)}"
                lanes[entry.event.flash].marks.append(Mark(entry.t, "tick", title))
        return [lanes[name] for name in sorted(lanes)]

    def _person(self, person: str, works: list[Work], devices: dict[str, Lane]) -> Lane:
        """Return a person's work, with what befell them if anything did."""
        lane = Lane(person, self._words.name(person), "person")
        lane.bars = [self._work(work) for work in works if work.t >= MORNING]
        hurt = devices.pop(person, None)
        if hurt is not None:
            lane.bars += [bar for bar in hurt.bars if bar.style.startswith("fault")]
            lane.badges = hurt.badges
        return lane

    def _work(self, work: Work) -> Bar:
        style = f"work-{category(work.done.action)}" + ("" if work.done.done else "-failed")
        here = self._record.home(work.done.person) == work.done.place
        label = (
            self._words.code("action", work.done.action) if here else self._words.short_place(work.done.place)
        )
        return Bar(work.since, work.t, style, label, self._work_title(work))

    def _work_title(self, work: Work) -> str:
        words, done = self._words, work.done
        what = (
            words.code("note", done.note) if done.action == Action.WORK else words.code("action", done.action)
        )
        parts = [f"{words.name(done.person)}: {what}", words.place(done.place)]
        if done.device and done.device != done.place:
            parts.append(words.name(done.device))
        parts.append(words.period(work.since, work.t))
        if not done.done:
            parts.append(words("not-done"))
        return "; ".join(parts)

    def _point_marks(self, hq: Lane, portal: Lane, entry: Entry) -> None:
        where: Lane
        match entry.event:
            case MaterialsDelivered() | StatusSent():
                where, sign = hq, "flag"
            case HotLineCalled():
                where, sign = hq, "call"
            case KeyDownloaded() | PasswordIssued():
                where, sign = portal, "key"
            case ReserveKeyRequested():
                where, sign = portal, "call"
            case PackageUploaded():
                where, sign = portal, "up"
            case PackageConfirmed():
                where, sign = portal, "good"
            case ReserveKeyRefused() | PackageRejected():
                where, sign = portal, "reject"
            case JournalSent():
                where, sign = portal, "tick"
            case _:
                return
        where.marks.append(Mark(entry.t, sign, f"{self._words.clock(entry.t)} {self._words.event(entry)}"))

    # -- incidents ---------------------------------------------------------------------------------

    def _troubles(self) -> list[Trouble]:
        return self._record.troubles

    def _room_of(self, trouble: Trouble) -> str:
        if trouble.place in self._record.rooms:
            return trouble.place
        return self._record.home(trouble.device)

    def _belongs(self, device: str, room: str, troubles: list[Trouble]) -> bool:
        home = self._record.home(device)
        if home or device.startswith(("token-", "flash-", "channel-", "technician-", "member-")):
            return home == room
        return any(trouble.device == device for trouble in troubles)

    def _has_lane(self, trouble: Trouble, lanes: list[Lane]) -> bool:
        return any(lane.key == trouble.device for lane in lanes)

    def _hurt(self, lane: Lane, trouble: Trouble) -> None:
        """Underline the time of an incident on a station's lane, and number it."""
        words = self._words
        closed = self._record.end if trouble.closed < 0 else trouble.closed
        title = words(
            "trouble",
            number=trouble.number,
            what=words.code("kind", trouble.kind),
            time=words.period(trouble.opened, closed),
        )
        lane.badges.append(trouble.number)
        style = "trouble" if trouble.resolved else "trouble-open"
        lane.bars.append(Bar(trouble.opened, closed, style, "", title, row=2))
