"""What a picture of a recording shows, gathered while the recording streams by.

The recording is cut into columns. When there are too many, neighbours are joined: so the memory is bounded,
and nobody has to know the length in advance. Extremes are kept, so that a click of one sample is seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hal.audio import Samples
from station_core.audio_check import Report

MOST_COLUMNS = 1600
"""From half of that on, up to that: what a wide screen shows."""

ROWS = 160
LOWEST_HZ = 40
"""The spectrogram begins below the hum of the mains, 50 Hz."""

FLOOR_DB, CEILING_DB = -110.0, -10.0
"""Levels of the darkest and the brightest colour, of one sine against a full-scale sine."""

MOST_CLOSE_UPS = 12
LONGEST_CLOSE_UP_US = 200_000
"""Of what lasts longer the beginning is shown; all of it is seen in the picture of the whole."""

_AROUND_US = 40_000
_FIRST = 256  # frames of a column at the beginning: 5 ms at 48 kHz
_CHUNK = 1 << 16  # frames that are worked on at once
_WINDOW = 2048  # frames of a spectrum: 23 Hz at 48 kHz
_STEP = 1024  # between spectra; columns that are shorter have one each
_AT_ONCE = 64  # spectra, for the cache

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CloseUp:
    """The sound around a finding.

    Args:
        number: Place of the finding in the report, from 1.
        start_us: Where the stretch begins.
        samples: One channel of it, shape ``(frames,)``.
    """

    number: int
    start_us: int
    samples: Samples


@dataclass(frozen=True, slots=True)
class Columns:
    """The picture.

    Attributes:
        frames: Frames of a column; the last one may be shorter.
        length: Frames of the whole recording.
        low: Least sample of each column and channel, shape ``(columns, channels)``.
        high: Greatest.
        rms: Their root mean square, in steps of a sample.
        spectrum: Greatest power of each row in decibels, shape ``(columns, ROWS)``, low frequencies first.
        edges_hz: Where the rows begin and end, ``ROWS + 1`` frequencies.
    """

    frames: int
    length: int
    low: NDArray[np.int16]
    high: NDArray[np.int16]
    rms: Floats
    spectrum: Floats
    edges_hz: NDArray[np.float64]


class Painter:
    """Gathers the columns of a recording.

    Args:
        rate_hz: Sample rate.
        channels: Channel count.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rows = _Rows(rate_hz)
        self._span = _FIRST
        self._waiting: list[Samples] = []
        self._frames_waiting = self._length = 0
        self._history = np.zeros(_WINDOW, dtype=np.float32)
        self._low = np.zeros((0, channels), dtype=np.int16)
        self._high = self._low
        self._power = np.zeros((0, channels), dtype=np.float64)  # mean square
        self._spectrum = np.zeros((0, ROWS), dtype=np.float32)

    def feed(self, samples: Samples) -> None:
        """Take the next stretch, shape ``(frames, channels)``."""
        self._waiting.append(samples)
        self._frames_waiting += len(samples)
        self._length += len(samples)
        if self._frames_waiting >= max(_CHUNK, self._span):
            self._work(np.concatenate(self._waiting))

    def columns(self) -> Columns:
        """Return what was gathered; nothing can be fed afterwards.

        Raises:
            ValueError: Nothing was fed.
        """
        if not self._length:
            raise ValueError("there is no sound to paint")
        self._work(np.concatenate(self._waiting))
        (rest,) = self._waiting
        if len(rest):
            self._add(rest)
        late = min(_WINDOW // 2 // self._span, len(self._spectrum) - 1)  # a spectrum belongs to its middle
        spectrum = np.concatenate((self._spectrum[late:], np.repeat(self._spectrum[-1:], late, axis=0)))
        return Columns(
            self._span,
            self._length,
            self._low,
            self._high,
            np.sqrt(self._power).astype(np.float32),
            spectrum,
            self._rows.edges_hz,
        )

    def _work(self, chunk: Samples) -> None:
        """Add the whole columns of a chunk; what is left waits."""
        while len(chunk) >= self._span:
            if len(self._low) == MOST_COLUMNS:
                self._join()
                continue
            room = (MOST_COLUMNS - len(self._low)) * self._span
            whole = min(room, len(chunk) // self._span * self._span)
            self._add(chunk[:whole])
            chunk = chunk[whole:]
        self._waiting, self._frames_waiting = [chunk], len(chunk)

    def _add(self, chunk: Samples) -> None:
        """Add columns; only the very last one may be shorter than the others."""
        starts = np.arange(0, len(chunk), self._span)
        sizes = np.diff(np.append(starts, len(chunk)))[:, np.newaxis]
        squares = chunk.astype(np.float64) ** 2
        self._low = np.concatenate((self._low, np.minimum.reduceat(chunk, starts)))
        self._high = np.concatenate((self._high, np.maximum.reduceat(chunk, starts)))
        self._power = np.concatenate((self._power, np.add.reduceat(squares, starts) / sizes))
        self._spectrum = np.concatenate((self._spectrum, self._spectra(chunk)))

    def _spectra(self, chunk: Samples) -> Floats:
        """Return the spectrum of each column: the greatest of those that end in it."""
        step = min(self._span, _STEP)
        mono = np.concatenate((self._history, chunk.mean(axis=1, dtype=np.float32)))
        self._history = mono[-_WINDOW:]
        windows = np.lib.stride_tricks.sliding_window_view(mono, _WINDOW)[step::step]
        if len(chunk) % self._span:
            windows = mono[np.newaxis, -_WINDOW:]
        parts = [self._rows.levels(windows[at : at + _AT_ONCE]) for at in range(0, len(windows), _AT_ONCE)]
        return np.maximum.reduceat(np.concatenate(parts), np.arange(0, len(windows), self._span // step))

    def _join(self) -> None:
        """Join each two columns; their number is ``MOST_COLUMNS``, which is even."""
        self._low = np.minimum(self._low[0::2], self._low[1::2])
        self._high = np.maximum(self._high[0::2], self._high[1::2])
        self._power = (self._power[0::2] + self._power[1::2]) / 2
        self._spectrum = np.maximum(self._spectrum[0::2], self._spectrum[1::2])
        self._span *= 2


def paint(samples: Samples, rate_hz: int) -> Columns:
    """Return the columns of what is held whole, shape ``(frames, channels)``.

    Raises:
        ValueError: There is no sound.
    """
    painter = Painter(rate_hz, samples.shape[1])
    for at in range(0, len(samples), _CHUNK):
        painter.feed(samples[at : at + _CHUNK])
    return painter.columns()


class _Rows:
    """Rows of the spectrogram, as many for each octave."""

    def __init__(self, rate_hz: int) -> None:
        top = min(rate_hz / 2, 20_000.0)
        self.edges_hz = LOWEST_HZ * (top / LOWEST_HZ) ** (np.arange(ROWS + 1) / ROWS)
        bins = np.minimum(self.edges_hz * _WINDOW / rate_hz, _WINDOW // 2 - 1)
        first = np.floor(bins[:-1]).astype(np.intp)
        self._pairs = np.stack((first, np.maximum(first + 1, np.ceil(bins[1:]).astype(np.intp))), 1).ravel()
        self._window = np.hanning(_WINDOW).astype(np.float32)
        self._scale = np.float32((self._window.sum() * 32_768 / 2) ** 2)

    def levels(self, windows: NDArray[np.float32]) -> Floats:
        """Return decibels, shape ``(windows, ROWS)``."""
        spectra = np.fft.rfft(windows * self._window)
        power = (spectra.real**2 + spectra.imag**2) / self._scale
        rows = np.maximum.reduceat(power, self._pairs, axis=1)[:, ::2]
        return np.asarray(10 * np.log10(np.maximum(rows, 1e-12)), dtype=np.float32)


def close_ups(samples: Samples, rate_hz: int, report: Report) -> tuple[CloseUp, ...]:
    """Cut out the sound around the first findings, of the channel that they name or of the judged one.

    What spans the whole recording has no place to look at.
    """
    found: list[CloseUp] = []
    for number, finding in enumerate(report.findings, 1):
        start = max(0, (finding.start_us - _AROUND_US) * rate_hz // 1_000_000)
        ends = min(finding.end_us, finding.start_us + LONGEST_CLOSE_UP_US)
        channel = report.figures.channel if finding.channel is None else finding.channel
        part = samples[start : (ends + _AROUND_US) * rate_hz // 1_000_000, channel]
        whole = finding.start_us == 0 and finding.end_us * rate_hz >= (len(samples) - 1) * 1_000_000
        if len(part) and not whole:
            # a copy: a view would keep all of the recording in memory
            found.append(CloseUp(number, start * 1_000_000 // rate_hz, part.copy()))
        if len(found) == MOST_CLOSE_UPS:
            break
    return tuple(found)
