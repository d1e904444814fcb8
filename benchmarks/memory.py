"""(c) Peak memory of one ordinary day in a fresh process: at most 150 MB resident."""

from __future__ import annotations

import resource
import subprocess
import sys

from benchmarks.measure import Measurement

BAR_MB = 150
DAY = "from benchmarks.memory import day; day()"


def day() -> None:
    """Run the day as ``ppelab run`` does and print this process's peak resident size in bytes."""
    from scenarios.loading import load  # noqa: PLC0415 - what is imported here counts as well
    from scenarios.runner import run as run_scenario  # noqa: PLC0415

    outcome = run_scenario(load("ordinary-day"), 1, name="ordinary-day")
    if not outcome.held:
        raise RuntimeError("the day did not hold")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def run() -> Measurement:
    """Measure in a fresh process."""
    printed = subprocess.run([sys.executable, "-c", DAY], capture_output=True, text=True, check=True).stdout
    megabytes = int(printed) / 1_000_000
    detail = f"peak resident size: {megabytes:.0f} MB (bar {BAR_MB} MB)"
    return Measurement("memory", megabytes / BAR_MB, 1.0, at_least=False, details=(detail,))
