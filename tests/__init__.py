"""Tests: unit, conformance, whole scenarios, end to end."""
