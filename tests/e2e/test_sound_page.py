"""The page of a sound check in a real browser."""

from __future__ import annotations

import re
import struct
from dataclasses import fields
from pathlib import Path

import pytest

from lab.sound.page import Part, render_page
from lab.sound.picture import close_ups, paint
from lab.text import texts
from station_core.audio_check import Figures, Finding, Kind, Outcome, Report
from tests.e2e.test_report_page import chromium, pytestmark
from tests.sound_files import RATE, voice

__all__ = ["pytestmark"]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    sound = voice(4, channels=2)
    sound[2 * RATE : 2 * RATE + 3] = 30_000
    figures = Figures(4_000_000, RATE, 2, *[0] * (len(fields(Figures)) - 3))
    findings = (
        Finding(Kind.HUM, Outcome.WARN, 0, 4_000_000, 1, 0),
        Finding(Kind.CLICK, Outcome.FAIL, 2_000_000, 2_000_060, 1, 0, channel=1),
    )
    report = Report(Outcome.FAIL, figures, findings)
    parts = [
        Part(
            "ответ.flac",
            Outcome.FAIL,
            report,
            columns=paint(sound, RATE),
            close_ups=close_ups(sound, RATE, report),
            response=((100, -20), (1000, 0), (10_000, -100)),
            steps=(("да", "Гарнитура", "H390"),),
        ),
        Part("нет.wav", Outcome.FAIL, error="файл не читается"),
    ]
    path = tmp_path / "page.html"
    path.write_text(render_page("Проверка", parts, texts("ru")), encoding="utf-8")
    return path


def test_the_browser_draws_it_and_loads_nothing(page: Path, tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    told = chromium(
        tmp_path, page, f"--screenshot={shot}", "--window-size=1280,1600", "--enable-logging=stderr"
    )
    assert "Content Security Policy" not in told
    data = shot.read_bytes()
    assert struct.unpack(">II", data[16:24]) == (1280, 1600)
    assert len(data) > 100_000, "a spectrogram does not compress to nothing"


def test_its_parts_are_labelled(page: Path, tmp_path: Path) -> None:
    dom = chromium(tmp_path, page, "--dump-dom")
    assert len(re.findall(r'<svg class="wave"[^>]*role="img"[^>]*aria-label="[^"]+"', dom)) == 4
    assert re.search(r'<img src="data:image/png;base64,[^"]+" alt="Спектрограмма', dom)
    assert len(re.findall(r'<svg class="over" aria-hidden="true">\s*<rect class="fail"', dom)) == 3, (
        "two channels and the spectrogram; what spans the whole is in its lane only"
    )
    assert re.search(r'<svg role="img" aria-label="гудение сети: отмечено мест: 1"', dom)
    assert "файл не читается" in dom


def test_it_prints(page: Path, tmp_path: Path) -> None:
    pdf = tmp_path / "page.pdf"
    chromium(tmp_path, page, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) <= 6


def test_the_spectrogram_is_a_picture_that_the_browser_knows(page: Path, tmp_path: Path) -> None:
    """Where the picture is damaged, there is only its alternative text, and the shot compresses better."""
    text = page.read_text(encoding="utf-8")
    whole = tmp_path / "whole.png"
    chromium(tmp_path, page, f"--screenshot={whole}", "--window-size=1280,1000")
    broken = tmp_path / "broken.html"
    broken.write_text(
        text.replace("data:image/png;base64,iVBOR", "data:image/png;base64,AAAAA"), encoding="utf-8"
    )
    bare = tmp_path / "bare.png"
    chromium(tmp_path, broken, f"--screenshot={bare}", "--window-size=1280,1000")
    assert len(whole.read_bytes()) > 1.3 * len(bare.read_bytes())
