"""What can be asked of virtual tokens at most; apart, so that the command line need not load the rest."""

MOST_TOKENS = 15
"""As many slots as the vendor's module shows (our estimate)."""
MOST_COUNTED = 1_000_000
"""Calls, messages, percents."""
