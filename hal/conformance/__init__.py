"""Conformance suites: what every driver of a family must do. Public, and they need no pytest."""
