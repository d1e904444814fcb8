"""All virtual headsets of one sound server, and what can be done to them from outside; ``Controlled``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from hal.runtime import SECOND, AsyncioRuntime
from simulators.device import World
from simulators.faults import Lasts, UntilRepaired
from simulators.headset import SimHeadset
from simulators.profile_types import HeadsetProfile
from simulators.random import Streams
from simulators.sound import SPEECH_TENTHS_DBFS
from simulators.wire.control import ControlError, Options, State, Verb, number, unknown_target
from simulators.wire.headset.limits import LEVELS
from simulators.wire.headset.say import Saying, saying
from simulators.wire.headset.virtual import Modules, VirtualHeadset, ask, earphones_of
from simulators.wire.headset.wishes import FaultWish, fault_wish, known_kind, whole
from simulators.wire.headset.written import write_sound
from simulators.wire.limits import LONGEST_FAULT_S
from simulators.wire.pulse import ALSA_CONFIG, PulseDaemon, PulseError, PulseServer, alsa_pcm
from simulators.wire.watched import Watched

_NOISELESS = -2000  # tenths of a decibel
_VOICE: Final = "voice"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One headset to make.

    Args:
        name: Of its source and its sink.
        profile: Which model.
        line: Whether there is neither microphone nor room: what is said reaches the computer as it is.
    """

    name: str
    profile: HeadsetProfile
    line: bool = False


def _model(wanted: Wanted, world: World) -> SimHeadset:
    if not wanted.line:
        return SimHeadset(wanted.name, world, wanted.profile)
    ideal = {
        "speech_level_tenths_dbfs": SPEECH_TENTHS_DBFS,
        "self_noise_tenths_dbfs": _NOISELESS,
        "dc_offset": 0,
    }
    profile = wanted.profile.model_copy(update=ideal)
    return SimHeadset(wanted.name, world, profile, room_noise_tenths_dbfs=_NOISELESS)


class VirtualHeadsets(Watched):
    """Headsets on a sound server.

    Args:
        wanted: Which ones.
        server: Where; a ``PulseDaemon`` is started and ended here, another server is left as it was.
    """

    def __init__(self, wanted: Sequence[Wanted], server: PulseServer) -> None:
        super().__init__(AsyncioRuntime())
        self.server = server
        self.headsets: dict[str, VirtualHeadset] = {}
        self._world = World(self.runtime, Streams(0), self._heard, self.runtime.spawn)
        self._alsa = Path()
        self._line = {each.name: each.line for each in wanted}
        self._models = [_model(each, self._world) for each in wanted]

    @property
    def daemon(self) -> PulseDaemon | None:
        """The server, if it is our own."""
        return self.server if isinstance(self.server, PulseDaemon) else None

    @asynccontextmanager
    async def running(self, folder: Path) -> AsyncIterator[None]:
        """Have the headsets at the server as long as the block lasts.

        Args:
            folder: For the FIFOs; private.

        Raises:
            PulseError: On entering.
        """
        self._alsa = folder / "asound.conf"
        names = [model.name for model in self._models]
        for model in self._models:
            self.headsets[model.name] = VirtualHeadset(
                model, self.runtime, self.server, folder, self._changed
            )
        if self.daemon is not None:
            await self.runtime.compute(self.daemon.__enter__)
        try:
            if self.daemon is None:
                self._alsa.write_text(
                    "".join(alsa_pcm(name, name, earphones_of(name)) for name in names), "ascii"
                )
            else:
                for name in names:
                    self.daemon.list_for_portaudio(name, source=name, sink=earphones_of(name))
            await self._settle_all()
            keeper = self.runtime.spawn(self._keep(), "headsets come and go")
            try:
                yield
            finally:
                keeper.cancel()
        finally:
            modules = [module for each in self.headsets.values() for module in each.leave()]
            if self.daemon is not None:
                await self.runtime.compute(partial(self.daemon.__exit__, None, None, None))
            else:
                await self._unload(modules)

    async def _unload(self, modules: Modules) -> None:
        for module, fifo in modules:
            try:
                await ask(partial(self.server.unload, module, fifo))
            except PulseError as error:
                if error.code != "gone":
                    raise
                return  # the server is dead, and the modules with it

    def environment(self) -> dict[str, str]:
        """Return what programs need to use the headsets, while they run."""
        if self.daemon is not None:
            return self.daemon.environment()
        alsa = {"ALSA_CONFIG_PATH": f"{ALSA_CONFIG}:{self._alsa}"}
        return alsa if self.server.address is None else {"PULSE_SERVER": self.server.address} | alsa

    # -- what is there -------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Let headsets come and go as their faults begin and end by themselves."""
        while True:
            change = self._change
            try:
                await self._settle_all()
            except PulseError:
                self._changed()  # what could not come is away; the others are looked at again
            await change.wait()

    async def _settle_all(self, again: Collection[VirtualHeadset] = ()) -> None:
        refused: PulseError | None = None
        before = [each.present for each in self.headsets.values()]
        for each in self.headsets.values():
            try:
                await each.settle(again=each in again)
            except PulseError as error:
                if error.code == "gone":
                    raise
                refused = error  # that one only
        first = next(iter(self.headsets.values()))
        if self.daemon is not None and first.present and not before[0]:
            # as desktops do with the headset that was used last
            await ask(partial(self.server.choose, source=first.name, sink=first.sink))
        if refused is not None:
            raise refused

    def state(self) -> State:
        """Return all there is to know."""
        running = (
            self.daemon.pid is not None
            if self.daemon
            else not all(each.away for each in self.headsets.values())
        )
        return {
            "device": "headset",
            "server": {"address": self.server.address, "own": self.daemon is not None, "running": running},
            "headsets": [each.state() for each in self.headsets.values()],
        }

    # -- what can be done ----------------------------------------------------------------------------------

    @property
    def verbs(self) -> Mapping[str, Verb]:
        """What can be done, by name."""
        lasting = ("seconds",)
        return {
            "plug-in": Verb(self._aimed(self._plug_in)),
            "unplug": Verb(self._aimed(self._unplug), lasting),
            "speak": Verb(self._aimed(self._speak, takes_words=True), ("words", "voice", "once", "file")),
            "hush": Verb(self._aimed(self._hush)),
            "level": Verb(self._aimed(self._level, takes_words=True), ("words",)),
            "fault": Verb(self._aimed(self._fault, takes_words=True), ("words", *lasting)),
            "lift": Verb(self._aimed(self._lift, takes_words=True), ("words",)),
            "hold": Verb(self._aimed(self._hold)),
            "let-go": Verb(self._aimed(self._let_go)),
            "mute": Verb(self._aimed(partial(self._at_server, VirtualHeadset.mute, on=True))),
            "unmute": Verb(self._aimed(partial(self._at_server, VirtualHeadset.mute, on=False))),
            "suspend": Verb(self._aimed(partial(self._at_server, VirtualHeadset.suspend, on=True))),
            "resume": Verb(self._aimed(partial(self._at_server, VirtualHeadset.suspend, on=False))),
            "kill-stream": Verb(self._aimed(partial(self._at_server, VirtualHeadset.kill_streams))),
            "played": Verb(self._aimed(self._played), ("file",)),
            "kill-server": Verb(self._kill_server, targeted=False),
            "start-server": Verb(self._start_server, targeted=False),
        }

    def _aimed(
        self,
        does: Callable[[VirtualHeadset, Sequence[str], Options], Awaitable[None]],
        takes_words: bool = False,
    ) -> Callable[[str, Options], Awaitable[None]]:
        """Find the headset that is meant; the only one need not be named, so the target may be a word."""

        async def do(target: str, options: Options) -> None:
            words = options.get("words", [])
            if target in self.headsets:
                headset = self.headsets[target]
            elif len(self.headsets) == 1 and (takes_words or not target):
                [headset] = self.headsets.values()
                words = [target, *words] if target else words
            else:
                raise unknown_target(target, self.headsets)
            try:
                await does(headset, words, options)
            except PulseError as error:
                raise ControlError(f"control-server-{error.code}", detail=error.detail) from error

        return do

    async def _plug_in(self, headset: VirtualHeadset, _words: Sequence[str], _options: Options) -> None:
        headset.model.plug_in()
        await self._settle_all(again=(headset,))

    async def _unplug(self, headset: VirtualHeadset, _words: Sequence[str], options: Options) -> None:
        """Pull the plug; put it back after a while."""
        seconds = number(options, "seconds", 1, LONGEST_FAULT_S)
        if seconds is None:
            headset.model.unplug()
        else:
            self._strike(headset, FaultWish("unplugged", {}), seconds)
        await self._settle_all()

    async def _speak(self, headset: VirtualHeadset, words: Sequence[str], options: Options) -> None:
        voice, file = options.get("voice", "ru"), options.get("file")
        if not isinstance(voice, str) or not isinstance(file, str | None):
            raise ControlError("control-not-json")
        if file is not None and words:
            raise ControlError("control-no-words", verb="speak", words=" ".join(words))
        make = partial(
            self.prepare,
            headset.name,
            file if file is not None else " ".join(words) if words else _VOICE,
            voice=voice,
            again=not options.get("once", False),
            file=file is not None,
        )
        headset.say(await self.runtime.compute(make))

    def prepare(
        self, name: str, text: str, *, voice: str = "ru", again: bool = True, file: bool = False
    ) -> Saying:
        """Prepare something for a headset to hear; the arguments are those of ``saying``.

        Raises:
            CannotSay
        """
        # every headset has a speaker of its own
        key = 1 + list(self._line).index(name)
        return saying(text, voice=voice, again=again, as_it_is=self._line[name], key=key, file=file)

    async def _hush(self, headset: VirtualHeadset, _words: Sequence[str], _options: Options) -> None:
        headset.say(None)

    async def _level(self, headset: VirtualHeadset, words: Sequence[str], _options: Options) -> None:
        [text] = _exactly_one(words, "level")
        headset.model.speaker.louder(whole("level", text, *LEVELS) * 10)
        self._changed()

    async def _fault(self, headset: VirtualHeadset, words: Sequence[str], options: Options) -> None:
        [text] = _exactly_one(words, "fault")
        wish = fault_wish(text)
        self._strike(headset, wish, number(options, "seconds", 1, LONGEST_FAULT_S))
        await self._settle_all()

    @staticmethod
    def _strike(headset: VirtualHeadset, wish: FaultWish, seconds: int | None) -> None:
        headset.model.end_fault(wish.kind, "repaired")  # the new one takes its place
        ending = UntilRepaired() if seconds is None else Lasts(seconds * SECOND)
        headset.model.begin_fault(wish.kind, wish.params, ending)

    def strike(self, wish: FaultWish) -> None:
        """Lay a fault over every headset, before they run."""
        for model in self._models:
            model.begin_fault(wish.kind, wish.params, UntilRepaired())

    async def _lift(self, headset: VirtualHeadset, words: Sequence[str], _options: Options) -> None:
        """End faults: those named, or all."""
        for kind in [known_kind(word) for word in words] or list(headset.model.faults):
            headset.model.end_fault(kind, "repaired")
        self._changed()
        await self._settle_all()

    async def _hold(self, headset: VirtualHeadset, _words: Sequence[str], _options: Options) -> None:
        headset.model.hold_earpiece()
        self._changed()

    async def _let_go(self, headset: VirtualHeadset, _words: Sequence[str], _options: Options) -> None:
        headset.model.let_go()
        self._changed()

    @staticmethod
    async def _at_server(
        does: Callable[..., Awaitable[None]],
        headset: VirtualHeadset,
        _words: Sequence[str],
        _options: Options,
        **how: bool,
    ) -> None:
        if not headset.present:
            raise ControlError("control-headset-away", target=headset.name)
        await does(headset, **how)

    async def _played(self, headset: VirtualHeadset, _words: Sequence[str], options: Options) -> None:
        """Write what was played last into a file, and begin anew."""
        file = options.get("file")
        if not isinstance(file, str) or not file:
            raise ControlError("control-needs-option", option="played", needs="file")
        samples = headset.tape.samples()
        headset.tape.clear()  # what is played while it is written is for the next file
        try:
            await self.runtime.compute(partial(write_sound, file, samples))
        except ControlError:
            headset.tape.put_back(samples)
            raise
        self._changed()

    async def _kill_server(self, _target: str, _options: Options) -> None:
        if self.daemon is None:
            raise ControlError("control-not-our-server")
        for each in self.headsets.values():
            each.away = True
        await self.runtime.compute(self.daemon.kill)
        for each in self.headsets.values():
            each.leave()
        self._changed()

    async def _start_server(self, _target: str, _options: Options) -> None:
        """Start it anew, or look for the desktop's again."""
        try:
            if self.daemon is not None:
                await self.runtime.compute(self.daemon.start)
                for each in self.headsets.values():
                    each.leave()  # its modules went with the old server
            await self._settle_all(again=self.headsets.values())
        except PulseError as error:
            raise ControlError(f"control-server-{error.code}", detail=error.detail) from error


def _exactly_one(words: Sequence[str], verb: str) -> Sequence[str]:
    if len(words) != 1:
        raise ControlError("control-one-word", verb=verb, given=str(len(words)))
    return words
