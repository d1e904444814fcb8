"""From measurements to findings: what passes which limit, where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from station_core.audio_check.events import Event
from station_core.audio_check.limits import AudioLimits, Limit
from station_core.audio_check.measure import Measurement
from station_core.audio_check.values import Finding, Kind, Outcome

_SECOND = 1_000_000
_WINDOW_SECONDS = 10
_NO_VOICE_SNR_TENTH_DB = 30
_NO_VOICE_PER_MILLE = 50
_FAINT_TENTH_DB = -400
_WHISPER_PER_MILLE = 380
_ROOM_HEARD_TENTH_DB = 165
FULL_SCALE = 32_767


@dataclass(frozen=True, slots=True)
class Scale:
    """Turns frames of a recording into its time."""

    rate_hz: int

    def us(self, frame: int) -> int:
        """Return the time of a frame."""
        return frame * _SECOND // self.rate_hz


def above(limit: Limit, measured: int) -> tuple[Outcome, int]:
    """Judge what must stay below its limit; return the limit that was passed, too."""
    if measured >= limit.fail:
        return Outcome.FAIL, limit.fail
    return (Outcome.WARN if measured >= limit.warn else Outcome.PASS), limit.warn


def below(limit: Limit, measured: int) -> tuple[Outcome, int]:
    """Judge what must stay above its limit."""
    if measured <= limit.fail:
        return Outcome.FAIL, limit.fail
    return (Outcome.WARN if measured <= limit.warn else Outcome.PASS), limit.warn


def findings(m: Measurement, limits: AudioLimits) -> Iterator[Finding]:
    """Yield what is wrong with a channel, in no special order."""
    length = Scale(m.rate_hz).us(m.frames)
    short = below(limits.too_short, length)
    if short[0] is not Outcome.PASS:
        yield Finding(Kind.TOO_SHORT, short[0], 0, length, length, short[1])
    silent = _silent(m, limits)
    if silent[0] is not Outcome.PASS:
        yield Finding(Kind.SILENT, silent[0], 0, length, m.speech.tenth_db, silent[1])
        return
    if length <= limits.too_short.fail:
        return  # what less than a second measures means nothing
    yield from _events(m, limits)
    for kind, measured, (outcome, limit) in _whole(m, limits):
        if outcome is not Outcome.PASS:
            yield Finding(kind, outcome, 0, length, measured, limit)
    yield from _by_segment(m, limits)
    outcome, limit = above(limits.uneven, m.uneven[0])
    if outcome is not Outcome.PASS:
        frame = 10 * (m.rate_hz // 1000)
        begin, end = (Scale(m.rate_hz).us(edge * frame) for edge in m.uneven[1:])
        yield Finding(Kind.UNEVEN, outcome, begin, end, m.uneven[0], limit)


def _silent(m: Measurement, limits: AudioLimits) -> tuple[Outcome, int]:
    """Nobody speaks: next to nothing is heard, or it is steady, or it has no pitch and is faint."""
    humming = any(segment.hum_tenth_db >= limits.hum.warn for segment in m.segments)
    steady = m.snr_tenth_db < _NO_VOICE_SNR_TENTH_DB and not humming
    toneless = m.voiced_per_mille < _NO_VOICE_PER_MILLE and m.speech.tenth_db < _FAINT_TENTH_DB
    if steady or toneless:
        return Outcome.FAIL, limits.silent.fail
    return below(limits.silent, m.speech.tenth_db)


def _whole(m: Measurement, limits: AudioLimits) -> Iterator[tuple[Kind, int, tuple[Outcome, int]]]:
    level = m.speech.tenth_db
    yield Kind.QUIET, level, below(limits.quiet, level)
    yield Kind.LOUD, level, above(limits.loud, level)
    offset = m.offset * 1000 // FULL_SCALE
    yield Kind.DC_OFFSET, offset, above(limits.dc_offset, abs(offset))
    yield Kind.DISTORTION, m.peak_factor_tenth_db, below(limits.distortion, m.peak_factor_tenth_db)
    yield Kind.ECHO, m.echo_per_mille, above(limits.echo, m.echo_per_mille)
    yield Kind.WRONG_RATE, *_wrong_rate(m, limits)
    # noise hides how sound dies away, an echo fills the pauses, and overload lifts what is soft
    bent = m.peak_factor_tenth_db <= limits.distortion.warn
    bent = bent or level >= limits.loud.warn
    if m.snr_tenth_db >= _ROOM_HEARD_TENTH_DB and m.echo_per_mille < limits.echo.warn and not bent:
        yield Kind.WRONG_DEVICE, m.fall_tenth_db, below(limits.wrong_device, m.fall_tenth_db)


def _wrong_rate(m: Measurement, limits: AudioLimits) -> tuple[int, tuple[Outcome, int]]:
    narrow = below(limits.wrong_rate, m.bandwidth_hz)
    if narrow[0] is not Outcome.PASS:
        return m.bandwidth_hz, narrow
    # a whisper has neither a pitch nor low notes
    haste = m.low_hz * m.pace_tenth_hz // 10 if m.voiced_per_mille >= _WHISPER_PER_MILLE else 0
    return haste, above(limits.too_fast, haste)


def _by_segment(m: Measurement, limits: AudioLimits) -> Iterator[Finding]:
    size = m.rate_hz // 1000
    found: dict[Kind, list[Finding]] = {}
    for segment in m.segments:
        snr = m.speech.tenth_db - segment.noise_tenth_db
        clipped = segment.clipped * 1_000_000 // max(1, (segment.end - segment.begin) * size)
        begin, end = (Scale(m.rate_hz).us(edge * size) for edge in (segment.begin, segment.end))
        for kind, measured, (outcome, limit) in (
            (Kind.NOISY, snr, below(limits.noisy, snr)),
            (Kind.HUM, segment.hum_tenth_db, above(limits.hum, segment.hum_tenth_db)),
            (Kind.CLIPPING, clipped, above(limits.clipping, clipped)),
        ):
            if outcome is Outcome.PASS:
                continue
            row = found.setdefault(kind, [])
            if row and row[-1].end_us == begin and row[-1].outcome is outcome:
                worse = min if kind is Kind.NOISY else max
                worst = worse(row[-1].measured, measured)
                row[-1] = replace(row[-1], end_us=end, measured=worst)
            else:
                row.append(Finding(kind, outcome, begin, end, measured, limit))
    for row in found.values():
        yield from row


def _events(m: Measurement, limits: AudioLimits) -> Iterator[Finding]:
    found = m.interruptions
    yield from clustered(
        Kind.DROPOUT, found.gaps, _milliseconds(found.gaps, m.rate_hz), limits.dropout, m.rate_hz
    )
    yield from clustered(Kind.REPEATED, found.repeats, [1] * len(found.repeats), limits.repeated, m.rate_hz)
    # at the wrong rate, and where tops are bent, every syllable has bends of its own
    bent = m.peak_factor_tenth_db <= limits.distortion.warn
    if not bent and _wrong_rate(m, limits)[1][0] is Outcome.PASS:
        yield from clicked(found.clicks, limits, m.rate_hz)


def _milliseconds(events: Iterable[Event], rate_hz: int) -> list[int]:
    return [-(-event.frames * 1000 // rate_hz) for event in events]


def clicked(events: list[Event], limits: AudioLimits, rate_hz: int) -> Iterator[Finding]:
    """Yield clicks, or crackle where so many follow each other that nobody would count them."""
    for finding in clustered(Kind.CLICK, events, [1] * len(events), limits.click, rate_hz):
        inside = [
            event for event in events if finding.start_us <= Scale(rate_hz).us(event.begin) <= finding.end_us
        ]
        densest = max(window_sums(inside, [1] * len(inside), rate_hz))
        outcome, limit = above(limits.crackle, densest)
        if outcome is Outcome.PASS:
            yield finding
        else:
            yield Finding(
                Kind.CRACKLE, outcome, finding.start_us, finding.end_us, densest, limit, count=finding.count
            )


def clustered(
    kind: Kind, events: list[Event], weights: list[int], limit: Limit, rate_hz: int
) -> Iterator[Finding]:
    """Put events together that lie less than a second apart, and judge each group by ten seconds around."""
    sums = window_sums(events, weights, _WINDOW_SECONDS * rate_hz)
    group: list[int] = []
    for number, event in enumerate(events):
        if group and event.begin - events[group[-1]].end > rate_hz:
            yield from _group(kind, [events[i] for i in group], max(sums[i] for i in group), limit, rate_hz)
            group = []
        group.append(number)
    if group:
        yield from _group(kind, [events[i] for i in group], max(sums[i] for i in group), limit, rate_hz)


def _group(kind: Kind, events: list[Event], measured: int, limit: Limit, rate_hz: int) -> Iterator[Finding]:
    outcome, passed = above(limit, measured)
    if outcome is not Outcome.PASS:
        scale = Scale(rate_hz)
        begin, end = scale.us(events[0].begin), scale.us(events[-1].end)
        yield Finding(kind, outcome, begin, end, measured, passed, count=len(events))


def window_sums(events: list[Event], weights: list[int], reach: int) -> list[int]:
    """For each event, sum the weights within so many frames that hold it; of all such stretches, the most."""
    total = np.concatenate([[0], np.cumsum(np.array(weights, np.int64))])
    begins = np.array([event.begin for event in events], np.int64)
    firsts = np.searchsorted(begins, begins - reach, side="right")
    ends = np.searchsorted(begins, begins + reach, side="left")
    back = total[1:] - total[firsts]
    return [int(back[number:end].max()) for number, end in enumerate(ends.tolist())]
