"""The process with PortAudio, for one recording or one sound: it may hang or die, and the station goes on.

It ends by being killed, whatever state its stream is in: the system then gives the device back. All that
happens goes through one queue, so that what was recorded before a failure is also sent before it.
"""

from __future__ import annotations

import importlib
import os
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial

import msgspec

from hal.audio.portaudio import soundserver, wire
from hal.audio.portaudio.backend import BYTES_PER_SAMPLE, Backend, BackendError, Stream
from hal.audio.portaudio.failures import kind_of
from hal.audio.portaudio.pace import Pace
from hal.worker_side import frame, frames, take_pipes, write

RATES_HZ = (48_000, 44_100, 32_000, 16_000, 8_000)
"""Sample rates that are tried, the best first: what sound cards of computers have."""

_KEPT = 60 * 1000 // wire.CHUNK_MS
"""Chunks that are kept for a station that does not take them; then they are lost, and that is seen."""

_AHEAD = 4
"""Pieces to have before the first is played."""

_LAST_WORD_S = 0.25
"""Seconds to wait for what the sound server says of a stream that has ended."""

Item = wire.Reply | None


class Worker:
    """Answers one driver.

    Args:
        target: The pipe to write to.
        requests: What the driver sends.
    """

    def __init__(self, target: int, requests: Iterator[wire.Request]) -> None:
        self._target = target
        self._requests = requests
        self._encoder = msgspec.msgpack.Encoder()

    def serve(self) -> None:
        """Answer until the stream has ended or the driver is gone."""
        with suppress(BrokenPipeError):  # the driver is gone
            for request in self._requests:
                trouble = self._answer(request)
                if trouble is not None:
                    self._send(trouble)
                if trouble is not None or not isinstance(request, wire.Look | wire.Probe):
                    return

    def _answer(self, request: wire.Request) -> wire.Trouble | None:
        """Do what is asked; return why it failed, unless that has been told."""
        try:
            match request:
                case wire.Look():
                    self._send(_look(request))
                case wire.Probe():
                    self._send(_probe(request))
                case wire.Record():
                    self._record(request)
                case wire.Play():
                    self._play(request)
        except _Trouble as trouble:
            return wire.Trouble(trouble.kind, trouble.detail)
        except BackendError as error:
            return wire.Trouble(kind_of(error.code), str(error))
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a library makes of a device has to be told
            return wire.Trouble(wire.Kind.FAILED, f"{type(error).__name__}: {error}")
        return None

    def _send(self, message: wire.Reply) -> None:
        write(self._target, frame(self._encoder.encode(message)))

    # -- recording ----------------------------------------------------------------------------------

    def _record(self, request: wire.Record) -> None:
        backend = _backend(request.driver, request.target)
        items: queue.SimpleQueue[Item] = queue.SimpleQueue()
        listener = _listener(soundserver.Side.MICROPHONE, request.target.source, items)
        width = BYTES_PER_SAMPLE * request.channels
        heard_frames = 0

        def heard(data: bytes, overflow: bool) -> None:
            nonlocal heard_frames
            first, heard_frames = heard_frames, heard_frames + len(data) // width
            if items.qsize() < _KEPT:
                items.put(wire.Sound(first, overflow, data))
            if not first:
                listener.sound_begins()

        chunk = request.rate_hz * wire.CHUNK_MS // 1000
        listener.start()
        name, rate_hz, channels = request.target.microphone, request.rate_hz, request.channels
        stream = _opened(lambda: backend.record(name, rate_hz, channels, chunk, heard), items, listener)
        self._send(wire.Opened())
        pace = Pace(request.rate_hz, request.channels, self._send)
        self._pass_on(items, stream, listener, pace.send)

    def _pass_on(
        self,
        items: queue.SimpleQueue[Item],
        stream: Stream,
        listener: soundserver.Listener,
        send: Callable[[wire.Reply], None],
    ) -> None:
        """Send what happens until something has failed, or all is played (``None`` in the queue)."""
        finished = False
        while True:
            try:
                item = items.get(timeout=wire.TICK_MS / 1000)
            except queue.Empty:
                item = wire.Tick()
                if not stream.active():
                    if not items.empty():
                        continue  # it came just before the end
                    item = wire.Played() if finished else self._last_word(items, listener)
            if item is None:
                finished = True
                continue
            if finished and isinstance(item, wire.Trouble) and item.kind is wire.Kind.ENDED:
                item = wire.Played()  # the server knows sooner than PortAudio that all is played
            send(item)
            if isinstance(item, wire.Trouble | wire.Played):
                return

    def _last_word(self, items: queue.SimpleQueue[Item], listener: soundserver.Listener) -> wire.Reply:
        """Say why the stream has ended; the sound server may know better than PortAudio."""
        if listener.spoken.wait(_LAST_WORD_S):
            trouble = _told(items)
            return wire.Trouble(trouble.kind, trouble.detail)
        return wire.Trouble(wire.Kind.UNPLUGGED, "the stream has ended")

    # -- playing ------------------------------------------------------------------------------------

    def _play(self, request: wire.Play) -> None:
        backend = _backend(request.driver, request.target)
        items: queue.SimpleQueue[Item] = queue.SimpleQueue()
        sound = _Sound(self._requests)
        listener = _listener(soundserver.Side.EARPHONES, request.target.sink, items)

        def feed(size: int) -> bytes:
            listener.sound_begins()
            data = sound.take(size)
            items.put(wire.Took() if len(data) == size else None)
            return data

        sound.start()
        chunk = request.rate_hz * wire.CHUNK_MS // 1000
        listener.start()
        name, rate_hz, channels = request.target.earphones, request.rate_hz, request.channels
        stream = _opened(lambda: backend.play(name, rate_hz, channels, chunk, feed), items, listener)
        self._send(wire.Opened())
        self._pass_on(items, stream, listener, self._send)


class _Sound:
    """What is to be played, as it comes in."""

    def __init__(self, requests: Iterator[wire.Request]) -> None:
        self._requests = requests
        self._pieces: queue.Queue[bytes] = queue.Queue(maxsize=2 * _AHEAD)
        self._data = b""
        self._ready = threading.Event()
        self._complete = False

    def start(self) -> None:
        """Take the first pieces, and the others in a thread."""
        threading.Thread(target=self._fetch, name="sound to play", daemon=True).start()
        self._ready.wait()

    def _fetch(self) -> None:
        for request in self._requests:
            data = request.data if isinstance(request, wire.Piece) else b""
            self._pieces.put(data)
            if not data or self._pieces.qsize() >= _AHEAD:
                self._ready.set()
            if not data:
                return
        os._exit(0)  # the driver is gone

    def take(self, size: int) -> bytes:
        """Return so many bytes: less at the end only, silence where the driver is slow."""
        while len(self._data) < size and not self._complete:
            try:
                piece = self._pieces.get_nowait()
            except queue.Empty:
                return bytes(size)
            self._complete = not piece
            self._data += piece
        data, self._data = self._data[:size], self._data[size:]
        return data


class _Trouble(Exception):
    def __init__(self, kind: wire.Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


def _backend(driver: str, target: wire.Target | None = None) -> Backend:
    """Initialise the library; the environment tells the sound server's client which ends to take."""
    os.environ["JACK_NO_START_SERVER"] = "1"  # PortAudio looks for JACK, and must not start it
    if target is not None:
        for name, end in (("PULSE_SOURCE", target.source), ("PULSE_SINK", target.sink)):
            if end:
                os.environ[name] = end
    try:
        backend: Backend = importlib.import_module(f"hal.audio.{driver}").Backend()
    except ImportError as error:
        raise _Trouble(wire.Kind.MISSING, f"{error}: pip install 'ppe-lab[audio]'") from error
    except OSError as error:  # sounddevice looks for the library itself
        raise _Trouble(wire.Kind.MISSING, f"{error}: apt-get install libportaudio2") from error
    return backend


def _opened(
    begin: Callable[[], Stream], items: queue.SimpleQueue[Item], listener: soundserver.Listener
) -> Stream:
    """Begin a stream: PortAudio hangs, or names no cause, where the sound server dies meanwhile.

    Raises:
        _Trouble: What the sound server says, or that it is gone.
        BackendError: It has said nothing.
    """
    opening = ThreadPoolExecutor(1, "opening").submit(begin)
    while not wait((opening,), wire.TICK_MS / 1000).done:
        if listener.spoken.is_set() and not wait((opening,), _LAST_WORD_S).done:
            raise _told(items)
    if isinstance(opening.exception(), BackendError) and listener.spoken.wait(_LAST_WORD_S):
        raise _told(items) from opening.exception()
    return opening.result()


def _told(items: queue.SimpleQueue[Item]) -> _Trouble:
    while not items.empty():
        item = items.get()
        if isinstance(item, wire.Trouble):
            return _Trouble(item.kind, item.detail)
    return _Trouble(wire.Kind.SERVER, "")  # it has gone before it knew the stream


def _look(request: wire.Look) -> wire.Seen:
    devices, server = _backend(request.driver).devices(), soundserver.rows()
    return wire.Seen(devices, server, soundserver.expected() if server is None else "")


def _probe(request: wire.Probe) -> wire.Reached:
    """Open both ends, without a sound, and see where they lead."""
    target = request.target
    backend = _backend(request.driver, target)
    rates = [rate for rate in RATES_HZ if backend.offers(target.microphone, rate)]
    rate = rates[0] if rates else RATES_HZ[0]
    chunk = rate * wire.CHUNK_MS // 1000
    streams = (
        backend.record(target.microphone, rate, 1, chunk, lambda _data, _overflow: None),
        backend.play(target.earphones, rate, request.channels, chunk, bytes),
    )
    source, sink = soundserver.names_of_own()
    del streams
    return wire.Reached(rates, source, sink)


def _listener(side: soundserver.Side, expected: str, items: queue.SimpleQueue[Item]) -> soundserver.Listener:
    return soundserver.Listener(
        side,
        expected,
        attached=lambda: items.put(wire.Attached()),
        told=lambda kind, detail: items.put(wire.Trouble(kind, detail)),
    )


def main() -> None:
    """Serve until the stream has ended or the driver is gone."""
    source, target = take_pipes()
    decoder = msgspec.msgpack.Decoder(wire.Request)
    requests = (decoder.decode(body) for body in frames(partial(os.read, source, 65536)))
    Worker(target, requests).serve()
    os._exit(0)  # nothing of a library's own clean-up may keep us: it hangs where a device does
