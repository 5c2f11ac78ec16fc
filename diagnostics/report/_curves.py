"""The curves of a run as rows of text, with the best epoch marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from diagnostics import series
from diagnostics.report import _chart
from diagnostics.report._text import clean, shown
from diagnostics.subjects.run_history import RunHistory

__all__ = ["Curve", "best_mark", "curve_rows", "curves"]

_LABEL_CELLS = 11
_LONGEST_LABEL = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One series of a run.

    Attributes:
        label: What it is, harmless.
        values: One per evaluated point; None where the run logged none.
    """

    label: str
    values: tuple[float | None, ...]

    @property
    def ends(self) -> str:
        """First and last value, as `0.52 → 0.71`."""
        known = [value for value in self.values if value is not None]
        if len(known) == 1:
            return shown(float(known[0]))
        return f"{shown(float(known[0]))} → {shown(float(known[-1]))}"


def curves(run: RunHistory) -> list[Curve]:
    """Return training loss, evaluation loss and the monitored score, as far as they were logged."""
    found = [
        Curve(label="train loss", values=tuple(point.train_loss for point in run.epochs)),
        Curve(label="eval loss", values=tuple(point.eval_loss for point in run.epochs)),
    ]
    monitored = run.monitor if run.monitor != "loss" else None
    if monitored is not None:
        label = clean(series.score_label(run))[:_LONGEST_LABEL]
        values = tuple(point.metrics.get(monitored) for point in run.epochs)
        found.append(Curve(label=label, values=values))
    return [curve for curve in found if any(value is not None for value in curve.values)]


def curve_rows(run: RunHistory, *, columns: int, plain: bool = False) -> list[str]:
    """Return a row per curve, and one that marks the best epoch.

    Args:
        run: Any history.
        columns: Most points to draw per curve; longer ones are condensed.
        plain: Use ASCII signs only.
    """
    blocks = _chart.PLAIN_BLOCKS if plain else _chart.BLOCKS
    rows = []
    for curve in curves(run):
        spark = _chart.sparkline(_chart.condensed(curve.values, columns), blocks)
        rows.append(f"{curve.label:<{_LABEL_CELLS}} {spark}  {curve.ends}")
    mark = best_mark(run)
    if mark and rows:
        place = " " * _best_column(run, columns)
        rows.append(f"{'':<{_LABEL_CELLS}} {place}★ {mark}")
    return rows


def best_mark(run: RunHistory) -> str:
    """Return `best F1 0.71 at epoch 3`; empty where no epoch is any good."""
    best = series.best_point(run)
    if best is None or not (best.value or not run.higher_is_better):
        return ""
    label = f"best {series.score_label(run)} {best.value:.4g} at epoch {round(best.epoch, 2):g}"
    return clean(label)


def _best_column(run: RunHistory, columns: int) -> int:
    best = series.best_point(run)
    marks: Sequence[bool] = [best is not None and p.number == best.epoch for p in run.epochs]
    place = marks.index(True) if True in marks else 0
    return place if len(marks) <= columns else min(columns - 1, place * columns // len(marks))
