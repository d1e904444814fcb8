"""Commands to a sound server that dies or tidies up at the same time; here it only seems to be there."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulsectl.pulsectl import c as libpulse

from simulators.wire.pulse import PulseError, PulseServer


class Dying:
    """A connection to a server that dies between two questions."""

    connected = True

    def connect(self, *, autospawn: bool) -> None: ...

    def close(self) -> None: ...

    def module_list(self) -> None:
        raise libpulse.pa.CallError(("pa_context_get_module_info_list", ()), (), 0, "Bad state")


def test_a_server_that_dies_between_two_questions_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.wire.pulse._Client", lambda *_, **__: Dying())
    with pytest.raises(PulseError) as caught:
        PulseServer("unix:/nowhere").unload(7)
    assert caught.value.code == "gone"


def test_a_fifo_that_the_server_removes_at_the_same_time_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(server: PulseServer, module: str, **arguments: str | int) -> int:
        raise PulseError("refused", module)

    monkeypatch.setattr(PulseServer, "load", load)
    monkeypatch.setattr(Path, "is_fifo", lambda _: True)  # it was there a moment ago
    with pytest.raises(PulseError, match="refused"):
        PulseServer(None).load_source("mic", tmp_path / "fifo", rate_hz=48_000, channels=1, properties={})
