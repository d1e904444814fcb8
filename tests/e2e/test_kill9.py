"""``kill -9`` of a station at many instants: real processes, real files, a printer that goes on printing.

The printer is a thread of this process at the far end of a socket: what it has taken it prints, whether the
station lives or not, and each sheet that leaves it is a line of ``paper.txt``. Whatever is checked is checked
against what lies outside of the station: paper, flash drive, the token's own trace, and the promises that
the store gave before it died.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import hal
from simulators import sealing
from simulators.random import Streams
from station_core.answer_file import cut_off, read_samples
from station_core.answers import Answer, Part
from station_core.audio_package import AudioReader, audio_files
from station_core.store import SqliteStore
from tests.containers import read_export

SCRIPT = Path(__file__).parent / "kill9" / "station_process.py"
SHEET_S = 0.001  # how long a sheet takes: the engine of a real printer does not wait for anybody
SHEETS_PER_KIT = 3
BLOCK = 4_800  # frames between two lines of spoken.txt
ANSWER = 6 * BLOCK
HALF_A_SECOND = 24_000
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(Path(hal.__file__).resolve().parents[1]),
    "OPENBLAS_NUM_THREADS": "1",
}

State = dict[str, Any]


class Printer:
    """A printer of paper. Takes jobs from cables, prints one after the other, never forgets one."""

    def __init__(self, folder: Path) -> None:
        self._paper = os.open(folder / "paper.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._token_trace = folder / "token.txt"
        self._jobs: queue.Queue[tuple[int, list[str]] | None] = queue.Queue()
        self._done: dict[int, threading.Event] = {}
        self._threads = [threading.Thread(target=self._engine)]
        self._threads[0].start()
        self._sheets = threading.Condition()
        self.printed = 0
        self.without_token: list[str] = []

    def plug_in(self) -> socket.socket:
        """Return the station's end of a new cable."""
        near, far = socket.socketpair()
        self._threads.append(threading.Thread(target=self._serve, args=(near,)))
        self._threads[-1].start()
        return far

    def _serve(self, near: socket.socket) -> None:
        # a line without its end never came whole: the station died while it sent it
        with near, near.makefile("rb") as lines, contextlib.suppress(OSError):
            for line in lines:
                if line.endswith(b"\n"):
                    near.sendall(json.dumps(self._answer(json.loads(line))).encode() + b"\n")

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["do"] == "wait":
            self._done[message["job"]].wait()
            return {"state": "completed"}
        if str(message["pid"]) not in self._token_trace.read_text().split():
            self.without_token.append(message["sheets"][0])
        job = len(self._done) + 1
        self._done[job] = threading.Event()
        self._jobs.put((job, message["sheets"]))
        return {"job": job}

    def _engine(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, sheets = item
            for sheet in sheets:
                time.sleep(SHEET_S)
                os.write(self._paper, sheet.encode() + b"\n")
                with self._sheets:
                    self.printed += 1
                    self._sheets.notify_all()
            self._done[job].set()
            self._jobs.task_done()

    def wait_for_sheets(self, count: int) -> bool:
        """Wait until so many sheets have left; ``False`` if they do not come."""
        with self._sheets:
            return self._sheets.wait_for(lambda: self.printed >= count, timeout=20)

    def finish(self) -> None:
        """Wait until everything taken is printed."""
        self._jobs.join()

    def close(self) -> None:
        self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        os.close(self._paper)


class Nursery:
    """Starts stations as forks of a process that has everything loaded."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, str(SCRIPT), "--nursery", str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=ENVIRONMENT)

    def start(self, order: dict[str, Any], cable: socket.socket) -> int:
        """Start a station; returns its process id."""
        socket.send_fds(self._control, [json.dumps(order).encode()], [cable.fileno()])
        return int(self._control.recv(64))

    def wait(self) -> int:
        """Wait for the end of the station; returns its status, below zero for a signal."""
        return int(self._control.recv(64))

    def close(self) -> None:
        self._control.close()
        self._process.wait(timeout=20)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


class Site:
    """One station with its folder, its printer, and the check after every death."""

    def __init__(self, folder: Path, station: str, nursery: Nursery, **order: Any) -> None:
        self.folder = folder
        self.station = station
        self.nursery = nursery
        self.order = {"station": station, "folder": str(folder), **order}
        self.kills = 0
        self.torn = 0  # how often a kill tore a line of the journal
        self._told = 0  # whole lines of the journal
        self._known: State = {}  # what the store is known to hold
        self._read = 0  # bytes of saves.txt
        folder.mkdir(parents=True)
        (folder / "flash").mkdir()
        (folder / "token.txt").touch()
        (folder / "spoken.txt").touch()
        (folder / "saves.txt").touch()
        for name, data in _materials().items():
            (folder / "flash" / name).write_bytes(data)
        self.printer = Printer(folder)

    def live(self, kill_at: int = 0, killer: Callable[[int], None] | None = None) -> bool:
        """Run the station once; returns whether it lived to the end of its work.

        Args:
            kill_at: The step at which it kills itself; 0 = it does not.
            killer: Told the process id; kills when it likes.
        """
        with self.printer.plug_in() as cable:
            pid = self.nursery.start(self.order | {"kill_at": kill_at}, cable)
        if killer is not None:
            killer(pid)
        return self.ended(self.nursery.wait())

    def ended(self, status: int) -> bool:
        """Judge the end of the process and look into what it left."""
        error = self.folder / "error.txt"
        assert status in (0, -signal.SIGKILL), error.read_text() if error.exists() else status
        self._check_store()
        self._check_journal()
        self.kills += status != 0
        return status == 0

    def _check_store(self) -> None:
        """The store holds all that it promised, and nothing by halves."""
        with (self.folder / "saves.txt").open("rb") as file:
            file.seek(self._read)
            lines = [line for line in file if line.endswith(b"\n")]  # the kill may have torn the last one
        self._read += sum(map(len, lines))
        pending: State | None = None
        for line in lines:
            word, _, told = line.partition(b" ")
            if word == b"try":
                pending = json.loads(told)
            else:
                assert pending is not None
                assert pending == json.loads(told)
                self._known, pending = _changed(self._known, pending), None
        held = self._held()
        assert held == self._known or (pending is not None and held == _changed(self._known, pending))
        self._known = held
        self._check_parts(held)

    def _check_parts(self, held: State) -> None:
        """What the store says of the answers lies on the disk; no death took more than half a second."""
        kept = 0
        for part in _parts(held):
            kept += part.kept.frames
            path = self.folder / "answers" / part.file
            if part.closed and part.kept.frames:
                assert hashlib.sha256(path.read_bytes()).hexdigest() == part.kept.digest
            elif part.kept.frames:
                copy = shutil.copy(path, self.folder / "copy.flac")
                assert cut_off(Path(copy), part.kept).frames == part.kept.frames
        spoken = BLOCK * len((self.folder / "spoken.txt").read_bytes().splitlines())
        assert kept >= spoken - (self.kills + 1) * HALF_A_SECOND

    def _held(self) -> State:
        """Read a copy of the store's files as they lie there."""
        copy = self.folder / "copy"
        copy.mkdir()
        for path in self.folder.glob("station.db*"):
            if path.is_file():  # the folder beside it holds packages, no state
                shutil.copy(path, copy)
        with SqliteStore(copy / "station.db") as store:
            held = dict(store.load())
        shutil.rmtree(copy)
        return held

    def _check_journal(self) -> None:
        """Nothing of the journal is lost over all lives, but for the end of a line that the kill tore."""
        path = self.folder / "journal.jsonl"
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        self.torn += bool(lines) and not lines[-1].endswith(b"\n")
        told = [json.loads(line) for line in lines if line.endswith(b"\n")]
        assert [line["n"] for line in told] == list(range(len(told)))
        assert len(told) >= self._told
        self._told = len(told)

    def check_end(self) -> None:
        """After the day: everything is accounted for."""
        self.printer.finish()
        assert (self.folder / "journal.jsonl").read_bytes().endswith(b"\n")
        assert self._known["finished"] is True
        log = [value for key, value in sorted(self._known.items()) if key.startswith("log/")]
        started = [event for event in log if event["event"] == "station_started"]
        assert [event["resumed"] for event in started] == [False] + [True] * (len(started) - 1)
        assert len(started) <= self.kills + 1
        activations = [event for event in log if event["event"] == "key_activated"]
        assert len(activations) <= len((self.folder / "token.txt").read_text().split())
        # the journal of the station on the flash drive is the log up to the moment of saving
        saved = json.loads(next((self.folder / "flash").glob("*.json")).read_bytes())
        assert saved == log[: len(saved)]
        if self.station == "organizer":
            self._check_paper(log)
        else:
            self._check_answers(log)

    def _check_paper(self, log: list[State]) -> None:
        kits = {
            key.removeprefix("kit/"): value for key, value in self._known.items() if key.startswith("kit/")
        }
        paper = (self.folder / "paper.txt").read_text().split()
        assert len(paper) == len(set(paper)), "a sheet was printed twice under one number"
        assert self.printer.without_token == []
        sheets: dict[str, int] = {}
        for sheet in paper:
            kit = sheet.partition("/")[0]
            sheets[kit] = sheets.get(kit, 0) + 1
        good = sorted(kit for kit, state in kits.items() if state == "printed")
        assert sorted(kits.values()) == ["printed"] * len(good) + ["rejected"] * (len(kits) - len(good))
        assert len(good) == self.order["kits"]
        assert [sheets[kit] for kit in good] == [SHEETS_PER_KIT] * len(good)
        assert sheets.keys() <= kits.keys(), "paper of a kit of which the station knows nothing"
        # whatever was rejected for a crash was one crash's one kit
        assert sum(e["event"] == "kit_rejected" and e["why"] == "interrupted" for e in log) <= self.kills
        (package,) = (self.folder / "flash").glob("BLANK_*.bnk")
        assert sorted(_exported(package).decode().split()) == [f"{kit}/1" for kit in good]
        exported = [event["package"] for event in log if event["event"] == "package_exported"]
        assert exported == [package.name]

    def _check_answers(self, log: list[State]) -> None:
        packages = list((self.folder / "flash").glob("VOICE_*.abnk"))
        exported = [event for event in log if event["event"] == "audio_exported"]
        assert [event["package"] for event in exported] == [path.name for path in packages]
        (package,) = packages
        reader = AudioReader(package.name)
        reader.take(_exported(package))  # checks the files against the index
        answers = _answers(self._known)
        assert list(reader.finish()) == [
            msgspec.structs.replace(each, follows=True) for each in audio_files(answers)
        ]
        assert sorted(answers) == ["r-p-1", "r-p-2"]
        # no file is there that nobody knows, and none is there twice
        files = sorted(path.name for path in (self.folder / "answers").iterdir())
        assert files == sorted(part.file for part in _parts(self._known) if part.kept.frames)
        told = [(e["file"], e["digest"]) for e in log if e["event"] == "answer_file_exported"]
        assert told == [(each.file, each.digest) for each in audio_files(answers)]
        for recording, answer in answers.items():
            assert answer.complete
            assert not answer.under_way
            assert answer.frames >= ANSWER
            for part in answer.parts:
                self._check_sound(part)
            said = ("answer_began", "answer_interrupted", "answer_recorded")
            events = [e for e in log if e.get("recording") == recording and e["event"] in said]
            began = [event for event in events if event["event"] == "answer_began"]
            ends = [event["event"] for event in events if event["event"] != "answer_began"]
            assert len(answer.parts) == len(began)
            assert ends == ["answer_interrupted"] * (len(began) - 1) + ["answer_recorded"]
            # each part begins where what was kept of the part before ended
            kept = [event["frames"] for event in events if "frames" in event]
            assert kept == sorted(kept)

    def _check_sound(self, part: Part) -> None:
        """The part plays what was spoken, to the frame."""
        if part.kept.frames:
            samples = np.concatenate(list(read_samples(self.folder / "answers" / part.file)))
            spoken = np.tile(_script().block_sound(BLOCK), (part.kept.frames // BLOCK + 1, 1))
            assert np.array_equal(samples, spoken[: part.kept.frames])


def _answers(state: State) -> dict[str, Answer]:
    """Return the answers that a store holds."""
    return {
        key.removeprefix("answer/"): msgspec.convert(value, Answer)
        for key, value in state.items()
        if key.startswith("answer/")
    }


def _parts(state: State) -> list[Part]:
    return [part for answer in _answers(state).values() for part in answer.parts]


def _exported(package: Path) -> bytes:
    """Open an export package as the РЦОИ does."""
    return read_export(package.read_bytes(), package.name, sealing.recipient_id("9099000001"))[1]


def _changed(state: State, changes: State) -> State:
    after = state | changes
    return {key: value for key, value in after.items() if value is not None}


@cache
def _script() -> Any:
    """Import the script of the stations."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("kill9_station_process", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # msgspec looks the annotations up there
    spec.loader.exec_module(module)
    return module


@cache
def _materials() -> dict[str, bytes]:
    """Make the package and the key once, by the script itself."""
    made: dict[str, bytes] = _script().files()
    return made


@pytest.fixture
def site(tmp_path: Path, nursery: Nursery) -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(station: str, **order: Any) -> Site:
        made.append(Site(tmp_path / f"{station}-{len(made)}", station, nursery, **order))
        return made[-1]

    yield make
    for each in made:
        each.printer.close()


RANDOM_KILLS = 40
KITS = {"organizer": {"kits": 1}, "recording": {}}
STRIDE = 3
"""From one instant to the next: steps repeat, those of an answer with each of its blocks."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("station", ["organizer", "recording"])
def test_killed_at_every_step(station: str, site: Callable[..., Site], tmp_path: Path) -> None:
    step, lived, torn = 0, False, 0
    while not lived:
        step += STRIDE
        here = site(station, **KITS[station])
        lived = here.live(kill_at=step)
        if not lived:
            assert here.live()
        here.check_end()
        torn += here.torn
        shutil.rmtree(here.folder)
    assert step > 100  # the last one is the run that nothing stopped
    assert torn >= 3  # steps in the middle of a line of the journal
    print(f"{station}: killed at every step of {step - 1}, by {STRIDE}")


@pytest.mark.parametrize("station", ["organizer", "recording"])
def test_killed_again_and_again_a_step_later_each_time(station: str, site: Callable[..., Site]) -> None:
    """So that every step of the recovery is hit as well, and states pile up that one crash never makes."""
    here = site(station, **KITS[station])
    step = 0
    while not here.live(kill_at=(step := step + 1)):
        assert step < 1000
    here.check_end()
    assert here.kills >= 30
    print(f"{station}: killed {here.kills} times in a row")


@pytest.mark.parametrize("station", ["organizer", "recording"])
def test_killed_at_random_instants(station: str, site: Callable[..., Site]) -> None:
    luck = Streams(9).stream(station, "kill")
    longest_us = 50_000  # follows how long a life takes on this machine, so that the kills hit all of it

    def killer(pid: int) -> None:
        time.sleep(luck.below(longest_us) / 1_000_000)
        os.kill(pid, signal.SIGKILL)

    kills = 0
    while kills < RANDOM_KILLS:
        here = site(station, **KITS[station])
        while not (here.live(killer=killer) if here.kills < 5 else here.live()):
            longest_us += longest_us // 5
        if here.kills < 5:
            longest_us -= longest_us // 3
        here.check_end()
        kills += here.kills
    print(f"{station}: killed at {kills} random instants")


def test_killed_as_sheets_leave_the_printer(site: Callable[..., Site]) -> None:
    """The instants that matter most: the n-th sheet has just come out."""
    here = site("organizer", kits=4)

    def at_sheet(count: int) -> Callable[[int], None]:
        def killer(pid: int) -> None:
            assert here.printer.wait_for_sheets(count)
            os.kill(pid, signal.SIGKILL)

        return killer

    for _ in range(8):
        assert not here.live(killer=at_sheet(here.printer.printed + 1))
    here.live()
    here.check_end()
    assert here.kills == 8


def test_a_station_started_the_ordinary_way(site: Callable[..., Site]) -> None:
    """No nursery: a fresh interpreter each time, killed at its first sheets."""
    here = site("organizer", kits=2)
    alive = False
    for life in range(4):
        with here.printer.plug_in() as cable:
            order = json.dumps(here.order)
            command = [sys.executable, str(SCRIPT), "--order", order, str(cable.fileno())]
            process = subprocess.Popen(command, pass_fds=[cable.fileno()], env=ENVIRONMENT)
        if life < 3:
            assert here.printer.wait_for_sheets(here.printer.printed + 1 + life)
            process.kill()
        alive = here.ended(process.wait(timeout=60))
    assert alive
    here.check_end()
