"""The process of a recording, run in a thread: what comes of a stream that does not begin."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec
import pytest
from pytest_mock import MockerFixture

from hal.audio.portaudio import wire
from hal.audio.portaudio.backend import BackendError
from hal.audio.portaudio.soundserver import Side
from hal.audio.portaudio.worker import Worker
from hal.worker_side import frames

TARGET = wire.Target("microphone", "earphones")
REQUESTS = [wire.Record("sounddevice", TARGET, 48_000, 1), wire.Play("sounddevice", TARGET, 48_000, 2)]
HOST_ERROR = -9999


class Listener:
    """A sound server that says what it has to as soon as somebody listens."""

    says: tuple[wire.Kind, str] | None = None
    gone = False

    def __init__(
        self,
        _side: Side,
        _expected: str,
        attached: Callable[[], None],
        told: Callable[[wire.Kind, str], None],
    ) -> None:
        self._attached, self._told = attached, told
        self.spoken = threading.Event()

    def start(self) -> None:
        if self.says is not None:
            self._attached()
            self._told(*self.says)
        if self.says is not None or self.gone:
            self.spoken.set()

    def sound_begins(self) -> None: ...


class Library:
    """PortAudio, whose opening hangs or fails."""

    def __init__(self, error: BackendError | None) -> None:
        self.error = error
        self.let_go = threading.Event()

    def record(self, *_: object) -> None:
        if self.error is not None:
            raise self.error
        self.let_go.wait()

    play = record


class Ending(Library):
    """PortAudio whose stream ends, and whose last callback comes when the worker has just waited for it."""

    def __init__(self) -> None:
        super().__init__(None)
        self._last: Callable[[], object] | None = None

    def record(self, _name: str, _rate: int, _channels: int, frames: int, heard: Any) -> Ending:  # type: ignore[override]
        self._last = partial(heard, b"\1\0" * frames, False)
        return self

    def play(self, _name: str, _rate: int, channels: int, frames: int, feed: Any) -> Ending:  # type: ignore[override]
        self._last = partial(feed, 2 * channels * frames)
        return self

    def active(self) -> bool:
        if self._last is not None:
            self._last()
            self._last = None
        return False


@pytest.fixture
def answers(mocker: MockerFixture) -> Iterator[Callable[[wire.Request, Library], list[wire.Reply]]]:
    libraries = []
    mocker.patch("hal.audio.portaudio.soundserver.Listener", Listener)

    def answers(request: wire.Request, library: Library) -> list[wire.Reply]:
        libraries.append(library)
        mocker.patch("hal.audio.portaudio.worker._backend", return_value=library)
        source, target = os.pipe()
        Worker(target, iter([request, wire.Piece(b"")])).serve()
        os.close(target)
        decoder = msgspec.msgpack.Decoder(wire.Reply)
        replies = [decoder.decode(body) for body in frames(partial(os.read, source, 65_536))]
        os.close(source)
        return replies

    yield answers
    for library in libraries:
        library.let_go.set()


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("error", [None, BackendError(HOST_ERROR, "host error")])
def test_a_server_that_dies_while_a_stream_begins(
    request_: wire.Request,
    error: BackendError | None,
    answers: Callable[[wire.Request, Library], list[wire.Reply]],
    mocker: MockerFixture,
) -> None:
    mocker.patch.object(Listener, "gone", new=True)
    assert answers(request_, Library(error)) == [wire.Trouble(wire.Kind.SERVER)]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_headset_that_goes_while_a_stream_begins(
    request_: wire.Request,
    answers: Callable[[wire.Request, Library], list[wire.Reply]],
    mocker: MockerFixture,
) -> None:
    mocker.patch.object(Listener, "says", new=(wire.Kind.UNPLUGGED, "it went on with another"))
    assert answers(request_, Library(None)) == [wire.Trouble(wire.Kind.UNPLUGGED, "it went on with another")]


@pytest.mark.parametrize("request_", REQUESTS)
def test_where_the_server_says_nothing_the_library_does(
    request_: wire.Request, answers: Callable[[wire.Request, Library], list[wire.Reply]]
) -> None:
    (trouble,) = answers(request_, Library(BackendError(HOST_ERROR, "host error")))
    assert isinstance(trouble, wire.Trouble)
    assert (trouble.kind, "host error" in trouble.detail) == (wire.Kind.UNPLUGGED, True)


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (
            REQUESTS[0],
            [wire.Sound(0, False, b"\1\0" * 960), wire.Trouble(wire.Kind.UNPLUGGED, "the stream has ended")],
        ),
        (REQUESTS[1], [wire.Played()]),
    ],
)
def test_what_comes_just_before_the_end_of_a_stream_counts(
    request_: wire.Request,
    told: list[wire.Reply],
    answers: Callable[[wire.Request, Library], list[wire.Reply]],
) -> None:
    assert answers(request_, Ending()) == [wire.Opened(), *told]


class OneEar(Library):
    """PortAudio with a sound card of one channel each way."""

    def __init__(self) -> None:
        super().__init__(None)

    def offers(self, _name: str, rate: int) -> bool:
        return rate == 16_000

    def record(self, *_: object) -> None: ...

    def play(self, _name: str, _rate: int, channels: int, *_: object) -> None:  # type: ignore[override]
        if channels > 1:
            raise BackendError(-9998, "invalid number of channels")


def test_a_headset_for_one_ear_can_be_opened(
    answers: Callable[[wire.Request, Library], list[wire.Reply]], mocker: MockerFixture
) -> None:
    mocker.patch("hal.audio.portaudio.soundserver.names_of_own", return_value=("", ""))
    probe = wire.Probe("sounddevice", TARGET, 1)
    assert answers(probe, OneEar())[0] == wire.Reached([16_000], "", "")
