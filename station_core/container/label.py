"""The label of a file: what may be known before the key.

It is a signed attribute, so it is authentic before anything is opened. A package repeats it as the first
line of what is encrypted: so it is bound to the content key too, and nobody who may sign can put another
label on somebody else's package.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from station_core.errors import MaterialsRefused
from station_core.materials import Scope

FORMAT = 1
"""The version of the format that this program writes and reads."""


FileName = Annotated[str, msgspec.Meta(pattern=r"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]{0,199}$")]
"""A name without folders: somebody may write a file of that name."""


class Kind(StrEnum):
    """What a file is."""

    PACKAGE = "package"  # интернет-пакет
    KEY = "key"  # ключ доступа, main or reserve
    BLANKS = "blanks"  # бланки, .bnk
    TEST_BLANKS = "test-blanks"  # тестовый пакет сканирования, .bnk
    AUDIO = "audio"  # аудио, .abnk
    KEGE = "kege"  # КЕГЭ, .kbnk


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Public facts about a file.

    Args:
        kind: What it is.
        name: Its name when it was made.
        scope: Where and when it is valid.
        issue: The how-manieth of its kind for this scope: an older one is refused where a newer one was seen.
        unique: 16 random bytes in hexadecimal: no two files have the same.
        created: Local time of whoever made it.
        computer, room: Which station exported it; 0 and empty on files of the portal.
        works: How many works an export package holds.
        version: Of the format.
    """

    kind: Kind
    name: FileName
    scope: Scope
    issue: Annotated[int, msgspec.Meta(ge=0)]
    unique: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    created: datetime
    computer: Annotated[int, msgspec.Meta(ge=0)] = 0
    room: str = ""
    works: Annotated[int, msgspec.Meta(ge=0)] = 0
    version: int = FORMAT

    def encode(self) -> bytes:
        """Write it: JSON without a line break."""
        return msgspec.json.encode(self)


class _Version(msgspec.Struct):
    version: int = FORMAT


def _require_version(version: int, file: str) -> None:
    if version != FORMAT:
        raise MaterialsRefused(file, "format-unknown", f"label.version: {version}, here {FORMAT}")


def decode_label(data: bytes, file: str) -> Label:
    """Read a label.

    Raises:
        MaterialsRefused: It is no label, a field is wrong, or the format is newer than this program.
    """
    try:
        try:
            label = msgspec.json.decode(data, type=Label)
        except msgspec.ValidationError:  # a newer format may have other fields
            _require_version(msgspec.json.decode(data, type=_Version).version, file)
            raise
        _require_version(label.version, file)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MaterialsRefused(file, "unreadable", f"label: {error}") from error
    return label
