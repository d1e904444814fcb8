"""What is told while a day runs."""

from __future__ import annotations

import io

import pytest

from hal.journal import Entry
from lab.progress import Progress
from lab.text import texts
from station_core.events import AnswerBegan

BEGAN = AnswerBegan("0101", "rec-0101-1", "1", "headset-0101-1", "0001-01", "29-АНГ-0001-01", 1)


@pytest.mark.parametrize("real_headsets", [True, False])
def test_answers_are_told_where_they_take_time(*, real_headsets: bool) -> None:
    stream = io.StringIO()
    Progress(texts("ru"), stream, real_headsets=real_headsets)(Entry(1, 0, BEGAN))
    assert ("запись ответа начата, участник 0001-01" in stream.getvalue()) is real_headsets
