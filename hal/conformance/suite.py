"""What the suites of the device families share: checks, skipping by name, the report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from hal.errors import DeviceError
from hal.runtime import Runtime


class Skip(Exception):
    """The check does not apply to this device; the text says why."""


class CheckBench(Protocol):
    """What every bench offers to the suites."""

    @property
    def runtime(self) -> Runtime:
        """Where the driver under test waits."""

    @property
    def supports(self) -> frozenset[str]:
        """The conditions that the bench can provoke and repair; checks that need others are skipped."""

    @property
    def patience(self) -> int:
        """How long one check may take, in microseconds of the runtime."""


B = TypeVar("B", bound=CheckBench)


@dataclass(frozen=True, slots=True)
class Check(Generic[B]):
    """One check.

    Args:
        run: Raises ``AssertionError`` with a sentence, or ``Skip``.
        needs: Conditions that the bench has to support.
    """

    run: Callable[[B], Awaitable[None]]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a suite. ``skipped`` gives the reason for each check that was not made."""

    passed: tuple[str, ...]
    skipped: Mapping[str, str]


async def run_check(check: Check[B], bench: B) -> None:
    """Make one check.

    Raises:
        AssertionError: The driver does not do what the interface promises.
        Skip: The check cannot be made here.
    """
    missing = [need for need in check.needs if need not in bench.supports]
    if missing:
        raise Skip(f"the bench cannot provoke {', '.join(missing)}")
    try:
        async with bench.runtime.timeout(bench.patience):
            await check.run(bench)
    except TimeoutError as error:
        raise AssertionError("the check took longer than the bench's patience") from error
    except DeviceError as error:
        raise AssertionError(f"unexpected {type(error).__name__}: {error}") from error


async def run_checks(checks: Mapping[str, Check[B]], bench: B) -> Report:
    """Make all checks.

    Raises:
        AssertionError: Some failed; the text names each with its sentence.
    """
    passed: list[str] = []
    skipped: dict[str, str] = {}
    failed: list[str] = []
    for name, check in checks.items():
        try:
            await run_check(check, bench)
        except Skip as reason:
            skipped[name] = str(reason)
        except AssertionError as error:
            failed.append(f"{name}: {error}")
        else:
            passed.append(name)
    if failed:
        raise AssertionError(f"{len(failed)} of {len(checks)} checks failed:\n" + "\n".join(failed))
    return Report(tuple(passed), skipped)


def require(holds: object, sentence: str) -> None:
    """Raise ``AssertionError`` with the sentence unless the condition holds (``python -O`` keeps it)."""
    if not holds:
        raise AssertionError(sentence)


async def require_error(
    call: Awaitable[object], errors: type[DeviceError] | tuple[type[DeviceError], ...], when: str
) -> DeviceError:
    """Return the error that a call has to raise.

    Raises:
        AssertionError: It raised none, or another ``DeviceError``.
    """
    wanted = errors if isinstance(errors, tuple) else (errors,)
    names = " or ".join(error.__name__ for error in wanted)
    try:
        result = await call
    except wanted as error:
        return error
    except DeviceError as error:
        raise AssertionError(f"{when}: {names} expected, but {type(error).__name__} came") from error
    raise AssertionError(f"{when}: {names} expected, but the call returned {result!r}")
