"""What every headset driver must do: ``await check_headset(bench)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from hal.audio import AudioBlock, AudioFormat, FormatUnsupported, Headset, HeadsetUnplugged
from hal.conformance.suite import Check, CheckBench, Report, Skip, require, require_error, run_checks
from hal.errors import DeviceBusy, DeviceDead, DeviceTimeout
from hal.runtime import MILLISECOND, SECOND

UNPLUG, PLUG_IN, SPEAK, DEAD = "unplug", "plug-in", "speak", "dead"

CONDITIONS = (UNPLUG, PLUG_IN, SPEAK, DEAD)
"""What a bench may support.

* ``unplug``, ``plug-in``: take the headset away, also during a recording, and bring it back;
* ``speak``: make a sound before the microphone, and stop it;
* ``dead``: break the headset.
"""

_NOTICE = 300 * MILLISECOND
_LEAVE = 2 * SECOND  # one for the recording, one for the device
_START = 20 * SECOND  # ours, generous: the start of a process on a computer that is very busy
_LATE_PERCENT = 50
_SOUND_RMS = 100  # steps: -50 dBFS; speech is louder, a quiet room softer


class HeadsetBench(CheckBench, Protocol):
    """A workplace with one headset; ``supports`` holds names from ``CONDITIONS``.

    ``patience`` has to allow at least ten seconds of the runtime.
    """

    async def open(self) -> Headset:
        """Return a fresh device: plugged in, nobody records or plays, silence before the microphone."""

    async def plug_in(self) -> None:
        """Bring the headset back (``plug-in``)."""

    async def unplug(self) -> None:
        """Take the headset away (``unplug``)."""

    async def speak(self) -> None:
        """Begin to make a sound before the microphone (``speak``)."""

    async def kill(self) -> None:
        """Break the headset (``dead``)."""


def _format(headset: Headset) -> AudioFormat:
    rates = headset.capabilities.rates_hz
    return AudioFormat(48_000 if 48_000 in rates else rates[0], 1)


async def _blocks(headset: Headset, count: int, block_us: int = 100 * MILLISECOND) -> list[AudioBlock]:
    """Record that many blocks."""
    blocks: list[AudioBlock] = []
    async with headset.record(_format(headset), block_us) as stream:
        async for block in stream:
            blocks.append(block)
            if len(blocks) == count:
                break
    return blocks


async def _first_block(headset: Headset, audio_format: AudioFormat) -> None:
    async with headset.record(audio_format) as stream:
        await anext(stream)


def _rms(blocks: list[AudioBlock]) -> int:
    sound = np.concatenate([block.samples() for block in blocks])
    return int(np.sqrt(np.square(sound, dtype=np.float64).mean()))


async def _check_names_itself(bench: HeadsetBench) -> None:
    headset = await bench.open()
    require(headset.info.name, "info.name must not be empty")
    can = headset.capabilities
    require(can.rates_hz and all(rate > 0 for rate in can.rates_hz), "a headset has positive sample rates")
    require(can.input_channels >= 1, "a headset has a microphone")
    require(can.output_channels >= 1, "a headset has an earphone")
    require((await headset.status()).plugged, "a fresh headset is plugged in")
    await headset.close()


async def _check_records_without_gaps(bench: HeadsetBench) -> None:
    headset = await bench.open()
    audio_format = _format(headset)
    blocks = await _blocks(headset, 10)
    frame = 0
    for block in blocks:
        following = block.first_frame == frame
        require(following or block.overflow, f"a block has to begin at frame {frame} unless it says overflow")
        samples = block.samples()
        wanted = (block.frames, audio_format.channels)
        require(samples.shape == wanted, f"a block of shape {wanted} has samples of shape {samples.shape}")
        require(samples.dtype == np.int16, f"samples are 16-bit integers, not {samples.dtype}")
        frame = block.first_frame + block.frames
    length = sum(block.frames for block in blocks) * SECOND // audio_format.rate_hz
    off = abs(length - SECOND)
    require(off <= SECOND // 100, f"ten blocks of 100 ms last 1 s, not {length} us")
    await headset.close()


async def _check_records_in_time(bench: HeadsetBench) -> None:
    headset = await bench.open()
    began = bench.runtime.now()
    async with headset.record(_format(headset)) as stream:
        block = await anext(stream)
        first = bench.runtime.now()
        require(first - began <= _START, f"the first block came after {first - began} us")
        while block.first_frame + block.frames < 2 * _format(headset).rate_hz:
            block = await anext(stream)
    now = bench.runtime.now()
    most = 2 * SECOND * (100 + _LATE_PERCENT) // 100
    require(now - first <= most, f"2 s of sound took {now - first} us")
    require(now - began >= 2 * SECOND * 9 // 10, f"2 s of sound cannot be there after {now - began} us")
    await headset.close()


async def _check_block_reads_the_same(bench: HeadsetBench) -> None:
    headset = await bench.open()
    blocks = await _blocks(headset, 3)
    for block in reversed(blocks):
        first = block.samples().copy()
        require(np.array_equal(first, block.samples()), "reading a block twice has to give the same sound")
    await headset.close()


async def _check_records_again(bench: HeadsetBench) -> None:
    headset = await bench.open()
    for _ in range(2):
        blocks = await _blocks(headset, 1)
        require(blocks[0].first_frame == 0, "a recording counts its frames from 0")
    await headset.close()


async def _check_refuses_format(bench: HeadsetBench) -> None:
    headset = await bench.open()
    good, can = _format(headset), headset.capabilities
    odd_rate = 1 + max(can.rates_hz)
    for bad in (AudioFormat(odd_rate, 1), AudioFormat(good.rate_hz, can.input_channels + 1)):
        await require_error(_first_block(headset, bad), FormatUnsupported, f"recording as {bad}")
    await headset.close()


async def _check_one_recording(bench: HeadsetBench) -> None:
    headset = await bench.open()
    async with headset.record(_format(headset)) as stream:
        await anext(stream)
        await require_error(_first_block(headset, _format(headset)), DeviceBusy, "a second recording")
        await anext(stream)
    await headset.close()


async def _check_plays(bench: HeadsetBench) -> None:
    headset = await bench.open()
    rate = _format(headset).rate_hz
    began = bench.runtime.now()
    await headset.play(np.zeros((rate // 2, 1), dtype=np.int16), AudioFormat(rate, 1))
    took = bench.runtime.now() - began
    require(took >= SECOND * 4 // 10, f"half a second of sound cannot have been played in {took} us")
    await headset.close()


async def _check_full_duplex(bench: HeadsetBench) -> None:
    headset = await bench.open()
    if not headset.capabilities.full_duplex:
        raise Skip("the headset cannot play while it records")
    rate = _format(headset).rate_hz
    silence = np.zeros((rate // 2, 1), dtype=np.int16)
    async with bench.runtime.task_group() as group:
        group.start(headset.play(silence, AudioFormat(rate, 1)), "play while recording")
        await _blocks(headset, 5)
    await headset.close()


async def _check_hears(bench: HeadsetBench) -> None:
    headset = await bench.open()
    await bench.speak()
    heard = _rms(await _blocks(headset, 2, SECOND))
    require(heard >= _SOUND_RMS, f"somebody speaks, but the recording has an RMS of {heard} steps only")
    await headset.close()


async def _check_unplugged(bench: HeadsetBench) -> None:
    headset = await bench.open()
    await bench.unplug()
    require(not (await headset.status()).plugged, "status has to say that the headset is gone")
    await require_error(_first_block(headset, _format(headset)), HeadsetUnplugged, "recording without it")
    silence = np.zeros((4800, 1), dtype=np.int16)
    await require_error(
        headset.play(silence, AudioFormat(_format(headset).rate_hz, 1)),
        HeadsetUnplugged,
        "playing without it",
    )
    await headset.close()


async def _check_unplugged_while_recording(bench: HeadsetBench) -> None:
    headset = await bench.open()
    if not headset.capabilities.reports_unplugging:
        raise Skip("the headset's connection does not tell that it is gone")
    blocks: list[AudioBlock] = []
    noticed: list[int] = []
    under_way = bench.runtime.event()

    async def record_on() -> None:
        async with headset.record(_format(headset)) as stream:
            try:
                async for block in stream:
                    blocks.append(block)
                    if len(blocks) == 5:
                        under_way.set()
            except HeadsetUnplugged:
                noticed.append(bench.runtime.now())

    async with bench.runtime.task_group() as group:
        group.start(record_on(), "record until it is unplugged")
        await under_way.wait()
        await bench.runtime.sleep(50 * MILLISECOND)
        await bench.unplug()
        gone = bench.runtime.now()
    require(noticed, "the iterator has to raise HeadsetUnplugged")
    late = noticed[0] - gone
    require(
        late <= _NOTICE, f"HeadsetUnplugged came {late} us after the headset was gone; 300 ms are allowed"
    )
    frame = 0
    for block in blocks:
        require(len(block.samples()) == block.frames, "blocks already given stay good")
        require(block.first_frame == frame, f"a block before the loss has to begin at frame {frame}")
        frame += block.frames
    await headset.close()


async def _check_leaving(bench: HeadsetBench) -> None:
    headset = await bench.open()
    async with headset.record(_format(headset)) as stream:
        await anext(stream)
        await bench.unplug()
        left = bench.runtime.now()
    await headset.close()
    took = bench.runtime.now() - left
    require(took <= _LEAVE, f"to leave the recording and to close took {took} us with the headset gone")


async def _check_plugged_in_again(bench: HeadsetBench) -> None:
    headset = await bench.open()
    await bench.unplug()
    await bench.plug_in()
    again = await bench.open()
    require((await again.status()).plugged, "status has to say that the headset is back")
    await _blocks(again, 1)
    await again.close()
    await headset.close()


async def _check_dead(bench: HeadsetBench) -> None:
    headset = await bench.open()
    await bench.kill()
    wanted = (DeviceDead, DeviceTimeout)
    await require_error(_first_block(headset, _format(headset)), wanted, "recording with a dead headset")
    await headset.close()


async def _check_close(bench: HeadsetBench) -> None:
    headset = await bench.open()
    await headset.close()
    await headset.close()


CHECKS: Mapping[str, Check[HeadsetBench]] = {
    "names-itself": Check(_check_names_itself),
    "records-without-gaps": Check(_check_records_without_gaps),
    "records-in-time": Check(_check_records_in_time),
    "block-reads-the-same": Check(_check_block_reads_the_same),
    "records-again": Check(_check_records_again),
    "refuses-format": Check(_check_refuses_format),
    "one-recording": Check(_check_one_recording),
    "plays": Check(_check_plays),
    "full-duplex": Check(_check_full_duplex),
    "hears": Check(_check_hears, (SPEAK,)),
    "unplugged": Check(_check_unplugged, (UNPLUG,)),
    "unplugged-while-recording": Check(_check_unplugged_while_recording, (UNPLUG,)),
    "leaving": Check(_check_leaving, (UNPLUG,)),
    "plugged-in-again": Check(_check_plugged_in_again, (UNPLUG, PLUG_IN)),
    "dead": Check(_check_dead, (DEAD,)),
    "close": Check(_check_close),
}
"""Each check by name; every one asks the bench for a fresh headset."""


async def check_headset(bench: HeadsetBench) -> Report:
    """Make all checks.

    Raises:
        AssertionError: Some failed; the text names each with its sentence.
    """
    return await run_checks(CHECKS, bench)
