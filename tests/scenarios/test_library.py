"""Every scenario of the library holds for many seeds, byte for byte alike in different surroundings.

``make soak`` runs 200 of each.
"""

from __future__ import annotations

import pytest

from scenarios.loading import library, load
from station_core.materials import ExamKind
from tests.soak import SURROUNDINGS, Ran, in_fresh_process

SEEDS = range(1, 16)
SEEDS_WITH_SOUND = range(1, 6)
"""A day whose sound is measured takes six times as long."""


def seeds_of(name: str) -> range:
    return SEEDS_WITH_SOUND if load(name, []).exam.kind is ExamKind.ORAL else SEEDS


def both(name: str, mode: str) -> list[tuple[Ran, Ran]]:
    seeds = seeds_of(name)
    one, other = (in_fresh_process(name, seeds, mode, surroundings) for surroundings in SURROUNDINGS)
    assert [ran.seed for ran in one] == list(seeds)
    return list(zip(one, other, strict=True))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", library())
def test_holds_and_is_the_same_everywhere(name: str) -> None:
    pairs = both(name, "plain")
    assert [(a.seed, a.complaint) for a, _ in pairs if a.complaint != "-"] == []
    assert [a.seed for a, b in pairs if a.sha256 != b.sha256] == []
    assert len({a.sha256 for a, _ in pairs}) == len(pairs), "every seed has its own luck"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", library())
def test_survives_random_faults(name: str) -> None:
    """No crash, no hang, accounts balance, and what could not be solved is in the journal."""
    pairs = both(name, "faults")
    assert [(a.seed, a.complaint) for a, _ in pairs if a.complaint != "-"] == []
    assert [a.seed for a, b in pairs if a.sha256 != b.sha256] == []
