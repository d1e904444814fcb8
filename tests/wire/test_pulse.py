"""The private PulseAudio: what programs see of it, and that it goes when it should."""

from __future__ import annotations

import os
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from simulators.wire import pulse
from simulators.wire.pulse import PulseDaemon, PulseError, PulseServer
from tests.peers.programs import program

pytestmark = pytest.mark.realtime

WITHIN_S = 60
FORMAT = ("--raw", "--rate=48000", "--format=s16le")


@pytest.fixture
def daemon() -> Iterator[PulseDaemon]:
    with PulseDaemon() as made:
        yield made


def env_of(daemon: PulseDaemon) -> dict[str, str]:
    return {**os.environ, **daemon.environment(), "LC_ALL": "C.UTF-8"}


def asked(daemon: PulseDaemon, *command: str) -> str:
    done = subprocess.run(
        [program(command[0]), *command[1:]],
        env=env_of(daemon),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=True,
    )
    return done.stdout


def running(daemon: PulseDaemon) -> bool:
    return daemon.pid is not None


def folder_of(daemon: PulseDaemon) -> Path:
    return Path((daemon.address or "").removeprefix("unix:")).parent


def microphone(daemon: PulseServer, folder: Path, description: str = "Mic") -> int:
    properties = {"device.description": description, "device.form_factor": "headset"}
    return daemon.load_source("mic", folder / "mic.fifo", rate_hz=48000, channels=1, properties=properties)


def earphones(daemon: PulseServer, folder: Path) -> int:
    return daemon.load_sink("ears", folder / "ears.fifo", rate_hz=48000, channels=2, properties={})


def test_its_socket_is_for_its_owner_only(daemon: PulseDaemon) -> None:
    folder = folder_of(daemon)
    assert stat.S_IMODE((folder / "native").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.peer("pulseaudio-utils")
@pytest.mark.parametrize("description", ["Гарнитура «1»", 'the "best" one', "a b, c=d; e"])
def test_a_headset_appears_under_its_description_and_goes(
    daemon: PulseDaemon, tmp_path: Path, description: str
) -> None:
    source, sink = microphone(daemon, tmp_path, description), earphones(daemon, tmp_path)
    assert {"mic", "ears.monitor"} < set(daemon.sources())
    assert "ears" in daemon.sinks()
    assert f"\tDescription: {description}\n" in asked(daemon, "pactl", "list", "sources")
    daemon.unload(source)
    daemon.unload(source)  # it is gone already
    daemon.unload(sink)
    assert set(daemon.sources()) == {"built_in_microphone", "built_in_speakers.monitor"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["it's", "a\\b"])
def test_a_text_that_the_server_would_misread_is_refused(
    daemon: PulseDaemon, tmp_path: Path, text: str
) -> None:
    with pytest.raises(ValueError, match="a"):
        microphone(daemon, tmp_path, text)


def test_portaudio_lists_it_under_its_name(daemon: PulseDaemon, tmp_path: Path) -> None:
    microphone(daemon, tmp_path)
    earphones(daemon, tmp_path)
    daemon.list_for_portaudio("headset-1", source="mic", sink="ears")
    listed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sounddevice; print(*(d['name'] for d in sounddevice.query_devices()))",
        ],
        env=env_of(daemon),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=True,
    )
    assert "headset-1" in listed.stdout.split()


@contextmanager
def recording(daemon: PulseDaemon, fifo: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Record from ``mic`` with a program that knows nothing of us; it has heard something already."""
    command = [program("parec"), "--device=mic", *FORMAT, "--channels=1", "--latency-msec=10"]
    with subprocess.Popen(
        command, env=env_of(daemon), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as peer:
        try:
            speak_until_heard(peer, fifo)
            yield peer
        finally:
            peer.kill()


def speak_until_heard(peer: subprocess.Popen[bytes], fifo: Path) -> bytes:
    assert peer.stdout is not None
    spoken = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    try:
        for _ in range(WITHIN_S * 100):
            with suppress(BlockingIOError):  # nobody has taken what was spoken before
                os.write(spoken, b"\x34\x12" * 480)
            if select.select([peer.stdout], [], [], 0.01)[0]:
                return os.read(peer.stdout.fileno(), 65536)
    finally:
        os.close(spoken)
    raise AssertionError("nothing is heard")


@pytest.mark.peer("pulseaudio-utils")
def test_what_is_written_is_heard_bit_for_bit(daemon: PulseDaemon, tmp_path: Path) -> None:
    microphone(daemon, tmp_path)
    with recording(daemon, tmp_path / "mic.fifo") as peer:
        assert b"\x34\x12" * 100 in speak_until_heard(peer, tmp_path / "mic.fifo")


@pytest.mark.peer("pulseaudio-utils")
def test_killed_streams_end_with_an_error(daemon: PulseDaemon, tmp_path: Path) -> None:
    microphone(daemon, tmp_path)
    assert daemon.kill_streams("mic") == 0
    with recording(daemon, tmp_path / "mic.fifo") as peer:
        assert daemon.kill_streams("mic") == 1
        assert peer.wait(WITHIN_S) != 0


@pytest.mark.peer("pulseaudio-utils")
def test_what_is_played_can_be_read(daemon: PulseDaemon, tmp_path: Path) -> None:
    earphones(daemon, tmp_path)
    sound = b"\x34\x12\x78\x56" * 4800
    played = os.open(tmp_path / "ears.fifo", os.O_RDONLY)
    try:
        command = [program("pacat"), "--device=ears", *FORMAT, "--channels=2"]
        with subprocess.Popen(command, env=env_of(daemon), stdin=subprocess.PIPE) as peer:
            assert peer.stdin is not None
            peer.stdin.write(sound)
            peer.stdin.close()
            heard = b""
            while sound not in heard:  # what nobody reads in time is dropped
                heard += os.read(played, 65536)
                assert len(heard) < 4 * 48000 * WITHIN_S
            assert peer.wait(WITHIN_S) == 0
    finally:
        os.close(played)


@pytest.mark.peer("pulseaudio-utils")
def test_suspended_and_muted_sources_say_so(daemon: PulseDaemon, tmp_path: Path) -> None:
    microphone(daemon, tmp_path)
    daemon.mute("mic")
    assert asked(daemon, "pactl", "get-source-mute", "mic") == "Mute: yes\n"
    daemon.mute("mic", on=False)
    assert asked(daemon, "pactl", "get-source-mute", "mic") == "Mute: no\n"
    for on, state in ((True, "SUSPENDED"), (False, "IDLE")):
        daemon.suspend("mic", on)
        [line] = [line for line in asked(daemon, "pactl", "list", "short").splitlines() if "\tmic\t" in line]
        assert line.endswith(state)


def test_what_is_not_there_is_refused(daemon: PulseDaemon, tmp_path: Path) -> None:
    for call in (daemon.mute, daemon.suspend, daemon.kill_streams):
        with pytest.raises(PulseError) as caught:
            call("nothing")
        assert caught.value.code == "refused"
    with pytest.raises(PulseError) as caught:
        daemon.load("module-nothing")
    assert caught.value.code == "refused"
    assert "module-nothing" in caught.value.detail


def test_a_killed_server_is_gone_and_comes_back_at_its_address(daemon: PulseDaemon, tmp_path: Path) -> None:
    address, before = daemon.address, daemon.pid
    microphone(daemon, tmp_path)
    daemon.kill()
    assert not running(daemon)
    with pytest.raises(PulseError) as caught:
        daemon.sources()
    assert caught.value.code == "gone"
    daemon.start()
    assert running(daemon)
    assert daemon.pid != before
    assert daemon.address == address
    assert "mic" not in daemon.sources()
    microphone(daemon, tmp_path)  # in the place of the FIFO that the killed one left
    assert "mic" in daemon.sources()


def test_another_server_is_joined_by_its_address(daemon: PulseDaemon, tmp_path: Path) -> None:
    joined = PulseServer(daemon.address)
    assert joined.version().startswith("pulseaudio ")
    module = microphone(joined, tmp_path)
    assert "mic" in daemon.sources()
    joined.choose(source="mic", sink="built_in_speakers")
    joined.unload(module)
    assert "mic" not in daemon.sources()


def test_nothing_is_left(tmp_path: Path) -> None:
    with PulseDaemon() as daemon:
        folder, pid = folder_of(daemon), daemon.pid
        microphone(daemon, folder)
    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()


def test_a_server_that_does_not_listen_to_reason_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "STOPS_WITHIN_S", 0.05)
    with PulseDaemon() as daemon:
        pid = daemon.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
    assert not Path(f"/proc/{pid}").exists()


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "PROGRAM", "no-such-pulseaudio")
    with pytest.raises(PulseError) as caught, PulseDaemon():
        pass
    assert (caught.value.code, caught.value.detail) == ("missing", "no-such-pulseaudio")


def test_one_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "pulseaudio"
    program.write_text("#!/bin/sh\necho 'no such module' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(pulse, "PROGRAM", str(program))
    with pytest.raises(PulseError) as caught, PulseDaemon():
        pass
    assert (caught.value.code, caught.value.detail) == ("not-started", "no such module")


def test_it_does_not_outlive_whoever_started_it(tmp_path: Path) -> None:
    lines = (
        "import os, signal",
        "from simulators.wire.pulse import PulseDaemon",
        "daemon = PulseDaemon().__enter__()",
        "print(daemon.pid, daemon.address, flush=True)",
        "os.kill(os.getpid(), signal.SIGKILL)",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout.split()[0])
    with suppress(ProcessLookupError):  # it may be gone already
        watched = os.pidfd_open(pid)
        try:
            assert select.select([watched], [], [], WITHIN_S)[0], "it still runs"
        finally:
            os.close(watched)
