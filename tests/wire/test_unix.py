"""Sockets: whose they are, and what is in their place already."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from simulators.wire.unix import CannotListen, UnixServer


async def hello(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello")


async def greeted(path: Path) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        return await reader.read()
    finally:
        writer.close()


def left_behind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
        left.listen()


def test_the_end_of_a_server_leaves_the_socket_of_another_alone(tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "sock"
        async with UnixServer(path, hello):
            path.unlink()
            second = UnixServer(path, hello)
            await second.__aenter__()
        assert await greeted(path) == b"hello"
        await second.__aexit__()
        assert not path.exists()

    asyncio.run(main())


def test_our_own_socket_that_nobody_serves_is_taken_over(tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "sock"
        left_behind(path)
        async with UnixServer(path, hello):
            assert await greeted(path) == b"hello"
            with pytest.raises(CannotListen) as caught:
                await UnixServer(path, hello).__aenter__()
            assert caught.value.code == "in-use"
            assert await greeted(path) == b"hello"

    asyncio.run(main())
    assert list(tmp_path.iterdir()) == []


def test_the_socket_of_another_user_is_not_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        path = tmp_path / "sock"
        left_behind(path)
        ours = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: ours + 1)
        with pytest.raises(CannotListen) as caught:
            await UnixServer(path, hello).__aenter__()
        assert caught.value.code == "stale"
        assert path.exists()

    asyncio.run(main())


def test_a_server_that_is_too_busy_to_accept_is_not_waited_for(tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "sock"
        with socket.socket(socket.AF_UNIX) as busy:
            busy.bind(str(path))
            busy.listen(0)
            with socket.socket(socket.AF_UNIX) as waits:
                waits.connect(str(path))
                with pytest.raises(CannotListen) as caught:
                    await UnixServer(path, hello).__aenter__()
        assert caught.value.code == "in-use"

    asyncio.run(main())


def test_a_link_to_nothing_is_not_followed(tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "sock"
        path.symlink_to("nothing")
        with pytest.raises(CannotListen) as caught:
            await UnixServer(path, hello).__aenter__()
        assert caught.value.code == "not-a-socket"

    asyncio.run(main())
