"""The overlay of faults: when they begin, how they end, and that the device below stays undamaged."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.journal import Event, Journal
from hal.runtime import MINUTE, SECOND
from scenarios.build import to_fault
from scenarios.model import AfterSpec, FaultSpec, RateSpec
from simulators.device import SimDevice, World
from simulators.events import FaultBegan, FaultEnded, FaultIdle
from simulators.faults import After, At, Ending, Fault, FaultKind, Lasts, Never, Rate, Trigger, UntilRepaired
from simulators.random import Streams
from simulators.runtime import SimRuntime

ALONE = Lasts(MINUTE, repairable=False)


class Bell(SimDevice):
    """A device that can only ring."""

    FAULTS: ClassVar[Mapping[str, FaultKind]] = {
        "mute": FaultKind("It is silent.", {"percent": 100, "tone_hz": 440}, "ring"),
        "cracked": FaultKind("It clatters.", occurrence="ring"),
    }

    def __init__(self, name: str, world: World) -> None:
        super().__init__(name, world)
        self.heard: list[str] = []

    def fault_began(self, kind: str) -> None:
        assert kind in self.faults
        self.heard.append(f"+{kind}")

    def fault_ended(self, kind: str) -> None:
        assert kind not in self.faults
        self.heard.append(f"-{kind}")


class Tower:
    """Bells in virtual time, with a journal."""

    def __init__(self, seed: int = 1, *names: str) -> None:
        self.runtime = SimRuntime()
        self.journal = Journal(self.runtime.now)
        world = World(self.runtime, Streams(seed), self.journal.write, self.runtime.spawn)
        self.bells = {name: Bell(name, world) for name in names or ("bell",)}
        self.bell = next(iter(self.bells.values()))

    def plan(self, kind: str, trigger: Trigger, ending: Ending = UntilRepaired(), **params: int) -> None:  # noqa: B008
        self.bell.plan(Fault(self.bell.name, kind, trigger, ending, params))

    def run(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.runtime.run(main())

    async def until(self, time: int) -> None:
        await self.runtime.sleep(time - self.runtime.now())

    def told(self) -> list[tuple[int, Event]]:
        return [(entry.t, entry.event) for entry in self.journal]


MUTE = FaultBegan("bell", "mute", (("percent", 100), ("tone_hz", 440)))


def ended(how: str, kind: str = "mute") -> FaultEnded:
    return FaultEnded("bell", kind, how)


# -- when they begin -------------------------------------------------------------------------------------


def test_at_a_time() -> None:
    tower = Tower()
    tower.plan("mute", At(MINUTE))

    async def main() -> None:
        await tower.until(MINUTE - 1)
        assert not tower.bell.faults
        await tower.until(MINUTE + 1)
        assert tower.bell.faults == {"mute": {"percent": 100, "tone_hz": 440}}

    tower.run(main)
    assert tower.told() == [(MINUTE, MUTE)]
    assert tower.bell.heard == ["+mute"]


def test_at_a_time_that_is_past() -> None:
    tower = Tower()

    async def main() -> None:
        await tower.until(MINUTE)
        tower.plan("mute", At(SECOND))
        await tower.runtime.sleep(1)

    tower.run(main)
    assert tower.told() == [(MINUTE, MUTE)]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_after_the_nth_occurrence_and_only_once(count: int) -> None:
    tower = Tower()
    tower.plan("mute", After("ring", count))
    for rung in range(1, count + 4):
        tower.bell.occurred("knock")  # something else
        tower.bell.occurred("ring")
        assert ("mute" in tower.bell.faults) is (rung == count)
        tower.bell.repair("mute")
    assert [type(event) for _, event in tower.told()] == [FaultBegan, FaultEnded]


def test_two_faults_count_the_same_occurrence_each_for_itself() -> None:
    tower = Tower()
    tower.plan("mute", After("ring", 1))
    tower.plan("cracked", After("ring", 2))
    tower.bell.occurred("ring")
    assert [*tower.bell.faults] == ["mute"]
    tower.bell.occurred("ring")
    assert [*tower.bell.faults] == ["mute", "cracked"]


def rung(seed: int, per_million: int, count: int = 300, *, before: int = 0) -> list[int]:
    """Return at which of so many rings the fault began; it is repaired at once."""
    tower = Tower(seed)
    for _ in range(before):
        tower.plan("cracked", Rate("ring", 500_000))
    tower.plan("mute", Rate("ring", per_million))
    struck = []
    for number in range(count):
        tower.bell.occurred("ring")
        if "mute" in tower.bell.faults:
            struck.append(number)
            tower.bell.repair("mute")
    return struck


def test_a_rate() -> None:
    assert rung(1, 0) == []
    assert rung(1, 1_000_000) == list(range(300))
    assert 40 < len(rung(1, 200_000)) < 80
    assert rung(1, 200_000) == rung(1, 200_000)
    assert rung(1, 200_000) != rung(2, 200_000)


def test_a_higher_rate_strikes_where_the_lower_one_does_and_more() -> None:
    assert set(rung(3, 100_000)) < set(rung(3, 400_000))


def test_the_luck_of_one_fault_does_not_depend_on_another() -> None:
    assert rung(5, 200_000) == rung(5, 200_000, before=2)


def test_the_luck_of_a_device_is_its_own() -> None:
    def struck(*names: str, of: str = "b") -> list[int]:
        tower = Tower(8, *names)
        for name, bell in tower.bells.items():
            bell.plan(Fault(name, "mute", Rate("ring", 300_000)))
        found = []
        for number in range(100):
            for bell in tower.bells.values():
                bell.occurred("ring")
            if tower.bells[of].repair("mute") and tower.bells[of].heard[-1:] == ["-mute"]:
                tower.bells[of].heard.clear()
                found.append(number)
        return found

    assert struck("b") == struck("a", "b") == struck("b", "c", "d")
    assert struck("b") != struck("a", of="a")


def test_a_fault_in_force_does_not_shift_the_later_draws() -> None:
    tower, plain = Tower(4), set(rung(4, 200_000))
    tower.plan("mute", Rate("ring", 200_000))
    began = []
    for number in range(300):
        tower.bell.occurred("ring")
        if tower.bell.heard[-1:] == ["+mute"]:
            began.append(number)
            tower.bell.heard.clear()
        if number % 20 == 19:
            tower.bell.repair("mute")
            tower.bell.heard.clear()
    assert began
    assert set(began) < plain
    assert [type(event) for _, event in tower.told()].count(FaultIdle) == 0


# -- what they are ---------------------------------------------------------------------------------------


def test_parameters_over_the_defaults() -> None:
    tower = Tower()
    tower.plan("mute", After("ring", 1), tone_hz=1000)
    tower.bell.occurred("ring")
    assert tower.bell.faults == {"mute": {"percent": 100, "tone_hz": 1000}}
    assert tower.told() == [(0, FaultBegan("bell", "mute", (("percent", 100), ("tone_hz", 1000))))]


def test_an_unknown_kind() -> None:
    with pytest.raises(KeyError, match="loud"):
        Tower().plan("loud", At(0))


def test_a_fault_that_the_device_has_already() -> None:
    tower = Tower()
    tower.plan("mute", After("ring", 1), Lasts(MINUTE), tone_hz=1)
    tower.plan("mute", After("ring", 2), Never(), tone_hz=2)

    async def main() -> None:
        tower.bell.occurred("ring")
        tower.bell.occurred("ring")
        assert tower.bell.faults["mute"]["tone_hz"] == 1
        await tower.until(2 * MINUTE)

    tower.run(main)
    assert tower.told()[1:] == [(0, FaultIdle("bell", "mute", "in-force")), (MINUTE, ended("passed"))]
    assert tower.bell.heard == ["+mute", "-mute"]


# -- how they end ----------------------------------------------------------------------------------------


def begun(ending: Ending) -> Tower:
    tower = Tower()
    tower.bell.begin_fault("mute", {}, ending)
    return tower


def test_until_a_person_repairs_it() -> None:
    tower = begun(UntilRepaired())

    async def main() -> None:
        await tower.until(1000 * MINUTE)
        assert tower.bell.faults
        assert tower.bell.repair("mute")
        assert tower.bell.repair("mute")

    tower.run(main)
    assert tower.told()[1:] == [(1000 * MINUTE, ended("repaired"))]


def test_never() -> None:
    tower = begun(Never())

    async def main() -> None:
        assert not tower.bell.repair("mute")
        await tower.until(1000 * MINUTE)
        assert not tower.bell.repair("mute", "cracked")

    tower.run(main)
    assert len(tower.told()) == 1


def test_it_lasts() -> None:
    tower = begun(Lasts(MINUTE))

    async def main() -> None:
        await tower.until(MINUTE - 1)
        assert tower.bell.faults
        await tower.until(MINUTE + 1)
        assert not tower.bell.faults

    tower.run(main)
    assert tower.told()[1:] == [(MINUTE, ended("passed"))]


def test_it_lasts_unless_somebody_repairs_it() -> None:
    tower = begun(Lasts(MINUTE))

    async def main() -> None:
        await tower.until(SECOND)
        assert tower.bell.repair("mute")
        await tower.until(2 * MINUTE)

    tower.run(main)
    assert tower.told()[1:] == [(SECOND, ended("repaired"))]


def test_it_passes_only_by_itself() -> None:
    tower = begun(Lasts(MINUTE, repairable=False))

    async def main() -> None:
        await tower.until(SECOND)
        assert not tower.bell.repair("mute")
        await tower.until(2 * MINUTE)
        assert tower.bell.repair("mute")

    tower.run(main)
    assert tower.told()[1:] == [(MINUTE, ended("passed"))]


def test_the_end_of_an_earlier_stroke_does_not_end_a_later_one() -> None:
    tower = begun(Lasts(MINUTE))

    async def main() -> None:
        await tower.until(30 * SECOND)
        tower.bell.repair("mute")
        await tower.until(40 * SECOND)
        tower.bell.begin_fault("mute", {}, Lasts(MINUTE))
        await tower.until(70 * SECOND)
        assert tower.bell.faults
        await tower.until(101 * SECOND)

    tower.run(main)
    assert tower.told()[-1] == (100 * SECOND, ended("passed"))
    assert len(tower.told()) == 4


def test_a_stroke_that_no_longer_passes_after_one_that_did() -> None:
    tower = begun(Lasts(MINUTE))

    async def main() -> None:
        tower.bell.repair("mute")
        tower.bell.begin_fault("mute", {}, Never())
        await tower.until(2 * MINUTE)
        assert tower.bell.faults

    tower.run(main)


def test_repairing_several_kinds() -> None:
    tower = Tower()
    tower.bell.begin_fault("mute", {}, UntilRepaired())
    tower.bell.begin_fault("cracked", {}, Never())
    assert not tower.bell.repair("mute", "cracked")
    assert [*tower.bell.faults] == ["cracked"]
    assert tower.bell.repair("mute")
    assert tower.bell.repair()


def test_ending_what_is_not_in_force_says_nothing() -> None:
    tower = Tower()
    tower.bell.end_fault("mute", "replaced")
    assert tower.told() == []
    assert tower.bell.heard == []


@given(
    st.lists(
        st.tuples(st.sampled_from(["mute", "cracked"]), st.sampled_from(["begin", "end", "repair", "ring"]))
    )
)
def test_a_lifted_overlay_leaves_the_device_undamaged(steps: list[tuple[str, str]]) -> None:
    tower = Tower()
    untouched = vars(Tower().bell).keys()
    for kind, step in steps:
        if step == "begin":
            tower.bell.begin_fault(kind, {}, UntilRepaired())
        elif step == "end":
            tower.bell.end_fault(kind, "replaced")
        elif step == "repair":
            tower.bell.repair(kind)
        else:
            tower.bell.occurred("ring")
    for kind in Bell.FAULTS:
        tower.bell.end_fault(kind, "replaced")
    assert tower.bell.faults == {}
    assert tower.bell._endings == {}
    assert vars(tower.bell).keys() == untouched
    for kind in Bell.FAULTS:
        assert tower.bell.heard.count(f"+{kind}") == tower.bell.heard.count(f"-{kind}")
    events = [event for _, event in tower.told()]
    assert sum(isinstance(event, FaultBegan) for event in events) == sum(
        isinstance(event, FaultEnded) for event in events
    )


# -- from the scenario's words ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"at": "00:01"}, Fault("bell", "mute", At(MINUTE))),
        ({"after": AfterSpec(what="ring", count=3)}, Fault("bell", "mute", After("ring", 3))),
        ({"rate": RateSpec(what="ring", per_million=3)}, Fault("bell", "mute", Rate("ring", 3))),
        ({"at": "00:00", "ends": "never"}, Fault("bell", "mute", At(0), Never())),
        ({"at": "00:00", "lasts": "1 min"}, Fault("bell", "mute", At(0), Lasts(MINUTE))),
        ({"at": "00:00", "lasts": "1 min", "ends": "alone"}, Fault("bell", "mute", At(0), ALONE)),
        ({"at": "00:00", "params": {"tone_hz": 5}}, Fault("bell", "mute", At(0), params={"tone_hz": 5})),
    ],
)  # fmt: skip
def test_from_a_scenario(words: dict[str, Any], fault: Fault) -> None:
    assert to_fault(FaultSpec(target="bell", kind="mute", **words)) == fault


def test_a_fault_without_a_beginning() -> None:
    with pytest.raises(ValueError, match="bell"):
        to_fault(FaultSpec(target="bell", kind="mute"))
