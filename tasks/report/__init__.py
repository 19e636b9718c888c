"""The report: one self-contained page per run, drawn from the run's tables."""

from tasks.report.page import ReportInputs, write_report

__all__ = ["ReportInputs", "write_report"]
