"""The answer of a study in one panel: the settings to use, and how sure they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tuner.display.canvas import Canvas
from tuner.display.settings import further_settings
from tuner.display.symbols import Symbols
from tuner.display.text import count, duration, learning_rate, safe_text, score, signed_score
from tuner.study_view import Gain, StudySummary, TrialRow, Winner
from tuner.trial import Scores, TrialState
from tuner.trunk import is_trunk, plan_of

__all__ = ["answer_panel", "interval_text"]

TITLES = {
    "finished": "Answer",
    "interrupted": "Best so far (interrupted)",
    "no-result": "No result",
}
STYLES = {"finished": "green", "interrupted": "yellow", "no-result": "red"}
WIDEST_PANEL = 100


def answer_panel(summary: StudySummary, canvas: Canvas) -> Panel:
    """Return the one panel that answers what the study was run for."""
    title = Text.assemble(f" {TITLES[summary.status]}: ", safe_text(summary.name), " ")
    title.truncate(canvas.width - 8, overflow="ellipsis")
    body = _no_winner(summary) if summary.winner is None else _answer(summary, canvas.symbols)
    return Panel(
        body,
        title=title,
        title_align="left",
        box=box.ROUNDED,
        border_style=STYLES[summary.status],
        padding=(1, 2),
        width=min(canvas.width, WIDEST_PANEL),
    )


def interval_text(interval: tuple[float, float] | None) -> str:
    """Return a 95 % interval in words, or nothing when there is none."""
    if interval is None:
        return ""
    return f"95 % interval {score(interval[0])} to {score(interval[1])}"


def _answer(summary: StudySummary, symbols: Symbols) -> RenderableType:
    winner = summary.winner
    assert winner is not None
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    spec = winner.spec
    table.add_row("Learning rate", safe_text(learning_rate(spec.learning_rate, 4), "bold"))
    table.add_row("Batch size", safe_text(spec.batch_size, "bold"))
    table.add_row("Epochs", _epochs(winner, summary.rows))
    further = f" {symbols.separator} ".join(f"{name} {v}" for name, v in further_settings(spec))
    table.add_row("Further", safe_text(further))
    table.add_row()
    table.add_row("Dev F1", _development(winner, symbols))
    if summary.test is not None:
        table.add_row("Test F1", _test(summary.test, symbols))
    table.add_row("Gain", _gain(summary.gain, winner, symbols))
    if summary.best_directory is not None:
        table.add_row()
        table.add_row("Model", safe_text(summary.best_directory, "bold"))
    return table


def _epochs(winner: Winner, rows: Sequence[TrialRow]) -> Text:
    text = Text(str(winner.spec.epochs), style="bold")
    if is_trunk(winner.spec):
        return Text.assemble(text, f" ({_branch(winner, rows)})")
    if winner.best_epoch == winner.spec.epochs:
        return Text.assemble(text, " (the model of the last one was kept)")
    return Text.assemble(text, f" (the model of epoch {winner.best_epoch} was kept)")


def _branch(winner: Winner, rows: Sequence[TrialRow]) -> str:
    """Say which branches there were; the winner's settings are those of the best alone."""
    own = (row for row in rows if row.number == winner.number and row.origin != "confirm")
    counts = plan_of(next((row.spec for row in own), winner.spec)).counts
    if len(counts) == 1:
        return "the only count of its trunk"
    return f"the best of the trunk's counts: {', '.join(map(str, counts))}"


def _development(winner: Winner, symbols: Symbols) -> Text:
    lines = [Text.assemble((score(winner.scores.f1), "bold"))]
    interval = interval_text(winner.interval)
    if interval:
        lines[0].append(f"   {interval}")
    if len(winner.seeds) > 1:
        spread = "" if winner.spread is None else f" {symbols.plus_minus} {score(winner.spread)}"
        seeds = count(len(winner.seeds), "seed")
        lines.append(Text(f"{score(winner.mean)}{spread} over {seeds}: {_seeds(winner)}"))
        if winner.fresh_mean is not None:
            fresh = f"{score(winner.fresh_mean)} on the seeds that took no part in the choice"
            lines.append(Text(fresh))
    else:
        lines.append(Text("one seed: its luck is part of this score"))
    return Text("\n").join(lines)


def _seeds(winner: Winner) -> str:
    pairs = zip(winner.seeds, winner.seed_scores, strict=False)
    return ", ".join(f"{score(value)} ({seed})" for seed, value in pairs)


def _test(scores: Scores, symbols: Symbols) -> Text:
    return Text.assemble(
        (score(scores.f1), "bold"),
        f"   precision {score(scores.precision)} {symbols.separator} recall {score(scores.recall)}",
    )


def _gain(gain: Gain | None, winner: Winner, symbols: Symbols) -> Text:
    """Return what tuning gained over the recipe, and whether that is more than chance."""
    if gain is None:
        recipe_won = "none: the recipe (trial 0) is the best"
        return Text(
            recipe_won if winner.number == 0 else "unknown: the recipe (trial 0) has no score"
        )
    text = Text.assemble(
        (signed_score(gain.difference), "bold"),
        f" F1 over the recipe ({score(gain.recipe_mean)} {symbols.arrow} ",
        f"{score(gain.winner_mean)})",
    )
    if gain.interval is None:
        return text
    low, high = gain.interval
    text.append(f"\n95 % interval {signed_score(low)} to {signed_score(high)}")
    if low <= 0 <= high:
        text.append(": holds 0, may be chance", style="yellow")
    elif low > 0:
        text.append(": more than chance", style="green")
    return text


def _no_winner(summary: StudySummary) -> RenderableType:
    """Return why there is no answer, the most frequent reasons first."""
    if not summary.rows:
        return Text("No training was started.")
    spent = f"{count(len(summary.rows), 'training')} in {duration(summary.elapsed)}"
    lines = [Text(f"No training came to an end that can be used: {spent}.")]
    ended = [row for row in summary.rows if row.state is not TrialState.RUNNING]
    reasons = Counter(
        (row.state.value, row.note.removeprefix(f"{row.state.value}: ")) for row in ended
    )
    for (state, note), number in reasons.most_common(5):
        text = Text.assemble(f"{number} x ", (state, "bold"))
        lines.append(text.append_text(safe_text(f": {note}" if note else "")))
    return Text("\n").join(lines)
