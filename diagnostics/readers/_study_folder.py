"""Which run of a study is judged: the winner, or whichever tells most about why there is none."""

from __future__ import annotations

import math
from pathlib import Path

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import folders_among
from diagnostics.readers._documents import mapping, optional_mapping, read_lines
from diagnostics.readers._vocabulary import figure

__all__ = ["judged_run", "run_folders"]


def run_folders(study: Path) -> list[Path]:
    """Return the folders of a study's trials, in their order; empty when it is no study."""
    trials = study / "trials"
    return [trials / name for name in sorted(folders_among(trials))]


def judged_run(study: Path) -> tuple[Path, str]:
    """Return the run to judge, and a sentence that says which it is and why.

    Raises:
        DiagnosticsError: The study has no trials.
    """
    runs = run_folders(study)
    if not runs:
        raise DiagnosticsError(f"The study in `{study}` has no trials.")
    several = f"{len(runs)} trials" if len(runs) != 1 else "1 trial"
    winner = _winner(study, runs)
    if winner is not None:
        return winner, f"Judged is trial {winner.name}, the winner of {several}."
    scored = [(score, run) for run in runs if (score := _score(run)) is not None]
    if scored:
        # max() keeps the first of equals: the recipe before later trials.
        best = max(scored, key=lambda item: item[0])[1]
        return best, f"Judged is trial {best.name}, the best of {several} so far."
    longest = max(runs, key=_length)
    return longest, f"No trial has a score; judged is trial {longest.name} of {several}."


def _winner(study: Path, runs: list[Path]) -> Path | None:
    number = mapping(optional_mapping(study / "summary.json").get("winner")).get("number")
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    named = f"{number:04d}"
    return next((run for run in runs if run.name == named), None)


def _score(run: Path) -> float | None:
    """Return the score of a finished run; NaN is none."""
    score = figure(optional_mapping(run / "result.json").get("score"))
    return None if score is None or math.isnan(score) else score


def _length(run: Path) -> int:
    try:
        return len(read_lines(run / "history.jsonl")[0])
    except DiagnosticsError:
        return -1
