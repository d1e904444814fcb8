"""What holds for every test: no clock decides about it, and it leaves nothing running behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says something about the machine, not about the code.
settings.register_profile("ppe-lab", deadline=None)
settings.load_profile("ppe-lab")


def _children() -> list[str]:
    """List the processes that this one started and has not waited for."""
    found: list[str] = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found += (task / "children").read_text().split()
        except FileNotFoundError:
            continue  # a worker thread that has ended since the folder was listed
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    before, threads = _children(), threading.active_count()
    yield
    left = [child for child in _children() if child not in before]
    assert left == [], f"processes were left running: {left}"
    assert threading.active_count() <= threads, f"threads were left running: {threading.enumerate()}"
