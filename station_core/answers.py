"""What a station holds of the answers: values that go into its store and into the index of an export."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec.structs import replace

from station_core.answer_file import Kept
from station_core.heard import Heard


class Part(msgspec.Struct, frozen=True):
    """One run of the recording, from a beginning to an end or an interruption.

    Args:
        file: What the recorder calls it.
        headset: What it was spoken into.
        kept: What of it is safe; nothing if it was cut off at once.
        closed: Nothing is added any more, and ``kept.digest`` is that of the whole file.
        damaged: The disk gave back something else than was written. ``kept.frames`` is what was promised, the
            size and the digest are those of what it gave: 0 and empty if that was nothing.
        heard: What its sound is worth; nobody knows where a crash cut it off.
    """

    file: str
    headset: str
    kept: Kept = Kept()
    closed: bool = False
    damaged: bool = False
    heard: Heard | None = None


class Elsewhere(msgspec.Struct, frozen=True):
    """What other stations hold of an answer that was moved: so many parts, so many frames in all of them."""

    parts: int = 0
    frames: int = 0


NOWHERE = Elsewhere()


class Answer(msgspec.Struct, frozen=True):
    """One participant's answer: a sequence of parts, of which nothing that was kept is ever changed.

    Args:
        complete: It was recorded to its end.
        elsewhere: What came before the first part here.
    """

    participant: str
    parts: tuple[Part, ...] = ()
    complete: bool = False
    elsewhere: Elsewhere = NOWHERE

    @property
    def under_way(self) -> bool:
        """Whether it is being recorded, or a crash cut it off."""
        return bool(self.parts) and not self.parts[-1].closed

    @property
    def frames(self) -> int:
        """Recorded here so far, over all parts."""
        return sum(part.kept.frames for part in self.parts)

    @property
    def size_bytes(self) -> int:
        """What all parts weigh."""
        return sum(part.kept.size_bytes for part in self.parts)

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal: of the only part, else of the parts' digests, a line each."""
        if len(self.parts) == 1:
            return self.parts[0].kept.digest
        return hashlib.sha256("".join(f"{part.kept.digest}\n" for part in self.parts).encode()).hexdigest()

    @property
    def parts_everywhere(self) -> int:
        """How many parts there are; the number of the last one, counted from 1."""
        return self.elsewhere.parts + len(self.parts)

    def begun(self, file: str, headset: str) -> Answer:
        """Return it with one more part."""
        return replace(self, parts=(*self.parts, Part(file, headset)))

    @property
    def damaged(self) -> bool:
        """Whether the disk has lost something of it."""
        return any(part.damaged for part in self.parts)

    @property
    def unheard(self) -> int:
        """How many of its parts nobody has judged."""
        return sum(part.heard is None for part in self.parts if part.kept.frames)

    def with_kept(
        self,
        kept: Kept,
        heard: Heard | None = None,
        *,
        closed: bool = False,
        damaged: bool = False,
        complete: bool = False,
    ) -> Answer:
        """Return it with what is safe of the last part now."""
        last = replace(self.parts[-1], kept=kept, closed=closed, damaged=damaged, heard=heard)
        return replace(self, parts=(*self.parts[:-1], last), complete=complete)
