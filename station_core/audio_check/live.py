"""Judging a recording while it is made.

What lasts a moment is looked for in the last second, and what begins in the last 0.4 s, whenever samples
come; what is steady is measured once a second over the last ten seconds. The limits are those of a finished
recording.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from hal.audio import Samples
from station_core.audio_check.blocks import Blocks, Mono, block_frames, blocks_of, join, offset_of
from station_core.audio_check.evenness import unevenness
from station_core.audio_check.events import Event, runs
from station_core.audio_check.hum import hum_tenth_db
from station_core.audio_check.judge import FULL_SCALE, Scale, above, below, window_sums
from station_core.audio_check.level import frame_powers, noise_power, speech_level, tenth_db
from station_core.audio_check.limits import AudioLimits, Limit
from station_core.audio_check.limits import limits as load_limits
from station_core.audio_check.measure import interruptions, power_of
from station_core.audio_check.offline import check, columns, dead_channels, verdict_of
from station_core.audio_check.onset import SPAN_MS, begun
from station_core.audio_check.overload import flat_tops, peak_factor_tenth_db
from station_core.audio_check.values import Finding, Kind, Outcome, Report

_LOOK_MS = 1000
_MEMORY_MS = 10_000
_STEADY_EVERY_MS = 1000
_STEADY_FROM_MS = 5000
_USUAL_FROM_MS = 3500
"""From then on it is known how loud the speaker usually is."""
_OPEN_GAP_MS = 200
"""A gap that has not ended is reported after so long."""
_SILENT_WARN_MS = 400
_SILENT_FAIL_MS = 3000
_CALM_MS = 2000
"""What has not been seen for so long is a new finding when it comes again."""
_KEPT_SECONDS = 1800


class LiveCheck:
    """Judge what arrives. What lasts a moment is decided at most half a second after its onset.

    Args:
        rate_hz: At least 8000.
        channels: How many columns the samples have.
        limits: Those of the product if none are given.
        gates: The headset is known to give exact zeros in pauses, so that zeros say nothing of it. Otherwise
            that is learnt from the first such pause.

    Raises:
        ValueError: The rate is too low.

    Attributes:
        gates: As above, what is known by now.
    """

    def __init__(
        self, rate_hz: int, channels: int = 1, limits: AudioLimits | None = None, *, gates: bool = False
    ) -> None:
        columns(np.empty((0, channels), np.int16), rate_hz)
        self._rate_hz = rate_hz
        self._size = block_frames(rate_hz)
        self._channels = channels
        self._limits = limits or load_limits()
        self._kept: deque[Samples] = deque()
        self._frames = 0
        self._kept_frames = 0
        self._powers = [0.0] * channels
        self._x: Mono = np.empty(0, np.int16)
        """The last ten seconds of the judged channel, in whole blocks from ``_first`` on."""
        self._first = 0
        self._blocks: Blocks = join([])
        self._rest: Mono = np.empty(0, np.int16)
        self._active_power = 0.0
        self._usual_power = 0.0
        """The active power as it was at least half a second ago, before what begins now."""
        self._steady_at = 0
        self._known: dict[Kind, list[Event]] = {Kind.DROPOUT: [], Kind.REPEATED: [], Kind.CLICK: []}
        self._last_seen: dict[tuple[Kind, Outcome], int] = {}
        self._reported: list[Finding] = []
        self.gates = gates

    def feed(self, samples: Samples) -> tuple[Finding, ...]:
        """Take the next samples, best 100 ms at a time; return what was found new.

        Raises:
            ValueError: The samples are of another type or shape.
        """
        channels = columns(samples, self._rate_hz)
        if len(channels) != self._channels:
            raise ValueError(f"expected {self._channels} columns, not {len(channels)}")
        self._keep(samples)
        powers = [power_of(channel) for channel in channels] if self._channels > 1 else [0.0]
        self._powers = [old + new * len(samples) for old, new in zip(self._powers, powers, strict=True)]
        self._take(channels[self._powers.index(max(self._powers))])
        if not len(self._blocks):
            return ()
        found = list(self._moments())
        self.gates = self.gates or self._paused()
        found += [
            *self._overload(),
            *self._standing_still(),
            *self._dead(powers, len(samples)),
            *self._begun(),
        ]
        if self._frames >= self._steady_at:
            self._steady_at = self._frames + _STEADY_EVERY_MS * self._size
            found += self._steady()
        self._reported += found
        return tuple(found)

    def finish(self) -> Report:
        """Judge the whole; of more than half an hour the last half hour, and what was found before."""
        whole = np.concatenate(self._kept) if self._kept else np.empty((0, self._channels), np.int16)
        judged = check(whole, self._rate_hz, self._limits)
        dropped = self._frames - self._kept_frames
        if not dropped:
            return judged
        shift = self._us(dropped)
        later = [
            replace(each, start_us=each.start_us + shift, end_us=each.end_us + shift)
            for each in judged.findings
        ]
        findings = (*(each for each in self._reported if each.start_us < shift), *later)
        return Report(verdict_of(findings), judged.figures, findings)

    # -- what is kept ------------------------------------------------------------------------------

    def _keep(self, samples: Samples) -> None:
        self._kept.append(samples.copy())
        self._frames += len(samples)
        self._kept_frames += len(samples)
        while self._kept_frames - len(self._kept[0]) >= _KEPT_SECONDS * self._rate_hz:
            self._kept_frames -= len(self._kept.popleft())

    def _take(self, x: Mono) -> None:
        """Add whole blocks and forget those that are older than ten seconds."""
        new = np.concatenate([self._rest, x])
        whole = len(new) // self._size * self._size
        offset = self._offset() if len(self._x) else offset_of(new)
        self._blocks = join([self._blocks, blocks_of(new[:whole], self._rate_hz, offset, self._x)])
        self._x = np.concatenate([self._x, new[:whole]])
        self._rest = new[whole:]
        old = len(self._blocks) - _MEMORY_MS
        if old > 0:
            self._blocks = self._blocks.part(old)
            self._x = self._x[old * self._size :]
            self._first += old * self._size

    def _offset(self) -> int:
        """Return what ``offset_of`` says of the last ten seconds, from the sums of the blocks."""
        total, frames = int(self._blocks.total.sum()), len(self._x)
        return (2 * total + frames) // (2 * frames)

    # -- what is found -----------------------------------------------------------------------------

    def _us(self, frame: int) -> int:
        return Scale(self._rate_hz).us(frame)

    def _moments(self) -> Iterator[Finding]:
        """Look for gaps, repeated packets and clicks in the last second."""
        if self._active_power <= 0:
            self._active_power = speech_level(self._blocks, self._size, self._rate_hz).power
        skipped = max(0, len(self._blocks) - _LOOK_MS)
        blocks, x = self._blocks.part(skipped), self._x[skipped * self._size :]
        flat = flat_tops(x, blocks, self._size).reached
        power = self._active_power
        if len(self._blocks) < _USUAL_FROM_MS:
            # the first sounds are softer than what follows: a click is what stands out of speech in order
            power = max(power, FULL_SCALE**2 * 10 ** (self._limits.quiet.warn / 100))
        found = interruptions(x, blocks, self._rate_hz, power, flat)
        start = self._first + skipped * self._size
        for kind, events, limit in (
            (Kind.DROPOUT, found.gaps, self._limits.dropout),
            (Kind.REPEATED, found.repeats, self._limits.repeated),
            (Kind.CLICK, found.clicks, self._limits.click),
        ):
            for event in events:
                under_way = event.end >= len(x)
                if not under_way or (kind is Kind.DROPOUT and event.frames >= _OPEN_GAP_MS * self._size):
                    yield from self._new(kind, Event(start + event.begin, start + event.end), limit)

    def _new(self, kind: Kind, event: Event, limit: Limit) -> Iterator[Finding]:
        known = self._known[kind]
        place = bisect(known, event)
        # the known ones do not touch each other, so only the neighbours can be this one, seen before
        if any(
            event.begin <= near.end and near.begin <= event.end
            for near in known[max(0, place - 1) : place + 1]
        ):
            return
        insort(known, event)
        forgotten = bisect(known, Event(known[-1].begin - _MEMORY_MS * self._size, 0))
        del known[:forgotten]
        place -= forgotten
        weights = [-(-each.frames * 1000 // self._rate_hz) if kind is Kind.DROPOUT else 1 for each in known]
        measured = sum(weights)
        outcome, passed = above(limit, measured)
        if kind is Kind.CLICK:
            dense = window_sums(known, weights, self._rate_hz)[place]
            crackling, crackle_passed = above(self._limits.crackle, dense)
            if crackling is not Outcome.PASS:
                kind, outcome, measured, passed = Kind.CRACKLE, crackling, dense, crackle_passed
        if outcome is not Outcome.PASS:
            yield Finding(kind, outcome, self._us(event.begin), self._us(event.end), measured, passed)

    def _overload(self) -> Iterator[Finding]:
        """Look at the last second; tops are those of the last ten."""
        tops = flat_tops(self._x, self._blocks, self._size)
        recent = np.flatnonzero(tops.reached[-_LOOK_MS:])
        if len(recent):
            skipped = max(0, len(self._blocks) - _LOOK_MS)
            share = flat_tops(self._x[skipped * self._size :], self._blocks.part(skipped), self._size).samples
            measured = share * 1_000_000 // (_LOOK_MS * self._size)
            begin = self._first + (skipped + int(recent[0])) * self._size
            yield from self._lasting(Kind.CLIPPING, measured, above(self._limits.clipping, measured), begin)

    def _paused(self) -> bool:
        """Whether a gate was closed for a hundredth of the time: the signal stood still, and was not torn."""
        still = self._blocks.low == self._blocks.high
        if int(still.sum()) * 100 <= len(still):
            return False
        closed = 0
        for first, last in runs(np.flatnonzero(still)):
            pause = Event(self._first + first * self._size, self._first + (last + 1) * self._size)
            if first > 0 and last < len(self._blocks) - 1 and not self._torn(pause):
                closed += last + 1 - first
        return closed * 100 > len(self._blocks)

    def _torn(self, pause: Event) -> bool:
        return any(gap.begin < pause.end and pause.begin < gap.end for gap in self._known[Kind.DROPOUT])

    def _standing_still(self) -> Iterator[Finding]:
        """Notice that nothing at all comes any more, where it is no gate that closes in every pause."""
        still = self._blocks.low == self._blocks.high
        moving = np.flatnonzero(~still)
        length = len(still) - 1 - int(moving[-1]) if len(moving) else len(still)
        # before the first sound a gate may be closed
        least = _SILENT_WARN_MS if len(moving) or self._first else _SILENT_FAIL_MS
        if length >= least and not self.gates:
            outcome = Outcome.FAIL if length >= _SILENT_FAIL_MS else Outcome.WARN
            begin = self._first + (len(still) - length) * self._size
            yield from self._lasting(Kind.SILENT, tenth_db(0), (outcome, self._limits.silent.warn), begin)

    def _dead(self, powers: list[float], frames: int) -> Iterator[Finding]:
        """Compare the channels while somebody speaks."""
        if self._channels > 1 and max(powers) > self._active_power / 10:
            for finding in dead_channels(powers, frames, self._rate_hz, self._limits):
                judged = (finding.outcome, finding.limit)
                for found in self._lasting(finding.kind, finding.measured, judged, self._frames - frames):
                    yield replace(found, channel=finding.channel)

    def _begun(self) -> Iterator[Finding]:
        """Judge the last 0.4 s by what was usual before."""
        if len(self._blocks) < SPAN_MS:
            return
        begin = (len(self._blocks) - SPAN_MS) * self._size
        x, blocks = self._x[begin:], self._blocks.part(-SPAN_MS)
        for kind, measured, judged in begun(x, blocks, self._rate_hz, self._usual_power, self._limits):
            yield from self._lasting(kind, measured, judged, self._first + begin)

    def _steady(self) -> Iterable[Finding]:
        """Measure the last ten seconds."""
        speech = speech_level(self._blocks, self._size, self._rate_hz)
        known = (
            len(self._blocks) >= _USUAL_FROM_MS and tenth_db(self._active_power) > self._limits.silent.fail
        )
        self._usual_power = self._active_power if known else 0.0
        self._active_power = speech.power
        if len(self._blocks) < _STEADY_FROM_MS or speech.tenth_db <= self._limits.silent.fail:
            return
        powers = frame_powers(self._blocks, self._size)
        floor = noise_power(powers)
        noise = tenth_db(floor)
        offset = self._offset() * 1000 // FULL_SCALE
        for kind, measured, judged in (
            (Kind.QUIET, speech.tenth_db, below(self._limits.quiet, speech.tenth_db)),
            (Kind.LOUD, speech.tenth_db, above(self._limits.loud, speech.tenth_db)),
            (Kind.NOISY, speech.tenth_db - noise, below(self._limits.noisy, speech.tenth_db - noise)),
            (Kind.DC_OFFSET, offset, above(self._limits.dc_offset, abs(offset))),
        ):
            yield from self._lasting(kind, measured, judged, self._first)
        if len(self._blocks) >= _MEMORY_MS:  # in less a low voice may hold such a line, as in a file
            hum = hum_tenth_db(self._blocks, self._size, self._rate_hz)
            yield from self._lasting(Kind.HUM, hum, above(self._limits.hum, hum), self._first)
        if speech.activity_per_mille * len(self._blocks) > 1000 * _LOOK_MS:  # one syllable's peaks are alike
            bent = peak_factor_tenth_db(self._blocks, self._size, speech.power)
            yield from self._lasting(Kind.DISTORTION, bent, below(self._limits.distortion, bent), self._first)
        fall, frame, _ = unevenness(powers, speech.power, floor)
        begin = self._first + 10 * frame * self._size
        if fall >= self._limits.uneven.fail:  # ten seconds are not the whole: a whisper comes near
            yield from self._lasting(Kind.UNEVEN, fall, (Outcome.FAIL, self._limits.uneven.fail), begin)

    def _lasting(
        self, kind: Kind, measured: int, judged: tuple[Outcome, int], begin: int
    ) -> Iterator[Finding]:
        """Report what lasts once, and once more when it becomes worse or comes again."""
        outcome, limit = judged
        if outcome is Outcome.PASS:
            return
        seen = self._last_seen.get((kind, outcome))
        self._last_seen[kind, outcome] = self._frames
        if outcome is Outcome.FAIL:
            self._last_seen[kind, Outcome.WARN] = self._frames
        if seen is None or self._frames - seen > _CALM_MS * self._size:
            yield Finding(kind, outcome, self._us(begin), self._us(self._frames), measured, limit)
