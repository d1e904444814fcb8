"""A participant of the oral exam, as far as one can surprise the point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from simulators.device import SimDevice
from simulators.faults import FaultKind


class SimParticipant(SimDevice):
    """Somebody who listens to the answer just recorded and is content with it, or not (E14)."""

    FAULTS: ClassVar[Mapping[str, FaultKind]] = {
        "complains": FaultKind("The participant complains of the quality of the recording.", {}, "listen"),
    }

    def content(self) -> bool:
        """Listen; return whether the recording will do."""
        self.occurred("listen")
        return "complains" not in self.faults
