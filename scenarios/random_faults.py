"""Drawing faults at random from all kinds of all devices of a scenario that a day can balance with.

Times lie where the day is busy, occurrences where the device works; some faults pass, some are repaired,
some stay. The draw follows from the seed alone.
"""

from __future__ import annotations

from hal.runtime import HOUR, MINUTE
from scenarios.layout import lay_out
from scenarios.model import AfterSpec, FaultSpec, Scenario
from simulators.faults import FaultKind
from simulators.random import Stream, Streams

BUSY = ((-12, -11), (7, 9), (9, 11), (9, 11), (10, 12), (13, 16))
"""Hours of the day in which things happen; the doubled ones are drawn twice as often."""

MOST_OCCURRENCES = {"page": 300, "block": 1500, "run": 60, "job": 20}


def draw_faults(scenario: Scenario, seed: int, count: int) -> tuple[FaultSpec, ...]:
    """Draw faults, no two of one kind on one device.

    Args:
        scenario: Whose devices to strike.
        seed: The draw's own seed; it does not touch the luck of the run.
        count: How many.

    Raises:
        ValueError: There are fewer kinds of faults than that on all devices together.
    """
    luck = Streams(seed).stream("random faults", "draw")
    choices = [
        (name, kind, about)
        for name, model in lay_out(scenario).devices().items()
        for kind, about in model.FAULTS.items()
        if about.drawn
    ]
    if count > len(choices):
        raise ValueError(f"{count} faults wanted, {len(choices)} are possible")
    # first a family with its kind, then one of its devices: else the many printers would take it all
    families = sorted({(name.partition("-")[0], kind) for name, kind, _ in choices})
    drawn: dict[tuple[str, str], FaultSpec] = {}
    while len(drawn) < count:
        family, kind = luck.choice(families)
        name, _, about = luck.choice(
            [choice for choice in choices if choice[0].partition("-")[0] == family and choice[1] == kind]
        )
        if (name, kind) not in drawn:
            drawn[name, kind] = _fault(luck, name, kind, about)
    return tuple(drawn.values())


def _fault(luck: Stream, name: str, kind: str, about: FaultKind) -> FaultSpec:
    at = after = None
    if about.occurrence and luck.chance(500_000):
        count = 1 + luck.below(MOST_OCCURRENCES.get(about.occurrence, 8))
        after = AfterSpec(what=about.occurrence, count=count)
    else:
        begin, end = luck.choice(BUSY)
        at = luck.between(begin * HOUR, end * HOUR)
    lasts = luck.between(1, 60) * MINUTE if luck.chance(250_000) else None
    ends = "repaired"
    if luck.chance(300_000):
        ends = "never" if lasts is None else "alone"
    # built from values that are checked already: times here are microseconds, not texts
    return FaultSpec.model_construct(
        target=name,
        kind=kind,
        at=at,
        after=after,
        rate=None,
        lasts=lasts,
        ends=ends,
        params={},
    )
