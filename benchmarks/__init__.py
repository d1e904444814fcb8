"""Benchmarks: each module has ``NAME``, ``BAR`` and ``run() -> Measurement``."""
