"""Synthetic speech, noise and hum at 48 kHz, in integers.

Every sound is a pure function of a key and the absolute frame number, so any stretch can be rendered alone
and equals the same stretch of a longer rendering, on any machine. All sums are integer; the few tables
that need a sine or a power of ten are rounded to integers where they are made.

Amplitudes are steps of a 16-bit sample, held in ``int32``. Levels are tenths of a decibel relative to the
RMS of a full-scale square wave (dBov in ITU-T G.100.1; written dBFS here).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 48_000
FULL_SCALE = 32_767

Wave = NDArray[np.int32]

_MASK = (1 << 64) - 1
UNITY = 1 << 12
"""Gains are fixed-point numbers with twelve fractional bits."""

_MAX_GAIN = (1 << 16) - 1  # so that a full-scale sample times a gain fits 32 bits


def frame_at(time: int) -> int:
    """Return the number of the frame that begins at or before a time in microseconds."""
    return time * RATE_HZ // 1_000_000


def mix(*parts: int) -> int:
    """Hash integers to 64 bits: the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), chained.

    >>> mix(1, 2) == mix(1, 2), mix(1, 2) == mix(2, 1)
    (True, False)
    """
    value = 0
    for part in parts:
        value = (value ^ (part & _MASK)) + 0x9E3779B97F4A7C15 & _MASK
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
        value ^= value >> 31
    return value


@lru_cache(maxsize=1024)
def gain(tenths_db: int) -> int:
    """Return the fixed-point factor for a change of level, at most +24 dB.

    >>> gain(0), gain(-60), gain(1000)
    (4096, 2053, 65535)
    """
    return min(_MAX_GAIN, _power_of_ten(tenths_db, UNITY))


def amplitude(tenths_dbfs: int) -> int:
    """Return the RMS of that level in steps of a sample.

    >>> amplitude(0), amplitude(-200)
    (32767, 3277)
    """
    return _power_of_ten(tenths_dbfs, FULL_SCALE)


def _power_of_ten(tenths_db: int, unit: int) -> int:
    # Decimal, since its arithmetic is the same everywhere while the C library's pow is not.
    with localcontext() as context:
        context.prec = 28
        return int((unit * Decimal(10) ** (Decimal(tenths_db) / 200)).to_integral_value())


def amplify(wave: Wave, factor: int) -> Wave:
    """Multiply by a fixed-point factor, in place where it can."""
    if factor == UNITY:
        return wave
    wave *= np.int32(factor)
    wave >>= 12
    return wave


# -- noise ---------------------------------------------------------------------------------------------

_NOISE_SIZE = 1 << 16
_CHUNK = 4096
NOISE_RMS = 1024


@lru_cache(maxsize=1)
def _noise_table() -> Wave:
    """Make a stretch of nearly Gaussian white noise of RMS ``NOISE_RMS``: sums of eight random bytes."""
    with np.errstate(over="ignore"):  # 64-bit hashing wraps by intention
        value = np.arange(1, _NOISE_SIZE + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        value ^= value >> np.uint64(31)
    total = np.zeros(_NOISE_SIZE, dtype=np.int32)
    for shift in range(0, 64, 8):
        total += ((value >> np.uint64(shift)) & np.uint64(0xFF)).astype(np.int32)
    # eight bytes have mean 1020 and standard deviation sqrt(8 * (256**2 - 1) / 12) = 209.02
    total = (total - 1020) * 4899 // 1000
    table: Wave = np.concatenate([total, total[:_CHUNK]])
    table.flags.writeable = False
    return table


def add_noise(wave: Wave, first: int, key: int, rms: int) -> None:
    """Add white noise of that RMS (steps) to the stretch that begins at frame ``first``."""
    table, scale = _noise_table(), np.int32(rms * UNITY // NOISE_RMS)
    for chunk, begin, end in _cells(first, len(wave), _CHUNK):
        offset = mix(key, chunk) % _NOISE_SIZE + begin - chunk * _CHUNK
        wave[begin - first : end - first] += (table[offset : offset + end - begin] * scale) >> 12


def _cells(first: int, frames: int, size: int) -> Iterator[tuple[int, int, int]]:
    """Cut a stretch along a grid: number of the cell, absolute begin and end within it."""
    for cell in range(first // size, (first + frames - 1) // size + 1):
        yield cell, max(first, cell * size), min(first + frames, (cell + 1) * size)


# -- hum -----------------------------------------------------------------------------------------------

_HUM_PERIOD = RATE_HZ // 50


@lru_cache(maxsize=16)
def _hum_table(rms: int) -> Wave:
    """One period of 50 Hz with half as much of the third harmonic, as a bad ground loop gives."""
    steps = [2 * math.pi * i / _HUM_PERIOD for i in range(_HUM_PERIOD)]
    peak = rms * math.sqrt(2 / 1.25)
    return np.array([round(peak * (math.sin(x) + math.sin(3 * x) / 2)) for x in steps], dtype=np.int32)


def add_hum(wave: Wave, first: int, rms: int) -> None:
    """Add mains hum of that RMS (steps)."""
    table = _hum_table(rms)
    repeats = len(wave) // _HUM_PERIOD + 2
    start = first % _HUM_PERIOD
    wave += np.tile(table, repeats)[start : start + len(wave)]


# -- rare events: dropouts, clicks, repeated packets ---------------------------------------------------


def events(first: int, frames: int, key: int, per_minute: int, length: int) -> Iterator[int]:
    """Yield the first frames of the events that touch a stretch: one in every ``1/per_minute`` minutes.

    Args:
        first: First frame of the stretch.
        frames: Its length.
        key: Chooses the instants.
        per_minute: How often.
        length: Frames that an event lasts.
    """
    if per_minute <= 0:
        return
    cell_size = max(length + 1, 60 * RATE_HZ // per_minute)
    for cell in range((first - length) // cell_size, (first + frames - 1) // cell_size + 1):
        begin = cell * cell_size + mix(key, cell) % (cell_size - length)
        if begin < first + frames and begin + length > first:
            yield begin


CLICK_FRAMES = 48


def add_click(wave: Wave, first: int, begin: int, peak: int) -> None:
    """Add a click: an alternating impulse that dies away within a millisecond."""
    for step in range(max(0, first - begin), min(CLICK_FRAMES, first + len(wave) - begin)):
        height = peak * (CLICK_FRAMES - step) ** 2 // CLICK_FRAMES**2
        wave[begin + step - first] += -height if step % 2 else height


# -- speech --------------------------------------------------------------------------------------------

SLOT = RATE_HZ // 4
"""Frames of a syllable: four a second, the rate at which speech is modulated most (Houtgast, Steeneken)."""

_PHRASE = 12  # slots
_TABLE = 2048  # steps of a pitch period
_PHASE_BITS = 20
_ATTACK = RATE_HZ * 15 // 1000
_DECAY = RATE_HZ * 50 // 1000
_BURST = RATE_HZ * 50 // 1000
_VOWEL_RMS = 5200
_BURST_RMS = 700

SPEECH_RMS = 4096
"""RMS of rendered speech while somebody speaks, pauses left out, to within one decibel."""
SPEECH_TENTHS_DBFS = -181
"""The same as a level: 20 log10(4096 / 32767)."""

# Formants in hertz (Peterson, Barney: Control Methods Used in a Study of the Vowels, 1952, men)
_FORMANTS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (270, 2290, 3010),
    (570, 840, 2410),
    (300, 870, 2240),
)
_BANDWIDTHS = (90, 110, 170)


def _ramp(frames: int) -> Wave:
    """Rise smoothly from nothing to unity: 3t² - 2t³."""
    t = np.arange(frames, dtype=np.int64)
    return (UNITY * t * t * (3 * frames - 2 * t) // frames**3).astype(np.int32)


_RISE = _ramp(_ATTACK)
_FALL = _ramp(_DECAY)[::-1].copy()
_INDEX = np.arange(SLOT, dtype=np.int64)
_INDEX_SQUARED = _INDEX * _INDEX


class Voice:
    """The voice of one speaker: pitch and vowels follow from the key, the words from the frame number."""

    def __init__(self, key: int) -> None:
        self.key = key
        self.pitch_hz = 95 + mix(key, 0) % 135
        self._vowels = [self._vowel(formants) for formants in _FORMANTS]

    def _vowel(self, formants: tuple[int, int, int]) -> Wave:
        """Make one pitch period: harmonics weighted by three resonances, up to 5 kHz."""
        sine = _sine_table()
        steps = np.arange(_TABLE, dtype=np.int64)
        period = np.zeros(_TABLE, dtype=np.int64)
        for harmonic in range(1, 5000 // self.pitch_hz + 1):
            frequency = harmonic * self.pitch_hz
            weight = sum(
                1000 * width**2 / (width**2 + (frequency - formant) ** 2) / (rank + 1)
                for rank, (formant, width) in enumerate(zip(formants, _BANDWIDTHS, strict=True))
            )
            # the floor keeps a voice whose harmonics all miss the first resonance from sounding like a tone
            period += round(weight + 20) * sine[harmonic * steps % _TABLE]
        rms = math.isqrt(int((period * period).sum()) // _TABLE)
        return (period * _VOWEL_RMS // rms).astype(np.int32)

    def render(self, first: int, frames: int) -> Wave:
        """Make the stretch of speech that begins at an absolute frame."""
        wave: Wave = np.zeros(frames, dtype=np.int32)
        for slot, begin, end in _cells(first, frames, SLOT):
            self._syllable(slot, begin - slot * SLOT, wave[begin - first : end - first])
        return wave

    def _syllable(self, slot: int, start: int, wave: Wave) -> None:
        """Add the part of a syllable that begins ``start`` frames after its slot."""
        luck = mix(self.key, 1, slot)
        if slot % _PHRASE >= _PHRASE - 1 - mix(self.key, 2, slot // _PHRASE) % 2:
            return  # a breath between two phrases
        onset = luck % (RATE_HZ * 20 // 1000)
        if luck >> 16 & 3:
            _add_burst(wave, start, onset, mix(self.key, 3, slot))
            onset += _BURST * 3 // 4
        length = RATE_HZ * (140 + (luck >> 20) % 40) // 1000
        begin, end = max(start, onset), min(start + len(wave), onset + length)
        if begin >= end:
            return
        increment = self.pitch_hz * (920 + (luck >> 32) % 160) * (_TABLE << _PHASE_BITS) // (1000 * RATE_HZ)
        glide = increment * ((luck >> 42) % 161 - 80) // (1000 * 2 * length)
        i = slice(begin - onset, end - onset)
        phase = (_INDEX[i] * increment + _INDEX_SQUARED[i] * glide) >> _PHASE_BITS
        vowel = self._vowels[(luck >> 52) % len(self._vowels)]
        sound = vowel[phase & (_TABLE - 1)]
        sound *= _envelope(length)[i]
        sound >>= 12
        wave[begin - start : end - start] += amplify(sound, UNITY * (80 + (luck >> 56) % 21) // 100)


@lru_cache(maxsize=64)
def voice(key: int) -> Voice:
    """Return the voice of that key; making one costs some milliseconds."""
    return Voice(key)


@lru_cache(maxsize=1)
def _sine_table() -> NDArray[np.int64]:
    return np.array(
        [round(32767 * math.sin(2 * math.pi * i / _TABLE)) for i in range(_TABLE)], dtype=np.int64
    )


@lru_cache(maxsize=64)
def _envelope(length: int) -> Wave:
    shape: Wave = np.full(length, UNITY, dtype=np.int32)
    shape[:_ATTACK] = _RISE
    shape[-_DECAY:] = _FALL
    return shape


def _add_burst(wave: Wave, start: int, onset: int, key: int) -> None:
    """Add an unvoiced consonant: a short stretch of noise."""
    begin, end = max(start, onset), min(start + len(wave), onset + _BURST)
    if begin >= end:
        return
    noise: Wave = np.zeros(end - begin, dtype=np.int32)
    add_noise(noise, begin, key, _BURST_RMS)
    shape = np.minimum(_ramp_up_down()[begin - onset : end - onset], UNITY)
    wave[begin - start : end - start] += (noise * shape) >> 12


@lru_cache(maxsize=1)
def _ramp_up_down() -> Wave:
    half = _ramp(_BURST // 2)
    return np.concatenate([half, half[::-1]])
