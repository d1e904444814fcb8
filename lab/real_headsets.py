"""``--device headset=URL``: the real headset at that address serves the next seat, for a run."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from hal.audio import FormatUnsupported, Headset, HeadsetUnplugged
from hal.errors import DeviceError, DeviceNotFound
from hal.registry import open_device
from lab.describe import error_text
from lab.headset_address import refuse_other_address
from lab.text import Texts
from lab.token_address import shown
from scenarios.problems import BadInput, Problem
from simulators.bound_headset import RealHeadset
from simulators.outside import Outside
from simulators.sound import RATE_HZ


def real_headsets(
    urls: Sequence[str], places: int, outside: Outside, opened: ExitStack, texts: Texts
) -> tuple[RealHeadset, ...]:
    """Open the headsets for a run.

    Args:
        urls: Their addresses.
        places: How many headsets the scenario has.
        outside: Where their drivers run.
        opened: Closes them.
        texts: Of the operator.

    Raises:
        BadInput: A headset cannot be used, two addresses lead to the same one, or there are more than the
            scenario has.
    """
    if len(urls) > places:
        problem = "headsets-none" if not places else "more-headsets-than-places"
        raise BadInput((Problem("--device", problem, values={"places": str(places)}),))
    headsets = []
    taken: dict[str, str] = {}
    for url in urls:
        where = f"--device headset={shown(url)}"
        refuse_other_address(url, where)
        try:
            headset = outside.call(_open(url))
            opened.callback(_close, outside, headset)
            _refuse_unfit(headset)
            if not outside.call(headset.status()).plugged:
                raise HeadsetUnplugged(url)
        except DeviceError as error:
            values = {"why": error_text(error, texts)}
            raise BadInput((Problem(where, "headset-cannot", values=values),)) from None
        serial = headset.info.serial
        if serial in taken:
            raise BadInput((Problem(where, "headset-same", values={"other": taken[serial]}),))
        if serial:
            taken[serial] = url
        headsets.append(RealHeadset(headset, outside))
    return tuple(headsets)


async def _open(url: str) -> Headset:
    device = await open_device(url)
    if not isinstance(device, Headset):
        raise DeviceNotFound(url, "it is no headset")
    return device


def _refuse_unfit(headset: Headset) -> None:
    if RATE_HZ not in headset.capabilities.rates_hz:
        raise FormatUnsupported(headset.info.name, f"{RATE_HZ} Hz")


def _close(outside: Outside, headset: Headset) -> None:
    outside.call(headset.close())
