"""The audio check on 15 minutes of speech at 48 kHz: how many times faster than it was spoken.

Beside it the same figures as anybody would compute them with librosa and pyloudnorm: level, loudness, noise,
clipping, gaps, clicks, hum, bandwidth, offset. That tells whether our figures are right, and what they cost.
Live, the same recording is fed in blocks of 100 ms, as a station does during the answer.

The bars: at least 1,000 times real time, and live at most 3 % of a core. The line tells the first; its bar is
infinite when the other one is not met.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pyloudnorm
from numpy.typing import NDArray

from benchmarks.measure import Measurement, alternate
from hal.audio import Samples
from station_core.audio_check import Figures, LiveCheck, check
from tests.audio_corpus.clip import amplitude, clean, rounded
from tests.audio_corpus.texts import Half
from tests.audio_corpus.voices import RATE_HZ

BAR = 1000
MOST_LIVE_PERCENT = 3.0
MINUTES = 15
LIVE_MINUTES = 3
ROUNDS = 5
BLOCK = RATE_HZ // 10
_FRAME = 2048


def recording() -> Samples:
    """Make an answer: clips of the corpus, all at the nominal -26 dBov."""
    parts: list[Samples] = []
    seed = 0
    while sum(map(len, parts)) < MINUTES * 60 * RATE_HZ:
        clip = clean(Half.REPORT, seed)
        parts.append(rounded(clip.wave * amplitude(-26 - clip.level_db)))
        seed += 1
    return np.concatenate(parts)[: MINUTES * 60 * RATE_HZ]


def _db(power: float) -> float:
    return 10 * math.log10(max(power, 1e-12))


def plain(samples: Samples) -> dict[str, float]:
    """Compute the figures with librosa, pyloudnorm and numpy, the straight way, a minute at a time."""
    import librosa  # noqa: PLC0415 - an extra that only this needs, and other modules are collected by pytest

    wave = samples.astype(np.float32) / 32767
    minutes: list[NDArray[np.float32]] = np.array_split(wave, max(1, len(wave) // (60 * RATE_HZ)))
    rms = np.concatenate(
        [librosa.feature.rms(y=m, frame_length=_FRAME, hop_length=_FRAME)[0] for m in minutes]
    )
    spectra = [np.abs(librosa.stft(m, n_fft=_FRAME, hop_length=_FRAME)) for m in minutes]
    rolloff: list[Any] = [
        librosa.feature.spectral_rolloff(S=s, sr=RATE_HZ, roll_percent=0.99)[0] for s in spectra
    ]
    low = [np.abs(librosa.stft(m, n_fft=16_384, hop_length=16_384)) for m in minutes]
    mains = [round(hz * 16_384 / RATE_HZ) for hz in (50, 100, 150, 200, 250, 300)]
    hum = np.median(np.concatenate([s[mains] for s in low], axis=1), axis=1) / 8192
    bend = np.abs(np.diff(wave, n=2))
    equal = np.flatnonzero(np.diff(wave) != 0)
    level = float(np.square(rms[rms > rms.max() / 10]).mean())
    noise = float(np.quantile(rms, 0.05)) ** 2
    return {
        "level dBFS": _db(level),
        "loudness LUFS": float(pyloudnorm.Meter(RATE_HZ).integrated_loudness(wave)),
        "noise dBFS": _db(noise),
        "snr dB": _db(level / noise),
        "clipped": float((np.abs(wave) > 0.999).sum()),
        "gaps": float((np.diff(equal) > RATE_HZ // 200).sum()),
        "clicks": float((bend > 20 * np.median(bend) + 0.3).sum()),
        "hum dBFS": _db(float(np.square(hum).sum()) * 2),
        "bandwidth Hz": float(np.quantile(np.concatenate(rolloff), 0.95)),
        "offset per mille": 1000 * float(wave.mean()),
    }


def side_by_side(theirs: dict[str, float], ours: Figures) -> list[str]:
    """Write the figures of both in lines."""
    rows = (
        ("level dBFS", ours.active_level_tenth_db / 10),
        ("loudness LUFS", None),
        ("noise dBFS", ours.noise_tenth_db / 10),
        ("snr dB", ours.snr_tenth_db / 10),
        ("clipped", ours.clipped_per_million * ours.duration_us * ours.rate_hz / 1e12),
        ("gaps", ours.dropouts),
        ("clicks", ours.clicks),
        ("hum dBFS", ours.hum_tenth_db / 10),
        ("bandwidth Hz", ours.bandwidth_hz),
        ("offset per mille", ours.dc_offset_per_mille),
    )
    return [
        f"{name:17} librosa/pyloudnorm {theirs[name]:9.1f}   ours "
        + ("-" if value is None else f"{value:9.1f}")
        for name, value in rows
    ]


def _live_percent(samples: Samples) -> float:
    """Return the share of a core that the live check takes, in percent."""
    live = LiveCheck(RATE_HZ)
    blocks = [samples[begin : begin + BLOCK] for begin in range(0, len(samples), BLOCK)]
    start = time.process_time()
    for block in blocks:
        live.feed(block)
    live.finish()
    return 100 * (time.process_time() - start) * RATE_HZ / len(samples)


def run() -> Measurement:
    """Measure ours, theirs and live."""
    samples = recording()
    figures, theirs_say = check(samples, RATE_HZ).figures, plain(samples)  # numba compiles before it is timed
    ours, theirs = alternate((lambda: check(samples, RATE_HZ), lambda: plain(samples)), ROUNDS)
    live = min(_live_percent(samples[: LIVE_MINUTES * 60 * RATE_HZ]) for _ in range(ROUNDS))
    seconds = MINUTES * 60
    return Measurement(
        name="audio",
        ratio=seconds / ours,
        bar=BAR if live <= MOST_LIVE_PERCENT else math.inf,  # both must hold
        at_least=True,
        details=(
            *side_by_side(theirs_say, figures),
            f"{MINUTES} min: ours {ours:.3f} s, {seconds / ours:,.0f} times real time (bar {BAR:,})",
            f"librosa/pyloudnorm {theirs:.3f} s, {seconds / theirs:,.0f} times real time",
            f"ours is {theirs / ours:.1f} times as fast",
            f"live {live:.2f} % of a core (bar {MOST_LIVE_PERCENT:.0f} %)",
        ),
    )
