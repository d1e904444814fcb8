"""``--device``: real devices in place of simulated ones, for a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from lab.real_headsets import real_headsets
from lab.real_tokens import real_tokens
from lab.text import Texts
from lab.token_address import shown
from scenarios.layout import lay_out
from scenarios.model import Scenario
from scenarios.problems import BadInput, Problem
from scenarios.real_devices import SIMULATED, RealDevices
from simulators.outside import Outside

TOKEN, HEADSET = "token", "headset"


@contextmanager
def real_devices(
    options: Sequence[str], recordings: Path | None, scenario: Scenario, texts: Texts
) -> Iterator[RealDevices]:
    """Open what ``--device`` names, for a run.

    Args:
        options: Each ``token=URL`` or ``headset=URL``.
        recordings: A folder for the recordings.
        scenario: What will be run.
        texts: Of the operator.

    Raises:
        BadInput: An option is wrong, or a device cannot be used.
    """
    found = addresses(options)
    if not options:
        yield replace(SIMULATED, recordings=recordings)
        return
    places = len(lay_out(scenario).headsets())
    with Outside() as outside, ExitStack() as opened:
        # before anybody is asked for a PIN
        headsets = real_headsets(found[HEADSET], places, outside, opened, texts)
        yield RealDevices(
            real_tokens(
                found[TOKEN],
                scenario.point.staff.commission_members,
                scenario.exam.exam_date,
                outside,
                opened,
                texts,
            ),
            headsets,
            recordings,
        )


def addresses(options: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the addresses that ``--device`` names for each kind, in their order.

    Raises:
        BadInput: Not ``KIND=ADDRESS``, a kind whose devices a run cannot take yet, or an address twice.
    """
    found: dict[str, list[str]] = {TOKEN: [], HEADSET: []}
    for option in options:
        where = f"--device {shown(option)}"
        kind, equals, url = option.partition("=")
        if not equals or not url:
            raise BadInput((Problem(where, "device-form"),))
        if kind not in found:
            raise BadInput((Problem(where, "device-family", values={"family": shown(kind)}),))
        if url in found[kind]:
            raise BadInput((Problem(where, f"{kind}-twice"),))
        found[kind].append(url)
    return {kind: tuple(urls) for kind, urls in found.items()}
