"""Texts for people: Russian by default, English as the second catalogue (``locale/<language>/*.ftl``).

The files are in Fluent (projectfluent.org), which knows the plurals of Russian.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fluent.runtime import FluentBundle, FluentResource

from lab.language import LANGUAGES

FILES = (
    "cli.ftl",
    "serve.ftl",
    "errors.ftl",
    "sound_check.ftl",
    "sound_kinds.ftl",
    "devices.ftl",
    "forms.ftl",
    "report.ftl",
    "events.ftl",
)
"""In the order in which they are looked through: what small commands say comes first."""

LONGEST = 2000
"""Longer values are cut: Fluent refuses values that are longer still, and nobody reads them."""


class Texts:
    """The texts of one language.

    >>> Texts("ru").has("no-such-key")
    False
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"{language!r} is not one of {', '.join(LANGUAGES)}")
        self.language = language
        # Without isolation marks: they would end up in files and in terminals that do not know them.
        self._bundle = FluentBundle([language], use_isolating=False)
        self._unread = list(FILES)

    def has(self, key: str) -> bool:
        """Whether there is a text of that key; files are read until it is found, since that takes a while."""
        while self._unread and not self._bundle.has_message(key):
            file = files("lab").joinpath(f"locale/{self.language}/{self._unread.pop(0)}")
            self._bundle.add_resource(FluentResource(file.read_text(encoding="utf-8")))
        return bool(self._bundle.has_message(key))

    def __call__(self, key: str, /, **values: str | float) -> str:
        """Return the text.

        Raises:
            KeyError: There is no such text, or it names a value that was not given.
        """
        message = self._bundle.get_message(key) if self.has(key) else None
        if message is None or message.value is None:
            raise KeyError(key)
        short = {name: _cut(value) if isinstance(value, str) else value for name, value in values.items()}
        text, errors = self._bundle.format_pattern(message.value, short)
        if errors:
            raise KeyError(f"{key}: {errors[0]}")
        return str(text)


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"


@cache
def texts(language: str) -> Texts:
    """Return the texts of a language, each file read once at most."""
    return Texts(language)
