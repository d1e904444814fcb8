"""A technician's check of a headset, step by step; no texts here, see ``headset_command``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np

from hal.audio import AudioFormat, Headset, HeadsetUnplugged, Samples
from hal.audio.level import Level, meter
from hal.errors import DeviceError, DeviceNotFound
from hal.registry import Family, discover, open_device, opener
from hal.runtime import SECOND
from lab.checklist import Checklist, Mark, Step, Stopped
from station_core.audio_check import Kind, Outcome, Report, check
from station_core.audio_check.active import LoopReport, check_loop, sweep

STEPS = ("headset", "record", "sound", "play", "sweep")

DEFAULT_DRIVER = "portaudio"

_TAIL_US = 500_000
"""How long the microphone listens after the sweep; the way back is shorter. The number is ours."""

_MARKS = {Outcome.PASS: Mark.PASSED, Outcome.WARN: Mark.WARNED, Outcome.FAIL: Mark.FAILED}

Heard = Callable[[Level, int], None]
"""Told of each block: its level, and how many microseconds were recorded so far."""


class HeadsetCheck(Checklist):
    """The check of one headset: :meth:`find`, :meth:`record`, :meth:`play`, :meth:`loop`; then :meth:`close`.

    Each says whether the next can be made.

    Args:
        url: Which headset; empty for the only one there is.
        seconds: How long to record.
        with_sweep: Whether the active test belongs to it.
    """

    def __init__(self, url: str, seconds: int, *, with_sweep: bool) -> None:
        super().__init__(STEPS if with_sweep else STEPS[:-1])
        self.url = url
        self.seconds = seconds
        self.headset: Headset | None = None
        self.format = AudioFormat()
        self.recorded: Samples = np.zeros((0, 1), dtype=np.int16)
        self.report: Report | None = None
        self.loop_report: LoopReport | None = None

    async def find(self) -> bool:
        """Open the headset and see that it is there."""
        try:
            with self.step("headset") as step:
                self.url = self.url or await self._only_one(step)
                device = await open_device(self.url)
                if not isinstance(device, Headset):
                    raise DeviceNotFound(self.url, "it is no headset")
                self.headset = device
                if not (await device.status()).plugged:
                    raise HeadsetUnplugged(self.url)
                self.format = _format(device)
                step.say(Mark.PASSED, "told-headset", name=device.info.name, rate=str(self.format.rate_hz))
        except Stopped:
            return False
        return True

    async def _only_one(self, step: Step) -> str:
        failed: dict[str, DeviceError] = {}  # a driver that cannot look does not keep the others from it
        found = [each for each in await discover(failed) if each.family is Family.AUDIO and each.url]
        if len(found) == 1:
            return found[0].url
        if not found:
            opener(f"{DEFAULT_DRIVER}:")  # says what is missing, if that is why
            if DEFAULT_DRIVER in failed:
                raise failed[DEFAULT_DRIVER]
            step.advice.append("headset-none")
            raise DeviceNotFound(f"{DEFAULT_DRIVER}:")
        step.say(Mark.FAILED, "told-headset-several", count=len(found))
        for each in found:
            step.say(Mark.FAILED, "told-headset-one-of", url=each.url, name=each.label)
        step.advice.append("headset-choose")
        raise Stopped

    async def record(self, heard: Heard) -> bool:
        """Record what is said, and judge it; what came before the headset failed is kept."""
        headset = self._opened()
        parts: list[Samples] = []
        try:
            with self.step("record") as step:
                try:
                    lost = await self._listen(headset, parts, heard)
                finally:
                    self.recorded = _joined(parts)
                if lost:
                    step.say(Mark.FAILED, "told-recorded-lost", "recorded-lost", count=lost)
                else:
                    step.say(Mark.PASSED, "told-recorded", seconds=self.seconds)
        except Stopped:
            return False
        with self.step("sound") as step:
            self.report = check(self.recorded, self.format.rate_hz)
            _tell_findings(step, {each.kind: each.outcome for each in self.report.findings})
            if not self.report.findings:
                step.say(Mark.PASSED, "told-sound-good")
        return True

    async def _listen(self, headset: Headset, parts: list[Samples], heard: Heard) -> int:
        """Record; return how often sound was lost."""
        frames = lost = 0
        async with headset.record(self.format) as stream:
            async for block in stream:
                parts.append(block.samples())
                frames += block.frames
                lost += block.overflow
                heard(meter(parts[-1]), frames * SECOND // self.format.rate_hz)
                if frames >= self.seconds * self.format.rate_hz:
                    break
        return lost

    async def play(self) -> bool:
        """Play what was recorded."""
        headset = self._opened()
        try:
            with self.step("play") as step:
                await headset.play(self.recorded, self.format)
                step.say(Mark.PASSED, "told-played")
        except Stopped:
            return False
        return True

    def not_heard(self) -> None:
        """Write down that the person did not hear the recording well."""
        step = self.steps["play"]
        step.told = []
        step.say(Mark.FAILED, "told-not-heard", "not-heard")

    def not_answered(self) -> None:
        """Write down that nobody said how the recording was heard: no answer is not a yes."""
        step = self.steps["play"]
        step.told = []
        step.say(Mark.FAILED, "told-not-answered", "not-answered")

    async def loop(self) -> bool:
        """Make the active test: the microphone has to be at the earpiece."""
        headset = self._opened()
        try:
            with self.step("sweep") as step:
                if not headset.capabilities.full_duplex:
                    step.told.append(("told-sweep-not", {}))  # it is as it should be, only not testable
                    return True
                report = self.loop_report = check_loop(await self._loop(headset), self.format.rate_hz)
                found = {each.kind: each.outcome for each in report.findings}
                if Kind.SILENT in found:
                    step.say(Mark.FAILED, "told-sweep-unheard", "sweep-unheard")
                else:
                    delay, thd = report.delay_us // 1000, report.thd_per_mille / 10
                    step.say(Mark.PASSED, "told-sweep", delay=delay, thd=thd)
                    _tell_findings(step, found)
        except Stopped:
            return False
        return True

    async def _loop(self, headset: Headset) -> Samples:
        """Play the sweep and record it; return one channel, shape ``(frames,)``."""
        rate = self.format.rate_hz
        sound = sweep(rate)
        if headset.capabilities.output_channels == 1:
            sound = sound[:, :1]
        parts: list[Samples] = []
        playing: asyncio.Future[None] | None = None
        try:
            async with headset.record(self.format) as stream:
                tail = 0
                async for block in stream:
                    if playing is None:  # now the microphone is known to listen; this block came before
                        playing = asyncio.ensure_future(
                            headset.play(sound, AudioFormat(rate, sound.shape[1]))
                        )
                        continue
                    parts.append(block.samples())
                    if playing.done():
                        playing.result()  # raises what went wrong
                        tail += block.frames
                        if tail * SECOND >= _TAIL_US * rate:
                            break
        finally:
            if playing is not None:
                playing.cancel()
                await asyncio.gather(playing, return_exceptions=True)  # what it met was raised above
        return _joined(parts)[:, 0]

    def _opened(self) -> Headset:
        if self.headset is None:
            raise ValueError("find has found no headset")
        return self.headset

    async def close(self) -> None:
        """Give the headset back."""
        if self.headset is not None:
            await self.headset.close()


def _format(headset: Headset) -> AudioFormat:
    """Return the format in which stations record; where the headset does not have it, its best one."""
    wanted, rates = AudioFormat(), headset.capabilities.rates_hz
    return wanted if wanted.rate_hz in rates else AudioFormat(max(rates), wanted.channels)


def _joined(parts: list[Samples]) -> Samples:
    return np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.int16)


def _tell_findings(step: Step, found: dict[Kind, Outcome]) -> None:
    for kind in Kind:
        if kind in found:
            step.say(_MARKS[found[kind]], f"sound-{kind}", f"sound-{kind}")
