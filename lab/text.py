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
    "devices.ftl",
    "errors.ftl",
    "events.ftl",
    "forms.ftl",
    "report.ftl",
    "serve.ftl",
    "sound_check.ftl",
    "sound_kinds.ftl",
)

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
        folder = files("lab").joinpath(f"locale/{language}")
        for name in FILES:
            self._bundle.add_resource(FluentResource(folder.joinpath(name).read_text(encoding="utf-8")))

    def has(self, key: str) -> bool:
        """Whether there is a text of that key."""
        return bool(self._bundle.has_message(key))

    def __call__(self, key: str, /, **values: str | int) -> str:
        """Return the text.

        Raises:
            KeyError: There is no such text, or it names a value that was not given.
        """
        message = self._bundle.get_message(key)
        if message.value is None:
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
    """Return the texts of a language, read once."""
    return Texts(language)
