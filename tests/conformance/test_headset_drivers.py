"""Both drivers of real headsets against the public suite, over PulseAudio."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from hal.audio import Headset
from hal.conformance import audio as suite
from hal.conformance.suite import run_check
from hal.registry import open_device
from hal.runtime import SECOND, AsyncioRuntime
from tests.peers.pulse_headset import SOURCE, PulseHeadset

pytestmark = pytest.mark.realtime


class PulseBench:
    supports = frozenset({suite.UNPLUG, suite.PLUG_IN, suite.SPEAK})
    patience = 60 * SECOND

    def __init__(self, runtime: AsyncioRuntime, headset: PulseHeadset, scheme: str) -> None:
        self.runtime = runtime
        self._headset = headset
        self._scheme = scheme

    async def open(self) -> Headset:
        return cast("Headset", await open_device(f"{self._scheme}:{SOURCE}"))

    async def plug_in(self) -> None:
        self._headset.plug_in()

    async def unplug(self) -> None:
        self._headset.unplug()

    async def speak(self) -> None:
        self._headset.microphone.speaks = True

    async def kill(self) -> None:
        raise AssertionError("nothing here breaks for good, and the bench does not say so")


@pytest.fixture
def headset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseHeadset]:
    with PulseHeadset(tmp_path, speaks=False) as made:
        for name, value in made.daemon.environment().items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.mark.parametrize("scheme", ["portaudio", "pyaudio"])
@pytest.mark.parametrize(
    "name", [name for name, check in suite.CHECKS.items() if suite.DEAD not in check.needs]
)
def test_on_pulseaudio(name: str, scheme: str, headset: PulseHeadset) -> None:
    runtime = AsyncioRuntime()
    runtime.run(run_check(suite.CHECKS[name], PulseBench(runtime, headset, scheme)))
