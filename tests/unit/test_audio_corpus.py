"""The corpus is what its labels say, and the same every time."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile

from station_core.audio_check import Kind
from tests.audio_corpus import onsets
from tests.audio_corpus.__main__ import main, text
from tests.audio_corpus.clip import LEVELS_DBOV, SNR_LEAST_DB, Clip, clean, rms_db, rounded
from tests.audio_corpus.evaluation import CELLS, Judged, Table, cells_of, damaged
from tests.audio_corpus.faults import FAULTS, Fault
from tests.audio_corpus.p56 import active_level
from tests.audio_corpus.texts import ENGLISH, RUSSIAN, Half
from tests.audio_corpus.voices import RATE_HZ, VARIANTS

CELL_IDS = [f"{fault.name} {strength:.3g}" for fault, strength in CELLS]


def fault(name: str) -> Fault:
    return next(fault for fault in FAULTS if fault.name == name)


@cache
def clip_of(half: Half, seed: int) -> Clip:
    return clean(half, seed)


def test_every_published_kind_is_in_the_corpus() -> None:
    assert {f.kind for f in FAULTS} == set(Kind) - {Kind.SWAPPED_CHANNELS}  # that one needs the active test


def test_the_halves_share_no_voice_and_no_sentence() -> None:
    assert not set(VARIANTS[Half.TUNE]) & set(VARIANTS[Half.REPORT])
    for texts in (RUSSIAN, ENGLISH):
        assert not set(texts[Half.TUNE]) & set(texts[Half.REPORT])


@pytest.mark.parametrize("seed", range(4))
def test_a_clip_is_a_function_of_its_seed(seed: int) -> None:
    first, again = clean(Half.TUNE, seed), clean(Half.TUNE, seed)
    assert (rounded(first.wave) == rounded(again.wave)).all()
    for number in range(seed, len(CELLS), 9):
        once, twice = damaged(first, *CELLS[number]), damaged(again, *CELLS[number])
        assert (once.samples == twice.samples).all()
        assert once.spans == twice.spans


@pytest.mark.parametrize("seed", range(6))
def test_a_clean_clip_is_as_loud_and_as_quiet_as_it_says(seed: int) -> None:
    clip = clean(Half.REPORT, seed)
    assert LEVELS_DBOV[0] - 3 <= clip.level_db <= LEVELS_DBOV[1]
    assert active_level(clip.wave, RATE_HZ)[0] == pytest.approx(clip.level_db, abs=0.3)
    assert clip.noise_db <= clip.level_db - SNR_LEAST_DB
    assert np.abs(clip.wave).max() < 0.95


@pytest.mark.parametrize(("row", "strength"), CELLS, ids=CELL_IDS)
def test_labels_lie_within_the_recording(row: Fault, strength: float) -> None:
    recording = damaged(clip_of(Half.TUNE, 3), row, strength)
    assert recording.samples.dtype == np.int16
    assert recording.spans
    assert all(0 <= begin < end <= len(recording.samples) for begin, end in recording.spans)


@pytest.mark.parametrize("name", ["dropout", "repeated", "click", "jump", "crackle"])
def test_interruptions_change_nothing_but_what_is_labelled(name: str) -> None:
    clip = clip_of(Half.TUNE, 8)
    recording = damaged(clip, fault(name), fault(name).strengths[-1])
    changed = recording.samples != rounded(clip.wave)
    assert changed.any()
    for begin, end in recording.spans:
        changed[begin:end] = False
    assert not changed.any()


def test_strengths_are_what_they_are_called() -> None:
    clip = clip_of(Half.TUNE, 8)
    for strength in (-41, -44):
        level, _ = active_level(damaged(clip, fault("quiet"), strength).samples / 32767, RATE_HZ)
        assert level == pytest.approx(strength, abs=0.3)
    for strength in (-17, -13):
        level, _ = active_level(damaged(clip, fault("loud"), strength).samples / 32767, RATE_HZ)
        assert level == pytest.approx(strength, abs=0.5)
    for strength in (15, 5):
        added = damaged(clip, fault("noisy"), strength).samples / 32767 - clip.wave
        assert rms_db(added) == pytest.approx(clip.level_db - strength, abs=0.3)
    for strength in (-42, -30):
        assert rms_db(damaged(clip, fault("hum"), strength).samples / 32767 - clip.wave) == pytest.approx(
            strength, abs=0.3
        )


def test_every_cell_gets_equally_many_clips() -> None:
    drawn = [cell for seed in range(len(CELLS)) for cell in cells_of(seed, 5)]
    assert all(drawn.count(cell) == 5 for cell in CELLS)


def table(found: int, named: int, alarms: int) -> Table:
    """Count a hundred cases of one audible fault and a thousand clean clips."""
    result = Table(Half.REPORT)
    for number in range(100):
        result.add(Judged(number, "echo", -6, found=number < found, named=number < named))
    for number in range(1000):
        result.add(Judged(number, "", 0, found=number < alarms))
    return result


def test_every_missed_target_is_told() -> None:
    assert list(table(99, 95, 5).missed_targets()) == []
    assert list(table(98, 94, 6).missed_targets()) == [
        "found 98 of 100, fewer than 99%",
        "named right 94 of 100, fewer than 95%",
        "6 false alarms in 1000 clips, over 0.5%",
    ]


def test_what_cannot_be_heard_counts_for_no_target() -> None:
    result = table(100, 100, 0)
    result.add(Judged(0, "echo", -26, found=False))
    assert list(result.missed_targets()) == []
    assert "| echo | echo | (-26 dB below the voice, 80 to 300 ms later) | 1 | 0.0 % |" in text(result)


def test_clips_can_be_written_for_ears(tmp_path: Path) -> None:
    assert main(["--write", str(tmp_path), "--clips", "1", "--first", "3", "--faults", "1"]) == 0
    labels = json.loads((tmp_path / "labels.json").read_text(encoding="utf-8"))
    assert [label.get("kind") for label in labels] == [None, cells_of(3, 1)[0][0].kind.value]
    for label in labels:
        samples, rate_hz = soundfile.read(tmp_path / label["file"], dtype="int16")
        assert rate_hz == RATE_HZ
        assert len(samples) > RATE_HZ


def test_the_reference_has_the_thresholds_of_the_code() -> None:
    reference = (Path(__file__).parents[2] / "docs" / "reference" / "audio-corpus.md").read_text(
        encoding="utf-8"
    )
    for row in FAULTS:
        strengths = ", ".join(f"**{s:.3g}**" if row.audible(s) else f"{s:.3g}" for s in row.strengths)
        assert f"| {row.name} | `{row.kind}` | {strengths} {row.unit} | {row.why} |" in reference


def test_the_delay_of_the_live_check_is_measured_from_the_onset() -> None:
    measured = onsets.delay(clip_of(Half.TUNE, 8), fault("dc-offset"), 10)
    assert measured is not None
    assert measured.milliseconds is not None
    assert 0 < measured.milliseconds <= onsets.DECIDED_MS
    unheard = onsets.Delay("hum", -58, None, alarmed=True)
    table = onsets.text([measured, unheard])
    assert "| dc-offset | 10 % of full scale | 1 | 100 % | 100 % |" in table
    assert "| hum | (-58 dBFS) | 1 | 0 % | 0 % | – | – |" in table
    assert "1 of 2 were called faulty before they were" in table
