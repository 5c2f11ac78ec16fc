"""Watch a study that runs in another terminal: the same live table, from its folder.

It ends when the study has ended. Ctrl-C leaves; the study goes on.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from rich.console import Console, Group

from tuner.commands import _options
from tuner.display.canvas import Canvas, make_console
from tuner.display.choice import StudyDisplay, make_observer
from tuner.display.live import progress_view
from tuner.display.summary import summary_view
from tuner.display.text import count
from tuner.errors import StudyError
from tuner.problems import nearest_name_hint
from tuner.search.following import Sight, StudyFollower, news
from tuner.search.study_record import list_studies, load_study
from tuner.study_view import StudySnapshot, StudySummary
from tuner.trial import TrialState

EXAMPLES = """\
examples:
  tuner watch my-study         until it has ended
  tuner watch my-study --once  how it stands now
"""
EXIT_CODES = {"finished": 0, "no-result": 1}
SECONDS_BETWEEN_LOOKS = 1.0
ENDLESS = 1_000_000  # lines: what is printed once may be longer than the screen


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `tuner watch`."""
    parser.usage = "tuner watch STUDY [OPTIONS]"
    parser.epilog = EXAMPLES
    parser.add_argument("study", metavar="STUDY", help="name or folder of a study")
    parser.add_argument("--once", action="store_true", help="print one picture and end")
    _options.add_runs_dir(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the study until it has ended, and return 0, or 1 when it ended without a result."""
    follower = StudyFollower(_folder(arguments.study, Path(arguments.runs_dir)))
    console = make_console()
    if arguments.once:
        return show_once(follower.look(), console)
    with make_observer("auto", console) as display:
        return follow(follower.look, display)


def _folder(study: str, runs_dir: Path) -> Path:
    """Return the folder of a study that can be read.

    Raises:
        StudyError: There is no such study, or one of its files is broken.
    """
    try:
        return load_study(study, runs_dir).directory
    except StudyError as error:
        names = [listing.name for listing in list_studies(runs_dir)]
        if study in names or not get_close_matches(study, names):
            raise
        raise StudyError(error.message, nearest_name_hint(study, names)) from error


def show_once(sight: Sight, console: Console) -> int:
    """Print how a study stands: its report, or its table and what is going on."""
    canvas = replace(Canvas.of(console), height=ENDLESS)
    if sight.summary is not None:
        console.print(summary_view(sight.summary, canvas, most_trials=None), crop=False)
        return EXIT_CODES[sight.summary.status]
    console.print(Group(progress_view(sight.snapshot, state_note(sight), canvas)))
    return 0


def follow(
    look: Callable[[], Sight],
    display: StudyDisplay,
    sleep: Callable[[float], object] = time.sleep,
) -> int:
    """Show every look at a study until it has ended.

    Args:
        look: Returns how the study stands now.
        display: What shows it.
        sleep: What waits between two looks.
    """
    before: Sight | None = None
    while True:
        sight = look()
        for note in _notes(before, sight):
            display.update(sight.snapshot, note)
        if sight.summary is not None:
            return _finish(sight.summary, display)
        display.tick(sight.snapshot)
        before = sight
        sleep(SECONDS_BETWEEN_LOOKS)


def _finish(summary: StudySummary, display: StudyDisplay) -> int:
    display.finish(summary)
    return EXIT_CODES[summary.status]


def _notes(before: Sight | None, sight: Sight) -> list[str]:
    """Return what happened since the last look, and how the study stands when that is new."""
    if before is None:
        return [] if sight.summary is not None else [state_note(sight)]
    notes = list(news(before.snapshot, sight.snapshot))
    if before.is_running != sight.is_running and sight.summary is None:
        notes.append(state_note(sight))
    return notes


def state_note(sight: Sight) -> str:
    """Say in one line what goes on in a study, or since when nothing does."""
    if sight.is_running:
        return sight.note or f"{_running(sight.snapshot)} now"
    since = ""
    if sight.changed is not None:
        moment = dt.datetime.fromtimestamp(sight.changed).astimezone()
        since = f"; nothing has changed since {moment:%Y-%m-%d %H:%M:%S}"
    return f"No process works on it{since}."


def _running(snapshot: StudySnapshot) -> str:
    running = sum(row.state is TrialState.RUNNING for row in snapshot.rows)
    return count(running, "training") + (" runs" if running == 1 else " run")
