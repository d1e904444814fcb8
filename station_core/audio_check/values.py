"""What the audio check says: kinds, findings, figures, the report. Integers only, for the journal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What can be wrong with a recording; the published list of ``docs/reference/audio-check.md``."""

    SILENT = "silent"
    QUIET = "quiet"
    LOUD = "loud"
    NOISY = "noisy"
    UNEVEN = "uneven"
    DROPOUT = "dropout"
    REPEATED = "repeated"
    CLICK = "click"
    CRACKLE = "crackle"
    CLIPPING = "clipping"
    DISTORTION = "distortion"
    HUM = "hum"
    DC_OFFSET = "dc-offset"
    DEAD_CHANNEL = "dead-channel"
    SWAPPED_CHANNELS = "swapped-channels"
    WRONG_RATE = "wrong-rate"
    WRONG_DEVICE = "wrong-device"
    TOO_SHORT = "too-short"
    ECHO = "echo"


class Outcome(StrEnum):
    """How bad it is: heard, but an expert can work with it (warn), or not fit for use (fail)."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Args:
        kind: What.
        outcome: ``WARN`` or ``FAIL``.
        start_us: Where it begins, from the start of the recording.
        end_us: Where it ends; what spoils the whole recording spans the whole recording.
        measured: The number, in the unit of its limit (see the data file).
        limit: The number that it passed.
        channel: The channel, counted from 0, where that matters.
        count: How many events of this kind lie between start and end.
    """

    kind: Kind
    outcome: Outcome
    start_us: int
    end_us: int
    measured: int
    limit: int
    channel: int | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured. Levels are tenths of a decibel relative to the RMS of a full-scale square wave.

    Args:
        duration_us: Length.
        rate_hz: Sample rate.
        channels: How many there are.
        channel: Which one was judged: the loudest.
        active_level_tenth_db: Active speech level, ITU-T P.56 method B; -960 for digital silence.
        activity_per_mille: Share of the time in which somebody speaks, same source.
        peak_tenth_db: Level of the highest sample.
        noise_tenth_db: Level of the quietest moments.
        snr_tenth_db: Active level above the noise.
        unevenness_tenth_db: How far the weakest stretch of speech lies below the usual one.
        clipped_per_million: Samples on flat tops.
        peak_factor_tenth_db: How far the usual peaks of speech lie above its active level.
        dropouts: Gaps within sound.
        dropout_us: Their total length.
        repeats: Packets that repeat an earlier one exactly.
        clicks: Impulses that no voice makes.
        hum_tenth_db: Level of the mains frequency and its harmonics.
        dc_offset_per_mille: Mean of the samples in thousandths of full scale, with its sign.
        bandwidth_hz: Up to where the sound reaches.
        low_hz: A fifth of the energy of speech lies below.
        pace_tenth_hz: Middle of the frequencies at which the level swings: syllables.
        voiced_per_mille: Share of speech that has a pitch.
        fall_tenth_db: How deep sound falls within 150 ms after strong syllables.
        echo_per_mille: Strength of a second arrival of the voice relative to the first.
        echo_delay_us: How much later it comes.
        gated_per_mille: Share of the time in which the signal stands still between sounds: a headset that
            gates noise, if nothing is torn.
    """

    duration_us: int
    rate_hz: int
    channels: int
    channel: int
    active_level_tenth_db: int
    activity_per_mille: int
    peak_tenth_db: int
    noise_tenth_db: int
    snr_tenth_db: int
    unevenness_tenth_db: int
    clipped_per_million: int
    peak_factor_tenth_db: int
    dropouts: int
    dropout_us: int
    repeats: int
    clicks: int
    hum_tenth_db: int
    dc_offset_per_mille: int
    bandwidth_hz: int
    low_hz: int
    pace_tenth_hz: int
    voiced_per_mille: int
    fall_tenth_db: int
    echo_per_mille: int
    echo_delay_us: int
    gated_per_mille: int


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict: that of the worst finding; findings are sorted by start, then by kind."""

    verdict: Outcome
    figures: Figures
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether the recording is fit for use, with or without a warning."""
        return self.verdict is not Outcome.FAIL

    @property
    def reasons(self) -> tuple[Kind, ...]:
        """Why it is not fit for use, in the order of the published list."""
        failed = {finding.kind for finding in self.findings if finding.outcome is Outcome.FAIL}
        return tuple(kind for kind in Kind if kind in failed)
