"""Export all trials of a study as CSV or JSON: settings, states, scores per epoch."""

from __future__ import annotations

import argparse
from pathlib import Path

from tuner.commands import _options
from tuner.commands._export_tables import epoch_rows, json_text, trial_rows, write_csv
from tuner.display.canvas import make_console
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
        make_console().file.write(text)
    else:
        _write(output, text)
    return 0


def _csv(record: StudyRecord, *, per_epoch: bool) -> str:
    return write_csv(epoch_rows(record) if per_epoch else trial_rows(record))


def _write(path: Path, text: str) -> None:
    """Write the whole file or leave what was there before.

    Raises:
        UsageError: It cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(
            f"`{path}` cannot be written: {error.strerror or error}.",
            "Choose another file with --output.",
        ) from error
