"""What the audio check found, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from lab.text import Texts
from station_core.audio_check import Figures, Finding, Kind, Outcome, Report

_MOST_PLACES = 5
_FAR_US = 1_000_000
_MARKS = {Outcome.PASS: "passed", Outcome.WARN: "warned", Outcome.FAIL: "failed"}


@dataclass(frozen=True, slots=True)
class Told:
    """All findings of one kind: how bad the worst is, what and where, and what to do."""

    kind: Kind
    outcome: Outcome
    text: str
    advice: str


def mark(outcome: Outcome, texts: Texts) -> str:
    """Return the short word for an outcome, as the other checks of devices have it."""
    return texts(f"check-{_MARKS[outcome]}")


def verdict(outcome: Outcome, texts: Texts) -> str:
    """Return the verdict in words."""
    return texts(f"sound-verdict-{outcome}")


def seconds(us: int, texts: Texts, digits: int = 1) -> str:
    """Write a length in seconds.

    >>> from lab.text import texts
    >>> seconds(1_250_000, texts("en"), 2), seconds(90_000_000, texts("ru"))
    ('1.25 s', '90,0 с')
    """
    return texts("sound-seconds", seconds=decimal(f"{us / 1e6:.{digits}f}", texts))


def lasting(us: int, texts: Texts) -> str:
    """Write how long something lasts; what is short, in milliseconds.

    >>> from lab.text import texts
    >>> lasting(250, texts("en")), lasting(80_000, texts("en")), lasting(2_500_000, texts("en"))
    ('0.2 ms', '80 ms', '2.5 s')
    """
    if us >= 1_000_000:
        return seconds(us, texts)
    ms = f"{us / 1000:.1f}" if us < 10_000 else f"{us // 1000}"
    return texts("sound-milliseconds", ms=decimal(ms, texts))


def place(us: int, texts: Texts) -> str:
    """Write where something is in a recording.

    >>> from lab.text import texts
    >>> place(63_450_000, texts("ru"))
    '1:03,45'
    """
    hundredths = (us + 5_000) // 10_000
    return decimal(f"{hundredths // 6000}:{hundredths // 100 % 60:02}.{hundredths % 100:02}", texts)


def level(tenth_db: int, texts: Texts) -> str:
    """Write a level or a difference of levels.

    >>> from lab.text import texts
    >>> level(-234, texts("ru"))
    '−23,4 дБ'
    """
    sign = "−" if tenth_db < 0 else ""
    return texts("sound-db", db=decimal(f"{sign}{abs(tenth_db) // 10}.{abs(tenth_db) % 10}", texts))


def decimal(text: str, texts: Texts) -> str:
    """Write a number as the language does."""
    return text.replace(".", texts("sound-decimal-point"))


def summary(figures: Figures, kind: str, texts: Texts) -> str:
    """Return the figures that a technician knows, in one line."""
    return texts(
        "sound-summary",
        length=seconds(figures.duration_us, texts),
        rate=str(figures.rate_hz),
        channels=figures.channels,
        kind=kind or "none",
        speech=level(figures.active_level_tenth_db, texts),
        noise=level(figures.noise_tenth_db, texts),
        snr=level(figures.snr_tenth_db, texts),
    )


def findings(report: Report, texts: Texts) -> list[Told]:
    """Return the findings by kind, the worst first, then in the order of the published list."""
    by_kind: dict[Kind, list[Finding]] = {}
    for finding in report.findings:
        by_kind.setdefault(finding.kind, []).append(finding)
    order = list(Kind)
    told = [
        Told(kind, _worst(group), _group(kind, group, report.figures, texts), texts(f"advice-sound-{kind}"))
        for kind, group in by_kind.items()
    ]
    return sorted(told, key=lambda each: (each.outcome is not Outcome.FAIL, order.index(each.kind)))


def _worst(group: Iterable[Finding]) -> Outcome:
    return Outcome.FAIL if any(each.outcome is Outcome.FAIL for each in group) else Outcome.WARN


def _group(kind: Kind, group: Sequence[Finding], figures: Figures, texts: Texts) -> str:
    name = texts(f"sound-{kind}")
    if any(is_whole(each, figures) for each in group):
        return texts("sound-found-whole", what=name)
    places = "; ".join(span(each, texts) for each in group[:_MOST_PLACES])
    more = len(group) - _MOST_PLACES
    if more > 0:
        places = texts("sound-places-more", places=places, more=more)
    return texts("sound-found", what=name, count=sum(each.count for each in group), places=places)


def span(finding: Finding, texts: Texts) -> str:
    """Write where a finding is: where it begins, and where it ends if that is far away."""
    begin = place(finding.start_us, texts)
    return begin if finding.end_us - finding.start_us < _FAR_US else f"{begin}–{place(finding.end_us, texts)}"


def is_whole(finding: Finding, figures: Figures) -> bool:
    """Whether a finding spans the whole recording."""
    return finding.start_us == 0 and finding.end_us >= figures.duration_us


def finding_json(finding: Finding) -> dict[str, object]:
    """Return a finding for programs; times in seconds, the numbers in the units of their limits."""
    return {
        "kind": finding.kind.value,
        "outcome": finding.outcome.value,
        "start_s": finding.start_us / 1e6,
        "end_s": finding.end_us / 1e6,
        "channel": finding.channel,
        "count": finding.count,
        "measured": finding.measured,
        "limit": finding.limit,
    }


def report_json(report: Report) -> dict[str, object]:
    """Return a report for programs."""
    return {
        "verdict": report.verdict.value,
        "figures": asdict(report.figures),
        "findings": [finding_json(each) for each in report.findings],
    }
