"""Say what went wrong in a finished or running training, how sure that is, and what to change."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import TextIO

from diagnostics import catalogue
from diagnostics.checkup import Checkup, diagnose
from diagnostics.findings import Severity
from diagnostics.report_format import ReportFormat
from diagnostics.subjects.run_history import RunHistory
from tuner.errors import UsageError

__all__ = ["configure", "run"]

NEVER = "never"
LIMITS = (*(severity.value for severity in Severity), NEVER)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "path",
        metavar="PATH",
        help="folder of a run or a study, or a log such as trainer_state.json",
    )
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format", metavar="NAME", default="terminal", help="terminal (the default), json, ..."
    )
    group.add_argument("--output", metavar="FILE", help="write the report there")
    group.add_argument(
        "--fail-on",
        metavar="SEVERITY",
        choices=LIMITS,
        default=Severity.WARNING.value,
        help="exit code 1 from this severity on: error, warning (the default), info or never",
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge the run and write the report; 1 when a finding reaches the limit."""
    report = _report_format(arguments.format)
    checkup = diagnose(arguments.path)
    if arguments.output is None:
        _write(report, checkup, sys.stdout)
    else:
        _write_file(report, checkup, Path(arguments.output))
    limit = arguments.fail_on
    return int(limit != NEVER and checkup.reaches(Severity(limit)))


def _report_format(name: str) -> ReportFormat:
    formats = catalogue.units("diagnostics.report", ReportFormat)  # type: ignore[type-abstract]
    for report in formats:
        if report.name == name:
            return report
    known = ", ".join(sorted(report.name for report in formats))
    raise UsageError(f"`--format` must be one of {known}, but got `{name}`.")


def _write(report: ReportFormat, checkup: Checkup[RunHistory], stream: TextIO) -> None:
    """Write to a stream; what its encoding does not know is shown as an escape."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    report.write([checkup], stream)


def _write_file(report: ReportFormat, checkup: Checkup[RunHistory], path: Path) -> None:
    try:
        with path.open("w", encoding="utf-8") as file:
            _write(report, checkup, file)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The report cannot be written to `{path}`: {error}.",
            "Choose another file with --output.",
        ) from error
