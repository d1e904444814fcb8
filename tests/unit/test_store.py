"""The stores: one suite for both, and what only files can suffer."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station_core.events import KitPrinted
from station_core.store import InMemory, MemoryStore, SqliteStore, Store, StoreDamaged, StoreInUse, Value

Maker = Callable[[], Store]


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
    else:
        with SqliteStore(tmp_path / "station.db") as made:
            yield made


def plain(state: Mapping[str, Value]) -> Any:
    """Return a state as JSON knows it: a struct may come back as a dict."""
    return msgspec.json.decode(msgspec.json.encode(state))


# -- both ----------------------------------------------------------------------------------------------


def test_a_new_store_is_empty(store: Store) -> None:
    assert store.load() == {}


def test_all_kinds_of_values(store: Store) -> None:
    saved: dict[str, Value] = {
        "text": "комплект № 1",
        "empty": "",
        "number": -(2**53),
        "flag": False,
        "list": [1, "two", [None, {}]],
        "map": {"a": {"b": []}},
    }
    store.save(saved)
    assert store.load() == saved


def test_a_struct_keeps_its_fields(store: Store) -> None:
    event = KitPrinted("st-0001", "0001", "9000000000179", 16)
    store.save({"log/000000": event})
    assert plain(store.load()) == {
        "log/000000": {
            "event": "kit_printed",
            "station": "st-0001",
            "room": "0001",
            "kit": "9000000000179",
            "sheets": 16,
        }
    }


def test_save_adds_replaces_and_removes_at_once(store: Store) -> None:
    store.save({"a": 1, "b": 2})
    store.save({"b": 3, "a": None, "c": 4, "never-there": None})
    assert store.load() == {"b": 3, "c": 4}


def test_the_log_comes_back_in_order(store: Store) -> None:
    for number in range(12):
        store.save({f"log/{number:06}": number})
    log = [value for name, value in store.load().items() if name.startswith("log/")]
    assert log == list(range(12))


def test_what_load_gave_is_not_the_store(store: Store) -> None:
    store.save({"a": 1})
    store.load()["a"] = 2
    assert store.load() == {"a": 1}


NAMES = st.sampled_from(["a", "b", "kit/1", "log/000000"])
VALUES = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
)


@settings(deadline=None, max_examples=30)  # the disk takes its time
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=8))
def test_both_stores_agree_with_a_map(saves: list[dict[str, Value]]) -> None:
    expected: dict[str, Value] = {}
    with tempfile.TemporaryDirectory() as folder:
        path, memory = Path(folder) / "station.db", MemoryStore()
        for changes in saves:
            expected = {k: v for k, v in (expected | changes).items() if v is not None}
            memory.save(changes)
            with SqliteStore(path) as file:  # opened anew each time: a restart
                file.save(changes)
                assert file.load() == memory.load() == expected


# -- files ---------------------------------------------------------------------------------------------


def test_survives_closing(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    with SqliteStore(path) as store:
        store.save({"a": 1})
    with SqliteStore(path) as store:
        assert store.load() == {"a": 1}


def test_saved_is_durable_without_closing(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "station.db") as store:
        store.save({"a": 1})
        copy = tmp_path / "as-after-a-power-cut"
        copy.mkdir()
        for path in tmp_path.glob("station.db*"):
            shutil.copy(path, copy)
    with SqliteStore(copy / "station.db") as after:
        assert after.load() == {"a": 1}
        assert after._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert after._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_nothing_of_a_save_that_fails_is_there(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "station.db") as store:
        store.save({"a": 1, "b": 2})
        with pytest.raises(TypeError):
            store.save({"a": None, "b": 3, "c": object()})  # type: ignore[dict-item]
        assert store.load() == {"a": 1, "b": 2}
        store._db.execute(
            "CREATE TRIGGER no BEFORE INSERT ON state WHEN new.key = 'c' BEGIN SELECT RAISE(FAIL, 'no'); END"
        )
        with pytest.raises(StoreDamaged):
            store.save({"a": None, "b": 3, "c": 4})
        assert store.load() == {"a": 1, "b": 2}
        store.save({"d": 5})
        assert store.load() == {"a": 1, "b": 2, "d": 5}


def test_two_programs_cannot_have_it(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    with SqliteStore(path) as store:
        store.save({"a": 1})
        with pytest.raises(StoreInUse, match=re.escape(f"{path}: another program")):
            SqliteStore(path)
        store.save({"b": 2})
    with SqliteStore(path) as after:
        assert after.load() == {"a": 1, "b": 2}


@contextlib.contextmanager
def tiny_disk(folder: Path) -> Iterator[None]:
    """A real file system of 256 KB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextlib.contextmanager
def small_files(folder: Path) -> Iterator[None]:
    """No file may grow beyond 200 KB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def may_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False)
        if tried.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return tried.returncode == 0


def _fill(store: Store, saved: dict[str, Value]) -> None:
    for number in range(1000):
        changes: dict[str, Value] = {f"{number}/{part}": "x" * 2000 for part in range(3)}
        store.save(changes)
        saved |= changes


@pytest.mark.parametrize("limit", [tiny_disk, small_files])
def test_full_disk(limit: Callable[[Path], contextlib.AbstractContextManager[None]], tmp_path: Path) -> None:
    if limit is tiny_disk and not may_mount():
        pytest.skip("only an administrator may mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    with limit(disk):
        path = disk / "station.db"
        saved: dict[str, Value] = {}
        with SqliteStore(path) as store:
            with pytest.raises(OSError, match=re.escape(str(path))) as caught:
                _fill(store, saved)
            assert not isinstance(caught.value, StoreInUse)
            assert 5 < len(saved) < 3000
            assert store.load() == saved
        with SqliteStore(path) as store:
            assert store.load() == saved


def _load(path: Path) -> tuple[dict[str, Value], StoreDamaged | None]:
    try:
        with SqliteStore(path) as store:
            return store.load(), None
    except StoreDamaged as error:
        return {}, error


def test_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    with SqliteStore(path) as store:
        store.save({f"log/{number:06}": "x" * 500 for number in range(100)})
    sound = path.read_bytes()
    seen: set[str] = set()
    for begin in range(0, len(sound), 1000):
        path.write_bytes(sound[:begin] + bytes(1000) + sound[begin + 1000 :])
        held, error = _load(path)
        if error is None:
            assert len(held) == 100  # the hole lay where nothing was
        else:
            assert error.path == str(path)
            assert str(error).startswith(f"{path}: the station's store cannot be read (")
            assert str(error).endswith("; keep the file, use a reserve")
            seen.add("told")
    assert seen == {"told"}


@pytest.mark.parametrize("content", [b"not a database at all" * 300, b"\xff" * 4096])
def test_a_file_that_is_no_store(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    path.write_bytes(content)
    with pytest.raises(StoreDamaged, match="file is not a database"):
        SqliteStore(path)
    assert path.read_bytes() == content  # kept for those who have to look into it


def test_a_database_of_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    with SqliteStore(path) as store:
        store.save({"a": 1})
        store._db.execute("ALTER TABLE state RENAME COLUMN value TO content")
    with pytest.raises(StoreDamaged, match="no such column"):
        SqliteStore(path)


@pytest.mark.parametrize("value", ["7b", "22ff22", ""])
def test_a_value_that_is_no_json(value: str, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "station.db") as store:
        store.save({"a": 1})
        store._db.execute(f"UPDATE state SET value = x'{value}'")  # noqa: S608 - our own
        with pytest.raises(StoreDamaged, match=re.escape(str(tmp_path))):
            store.load()


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    path.mkdir()
    with pytest.raises(OSError, match=re.escape(str(path))):
        SqliteStore(path)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder"):
        SqliteStore(tmp_path / "missing" / "station.db")


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """The administrator may write everywhere; be somebody else for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_read_only_folder() -> None:
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    path = folder / "station.db"
    refused = re.escape(f"{path}: the station's store cannot be written")
    try:
        folder.chmod(0o555)
        with as_nobody(), pytest.raises(OSError, match=refused):
            SqliteStore(path)
        folder.chmod(0o755)
        with SqliteStore(path) as store:
            store.save({"a": 1})
        path.chmod(0o444)
        folder.chmod(0o555)
        with as_nobody(), pytest.raises(OSError, match=refused):
            SqliteStore(path)
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


# -- files beside the state ----------------------------------------------------------------------------


def test_files_are_there_whole_or_not_at_all(store: Store) -> None:
    with store.new_file("a") as file:
        file.write(b"old")

    def break_off() -> None:
        with store.new_file("a") as file:
            file.write(b"half of the new")
            raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        break_off()
    with store.file("a").open() as again:
        assert again.read() == b"old"
    with store.new_file("b") as file:
        file.write(b"x" * 1_000_000)
    store.keep_files(("b", "never-there"))
    with pytest.raises(StoreDamaged, match=r"file .*a is missing"):
        store.file("a")
    with store.file("b").open() as again:
        assert len(again.read()) == 1_000_000


def test_a_store_without_files_has_no_folder(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "station.db") as store:
        store.keep_files(())
        assert not (tmp_path / "station.db.files").exists()
        with store.new_file("a") as file:
            file.write(b"exam")
    folder = tmp_path / "station.db.files"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / ".0123.part").write_bytes(b"what a kill -9 has left")
    with SqliteStore(tmp_path / "station.db") as store:
        store.keep_files(("a",))
        assert [path.name for path in folder.iterdir()] == ["a"]


def test_equal_small_contents_are_equal() -> None:
    assert InMemory(b"exam") == InMemory(b"exam")
    assert hash(InMemory(b"exam")) == hash(InMemory(b"exam"))
    assert "exam" not in repr(InMemory(b"exam"))
