"""The station's ear during an answer: which blocks are measured, and what their sound is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from msgspec.structs import replace

from hal.audio import AudioBlock, Samples, SoundSpoiled
from hal.runtime import SECOND
from station_core.answers import Answer
from station_core.audio_check import Finding, Kind, LiveCheck, Outcome, check, limits
from station_core.heard import Heard
from station_core.recorder import FORMAT, Recorder

WINDOW_US = 2 * SECOND
"""Sound that is measured at once: several syllables and pauses (our choice)."""

SHORT_US = 10 * SECOND
"""In a part that is shorter, silence alone says nothing: one may think, or be done (our choice)."""


def judge_sound(blocks: Sequence[Samples]) -> Heard:
    """Measure blocks that follow each other, and judge them by the criteria of [001:79]."""
    return Heard.of(check(np.concatenate(blocks), FORMAT.rate_hz))


def worth(answer: Answer) -> Heard:
    """Judge an answer by what was heard of its parts; the levels are those of the longest one.

    What is wrong with a part is wrong with the answer. Only that a short rest is too short, or silent, is
    not, where the whole is neither. A part that a crash cut off was judged by nobody and tells nothing.

    Args:
        answer: Its last part was heard, if only that nothing came.
    """
    last = answer.parts[-1]
    parts = [part for part in answer.parts if part.kept.frames or part is last]
    heard = [(part.kept.frames, part.heard) for part in parts if part.heard]
    not_silent = answer.frames - sum(frames for frames, each in heard if Kind.SILENT.value in each.reasons)
    told: dict[str, bool] = {}
    for frames, each in heard:
        reasons = dict.fromkeys(each.reasons, True)
        if _us(answer.frames) > limits().too_short.fail:
            reasons.pop(Kind.TOO_SHORT.value, None)
        if _us(frames) < SHORT_US and frames < not_silent:
            reasons.pop(Kind.SILENT.value, None)
        told |= reasons
    _, longest = max(heard, key=lambda each: each[0])
    return replace(longest, reasons=tuple(kind.value for kind in Kind if kind.value in told))


def _us(frames: int) -> int:
    return frames * SECOND // FORMAT.rate_hz


class Ear(Protocol):
    """Listens to a recording under way."""

    def wants_next(self) -> bool:
        """Whether the next block's samples are needed."""

    def hear(self, samples: Samples | None, *, lost: bool) -> None:
        """Take the next block; its samples where they are wanted.

        Args:
            samples: Shape ``(frames, channels)``.
            lost: The system lost sound before it, nobody knows how much (``AudioBlock.overflow``). That is
                for the verdict: a computer that is too busy is not cured by another headset.

        Raises:
            SoundSpoiled: It is no use to go on like this.
        """

    def judged(self, *, interrupted: bool = False) -> Heard:
        """Return what the recording is worth; ``interrupted``: it was broken off before its end."""


def hear_out(ear: Ear, block: AudioBlock, samples: Samples | None) -> SoundSpoiled | None:
    """Let an ear take the next block; returns what it raises."""
    try:
        ear.hear(samples, lost=block.overflow)
    except SoundSpoiled as error:
        return error
    return None


def ear_for(recorder: Recorder, headset: str, every_us: int, *, gates: bool) -> Ear:
    """Return the ear for an answer: one that hears all where the sound is kept, else one for windows."""
    return LiveEar(headset, gates=gates) if recorder.keeps_sound else Windows(recorder.block_us, every_us)


class LiveEar:
    """Hears everything, and ends a part whose sound cannot be the evidence of an exam any more.

    Args:
        headset: Whose sound it is.
        gates: Its zeros are pauses (``LiveCheck``).
    """

    def __init__(self, headset: str, *, gates: bool = False) -> None:
        self._headset = headset
        self._check = LiveCheck(FORMAT.rate_hz, FORMAT.channels, gates=gates)
        self._lost = False
        self._spoiled = False

    def wants_next(self) -> bool:
        """Whether the next block's samples are needed: always."""
        return True

    def hear(self, samples: Samples | None, *, lost: bool) -> None:
        """Take the next block.

        Raises:
            SoundSpoiled: Sound is missing, which nothing can bring back; at most 0.5 s after its onset.
        """
        self._lost |= lost
        if samples is not None:
            for finding in self._check.feed(samples):
                if _spoils(finding):
                    self._spoiled = True
                    raise SoundSpoiled(self._headset, finding.kind)

    def judged(self, *, interrupted: bool = False) -> Heard:
        """Judge the whole, but for the gap that ended it: that is an interruption, and told as one.

        A gap at the very end of an answer, which has its length all the same, interrupts nothing: it counts.
        """
        heard = Heard.of(self._check.finish())
        if self._spoiled and interrupted:
            reasons = tuple(each for each in heard.reasons if each not in (Kind.SILENT, Kind.DROPOUT))
            heard = replace(heard, reasons=reasons)
        return heard.with_loss() if self._lost else heard


def _spoils(finding: Finding) -> bool:
    """Whether words are lost: a gap that can swallow a consonant, or nothing comes any more.

    With noise, hum or distortion words can still be understood: the answer goes on and its verdict tells them
    (our choice: a change of the headset costs minutes).
    """
    if finding.kind is Kind.SILENT:
        return True
    return finding.kind is Kind.DROPOUT and finding.outcome is Outcome.FAIL


class Windows:
    """Measures a window of an answer every so often.

    Args:
        block_us: Length of a block.
        every_us: From the beginning of one window to that of the next; in virtual time it is long, because
            sound that nobody measures is never made.
    """

    def __init__(self, block_us: int, every_us: int) -> None:
        self._per_window = max(1, WINDOW_US // block_us)
        self._every = max(self._per_window, every_us // block_us)
        self._window: list[Samples] = []
        self._worst: Heard | None = None
        self._count = 0
        self._lost = False

    def wants_next(self) -> bool:
        """Whether the next block's samples are needed."""
        return self._count % self._every < self._per_window

    def hear(self, samples: Samples | None, *, lost: bool) -> None:
        """Take the next block; its samples where they are wanted."""
        self._lost |= lost
        if self.wants_next() and samples is not None:
            self._window.append(samples)
            if len(self._window) == self._per_window:
                self._judge()
        self._count += 1

    def _judge(self) -> None:
        judged = judge_sound(self._window)
        self._window = []
        if self._worst is None or len(judged.reasons) > len(self._worst.reasons):
            self._worst = judged

    def judged(self, *, interrupted: bool = False) -> Heard:  # noqa: ARG002 - it hears no gap that ends a part
        """Return what the window with the most reasons says; it speaks for the answer."""
        if self._window:
            self._judge()
        heard = self._worst or judge_sound([np.zeros((FORMAT.rate_hz, FORMAT.channels), np.int16)])
        return heard.with_loss() if self._lost else heard
