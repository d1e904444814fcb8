"""The real devices that take part in a simulated day."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simulators.bound_headset import RealHeadset
from simulators.bound_token import RealToken


@dataclass(frozen=True, slots=True)
class RealDevices:
    """What stands in place of simulated devices; the rest of the point is simulated.

    Args:
        tokens: Of the ГЭК members, the first for ``member-1``.
        headsets: In the order of :meth:`scenarios.layout.Layout.headsets`, beginning with the first seat.
        recordings: A folder where the recording stations keep their answers as FLAC, each in a folder of its
            own name; without it only digests are kept.
    """

    tokens: tuple[RealToken, ...] = ()
    headsets: tuple[RealHeadset, ...] = ()
    recordings: Path | None = None


SIMULATED = RealDevices()
"""Nothing real."""
