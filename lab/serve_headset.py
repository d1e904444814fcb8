"""``ppelab serve headset``: virtual headsets on a sound server of their own, or on the desktop's."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lab.describe import control_text, one_line
from lab.serve_command import BAD_INPUT, DONE, CannotServe, Ready, Stopping, serve
from lab.text import Texts
from simulators.profile_types import HeadsetProfile
from simulators.profiles import UnknownProfile, headset_profile, names
from simulators.wire.control import ControlError

if TYPE_CHECKING:
    from simulators.wire.headset.device import VirtualHeadsets
    from simulators.wire.pulse import PulseServer

EXTRA = "audio"
PROFILE = "logitech-h390"
DESKTOP = "desktop"
"""What ``--server`` calls the server that other programs of this user find."""


class ServedHeadsets:
    """Virtual headsets, as ``Served``."""

    def __init__(self, headsets: VirtualHeadsets, begin: Callable[[], None], words: Texts) -> None:
        self.runtime = headsets.runtime
        self.verbs = headsets.verbs
        self.state = headsets.state
        self.changed = headsets.changed
        self._headsets = headsets
        self._begin = begin
        self._words = words

    @asynccontextmanager
    async def serving(self, folder: Path) -> AsyncIterator[Ready]:
        """Have the headsets at the server."""
        from simulators.wire.pulse import PACKAGE, PulseError  # noqa: PLC0415

        headsets, words = self._headsets, self._words
        try:
            async with headsets.running(folder):
                self._begin()
                yield Ready(
                    {name: f"portaudio:{name}" for name in headsets.headsets},
                    headsets.environment(),
                    told=tuple(self._told()),
                )
        except PulseError as error:
            detail = one_line(error.detail)
            raise CannotServe(words(f"serve-sound-{error.code}", detail=detail, package=PACKAGE)) from error

    def _told(self) -> list[str]:
        words, headsets = self._words, self._headsets.headsets
        told = [words("serve-headset-ready", count=len(headsets))]
        for name, each in headsets.items():
            model = f"{each.model.info.make} {each.model.info.model}"
            told.append(f"  {name}: {model}, {words('serve-headset-hears', what=one_line(each.says))}")
        [first, *_] = headsets
        return [
            *told,
            words("serve-headset-use", url=f"portaudio:{first}", source=first, sink=headsets[first].sink),
        ]


def serve_headset(args: argparse.Namespace, words: Texts) -> int:
    """``ppelab serve headset``."""
    try:
        from simulators.wire.headset import device  # noqa: PLC0415 - the extra may be missing
        from simulators.wire.headset.wishes import fault_wish, whole  # noqa: PLC0415
    except ImportError as error:
        print(words("serve-extra-missing", name=str(error.name), extra=EXTRA), file=sys.stderr)
        return BAD_INPUT
    from simulators.wire.headset.limits import LEVELS  # noqa: PLC0415

    with Stopping() as stopping:
        try:
            profile = _profile(args.profile or PROFILE, words)
            wanted = [device.Wanted(name, profile, args.line) for name in _names(args, words)]
            headsets = device.VirtualHeadsets(wanted, _server(args.server))
            level = whole("--level", args.level, *LEVELS)
            for text in args.fault:
                headsets.strike(fault_wish(text))
            prepare = partial(headsets.prepare, text=args.say, voice=args.voice, again=not args.once)
            sayings = {each.name: prepare(each.name) for each in wanted}

            def begin() -> None:
                for name, each in headsets.headsets.items():
                    each.model.speaker.louder(level * 10)
                    each.say(sayings[name])

            return serve(ServedHeadsets(headsets, begin, words), words, stopping)
        except CannotServe as error:
            print(error, file=sys.stderr)
            return BAD_INPUT
        except ControlError as error:
            print(control_text(words, error.code, error.values), file=sys.stderr)
            return BAD_INPUT
    return DONE  # a signal came while the sound was prepared


def _server(address: str | None) -> PulseServer:
    from simulators.wire.pulse import PulseDaemon, PulseServer  # noqa: PLC0415

    if address is None:
        return PulseDaemon()
    return PulseServer(None if address == DESKTOP else address)


def _names(args: argparse.Namespace, words: Texts) -> list[str]:
    base = "headset" if args.name is None else str(args.name)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", base):
        raise CannotServe(words("serve-headset-name", name=one_line(base)))
    if args.name is not None and args.count == 1:
        return [base]
    return [f"{base}-{number}" for number in range(1, args.count + 1)]


def _profile(name: str, words: Texts) -> HeadsetProfile:
    try:
        return headset_profile(name)
    except UnknownProfile:
        known = ", ".join(names("headsets"))
        raise CannotServe(words("serve-no-profile", name=one_line(name), known=known)) from None
