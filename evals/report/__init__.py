"""A run of the cases, for people and for CI: JSON, JUnit, one page, and the terminal."""

from evals.report.files import check_report, load_report, write_reports
from evals.report.terminal import terminal_tables

__all__ = ["check_report", "load_report", "terminal_tables", "write_reports"]
