"""The active test: a sweep through the earphones, heard back with the microphone held to the left earpiece.

Farina: Simultaneous measurement of impulse response and distortion with a swept-sine technique (AES 2000).
An exponential sweep, correlated with its own inverse, becomes an impulse; the n-th harmonic becomes one that
comes earlier by the time in which the sweep rises n-fold, and so stands apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hal.audio import Samples
from station_core.audio_check.blocks import Floats, Mono, blocks_of, offset_of
from station_core.audio_check.judge import above
from station_core.audio_check.level import difference_tenth_db, tenth_db
from station_core.audio_check.limits import limits
from station_core.audio_check.measure import power_of
from station_core.audio_check.offline import columns, verdict_of
from station_core.audio_check.overload import flat_tops
from station_core.audio_check.values import Finding, Kind, Outcome

_PEAK = 8192  # -12 dBFS: loud enough, and far from overload
_MARKERS_HZ = (1000, 1500)  # left, right
_MARKER_MS = 120
_PAUSE_MS = 80
_SWEEP_MS = 2000
_TAIL_MS = 300
_FADE_MS = 10
_LOWEST_HZ = 80
_HIGHEST_HZ = 8000
_HIGHEST_SHARE = 0.45  # of the sample rate
_HARMONICS = range(2, 6)
_WINDOW_MS = 15
_AROUND_HZ = (300, 1200)  # where harmonics up to the fifth lie within the sweep
_THIRDS_HZ = (
    125,
    160,
    200,
    250,
    315,
    400,
    500,
    630,
    800,
    1000,
    1250,
    1600,
    2000,
    2500,
    3150,
    4000,
    5000,
    6300,
)
_REFERENCE_HZ = 1000
_HEARD = 12  # times the RMS of everything else: 21 dB
_SWAPPED_TENTH_DB = 100
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class LoopReport:
    """What came back.

    Args:
        verdict: Of the worst finding.
        delay_us: From the first sample of the recording to the first sample of what ``sweep`` made; 0 when
            it was not heard.
        response: Frequency in hertz, and level in tenths of a decibel relative to that at 1 kHz.
        thd_per_mille: Harmonics relative to the fundamental, for tones of 300 to 1200 Hz.
        findings: Sorted by start, then by kind.
    """

    verdict: Outcome
    delay_us: int
    response: tuple[tuple[int, int], ...]
    thd_per_mille: int
    findings: tuple[Finding, ...]


def sweep(rate_hz: int) -> Samples:
    """Make the test signal, shape ``(frames, 2)``: a marker left, a marker right, the sweep on both."""
    marker, pause = _MARKER_MS * rate_hz // 1000, _PAUSE_MS * rate_hz // 1000
    swept = _swept(rate_hz)
    silence = np.zeros(pause)
    tones = [
        _faded(np.sin(2 * np.pi * hertz * np.arange(marker) / rate_hz), rate_hz) for hertz in _MARKERS_HZ
    ]
    mute = np.zeros(marker)
    tail = np.zeros(_TAIL_MS * rate_hz // 1000)
    left = np.concatenate([silence, tones[0], silence, mute, silence, swept, tail])
    right = np.concatenate([silence, mute, silence, tones[1], silence, swept, tail])
    signal: Samples = np.rint(_PEAK * np.column_stack([left, right])).astype(np.int16)
    return signal


def check_loop(recorded: Samples, rate_hz: int) -> LoopReport:
    """Judge what the microphone heard of the sweep.

    Args:
        recorded: Shape ``(frames,)`` or ``(frames, channels)``, with the whole test signal in it.
        rate_hz: The rate at which it was played and recorded, at least 8000.

    Raises:
        ValueError: As ``check``.
    """
    x = max(columns(recorded, rate_hz), key=power_of)
    length = len(x) * _SECOND // rate_hz
    impulses, peak = _impulses(x, rate_hz)
    if not peak:
        silent = limits().silent
        unheard = Finding(Kind.SILENT, Outcome.FAIL, 0, length, tenth_db(power_of(x)), silent.fail)
        return LoopReport(Outcome.FAIL, 0, (), 0, (unheard,))
    spectrum = np.abs(np.fft.rfft(_windowed(impulses, peak, rate_hz), rate_hz))  # bins of 1 Hz
    thd = _thd_per_mille(impulses, peak, rate_hz, spectrum)
    start = peak - _sweep_at(rate_hz)
    found = tuple(_findings(x, rate_hz, start, thd, length))
    return LoopReport(verdict_of(found), start * _SECOND // rate_hz, _response(spectrum, rate_hz), thd, found)


def _highest(rate_hz: int) -> float:
    return min(_HIGHEST_HZ, _HIGHEST_SHARE * rate_hz)


def _constant(rate_hz: int) -> float:
    """Return the seconds in which the sweep rises e-fold."""
    return _SWEEP_MS / 1000 / float(np.log(_highest(rate_hz) / _LOWEST_HZ))


@lru_cache(maxsize=4)
def _swept(rate_hz: int) -> Floats:
    constant = _constant(rate_hz)
    seconds = np.arange(_SWEEP_MS * rate_hz // 1000) / rate_hz
    swept = _faded(np.sin(2 * np.pi * _LOWEST_HZ * constant * np.expm1(seconds / constant)), rate_hz)
    swept.flags.writeable = False
    return swept


def _faded(wave: Floats, rate_hz: int) -> Floats:
    ramp = np.linspace(0, 1, _FADE_MS * rate_hz // 1000)
    faded = wave.copy()
    faded[: len(ramp)] *= ramp
    faded[-len(ramp) :] *= ramp[::-1]
    return faded


def _sweep_at(rate_hz: int) -> int:
    """Return the frame at which the sweep begins in the test signal."""
    return (3 * (_PAUSE_MS * rate_hz // 1000)) + 2 * (_MARKER_MS * rate_hz // 1000)


def _impulses(x: Mono, rate_hz: int) -> tuple[Floats, int]:
    """Correlate with the inverse sweep: place n answers a sweep that began at frame n.

    Returns:
        The answers, and the place of the strongest; 0 when none stands out.
    """
    swept = _swept(rate_hz)
    if len(x) < len(swept):
        return np.zeros(0), 0
    seconds = np.arange(len(swept)) / rate_hz
    # a sweep stays longer at low frequencies: weigh them less, by 3 dB an octave twice
    inverse = swept * np.exp(seconds / _constant(rate_hz))
    inverse /= float((inverse * swept).sum()) * _PEAK
    size = 1 << (len(x) + len(swept)).bit_length()
    spectrum = np.fft.rfft(x - np.float64(offset_of(x)), size) * np.conj(np.fft.rfft(inverse, size))
    impulses = np.fft.irfft(spectrum, size)[: len(x) - len(swept) + 1]
    peak = int(np.abs(impulses).argmax())
    near = _WINDOW_MS * rate_hz // 1000
    rest = np.delete(impulses, slice(max(0, peak - near), peak + near))
    stands_out = len(rest) > 0 and abs(float(impulses[peak])) > _HEARD * float(
        np.sqrt(np.square(rest).mean())
    )
    return impulses, peak if stands_out else 0


def _windowed(impulses: Floats, place: int, rate_hz: int) -> Floats:
    reach = _WINDOW_MS * rate_hz // 1000
    padded = np.pad(impulses, reach)
    windowed: Floats = padded[place : place + 2 * reach + 1] * np.hanning(2 * reach + 1)
    return windowed


def _thd_per_mille(impulses: Floats, peak: int, rate_hz: int, linear: Floats) -> int:
    low, high = _AROUND_HZ
    total = 0.0
    for harmonic in _HARMONICS:
        place = peak - round(_constant(rate_hz) * float(np.log(harmonic)) * rate_hz)
        top = min(high, int(_highest(rate_hz) / harmonic))
        if place < 0 or top <= low:
            continue
        spectrum = np.abs(np.fft.rfft(_windowed(impulses, place, rate_hz), rate_hz))
        total += float(np.square(spectrum[low * harmonic : top * harmonic : harmonic]).mean())
    return round(1000 * float(np.sqrt(total / np.square(linear[low:high]).mean())))


def _response(spectrum: Floats, rate_hz: int) -> tuple[tuple[int, int], ...]:
    def power(hertz: int) -> float:
        return float(np.square(spectrum[int(hertz / 1.12) : int(hertz * 1.12) + 1]).mean())

    reference = power(_REFERENCE_HZ)
    heard = [hertz for hertz in _THIRDS_HZ if hertz * 1.12 < _highest(rate_hz)]
    return tuple(
        (hertz, difference_tenth_db(max(power(hertz), 1e-12 * reference), reference)) for hertz in heard
    )


def _findings(x: Mono, rate_hz: int, start: int, thd: int, length: int) -> Iterator[Finding]:
    size = rate_hz // 1000
    clipped = flat_tops(x, blocks_of(x, rate_hz, 0), size).samples * 1_000_000 // len(x)
    # sorted as the published list is
    outcome, limit = above(limits().clipping, clipped)
    if outcome is not Outcome.PASS:
        yield Finding(Kind.CLIPPING, outcome, 0, length, clipped, limit)
    outcome, limit = above(limits().loop_distortion, thd)
    if outcome is not Outcome.PASS:
        yield Finding(Kind.DISTORTION, outcome, 0, length, thd, limit)
    swapped = _right_over_left(x, rate_hz, start)
    if swapped >= _SWAPPED_TENTH_DB:
        yield Finding(Kind.SWAPPED_CHANNELS, Outcome.FAIL, 0, length, swapped, _SWAPPED_TENTH_DB)


def _right_over_left(x: Mono, rate_hz: int, start: int) -> int:
    """Compare the markers: the microphone is at the left earpiece."""
    marker, pause = _MARKER_MS * rate_hz // 1000, _PAUSE_MS * rate_hz // 1000
    powers = []
    for number, hertz in enumerate(_MARKERS_HZ):
        begin = start + pause + number * (marker + pause)
        if begin < 0:
            return 0  # the recording began too late for the markers
        part = x[begin : begin + marker].astype(np.float64)
        turns = np.exp(-2j * np.pi * hertz * np.arange(len(part)) / rate_hz)
        powers.append(max(1e-3, float(np.abs((part * turns).mean())) ** 2))
    return difference_tenth_db(powers[1], powers[0])
