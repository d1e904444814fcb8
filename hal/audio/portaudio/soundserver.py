"""What PortAudio does not tell, and a sound server does: PulseAudio, or PipeWire's stand-in for it.

Used in the processes with PortAudio only. Where pulsectl is not installed or no server answers, there is
simply nobody to ask.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from hal.audio.portaudio.wire import EndRow, Kind, ServerRows

try:
    import pulsectl
except (ImportError, OSError):  # OSError: there is no libpulse
    pulsectl = None

R = TypeVar("R")

_AGAIN_S = 0.5
"""Seconds after which the server is asked even if it told nothing: a missed event must not be fatal."""

_GONE: tuple[type[Exception], ...] = (
    (pulsectl.PulseError, pulsectl.PulseDisconnected, pulsectl.pulsectl.c.pa.CallError) if pulsectl else ()
)
"""What pulsectl raises once the server does not answer any more: three things without a common root."""

_NO_CARD = 0xFFFF_FFFF
_NO_MONITOR = 0xFFFF_FFFF


class Side(Enum):
    """Which end of a headset a stream belongs to."""

    MICROPHONE = ("source", "source_output")
    EARPHONES = ("sink", "sink_input")

    def __init__(self, end: str, stream: str) -> None:
        self.end = end
        self.stream = stream


@dataclass(frozen=True, slots=True)
class End:
    """A source or sink, as the server has it now."""

    name: str
    muted: bool = False
    suspended: bool = False
    plugged: bool = True


@dataclass(frozen=True, slots=True)
class Stream:
    """The stream of this process: the number of the end it is on, and whether it is muted itself."""

    end: int
    muted: bool = False


def judge(
    home: int, stream: Stream | None, ends: Mapping[int, End], *, recording: bool
) -> tuple[Kind, str] | None:
    """Say what is wrong with a stream that began at the end ``home``.

    Args:
        home: Its number. Numbers are never used again, so a headset that is back has another.
        stream: The stream now; ``None`` if the server has it no more.
        ends: All sources or sinks now.
        recording: A muted microphone matters; how loud the earphones are is up to whoever wears them.
    """
    at_home = ends.get(home)
    moved_to = "" if stream is None or stream.end == home else _name(ends, stream.end)
    if at_home is None:
        return Kind.UNPLUGGED, f"the sound server went on with {moved_to}" if moved_to else ""
    if stream is None:
        return Kind.ENDED, "the sound server has ended the stream"
    if moved_to:
        return Kind.STOPPED, f"the sound server went on with {moved_to}"
    return _judge_end(at_home, stream, recording=recording)


def home_of(expected: str, stream: Stream, ends: Mapping[int, End]) -> int:
    """Return the number of the end where a stream belongs: of the expected name, else where it is.

    An expected end that is gone has the number -1, as no other has.
    """
    if not expected:
        return stream.end
    return next((number for number, end in ends.items() if end.name == expected), -1)


def _name(ends: Mapping[int, End], number: int) -> str:
    return ends[number].name if number in ends else "another device"


def _judge_end(end: End, stream: Stream, *, recording: bool) -> tuple[Kind, str] | None:
    if not end.plugged:
        return Kind.UNPLUGGED, "its socket is empty"
    if recording and (end.muted or stream.muted):
        return Kind.MUTED, end.name
    return (Kind.STOPPED, f"{end.name} is suspended") if end.suspended else None


@contextmanager
def _client() -> Iterator[Any]:
    """Connect; ``None`` where there is nobody to ask."""
    if pulsectl is None:
        yield None
        return
    client = pulsectl.Pulse("ppelab", connect=False)
    try:
        try:
            client.connect(autospawn=False)  # with its timeout it would always wait as long
        except pulsectl.PulseError:
            yield None
            return
        yield client
    finally:
        client.close()


def _answer(question: Callable[[Any], R]) -> R | None:
    """Ask once; ``None`` where nobody answers."""
    with _client() as client:
        if client is None:
            return None
        try:
            return question(client)
        except _GONE:
            return None


def rows() -> ServerRows | None:
    """List sources and sinks; ``None`` where there is nobody to ask."""

    def ask(client: Any) -> ServerRows:
        sources = [each for each in client.source_list() if each.monitor_of_sink == _NO_MONITOR]
        return ServerRows(_rows(sources), _rows(client.sink_list()))

    return _answer(ask)


def expected() -> str:
    """Say where a sound server should answer, in words; empty where none is expected, or nobody can ask.

    That none runs is as it should be on a computer with ALSA alone; its address in the environment, or its
    socket, says that one should.
    """
    if pulsectl is None:
        return ""
    told = os.environ.get("PULSE_SERVER", "")
    if told:
        return f"{told}, which PULSE_SERVER names"
    folders = []
    if os.environ.get("PULSE_RUNTIME_PATH"):
        folders.append(Path(os.environ["PULSE_RUNTIME_PATH"]))
    if os.environ.get("XDG_RUNTIME_DIR"):
        folders.append(Path(os.environ["XDG_RUNTIME_DIR"], "pulse"))
    return next((f"unix:{folder}/native" for folder in folders if _is_socket(folder / "native")), "")


def _is_socket(path: Path) -> bool:
    try:
        return path.is_socket()
    except PermissionError:
        return True  # of another user, whose server does not listen to us


def _rows(ends: list[Any]) -> list[EndRow]:
    found = [
        EndRow(each.name, each.description, _mate(each), each.channel_count, _muted(each), _plugged(each))
        for each in ends
    ]
    return sorted(found, key=lambda row: row.name)


def _mate(end: Any) -> str:
    """Say what the two ends of one device share: the card; of a device without one, its serial number."""
    if end.card != _NO_CARD:
        return f"card {end.card}"
    serial = end.proplist.get("device.serial", "")
    return f"serial {serial}" if serial else ""


def _muted(end: Any) -> bool:
    return bool(end.mute) or end.volume.value_flat == 0


def _plugged(end: Any) -> bool:
    return end.port_active is None or end.port_active.available_state != "no"


def names_of_own() -> tuple[str, str]:
    """Return the source and the sink that streams of this process are on; empty where it has none."""

    def ask(client: Any) -> tuple[str, str]:
        return _name_of_own(client, Side.MICROPHONE), _name_of_own(client, Side.EARPHONES)

    return _answer(ask) or ("", "")


def _name_of_own(client: Any, side: Side) -> str:
    stream, ends = _look(client, side)
    return ends[stream.end].name if stream is not None and stream.end in ends else ""


def _look(client: Any, side: Side) -> tuple[Stream | None, dict[int, End]]:
    mine = str(os.getpid())
    streams = getattr(client, f"{side.stream}_list")()
    own = [each for each in streams if each.proplist.get("application.process.id") == mine]
    stream = Stream(getattr(own[0], side.end), _muted(own[0])) if own else None
    ends = {
        each.index: End(each.name, _muted(each), each.state == "suspended", _plugged(each))
        for each in getattr(client, f"{side.end}_list")()
    }
    return stream, ends


class Listener:
    """Listens to the server in a thread of its own while this process has a stream.

    Args:
        side: Of the stream.
        expected: Name of the end where the stream has to be; empty for any. A headset may be pulled out
            before the first look, and not every way to a server takes the end that was asked for.
        attached: Called once, when the server has the stream.
        told: Called once, when something is wrong with it; nothing follows.

    Attributes:
        spoken: Set when there is nothing more to come: it has told, or the server is gone.
    """

    def __init__(
        self,
        side: Side,
        expected: str,
        attached: Callable[[], None],
        told: Callable[[Kind, str], None],
    ) -> None:
        self._side = side
        self._expected = expected
        self._attached = attached
        self._told = told
        self._home: int | None = None
        self._begun = False
        self._changed = False
        self._missing_since: float | None = None
        self.spoken = threading.Event()

    def start(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self._run, name="sound server", daemon=True).start()

    def sound_begins(self) -> None:
        """Learn that sound flows: from now on a suspended device is in the way, before it was only asleep."""
        self._begun = True

    def _run(self) -> None:
        with _client() as client:
            if client is None:
                return

            def changed(_: object) -> None:
                self._changed = True
                raise pulsectl.PulseLoopStop

            try:
                client.event_mask_set(self._side.end, self._side.stream)
                client.event_callback_set(changed)
                while not self._wrong(client):
                    if not self._changed:  # else something happened while we looked
                        client.event_listen(_AGAIN_S if self._missing_since is None else _RENEWED_S)
                    self._changed = False
            except _GONE:
                self._tell(Kind.SERVER, "")

    def _wrong(self, client: Any) -> bool:
        stream, ends = _look(client, self._side)
        if not client.connected:
            self._tell(Kind.SERVER, "")
            return True
        if self._home is None:
            if stream is None:
                return False
            self._home = home_of(self._expected, stream, ends)
            self._attached()
        found = judge(self._home, stream, ends, recording=self._side is Side.MICROPHONE)
        if found is None or (found[0] in (Kind.STOPPED, Kind.ENDED) and not self._begun):
            self._missing_since = None
            return False
        if found[0] is Kind.ENDED and not self._stays_away():
            return False
        self._tell(*found)
        return True

    def _stays_away(self) -> bool:
        """Whether the stream has been missing for long enough: after an overrun ALSA's plugin renews it."""
        now = time.monotonic()
        self._missing_since = self._missing_since or now
        return now - self._missing_since >= _RENEWED_S

    def _tell(self, kind: Kind, detail: str) -> None:
        if self._home is not None:  # else the stream may not go through this server
            self._told(kind, detail)
        self.spoken.set()


_RENEWED_S = 0.1
"""Seconds within which a stream that is only renewed is back (our choice)."""
