"""PortAudio through the library sounddevice, for ``portaudio:``; imported in processes of its own only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sounddevice

from hal.audio.portaudio.backend import LATENCY_S, NO_SUCH_DEVICE, BackendError, Feed, Heard, index_of
from hal.audio.portaudio.wire import DeviceRow


class Backend:
    """See :class:`hal.audio.portaudio.backend.Backend`."""

    def devices(self) -> list[DeviceRow]:
        """List the devices of the default host API."""
        with _errors():
            return list(self._rows().values())

    def _rows(self) -> dict[int, DeviceRow]:
        api = sounddevice.default.hostapi
        return {
            device["index"]: DeviceRow(
                device["name"], device["max_input_channels"], device["max_output_channels"]
            )
            for device in sounddevice.query_devices()
            if device["hostapi"] == api
        }

    def _index(self, name: str, *, output: bool = False) -> int | None:
        if not name:
            return None
        return index_of(self._rows(), name, output=output)

    def offers(self, name: str, rate_hz: int) -> bool:
        """Say whether a microphone offers that sample rate with one channel."""
        try:
            with _errors():
                sounddevice.check_input_settings(self._index(name), 1, "int16", samplerate=rate_hz)
        except BackendError:
            return False
        return True

    def record(self, name: str, rate_hz: int, channels: int, frames: int, heard: Heard) -> _Stream:
        """Begin to record."""

        def callback(data: Any, _frames: int, _time: object, status: Any) -> None:
            heard(bytes(data), bool(status.input_overflow))

        with _errors():
            stream = sounddevice.RawInputStream(
                rate_hz, frames, self._index(name), channels, "int16", LATENCY_S, callback=callback
            )
            stream.start()
        return _Stream(stream)

    def play(self, name: str, rate_hz: int, channels: int, frames: int, feed: Feed) -> _Stream:
        """Begin to play."""

        def callback(out: Any, _frames: int, _time: object, _status: object) -> None:
            data = feed(len(out))
            out[: len(data)] = data
            if len(data) < len(out):
                out[len(data) :] = bytes(len(out) - len(data))
                raise sounddevice.CallbackStop  # what is in the buffers is still played

        with _errors():
            stream = sounddevice.RawOutputStream(
                rate_hz,
                frames,
                self._index(name, output=True),
                channels,
                "int16",
                LATENCY_S,
                callback=callback,
            )
            stream.start()
        return _Stream(stream)


class _Stream:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def active(self) -> bool:
        return bool(self._stream.active)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except sounddevice.PortAudioError as error:
        code = error.args[1] if len(error.args) > 1 else 0
        raise BackendError(code, str(error)) from error
    except ValueError as error:  # sounddevice's own: no default device
        raise BackendError(NO_SUCH_DEVICE, str(error)) from error
