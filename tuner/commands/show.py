"""Show a finished or running study from its folder: all trials, the answer, one trial.

Without STUDY all studies of the folder are listed. The folder of a `tuner train`
is shown too.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tuner.commands import _options, _values
from tuner.commands._files import write_file
from tuner.display.canvas import Canvas, make_console
from tuner.display.live import progress_view
from tuner.display.picture import svg_picture
from tuner.display.plan import facts_table, section
from tuner.display.run_summary import result_view
from tuner.display.summary import summary_view
from tuner.display.symbols import UNICODE
from tuner.display.text import clean, safe_text, score
from tuner.display.trial import trial_view
from tuner.errors import StudyError, UsageError
from tuner.search.documents import read_json
from tuner.search.folder import StudyFolder
from tuner.search.following import StudyFollower
from tuner.search.record import read_run
from tuner.search.run_record import RunRecord
from tuner.search.study_record import StudyListing, StudyRecord, list_studies, load_study
from tuner.train_view import TrainResult
from tuner.values import from_plain

EXAMPLES = """\
examples:
  tuner show                     all studies in runs/
  tuner show my-study            its trials and its answer
  tuner show my-study --trial 7  one trial, epoch by epoch
"""
ENDLESS = 1_000_000  # lines: what is printed once may be longer than the screen


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `tuner show`."""
    parser.usage = "tuner show [STUDY] [--trial N] [OPTIONS]"
    parser.epilog = EXAMPLES
    parser.add_argument("study", metavar="STUDY", nargs="?", help="name or folder of a study")
    parser.add_argument(
        "--trial",
        metavar="N",
        type=_values.whole_number("--trial", low=0),
        help="show one trial with all its epochs",
    )
    parser.add_argument("--svg", metavar="FILE", help="draw it into a picture instead")
    _options.add_runs_dir(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the study, or draw its picture, and return 0."""
    console = make_console()
    canvas = Canvas.of(console)
    if arguments.svg is None:
        console.print(_view(arguments, canvas), crop=False)
        return 0
    view = _view(arguments, replace(canvas, symbols=UNICODE))
    title = clean(" ".join(["tuner show", *([arguments.study] if arguments.study else [])]))
    write_file(Path(arguments.svg), svg_picture(view, title, canvas.width))
    return 0


def _view(arguments: argparse.Namespace, canvas: Canvas) -> RenderableType:
    if arguments.study is None:
        if arguments.trial is not None:
            raise UsageError("`--trial` needs a study.", "Write e.g. tuner show STUDY --trial 7.")
        return _listing_view(list_studies(arguments.runs_dir), Path(arguments.runs_dir), canvas)
    single = _single_run(Path(arguments.study), Path(arguments.runs_dir))
    if single is not None:
        return single_run_view(single, canvas)
    record = load_study(arguments.study, arguments.runs_dir)
    if arguments.trial is not None:
        return _trial_views(record, arguments.trial, canvas)
    return study_view(record, canvas)


def study_view(record: StudyRecord, canvas: Canvas) -> RenderableType:
    """Return a study: its facts, then its report, or how it stands while there is none."""
    facts: list[RenderableType] = [
        section(f"Study {record.name}", canvas),
        facts_table(
            [
                ("Folder", str(record.directory)),
                ("Data", record.spec.data_source),
                ("Model", record.spec.model.name),
                ("Begun", record.created.replace("T", " ")),
                ("State", _state(record)),
            ]
        ),
        Text(),
    ]
    if record.summary is None or record.is_running:
        endless = replace(canvas, height=ENDLESS)
        sight = StudyFollower(record.directory).look()
        return Group(*facts, progress_view(sight.snapshot, sight.note, endless))
    return Group(*facts, summary_view(record.summary, canvas, most_trials=None))


def _single_run(name: Path, runs_dir: Path) -> RunRecord | None:
    """Return the training of `tuner train` in a folder, or None when it is something else."""
    for folder in (name, runs_dir / name):
        if (folder / "config.json").is_file() and not StudyFolder(folder).description.exists():
            return read_run(folder)
    return None


def single_run_view(run_record: RunRecord, canvas: Canvas) -> RenderableType:
    """Return a training of `tuner train`: its epochs, and its result once it has ended."""
    title = f"Training {run_record.directory.name}"
    epochs = trial_view(
        run_record.row(), run_record.reports, run_record.events, canvas, title=title
    )
    data = read_json(run_record.directory / "summary.json")
    if data is None:
        return epochs
    try:
        result = from_plain(TrainResult, data)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise StudyError(
            f"`{run_record.directory / 'summary.json'}` cannot be read: {error!r}.",
            "Delete the file: the epochs are shown without it.",
        ) from error
    return Group(epochs, result_view(result, canvas))


def _state(record: StudyRecord) -> str:
    if record.is_running:
        return "running; `tuner watch` follows it"
    if record.summary is None:
        return "cut off; the same search command goes on with it"
    return record.summary.status


def _trial_views(record: StudyRecord, number: int, canvas: Canvas) -> RenderableType:
    """Return a trial and the re-runs of it with other seeds."""
    runs = [run for run in record.runs if run.number == number]
    if not runs:
        known = sorted({run.number for run in record.runs})
        span = f"{known[0]} to {known[-1]}" if known else "none"
        raise UsageError(
            f"The study `{record.name}` has no trial {number}.", f"Trials so far: {span}."
        )
    parts: list[RenderableType] = []
    for run_record in runs:
        parts += [_run_view(run_record, canvas), Text()]
    return Group(*parts)


def _run_view(run_record: RunRecord, canvas: Canvas) -> RenderableType:
    return trial_view(run_record.row(), run_record.reports, run_record.events, canvas)


def _listing_view(
    listings: Sequence[StudyListing], runs_dir: Path, canvas: Canvas
) -> RenderableType:
    if not listings:
        nothing = f"There is no study in {runs_dir} yet."
        return Group(safe_text(nothing), Text("`tuner search --demo` makes one in minutes."))
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("Study", "Model", "Data"):
        table.add_column(heading, overflow="ellipsis", no_wrap=True, max_width=canvas.width // 4)
    table.add_column("Trials", justify="right", no_wrap=True)
    table.add_column("Dev F1", justify="right", no_wrap=True)
    table.add_column("State", no_wrap=True)
    for listing in listings:
        table.add_row(
            safe_text(listing.name, "bold"),
            safe_text(_short_model(listing.model)),
            safe_text(listing.data),
            Text(f"{listing.ended}/{listing.trials}"),
            Text(score(listing.score)),
            safe_text(listing.status),
        )
    return table


def _short_model(name: str) -> str:
    """Return what tells a model from others: its folder's name, unless that is a common one."""
    path = Path(name)
    return path.parent.name if path.name in ("best", "model") else path.name
