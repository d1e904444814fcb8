"""A technician's check in words and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from lab.checklist import Checklist, Mark, Step
from lab.describe import error_text, one_line
from lab.text import Texts


def checklist_lines(check: Checklist, device: str, texts: Texts) -> Iterator[str]:
    """Tell what came of a check, step by step, with a verdict and what to do.

    Args:
        check: The check.
        device: What was checked, as in the keys of title and verdict.
        texts: The texts.
    """
    yield texts(f"check-{device}-title")
    for step in check.steps.values():
        yield step_line(step, texts)
    yield ""
    yield verdict(check, device, texts)
    yield from advice_lines(check, texts)


def advice_lines(check: Checklist, texts: Texts) -> Iterator[str]:
    """Tell what to do, each thing once."""
    advice = [texts(f"advice-{each}") for step in check.steps.values() for each in step.advice]
    for each in dict.fromkeys(advice):
        yield texts("check-do", advice=each)


def verdict(check: Checklist, device: str, texts: Texts) -> str:
    """Return what came of it as a whole."""
    return texts(f"check-{device}-{'bad' if check.failed else 'warned' if check.warned else 'good'}")


def step_line(step: Step, texts: Texts) -> str:
    """Tell of one step in one line."""
    width = max(len(texts(f"check-{mark}")) for mark in Mark)
    mark = texts(f"check-{step.mark}").ljust(width)
    name, said = texts(f"check-step-{step.code}"), "; ".join(told(step, texts))
    if step.ms is None:
        return texts("check-line", mark=mark, step=name, told=said)
    return texts("check-line-timed", mark=mark, step=name, told=said, ms=f"{step.ms:.0f}")


def told(step: Step, texts: Texts) -> Iterator[str]:
    """Yield what there is to say about a step."""
    if step.error is not None:
        yield error_text(step.error, texts)
    elif not step.told:
        yield texts("told-not-reached")
    for code, values in step.told:
        shown = {name: one_line(each) if isinstance(each, str) else each for name, each in values.items()}
        yield texts(code, **shown)


def steps_json(check: Checklist) -> list[dict[str, object]]:
    """Return the steps for programs; ``error`` and ``told`` are codes of the catalogue."""
    return [
        {
            "step": step.code,
            "result": step.mark.value,
            "ms": None if step.ms is None else round(step.ms, 1),
            "told": [{"code": code, **values} for code, values in step.told],
            "error": None if step.error is None else step.error.code,
            "detail": "" if step.error is None else step.error.detail,
            "advice": step.advice,
        }
        for step in check.steps.values()
    ]
