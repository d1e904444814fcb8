"""The long recording, for a few seconds: both drivers at once on a busy computer, every sample verified."""

from __future__ import annotations

from pathlib import Path

import pytest

from hal.audio import Samples
from tests.peers.pulse_headset import RATE_HZ, Listener, PulseHeadset, sequence
from tests.soak_audio import DRIVERS, soak

pytestmark = pytest.mark.realtime

SECONDS = 8


def test_no_sample_is_lost_while_every_processor_is_busy(tmp_path: Path) -> None:
    with PulseHeadset(tmp_path) as headset:
        outcomes = soak(DRIVERS, headset, SECONDS)
    assert [outcome.driver for outcome in outcomes] == list(DRIVERS)
    for outcome in outcomes:
        assert (outcome.lost, outcome.overflows) == (0, 0)
        assert outcome.frames >= SECONDS * RATE_HZ


@pytest.mark.parametrize("missing", [1, 480, 65_536])
def test_the_verification_counts_what_is_missing(missing: int) -> None:
    listener = Listener()
    for first in (1_000, 2_000, 3_000 + missing):
        listener.hear(sequence(first, 1_000), 200_000)
    listener.hear(cut(sequence(4_000 + missing, 1_000 + missing), 500, missing), 200_000)
    assert listener.missing == 2 * missing


def test_the_verification_knows_what_was_never_said() -> None:
    wrong = sequence(1_000, 1_000)
    wrong[500] += 1
    with pytest.raises(AssertionError, match=r"sample 1500 was never said"):
        Listener().hear(wrong, 200_000)


def cut(samples: Samples, place: int, count: int) -> Samples:
    keep = [*range(place), *range(place + count, len(samples))]
    return samples[keep]
