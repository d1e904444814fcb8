"""Drawing: lanes laid on the axis. The result goes to the template as plain numbers and words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab.report.moments import Guide
from lab.report.picture import Bar, Group, Lane
from lab.report.record import Trouble
from lab.report.scale import WIDTH, Scale
from lab.report.words import Words

_LETTER = 6.1
_BOLD = 6.9
"""Mean width of a letter of a label in pixels, and of a bold one."""

_SIGN = 12
"""Pixels that a sign takes."""

_BADGE_ROW, _BADGE = 17, 16
_TOP = 4

_ROWS: dict[str, tuple[tuple[int, int], ...]] = {
    # kind of lane: (top, height) of each row, from the top of the lane
    "station": ((0, 18), (2, 14), (19, 3)),
    "device": ((0, 13), (16, 13)),
    "person": ((0, 15), (18, 13)),
    "point": ((0, 16),),
}
_OUTSIDE = ("fault", "fault-open", "repair")
"""Bars whose label may stand beside them."""


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar; ``fit`` is the least zoom at which its label shows, 0: never. ``side``: in, right, left."""

    x: str
    width: str
    y: int
    height: int
    style: str
    title: str
    label: str
    fit: int
    side: str
    label_x: str
    shift: int


@dataclass(frozen=True, slots=True)
class DrawnMark:
    """A sign."""

    x: str
    y: int
    sign: str
    title: str


@dataclass(frozen=True, slots=True)
class DrawnBadge:
    """The number of an incident; ``shift`` in pixels keeps numbers apart."""

    x: str
    shift: int
    number: int
    resolved: bool
    title: str


@dataclass(frozen=True, slots=True)
class DrawnLane:
    """A lane."""

    key: str
    label: str
    kind: str
    height: int
    bars: tuple[DrawnBar, ...]
    marks: tuple[DrawnMark, ...]
    badges: tuple[DrawnBadge, ...]


@dataclass(frozen=True, slots=True)
class DrawnGroup:
    """Lanes that belong together."""

    key: str
    label: str
    shown: tuple[DrawnLane, ...]
    folded: tuple[DrawnLane, ...]
    opened: bool


@dataclass(frozen=True, slots=True)
class DrawnText:
    """A text of the axis."""

    x: str
    y: int
    text: str
    title: str
    zoom: int
    end: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """The axis: guides with their labels, clock times, folds."""

    height: int
    guides: tuple[DrawnText, ...]
    ticks: tuple[DrawnText, ...]
    folds: tuple[tuple[str, str, str, str], ...]
    """Left, width and middle in percent, and what is folded, in words."""


class Drawing:
    """Lays lanes on an axis."""

    def __init__(self, scale: Scale, troubles: Sequence[Trouble], words: Words) -> None:
        self._scale = scale
        self._troubles = {trouble.number: trouble for trouble in troubles}
        self._words = words

    def group(self, group: Group) -> DrawnGroup:
        """Draw a group."""
        return DrawnGroup(
            group.key,
            group.label,
            tuple(self._lane(lane) for lane in group.shown),
            tuple(self._lane(lane) for lane in group.folded),
            group.opened,
        )

    def axis(self, guides: Sequence[Guide]) -> Axis:
        """Draw the axis; labels that would lie on one another go to rows of their own."""
        ends: list[float] = []
        labels = []
        for guide in guides:
            x = self._scale.x(guide.t)
            pixels = len(guide.label) * _BOLD + 10
            left = x * WIDTH / 100.0
            flipped = left + pixels > WIDTH
            start = left - pixels if flipped else left
            row = next((index for index, end in enumerate(ends) if end <= start), len(ends))
            ends[row:row] = [0.0] if row == len(ends) else []
            ends[row] = start + pixels
            labels.append(DrawnText(percent(x), 12 + 14 * row, guide.label, guide.title, 1, flipped))
        base = 14 * len(ends) + 4
        ticks = [
            DrawnText(percent(tick.x), base + 13, self._words.minute(tick.t), "", tick.zoom)
            for tick in self._scale.ticks()
        ]
        folds = [
            (
                percent(part.left),
                percent(part.right - part.left),
                percent((part.left + part.right) / 2),
                self._words("folded", span=self._words.rounded(part.end - part.begin)),
            )
            for part in self._scale.stretches
            if part.folded
        ]
        return Axis(base + 22, tuple(labels), tuple(ticks), tuple(folds))

    def _lane(self, lane: Lane) -> DrawnLane:
        rows = _ROWS[lane.kind]
        top = _TOP + (_BADGE_ROW if lane.badges else 0)
        deepest = max((self._row(lane, bar) for bar in lane.bars), default=0)
        bottom = max(rows[row][0] + rows[row][1] for row in range(deepest + 1))
        middle = top + rows[0][0] + rows[0][1] // 2
        by_row: dict[int, list[Bar]] = {}
        for bar in sorted(lane.bars, key=lambda bar: (bar.begin, bar.end)):
            by_row.setdefault(self._row(lane, bar), []).append(bar)
        bars = []
        for row, level in sorted(by_row.items()):
            y, height = rows[row]
            bars += [self._bar(lane, bar, level, index, (top + y, height)) for index, bar in enumerate(level)]
        marks = [
            DrawnMark(percent(self._scale.x(mark.t)), middle, mark.sign, mark.title)
            for mark in sorted(lane.marks, key=lambda mark: mark.t)
        ]
        badges = tuple(self._badges(lane.badges))
        return DrawnLane(
            lane.key, lane.label, lane.kind, top + bottom + _TOP, tuple(bars), tuple(marks), badges
        )

    @staticmethod
    def _row(lane: Lane, bar: Bar) -> int:
        return 1 if lane.kind == "person" and bar.style.startswith("fault") else bar.row

    def _bar(self, lane: Lane, bar: Bar, level: list[Bar], index: int, place: tuple[int, int]) -> DrawnBar:
        scale = self._scale
        left, right = scale.x(bar.begin), scale.x(bar.end)
        pixels = len(bar.label) * _LETTER + 8
        fit, side, label_x, shift = 0, "in", left, 4
        if bar.label:
            free, signed = self._free(lane, bar)
            shift = _SIGN if signed else 4
            fit = scale.zoom_for(bar.begin, free, pixels + shift - 4)
            after = level[index + 1].begin if index + 1 < len(level) else scale.end
            before = level[index - 1].end if index else scale.begin
            if fit != 1 and bar.style in _OUTSIDE:
                if scale.zoom_for(bar.end, after, pixels) == 1:
                    beside = any(self._near(mark.t, bar.end) for mark in lane.marks)
                    fit, side, label_x, shift = 1, "right", right, _SIGN if beside else 4
                elif scale.zoom_for(before, bar.begin, pixels) == 1:
                    fit, side, shift = 1, "left", -4
        return DrawnBar(
            percent(left),
            percent(right - left),
            *place,
            bar.style,
            bar.title,
            bar.label if fit else "",
            fit,
            side,
            percent(label_x),
            shift,
        )

    def _free(self, lane: Lane, bar: Bar) -> tuple[int, bool]:
        """Return up to when nothing lies on a bar, and whether a sign stands at its beginning."""
        if bar.row:
            return bar.end, False
        signs = [mark.t for mark in lane.marks if mark.sign != "kit" and bar.begin <= mark.t <= bar.end]
        near = [t for t in signs if self._near(t, bar.begin)]
        over = [other.begin for other in lane.bars if other.row == 1 and bar.begin <= other.begin <= bar.end]
        return min([bar.end, *over, *(t for t in signs if t not in near)]), bool(near)

    def _near(self, one: int, other: int) -> bool:
        """Whether two times are so close that a sign at one covers a label at the other."""
        return abs(self._scale.x(one) - self._scale.x(other)) * WIDTH < _SIGN * 100

    def _badges(self, numbers: Iterable[int]) -> Iterable[DrawnBadge]:
        last = -1000.0
        for number in sorted(set(numbers), key=lambda number: (self._troubles[number].opened, number)):
            trouble = self._troubles[number]
            pixels = self._scale.x(trouble.opened) * WIDTH / 100.0
            at = max(pixels, last + _BADGE)
            last = at
            title = self._words(
                "trouble",
                number=number,
                what=self._words.code("kind", trouble.kind),
                time=self._words.clock(trouble.opened),
            )
            yield DrawnBadge(
                percent(self._scale.x(trouble.opened)), round(at - pixels), number, trouble.resolved, title
            )


def percent(x: float) -> str:
    """Write a place for SVG, the same on every machine.

    >>> percent(12.5)
    '12.5%'
    """
    return f"{x:.3f}".rstrip("0").rstrip(".") + "%"
