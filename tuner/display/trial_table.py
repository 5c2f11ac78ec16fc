"""The table of trials, which never exceeds the screen: narrow ones leave out the least needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from tuner.display.bars import progress_bar
from tuner.display.canvas import Canvas
from tuner.display.settings import differing, setting_value
from tuner.display.text import duration, safe_text, score
from tuner.display.trial_rows import Gap, choose_rows, trial_label
from tuner.study_view import TrialRow
from tuner.trial import TrialState

__all__ = ["STATE_STYLES", "trial_table"]

STATE_STYLES = {
    TrialState.RUNNING: "cyan",
    TrialState.FINISHED: "green",
    TrialState.PRUNED: "yellow",
    TrialState.FAILED: "red",
    TrialState.INFEASIBLE: "magenta",
    TrialState.INTERRUPTED: "yellow",
}
GAP = 2  # cells between two columns
BAR_WIDTH = 8
NARROW_BELOW = 72  # narrower screens do without the time and with short headings
NOTE_FROM = 100  # on narrower screens the other hyperparameters come before remarks
REMARK_WIDTH = 27  # cells that remarks need to be worth their column
FURTHER_HEADINGS = {
    "warmup_ratio": "Warm-up",
    "weight_decay": "Decay",
    "schedule": "Schedule",
    "dropout": "Dropout",
    "label_smoothing": "Smoothing",
    "frozen_layers": "Frozen",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, the text of a row in it, and the side that it is aligned to."""

    heading: str
    cell: Callable[[TrialRow], Text]
    justify: JustifyMethod = "right"
    most: int | None = None

    def width(self, rows: Sequence[TrialRow]) -> int:
        """Return how many cells it takes, the space behind it included."""
        widest = max((self.cell(row).cell_len for row in rows), default=0)
        return max(cell_len(self.heading), widest) + GAP


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
    lines = choose_rows(rows, best_key, len(rows) if limit is None else limit)
    columns = _columns(rows, canvas, best_key, since, frame)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(
            column.heading, justify=column.justify, no_wrap=True, max_width=column.most
        )
    for line in lines:
        if isinstance(line, Gap):
            table.add_row("", canvas.symbols.gap, Text(f"{line.count} more", style="dim"))
        else:
            style = "bold" if line.key == best_key else ""
            table.add_row(*(column.cell(line) for column in columns), style=style)
    return table


def _columns(
    rows: Sequence[TrialRow], canvas: Canvas, best_key: str | None, since: float, frame: int
) -> list[Column]:
    """Return the columns that fit: the other hyperparameters, then remarks, as there is room."""
    is_narrow = canvas.width < NARROW_BELOW
    left = [
        Column("", lambda row: _sign(row, best_key, canvas, frame), "left"),
        Column("Trial", lambda row: safe_text(trial_label(row))),
        _setting("learning_rate", "Rate" if is_narrow else "Learning rate"),
        _setting("batch_size", "Batch"),
    ]
    clock = Column("Time", lambda row: Text(duration(_seconds(row, since))))
    right = [
        Column("Dev F1", lambda row: Text(score(row.score))),
        *([] if is_narrow else [clock]),
        Column("State", _state, "left"),
    ]
    taken = sum(column.width(rows) for column in (*left, *right))
    room = canvas.width + GAP - taken  # there is no gap behind the last column
    epochs = _epochs_column(rows, canvas, room)
    room -= epochs.width(rows)
    reserved = REMARK_WIDTH if canvas.width >= NOTE_FROM else 0
    further = []
    for name in differing(row.spec for row in rows if row.origin != "confirm"):
        column = _setting(name, FURTHER_HEADINGS[name])
        if column.width(rows) <= room - reserved:
            further.append(column)
            room -= column.width(rows)
    columns = [*left, *further, epochs, *right]
    return [*columns, _remarks(room - GAP)] if reserved and room >= reserved else columns


def _setting(name: str, heading: str) -> Column:
    return Column(heading, lambda row: safe_text(setting_value(name, getattr(row.spec, name))))


def _epochs_column(rows: Sequence[TrialRow], canvas: Canvas, room: int) -> Column:
    """Return the progress of each training; the bar shrinks first when there is little room."""
    counts = max((len(f" {row.epoch}/{row.spec.epochs}") for row in rows), default=0)
    width = min(max(room - counts - GAP, 0), BAR_WIDTH)

    def cell(row: TrialRow) -> Text:
        style = STATE_STYLES[row.state]
        bar = progress_bar(
            max(row.epoch, row.trained), row.spec.epochs, width, canvas.symbols, style
        )
        return Text.assemble(bar, f" {row.epoch}/{row.spec.epochs}")

    return Column("Epochs", cell, "left")


def _remarks(room: int) -> Column:
    def cell(row: TrialRow) -> Text:
        """Return the note without the state that stands beside it already."""
        remark = safe_text(row.note.removeprefix(f"{row.state.value}: "), "dim")
        remark.truncate(room, overflow="ellipsis")
        return remark

    return Column("Remark", cell, "left", most=room)


def _state(row: TrialRow) -> Text:
    return Text("loading" if row.loading else row.state.value, STATE_STYLES[row.state])


def _sign(row: TrialRow, best_key: str | None, canvas: Canvas, frame: int) -> Text:
    if row.key == best_key:
        return Text(canvas.symbols.best, style="bold yellow")
    spinner = canvas.symbols.spinner
    is_running = row.state is TrialState.RUNNING
    return Text(spinner[frame % len(spinner)] if is_running else " ", style="cyan")


def _seconds(row: TrialRow, since: float) -> float:
    return row.seconds + (since if row.state is TrialState.RUNNING else 0.0)
