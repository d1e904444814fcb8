"""Errors, problems and values in words."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping, Sequence

from hal.errors import DeviceError
from hal.runtime import DAY, HOUR, MINUTE, SECOND, clock_text
from hal.token import PinIncorrect
from lab.text import Texts
from scenarios.problems import Problem

LONGEST_VALUE = 80
"""Longer values of a file, and names of files, are cut in messages."""

_NOT_A_KEY = re.compile(r"[^a-z0-9]+")

_WHY = {
    errno.EACCES: "reason-no-rights",
    errno.EPERM: "reason-no-rights",
    errno.ENOENT: "reason-no-such-file",
    errno.ENOTDIR: "reason-not-a-folder",
    errno.EEXIST: "reason-is-a-file",
    errno.EISDIR: "reason-is-a-folder",
    errno.ENOSPC: "reason-no-space",
    errno.EDQUOT: "reason-no-space",
    errno.EROFS: "reason-read-only",
    errno.ENAMETOOLONG: "reason-name-too-long",
    errno.EIO: "reason-io",
    errno.EFBIG: "reason-too-big",
    errno.ELOOP: "reason-links",
    errno.ECONNREFUSED: "reason-nobody-listens",
    errno.ECONNRESET: "reason-hung-up",
    errno.EPIPE: "reason-hung-up",
    errno.ETIMEDOUT: "reason-no-answer",
    errno.EAGAIN: "reason-no-answer",
    errno.EPROTOTYPE: "reason-not-a-stream",
    errno.EMFILE: "reason-too-many-files",
    errno.ENFILE: "reason-too-many-files",
    errno.ENOMEM: "reason-no-memory",
}


_WHY_PARTS = {
    "special characters are not allowed": "reason-control-character",
    "cannot start any token": "reason-bad-character",
    "mapping values are not allowed here": "reason-colon",
    "could not find expected ':'": "reason-no-colon",
    "found unexpected end of stream": "reason-open-quote",
    "expected ',' or ']'": "reason-open-bracket",
    "expected ',' or '}'": "reason-open-bracket",
    "expected <block end>": "reason-indent",
    "expected the node content": "reason-indent",
    "found undefined alias": "reason-no-anchor",
    "found another document": "reason-two-documents",
    "escape": "reason-escape",
    "Format not recognised": "reason-not-sound",
    "flac decoder lost sync": "reason-flac-lost",
    "unimplemented format": "reason-sound-header",
    "Malformed 'fmt ' chunk": "reason-sound-header",
    "SF_INFO struct incomplete": "reason-sound-header",
    "Channel count is zero": "reason-sound-header",
    "file is malformed": "reason-sound-malformed",
}
"""Parts of what the YAML reader and libsndfile say, in English only."""

_DETAILS = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"(?P<step>\w+): no answer in (?P<seconds>[\d.]+) s(?P<rest>.*)", "detail-no-answer"),
        (r"there is no file (?P<path>.+)", "detail-no-file"),
        (r"looked for (?P<paths>.+)", "detail-looked-for"),
        (r"module-name '(?P<name>.+)' is not known, only (?P<known>.+); use module-path", "detail-no-name"),
        (r"NotLoaded: OS exception while loading (?P<path>.+?): (?P<why>.+)", "detail-not-loaded"),
        (r"the module's process has ended(?P<rest>.*)", "detail-process-ended"),
        (r"no process can be started: (?P<why>.+)", "detail-no-process"),
        (r"it was wrapped for another certificate", "detail-for-another"),
        (r"it is damaged: (?P<why>.+)", "detail-damaged"),
        (r"(?:no scheme; )?known: (?P<known>.+)", "detail-known"),
        (r"(?P<why>.+): pip install '(?P<package>.+)'", "detail-install"),
        (r"(?P<why>.+): apt-get install (?P<package>\S+)", "detail-install-debian"),
        (r"it is no token", "detail-no-token"),
        (r"it is no headset", "detail-no-headset"),
        (r"the sound server went on with (?P<name>.+)", "detail-server-went-on"),
        (r"nobody answers at (?P<address>.+), which PULSE_SERVER names", "detail-server-variable"),
        (r"nobody answers at (?P<address>.+)", "detail-server-silent"),
        (r"the sound server has ended the stream", "detail-stream-ended"),
        (r"its socket is empty", "detail-socket-empty"),
        (r"(?P<name>.+) is suspended", "detail-suspended"),
        (r"the stream has ended", "detail-stream-over"),
        (r"it takes no sound", "detail-takes-nothing"),
        (r"the sound driver's process does not answer", "detail-sound-process-silent"),
        (r"the sound driver's process has ended", "detail-sound-process-ended"),
        (r"valid (?P<since>[0-9-]+) – (?P<until>[0-9-]+)", "detail-valid"),
    )
)
"""What our drivers add to an error, and the keys of our texts; a vendor's words stay as they are."""

_EXAMPLES = {
    r"^[0-9]{2}$": "90",
    r"^[0-9]{4}$": "0001",
    r"^[0-9]{2}-[А-ЯЁA-Z]+$": "01-РУС",
    r"^Р[0-9]+$": "Р1",
    r"^[a-z0-9][a-z0-9-]*$": "pantum-p3300dn",
}
"""What patterns of the scenario language mean, by example."""


def key_of(prefix: str, code: str) -> str:
    """Return the catalogue key of a code.

    >>> key_of("event", "key_loaded"), key_of("word", "password-not-before-09:45")
    ('event-key-loaded', 'word-password-not-before-09-45')
    """
    return f"{prefix}-{_NOT_A_KEY.sub('-', code.lower()).strip('-')}"


def named(texts: Texts, prefix: str, code: str) -> str:
    """Return the text of a code; the code itself where another version wrote one that we do not know."""
    key = key_of(prefix, code)
    return texts(key) if texts.has(key) else code


def clock(texts: Texts, time: int, *, short: bool = False) -> str:
    """Write a time of the exam day, of its eve, or of the day after; ``short`` leaves out seconds of 0."""
    told = clock_text(time % DAY)
    if short:
        told = told.removesuffix(":00")
    if time < 0:
        return texts("clock-eve", clock=told)
    return texts("clock-next-day", clock=told) if time >= DAY else told


def duration(texts: Texts, microseconds: int) -> str:
    """Write how long something took: seconds below an hour, minutes above."""
    seconds = microseconds // SECOND
    if microseconds < MINUTE:
        return texts("duration-seconds", seconds=str(seconds))
    if microseconds < HOUR:
        return texts("duration-minutes", minutes=str(seconds // 60), seconds=f"{seconds % 60:02}")
    return texts("duration-hours", hours=str(seconds // 3600), minutes=f"{seconds // 60 % 60:02}")


def one_line(text: str) -> str:
    r"""Make any text fit for one line of a terminal: no control characters.

    >>> one_line("a\nb\x1b[31mc")
    'a b\\x1b[31mc'
    """
    flat = re.sub(r"\s+", " ", text).strip()
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in flat)


def file_name(name: str) -> str:
    """Show the name of a file in one line; an empty one, which an unset variable leaves, is seen as such.

    >>> file_name("a.wav"), file_name("")
    ('a.wav', '«»')
    """
    return one_line(name) or "«»"


def error_text(error: DeviceError, texts: Texts) -> str:
    """Tell a device's error: what happened, what to do, and what the driver adds.

    The driver's own words are in the language of the texts where they are ours.
    """
    told, detail = texts(key_of("device", error.code)), error.detail
    if isinstance(error, PinIncorrect) and error.tries_left is not None:
        detail = texts("told-tries-left", tries=error.tries_left)
    elif not detail:
        return texts("told-error", error=told)
    return texts("told-error-detail", error=told, detail=_detail_text(detail, texts))


def _detail_text(detail: str, texts: Texts) -> str:
    for pattern, key in _DETAILS:
        match = pattern.fullmatch(detail)
        if match is not None:
            return texts(key, **{name: one_line(value) for name, value in match.groupdict().items()})
    return one_line(detail)


def problem_text(texts: Texts, problem: Problem) -> str:
    """Say in one line what is wrong, where, and what to do."""
    values = {name: _named_value(texts, name, one_line(value)) for name, value in problem.values.items()}
    key = key_of("problem", problem.code)
    message = texts(key if texts.has(key) else "problem-other", **values)
    place_values = {"file": _cut(file_name(problem.file))}
    if problem.line:
        place_values["line"] = str(problem.line)
    if problem.field:
        place_values["field"] = _cut(one_line(problem.field))
    suffix = f"{'-line' if problem.line else ''}{'-field' if problem.field else ''}" or "-file"
    return f"{texts(f'problem-at{suffix}', **place_values)}: {message}"


def _named_value(texts: Texts, name: str, value: str) -> str:
    """Write a value that a message names."""
    if name == "why":
        return reason(texts, value)
    if name == "expected":
        return ", ".join(re.findall(r"'([^']*)'", value)) or value
    if name == "pattern":
        return _EXAMPLES.get(value, value)
    return _cut(value) if name == "input" else value


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def reason(texts: Texts, why: str) -> str:
    """Translate the words of the operating system, of the YAML reader and of libsndfile."""
    for number, key in _WHY.items():
        if os.strerror(number) == why:
            return texts(key)
    for part, key in _WHY_PARTS.items():
        if part in why:
            return texts(key)
    return why


def control_text(texts: Texts, code: str, values: Mapping[str, str]) -> str:
    """Say why a virtual device does not do it; ``detail`` is what the system or a library said."""
    shown = {name: one_line(value) for name, value in values.items()}
    if "detail" in shown:
        shown["detail"] = reason(texts, shown["detail"])
    return texts(code, **shown)


def why(texts: Texts, error: OSError) -> str:
    """Say why the operating system refused; in its own words only where we have none."""
    if isinstance(error, TimeoutError):
        return texts(_WHY[errno.ETIMEDOUT])
    key = _WHY.get(error.errno or 0)
    return texts(key) if key is not None else one_line(error.strerror or str(error))


def table(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Align rows of cells; the first ``left`` columns to the left, the others to the right.

    >>> table([("name", "n"), ("a", "10")])
    ['name   n', 'a     10']
    """
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if index < left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
