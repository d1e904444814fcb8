"""The process behind a driver: what it says arrives whole, and it can always be ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hal.worker_process import LONGEST, WorkerProcess
from hal.worker_side import HEADER, frame, frames

BEGIN = """
import os, subprocess, sys, time
from hal.worker_side import HEADER, frame, frames, take_pipes, write

def main():
    source, target = take_pipes()
"""


class Station:
    """Takes what a process sends."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.ended = asyncio.Event()
        self.garbled = False

    def take(self, body: bytes) -> None:
        assert not self.ended.is_set()
        self.taken.append(body)

    def end(self, garbled: bool) -> None:
        assert not self.ended.is_set()
        self.garbled = garbled
        self.ended.set()


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def write(body: str) -> str:
        indented = "".join(f"    {line}\n" for line in body.splitlines())
        (tmp_path / "its_worker.py").write_text(BEGIN + indented)
        return "its_worker"

    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return write


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


def exists(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


async def gone(process: WorkerProcess) -> None:
    """Nothing is left of it, not even a zombie."""
    await process.reaped(10)
    assert not exists(process.pid)


def test_all_that_was_said_before_the_end_arrives(script: Any) -> None:
    module = script("for n in range(20_000):\n    write(target, frame(b'%d' % n))\nos._exit(3)")

    async def main() -> None:
        station = Station()
        process = await WorkerProcess.start(module, station.take, station.end)
        await station.ended.wait()
        assert station.taken == [b"%d" % n for n in range(20_000)]
        assert not station.garbled
        await gone(process)

    run(main())


def test_requests_and_replies(script: Any) -> None:
    module = script(
        "print('noise')\n"
        "for body in frames(lambda: os.read(source, 7)):\n    write(target, frame(body[::-1]))"
    )

    async def main() -> None:
        station = Station()
        process = await WorkerProcess.start(module, station.take, station.end)
        sent = [b"", b"ab", b"x" * 100_000]
        for body in sent:
            process.send(body)
        while len(station.taken) < len(sent):  # noqa: ASYNC110 - the callback belongs to the test
            await asyncio.sleep(0.01)
        assert station.taken == [body[::-1] for body in sent]
        process.end()
        process.end()
        process.send(b"dropped")
        await gone(process)
        assert not station.ended.is_set()  # we ended it ourselves

    run(main())


def test_a_process_that_takes_nothing_makes_the_sender_wait(script: Any) -> None:
    module = script("os.read(source, 1)\nwrite(target, frame(b'one'))\ntime.sleep(600)")

    async def main() -> None:
        station = Station()
        process = await WorkerProcess.start(module, station.take, station.end)
        await process.room()
        process.send(bytes(1_000_000))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await process.room()
        waiting = asyncio.create_task(process.room())
        await asyncio.sleep(0)
        process.end()
        await waiting
        await gone(process)

    run(main())


@pytest.mark.parametrize("header", [HEADER.pack(LONGEST + 1), b"\xff" * 8], ids=["long", "nonsense"])
def test_nonsense_ends_it(script: Any, header: bytes) -> None:
    module = script(f"write(target, frame(b'good') + {header!r})\ntime.sleep(600)")

    async def main() -> None:
        station = Station()
        process = await WorkerProcess.start(module, station.take, station.end)
        await station.ended.wait()
        assert (station.taken, station.garbled) == ([b"good"], True)
        await gone(process)

    run(main())


def test_a_grandchild_that_keeps_the_pipe_hides_no_end(script: Any) -> None:
    module = script(
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], stdout=target)\n"
        "write(target, frame(b'%d' % child.pid))\nos._exit(0)"
    )

    async def main() -> None:
        station = Station()
        process = await WorkerProcess.start(module, station.take, station.end)
        await station.ended.wait()
        os.kill(int(station.taken[0]), signal.SIGKILL)  # it lives: the end of the pipe was not what told
        await gone(process)

    run(main())


def test_no_module_of_that_name_is_the_end(script: Any) -> None:
    async def main() -> None:
        station = Station()
        process = await WorkerProcess.start("no_such_module_anywhere", station.take, station.end)
        await station.ended.wait()
        assert (station.taken, station.garbled) == ([], False)
        began = time.monotonic()
        await gone(process)
        assert time.monotonic() - began < 10

    run(main())


def test_frames_that_come_in_pieces() -> None:
    bodies = [b"a", b"", b"bcd" * 10]
    stream = b"".join(map(frame, bodies))
    for size in (1, 3, 5, 1000):
        pieces = iter([stream[at : at + size] for at in range(0, len(stream), size)])
        assert list(frames(partial(next, pieces, b""))) == bodies
