"""``ppelab``, or ``python -m lab``: sees to Ctrl-C first, then loads the program."""

from __future__ import annotations

import sys

from lab.interrupt import quit_at_once


def main() -> int:
    """Run the command line of the process; return its exit code."""
    quit_at_once()
    from lab.cli import main as run  # noqa: PLC0415 - loading it takes long enough for a Ctrl-C

    try:
        return run()
    finally:
        quit_at_once()


if __name__ == "__main__":
    sys.exit(main())
