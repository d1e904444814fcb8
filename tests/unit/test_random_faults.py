"""Faults drawn at random: valid, repeatable, and of every kind there is."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.runtime import HOUR, MINUTE
from scenarios.build import to_fault
from scenarios.layout import lay_out
from scenarios.loading import load
from scenarios.model import FaultSpec, Scenario
from scenarios.random_faults import BUSY, MOST_OCCURRENCES, draw_faults
from scenarios.soundness import check
from simulators.faults import After, At, Lasts, Never, UntilRepaired

SEEDS = st.integers(0, 2**40)
NAMES = ("printer-jam", "audio-quality-check")


@cache
def scenario(name: str) -> Scenario:
    return load(name)


def kinds(name: str) -> set[tuple[str, str]]:
    """Return every kind of every family of devices of a scenario that a day can balance with."""
    devices = lay_out(scenario(name)).devices().items()
    return {(device.partition("-")[0], kind) for device, model in devices for kind in model.FAULTS} - {
        (family, "miscounts") for family in ("technician", "member", "organizer", "head")
    }


def check_times(fault: FaultSpec) -> None:
    assert (fault.at is None) is not (fault.after is None)
    if fault.at is not None:
        assert any(begin * HOUR <= fault.at <= end * HOUR for begin, end in BUSY)
    if fault.after is not None:
        assert 1 <= fault.after.count <= MOST_OCCURRENCES.get(fault.after.what, 8)
    if fault.lasts is not None:
        assert MINUTE <= fault.lasts <= HOUR
        assert fault.lasts % MINUTE == 0


@pytest.mark.parametrize("name", NAMES)
@given(SEEDS, st.integers(0, 6))
def test_only_valid_faults(name: str, seed: int, count: int) -> None:
    faults = draw_faults(scenario(name), seed, count)
    assert len({(fault.target, fault.kind) for fault in faults}) == count
    assert list(check(scenario(name).with_faults(faults))) == []
    for fault in faults:
        check_times(fault)
        assert to_fault(fault).target == fault.target
        # the schema takes it as well, but for the clock times, which are numbers already
        data = fault.model_dump(exclude={"at", "lasts", "after"}, exclude_none=True)
        assert FaultSpec.model_validate(data).ends == fault.ends


@pytest.mark.parametrize("name", NAMES)
@given(SEEDS, st.integers(1, 4))
def test_the_draw_follows_from_the_seed(name: str, seed: int, count: int) -> None:
    faults = draw_faults(scenario(name), seed, count)
    assert faults == draw_faults(scenario(name), seed, count)
    one_more = draw_faults(scenario(name), seed, count + 1)[:count]
    assert [(fault.target, fault.kind) for fault in one_more] == [
        (fault.target, fault.kind) for fault in faults
    ]


@pytest.mark.parametrize("name", NAMES)
def test_seeds_differ(name: str) -> None:
    drawn = {repr(draw_faults(scenario(name), seed, 1)) for seed in range(200)}
    assert len(drawn) > 190


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_every_family_is_drawn(name: str) -> None:
    drawn = [fault for seed in range(400) for fault in draw_faults(scenario(name), seed, 2)]
    assert {(fault.target.partition("-")[0], fault.kind) for fault in drawn} == kinds(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_trigger_and_every_ending_is_drawn(name: str) -> None:
    made = [to_fault(fault) for seed in range(200) for fault in draw_faults(scenario(name), seed, 2)]
    assert {type(fault.trigger) for fault in made} == {At, After}
    assert {type(fault.ending) for fault in made} == {Lasts, UntilRepaired, Never}
    assert {fault.ending.repairable for fault in made if isinstance(fault.ending, Lasts)} == {True, False}
    occurrences = {fault.trigger.occurrence for fault in made if isinstance(fault.trigger, After)}
    assert {"page", "login", "run", "request", "transfer"} <= occurrences


def test_no_device_is_left_out() -> None:
    name = "printer-jam"
    drawn = {fault.target for seed in range(1500) for fault in draw_faults(scenario(name), seed, 2)}
    assert drawn == set(lay_out(scenario(name)).devices())


def test_the_draw_does_not_touch_the_luck_of_the_run() -> None:
    # two scenarios with other faults of their own, the same devices: the same draw
    plain = scenario("printer-jam").with_faults(())
    assert draw_faults(plain, 3, 2) == draw_faults(scenario("printer-jam"), 3, 2)
