"""Export all trials of a study as CSV or JSON: settings, states, scores per epoch."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tuner.commands import _options
from tuner.commands._export_tables import epoch_rows, json_text, trial_rows, write_csv
from tuner.commands._files import write_file
from tuner.errors import UsageError
from tuner.search.study_record import StudyRecord, load_study

EXAMPLES = """\
examples:
  tuner export my-study > trials.csv
  tuner export my-study --epochs --output epochs.csv
  tuner export my-study --output trials.json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `tuner export`."""
    parser.usage = "tuner export STUDY [OPTIONS]"
    parser.epilog = EXAMPLES
    parser.add_argument("study", metavar="STUDY", help="name or folder of a study")
    parser.add_argument(
        "--format",
        metavar="NAME",
        choices=("csv", "json"),
        help="csv or json (else from the ending of FILE, else csv)",
    )
    parser.add_argument(
        "--epochs", action="store_true", help="CSV with a row per epoch, not per trial"
    )
    parser.add_argument("--output", metavar="FILE", help="write there (else standard output)")
    _options.add_runs_dir(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the trials and return 0."""
    output = None if arguments.output is None else Path(arguments.output)
    kind = arguments.format or ("json" if output and output.suffix == ".json" else "csv")
    if kind == "json" and arguments.epochs:
        raise UsageError(
            "`--epochs` is for CSV, but got --format json.", "JSON holds all epochs as it is."
        )
    record = load_study(arguments.study, arguments.runs_dir)
    text = json_text(record) if kind == "json" else _csv(record, per_epoch=arguments.epochs)
    if output is None:
        _print(text)
    else:
        write_file(output, text)
    return 0


def _print(text: str) -> None:
    """Write to standard output; an incomplete table is an error, not a matter of taste.

    Raises:
        OSError: It could not be written.
    """
    sys.stdout.write(text.encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding))
    sys.stdout.flush()


def _csv(record: StudyRecord, *, per_epoch: bool) -> str:
    return write_csv(epoch_rows(record) if per_epoch else trial_rows(record))
