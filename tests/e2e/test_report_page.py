"""The report in a real browser: Chromium lays it out, runs its script, draws and prints it."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from lab.report import write_report
from scenarios.loading import load
from scenarios.runner import run

CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=2000",
)

pytestmark = [
    pytest.mark.peer("chromium"),
    pytest.mark.skipif(CHROMIUM is None and not os.environ.get("CI"), reason="Chromium is not installed"),
]


def chromium(folder: Path, page: Path, *flags: str) -> str:
    """Run Chromium on a page; returns what it prints."""
    assert CHROMIUM is not None, "CI needs Chromium: apt-get install chromium"
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", *flags, page.as_uri()],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    return done.stdout


@pytest.fixture
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    scenario = load(request.param)
    path = tmp_path / "report.html"
    write_report(run(scenario, 1, name=request.param), scenario, path, "ru")
    return path


@pytest.mark.parametrize("page", ["printer-jam", "audio-quality-check"], indirect=True)
def test_the_page_opens_and_its_script_runs(page: Path, tmp_path: Path) -> None:
    dom = chromium(tmp_path, page, "--dump-dom", "--window-size=1400,1000")
    assert re.search(r'<a href="#incident-1" class="badge', dom)
    assert '<p class="filter">' in dom, "the script showed the filter, so the page's policy lets it run"
    assert '<span class="buttons">' in dom


@pytest.mark.parametrize("page", ["printer-jam"], indirect=True)
def test_the_picture_is_drawn(page: Path, tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    chromium(tmp_path, page, f"--screenshot={shot}", "--window-size=1400,1200")
    data = shot.read_bytes()
    assert struct.unpack(">II", data[16:24]) == (1400, 1200)
    assert len(data) > 50_000, "a picture with so many parts does not compress to nothing"


@pytest.mark.parametrize("page", ["printer-jam"], indirect=True)
def test_it_prints(page: Path, tmp_path: Path) -> None:
    pdf = tmp_path / "report.pdf"
    chromium(tmp_path, page, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    data = pdf.read_bytes()
    assert data.startswith(b"%PDF-")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", data)) <= 8
