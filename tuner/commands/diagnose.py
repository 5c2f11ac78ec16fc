"""Say what went wrong in a finished or running training, how sure that is, and what to change."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diagnostics.checkup import Examination, examination
from diagnostics.report_format import ReportOptions, Unread
from diagnostics.settings import Settings, find_settings
from tuner.commands import _reporting, _values
from tuner.commands._diagnosed_paths import judge_paths
from tuner.display.canvas import make_console
from tuner.display.text import safe_text

__all__ = ["configure", "run"]

EXAMPLES = """\
examples:
  tuner diagnose runs/my-study                what the winner's curves say
  tuner diagnose --recursive runs/            every run below a folder, worst first
  tuner diagnose - < training.log             a printed log
  tuner diagnose run/ --data data/            with the data that it was trained on
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
    _add_data(parser)
    _add_judging(parser)
    _add_output(parser)


def _add_data(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what it was trained on")
    group.add_argument(
        "--data", metavar="DATA", help="check this data too: a file, a folder with splits, a hub id"
    )
    group.add_argument("--dev", metavar="FILE", help="its development split")
    group.add_argument("--data-format", metavar="NAME", help="its format (else it is recognised)")
    group.add_argument(
        "--columns", metavar="NAMES", help="names or places of its token and tag columns"
    )


def _add_judging(parser: argparse.ArgumentParser) -> None:
    group = _reporting.add_rule_options(parser, example="R1,all-o-collapse")
    group.add_argument(
        "--train-size",
        metavar="N",
        type=_values.whole_number("--train-size", low=1),
        help="number of training sentences, where the log does not tell",
    )
    group.add_argument(
        "--metric", metavar="NAME", help="the metric that decides which epoch is best (else F1)"
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = _reporting.add_output_options(parser)
    group.add_argument(
        "--fix-command",
        action="store_true",
        help="end with the one command that applies the fixes together",
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge the runs and write the report; 1 when a finding reaches the limit, 2 for bad paths."""
    report = _reporting.report_format(arguments.format)
    settings = find_settings(Path.cwd())
    how = _examination(arguments, settings)
    checkups, unread = judge_paths(arguments.paths, how, recursive=arguments.recursive)
    options = ReportOptions(
        verbose=arguments.verbose,
        overview=arguments.recursive,
        fix_command=arguments.fix_command,
        unread=tuple(unread),
    )
    if checkups:
        _reporting.deliver(report, checkups, options, arguments.output)
    failed = _reporting.reaches_limit(checkups, arguments.fail_on, settings)
    _complain(unread)
    return UNREADABLE if unread else int(failed)


def _examination(arguments: argparse.Namespace, settings: Settings) -> Examination:
    judging: dict[str, Any] = {
        "select": arguments.select,
        "ignore": arguments.ignore,
        "train_size": arguments.train_size,
        "metric": arguments.metric,
        "preview": arguments.preview,
        "settings": settings,
    }
    if arguments.data is None:
        return examination(**judging)
    from diagnostics.run_and_data import examination_with_data

    reading = {name: getattr(arguments, name) for name in ("dev", "data_format", "columns")}
    return examination_with_data(arguments.data, **reading, **judging)


def _complain(unread: Sequence[Unread]) -> None:
    """Say on standard error what could not be judged."""
    console = make_console(stderr=True)
    for each in unread:
        console.print(safe_text(f"Error: {each.path}: {each.message}"))
