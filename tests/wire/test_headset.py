"""The parts of the virtual headset: what it says, the tape of what was played, FIFOs, faults as written."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from hal.audio import Samples
from simulators import sound
from simulators.wire.control import ControlError
from simulators.wire.headset import tape as tape_module
from simulators.wire.headset.pipes import EarphonesPipe, MicrophonePipe, PipeGone
from simulators.wire.headset.say import CannotSay, resampled, saying
from simulators.wire.headset.tape import Tape
from simulators.wire.headset.wishes import KINDS, fault_wish

RATE = sound.RATE_HZ


def tone(hz: int, rate_hz: int, frames: int, peak: int = 8000) -> Samples:
    return np.round(peak * np.sin(2 * np.pi * hz * np.arange(frames) / rate_hz)).astype(np.int16)[:, None]


# -- what it says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 44100, 48000, 96000])
def test_a_recording_keeps_its_pitch_and_length_at_any_rate(rate_hz: int) -> None:
    wave = resampled(tone(1000, rate_hz, rate_hz)[:, 0].astype(np.int32), rate_hz)
    assert len(wave) == RATE
    assert int(np.abs(np.fft.rfft(wave)).argmax()) == 1000
    assert abs(np.sqrt((wave.astype(float) ** 2).mean()) - 8000 / np.sqrt(2)) < 5


@pytest.mark.parametrize("peak", [50, 3000, 32000])
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_recording_is_as_loud_as_speech_with_or_without_pauses(
    tmp_path: Path, suffix: str, peak: int
) -> None:
    path = tmp_path / f"said.{suffix}"
    spoken = tone(700, 16_000, 16_000, peak)
    soundfile.write(path, np.concatenate([spoken, np.zeros_like(spoken), spoken]), 16_000)
    made = saying(str(path)).begin(0).render(0, RATE - 480)
    assert abs(20 * np.log10(np.sqrt((made.astype(float) ** 2).mean()) / sound.SPEECH_RMS)) < 0.3


def test_as_it_is_a_recording_stays_bit_for_bit(tmp_path: Path) -> None:
    samples = tone(700, RATE, 5000, 123)
    soundfile.write(tmp_path / "said.wav", samples, RATE)
    made = saying(str(tmp_path / "said.wav"), as_it_is=True).begin(77).render(77, 5000)
    assert np.array_equal(made, samples[:, 0])


def test_silence_stays_silence(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "said.wav", np.zeros((100, 2), dtype=np.int16), RATE)
    assert not saying(str(tmp_path / "said.wav")).begin(0).render(0, 500).any()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "say-nothing"),
        ("tone:hz=x", "say-bad-param"),
        ("voice:hz=5", "say-no-param"),
        ("sweep:from_hz=9,to_hz=9", "say-flat-sweep"),
        ("no.flac", "say-no-file"),
        ("a\0b.flac", "say-no-file"),
    ],
)
def test_what_cannot_be_said(text: str, code: str) -> None:
    with pytest.raises(CannotSay) as caught:
        saying(text)
    assert caught.value.code == code


def test_a_voice_that_no_command_line_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "/bin/true")
    with pytest.raises(CannotSay) as caught:
        saying("добрый день", voice="r\0u")
    assert caught.value.code == "say-not-spoken"


# -- faults as written -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_read_as_it_is_written(kind: str) -> None:
    usual = fault_wish(kind)
    assert usual.params == KINDS[kind].params
    written = ",".join(f"{name}={value}" for name, value in usual.params.items())
    assert fault_wish(f"{kind}:{written}" if written else kind) == usual


@given(st.text(max_size=30))
def test_nonsense_is_refused_and_never_crashes(text: str) -> None:
    if text.partition(":")[0] in KINDS:
        return
    with pytest.raises(ControlError):
        fault_wish(text)
    with pytest.raises(ControlError):
        fault_wish(f"hum:{text}=")


# -- the tape ----------------------------------------------------------------------------------------------


def blocks(*lengths: int) -> list[Samples]:
    """Return blocks of so many frames: sound, or silence where the number is negative."""
    return [np.full((abs(length), 2), length > 0, dtype=np.int16) for length in lengths]


def recorded(*lengths: int) -> Tape:
    tape = Tape(2)
    for block in blocks(*lengths):
        tape.add(block)
    return tape


def test_silence_around_a_sound_is_not_kept_and_pauses_in_it_are() -> None:
    assert recorded(-5000, 100, -RATE, 100, -RATE).frames == 200 + RATE
    assert recorded(100, -3 * RATE, 100).frames == 200
    assert recorded(-100).frames == 0
    assert recorded(-100).samples().shape == (0, 2)


def test_it_says_when_it_sounds() -> None:
    tape = Tape(2)
    assert [tape.add(block) for block in blocks(-100, 10, -RATE // 10, -RATE // 5, 10)] == [
        False, True, True, False, True,
    ]  # fmt: skip
    tape.clear()
    assert (tape.frames, tape.level_tenths_dbfs()) == (0, None)


def test_its_level_is_that_of_the_last_second() -> None:
    tape = Tape(1)
    for samples in np.split(np.concatenate([tone(500, RATE, RATE, 9000), tone(500, RATE, RATE, 3000)]), 40):
        tape.add(samples)
    level = tape.level_tenths_dbfs()
    assert level is not None
    assert abs(level / 10 - 20 * np.log10(3000 / np.sqrt(2) / sound.FULL_SCALE)) < 0.1


def test_the_last_minute_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape_module, "KEPT", 1000)
    tape = recorded(*[300] * 10)
    assert 1000 <= tape.frames < 1300
    assert len(tape.samples()) == tape.frames


# -- the FIFOs ---------------------------------------------------------------------------------------------


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


def count(first: int, frames: int) -> Samples:
    return (np.arange(first, first + frames) % 30_000).astype(np.int16)[:, np.newaxis]


def test_a_busy_server_loses_nothing(fifo: Path) -> None:
    server = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    pipe = MicrophonePipe(fifo, 1)
    try:
        assert pipe.write(count(0, 10)) is True
        heard = os.read(server, 100)
        for number in range(50):  # 75,000 bytes: more than the FIFO holds
            pipe.write(count(10 + number * 750, 750))
        while len(heard) < 2 * 37_510:
            heard += os.read(server, 1000)
            pipe.write(count(0, 0))
        assert np.array_equal(np.frombuffer(heard, "<i2"), count(0, 37_510)[:, 0])
        assert pipe.lost == 0
    finally:
        pipe.close()
        os.close(server)


def test_while_nobody_records_only_the_present_waits(fifo: Path) -> None:
    server = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    pipe = MicrophonePipe(fifo, 1)
    try:
        assert pipe.write(count(0, 100)) is True
        assert pipe.write(count(100, 100)) is False
        pipe.rest()
        for first in range(200, 100_000, 100):
            assert pipe.write(count(first, 100)) is False
        heard = np.frombuffer(os.read(server, 1 << 16), "<i2")
        assert np.array_equal(heard, count(99_900, 100)[:, 0])
        assert pipe.write(count(100_000, 100)) is True
        assert pipe.lost == 0
    finally:
        pipe.close()
        os.close(server)


def test_what_a_server_does_not_take_for_seconds_is_lost_in_whole_frames(fifo: Path) -> None:
    server = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    pipe = MicrophonePipe(fifo, 2)
    try:
        pipe.write(np.zeros((1, 2), dtype=np.int16))
        os.read(server, 4)
        second = np.repeat(count(0, RATE), 2, axis=1)
        for _ in range(4):
            pipe.write(second)
        assert 2 * RATE < pipe.lost <= 4 * RATE
        while os.read(server, 1 << 12):
            if pipe.write(np.zeros((0, 2), dtype=np.int16)):
                break
        pipe.write(np.repeat(count(500, 10), 2, axis=1))
        heard = np.frombuffer(os.read(server, 100), "<i2").reshape(-1, 2)
        assert np.array_equal(heard[-10:, 0], count(500, 10)[:, 0])
    finally:
        pipe.close()
        os.close(server)


def test_a_server_that_leaves_is_noticed(fifo: Path) -> None:
    with pytest.raises(PipeGone):
        MicrophonePipe(fifo, 1)
    server = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    pipe = MicrophonePipe(fifo, 1)
    os.close(server)
    with pytest.raises(PipeGone):
        pipe.write(count(0, 10))
    pipe.close()


def test_a_server_that_leaves_while_nobody_records_is_noticed(fifo: Path) -> None:
    server = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    pipe = MicrophonePipe(fifo, 1)
    pipe.write(count(0, 10))
    pipe.rest()
    fifo.unlink()  # as it does with its module
    os.close(server)
    with pytest.raises(PipeGone):
        pipe.write(count(10, 10))
    pipe.close()


def test_what_is_played_arrives_in_whole_frames(fifo: Path) -> None:
    async def main() -> None:
        heard: list[Samples] = []
        gone = asyncio.Event()
        reader = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)  # so that the other end can be opened
        server = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        pipe = EarphonesPipe(fifo, 2, heard.append, gone.set)
        os.close(reader)
        sent = np.arange(200, dtype=np.int16).reshape(-1, 2).astype("<i2").tobytes()
        for begin in range(0, len(sent), 7):
            os.write(server, sent[begin : begin + 7])
            await asyncio.sleep(0)
        os.close(server)
        async with asyncio.timeout(60):
            await gone.wait()
        pipe.close()
        assert np.concatenate(heard).reshape(-1).tolist() == list(range(200))

    asyncio.run(main())
