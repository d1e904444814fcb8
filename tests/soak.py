"""Many seeds of whole days, in fresh processes that differ in everything that must not matter.

``python -m tests.soak [--seeds N] [NAME …]`` runs the library scenarios with N seeds each, twice, under
different hash seeds, locales and time zones, then N random single and double faults on each.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from scenarios.loading import library, load
from scenarios.random_faults import draw_faults
from scenarios.runner import Outcome, run
from station_core.events import IncidentClosed, IncidentOpened, RoomFailed

SURROUNDINGS = (
    {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"},
    {"PYTHONHASHSEED": "4242", "LC_ALL": "C.UTF-8", "TZ": "Asia/Kamchatka"},
)


@dataclass(frozen=True)
class Ran:
    """One run as a fresh process reported it."""

    seed: int
    sha256: str
    complaint: str


def in_fresh_process(name: str, seeds: range, mode: str, surroundings: dict[str, str]) -> list[Ran]:
    """Run a scenario with all the seeds in one fresh process.

    Raises:
        RuntimeError: The process failed; with what it printed.
    """
    command = [sys.executable, "-m", "tests.soak", "--child", mode, name, str(seeds.start), str(seeds.stop)]
    done = subprocess.run(
        command,
        env={**os.environ, **surroundings},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return [
        Ran(int(seed), sha, rest)
        for seed, sha, rest in (line.split(" ", 2) for line in done.stdout.splitlines())
    ]


def _child(mode: str, name: str, first: int, stop: int) -> None:
    scenario = load(name)
    for seed in range(first, stop):
        faults = draw_faults(scenario, seed, 1 + seed % 2)
        outcome = run(scenario.with_faults(faults) if mode == "faults" else scenario, seed, name=name)
        problems = "; ".join(complaints(outcome) if mode == "faults" else unmet(outcome))
        sys.stdout.buffer.write(f"{seed} {outcome.sha256} {problems or '-'}\n".encode())


def unmet(outcome: Outcome) -> Iterator[str]:
    """Yield what a scenario expected in vain."""
    return (f"{f.code} {f.title} {f.detail}" for f in outcome.findings if not f.held)


def complaints(outcome: Outcome) -> Iterator[str]:
    """Yield what must hold whatever breaks: the day ends, accounts balance, nothing is hidden."""
    yield from (
        f"{f.code} {f.detail}"
        for f in outcome.findings
        if f.code in ("day-ends", "accounting-balances") and not f.held
    )
    opened = {e.event.incident for e in outcome.entries if isinstance(e.event, IncidentOpened)}
    closed = {e.event.incident: e.event for e in outcome.entries if isinstance(e.event, IncidentClosed)}
    if opened != set(closed):
        yield f"incidents never closed: {sorted(opened - set(closed))}"
    failed = [e.event.room for e in outcome.entries if isinstance(e.event, RoomFailed)]
    if failed and all(event.resolved for event in closed.values()):
        yield f"rooms {failed} failed and no incident says why"


def check(name: str, seeds: range) -> list[str]:
    """Run a scenario's seeds under both surroundings; return everything that is wrong."""
    found: list[str] = []
    for mode in ("plain", "faults"):
        one, other = (in_fresh_process(name, seeds, mode, around) for around in SURROUNDINGS)
        for a, b in zip(one, other, strict=True):
            if a.complaint != "-":
                found.append(f"{name} seed {a.seed} ({mode}): {a.complaint}")
            if a.sha256 != b.sha256:
                found.append(f"{name} seed {a.seed} ({mode}): journals differ between surroundings")
    return found


def main() -> int:
    """Check the named scenarios, or all of the library."""
    if sys.argv[1:2] == ["--child"]:
        mode, name, first, stop = sys.argv[2:]
        _child(mode, name, int(first), int(stop))
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("names", nargs="*", default=library())
    given = parser.parse_args()
    wrong = 0
    for name in given.names:
        found = check(name, range(1, given.seeds + 1))
        print(f"{name}: {given.seeds} seeds, {len(found)} wrong", *found, sep="\n  ", flush=True)
        wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
