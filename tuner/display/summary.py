"""The end of a study: the answer in one panel, then what lies behind it, then what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from diagnostics.command_lines import command_lines
from tuner.display.answer import answer_panel
from tuner.display.bars import share_bar
from tuner.display.canvas import Canvas
from tuner.display.plan import bullets, section
from tuner.display.scatter import score_picture
from tuner.display.settings import setting_label
from tuner.display.text import clean, count, duration, percent, safe_text, score
from tuner.display.trial_table import trial_table
from tuner.study_view import PrunerAudit, StudySummary, TrialRow
from tuner.trial import Scores, TypeScores

__all__ = ["command_text", "commands_view", "importance_view", "summary_view", "type_table"]

MOST_TRIALS = 15
MOST_TYPES = 15


def summary_view(
    summary: StudySummary, canvas: Canvas, *, most_trials: int | None = MOST_TRIALS
) -> RenderableType:
    """Return the whole report of a study.

    Args:
        summary: The study's end.
        canvas: The room to draw in.
        most_trials: Most lines of the table of trials; None shows all.
    """
    best_key = best_row_key(summary)
    parts: list[RenderableType] = []
    if summary.rows:
        parts += [
            section("Trials", canvas),
            trial_table(summary.rows, best_key, canvas, limit=most_trials),
            Text(),
        ]
    parts += [answer_panel(summary, canvas), Text()]
    parts += _details(summary, best_key, canvas)
    if summary.warnings:
        parts += [bullets(summary.warnings, canvas.symbols.warning, "bold yellow"), Text()]
    if summary.next_commands:
        parts += [section("Next", canvas), commands_view(summary.next_commands, canvas), Text()]
    return Group(*parts)


def best_row_key(summary: StudySummary) -> str | None:
    """Return the key of the winner's row, or None without a winner."""
    if summary.winner is None:
        return None
    number = summary.winner.number
    keys = [row.key for row in summary.rows if row.number == number and "-seed-" not in row.key]
    return keys[0] if keys else None


def _details(summary: StudySummary, best_key: str | None, canvas: Canvas) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if summary.winner is not None and summary.winner.scores.per_type:
        parts += [
            section("Entity types", canvas),
            type_table(summary.winner.scores, summary.test, canvas),
            Text(),
        ]
    picture = score_picture(_searched(summary), best_key, canvas)
    if picture is not None:
        parts += [section("Dev F1 by learning rate", canvas), picture, Text()]
    if summary.importances:
        parts += [
            section("What mattered", canvas),
            importance_view(summary.importances, canvas),
            Text(),
        ]
    return [*parts, _account(summary, canvas), Text()]


def _searched(summary: StudySummary) -> list[TrialRow]:
    return [row for row in summary.rows if "-seed-" not in row.key]


def type_table(dev: Scores, test: Scores | None, canvas: Canvas) -> Table:
    """Return precision, recall and F1 per entity type, the frequent ones first."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Type", overflow="ellipsis", no_wrap=True, max_width=canvas.width // 3)
    for name in ("Precision", "Recall", "Dev F1", "Entities"):
        table.add_column(name, justify="right", no_wrap=True)
    if test is not None:
        table.add_column("Test F1", justify="right", no_wrap=True)
        table.add_column("Entities", justify="right", no_wrap=True)
    types = sorted(dev.per_type.items(), key=lambda item: (-item[1].support, item[0]))
    for name, scores in types[:MOST_TYPES]:
        table.add_row(safe_text(name), *_type_cells(scores, test, name))
    if len(types) > MOST_TYPES:
        rest = count(len(types) - MOST_TYPES, "rarer type")
        table.add_row(Text(f"{canvas.symbols.ellipsis} {rest}", style="dim"))
    return table


def _type_cells(scores: TypeScores, test: Scores | None, name: str) -> list[str]:
    values = (scores.precision, scores.recall, scores.f1)
    cells = [*(score(value) for value in values), f"{scores.support:,}"]
    if test is None:
        return cells
    tested = test.per_type.get(name)
    return [*cells, *(("-", "-") if tested is None else (score(tested.f1), f"{tested.support:,}"))]


def importance_view(importances: Mapping[str, float], canvas: Canvas) -> Table:
    """Return each hyperparameter's share in the variation of the score, as bars."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    width = min(canvas.width - 30, 50)
    for name, share in sorted(importances.items(), key=lambda item: -item[1]):
        bar = share_bar(share, width, canvas.symbols, "cyan")
        table.add_row(safe_text(setting_label(name)), percent(share), bar)
    return table


def commands_view(commands: Sequence[tuple[str, str]], canvas: Canvas) -> RenderableType:
    """Return commands to copy, each on lines of its own below what it does."""
    lines: list[RenderableType] = []
    for command, purpose in commands:
        lines += [safe_text(f"# {purpose}", "dim"), command_text(command, canvas)]
    return Group(*lines)


def command_text(command: str, canvas: Canvas) -> Text:
    """Return a command to copy, where it is too long for a line on several that a shell joins.

    A word without a place to break it is left to the terminal, if the console does not crop.
    """
    rows = command_lines(clean(command), canvas.width)
    text = safe_text("\n".join(rows), "cyan", keep_newlines=True)
    text.no_wrap, text.overflow = True, "ignore"
    return text


def _account(summary: StudySummary, canvas: Canvas) -> Text:
    """Return what was spent, and what pruning did and might have cost."""
    parts = [f"{count(len(summary.rows), 'training')} in {duration(summary.elapsed)}"]
    audit: PrunerAudit = summary.audit
    if audit.pruned:
        saved = count(audit.epochs_saved, "epoch")
        parts.append(f"{audit.pruned} stopped early, {saved} saved")
    if summary.quote is not None:
        parts.append(summary.quote.sentence)
    text = Text(f" {canvas.symbols.separator} ".join(parts))
    if audit.verdict:
        text.append("\n").append_text(safe_text(audit.verdict))
    return text
