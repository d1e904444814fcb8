"""Programs that know nothing of us use the virtual headset: parec, pacat, pactl, and PortAudio."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from simulators.profiles import headset_profile, names
from simulators.wire.pulse import PulseDaemon
from tests.peers.virtual_headset import (
    RATE,
    WITHIN_S,
    VirtualHeadset,
    begun,
    level,
    level_at,
    served,
    take,
    tone,
)

pytestmark = [pytest.mark.realtime, pytest.mark.peer("pulseaudio, pulseaudio-utils")]


@pytest.fixture(scope="module")
def _hears_a_tone() -> Iterator[VirtualHeadset]:
    with served("--say", "tone", "--profile", "sennheiser-pc8") as headset:
        yield headset


@pytest.fixture
def headset(_hears_a_tone: VirtualHeadset) -> Iterator[VirtualHeadset]:
    """One headset that hears a tone of 1000 Hz, as loud as speech: -24.0 dBFS."""
    yield _hears_a_tone
    if not _hears_a_tone.ctl("state")["server"]["running"]:
        _hears_a_tone.ctl("start-server")
    for verb in ("plug-in", "lift", "let-go", "unmute", "resume"):
        _hears_a_tone.ctl(verb)
    _hears_a_tone.ctl("speak", "tone")
    _hears_a_tone.ctl("level", "0")


# -- the microphone ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", names("headsets"))
def test_speech_has_the_level_of_the_model(profile: str) -> None:
    with served("--say", "tone:hz=440", "--profile", profile) as headset:
        heard = headset.record(1.5)
    assert abs(level_at(heard, 440) - headset_profile(profile).speech_level_tenths_dbfs / 10) < 0.5
    assert int(np.abs(np.fft.rfft(heard[-RATE:])[1:]).argmax()) + 1 == 440


def test_every_sample_arrives_once_and_in_order() -> None:
    with served("--say", "counter", "--line") as headset:
        headset.record(0.1)  # begins with 15 ms that the server took when the headset was plugged in
        heard = headset.record(6).astype(np.int64)
        assert headset.ctl("state")["headsets"][0]["lost_frames"] == 0
    assert set((np.diff(heard) % 32768).tolist()) == {1}


def test_a_recording_begins_with_the_present(headset: VirtualHeadset) -> None:
    """What nobody took before is not heard later: a second of sound is there after a second."""
    headset.record(0.2)
    headset.ctl("fault", "silent")
    headset.record(0.3)
    headset.ctl("lift")
    heard = headset.record(1)
    assert not np.all(heard == 0)
    assert np.flatnonzero(heard)[0] < 0.1 * RATE


def test_portaudio_records_it_by_its_name(headset: VirtualHeadset) -> None:
    lines = (
        "import sounddevice, sys",
        "heard = sounddevice.rec(72000, 48000, 1, 'int16', device='headset-1', blocking=True)",
        "sys.stdout.buffer.write(heard.astype('<i2').tobytes())",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env=headset.env,
        capture_output=True,
        timeout=WITHIN_S,
        check=True,
    )
    assert abs(level_at(np.frombuffer(done.stdout, "<i2"), 1000) + 24) < 0.5


def test_louder_softer_and_silent(headset: VirtualHeadset) -> None:
    assert headset.ctl("level", "headset-1", "-6")["level_db"] == -6
    assert abs(level_at(headset.record(1.5), 1000) + 30) < 0.5
    assert headset.ctl("hush", "headset-1")["says"] == ""
    assert level(headset.record(1.2)[-RATE:]) < -60


def test_faults_by_command(headset: VirtualHeadset) -> None:
    headset.ctl("hush")
    state = headset.ctl("fault", "headset-1", "hum:level_dbfs=-30")
    assert state["faults"] == {"hum": {"level_dbfs": -30}}
    # 50 Hz and half as much of 150 Hz have that level together
    assert abs(level_at(headset.record(1.3), 50) - (-30 - 10 * np.log10(1.25))) < 0.5
    headset.ctl("fault", "silent")
    assert headset.ctl("fault", "headset-1", "hum")["faults"]["hum"] == {"level_dbfs": -36}
    assert not headset.record(1)[-RATE // 2 :].any()
    assert headset.ctl("lift", "headset-1", "silent")["faults"] == {"hum": {"level_dbfs": -36}}
    assert headset.ctl("lift", "headset-1")["faults"] == {}
    assert level(headset.record(1.2)[-RATE:]) < -60


def test_a_fault_passes_by_itself(headset: VirtualHeadset) -> None:
    with headset.recording() as peer:
        take(peer, 0.2)
        headset.ctl("fault", "silent", seconds=1)
        heard = take(peer, 3).reshape(-1, 480)
    silent = [not block.any() for block in heard]
    assert 95 <= sum(silent) <= 105
    assert not silent[-1]


def test_faults_from_the_beginning() -> None:
    with served("--say", "silence", "--fault", "hum:level_dbfs=-20", "--fault", "dc-offset") as headset:
        state = headset.ctl("state")["headsets"][0]
        heard = headset.record(1.2)[-RATE:]
    assert state["faults"] == {"dc-offset": {"level_dbfs": -30}, "hum": {"level_dbfs": -20}}
    assert abs(level(heard - heard.mean()) + 20) < 0.5
    assert abs(20 * np.log10(heard.mean() / 32767) + 30) < 0.5


# -- what it says ------------------------------------------------------------------------------------------


def test_a_recording_is_as_loud_as_speech(headset: VirtualHeadset, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "said.flac", tone(500, 1, peak=300), RATE)
    state = headset.ctl("speak", "headset-1", file=str(tmp_path / "said.flac"))
    assert state["says"] == str(tmp_path / "said.flac")
    assert abs(level_at(headset.record(2), 500) + 24) < 0.5


def test_once_is_once(headset: VirtualHeadset, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "said.wav", tone(500, 0.5), RATE)
    with headset.recording() as peer:
        take(peer, 0.2)
        headset.ctl("speak", str(tmp_path / "said.wav"), once=True)
        heard = take(peer, 2).reshape(-1, RATE // 100)
    # what was heard before was the tone
    loud = [level(block) > -40 and level_at(np.resize(block, RATE), 500) > -40 for block in heard]
    assert 45 <= sum(loud) <= 56
    assert level(heard[-20:]) < -50


@pytest.mark.peer("espeak-ng")
@pytest.mark.parametrize(("text", "voice"), [("Проверка записи", "ru"), ("This is a test", "en")])
def test_text_is_read_aloud(headset: VirtualHeadset, text: str, voice: str) -> None:
    assert headset.ctl("speak", "headset-1", *text.split(), voice=voice)["says"] == text
    assert -34 < level(headset.record(2.5)) < -22


# -- the earphones -----------------------------------------------------------------------------------------


def test_what_was_played_can_be_looked_into(headset: VirtualHeadset, tmp_path: Path) -> None:
    sound = tone(440, 1.5, channels=2)
    sound[:, 1] = 0
    headset.ctl("played", "headset-1", file=str(tmp_path / "before.wav"))  # other tests have played as well
    headset.play(sound)
    played = headset.ctl("state")["headsets"][0]["played"]
    assert len(sound) - 10 <= played["frames"] < 2 * len(sound)
    assert abs(played["level_tenths_dbfs"] / 10 - level(sound)) < 0.5
    state = headset.ctl("played", "headset-1", file=str(tmp_path / "played.wav"))
    assert state["played"]["frames"] == 0
    written, rate = soundfile.read(tmp_path / "played.wav", dtype="int16")
    assert rate == RATE
    begin = int(np.flatnonzero(written[:, 0])[0])
    assert np.array_equal(written[begin : begin + RATE], sound[1 : RATE + 1])


def test_an_earpiece_at_the_microphone(headset: VirtualHeadset) -> None:
    headset.ctl("hush")
    assert headset.ctl("hold", "headset-1")["held"] is True
    sound = tone(600, 3, channels=2)
    with headset.recording() as peer:
        player = threading.Thread(target=headset.play, args=(sound,))
        player.start()
        heard = take(peer, 3)
        player.join(WITHIN_S)
    assert headset.ctl("let-go", "headset-1")["held"] is False
    # as loud as an ordinary speaker: what is -18.1 dBFS in the earphones is -24 dBFS in the microphone
    middle = heard[RATE : 2 * RATE]
    assert abs(level(middle) - (level(sound) + 18.1 - 24)) < 0.5
    assert level_at(middle, 600) > level(middle) - 1  # and it is that tone


# -- hands -------------------------------------------------------------------------------------------------


def test_unplugging_is_seen_by_the_server(headset: VirtualHeadset) -> None:
    with headset.following() as follower:
        state = headset.ctl("unplug", "headset-1")
        assert (state["plugged"], state["present"]) == (False, False)
        assert "headset-1" not in headset.run("pactl", "list", "short", "sources")
        assert headset.asked("mute", "headset-1")["error"] == "control-headset-away"
        state = headset.ctl("plug-in", "headset-1")
        assert (state["plugged"], state["present"]) == (True, True)
        seen = ""
        while "'new' on source" not in seen:
            seen += follower.readline()
    assert "'remove' on source" in seen
    assert headset.run("pactl", "get-default-source").strip() == "headset-1"
    assert abs(level_at(headset.record(1.5), 1000) + 24) < 0.5


def test_it_comes_back_by_itself(headset: VirtualHeadset) -> None:
    with headset.following() as follower:
        assert headset.ctl("unplug", "headset-1", seconds=1)["present"] is False
        while "'new' on source" not in follower.readline():
            pass
    assert abs(level_at(headset.record(1.5), 1000) + 24) < 0.5


def test_the_stream_of_an_unplugged_headset_hears_zeros(headset: VirtualHeadset) -> None:
    with headset.recording() as peer:
        assert take(peer, 0.5).any()
        headset.ctl("unplug")
        take(peer, 1)
        assert not take(peer, 1).any()  # the server has moved it to the computer's own microphone


def test_muting_gives_zeros(headset: VirtualHeadset) -> None:
    with headset.recording() as peer:
        assert take(peer, 0.5).any()
        assert headset.ctl("mute", "headset-1")["muted"] is True
        take(peer, 1)
        assert not take(peer, 1).any()
        headset.ctl("unmute")
        take(peer, 1)
        assert take(peer, 1).any()


def test_suspending_stops_the_stream(headset: VirtualHeadset) -> None:
    with headset.recording() as peer:
        assert take(peer, 0.5).any()
        assert headset.ctl("suspend", "headset-1")["suspended"] is True
        assert "SUSPENDED" in headset.run("pactl", "list", "short", "sources")
        headset.ctl("resume")
        assert take(peer, 1).any()


def test_a_killed_stream_ends(headset: VirtualHeadset) -> None:
    with headset.recording() as peer:
        assert take(peer, 0.5).any()
        headset.ctl("kill-stream")
        assert peer.wait(WITHIN_S) != 0


def test_a_killed_server_ends_every_stream_and_starts_anew(headset: VirtualHeadset) -> None:
    with headset.recording() as peer:
        assert take(peer, 0.5).any()
        state = headset.ctl("kill-server")
        assert state["server"]["running"] is False
        assert state["headsets"][0]["present"] is False
        assert peer.wait(WITHIN_S) != 0
    state = headset.ctl("start-server")
    assert state["server"]["running"] is True
    assert state["headsets"][0]["present"] is True
    assert abs(level_at(headset.record(1.5), 1000) + 24) < 0.5


def test_a_server_that_somebody_else_kills_is_noticed(headset: VirtualHeadset) -> None:
    os.kill(_pid_of(headset), signal.SIGKILL)
    headset.wait_until_away()
    assert headset.ctl("start-server")["headsets"][0]["present"] is True


def _pid_of(headset: VirtualHeadset) -> int:
    address = headset.ready["env"]["PULSE_SERVER"].removeprefix("unix:")
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"socket={address}".encode() in process.read_bytes():
                return int(process.parent.name)
        except OSError:
            continue  # it has ended since
    raise AssertionError("there is no such server")


# -- several, and elsewhere --------------------------------------------------------------------------------


def test_a_room_of_headsets() -> None:
    with served("room5", "--count", "3", "--say", "silence") as room:
        assert room.names == ["room5-1", "room5-2", "room5-3"]
        assert room.asked("hush")["error"] == "control-which-target"
        assert room.asked("hush", "room5-4")["error"] == "control-unknown-target"
        assert room.asked("speak", "room5-1", "")["error"] == "say-nothing"
        room.ctl("speak", "room5-2", "tone:hz=700")
        levels = [level_at(room.record(1.3, name), 700) for name in room.names]
        assert levels[1] > -40 > max(levels[0], levels[2])
        room.ctl("unplug", "room5-2")
        listed = room.run("pactl", "list", "short", "sources")
        assert [name for name in room.names if f"\t{name}\t" in listed] == ["room5-1", "room5-3"]


def test_it_joins_a_server_and_leaves_it_as_it_was() -> None:
    with PulseDaemon() as desktop:
        before = desktop.sources(), desktop.sinks()
        assert desktop.address is not None
        with served("guest", "--server", desktop.address, "--say", "tone") as headset:
            assert headset.ready["env"]["PULSE_SERVER"] == desktop.address
            assert "guest" in desktop.sources()
            assert "guest-earphones" in desktop.sinks()
            assert level_at(headset.record(1.3, "guest"), 1000) > -40
            assert headset.asked("kill-server")["error"] == "control-not-our-server"
        assert (desktop.sources(), desktop.sinks()) == before


def test_half_a_headset_is_taken_away_whole() -> None:
    with PulseDaemon() as desktop, served("guest", "--server", desktop.address or "") as headset:
        modules = headset.run("pactl", "list", "short", "modules").splitlines()
        [source] = [line for line in modules if "module-pipe-source" in line]
        headset.run("pactl", "unload-module", source.split()[0])
        headset.wait_until_away()
        while "guest-earphones" in desktop.sinks():
            pass  # it is taken away in the background
        assert headset.ctl("plug-in", "guest")["present"] is True
        assert {"guest", "guest-earphones.monitor"} < set(desktop.sources())


def test_a_name_that_the_server_has_already_is_refused() -> None:
    with PulseDaemon() as desktop, begun("built_in_microphone", "--server", desktop.address or "") as server:
        _, told = server.communicate(timeout=WITHIN_S)
        assert server.returncode == 2
        assert "built_in_microphone" in told
        assert len(told.splitlines()) == 1
        assert desktop.sources() == ["built_in_speakers.monitor", "built_in_microphone"]


# -- the end -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_any_time_and_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    for folders in (1, 2, 3):  # our folder is there, the one of the sound server too, everything is
        with begun("--say", "tone", TMPDIR=str(tmp_path)) as server:
            assert server.stderr is not None
            assert server.stdout is not None
            if folders == 3:
                server.stdout.readline()
            while len(list(tmp_path.glob("ppelab-*"))) < min(folders, 2) and server.poll() is None:
                pass
            server.send_signal(number)
            told = server.stderr.read()
            assert server.wait(WITHIN_S) == 0, told
        assert list(tmp_path.iterdir()) == []


def test_the_sound_server_does_not_outlive_a_killed_command() -> None:
    with begun("--say", "tone") as server:
        assert server.stdout is not None
        headset = VirtualHeadset(json.loads(server.stdout.readline()), server.pid)
        watched = os.pidfd_open(_pid_of(headset))
        try:
            server.kill()
            assert select.select([watched], [], [], WITHIN_S)[0], "it still runs"
        finally:
            os.close(watched)
