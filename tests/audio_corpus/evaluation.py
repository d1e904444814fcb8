"""Judge the corpus: what was found, whether it was named right and placed right, and false alarms."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial

import numpy as np

from station_core.audio_check import Finding, Outcome, Report, check
from tests.audio_corpus.clip import Clip, clean, rounded
from tests.audio_corpus.faults import FAULTS, Damaged, Fault
from tests.audio_corpus.texts import Half
from tests.audio_corpus.voices import RATE_HZ

FOUND_AT_LEAST = 0.99
NAMED_AT_LEAST = 0.95
FALSE_ALARMS_AT_MOST = 0.005

_TOLERANCE_US = 100_000
"""How far from its label a fault may be found."""

_PLACED_US = 500_000
"""How far a finding may reach beyond the damage and still be said to tell its place."""

CELLS: tuple[tuple[Fault, float], ...] = tuple((fault, s) for fault in FAULTS for s in fault.strengths)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of one recording.

    Args:
        seed: Of the clip.
        row: Name of the fault; empty for a clean clip.
        strength: Of the fault.
        found: Something was found where the fault lies (in a clean clip: anything at all).
        named: Its kind was, and nothing else but companions.
        placed: Share of the label's spans that a finding of the kind marks, in thousandths.
        report: What the check said, for who looks into misses.
    """

    seed: int
    row: str
    strength: float
    found: bool
    named: bool = False
    placed: int = 0
    report: Report | None = None


@dataclass(slots=True)
class Tally:
    """Counts of one cell of the table."""

    cases: int = 0
    found: int = 0
    named: int = 0
    placed_per_mille: int = 0

    def add(self, judged: Judged) -> None:
        """Count one more."""
        self.cases += 1
        self.found += judged.found
        self.named += judged.named
        self.placed_per_mille += judged.placed


@dataclass(slots=True)
class Table:
    """The result of a run."""

    half: Half
    clean: Tally = field(default_factory=Tally)
    cells: dict[tuple[str, float], Tally] = field(default_factory=dict)

    def add(self, judged: Judged) -> None:
        """Count what was said of one recording."""
        if judged.row:
            self.cells.setdefault((judged.row, judged.strength), Tally()).add(judged)
        else:
            self.clean.add(judged)

    def audible(self, fault: Fault) -> Tally:
        """Sum up the strengths of a fault that must be found."""
        total = Tally()
        for strength in filter(fault.audible, fault.strengths):
            cell = self.cells.get((fault.name, strength), Tally())
            total.cases += cell.cases
            total.found += cell.found
            total.named += cell.named
            total.placed_per_mille += cell.placed_per_mille
        return total

    def total(self) -> Tally:
        """Sum up all that must be found."""
        total = Tally()
        for part in map(self.audible, FAULTS):
            total.cases += part.cases
            total.found += part.found
            total.named += part.named
            total.placed_per_mille += part.placed_per_mille
        return total

    def missed_targets(self) -> Iterator[str]:
        """Say which targets are missed."""
        total, alarms = self.total(), self.clean
        if total.found < FOUND_AT_LEAST * total.cases:
            yield f"found {total.found} of {total.cases}, fewer than {FOUND_AT_LEAST:.0%}"
        if total.named < NAMED_AT_LEAST * total.cases:
            yield f"named right {total.named} of {total.cases}, fewer than {NAMED_AT_LEAST:.0%}"
        if alarms.found > FALSE_ALARMS_AT_MOST * alarms.cases:
            yield f"{alarms.found} false alarms in {alarms.cases} clips, over {FALSE_ALARMS_AT_MOST:.1%}"


def damaged(clip: Clip, fault: Fault, strength: float) -> Damaged:
    """Mix a fault into a clip; the same clip, fault and strength give the same samples."""
    place = fault.strengths.index(strength)
    key = (clip.seed, list(Half).index(clip.half), zlib.crc32(fault.name.encode()), place)
    return fault.damage(clip, np.random.default_rng(key), strength)


def cells_of(seed: int, per_clip: int) -> tuple[tuple[Fault, float], ...]:
    """Choose which faults a clip gets, so that all cells get equally many clips."""
    return tuple(CELLS[(seed * per_clip + number) % len(CELLS)] for number in range(per_clip))


def judge_clip(half: Half, per_clip: int, seed: int) -> list[Judged]:
    """Check a clean clip and its damaged versions."""
    clip = clean(half, seed)
    report = check(rounded(clip.wave), RATE_HZ)
    judged = [Judged(seed, "", 0, found=report.verdict is not Outcome.PASS, report=report)]
    judged += [
        judge(seed, fault, strength, damaged(clip, fault, strength))
        for fault, strength in cells_of(seed, per_clip)
    ]
    return judged


def judge(seed: int, fault: Fault, strength: float, recording: Damaged) -> Judged:
    """Check a damaged recording and compare what is said with the label."""
    report = check(recording.samples, RATE_HZ)
    spans = [(begin * 1_000_000 // RATE_HZ, end * 1_000_000 // RATE_HZ) for begin, end in recording.spans]
    near = [f for f in report.findings if any(_overlap(f, span) for span in spans)]
    kinds = {f.kind for f in report.findings}
    return Judged(
        seed=seed,
        row=fault.name,
        strength=strength,
        found=bool(near),
        named=fault.kind in {f.kind for f in near} and kinds <= {fault.kind} | fault.companions,
        placed=_placed([f for f in near if f.kind is fault.kind], spans),
        report=report,
    )


def _overlap(finding: Finding, span: tuple[int, int]) -> bool:
    begin, end = span
    return finding.start_us <= end + _TOLERANCE_US and finding.end_us >= begin - _TOLERANCE_US


def _placed(findings: list[Finding], spans: list[tuple[int, int]]) -> int:
    if not spans:
        return 0
    first, last = spans[0][0] - _PLACED_US, spans[-1][1] + _PLACED_US
    telling = [f for f in findings if f.start_us >= first and f.end_us <= last]
    return 1000 * sum(any(_overlap(f, span) for f in telling) for span in spans) // len(spans)


def evaluate(half: Half, seeds: Iterable[int], per_clip: int, jobs: int) -> Iterator[list[Judged]]:
    """Judge many clips, in their order, in several processes."""
    work = partial(judge_clip, half, per_clip)
    if jobs == 1:
        yield from map(work, seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(work, seeds, chunksize=4)


def as_json(table: Table) -> Mapping[str, object]:
    """Return the table as plain values."""
    return {
        "half": table.half.value,
        "clean": {"clips": table.clean.cases, "false_alarms": table.clean.found},
        "faults": [
            {
                "fault": fault.name,
                "kind": fault.kind.value,
                "unit": fault.unit,
                "strength": str(round(strength, 2)),
                "audible": fault.audible(strength),
                **asdict(table.cells.get((fault.name, strength), Tally())),
            }
            for fault, strength in CELLS
        ],
    }
