"""Which headsets there are, and how PortAudio reaches each: pure functions over what a process saw."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hal.audio.portaudio.wire import DeviceRow, EndRow, Reached, Seen, Target

_VIA_SERVER = ("pulse", "pipewire")
"""ALSA's devices that lead to a sound server and leave it to the environment which of its ends to take."""

_PLUGINS = frozenset(
    (
        *("default", "sysdefault", "pulse", "pipewire", "jack", "oss", "dmix", "dsnoop", "front", "null"),
        *("a52", "lavrate", "samplerate", "speex", "speexrate", "upmix", "vdownmix"),
    )
)
"""ALSA's devices that are not hardware, but lead to some or change its sound."""

_PLACE = re.compile(r"\s*\(hw:\d+,\d+\)$")

MOST_CHANNELS = 2
"""What a headset has at most; plugins of ALSA claim 32 and more."""


@dataclass(frozen=True, slots=True)
class Found:
    """A headset.

    Args:
        name: What its URL says.
        label: For people.
        target: How to reach it.
        channels: Of microphone and earphones.
        state: ``ok``, ``headset-unplugged`` where the socket is empty, or ``headset-muted``.
    """

    name: str
    label: str
    target: Target
    channels: tuple[int, int]
    state: str = "ok"


def headsets(seen: Seen) -> list[Found]:
    """List the real pairs of microphone and earphones, by name.

    Where a sound server runs, it holds the sound cards: its sources and sinks are listed, each pair that has
    a card or a serial number in common. Otherwise PortAudio's own devices are, without ALSA's plugins.
    """
    return sorted(_of_server(seen) or _of_portaudio(seen.devices), key=lambda each: each.name)


def find(seen: Seen, name: str) -> Found | None:
    """Return the headset of that name; an empty name is what the system takes by default.

    Names of the server, of PortAudio, and labels are known; a microphone without a known mate has the default
    earphones.
    """
    if not name:
        return Found("", "default", Target("", ""), (MOST_CHANNELS, MOST_CHANNELS)) if seen.devices else None
    listed = headsets(seen)
    for each in (
        *(each for each in listed if each.name == name),
        *(each for each in listed if each.label == name),
    ):
        return each
    return _of_source(seen, name) or _of_device(seen.devices, name)


def with_channels(found: Found, seen: Seen, reached: Reached) -> Found:
    """Correct the channels, and the label of the default one, by what the sound server knows of its ends."""
    if seen.server is None:
        return found
    microphone, earphones = found.channels
    label = found.label
    for source in seen.server.sources:
        if source.name == reached.source:
            microphone = min(source.channels, MOST_CHANNELS)
            label = label if found.name else source.label
    for sink in seen.server.sinks:
        if sink.name == reached.sink:
            earphones = min(sink.channels, MOST_CHANNELS)
    return replace(found, channels=(microphone, earphones), label=label)


def is_there(seen: Seen, name: str, source: str, sink: str) -> bool:
    """Say whether a headset is still there.

    Args:
        seen: What is there now.
        name: Of its URL.
        source: What a sound server called its microphone when it was opened; empty if none knew it.
        sink: The same for its earphones.
    """
    if not source:
        return find(seen, name) is not None
    if seen.server is None:
        return False
    plugged = {row.name for row in (*seen.server.sources, *seen.server.sinks) if row.plugged}
    return source in plugged and (not sink or sink in plugged)


def _gate(devices: Sequence[DeviceRow]) -> str:
    """Return the device that leads to the sound server; empty if there is none."""
    names = {row.name for row in devices}
    return next((name for name in _VIA_SERVER if name in names), "")


def _of_server(seen: Seen) -> list[Found]:
    if seen.server is None or not _gate(seen.devices):
        return []
    found = []
    for source in seen.server.sources:
        mates = [sink for sink in seen.server.sinks if source.mate and sink.mate == source.mate]
        if mates:
            found.append(_pair(seen, source, mates[0]))
    return found


def _of_source(seen: Seen, name: str) -> Found | None:
    if seen.server is None or not _gate(seen.devices):
        return None
    for source in seen.server.sources:
        if source.name == name:
            return _pair(seen, source, None)
    return None


def _pair(seen: Seen, source: EndRow, sink: EndRow | None) -> Found:
    gate = _gate(seen.devices)
    target = Target(gate, gate, source.name, sink.name if sink else "")
    state = "ok" if source.plugged else "headset-unplugged"
    if source.plugged and source.muted:
        state = "headset-muted"
    channels = (min(source.channels, MOST_CHANNELS), min(sink.channels if sink else 2, MOST_CHANNELS))
    return Found(source.name, source.label, target, channels, state)


def _of_portaudio(devices: Sequence[DeviceRow]) -> list[Found]:
    return [
        found
        for row in devices
        if row.inputs and row.name.partition(":")[0] not in _PLUGINS
        for found in _with_earphones(devices, row)
    ]


def _of_device(devices: Sequence[DeviceRow], name: str) -> Found | None:
    for row in devices:
        if row.name == name and row.inputs:
            return next(_with_earphones(devices, row), None)
    return None


def _with_earphones(devices: Sequence[DeviceRow], microphone: DeviceRow) -> Iterator[Found]:
    """Find the other end: the same device, or one of the same card."""
    card = microphone.name.partition(":")[0]
    both = [microphone, *(row for row in devices if ":" in row.name and row.name.partition(":")[0] == card)]
    for row in both:
        if row.outputs:
            channels = (min(microphone.inputs, MOST_CHANNELS), min(row.outputs, MOST_CHANNELS))
            label = _PLACE.sub("", microphone.name)
            yield Found(microphone.name, label, Target(microphone.name, row.name), channels)
            return
