"""The virtual headset on the wire against the public suite, through the driver that comes first.

Both drivers are held to it in ``test_headset_drivers``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from hal.audio import Headset
from hal.conformance import audio as suite
from hal.conformance.suite import run_check
from hal.registry import open_device
from hal.runtime import SECOND, AsyncioRuntime
from tests.peers.virtual_headset import VirtualHeadset, served

pytestmark = pytest.mark.realtime


class WireBench:
    """A headset that is dead is none to the drivers, so that is not among the conditions."""

    supports = frozenset({suite.UNPLUG, suite.PLUG_IN, suite.SPEAK})
    patience = 60 * SECOND

    def __init__(self, runtime: AsyncioRuntime, headset: VirtualHeadset) -> None:
        self.runtime = runtime
        self._headset = headset

    async def open(self) -> Headset:
        self._headset.ctl("plug-in")
        self._headset.ctl("hush")
        return cast("Headset", await open_device("portaudio:headset-1"))

    async def plug_in(self) -> None:
        self._headset.ctl("plug-in")

    async def unplug(self) -> None:
        self._headset.ctl("unplug")

    async def speak(self) -> None:
        self._headset.ctl("speak", "voice")

    async def kill(self) -> None:
        raise AssertionError("the bench does not say that it can")


@pytest.fixture(scope="module")
def _headset() -> Iterator[VirtualHeadset]:
    with served("--say", "silence", "--profile", "sennheiser-pc8") as headset:
        yield headset


@pytest.fixture
def headset(_headset: VirtualHeadset, monkeypatch: pytest.MonkeyPatch) -> VirtualHeadset:
    for name, value in _headset.ready["env"].items():
        monkeypatch.setenv(name, value)
    return _headset


@pytest.mark.parametrize(
    "name", [name for name, check in suite.CHECKS.items() if suite.DEAD not in check.needs]
)
def test_through_the_driver(name: str, headset: VirtualHeadset) -> None:
    runtime = AsyncioRuntime()
    runtime.run(run_check(suite.CHECKS[name], WireBench(runtime, headset)))
