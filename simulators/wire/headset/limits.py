"""Bounds of what may be asked of virtual headsets."""

MOST_HEADSETS = 16
"""At one sound server: more than stand in a room."""

LEVELS = (-60, 24)
"""Decibels that a speaker may be louder than ordinarily."""
