"""``kill -9`` of a recording from a real microphone: what was spoken and what lies on the disk."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from simulators.random import Streams
from station_core.answer_file import cut_off, read_samples
from station_core.answers import Answer
from station_core.store import SqliteStore
from tests.peers.pulse_headset import RATE_HZ, SOURCE, Listener, PulseHeadset, place_of
from tests.peers.room_process import DUTY, PLACE

pytestmark = pytest.mark.realtime

HALF_A_SECOND = RATE_HZ // 2
KILLS = 4
SPOKEN = 2 * RATE_HZ
"""At least so much is spoken before a kill."""


@pytest.mark.parametrize("scheme", ["portaudio", "pyaudio"])
def test_at_most_half_a_second_is_lost(scheme: str, tmp_path: Path) -> None:
    luck = Streams(4).stream(scheme, "kill")
    recording = DUTY.stream_recording(PLACE)
    lost: list[int] = []
    with PulseHeadset(tmp_path) as headset:
        command = [sys.executable, "-m", "tests.peers.room_process", str(tmp_path), f"{scheme}:{SOURCE}"]
        for number in range(KILLS):
            with subprocess.Popen(
                command, env=os.environ | headset.daemon.environment(), stdout=subprocess.PIPE
            ) as process:
                assert process.stdout is not None
                assert process.stdout.readline() == b"it records\n"
                until = headset.microphone.said + SPOKEN + luck.below(RATE_HZ)
                while headset.microphone.said < until:
                    time.sleep(
                        0.001
                    )  # the microphone speaks as the clock goes; there is no event to wait for
                said = headset.microphone.said
                process.kill()
            with SqliteStore(tmp_path / "room.db") as store:
                answer = msgspec.convert(store.load()[f"answer/{recording}"], Answer, from_attributes=True)
            assert len(answer.parts) == number + 1, "the next start closed the part that was cut off"
            part = answer.parts[-1]
            path = tmp_path / "answers" / part.file
            assert cut_off(path, part.kept).frames == part.kept.frames
            heard = np.concatenate(list(read_samples(path)))
            first = place_of(heard, range(max(0, said - 10 * RATE_HZ), said))
            assert first is not None
            listener = Listener()
            listener.hear(heard, said)
            assert listener.missing == 0
            lost.append(said - first - len(heard))
    print(
        f"{scheme}: {', '.join(f'{each * 1000 // RATE_HZ}' for each in lost)} ms of what was spoken were lost"
    )
    assert max(lost) <= HALF_A_SECOND
