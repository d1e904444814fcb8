"""A room's recording on a real microphone, as a process of its own that can be killed.

``python -m tests.peers.room_process FOLDER URL`` prints a line when it records, and goes on until it is
killed.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from hal.audio import Headset
from hal.journal import Journal
from hal.registry import open_device
from hal.runtime import AsyncioRuntime
from station_core.duty import Place, duty
from station_core.recorder import FlacRecorder
from station_core.room_recorder import RoomRecorder
from station_core.store import SqliteStore

PLACE = Place(exam_date=date(2024, 2, 13), room="0101", organisation="900123")
DUTY = duty("final-interview")


async def work(folder: Path, url: str, runtime: AsyncioRuntime) -> None:
    microphone = await open_device(url)
    assert isinstance(microphone, Headset)
    with SqliteStore(folder / "room.db") as store:
        room = RoomRecorder(
            name="room-0101",
            duty=DUTY,
            place=PLACE,
            microphone=microphone,
            recorder=FlacRecorder(folder / "answers"),
            store=store,
            runtime=runtime,
            journal=Journal(runtime.now),
        )
        room.start()
        print("it records", flush=True)
        await room.record(runtime.event())


if __name__ == "__main__":
    real_time = AsyncioRuntime()
    real_time.run(work(Path(sys.argv[1]), sys.argv[2], real_time))
