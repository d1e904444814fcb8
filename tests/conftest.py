"""What holds for every test: no clock decides about it, and it leaves nothing running behind."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.peers.shim import Shim
    from tests.peers.softhsm import SoftHsm

# How long an example takes says something about the machine, not about the code.
settings.register_profile("ppe-lab", deadline=None)
settings.load_profile("ppe-lab")

# Who is started in the background of a shell ignores Ctrl-C, and so does everything that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def _children() -> list[str]:
    """List the processes that this one started and has not waited for."""
    found: list[str] = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found += (task / "children").read_text().split()
        except FileNotFoundError:
            continue  # a worker thread that has ended since the folder was listed
    return found


def _descriptors() -> set[tuple[str, str]]:
    """List what this process has open, as number and target."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.add((entry.name, str(entry.readlink())))
        except FileNotFoundError:
            continue  # the one that listed the folder
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    before, threads, descriptors = _children(), set(threading.enumerate()), _descriptors()
    yield
    left = [child for child in _children() if child not in before]
    assert left == [], f"processes were left running: {left}"
    for thread in set(threading.enumerate()) - threads:
        thread.join(1)  # asyncio on Python 3.11 tells the end of a process from a thread that is about to end
    assert threading.active_count() <= len(threads), f"threads were left running: {threading.enumerate()}"
    if _descriptors() - descriptors:
        gc.collect()  # what an exception's frames still hold is no leak
        opened = sorted(_descriptors() - descriptors)
        assert opened == [], f"descriptors were left open: {opened}"


# -- peers: made once per process of the test run, copied for every test ----------------------------


@pytest.fixture(scope="session")
def _softhsm(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    from tests.peers import softhsm

    return softhsm.make(tmp_path_factory.mktemp("softhsm"))


@pytest.fixture(scope="session")
def _shim_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.peers import shim

    return shim.build(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def softhsm(_softhsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    """SoftHSM with fresh tokens T1 and T2, in the environment of this process."""
    made = _softhsm.copy(tmp_path / "softhsm")
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def shim(softhsm: SoftHsm, _shim_module: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shim]:
    """SoftHSM behind our module that can do what tokens do; T1 is inserted."""
    from tests.peers.shim import Shim

    made = Shim(_shim_module, softhsm)
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    yield made
    made.close()
