"""One training in detail: its settings, every epoch, its curves and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from diagnostics.subjects.run_history import RunEvent
from tuner.display.canvas import Canvas
from tuner.display.curves import curve_lines, epoch_table
from tuner.display.plan import bullets, facts_table, section, short_settings
from tuner.display.settings import further_settings
from tuner.display.text import duration, plain_number, score
from tuner.display.trial_rows import trial_label
from tuner.study_view import TrialRow
from tuner.trial import EpochReport

__all__ = ["trial_view"]


def trial_view(
    row: TrialRow,
    reports: Sequence[EpochReport],
    events: Sequence[RunEvent],
    canvas: Canvas,
    *,
    title: str | None = None,
) -> RenderableType:
    """Return a training with all its epochs and events, headed by its number or by `title`."""
    parts: list[RenderableType] = [
        section(title or f"Trial {trial_label(row)}", canvas),
        facts_table(
            [
                ("State", row.state.value),
                ("Remark", row.note),
                ("Settings", short_settings(row.spec)),
                ("Further", _further(row)),
                ("Origin", row.origin),
                ("Dev F1", _best(row)),
                ("Time", duration(row.seconds)),
            ]
        ),
    ]
    if reports:
        parts += [Text(), epoch_table(reports, row.best_epoch, canvas)]
    if len(reports) > 1:
        parts += [Text(), curve_lines(reports, canvas)]
    if events:
        parts += [Text(), section("Events", canvas)]
        parts.append(bullets([_event(event) for event in events], canvas.symbols.bullet, "yellow"))
    return Group(*parts)


def _further(row: TrialRow) -> str:
    settings = [*further_settings(row.spec), ("seed", str(row.spec.seed))]
    return ", ".join(f"{name} {value}" for name, value in settings)


def _best(row: TrialRow) -> str:
    return "" if row.score is None else f"{score(row.score)} (epoch {row.best_epoch})"


def _event(event: RunEvent) -> str:
    when = "" if event.epoch is None else f", epoch {plain_number(event.epoch)}"
    return f"{event.kind}{when}: {event.message}"
