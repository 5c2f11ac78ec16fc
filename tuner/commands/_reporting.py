"""What the commands that judge have in common: which rules are asked, and where the report goes."""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diagnostics import catalogue
from diagnostics.findings import Severity
from diagnostics.judgement import Checkup
from diagnostics.report_format import ReportFormat, ReportOptions
from diagnostics.settings import LIMITS, NEVER, Settings
from tuner.commands._files import write_file
from tuner.errors import UsageError

__all__ = [
    "Group",
    "add_output_options",
    "add_rule_options",
    "deliver",
    "reaches_limit",
    "report_format",
]

Group = argparse._ArgumentGroup  # the type has no public name


def add_rule_options(parser: argparse.ArgumentParser, *, example: str) -> Group:
    """Add which rules are asked; return the group for further options.

    Args:
        parser: Parser of the command.
        example: Rules to name in the help, such as `R1,all-o-collapse`.
    """
    group = parser.add_argument_group("judging")
    for option, what in (("--select", "ask only these rules"), ("--ignore", "do not ask these")):
        group.add_argument(
            option,
            metavar="RULES",
            action="append",
            default=[],
            help=f"{what}: ids, names or their beginnings, such as {example}",
        )
    group.add_argument(
        "--preview", action="store_true", help="ask rules that are still being tried out, too"
    )
    return group


def add_output_options(parser: argparse.ArgumentParser) -> Group:
    """Add form and place of the report, and what fails; return the group for further options."""
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format",
        metavar="NAME",
        default="terminal",
        help="terminal (the default), json, markdown or sarif",
    )
    group.add_argument("--output", metavar="FILE", help="write the report there")
    group.add_argument("-v", "--verbose", action="store_true", help="show all that is known")
    group.add_argument(
        "--fail-on",
        metavar="SEVERITY",
        choices=LIMITS,
        help="exit code 1 from this severity on: error, warning (the default), info or never",
    )
    return group


def report_format(name: str, hint: str = "") -> ReportFormat:
    """Return the report of a name.

    Args:
        name: What the user gave.
        hint: The way out, where there is another than choosing a known name.

    Raises:
        UsageError: There is none.
    """
    formats = catalogue.units("diagnostics.report", ReportFormat)  # type: ignore[type-abstract]
    for report in formats:
        if report.name == name:
            return report
    known = ", ".join(sorted(report.name for report in formats))
    raise UsageError(f"`--format` must be one of {known}, but got `{name}`.", hint)


def reaches_limit(
    checkups: Sequence[Checkup[Any]], fail_on: str | None, settings: Settings
) -> bool:
    """Whether a finding is as grave as the user, or else the project, says."""
    limit = fail_on or settings.fail_on or Severity.WARNING.value
    return limit != NEVER and any(each.reaches(Severity(limit)) for each in checkups)


def deliver(
    report: ReportFormat,
    checkups: Sequence[Checkup[Any]],
    options: ReportOptions,
    output: str | None,
) -> None:
    """Write the report to a file, or to standard output.

    What the encoding of standard output does not know is shown as an escape. A reader who leaves
    early has seen enough: that changes neither the verdict nor the exit code.

    Raises:
        UsageError: The file cannot be written.
    """
    if output is not None:
        text = io.StringIO()
        report.write(checkups, text, options)
        write_file(Path(output), text.getvalue())
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    with contextlib.suppress(BrokenPipeError):
        report.write(checkups, sys.stdout, options)
