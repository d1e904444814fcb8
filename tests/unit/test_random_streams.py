"""Seeded streams: pinned values, ranges, and that nobody's luck depends on somebody else's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.loading import load, parse
from scenarios.runner import run
from simulators.random import Stream, Streams

SEEDS = st.integers(-(2**70), 2**70)


def draws(stream: Stream, count: int = 20) -> list[int]:
    return [stream.bits(48) for _ in range(count)]


def test_pinned_values() -> None:
    # These never change: a change of the algorithm changes every journal ever published with its hash.
    def stream(purpose: str) -> Stream:
        return Streams(42).stream("printer-0001", purpose)

    a, b, c, d, e, f = (stream(purpose) for purpose in "abcdef")
    assert [a.below(1000) for _ in range(8)] == [61, 267, 134, 211, 687, 675, 784, 797]
    assert [b.between(-5, 5) for _ in range(8)] == [-2, -2, 2, -1, 0, 1, -5, 0]
    assert [c.triangular(30_000, 60_000, 120_000) for _ in range(6)] == [
        56_777,
        57_023,
        50_552,
        94_580,
        55_957,
        93_563,
    ]
    assert [d.chance(300_000) for _ in range(8)] == [False, True, True, False, False, False, True, False]
    assert [e.bits(48) for _ in range(3)] == [158_764_996_176_349, 119_622_895_830_375, 2_380_055_927_096]
    assert "".join(f.choice("абвгд") for _ in range(8)) == "аабгдабд"


def test_the_same_in_another_process_with_other_hashes() -> None:
    script = "from simulators.random import Streams; print(Streams(7).stream('чл-1', 'темп').bits(48))"
    seen = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hashes, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashes in ("0", "1", "12345")
    }
    assert seen == {f"{Streams(7).stream('чл-1', 'темп').bits(48)}\n"}


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)


@given(SEEDS, TEXTS, TEXTS)
def test_a_stream_follows_from_seed_entity_and_purpose(seed: int, entity: str, purpose: str) -> None:
    once, again = Streams(seed).stream(entity, purpose), Streams(seed).stream(entity, purpose)
    assert draws(once) == draws(again)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.sampled_from("xyz")), unique=True))
def test_streams_differ_in_every_part_of_their_key(keys: list[tuple[int, str, str]]) -> None:
    found = [tuple(draws(Streams(seed).stream(entity, purpose))) for seed, entity, purpose in keys]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("one", "other"),
    [(("ab", "c"), ("a", "bc")), (("1", "1"), ("11", "")), (("a", "b"), ("b", "a"))],
)
def test_keys_do_not_run_together(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert draws(Streams(1).stream(*one)) != draws(Streams(1).stream(*other))


def test_the_seed_does_not_run_into_the_entity() -> None:
    assert draws(Streams(1).stream("1", "x")) != draws(Streams(11).stream("", "x"))


@given(st.lists(st.sampled_from(["new", "old", "other"]), max_size=30))
def test_drawing_from_one_stream_shifts_no_other(order: list[str]) -> None:
    streams = Streams(5)
    mixed = {name: streams.stream(name, "jam") for name in ("new", "old", "other")}
    seen = [mixed[name].bits(48) for name in order if name == "old" or mixed[name].bits(48) < 0]
    assert seen == draws(Streams(5).stream("old", "jam"), len(seen))
    assert len(seen) == order.count("old")


# -- ranges ----------------------------------------------------------------------------------------------


@given(SEEDS, st.integers(1, 2**40))
def test_below(seed: int, bound: int) -> None:
    stream = Streams(seed).stream("a", "b")
    assert all(0 <= stream.below(bound) < bound for _ in range(50))


@given(SEEDS, st.integers(-(2**40), 2**40), st.integers(0, 2**40))
def test_between(seed: int, low: int, span: int) -> None:
    stream = Streams(seed).stream("a", "b")
    assert all(low <= stream.between(low, low + span) <= low + span for _ in range(50))


@given(SEEDS, st.tuples(*[st.integers(-(10**9), 10**9)] * 3).map(sorted))
def test_triangular(seed: int, span: list[int]) -> None:
    low, mode, high = span
    stream = Streams(seed).stream("a", "b")
    assert all(low <= stream.triangular(low, mode, high) <= high for _ in range(50))


@given(SEEDS, st.integers(0, 48))
def test_bits(seed: int, count: int) -> None:
    stream = Streams(seed).stream("a", "b")
    assert all(0 <= stream.bits(count) < 2**count for _ in range(50))


@given(SEEDS, st.lists(st.integers(), min_size=1))
def test_choice(seed: int, items: list[int]) -> None:
    stream = Streams(seed).stream("a", "b")
    assert all(stream.choice(items) in items for _ in range(50))


def test_choice_of_nothing() -> None:
    with pytest.raises(IndexError):
        Streams(1).stream("a", "b").choice([])


def test_every_draw_takes_one_number_so_that_bounds_do_not_shift_what_follows() -> None:
    uses: tuple[Callable[[Stream], object], ...] = (
        lambda stream: stream.below(7),
        lambda stream: stream.between(0, 1000),
        lambda stream: stream.chance(0),
        lambda stream: stream.chance(1_000_000),
        lambda stream: stream.triangular(1, 2, 3),
        lambda stream: stream.choice("ab"),
        lambda stream: stream.bits(1),
    )
    following = []
    for use in uses:
        stream = Streams(3).stream("a", "b")
        use(stream)
        following.append(stream.bits(48))
    assert len(set(following)) == 1


def test_the_ends_of_a_range_are_reached_and_the_shares_are_right() -> None:
    stream = Streams(9).stream("a", "b")
    seen = [stream.between(1, 6) for _ in range(6000)]
    shares = [seen.count(face) for face in range(1, 7)]
    assert all(900 < share < 1100 for share in shares)
    assert not any(stream.chance(0) for _ in range(1000))
    assert all(stream.chance(1_000_000) for _ in range(1000))
    assert 2300 < sum(stream.chance(250_000) for _ in range(10_000)) < 2700


def test_a_triangle_has_its_mean_and_its_ends() -> None:
    stream = Streams(9).stream("a", "b")
    seen = [stream.triangular(10, 20, 60) for _ in range(20_000)]
    assert 29.7 < sum(seen) / len(seen) < 30.3
    assert min(seen) < 12
    assert max(seen) > 58
    assert stream.triangular(5, 5, 5) == 5
    assert stream.triangular(5, 3, 2) == 5


# -- a whole day -----------------------------------------------------------------------------------------


def test_a_device_that_nobody_needs_changes_no_line_of_the_day() -> None:
    before = run(load("printer-jam"), 4)
    more = [
        "point.reserves.headsets=[sennheiser-pc8]",
        "point.reserves.printers=[pantum-p3300dn, pantum-p3300dn]",
    ]
    assert run(load("printer-jam", more), 4).sha256 == before.sha256


DAY = """
title: Аудитории
about: Удача одной аудитории не зависит от другой.
exam: {kind: written, subject: 01-РУС, date: 2024-05-28, work_time: 1h}
point:
  rooms:
    - {participants: 3, station: {}}
    - {participants: 3, station: {}}
  staff: {technicians: 2, commission_members: 2}
"""


def test_what_happens_in_one_room_does_not_touch_the_luck_of_another() -> None:
    def inspections(*sets: str) -> list[int]:
        """How long each inspection of a kit in room 0001 took: the organiser's own pace."""
        outcome = run(parse(DAY, "x", sets), 6)
        return [
            entry.t - entry.event.since  # type: ignore[attr-defined]
            for entry in outcome.entries
            if type(entry.event).event_name() == "worked"
            and (entry.event.action, entry.event.place) == ("inspect-print", "0001")  # type: ignore[attr-defined]
        ]

    jam = "faults=[{target: printer-0002, kind: jam, after: {what: page, count: 20}}]"
    assert len(inspections()) == 3
    assert inspections() == inspections(jam) == inspections("point.rooms.1.participants=9")
    assert len(inspections("point.rooms.0.participants=4")) == 4
