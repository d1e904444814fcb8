"""``python -m benchmarks [NAME …]``: each benchmark ends with ``NAME ratio=… bar=… ok`` (or ``short``)."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = ("steps", "day", "memory", "packages", "signing", "audio")


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; return 0 if every bar is met, 2 for an unknown name."""
    unknown = [name for name in arguments if name not in NAMES]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    short = 0
    for name in arguments or NAMES:
        measured = import_module(f"benchmarks.{name}").run()
        for detail in measured.details:
            print(f"  {detail}")
        print(measured.line(), flush=True)
        short += not measured.ok
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
