"""What sound is worth: a value for the journal and for the store."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from station_core.audio_check import Kind, Report


class Heard(msgspec.Struct, frozen=True):
    """What sound is worth.

    Args:
        active_level_tenth_db, noise_tenth_db: Levels of the speech and of the pauses, tenths of dBFS.
        reasons: Why it is not fit for use, codes of the audio check in the order of its list.
    """

    active_level_tenth_db: int
    noise_tenth_db: int
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, report: Report) -> Heard:
        """Take from a report of the audio check what the journal tells."""
        figures = report.figures
        reasons = tuple(kind.value for kind in report.reasons)
        return cls(figures.active_level_tenth_db, figures.noise_tenth_db, reasons)

    @property
    def ok(self) -> bool:
        """Whether it is fit for use."""
        return not self.reasons

    def with_loss(self) -> Heard:
        """Return it for sound of which the system lost a piece: no sample tells, but it is not all there."""
        return replace(self, reasons=tuple(dict.fromkeys((*self.reasons, Kind.DROPOUT.value))))
