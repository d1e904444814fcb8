"""What is done at a workplace of the oral exam before anybody answers: screen, passport, test recording."""

from __future__ import annotations

import msgspec
import numpy as np

from hal.audio import Headset, Samples
from hal.runtime import SECOND
from hal.storage import FlashDrive
from station_core.audio_check import check
from station_core.events import DisplayChecked, PassportSaved, RecordingTested
from station_core.heard import Heard
from station_core.recorder import FORMAT
from station_core.station import Seat, Station

TEST_BLOCK_US = SECOND

GATED_PER_MILLE = 10
"""Zeros for so much of the time are a noise gate's, as in ``LiveCheck``: a single one may be anything."""


class PreparedStation(Station):
    """The steps before the first answer.

    Args:
        seat: See :class:`~station_core.station.Seat`.
        headset: Headphones and microphone.
    """

    def __init__(self, seat: Seat, headset: Headset) -> None:
        super().__init__(seat)
        self.headset = headset
        self._gating = ""

    @property
    def headset_gates(self) -> bool:
        """Whether this headset's good test recording had exact zeros in its pauses: they say nothing then."""
        return self._gating == self.headset.info.name

    # -- preparation -------------------------------------------------------------------------------

    async def report_display(self) -> None:
        """Write down that the КИМ is shown well: sharp, readable, in its colours, on the screen [001:108]."""
        await self.computer.run(self._report_display())

    async def _report_display(self) -> None:
        self._record(DisplayChecked(self.name, self.settings.seat))

    async def save_passport(self, flash: FlashDrive) -> str:
        """Save the паспорт станции записи to a drive; returns the name of the file [001:111].

        Raises:
            StorageError: The drive.
        """
        return await self.computer.run(self._save_passport(flash))

    async def _save_passport(self, flash: FlashDrive) -> str:
        s = self.settings
        file = f"PASSPORT_{s.region}_{s.point}_{s.exam_date:%Y%m%d}_{s.computer:03}.json"
        info = self.headset.info
        headset = {"name": info.name, "make": info.make, "model": info.model, "serial": info.serial}
        package = self.package.name if self.package is not None else ""
        told = {"settings": s, "headset": headset, "package": package}
        await flash.write(file, msgspec.json.encode(told))
        self._record(PassportSaved(self.name, flash.name))
        return file

    # -- test recording ----------------------------------------------------------------------------

    async def test_recording(self, duration_us: int = 10 * SECOND) -> Heard:
        """Record a test message and judge it by the criteria of [001:79].

        Raises:
            HeadsetUnplugged, DeviceError: The headset.
        """
        return await self.computer.run(self._test_recording(duration_us))

    async def _test_recording(self, duration_us: int) -> Heard:
        blocks: list[Samples] = []
        missing = duration_us * FORMAT.rate_hz // SECOND
        async with self.headset.record(FORMAT, TEST_BLOCK_US) as stream:
            async for block in stream:
                blocks.append(block.samples())
                missing -= block.frames  # not every block is whole: the one before a loss is shorter
                if missing <= 0:
                    break
        report = await self.runtime.compute(lambda: check(np.concatenate(blocks), FORMAT.rate_hz))
        heard = Heard.of(report)
        gates = heard.ok and report.figures.gated_per_mille >= GATED_PER_MILLE
        self._gating = self.headset.info.name if gates else ""
        self._record(
            RecordingTested(
                station=self.name,
                seat=self.settings.seat,
                headset=self.headset.info.name,
                good=heard.ok,
                active_level_tenth_db=heard.active_level_tenth_db,
                noise_tenth_db=heard.noise_tenth_db,
                reasons=heard.reasons,
            )
        )
        return heard
