"""The course of a training: a table with one line per epoch, as guides print it, and sparklines."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from tuner.display.bars import sparkline
from tuner.display.canvas import Canvas
from tuner.display.text import score
from tuner.trial import EpochReport

__all__ = ["COLUMNS", "curve_lines", "epoch_cells", "epoch_heading", "epoch_line", "epoch_table"]

COLUMNS = (
    "Epoch",
    "Step",
    "Training Loss",
    "Validation Loss",
    "Precision",
    "Recall",
    "F1",
    "Accuracy",
)
WIDE_FROM = 88  # narrower screens get the headings of the losses in two lines
NARROW_WIDTHS = (5, 6, 10, 10, 9, 8, 8, 8)
WIDE_WIDTHS = (5, 7, 13, 15, 9, 8, 8, 8)


def epoch_cells(report: EpochReport) -> tuple[str, ...]:
    """Return one epoch in the order of `COLUMNS`."""
    scores = report.scores
    losses = (score(report.train_loss), score(scores.loss))
    rates = (scores.precision, scores.recall, scores.f1, scores.accuracy)
    return (str(report.epoch), str(report.step), *losses, *(score(rate) for rate in rates))


def epoch_heading(canvas: Canvas) -> Text:
    """Return the heading above lines of `epoch_line`, with a rule below it."""
    widths = _widths(canvas)
    rows: list[tuple[str, ...]] = [COLUMNS]
    if canvas.width < WIDE_FROM:
        rows = [
            tuple(name.partition(" ")[0] if " " in name else "" for name in COLUMNS),
            tuple(name.partition(" ")[2] or name for name in COLUMNS),
        ]
    lines = [Text(_aligned(row, widths), style="bold") for row in rows]
    rule = canvas.symbols.bar_rest * (sum(widths) + 2 * len(widths) - 2)
    return Text("\n").join([*lines, Text(rule, style="bright_black")])


def epoch_line(report: EpochReport, canvas: Canvas, *, is_best: bool) -> Text:
    """Return one epoch as a line; the best so far is marked with a sign."""
    line = Text(_aligned(epoch_cells(report), _widths(canvas)), style="bold" if is_best else "")
    return line.append(f" {canvas.symbols.best}" if is_best else "", style="bold yellow")


def _widths(canvas: Canvas) -> tuple[int, ...]:
    return WIDE_WIDTHS if canvas.width >= WIDE_FROM else NARROW_WIDTHS


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def epoch_table(reports: Sequence[EpochReport], best_epoch: int | None, canvas: Canvas) -> Text:
    """Return all epochs of a training as a table; the best one is marked with a sign."""
    lines = [epoch_line(report, canvas, is_best=report.epoch == best_epoch) for report in reports]
    return Text("\n").join([epoch_heading(canvas), *lines])


def curve_lines(reports: Sequence[EpochReport], canvas: Canvas) -> Table:
    """Return sparklines of both losses and the F1, with their first and last values."""
    table = Table.grid(padding=(0, 2))
    series: dict[str, list[float | None]] = {
        "training loss": [report.train_loss for report in reports],
        "validation loss": [report.scores.loss for report in reports],
        "dev F1": [report.scores.f1 for report in reports],
    }
    for name, values in series.items():
        ends = f"{score(values[0])} {canvas.symbols.arrow} {score(values[-1])}" if values else ""
        table.add_row(Text(name, style="dim"), Text(sparkline(values, canvas.symbols)), Text(ends))
    return table
