"""Every fault of the published list of kinds, a module for each family.

Each is a pure function of clip, seed and strength. ``swapped-channels`` is missing: a recording does not say
which ear was meant, only the active test finds that.
"""

from __future__ import annotations

from tests.audio_corpus.faults import distortion, interruptions, level, surroundings, wiring
from tests.audio_corpus.faults.base import Damaged, Fault

FAULTS: tuple[Fault, ...] = (
    *level.FAULTS,
    *surroundings.FAULTS,
    *interruptions.FAULTS,
    *distortion.FAULTS,
    *wiring.FAULTS,
)

__all__ = ["FAULTS", "Damaged", "Fault"]
