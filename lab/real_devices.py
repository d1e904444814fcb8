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
    options: Sequence[str], recordings: str | None, scenario: Scenario, texts: Texts
) -> Iterator[RealDevices]:
    """Open what ``--device`` names, for a run.

    Args:
        options: Each ``token=URL`` or ``headset=URL``.
        recordings: What ``--recordings`` names: a folder for the recordings.
        scenario: What will be run.
        texts: Of the operator.

    Raises:
        BadInput: An option is wrong, or a device or the folder cannot be used.
    """
    found = addresses(options)
    folder = None if recordings is None else _empty_folder(recordings)
    if not options:
        yield replace(SIMULATED, recordings=folder)
        return
    with Outside() as outside, ExitStack() as opened:
        yield RealDevices(
            real_tokens(
                found[TOKEN],
                scenario.point.staff.commission_members,
                scenario.exam.exam_date,
                outside,
                opened,
                texts,
            ),
            real_headsets(found[HEADSET], len(lay_out(scenario).headsets()), outside, opened, texts),
            folder,
        )


def _empty_folder(path: str) -> Path:
    """Make a folder for recordings: nothing that lies there is ever mixed with them or written over."""
    folder = Path(path)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if any(folder.iterdir()):
            raise BadInput((Problem(path, "folder-not-empty"),))
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise BadInput((Problem(path, "cannot-write", values={"why": why}),)) from None
    return folder


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
