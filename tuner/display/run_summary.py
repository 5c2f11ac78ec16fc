"""The end of a single training: its result in one panel, warnings and the next commands."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tuner.display.answer import WIDEST_PANEL
from tuner.display.canvas import Canvas
from tuner.display.plan import bullets, section
from tuner.display.summary import commands_view, type_table
from tuner.display.text import safe_text, score
from tuner.display.trial_table import STATE_STYLES
from tuner.train_view import TrainResult
from tuner.trial import Scores, TrialState

__all__ = ["result_view"]

TITLES = {
    TrialState.FINISHED: "Trained",
    TrialState.INTERRUPTED: "Interrupted",
    TrialState.FAILED: "Failed",
    TrialState.INFEASIBLE: "Does not fit into memory",
}


def result_view(result: TrainResult, canvas: Canvas) -> RenderableType:
    """Return the report of a training."""
    title = Text.assemble(f" {TITLES.get(result.state, 'Ended')}: ", safe_text(result.name), " ")
    title.truncate(canvas.width - 8, overflow="ellipsis")
    panel = Panel(
        _body(result, canvas),
        title=title,
        title_align="left",
        box=box.ROUNDED,
        border_style=STATE_STYLES[result.state],
        padding=(1, 2),
        width=min(canvas.width, WIDEST_PANEL),
    )
    parts: list[RenderableType] = [Text(), panel, Text()]
    if result.dev is not None and result.dev.per_type:
        parts += [section("Entity types", canvas), type_table(result.dev, result.test, canvas)]
        parts.append(Text())
    if result.warnings:
        parts += [bullets(result.warnings, canvas.symbols.warning, "bold yellow"), Text()]
    if result.next_commands:
        parts += [section("Next", canvas), commands_view(result.next_commands, canvas), Text()]
    return Group(*parts)


def _told(result: TrainResult) -> str:
    """Return how many epochs were reported, or the counts of a trunk."""
    told = [report.epoch for report in result.reports]
    gaps = told != list(range(1, len(told) + 1))
    return ", ".join(map(str, told)) if gaps else str(len(told))


def _body(result: TrainResult, canvas: Canvas) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    if result.reason:
        table.add_row("Reason", safe_text(result.reason))
    if result.best_epoch is not None:
        best = Text.assemble((str(result.best_epoch), "bold"), f" of {_told(result)}")
        table.add_row("Best epoch", best)
    for name, scores in (("Dev F1", result.dev), ("Test F1", result.test)):
        if scores is not None:
            table.add_row(name, _scores(scores, canvas))
    folder = result.best_directory
    table.add_row("Model" if folder else "Folder", safe_text(folder or result.directory, "bold"))
    return table


def _scores(scores: Scores, canvas: Canvas) -> Text:
    separator = f" {canvas.symbols.separator} "
    rest = (("precision", scores.precision), ("recall", scores.recall))
    words = separator.join(f"{name} {score(value)}" for name, value in rest)
    return Text.assemble((score(scores.f1), "bold"), f"   {words}")
