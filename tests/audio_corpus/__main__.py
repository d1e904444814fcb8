"""``python -m tests.audio_corpus [--half report] [--clips 2000]``: exit code 1 when a target is missed."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import soundfile

from tests.audio_corpus import onsets
from tests.audio_corpus.clip import clean, rounded
from tests.audio_corpus.evaluation import Judged, Table, Tally, as_json, cells_of, damaged, evaluate
from tests.audio_corpus.faults import FAULTS
from tests.audio_corpus.texts import Half
from tests.audio_corpus.voices import RATE_HZ


def text(table: Table) -> str:
    """Write the table; strengths below the threshold of audibility stand in brackets."""
    alarms, share = table.clean, _share(table.clean.found, table.clean.cases)
    lines = [
        f"half: {table.half.value}; {alarms.cases} clean clips, {alarms.found} false alarms ({share})",
        "",
        "| fault | kind | strength | cases | found | named right | placed |",
        "|---|---|---|---|---|---|---|",
    ]
    for fault in FAULTS:
        if not any(fault.name == name for name, _ in table.cells):
            continue
        for strength in fault.strengths:
            cell = table.cells.get((fault.name, strength), Tally())
            value = f"{strength:.3g} {fault.unit}"
            lines.append(
                _row(fault.name, fault.kind, value if fault.audible(strength) else f"({value})", cell)
            )
        lines.append(_row(fault.name, fault.kind, "**audible**", table.audible(fault)))
    lines.append(_row("**all**", "", "**audible**", table.total()))
    return "\n".join(lines)


def _row(name: str, kind: str, strength: str, cell: Tally) -> str:
    shares = (_share(cell.found, cell.cases), _share(cell.named, cell.cases))
    placed = _share(cell.placed_per_mille, 1000 * cell.cases)
    return f"| {name} | {kind} | {strength} | {cell.cases} | {shares[0]} | {shares[1]} | {placed} |"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def write(folder: Path, half: Half, seeds: range, per_clip: int) -> None:
    """Write clips as WAV files with their labels, for ears and other programs."""
    folder.mkdir(parents=True, exist_ok=True)
    labels: list[dict[str, object]] = []
    for seed in seeds:
        clip = clean(half, seed)
        soundfile.write(folder / f"{seed:05}-clean.wav", rounded(clip.wave), RATE_HZ)
        labels.append({"file": f"{seed:05}-clean.wav", "speaker": clip.speaker, "traps": clip.traps})
        for fault, strength in cells_of(seed, per_clip):
            name = f"{seed:05}-{fault.name.replace(' ', '-')}-{strength:.3g}.wav"
            recording = damaged(clip, fault, strength)
            soundfile.write(folder / name, recording.samples, RATE_HZ)
            spans = [[begin / RATE_HZ, end / RATE_HZ] for begin, end in recording.spans]
            labels.append({"file": name, "kind": fault.kind.value, "strength": strength, "spans_s": spans})
    (folder / "labels.json").write_text(json.dumps(labels, ensure_ascii=False, indent=1), encoding="utf-8")


def _miss(judged: Judged) -> str | None:
    """Describe what went wrong with one recording; None when nothing did."""
    wrong = judged.found if not judged.row else not (judged.found and judged.named)
    if not wrong or judged.report is None:
        return None
    said = {
        "seed": judged.seed,
        "fault": judged.row or "clean",
        "strength": str(judged.strength),
        "found": judged.found,
        "findings": [asdict(finding) for finding in judged.report.findings],
        "figures": asdict(judged.report.figures),
    }
    return json.dumps(said)


def main(arguments: list[str]) -> int:
    """Run the evaluation, measure delays, or write clips."""
    parser = argparse.ArgumentParser(prog="python -m tests.audio_corpus", description=__doc__)
    parser.add_argument("--half", type=Half, choices=list(Half), default=Half.REPORT)
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="number of the first clip")
    parser.add_argument("--faults", type=int, default=5, help="damaged versions of each clip")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the table there as well")
    parser.add_argument("--misses", type=Path, help="write what was missed or misnamed there, a line each")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="only write the clips as WAV files")
    parser.add_argument("--live", action="store_true", help="measure how soon the live check decides instead")
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.clips)
    if options.live:
        print(onsets.text(list(onsets.measure(options.half, seeds, options.faults, options.jobs))))
        return 0
    if options.write:
        write(options.write, options.half, seeds, options.faults)
        return 0
    table, misses = Table(options.half), []
    for clip in evaluate(options.half, seeds, options.faults, options.jobs):
        for judged in clip:
            table.add(judged)
            misses.append(_miss(judged))
    if options.misses:
        options.misses.write_text("".join(f"{miss}\n" for miss in misses if miss), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(as_json(table), indent=1), encoding="utf-8")
    print(text(table))
    missed = list(table.missed_targets())
    for target in missed:
        print(f"missed: {target}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
