"""Shows why data was not trained on: the report of the check, and the way out."""

from __future__ import annotations

from diagnostics.report_format import ReportOptions
from tuner.commands import _reporting
from tuner.display.canvas import make_console
from tuner.display.text import safe_text
from tuner.errors import DataCheckError

__all__ = ["FOUND", "show_refusal"]

FOUND = 1
"""Exit code, as that of `tuner check`."""


def show_refusal(refusal: DataCheckError, *, as_json: bool) -> int:
    """Write the report to standard output and the reason to standard error; return 1."""
    report = _reporting.report_format("json" if as_json else "terminal")
    _reporting.deliver(report, [refusal.checkup], ReportOptions(), None)
    console = make_console(stderr=True)
    console.print(safe_text(f"Error: {refusal.message}"))
    console.print(safe_text(refusal.hint))
    return FOUND
