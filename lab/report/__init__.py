"""The report of a day: one self-contained HTML file, read from the journal and from nothing else."""

from lab.report.page import render_report, write_report

__all__ = ["render_report", "write_report"]
