"""The picture of a recording: nothing short gets lost in it, and its files are what they claim to be."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.sound import drawing
from lab.sound.picture import MOST_CLOSE_UPS, MOST_COLUMNS, ROWS, Columns, Painter, close_ups, paint
from lab.sound.png import png
from station_core.audio_check import Figures, Finding, Kind, Outcome, Report
from tests.sound_files import RATE, voice


def tone(hz: float, seconds: float, peak: float = 16_384.0) -> np.ndarray:
    wave = peak * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)
    return np.rint(wave).astype(np.int16)[:, np.newaxis]


@settings(max_examples=25)
@given(st.integers(1, 700_000), st.lists(st.integers(1, 90_000), min_size=1, max_size=5), st.integers(1, 2))
def test_columns_cover_the_recording_whatever_its_blocks(
    length: int, sizes: list[int], channels: int
) -> None:
    sound = np.random.default_rng(length).integers(-9000, 9000, (length, channels)).astype(np.int16)
    painter, at, turn = Painter(RATE, channels), 0, 0
    while at < length:
        painter.feed(sound[at : at + sizes[turn % len(sizes)]])
        at, turn = at + sizes[turn % len(sizes)], turn + 1
    columns = painter.columns()
    count = len(columns.low)
    assert (count - 1) * columns.frames < length <= count * columns.frames
    assert count <= MOST_COLUMNS + 1
    assert columns.spectrum.shape == (count, ROWS)
    starts = np.arange(0, length, columns.frames)
    assert np.array_equal(columns.low, np.minimum.reduceat(sound, starts))
    assert np.array_equal(columns.high, np.maximum.reduceat(sound, starts))
    first = sound[: columns.frames].astype(np.float64)
    assert columns.rms[0] == pytest.approx(np.sqrt((first**2).mean(axis=0)), rel=1e-4)


def test_a_click_of_one_sample_in_a_quarter_of_an_hour_is_seen() -> None:
    sound = np.zeros((15 * 60 * RATE, 1), dtype=np.int16)
    sound[20_000_123] = 12_345
    columns = paint(sound, RATE)
    assert columns.high.max() == 12_345
    assert int(columns.high.argmax()) == 20_000_123 // columns.frames
    loudest = int(columns.spectrum.max(axis=1).argmax())
    assert abs(loudest - 20_000_123 // columns.frames) <= 1


@pytest.mark.parametrize("hz", [50, 440, 3000, 12_000])
def test_a_tone_lies_in_its_row_at_its_level(hz: int) -> None:
    columns = paint(tone(hz, 3), RATE)
    middle = columns.spectrum[len(columns.spectrum) // 2]
    row = int(middle.argmax())
    low, high = columns.edges_hz[row], columns.edges_hz[row + 1]
    assert low - 24 <= hz <= high + 24, "within a bin of the spectrum"
    assert middle[row] == pytest.approx(-6, abs=1.6), "half of full scale; a Hann window loses up to 1.4 dB"


def test_a_change_of_tone_is_where_it_is() -> None:
    columns = paint(np.concatenate((tone(400, 2), tone(4000, 2))), RATE)
    rows = columns.spectrum.argmax(axis=1)
    change = int(np.argmax(rows > (rows.min() + rows.max()) / 2)) * columns.frames / RATE
    assert change == pytest.approx(2, abs=0.04)


def test_the_memory_does_not_grow_with_the_length() -> None:
    block = voice(1)
    used = []
    for seconds in (60, 240):
        painter = Painter(RATE, 1)
        tracemalloc.start()
        for _ in range(seconds):
            painter.feed(block)
        painter.columns()
        used.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert used[1] < used[0] * 1.5
    assert used[1] < 40e6


def test_no_sound_has_no_picture() -> None:
    with pytest.raises(ValueError, match="no sound"):
        paint(np.zeros((0, 1), dtype=np.int16), RATE)


def test_the_png_is_one() -> None:
    places = np.arange(12, dtype=np.uint8).reshape(3, 4)
    data = png(places, [(n, n, n) for n in range(12)])
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size]) == (zlib.crc32(name + body),)
        chunks[name] = body
        at += 12 + size
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert struct.unpack(">IIBBBBB", chunks[b"IHDR"]) == (4, 3, 8, 3, 0, 0, 0)
    assert zlib.decompress(chunks[b"IDAT"]) == b"\0" + b"\0".join(bytes(row) for row in places)


def test_colours_get_lighter_all_the_way() -> None:
    light = [0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in drawing.palette()]
    assert len(light) == 256
    assert all(before <= after + 0.5 for before, after in pairwise(light))
    assert light[-1] > light[0] + 200


def columns_of(low: int, high: int) -> Columns:
    side = np.array([[low], [low]], dtype=np.int16), np.array([[high], [high]], dtype=np.int16)
    return Columns(
        100, 150, *side, np.zeros((2, 1), np.float32), np.zeros((2, ROWS), np.float32), np.arange(3.0)
    )


def test_the_waveform_is_drawn_to_scale() -> None:
    (wave,) = drawing.waves(columns_of(-16_384, 32_767))
    assert wave.width == 1.5
    assert wave.peaks == "M0 0H1L1 0H2L2 150H1L1 150H0Z"


def finding(start_us: int, end_us: int, outcome: Outcome = Outcome.FAIL, **more: int) -> Finding:
    return Finding(Kind.CLICK, outcome, start_us, end_us, 5, 1, **more)


def test_marks_are_where_the_faults_are_and_never_too_thin_to_see() -> None:
    marks = drawing.marks([finding(1_000_000, 1_000_100), finding(9_999_999, 10_000_000)], 10.0)
    assert [(mark.number, mark.left, mark.width) for mark in marks] == [
        (1, "10%", "0.15%"),
        (2, "99.85%", "0.15%"),
    ]


def judged(channel: int, *findings: Finding) -> Report:
    """A report of a recording whose channel of that number was judged."""
    figures = Figures(**{each.name: 0 for each in fields(Figures)})
    return Report(Outcome.FAIL, replace(figures, channel=channel), findings)


def test_a_close_up_is_of_the_channel_that_was_judged() -> None:
    sound = np.stack((np.zeros(20_000), np.arange(20_000)), axis=1).astype(np.int16)
    [found] = close_ups(sound, 10_000, judged(1, finding(200_000, 200_500)))
    assert found.samples[0] == 1600


def test_close_ups_are_of_what_has_a_place_and_of_its_channel() -> None:
    sound = np.stack((np.arange(20_000), -np.arange(20_000)), axis=1).astype(np.int16)
    whole, right = finding(0, 2_000_000), finding(200_000, 200_500, channel=1)
    long, after = finding(500_000, 1_900_000), finding(10**9, 10**9)
    found = close_ups(sound, 10_000, judged(0, whole, right, long, *[finding(10**6, 10**6)] * 30, after))
    assert len(found) == MOST_CLOSE_UPS
    assert (found[0].number, found[0].start_us) == (2, 160_000)
    assert found[1].samples.tolist() == list(range(4600, 7400)), "the beginning of what is long"
    assert found[0].samples.base is None, "it does not keep the whole recording in memory"
    assert found[0].samples.tolist() == list(range(-1600, -2405, -1))


def test_a_close_up_is_enlarged_as_far_as_it_fits() -> None:
    wave, enlarged = drawing.close_up(np.array([0, 8192, -8192], dtype=np.int16))
    assert (wave.line, enlarged) == ("M0 100L1 0L2 200", 4)
    wave, enlarged = drawing.close_up(np.full(5000, -32_768, dtype=np.int16))
    assert (wave.width, enlarged, wave.line) == (600, 1, "")


@pytest.mark.parametrize("seconds", [0.001, 0.02, 1, 7.3, 61, 900, 14_400, 90_000])
def test_the_time_axis_has_a_readable_number_of_ticks(seconds: float) -> None:
    ticks = drawing.times(seconds)
    assert 2 <= len(ticks) <= 26
    assert len({tick.text for tick in ticks}) == len(ticks)


def test_the_response_is_drawn_between_its_ends() -> None:
    curve = drawing.curve([(100, 0), (1000, -200), (10_000, 900)])
    assert curve.path == "M0.0 66.7L500.0 133.3L1000.0 0.0"
    assert [tick.text for tick in curve.frequencies] == ["200", "500", "1k", "2k", "5k"]
