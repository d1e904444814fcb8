"""PulseAudio: a private server that is ours alone, or the one of somebody's desktop.

The private server has its own home, state and socket, speaks to no D-Bus and touches no sound card, so it
runs anywhere, also as root and in a container. Commands go through libpulse, which PipeWire understands too.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Self

import pulsectl
from pulsectl.pulsectl import c as libpulse

from simulators.wire.unix import LONGEST_PATH

PROGRAM, PACKAGE = "pulseaudio", "pulseaudio"
ALSA_CONFIG = Path("/usr/share/alsa/alsa.conf")
"""Where alsa-lib begins to read; what is set in ``ALSA_CONFIG_PATH`` takes its place."""
STARTS_WITHIN_S, STOPS_WITHIN_S = 20.0, 5.0


class PulseError(Exception):
    """The sound server cannot do it.

    Args:
        code: Why: ``missing`` (no such program), ``not-started``, ``gone`` (nobody answers), ``refused``,
            ``taken`` (there is such a source or sink already), or ``folder-too-long`` (for a socket in it).
        detail: What the server or the operating system said.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class _Client(pulsectl.Pulse):  # type: ignore[misc]
    # libpulse has it, pulsectl declares it and gives it no method
    source_output_kill = pulsectl.Pulse._pulse_method_call(libpulse.pa.context_kill_source_output)  # noqa: SLF001


def _argument(text: str) -> str:
    r"""Quote an argument of a module.

    >>> _argument("/tmp/a b")
    '"/tmp/a b"'

    Raises:
        ValueError: It has a backslash, on whose meaning the server's two parsers do not agree.
    """
    if "\\" in text:
        raise ValueError(f"a backslash: {text}")
    return '"' + text.replace('"', '\\"') + '"'


def _properties(properties: Mapping[str, str]) -> str:
    r"""Write a property list as an argument of a module.

    >>> _properties({"device.description": "Гарнитура 1", "device.form_factor": "headset"})
    '"device.description=\'Гарнитура 1\' device.form_factor=\'headset\'"'

    Raises:
        ValueError: A text has a backslash or an apostrophe.
    """
    for text in properties.values():
        if "'" in text:
            raise ValueError(f"an apostrophe: {text}")
    return _argument(" ".join(f"{key}='{text}'" for key, text in properties.items()))


def alsa_pcm(name: str, source: str, sink: str) -> str:
    """Return what ALSA's configuration says of a headset at a sound server, so that PortAudio lists it.

    Args:
        name: Letters, digits, ``-`` and ``_``.
        source: Its microphone.
        sink: Its earphones.
    """
    return (
        f'pcm.{name} {{\n  type asym\n  playback.pcm {{ type pulse device "{sink}" }}\n'
        f'  capture.pcm {{ type pulse device "{source}" }}\n  hint {{ show on description "{name}" }}\n}}\n'
    )


class PulseServer:
    """A server that runs already: loads modules into it and does to its sources what hands and faults do.

    Every call connects anew, so that nothing is held when the server dies. They block for milliseconds.

    Args:
        address: As in ``PULSE_SERVER``: ``unix:/run/user/1000/pulse/native``; ``None`` for the desktop's own.

    Raises:
        PulseError: From every call.
    """

    def __init__(self, address: str | None) -> None:
        self.address = address

    @contextmanager
    def _client(self) -> Iterator[Any]:
        client = _Client("ppelab", self.address, connect=False)
        try:
            client.connect(autospawn=False)
            yield client
        except (pulsectl.PulseDisconnected, libpulse.pa.CallError) as error:
            # CallError has no root in common: a question to a server that has died since the one before it
            raise PulseError("gone", str(error)) from error
        except pulsectl.PulseError as error:
            raise PulseError("refused" if client.connected else "gone", str(error)) from error
        finally:
            client.close()

    def version(self) -> str:
        """Return name and version of the server, as it tells them."""
        with self._client() as client:
            info = client.server_info()
            return f"{info.server_name} {info.server_version}"

    def load(self, module: str, **arguments: str | int) -> int:
        """Load a module; return its number. Texts with blanks must be quoted for pa_modargs already."""
        with self._client() as client:
            index: int = client.module_load(module, [f"{name}={value}" for name, value in arguments.items()])
            return index

    def unload(self, index: int, fifo: Path | None = None) -> None:
        """Unload a module; nothing if it is gone already.

        Args:
            index: Its number.
            fifo: The module's; another one is left alone. A server that was started anew numbers anew.
        """
        with self._client() as client:
            for module in client.module_list():
                if module.index == index and (fifo is None or _argument(str(fifo)) in module.argument):
                    client.module_unload(index)

    def load_source(
        self, name: str, fifo: Path, *, rate_hz: int, channels: int, properties: Mapping[str, str]
    ) -> int:
        """Make a microphone: whatever is written to the FIFO (16 bit, little-endian) is heard at once.

        The server makes the FIFO and removes it with the module. Whoever writes sets the pace.

        Returns:
            The number of the module.
        """
        arguments = {"source_name": name, "source_properties": _properties(properties)}
        return self._load_pipe("module-pipe-source", name, fifo, rate_hz, channels, arguments)

    def load_sink(
        self, name: str, fifo: Path, *, rate_hz: int, channels: int, properties: Mapping[str, str]
    ) -> int:
        """Make earphones: whatever is played can be read from the FIFO (16 bit, little-endian).

        The server plays by its own clock and drops what nobody reads.

        Returns:
            The number of the module.
        """
        arguments = {"sink_name": name, "sink_properties": _properties(properties)}
        arguments["use_system_clock_for_timing"] = "yes"
        return self._load_pipe("module-pipe-sink", name, fifo, rate_hz, channels, arguments)

    def _load_pipe(
        self, module: str, name: str, fifo: Path, rate_hz: int, channels: int, arguments: Mapping[str, str]
    ) -> int:
        if fifo.is_fifo():  # of a server that was killed; the next one would not take it
            fifo.unlink(missing_ok=True)  # the server removes that of a module which it is just unloading
        path = _argument(str(fifo))
        index = self.load(module, file=path, format="s16le", rate=rate_hz, channels=channels, **arguments)
        with self._client() as client:
            made = {end.owner_module: end.name for end in (*client.sink_list(), *client.source_list())}
        if made.get(index) not in (name, f"{name}.monitor"):
            self.unload(index)  # sources and sinks have their names in common: it has got another one
            raise PulseError("taken", name)
        return index

    def sources(self) -> list[str]:
        """Name all microphones; what the earphones play (``….monitor``) counts as one to the server."""
        with self._client() as client:
            return [source.name for source in client.source_list()]

    def sinks(self) -> list[str]:
        """Name all earphones and loudspeakers."""
        with self._client() as client:
            return [sink.name for sink in client.sink_list()]

    def choose(self, *, source: str, sink: str) -> None:
        """Make these the ones that programs take which ask for none."""
        with self._client() as client:
            client.source_default_set(source)
            client.sink_default_set(sink)

    def suspend(self, source: str, on: bool = True) -> None:
        """Suspend a source, as power saving does, or wake it: its streams stand still, with no error."""
        with self._client() as client:
            client.source_suspend(self._source(client, source).index, on)

    def mute(self, source: str, on: bool = True) -> None:
        """Mute a source, or lift that: its streams hear zeros."""
        with self._client() as client:
            client.source_mute(self._source(client, source).index, on)

    def records(self, source: str) -> bool:
        """Say whether anybody records from a source now."""
        with self._client() as client:
            state = self._source(client, source).state
            return bool(state == "running")

    def kill_streams(self, source: str) -> int:
        """End every stream that records from a source, as an administrator can; return how many."""
        with self._client() as client:
            index = self._source(client, source).index
            streams = [stream for stream in client.source_output_list() if stream.source == index]
            for stream in streams:
                client.source_output_kill(stream.index)
            return len(streams)

    @staticmethod
    def _source(client: Any, name: str) -> Any:
        try:
            return client.get_source_by_name(name)
        except pulsectl.PulseIndexError as error:
            raise PulseError("refused", f"no source {name}") from error


class PulseDaemon(PulseServer):
    """A private server: ``with PulseDaemon() as daemon``.

    It runs until the block ends, and not longer than this process: its standard input is a pipe of ours, and
    it leaves when the pipe breaks. Signals of the terminal do not reach it.

    It has a sound card of its own, silent, as every laptop has: PulseAudio moves the streams of an unplugged
    headset there, and programs hear zeros instead of an error.
    """

    BUILT_IN: ClassVar = ("built_in_microphone", "built_in_speakers")
    """Source and sink of the computer itself."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._folder = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._pcms: dict[str, tuple[str, str]] = {}
        super().__init__(None)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ppelab-pa-")))
            if len(os.fsencode(self._socket)) > LONGEST_PATH:
                raise PulseError("folder-too-long", str(self._folder))
            self.address = f"unix:{self._socket}"
            self._write_alsa()
            stack.callback(self.stop)
            self.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    @property
    def _socket(self) -> Path:
        return self._folder / "native"

    @property
    def pid(self) -> int | None:
        """The process; ``None`` while it does not run."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process else None

    def start(self) -> None:
        """Start it: by the block, or again after ``kill``. Modules have to be loaded anew.

        Raises:
            PulseError: It is not installed, or did not start; ``detail`` has its last words.
        """
        self.stop()
        program = shutil.which(PROGRAM)
        if program is None:
            raise PulseError("missing", PROGRAM)
        log = self._folder / "log"
        with log.open(mode="wb") as stderr:
            self._process = subprocess.Popen(  # noqa: S603
                [program, *self._arguments()],
                env=self._own_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                bufsize=0,
                start_new_session=True,
            )
        if not self._answers(self._process):
            self.kill()
            raise PulseError("not-started", (log.read_text(errors="replace").splitlines() or [""])[-1])
        self._socket.chmod(0o600)  # the server makes it for everybody, in a folder that is ours only

    @staticmethod
    def _answers(process: subprocess.Popen[bytes]) -> bool:
        """Wait for an answer of its command line: the last module that is loaded, so the socket is served."""
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        with suppress(BrokenPipeError):  # it is dead already, as the end of its output says
            process.stdin.write(b"stat\n")
        readable, _, _ = select.select([process.stdout], [], [], STARTS_WITHIN_S)
        return bool(readable and process.stdout.readline())

    def _arguments(self) -> list[str]:
        source, sink = self.BUILT_IN
        modules = (
            f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}",
            f"module-null-sink sink_name={sink} rate=48000 channels=2",
            f"module-null-source source_name={source} rate=48000 channels=1",
            "module-cli exit_on_eof=1",
        )
        options = ("-n", "--daemonize=no", "--system=no", "--use-pid-file=no", "--exit-idle-time=-1")
        quiet = ("--realtime=no", "--high-priority=no", "--log-target=stderr", "--log-level=warning")
        return [*options, *quiet, *(part for module in modules for part in ("-L", module))]

    def _own_environment(self) -> dict[str, str]:
        ours = ("PULSE_", "XDG_", "DBUS_")
        kept = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
        folder = str(self._folder)
        own = ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH")
        return kept | dict.fromkeys(own, folder) | {"DBUS_SESSION_BUS_ADDRESS": "disabled:"}

    def stop(self) -> None:
        """End it, politely first; nothing if it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it, as a crash does: its clients learn it from a broken connection."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with process:  # closes the pipes and waits
            process.send_signal(number)
            try:
                process.wait(STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def list_for_portaudio(self, name: str, *, source: str, sink: str) -> None:
        """Let programs that use ALSA, as PortAudio does, find a headset under that name.

        Args:
            name: Letters, digits, ``-`` and ``_``.
            source: Its microphone.
            sink: Its earphones.
        """
        self._pcms[name] = (source, sink)
        self._write_alsa()

    def _write_alsa(self) -> None:
        pcms = (alsa_pcm(name, source, sink) for name, (source, sink) in self._pcms.items())
        self._alsa.write_text("".join(pcms), encoding="utf-8")

    @property
    def _alsa(self) -> Path:
        return self._folder / "asound.conf"

    def environment(self) -> dict[str, str]:
        """Return what a program needs in its environment to use this server and no other."""
        return {
            "PULSE_SERVER": self.address or "",
            "PULSE_COOKIE": str(self._folder / "cookie"),  # no file in the home of whoever runs it
            "ALSA_CONFIG_PATH": f"{ALSA_CONFIG}:{self._alsa}",
        }
