"""A real folder as a flash drive: the public suite, and what an operating system does to it."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from pytest_mock import MockerFixture

from hal.conformance import storage
from hal.conformance.suite import Check, run_check
from hal.errors import DeviceTimeout
from hal.runtime import MINUTE, AsyncioRuntime, Runtime
from hal.storage import FileMissing, FlashDrive, FlashFull, FlashLost, FlashUnreadable, FolderDrive, folder


class Folders:
    """Folders of this machine, and what befalls drives."""

    supports = frozenset(storage.CONDITIONS)
    patience = MINUTE

    def __init__(self, runtime: Runtime, path: Path, mocker: MockerFixture) -> None:
        self.runtime = runtime
        self.path = path / "drive"
        self._mocker = mocker

    async def open(self) -> FlashDrive:
        self.path.mkdir()
        return FolderDrive(self.path)

    async def provoke(self, condition: str) -> None:
        if condition == storage.LOST:
            shutil.rmtree(self.path)
        elif condition == storage.UNREADABLE:  # a file system that answers every question with EIO
            broken = OSError(errno.EIO, "Input/output error")
            self._mocker.patch("hal.storage.folder.os.scandir", side_effect=broken)
            self._mocker.patch.object(Path, "open", side_effect=broken)
        else:  # the real thing is in test_a_full_file_system
            self._mocker.patch("hal.storage.folder._write", side_effect=OSError(errno.ENOSPC, "full"))


@pytest.mark.parametrize("check", storage.CHECKS.values(), ids=storage.CHECKS)
def test_suite(check: Check[storage.FlashBench], tmp_path: Path, mocker: MockerFixture) -> None:
    runtime = AsyncioRuntime()
    runtime.run(run_check(check, Folders(runtime, tmp_path, mocker)))
    mocker.stopall()
    assert list(tmp_path.glob("drive/*.part")) == []


@pytest.fixture
def small_file_system(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte; who is not root has none."""
    if os.geteuid():
        pytest.skip("only root may mount a file system")
    place = tmp_path / "small"
    place.mkdir()
    mount(place)
    yield place
    unmount(place)


def mount(place: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "small", place], check=True)


def unmount(place: Path) -> None:
    """Take it away, also from under whoever still has a file open."""
    subprocess.run(["umount", "--lazy", place], check=True)


def content(folder: Path) -> list[str]:
    """List a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def test_a_full_file_system(small_file_system: Path) -> None:
    async def main() -> None:
        drive = FolderDrive(small_file_system)
        await drive.write("a.dat", b"old")
        with pytest.raises(FlashFull):
            await drive.put("a.dat", BytesIO(bytes(2_000_000)))
        assert await drive.read("a.dat") == b"old"
        assert content(small_file_system) == ["a.dat"]
        await drive.write("b.dat", bytes(500_000))  # there is room again

    asyncio.run(main())


def test_a_drive_that_is_pulled_out_leaves_an_empty_folder(small_file_system: Path) -> None:
    async def main() -> None:
        drive = FolderDrive(small_file_system, "Ф-1")
        await drive.write("a.dat", b"exam")
        unmount(small_file_system)
        for call in (drive.names(), drive.read("a.dat"), drive.write("b.dat", b"")):
            with pytest.raises(FlashLost, match="Ф-1"):
                await call
        assert content(small_file_system) == []

    asyncio.run(main())
    mount(small_file_system)


def test_pulled_out_in_the_middle(small_file_system: Path) -> None:
    class Source:
        def read(self, size: int, /) -> bytes:
            unmount(small_file_system)
            return b"x" * 1000

    async def main() -> None:
        drive = FolderDrive(small_file_system)
        with pytest.raises(FlashLost):
            await drive.put("a.dat", Source())

    asyncio.run(main())
    mount(small_file_system)


def test_a_drive_that_hangs_keeps_nobody_waiting(tmp_path: Path, mocker: MockerFixture) -> None:
    release = threading.Event()
    write = folder._write

    def hang(file: BinaryIO, data: bytes) -> None:
        release.wait()
        write(file, data)

    mocker.patch("hal.storage.folder._write", side_effect=hang)
    mocker.patch("hal.storage.folder.PATIENCE_S", 0.2)

    async def main() -> None:
        drive = FolderDrive(tmp_path, "Ф-1")
        with pytest.raises(DeviceTimeout, match="Ф-1"):
            await drive.write("a.dat", b"exam")
        assert await drive.names() == ()

    asyncio.run(main())
    release.set()
    for thread in threading.enumerate():
        if thread.name == "flash drive Ф-1":
            thread.join(10)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "../a"])
def test_names_are_no_paths(tmp_path: Path, name: str) -> None:
    drive = FolderDrive(tmp_path)
    with pytest.raises(ValueError, match="not the name of a file"):
        asyncio.run(drive.write(name, b""))


@pytest.mark.parametrize(
    ("number", "wanted"),
    [(errno.ENODEV, FlashLost), (errno.EROFS, FlashUnreadable), (errno.EACCES, FlashUnreadable)],
)
def test_what_the_operating_system_says(
    tmp_path: Path, mocker: MockerFixture, number: int, wanted: type[Exception]
) -> None:
    drive = FolderDrive(tmp_path)
    mocker.patch.object(Path, "open", side_effect=OSError(number, os.strerror(number)))
    for call in (drive.write("a.dat", b""), drive.read("a.dat")):
        with pytest.raises(wanted, match=os.strerror(number)):
            asyncio.run(call)


def test_folders_and_half_written_files_are_not_listed(tmp_path: Path) -> None:
    (tmp_path / "System Volume Information").mkdir()
    (tmp_path / ".0123.part").write_bytes(b"half")
    (tmp_path / "a.dat").write_bytes(b"exam")
    drive = FolderDrive(tmp_path)
    assert asyncio.run(drive.names()) == ("a.dat",)
    with pytest.raises(FlashUnreadable):
        asyncio.run(drive.read("System Volume Information"))


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(FlashLost, match="no-drive"):
        asyncio.run(FolderDrive(tmp_path / "no-drive").read("a.dat"))
    with pytest.raises(FileMissing):
        asyncio.run(FolderDrive(tmp_path).read("a.dat"))


def test_a_broken_off_copy_leaves_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        loop, reached, release = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

        class Source:
            def read(self, size: int, /) -> bytes:
                loop.call_soon_threadsafe(reached.set)
                release.wait(10)
                return b"exam"

        task = asyncio.create_task(FolderDrive(tmp_path).put("a.dat", Source()))
        await reached.wait()
        task.cancel()
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert content(tmp_path) == []
