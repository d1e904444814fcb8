"""Virtual headsets at a sound server that says no, loses a module, or is slow: here it is a few FIFOs."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulators.profiles import headset_profile
from simulators.wire.control import ControlError
from simulators.wire.headset import device as device_module
from simulators.wire.headset.device import VirtualHeadsets, Wanted
from simulators.wire.headset.tape import Tape
from simulators.wire.pulse import PulseError, PulseServer

WITHIN_S = 60


class Server(PulseServer):
    """Takes modules as PulseAudio does, without any sound."""

    def __init__(self) -> None:
        super().__init__("unix:/nowhere")
        self.modules: dict[int, tuple[str, Path, int]] = {}
        self.refused: set[str] = set()
        self.answers = threading.Event()
        """It unloads nothing before."""
        self.answers.set()
        self._numbers = iter(range(1000))

    @property
    def names(self) -> set[str]:
        return {name for name, _, _ in self.modules.values()}

    def load_source(self, name: str, fifo: Path, **_: Any) -> int:
        if name in self.refused | self.names:
            raise PulseError("taken", name)
        os.mkfifo(fifo)
        index = next(self._numbers)
        self.modules[index] = (name, fifo, os.open(fifo, os.O_RDWR | os.O_NONBLOCK))
        return index

    load_sink = load_source

    def unload(self, index: int, fifo: Path | None = None) -> None:
        assert self.answers.wait(WITHIN_S)
        self.drop(index)

    def drop(self, index: int) -> None:
        if index in self.modules:
            _, path, number = self.modules.pop(index)
            os.close(number)
            path.unlink()

    def choose(self, *, source: str, sink: str) -> None: ...

    def suspend(self, source: str, on: bool = True) -> None:
        raise PulseError("refused", source)

    def records(self, source: str) -> bool:
        return False


def with_headsets(
    main: Callable[[VirtualHeadsets, Server], Awaitable[None]], folder: Path, *names: str
) -> None:
    """Run a test with headsets at the server, and see that nothing is left there."""
    server = Server()
    profile = headset_profile("logitech-h390")
    headsets = VirtualHeadsets([Wanted(name, profile) for name in names], server)

    async def run() -> None:
        async with headsets.running(folder):
            await main(headsets, server)

    headsets.runtime.run(run())
    assert server.modules == {}


async def until(headsets: VirtualHeadsets, holds: Callable[[Mapping[str, Any]], bool]) -> None:
    """Wait until something holds of the state."""
    state = headsets.state()
    async with asyncio.timeout(WITHIN_S):
        while not holds(state):
            state = await headsets.changed(state)


def present(state: Mapping[str, Any]) -> list[bool]:
    return [each["present"] for each in state["headsets"]]


def test_one_that_cannot_come_back_keeps_no_other_away(tmp_path: Path) -> None:
    async def main(headsets: VirtualHeadsets, server: Server) -> None:
        for name in headsets.headsets:
            await headsets.verbs["fault"](name, {"words": ["unplugged"]})
        assert present(headsets.state()) == [False, False]
        server.refused.add("guest-1")
        for each in headsets.headsets.values():
            each.model.end_fault("unplugged", "alone")
        await until(headsets, lambda state: present(state)[1])
        assert present(headsets.state()) == [False, True]
        server.drop(max(server.modules))
        await until(headsets, lambda state: not any(present(state)))
        with pytest.raises(ControlError, match="control-server-taken"):
            await headsets.verbs["start-server"]("", {})
        assert present(headsets.state()) == [False, True]
        server.refused.clear()
        await headsets.verbs["plug-in"]("guest-1", {})
        assert present(headsets.state()) == [True, True]

    with_headsets(main, tmp_path, "guest-1", "guest-2")


def test_half_a_headset_is_taken_away_before_it_comes_again(tmp_path: Path) -> None:
    async def main(headsets: VirtualHeadsets, server: Server) -> None:
        server.answers.clear()
        server.drop(min(server.modules))
        await until(headsets, lambda state: not present(state)[0])
        coming = asyncio.ensure_future(headsets.verbs["plug-in"]("guest", {}))
        await asyncio.wait((coming,), timeout=0.2)  # it has to wait, so there is nothing to wait for
        server.answers.set()
        await coming
        assert present(headsets.state()) == [True]
        assert server.names == {"guest", "guest-earphones"}

    with_headsets(main, tmp_path, "guest")


def test_looking_for_a_server_that_was_there_all_the_time_changes_nothing(tmp_path: Path) -> None:
    async def main(headsets: VirtualHeadsets, server: Server) -> None:
        before = dict(server.modules)
        await headsets.verbs["start-server"]("", {})
        assert present(headsets.state()) == [True]
        assert server.modules == before

    with_headsets(main, tmp_path, "guest")


def test_what_the_server_did_not_do_is_not_told_as_done(tmp_path: Path) -> None:
    async def main(headsets: VirtualHeadsets, _: Server) -> None:
        with pytest.raises(ControlError, match="control-server-refused"):
            await headsets.verbs["suspend"]("guest", {})
        assert headsets.state()["headsets"][0]["suspended"] is False

    with_headsets(main, tmp_path, "guest")


@pytest.mark.parametrize("refused", [True, False])
def test_what_is_played_while_the_tape_is_written_is_on_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, refused: bool
) -> None:
    written: list[int] = []

    async def main(headsets: VirtualHeadsets, _: Server) -> None:
        tape = headsets.headsets["guest"].tape

        def write(_file: str, samples: Any) -> None:
            written.append(len(samples))
            tape.add(np.ones((30, 2), dtype=np.int16))
            if refused:
                raise ControlError("control-not-written", path="x", detail="y")

        monkeypatch.setattr(device_module, "write_sound", write)
        tape.add(np.ones((100, 2), dtype=np.int16))
        if refused:
            with pytest.raises(ControlError):
                await headsets.verbs["played"]("guest", {"file": "x.wav"})
        else:
            await headsets.verbs["played"]("guest", {"file": "x.wav"})
        assert written == [100]
        assert tape.frames == len(tape.samples()) == (130 if refused else 30)

    with_headsets(main, tmp_path, "guest")


def test_nothing_put_back_is_nothing() -> None:
    tape = Tape(2)
    tape.put_back(tape.samples())
    assert (tape.frames, tape.level_tenths_dbfs()) == (0, None)
