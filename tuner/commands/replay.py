"""Ask the sampler again, in the order of a study, whether it suggests the same trials.

Nothing is trained and nothing is changed. Several processes that share a study ask while the others
go on; what each knew is in the study's folder and in the database.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from tuner.commands import _options
from tuner.display.canvas import make_console
from tuner.display.text import count, safe_text
from tuner.trial import TrialSpec
from tuner.values import to_plain

EXAMPLES = """\
examples:
  tuner replay my-study                                   from its folder
  tuner replay my-study --storage postgresql://me@db/lab  from the database alone
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `tuner replay`."""
    parser.usage = "tuner replay STUDY [OPTIONS]"
    parser.epilog = EXAMPLES
    parser.add_argument("study", metavar="STUDY", help="name or folder of a study")
    parser.add_argument(
        "--storage",
        metavar="URL",
        help="read a study of several processes from their database, not from a folder",
    )
    _options.add_runs_dir(parser)


def run(arguments: argparse.Namespace) -> int:
    """Say whether every suggestion came out the same; return 0, or 1 when one did not."""
    from tuner.search.replay import replay, replay_shared

    if arguments.storage is None:
        again = replay(arguments.study, arguments.runs_dir)
    else:
        again = replay_shared(Path(arguments.study).name, arguments.storage)
    console = make_console()
    if again.number is None:
        _say(console, f"{count(again.asked, 'suggestion')} asked for again: all came out the same.")
        return 0
    same = count(again.asked - 1, "suggestion")
    _say(console, f"Trial {again.number} came out differently, after {same} that did not:")
    for name, before, now in _differences(again.recorded, again.suggested):
        _say(console, f"  {name}: {before} in the study, {now} now")
    if again.suggested is None:
        _say(console, "  the sampler has nothing left to suggest")
    _say(console, "Was it made with another version of Optuna, or with other options?")
    return 1


def _say(console: Console, line: str) -> None:
    console.print(safe_text(line), soft_wrap=True)


def _differences(
    recorded: TrialSpec | None, suggested: TrialSpec | None
) -> list[tuple[str, object, object]]:
    if recorded is None or suggested is None:
        return []
    before, now = to_plain(recorded), to_plain(suggested)
    return [(name, before[name], now[name]) for name in before if before[name] != now[name]]
