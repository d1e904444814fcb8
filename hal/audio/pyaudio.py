"""PortAudio through the library PyAudio: the scheme ``pyaudio:``. Imported in processes of its own only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyaudio

from hal.audio.portaudio.backend import BackendError, Feed, Heard, index_of
from hal.audio.portaudio.wire import DeviceRow


class Backend:
    """See :class:`hal.audio.portaudio.backend.Backend`; PyAudio lets nobody choose a latency."""

    def __init__(self) -> None:
        with _errors():
            self._library = pyaudio.PyAudio()

    def devices(self) -> list[DeviceRow]:
        """List the devices of the default host API."""
        with _errors():
            return list(self._rows().values())

    def _rows(self) -> dict[int, DeviceRow]:
        api = self._library.get_default_host_api_info()["index"]
        devices = map(self._library.get_device_info_by_index, range(self._library.get_device_count()))
        return {
            int(device["index"]): DeviceRow(
                str(device["name"]), int(device["maxInputChannels"]), int(device["maxOutputChannels"])
            )
            for device in devices
            if device["hostApi"] == api
        }

    def _index(self, name: str, *, output: bool = False) -> int:
        if not name:
            default = (
                self._library.get_default_input_device_info
                if not output
                else self._library.get_default_output_device_info
            )
            return int(default()["index"])
        return index_of(self._rows(), name, output=output)

    def offers(self, name: str, rate_hz: int) -> bool:
        """Say whether a microphone offers that sample rate with one channel."""
        try:
            with _errors():
                self._library.is_format_supported(
                    rate_hz,
                    input_device=self._index(name),
                    input_channels=1,
                    input_format=pyaudio.paInt16,
                )
        except BackendError:
            return False
        return True

    def record(self, name: str, rate_hz: int, channels: int, frames: int, heard: Heard) -> _Stream:
        """Begin to record."""

        def callback(data: bytes, _frames: int, _time: object, status: int) -> tuple[None, int]:
            heard(data, bool(status & pyaudio.paInputOverflow))
            return None, pyaudio.paContinue

        with _errors():
            return _Stream(
                self._library.open(
                    rate_hz,
                    channels,
                    pyaudio.paInt16,
                    input=True,
                    input_device_index=self._index(name),
                    frames_per_buffer=frames,
                    stream_callback=callback,
                )
            )

    def play(self, name: str, rate_hz: int, channels: int, frames: int, feed: Feed) -> _Stream:
        """Begin to play."""
        size = frames * channels * 2

        def callback(_data: None, _frames: int, _time: object, _status: int) -> tuple[bytes, int]:
            data = feed(size)
            # what is in the buffers is still played after paComplete
            return data.ljust(size, b"\0"), pyaudio.paContinue if len(data) == size else pyaudio.paComplete

        with _errors():
            return _Stream(
                self._library.open(
                    rate_hz,
                    channels,
                    pyaudio.paInt16,
                    output=True,
                    output_device_index=self._index(name, output=True),
                    frames_per_buffer=frames,
                    stream_callback=callback,
                )
            )


class _Stream:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def active(self) -> bool:
        try:
            return bool(self._stream.is_active())
        except OSError:  # how PyAudio tells that the stream has ended with an error
            return False


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackendError(error.errno or 0, str(error.strerror or error)) from error
    except ValueError as error:  # is_format_supported: (text, code)
        code = error.args[1] if len(error.args) > 1 else 0
        raise BackendError(int(code), str(error.args[0] if error.args else error)) from error
