"""The table of trials, cut so that it never exceeds the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from tuner.display.bars import progress_bar
from tuner.display.canvas import Canvas
from tuner.display.settings import LABELS, differing, setting_value
from tuner.display.text import duration, safe_text, score
from tuner.study_view import TrialRow
from tuner.trial import TrialState

__all__ = ["STATE_STYLES", "Gap", "choose_rows", "trial_label", "trial_table"]

STATE_STYLES = {
    TrialState.RUNNING: "cyan",
    TrialState.FINISHED: "green",
    TrialState.PRUNED: "yellow",
    TrialState.FAILED: "red",
    TrialState.INFEASIBLE: "magenta",
    TrialState.INTERRUPTED: "yellow",
}
BEST_SHOWN = 3
BAR_WIDTH = 8
NOTE_FROM = 100  # narrower tables have no room for remarks
REMARK_WIDTH = 27  # cells that remarks need to be worth their column
FIXED_WIDTH = 64  # cells of the columns that are always there, without the trial's number
FURTHER_WIDTH = 11  # cells of a further hyperparameter
SHORT_LABELS = {
    "warmup_ratio": "Warm-up",
    "weight_decay": "Decay",
    "schedule": "Schedule",
    "dropout": "Dropout",
    "label_smoothing": "Smoothing",
    "frozen_layers": "Frozen",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Rows left out of the table at this place."""

    count: int


def trial_label(row: TrialRow) -> str:
    """Return what a person calls a training: `7`, or `7 seed 43` for a contender's re-run."""
    is_rerun = "-seed-" in row.key
    return f"{row.number} seed {row.spec.seed}" if is_rerun else str(row.number)


def choose_rows(rows: Sequence[TrialRow], best_key: str | None, limit: int) -> list[TrialRow | Gap]:
    """Return at most `limit` lines: the running rows, the best few and the last ones.

    Rows keep their order; where some are left out stands a `Gap`, which counts as a line.
    """
    if len(rows) <= limit:
        return list(rows)
    wanted = _by_importance(rows, best_key)
    for size in range(min(limit, len(wanted)), -1, -1):
        lines = _with_gaps(rows, set(wanted[:size]))
        if len(lines) <= limit:
            return lines
    return []


def _by_importance(rows: Sequence[TrialRow], best_key: str | None) -> list[int]:
    """Return the places of all rows, those that must be seen first."""
    places = range(len(rows))
    by_score = sorted(
        (place for place in places if rows[place].score is not None),
        key=lambda place: (rows[place].key != best_key, -(rows[place].score or 0.0)),
    )
    running = [place for place in places if rows[place].state is TrialState.RUNNING]
    best = [place for place in by_score if rows[place].state is TrialState.FINISHED][:BEST_SHOWN]
    return list(dict.fromkeys([*best[:1], *reversed(running), *best, *reversed(places)]))


def _with_gaps(rows: Sequence[TrialRow], shown: set[int]) -> list[TrialRow | Gap]:
    lines: list[TrialRow | Gap] = []
    hidden = 0
    for place, row in enumerate(rows):
        if place in shown:
            lines += [Gap(count=hidden)] if hidden else []
            lines.append(row)
            hidden = 0
        else:
            hidden += 1
    return lines + ([Gap(count=hidden)] if hidden else [])


def trial_table(
    rows: Sequence[TrialRow],
    best_key: str | None,
    canvas: Canvas,
    *,
    limit: int | None = None,
    since: float = 0.0,
    frame: int = 0,
) -> Table:
    """Return the table of trainings.

    Args:
        rows: All trainings in order of their start.
        best_key: Key of the best one, which is marked with a sign.
        canvas: The room to draw in; wide ones also show the other hyperparameters and remarks.
        limit: Most lines below the heading; None shows every row.
        since: Seconds since `rows` were taken, which running trainings have gone on for.
        frame: Counts the redraws of a live table, so that its running rows show life.
    """
    columns = _further_columns(rows, canvas)
    table = _empty_table(columns, canvas)
    for line in choose_rows(rows, best_key, len(rows) if limit is None else limit):
        if isinstance(line, Gap):
            table.add_row("", canvas.symbols.gap, Text(f"{line.count} more", style="dim"))
        else:
            sign = _sign(line, best_key, canvas, frame)
            table.add_row(sign, *_cells(line, line.key == best_key, canvas, columns, since))
    return table


def _empty_table(columns: Sequence[str], canvas: Canvas) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", width=1)
    for heading in ("Trial", "Learning rate", "Batch", *(SHORT_LABELS[name] for name in columns)):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Epochs", no_wrap=True)
    table.add_column("Dev F1", justify="right", no_wrap=True)
    table.add_column("Time", justify="right", no_wrap=True)
    table.add_column("State", no_wrap=True)
    if canvas.width >= NOTE_FROM:
        table.add_column("Remark", no_wrap=True, overflow="ellipsis", ratio=1)
    return table


def _further_columns(rows: Sequence[TrialRow], canvas: Canvas) -> list[str]:
    """Return the other searched hyperparameters that there is room for."""
    taken = FIXED_WIDTH + max(len("Trial"), *(len(trial_label(row)) for row in rows), 0)
    taken += REMARK_WIDTH if canvas.width >= NOTE_FROM else 0
    room = max(0, (canvas.width - taken) // FURTHER_WIDTH)
    names = [name for name in differing(row.spec for row in rows) if name in LABELS]
    return names[:room]


def _sign(row: TrialRow, best_key: str | None, canvas: Canvas, frame: int) -> Text:
    if row.key == best_key:
        return Text(canvas.symbols.best, style="bold yellow")
    spinner = canvas.symbols.spinner
    is_running = row.state is TrialState.RUNNING
    return Text(spinner[frame % len(spinner)] if is_running else "", style="cyan")


def _cells(
    row: TrialRow, is_best: bool, canvas: Canvas, columns: Sequence[str], since: float
) -> list[Text]:
    style = "bold" if is_best else ""
    seconds = row.seconds + (since if row.state is TrialState.RUNNING else 0.0)
    settings = ("learning_rate", "batch_size", *columns)
    cells = [
        safe_text(trial_label(row), style),
        *(safe_text(setting_value(name, getattr(row.spec, name)), style) for name in settings),
        _epochs(row, canvas),
        safe_text(score(row.score), style),
        safe_text(duration(seconds), style),
        safe_text(row.state.value, STATE_STYLES[row.state]),
    ]
    return [*cells, safe_text(_remark(row), "dim")] if canvas.width >= NOTE_FROM else cells


def _remark(row: TrialRow) -> str:
    """Return the note without the state that stands beside it already."""
    return row.note.removeprefix(f"{row.state.value}: ")


def _epochs(row: TrialRow, canvas: Canvas) -> Text:
    style = STATE_STYLES[row.state]
    bar = progress_bar(row.epoch, row.spec.epochs, BAR_WIDTH, canvas.symbols, style)
    return Text.assemble(bar, f" {row.epoch}/{row.spec.epochs}")
