"""Say what went wrong in a finished or running training, how sure that is, and what to change."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from diagnostics import catalogue
from diagnostics.checkup import Checkup, examination
from diagnostics.findings import Severity
from diagnostics.report_format import ReportFormat, ReportOptions, Unread
from diagnostics.settings import LIMITS, NEVER, find_settings
from diagnostics.subjects.run_history import RunHistory
from tuner.commands import _values
from tuner.commands._diagnosed_paths import judge_paths
from tuner.commands._files import write_file
from tuner.display.canvas import make_console
from tuner.display.text import safe_text
from tuner.errors import UsageError

__all__ = ["configure", "run"]

EXAMPLES = """\
examples:
  tuner diagnose runs/my-study                what the winner's curves say
  tuner diagnose --recursive runs/            every run below a folder, worst first
  tuner diagnose - < training.log             a printed log
  tuner diagnose run/ --format markdown       for a comment on a pull request

exit codes: 0 nothing as grave as --fail-on, 1 something is, 2 a path could not be judged
"""
UNREADABLE = 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.usage = "tuner diagnose PATH... [OPTIONS]"
    parser.epilog = EXAMPLES
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+",
        help="folder of a run or a study, a log such as trainer_state.json, or - for standard "
        "input",
    )
    parser.add_argument(
        "--recursive", action="store_true", help="judge every run below PATH, one line each"
    )
    _add_judging(parser)
    _add_output(parser)


def _add_judging(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("judging")
    for option, what in (("--select", "ask only these rules"), ("--ignore", "do not ask these")):
        group.add_argument(
            option,
            metavar="RULES",
            action="append",
            default=[],
            help=f"{what}: ids, names or their beginnings, such as R1,all-o-collapse",
        )
    group.add_argument(
        "--train-size",
        metavar="N",
        type=_values.whole_number("--train-size", low=1),
        help="number of training sentences, where the log does not tell",
    )
    group.add_argument(
        "--metric", metavar="NAME", help="the metric that decides which epoch is best (else F1)"
    )
    group.add_argument(
        "--preview", action="store_true", help="ask rules that are still being tried out, too"
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
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
        "--fix-command",
        action="store_true",
        help="end with the one command that applies the fixes together",
    )
    group.add_argument(
        "--fail-on",
        metavar="SEVERITY",
        choices=LIMITS,
        help="exit code 1 from this severity on: error, warning (the default), info or never",
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge the runs and write the report; 1 when a finding reaches the limit, 2 for bad paths."""
    report = _report_format(arguments.format)
    settings = find_settings(Path.cwd())
    how = examination(
        select=arguments.select,
        ignore=arguments.ignore,
        train_size=arguments.train_size,
        metric=arguments.metric,
        preview=arguments.preview,
        settings=settings,
    )
    checkups, unread = judge_paths(arguments.paths, how, recursive=arguments.recursive)
    options = ReportOptions(
        verbose=arguments.verbose,
        overview=arguments.recursive,
        fix_command=arguments.fix_command,
        unread=tuple(unread),
    )
    if checkups:
        _deliver(report, checkups, options, arguments.output)
    limit = arguments.fail_on or settings.fail_on or Severity.WARNING.value
    failed = limit != NEVER and any(each.reaches(Severity(limit)) for each in checkups)
    _complain(unread)
    return UNREADABLE if unread else int(failed)


def _report_format(name: str) -> ReportFormat:
    formats = catalogue.units("diagnostics.report", ReportFormat)  # type: ignore[type-abstract]
    for report in formats:
        if report.name == name:
            return report
    known = ", ".join(sorted(report.name for report in formats))
    raise UsageError(f"`--format` must be one of {known}, but got `{name}`.")


def _complain(unread: Sequence[Unread]) -> None:
    """Say on standard error what could not be judged."""
    console = make_console(stderr=True)
    for each in unread:
        console.print(safe_text(f"Error: {each.path}: {each.message}"))


def _deliver(
    report: ReportFormat,
    checkups: Sequence[Checkup[RunHistory]],
    options: ReportOptions,
    output: str | None,
) -> None:
    """Write the report to a file, or to standard output.

    What the encoding of standard output does not know is shown as an escape.
    """
    if output is not None:
        text = io.StringIO()
        report.write(checkups, text, options)
        write_file(Path(output), text.getvalue())
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    report.write(checkups, sys.stdout, options)
