"""How tests call ``ppelab`` in their own process; the fixture is in ``tests/e2e/conftest.py``."""

from __future__ import annotations

from collections.abc import Callable

Command = Callable[..., tuple[int, str, str]]
"""Takes the arguments; returns the exit code, the standard output and the standard error."""
