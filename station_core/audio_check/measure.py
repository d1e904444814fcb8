"""Everything that is measured on one channel, before any limit is asked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from station_core.audio_check.blocks import Blocks, Bools, Mono, block_frames, blocks_of, offset_of
from station_core.audio_check.clicks import clicks
from station_core.audio_check.evenness import unevenness
from station_core.audio_check.events import Event
from station_core.audio_check.gaps import gaps, gated_per_mille
from station_core.audio_check.hum import hum_tenth_db
from station_core.audio_check.level import (
    SILENT_TENTH_DB,
    SpeechLevel,
    frame_powers,
    noise_power,
    speech_level,
    tenth_db,
)
from station_core.audio_check.overload import flat_tops, peak_factor_tenth_db
from station_core.audio_check.repeats import repeats
from station_core.audio_check.room import echo, fall_tenth_db
from station_core.audio_check.spectrum import held_samples, pace_tenth_hz, spectrum

SEGMENT_BLOCKS = 10_000
"""About ten seconds: what is steady (noise, hum, overload) is judged by such segments."""


@dataclass(frozen=True, slots=True)
class Interruptions:
    """What lasts a moment, in order of time."""

    gaps: list[Event]
    repeats: list[Event]
    clicks: list[Event]


@dataclass(frozen=True, slots=True)
class Segment:
    """About ten seconds.

    Args:
        begin: First block.
        end: Block after the last.
        noise_tenth_db: Level of the quietest moments.
        hum_tenth_db: Level of the mains and their harmonics.
        clipped: Samples on flat tops.
    """

    begin: int
    end: int
    noise_tenth_db: int
    hum_tenth_db: int
    clipped: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a channel measures; see :class:`~station_core.audio_check.values.Figures` for the meaning."""

    frames: int
    rate_hz: int
    offset: int
    speech: SpeechLevel
    peak_tenth_db: int
    noise_tenth_db: int
    segments: tuple[Segment, ...]
    interruptions: Interruptions
    uneven: tuple[int, int, int]
    peak_factor_tenth_db: int
    bandwidth_hz: int
    voiced_per_mille: int
    low_hz: int
    pace_tenth_hz: int
    fall_tenth_db: int
    echo_per_mille: int
    echo_delay_us: int
    gated_per_mille: int

    @property
    def snr_tenth_db(self) -> int:
        """Active level above the noise."""
        return self.speech.tenth_db - self.noise_tenth_db


def interruptions(x: Mono, blocks: Blocks, rate_hz: int, active_power: float, flat: Bools) -> Interruptions:
    """Find gaps, repeated packets and clicks.

    Args:
        x: The samples.
        blocks: Their blocks.
        rate_hz: Sample rate.
        active_power: Of the speech, mean square.
        flat: Blocks with flat tops, whose corners are no clicks.
    """
    found_gaps = list(gaps(x, blocks, rate_hz, active_power))
    found_repeats = repeats(x, blocks, rate_hz, active_power)
    found_clicks = clicks(blocks, rate_hz, active_power, [*found_gaps, *found_repeats], flat)
    return Interruptions(found_gaps, found_repeats, found_clicks)


def measure(x: Mono, rate_hz: int) -> Measurement:
    """Measure one channel of any length."""
    size = block_frames(rate_hz)
    offset = offset_of(x)
    blocks = blocks_of(x, rate_hz, offset)
    speech = speech_level(blocks, size, rate_hz)
    powers = frame_powers(blocks, size)
    noise = noise_power(powers)
    flat = flat_tops(x, blocks, size).reached
    found = spectrum(x, rate_hz, offset)
    held = held_samples(x, blocks, size)
    strength, delay = echo(x, rate_hz, offset)
    peak = max(int(blocks.high.max()), -int(blocks.low.min())) if len(blocks) else 0
    return Measurement(
        frames=len(x),
        rate_hz=rate_hz,
        offset=offset,
        speech=speech,
        peak_tenth_db=tenth_db(float(peak) ** 2),
        noise_tenth_db=tenth_db(noise),
        segments=tuple(_segments(x, blocks, size, rate_hz)),
        interruptions=interruptions(x, blocks, rate_hz, speech.power, flat),
        uneven=unevenness(powers, speech.power, noise),
        peak_factor_tenth_db=peak_factor_tenth_db(blocks, size, speech.power),
        bandwidth_hz=min(found.bandwidth_hz, rate_hz // (2 * held)),
        voiced_per_mille=found.voiced_per_mille,
        low_hz=found.low_hz,
        pace_tenth_hz=pace_tenth_hz(powers),
        fall_tenth_db=fall_tenth_db(powers, speech.power),
        echo_per_mille=strength,
        echo_delay_us=delay,
        gated_per_mille=gated_per_mille(blocks),
    )


def _segments(x: Mono, blocks: Blocks, size: int, rate_hz: int) -> list[Segment]:
    count = max(1, round(len(blocks) / SEGMENT_BLOCKS))
    edges = [len(blocks) * number // count for number in range(count + 1)]
    segments = []
    for begin, end in pairwise(edges):
        part = blocks.part(begin, end)
        clipped = flat_tops(x[begin * size : end * size], part, size).samples
        noise = noise_power(frame_powers(part, size))
        hum = hum_tenth_db(part, size, rate_hz) if len(part) else SILENT_TENTH_DB
        segments.append(Segment(begin, end, tenth_db(noise), hum, clipped))
    return segments


def power_of(x: Mono) -> float:
    """Return the mean square without the offset, exactly but for one division."""
    total, squares = 0, 0.0
    for begin in range(0, len(x), 1 << 16):
        part = x[begin : begin + (1 << 16)].astype(np.float64)
        total += int(part.sum())
        squares += float(part @ part)
    return (squares - total * total / len(x)) / len(x) if len(x) else 0.0
