"""One virtual headset: the model, its place on a sound server, and the sound between them in real time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from hal.audio import Samples
from hal.runtime import MILLISECOND, AsyncioRuntime, Task
from hal.runtime.threads import in_thread
from simulators import sound
from simulators.headset import SimHeadset
from simulators.sound import RATE_HZ
from simulators.wire.headset.pipes import EarphonesPipe, MicrophonePipe, PipeGone
from simulators.wire.headset.say import Saying
from simulators.wire.headset.tape import Tape
from simulators.wire.pulse import PulseError, PulseServer

T = TypeVar("T")

Modules = list[tuple[int, Path]]
"""Modules of a sound server: the number and the FIFO of each."""

ANSWERS_WITHIN_S = 10.0
"""How long a sound server may take for a command."""

TICK = 15 * MILLISECOND
"""How often the microphone is heard."""

_PATIENCE = 3  # ticks after which a server that takes nothing is asked whether anybody records

_LATE = 2 * RATE_HZ  # frames: what is later than that, after the whole program stood still, is not made up
_REMEMBERED = RATE_HZ  # frames: nothing older is rendered
_LEAD = RATE_HZ * 50 // 1000  # frames: the server plays in pieces, late ones on a busy computer


def earphones_of(name: str) -> str:
    """Return the name of the sink that belongs to a source."""
    return f"{name}-earphones"


async def ask(call: Callable[[], T]) -> T:
    """Give a command to a sound server, without hanging with it.

    Raises:
        PulseError
    """
    try:
        return await in_thread(call, ANSWERS_WITHIN_S, "sound server")
    except TimeoutError as error:
        raise PulseError("gone", f"no answer within {ANSWERS_WITHIN_S:.0f} s") from error


@dataclass(frozen=True, slots=True)
class _Plugged:
    """The headset while the server has it: two modules, and our ends of their FIFOs."""

    modules: Modules
    microphone: MicrophonePipe
    earphones: EarphonesPipe


class VirtualHeadset:
    """A headset that programs can use.

    It is at the server exactly while the model is plugged in and alive: ``settle`` sees to that.

    Args:
        model: What it is.
        runtime: The model's.
        server: Where it appears; the source has the name of the model.
        folder: For the FIFOs.
        changed: Told when something about it is different.
    """

    def __init__(
        self,
        model: SimHeadset,
        runtime: AsyncioRuntime,
        server: PulseServer,
        folder: Path,
        changed: Callable[[], None],
    ) -> None:
        self.model = model
        self.name = model.name
        self.says = ""
        self.muted = False
        self.suspended = False
        self.away = False
        """Whether the server has dropped it against our will."""
        self.tape = Tape(model.profile.output_channels)
        self.sounding = False
        """Whether something is played now."""
        self._lost = 0
        self._runtime = runtime
        self._server = server
        self._folder = folder
        self._changed = changed
        self._plugged: _Plugged | None = None
        self._settling = asyncio.Lock()
        self._left: Modules = []
        """What the server may still have of a headset that has gone."""
        self._rendered = 0
        self._played = 0
        self._pump: Task[None] | None = None

    # -- being there ---------------------------------------------------------------------------------------

    @property
    def sink(self) -> str:
        """Name of its earphones at the server, where sources and sinks have their names in common."""
        return earphones_of(self.name)

    @property
    def present(self) -> bool:
        """Whether the server has it."""
        return self._plugged is not None

    @property
    def lost(self) -> int:
        """Frames of the microphone that the server has not taken."""
        return self._lost + (self._plugged.microphone.lost if self._plugged else 0)

    async def settle(self, *, again: bool = False) -> None:
        """Appear at the server or go, as the model is plugged in or not.

        Args:
            again: Try it also if the server has dropped it or did not take it.

        Raises:
            PulseError: If it cannot appear, it is ``away``.
        """
        async with self._settling:
            self.away = self.away and not again
            with suppress(PulseError):  # it is dead, as a rule: else somebody has taken one end only
                await self._unload_left()
            faults = self.model.faults
            wanted = self.model.plugged and not self.away and not faults.keys() & {"unplugged", "dead"}
            if wanted and self._plugged is None:
                try:
                    await self._appear()
                except PulseError:
                    self.away = True
                    raise
            elif not wanted and self._plugged is not None:
                await self._go(self._plugged)

    async def _appear(self) -> None:
        profile, info = self.model.profile, self.model.info
        properties = {
            "device.description": f"{info.make} {info.model} ({self.name})",
            "device.serial": f"{info.serial}-{self.name}",
            "device.vendor.name": info.make,
            "device.product.name": info.model,
            "device.form_factor": "headset",
            "device.bus": "usb",
        }
        spoken, played = (self._folder / f"{self.name}.{end}" for end in ("microphone", "earphones"))
        async with AsyncExitStack() as undo:
            modules: Modules = []
            for load, name, fifo, channels in (
                (self._server.load_source, self.name, spoken, profile.input_channels),
                (self._server.load_sink, self.sink, played, profile.output_channels),
            ):
                make = partial(load, name, fifo, rate_hz=RATE_HZ, channels=channels, properties=properties)
                module = await ask(make)
                modules.append((module, fifo))
                undo.push_async_callback(self._unload, module, fifo)
            try:
                microphone = MicrophonePipe(spoken, profile.input_channels)
                undo.callback(microphone.close)
                earphones = EarphonesPipe(played, profile.output_channels, self._heard, self._dropped)
            except PipeGone as error:
                raise PulseError("gone", str(self._folder)) from error
            undo.pop_all()
        self._plugged = _Plugged(modules, microphone, earphones)
        self._rendered = self._played = self._now()
        self._pump = self._runtime.spawn(self._speak(self._plugged), f"microphone of {self.name}")
        self._changed()

    async def _go(self, plugged: _Plugged) -> None:
        self._forget_place(plugged)
        await self._unload_left()

    async def _unload_left(self) -> None:
        while self._left:
            await self._unload(*self._left.pop(0))

    async def _unload(self, module: int, fifo: Path) -> None:
        await ask(partial(self._server.unload, module, fifo))

    def _forget_place(self, plugged: _Plugged) -> None:
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None
        self._lost = self.lost
        self._plugged = None
        self._left += plugged.modules
        plugged.microphone.close()
        plugged.earphones.close()
        self.muted = self.suspended = self.sounding = False
        self._changed()

    def _dropped(self) -> None:
        """Note that the server has let it go, or is dead."""
        if self._plugged is not None:
            self.away = True
            self._forget_place(self._plugged)

    def leave(self) -> Modules:
        """Close the FIFOs; return the modules that whoever still needs the server has to unload."""
        if self._plugged is not None:
            self._forget_place(self._plugged)
        modules, self._left = self._left, []
        return modules

    # -- what is heard -------------------------------------------------------------------------------------

    def _now(self) -> int:
        return sound.frame_at(self._runtime.now())

    def say(self, saying: Saying | None) -> None:
        """Let something sound before the microphone from now on; ``None`` for nothing."""
        if saying is None:
            self.model.speaker.stop()
        else:
            self.model.speaker.say(saying.text, saying.begin(self._now()))
        self.says = "" if saying is None else saying.text
        self._changed()

    async def _speak(self, plugged: _Plugged) -> None:
        """Give the microphone's sound to the server while it is there, as the clock goes."""
        channels = self.model.profile.input_channels
        untaken = 0
        while True:
            await self._runtime.sleep(TICK)
            now = self._now()
            if now - self._rendered > _LATE:
                self._lost += now - self._rendered - _LATE
                self._rendered = now - _LATE
            mono = self.model.render(self._rendered, now - self._rendered)
            self._rendered = now
            self.model.forget(now - _REMEMBERED)
            try:
                taken = plugged.microphone.write(np.repeat(mono[:, np.newaxis], channels, axis=1))
                untaken = 0 if taken or plugged.microphone.rests else untaken + 1
                if untaken >= _PATIENCE:
                    untaken = 0
                    # a server may be busy; whether anybody records, only it knows
                    if not await ask(partial(self._server.records, self.name)):
                        plugged.microphone.rest()
            except (PipeGone, PulseError):
                self._pump = None  # it ends by itself
                self._dropped()
                return

    # -- what is played ------------------------------------------------------------------------------------

    def _heard(self, samples: Samples) -> None:
        sounding = self.tape.add(samples)
        if self.model.hears_itself:
            # next to what was played before; never where the microphone was heard already
            begin = self._played if self._played >= self._rendered else self._rendered + _LEAD
            self.model.earphones.play(begin, samples)
            self._played = begin + len(samples)
        if sounding != self.sounding:
            self.sounding = sounding
            self._changed()

    # -- what hands do -------------------------------------------------------------------------------------

    async def mute(self, on: bool) -> None:
        """Mute the microphone at the server, or lift that.

        Raises:
            PulseError: Also while the headset is not there.
        """
        await ask(partial(self._server.mute, self.name, on))
        self.muted = on
        self._changed()

    async def suspend(self, on: bool) -> None:
        """Let the microphone's streams stand still, or go on.

        Raises:
            PulseError: Also while the headset is not there.
        """
        await ask(partial(self._server.suspend, self.name, on))
        self.suspended = on
        self._changed()

    async def kill_streams(self) -> None:
        """End all recordings from it.

        Raises:
            PulseError: Also while the headset is not there.
        """
        await ask(partial(self._server.kill_streams, self.name))

    def state(self) -> Mapping[str, object]:
        """Return all there is to know."""
        model = self.model
        return {
            "name": self.name,
            "source": self.name,
            "sink": self.sink,
            "model": f"{model.info.make} {model.info.model}",
            "plugged": model.plugged,
            "present": self.present,
            "faults": {kind: dict(params) for kind, params in sorted(model.faults.items())},
            "says": self.says,
            "level_db": model.speaker.tenths_db // 10,
            "held": model.held,
            "muted": self.muted,
            "suspended": self.suspended,
            "lost_frames": self.lost,
            "played": {
                "sounding": self.sounding,
                "frames": self.tape.frames,
                "level_tenths_dbfs": self.tape.level_tenths_dbfs(),
            },
        }
