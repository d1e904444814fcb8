"""The real headset drivers' pure parts: the watchdog, which headsets there are, blocks, the level meter."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.audio import AudioBlock, AudioFormat, SoundServerGone
from hal.audio.level import Level, meter
from hal.audio.portaudio.blocks import Cutter
from hal.audio.portaudio.failures import error_of, kind_of
from hal.audio.portaudio.finding import find, headsets, is_there, with_channels
from hal.audio.portaudio.opener import PortAudioDevices
from hal.audio.portaudio.pace import EARLY_S, HELD_S, Pace
from hal.audio.portaudio.silence import HELD_MS, Silence
from hal.audio.portaudio.soundserver import End, Stream, expected, home_of, judge
from hal.audio.portaudio.watchdog import (
    SILENT_MS,
    START_MS,
    STOPPED_MS,
    STOPPED_WITH_SERVER_MS,
    Watchdog,
)
from hal.audio.portaudio.wire import (
    CHUNK_MS,
    TICK_MS,
    Attached,
    DeviceRow,
    EndRow,
    Kind,
    Reached,
    Reply,
    Seen,
    ServerRows,
    Sound,
    Target,
    Tick,
    Trouble,
)
from hal.errors import DeviceError
from hal.registry import Presence

# -- the watchdog -----------------------------------------------------------------------------------

RATE = 96_000  # bytes per second: 48 kHz, one channel
ZEROS, NOISE = bytes(RATE * CHUNK_MS // 1000), b"\1" * (RATE * CHUNK_MS // 1000)


def ticks_until_stopped(dog: Watchdog) -> int:
    for count in range(1, 1000):
        if dog.tick() is Kind.STOPPED:
            return count
    raise AssertionError("it never bites")


def test_a_stream_has_time_to_begin_and_less_to_pause() -> None:
    dog = Watchdog(RATE)
    assert ticks_until_stopped(dog) == START_MS // TICK_MS
    assert dog.sound(NOISE) is None
    assert ticks_until_stopped(dog) == STOPPED_MS // TICK_MS
    dog.attached()
    assert dog.sound(NOISE) is None
    assert ticks_until_stopped(dog) == STOPPED_WITH_SERVER_MS // TICK_MS


def test_zeros_after_sound_are_a_fault_where_nobody_can_be_asked() -> None:
    dog = Watchdog(RATE)
    assert [dog.sound(ZEROS) for _ in range(100)] == [None] * 100  # nothing was heard yet
    assert dog.sound(NOISE) is None
    until = SILENT_MS // CHUNK_MS
    assert [dog.sound(ZEROS) for _ in range(until)] == [None] * (until - 1) + [Kind.SILENT]
    assert dog.sound(NOISE) is None
    assert [dog.sound(ZEROS) for _ in range(until - 1)] == [None] * (until - 1)


def test_where_a_server_can_be_asked_zeros_are_a_pause() -> None:
    dog = Watchdog(RATE)
    dog.sound(NOISE)
    dog.attached()
    assert [dog.sound(ZEROS) for _ in range(100)] == [None] * 100


@given(st.lists(st.booleans()))
def test_pauses_shorter_than_the_limit_never_bite(ticks: list[bool]) -> None:
    dog = Watchdog(RATE)
    dog.sound(NOISE)
    pause = 0
    for tick in ticks:
        if tick and pause < STOPPED_MS // TICK_MS - 1:
            pause += 1
            assert dog.tick() is None
        else:
            pause = 0
            assert dog.sound(NOISE) is None


# -- exact zeros ------------------------------------------------------------------------------------

HELD_CHUNKS = HELD_MS // CHUNK_MS


def passed_on(chunks: list[bytes]) -> list[list[int]]:
    silence = Silence(RATE)
    sounds = [Sound(number, False, data) for number, data in enumerate(chunks)]
    return [[each.first_frame for each in silence.add(sound)] for sound in sounds]


def test_zeros_wait_for_the_sound_after_them() -> None:
    assert passed_on([NOISE, ZEROS, ZEROS, NOISE, NOISE]) == [[0], [], [], [1, 2, 3], [4]]


def test_a_long_pause_is_passed_on_as_it_comes() -> None:
    given = [NOISE] + [ZEROS] * (HELD_CHUNKS + 2) + [NOISE, ZEROS]
    waited: list[list[int]] = [[]] * HELD_CHUNKS
    end = HELD_CHUNKS + 1
    assert passed_on(given) == [[0], *waited, list(range(1, end + 1)), [end + 1], [end + 2], []]


@given(st.lists(st.sampled_from([NOISE, ZEROS]), max_size=200))
def test_only_zeros_at_the_end_are_missing(chunks: list[bytes]) -> None:
    passed = [number for numbers in passed_on(chunks) for number in numbers]
    assert passed == list(range(len(passed)))
    missing = chunks[len(passed) :]
    assert len(missing) <= HELD_CHUNKS
    assert set(missing) <= {ZEROS}


# -- sound that comes too soon ----------------------------------------------------------------------

CHUNK_FRAMES = 48 * CHUNK_MS
EARLY_CHUNKS = round(EARLY_S * 1000) // CHUNK_MS


class Paced:
    """A recording with a clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.sent: list[Reply] = []
        self.given = 0
        self._pace = Pace(48_000, 1, self.sent.append, lambda: self.now_s)

    def sound(self, chunks: int, *, overflow: bool = False) -> None:
        for number in range(chunks):
            self._pace.send(Sound(self.given * CHUNK_FRAMES, overflow and not number, NOISE))
            self.given += 1

    def tell(self, message: Reply) -> None:
        self._pace.send(message)

    def chunks(self) -> list[int]:
        return [each.first_frame // CHUNK_FRAMES for each in self.sent if isinstance(each, Sound)]


def test_sound_that_comes_too_soon_waits_for_its_time() -> None:
    recording = Paced()
    recording.sound(91)
    assert recording.chunks() == list(range(EARLY_CHUNKS + 1))
    recording.now_s = 0.4
    recording.tell(Tick())
    assert recording.chunks() == list(range(EARLY_CHUNKS + 1 + 400 // CHUNK_MS))
    assert Tick() not in recording.sent  # there was sound in place of it
    recording.tell(Tick())
    assert recording.sent[-1] == Tick()


def test_where_nothing_goes_wrong_it_does_not_wait_for_ever() -> None:
    """A busy computer was late with the first sound: what follows is this microphone's all the same."""
    recording = Paced()
    recording.sound(91)
    recording.now_s = HELD_S
    recording.tell(Tick())
    assert recording.chunks() == list(range(91))
    recording.sound(5)
    assert recording.chunks() == list(range(96))


def test_lost_sound_is_no_credit() -> None:
    """While the system lost two seconds the clock went on; what comes then must not come at once."""
    recording = Paced()
    recording.sound(1)
    recording.now_s = 2.0
    recording.sound(91, overflow=True)
    assert recording.chunks() == list(range(1 + EARLY_CHUNKS + 1))


def test_what_waits_when_something_goes_wrong_is_never_passed_on() -> None:
    recording = Paced()
    recording.sound(91)
    recording.now_s = 0.1
    recording.tell(Trouble(Kind.UNPLUGGED))
    assert recording.chunks() == list(range(EARLY_CHUNKS + 1))
    assert recording.sent[-1] == Trouble(Kind.UNPLUGGED)


def test_what_the_server_says_does_not_wait() -> None:
    recording = Paced()
    recording.tell(Attached())
    recording.sound(91)
    recording.tell(Attached())
    assert recording.sent[0] == recording.sent[-1] == Attached()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=40))
def test_sound_at_the_pace_of_the_clock_or_later_never_waits(steps: list[tuple[int, int]]) -> None:
    recording = Paced()
    recording.sound(1)
    for chunks, late in steps:
        recording.now_s += (chunks + late) * CHUNK_MS / 1000
        recording.sound(chunks)
        assert recording.chunks() == list(range(recording.given))


# -- what a sound server says -----------------------------------------------------------------------

HOME, LAPTOP = End("headset"), End("laptop")


@pytest.mark.parametrize(
    ("stream", "ends", "recording", "wanted"),
    [
        (Stream(1), {1: HOME}, True, None),
        (Stream(2), {2: LAPTOP}, True, (Kind.UNPLUGGED, "the sound server went on with laptop")),
        (None, {2: LAPTOP}, True, (Kind.UNPLUGGED, "")),
        (None, {1: HOME}, True, (Kind.ENDED, "the sound server has ended the stream")),
        (Stream(2), {1: HOME, 2: LAPTOP}, True, (Kind.STOPPED, "the sound server went on with laptop")),
        (Stream(3), {1: HOME}, True, (Kind.STOPPED, "the sound server went on with another device")),
        (Stream(1), {1: End("headset", plugged=False)}, True, (Kind.UNPLUGGED, "its socket is empty")),
        (Stream(1), {1: End("headset", muted=True)}, True, (Kind.MUTED, "headset")),
        (Stream(1, muted=True), {1: HOME}, True, (Kind.MUTED, "headset")),
        (Stream(1, muted=True), {1: End("headset", muted=True)}, False, None),
        (Stream(1), {1: End("headset", suspended=True)}, True, (Kind.STOPPED, "headset is suspended")),
        (Stream(2), {2: HOME}, True, (Kind.UNPLUGGED, "the sound server went on with headset")),
    ],
    ids=[
        "well", "moved", "gone", "killed", "moved-away", "moved-nowhere", "jack", "muted", "stream-muted",
        "ears-muted", "suspended", "back-as-another",
    ],
)  # fmt: skip
def test_judgement(
    stream: Stream | None, ends: dict[int, End], recording: bool, wanted: tuple[Kind, str] | None
) -> None:
    assert judge(1, stream, ends, recording=recording) == wanted


def test_a_stream_belongs_where_it_was_asked_for() -> None:
    ends = {1: HOME, 2: LAPTOP}
    assert home_of("", Stream(2), ends) == 2
    assert home_of("headset", Stream(1), ends) == 1
    for there in (ends, {2: LAPTOP}):  # it went elsewhere before the first look
        found = judge(home_of("headset", Stream(2), there), Stream(2), there, recording=True)
        assert found is not None
        assert found[1] == "the sound server went on with laptop"


def test_codes_of_portaudio() -> None:
    assert [kind_of(code) for code in (-9999, -9997, -9998, -9985, -1)] == [
        Kind.UNPLUGGED, Kind.FORMAT, Kind.FORMAT, Kind.BUSY, Kind.FAILED
    ]  # fmt: skip
    assert all(isinstance(error_of(kind, "x"), DeviceError) for kind in Kind)


# -- which headsets there are -----------------------------------------------------------------------

HW = [
    DeviceRow("HDA Intel PCH: ALC257 Analog (hw:0,0)", 2, 2),
    DeviceRow("HDA Intel PCH: HDMI 0 (hw:0,3)", 0, 8),
    DeviceRow("Logitech USB Headset: Audio (hw:1,0)", 1, 2),
    DeviceRow("Webcam: USB Audio (hw:2,0)", 2, 0),
    DeviceRow("Split: Capture (hw:3,0)", 1, 0),
    DeviceRow("Split: Playback (hw:3,1)", 0, 2),
    DeviceRow("sysdefault", 128, 128),
    DeviceRow("pulse", 32, 32),
    DeviceRow("default", 32, 32),
]


def end(name: str, mate: str, *, muted: bool = False, plugged: bool = True, channels: int = 1) -> EndRow:
    return EndRow(name, f"{name} label", mate, channels, muted, plugged)


SERVER = ServerRows(
    sources=[
        end("a-jack", "card 0", plugged=False, channels=2),
        end("b-muted", "card 1", muted=True),
        end("c-camera", "card 2"),
        end("d-fifo", ""),
    ],
    sinks=[end("ears-0", "card 0", channels=6), end("ears-1", "card 1", channels=2), end("null", "")],
)


def test_without_a_server_the_pairs_of_portaudio_are_listed() -> None:
    found = headsets(Seen(HW, None))
    assert [(each.label, each.channels) for each in found] == [
        ("HDA Intel PCH: ALC257 Analog", (2, 2)),
        ("Logitech USB Headset: Audio", (1, 2)),
        ("Split: Capture", (1, 2)),
    ]
    assert found[2].target == Target("Split: Capture (hw:3,0)", "Split: Playback (hw:3,1)")
    for each in found:
        assert find(Seen(HW, None), each.name) == each
        assert find(Seen(HW, None), each.label) == each  # the place of a USB device changes
        assert is_there(Seen(HW, None), each.name, "", "")
    assert headsets(Seen(HW, ServerRows([], []))) == found


def test_with_a_server_its_pairs_are_listed() -> None:
    seen = Seen(HW, SERVER)
    assert [(each.name, each.state, each.target, each.channels) for each in headsets(seen)] == [
        ("a-jack", "headset-unplugged", Target("pulse", "pulse", "a-jack", "ears-0"), (2, 2)),
        ("b-muted", "headset-muted", Target("pulse", "pulse", "b-muted", "ears-1"), (1, 2)),
    ]
    fifo = find(seen, "d-fifo")
    assert fifo is not None
    assert fifo.target == Target("pulse", "pulse", "d-fifo", "")
    raw = find(seen, "Logitech USB Headset: Audio (hw:1,0)")
    assert raw is not None
    assert raw.target.source == ""
    assert find(seen, "Webcam: USB Audio (hw:2,0)") is None  # nothing to hear with
    assert find(seen, "nobody") is None


def test_a_server_that_alsa_does_not_lead_to_is_of_no_use() -> None:
    bare = [row for row in HW if row.name != "pulse"]
    assert headsets(Seen(bare, SERVER)) == headsets(Seen(bare, None))
    assert find(Seen(bare, SERVER), "d-fifo") is None
    pipewire = Seen([*bare, DeviceRow("pipewire", 64, 64)], SERVER)
    assert headsets(pipewire)[0].target.microphone == "pipewire"


def test_the_default_is_whatever_it_leads_to() -> None:
    assert find(Seen([], None), "") is None
    found = find(Seen(HW, SERVER), "")
    assert found is not None
    known = with_channels(found, Seen(HW, SERVER), Reached([48_000], "b-muted", "ears-1"))
    assert (known.label, known.channels) == ("b-muted label", (1, 2))
    assert with_channels(found, Seen(HW, None), Reached([48_000], "", "")) == found


def test_a_headset_is_there_while_the_server_has_both_its_ends() -> None:
    seen = Seen(HW, SERVER)
    assert is_there(seen, "b-muted", "b-muted", "ears-1")
    assert is_there(seen, "b-muted", "b-muted", "")
    assert not is_there(seen, "b-muted", "b-muted", "gone")
    assert not is_there(seen, "a-jack", "a-jack", "ears-0")
    assert not is_there(Seen(HW, None), "b-muted", "b-muted", "ears-1")
    assert not is_there(Seen([], None), "Logitech USB Headset: Audio", "", "")


def test_what_appears_and_goes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [Seen(HW[:1], None), Seen(HW[:3], None), Seen(HW[2:3], None)]

    async def look(driver: str, device: str) -> Seen:
        assert (driver, device) == ("sounddevice", "portaudio")
        return looks.pop(0)

    monkeypatch.setattr("hal.audio.portaudio.opener.look", look)

    async def main() -> list[tuple[Presence, str]]:
        watching = PortAudioDevices(poll=0).watch()
        events = [await anext(watching), await anext(watching)]
        return [(event.presence, event.device.url) for event in events]

    assert asyncio.run(main()) == [
        (Presence.APPEARED, "portaudio:Logitech%20USB%20Headset%3A%20Audio%20%28hw%3A1%2C0%29"),
        (Presence.GONE, "portaudio:HDA%20Intel%20PCH%3A%20ALC257%20Analog%20%28hw%3A0%2C0%29"),
    ]


# -- a sound server that should answer --------------------------------------------------------------


def listening(path: Path) -> str:
    path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    return f"unix:{path}"


def test_where_a_server_is_expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PULSE_SERVER", "PULSE_RUNTIME_PATH", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert expected() == "", "a computer with ALSA alone"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    assert expected() == "", "none has run"
    address = listening(tmp_path / "run" / "pulse" / "native")
    assert expected() == address
    monkeypatch.setenv("PULSE_RUNTIME_PATH", str(tmp_path / "pulse"))
    assert expected() == address
    address = listening(tmp_path / "pulse" / "native")
    assert expected() == address
    monkeypatch.setenv("PULSE_SERVER", "tcp:room5")
    assert expected() == "tcp:room5, which PULSE_SERVER names"


SILENT = "unix:/nope, which PULSE_SERVER names"


def test_without_the_server_nobody_says_that_there_is_no_headset(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [Seen([], None, SILENT)]

    async def look(_driver: str, _device: str) -> Seen:
        return seen[-1]

    monkeypatch.setattr("hal.audio.portaudio.opener.look", look)
    devices = PortAudioDevices(poll=0)
    with pytest.raises(SoundServerGone, match="nobody answers at unix:/nope"):
        asyncio.run(devices.discover())
    seen.append(Seen(HW[:1], None, SILENT))
    assert len(asyncio.run(devices.discover())) == 1, "what ALSA has works without it"
    seen.append(Seen([], None))
    assert asyncio.run(devices.discover()) == (), "nobody expects a server"


def test_a_server_that_ends_takes_its_headsets_away(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [Seen(HW[:1], None), Seen([], None, SILENT)]

    async def look(_driver: str, _device: str) -> Seen:
        return looks.pop(0)

    monkeypatch.setattr("hal.audio.portaudio.opener.look", look)

    async def main() -> Presence:
        return (await anext(PortAudioDevices(poll=0).watch())).presence

    assert asyncio.run(main()) is Presence.GONE


# -- blocks -----------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.sampled_from(["", "", "", "gap", "flag"])), min_size=1, max_size=40
    ),
    st.integers(1, 60),
    st.integers(1, 2),
)
def test_blocks_hold_every_sample_once(
    chunks: list[tuple[int, str]], block_frames: int, channels: int
) -> None:
    cutter = Cutter(AudioFormat(1_000, channels), block_frames * 1000)
    blocks: list[AudioBlock] = []
    said, frame = [], 0
    for number, (frames, fault) in enumerate(chunks):
        frame += 7 if fault == "gap" else 0
        samples = np.full((frames, channels), number, dtype="<i2")
        said.append(samples)
        blocks += cutter.add(Sound(frame, fault == "flag", samples.tobytes()))
        frame += frames
    blocks += cutter.rest()
    assert np.array_equal(np.concatenate([block.samples() for block in blocks]), np.concatenate(said))
    frame = 0
    for place, block in enumerate(blocks):
        assert block.samples().shape == (block.frames, channels)
        assert block.frames <= block_frames
        assert block.first_frame == frame or block.overflow
        following = blocks[place + 1] if place + 1 < len(blocks) else None
        assert block.frames == block_frames or following is None or following.overflow
        frame = block.first_frame + block.frames
    assert sum(block.overflow for block in blocks) == sum(bool(fault) for _, fault in chunks)


def test_a_block_has_at_least_a_frame() -> None:
    with pytest.raises(ValueError, match="shorter than a frame"):
        Cutter(AudioFormat(1_000, 1), 999)


# -- the meter --------------------------------------------------------------------------------------


def test_the_meter_shows_what_is_known() -> None:
    sine = (16383.5 * np.sin(2 * np.pi * np.arange(48_000) / 48)).astype(np.int16).reshape(-1, 1)
    assert meter(sine) == Level(-90, -60)  # half of full scale, 3 dB less as RMS
    assert meter(np.hstack([np.zeros_like(sine), sine])) == meter(sine)  # the loudest channel
    assert meter(np.full((10, 1), -32768, dtype=np.int16)).peak_tenths == 0
    assert meter(np.zeros((0, 1), dtype=np.int16)) == Level(-999, -999)


# -- what is imported -------------------------------------------------------------------------------


def test_commands_and_openers_load_no_library_of_a_driver() -> None:
    code = (
        "import sys, lab.cli, hal.registry\n"
        "for scheme in ('portaudio', 'pyaudio'): hal.registry.opener(scheme + ':')\n"
        "print(sorted({'sounddevice', 'pyaudio', 'pulsectl', '_sounddevice'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
