"""The score by learning rate as a picture in text: one sign per batch size."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.text import Text

from tuner.display.canvas import Canvas
from tuner.display.symbols import Symbols
from tuner.display.text import learning_rate
from tuner.study_view import TrialRow
from tuner.trial import TrialState

__all__ = ["score_picture"]

MARGIN = 9  # cells of the scale on the left
WIDEST = 96
HEIGHT = 12
LETTERS = "GHIJKLMNPQRSTUVWXYZ"
BEST_STYLE = "bold yellow"
BATCH_STYLES = ("cyan", "magenta", "green", "blue", "red")

Sign = tuple[str, str]  # a letter and its style


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The window of the picture: its cells and what they stand for.

    Attributes:
        width: Columns.
        height: Lines.
        left: Logarithm (base 10) of the learning rate at the first column.
        right: The same at the last column.
        bottom: Score of the last line; lower ones are drawn there too.
        top: Score of the first line.
        labels: Line to its label on the scale.
    """

    width: int
    height: int
    left: float
    right: float
    bottom: float
    top: float
    labels: Mapping[int, str] = field(default_factory=dict)

    def column(self, rate: float) -> int:
        """Return the column of a learning rate."""
        share = (math.log10(rate) - self.left) / (self.right - self.left)
        return min(max(round(share * (self.width - 1)), 0), self.width - 1)

    def line(self, score: float) -> int:
        """Return the line of a score, 0 at the top."""
        share = (self.top - score) / (self.top - self.bottom)
        return min(max(round(share * (self.height - 1)), 0), self.height - 1)


def score_picture(rows: Sequence[TrialRow], best_key: str | None, canvas: Canvas) -> Text | None:
    """Return dev F1 against the log of the learning rate, or None with under two different scores.

    Filled signs are finished trainings, hollow ones were stopped early; the best has a star. When
    a few scores lie far below the rest, the scale is cut there and says so.
    """
    points = [row for row in rows if _is_point(row)]
    if len({_score(row) for row in points}) < 2:
        return None
    frame = _frame(points, canvas)
    signs = _signs(points, canvas.symbols)
    grid: dict[tuple[int, int], Sign] = {}
    for row in sorted(points, key=lambda row: (row.key == best_key, _rank(row))):
        is_best = row.key == best_key
        sign = (canvas.symbols.best, BEST_STYLE) if is_best else _sign(row, signs)
        grid[frame.line(_score(row)), frame.column(row.spec.learning_rate)] = sign
    body = [_line(line, grid, frame, canvas.symbols) for line in range(frame.height)]
    legend = _legend(signs, points, best_key, canvas.symbols)
    return Text("\n").join([*body, *_bottom(frame, canvas.symbols), legend])


def _is_point(row: TrialRow) -> bool:
    rate = row.spec.learning_rate
    return row.score is not None and math.isfinite(row.score) and 0 < rate < math.inf


def _score(row: TrialRow) -> float:
    return row.score or 0.0


def _rank(row: TrialRow) -> tuple[bool, float]:
    """Order of drawing: what is drawn later lies on top."""
    return row.state is TrialState.FINISHED, _score(row)


def _frame(points: Sequence[TrialRow], canvas: Canvas) -> Frame:
    rates = [math.log10(row.spec.learning_rate) for row in points]
    pad = max((max(rates) - min(rates)) * 0.03, 0.05)
    bottom, step, steps = _scale([_score(row) for row in points])
    height = HEIGHT // steps * steps + 1
    is_cut = min(_score(row) for row in points) < bottom
    labels = {
        height - 1 - place * (height - 1) // steps: f"{bottom + place * step:.3f}"
        for place in range(steps + 1)
    }
    if is_cut:
        labels[height - 1] = f"<={bottom:.3f}"
    return Frame(
        width=max(min(canvas.width - MARGIN - 3, WIDEST), 16),
        height=height,
        left=min(rates) - pad,
        right=max(rates) + pad,
        bottom=bottom,
        top=bottom + steps * step,
        labels=labels,
    )


def _scale(scores: Sequence[float]) -> tuple[float, float, int]:
    """Return the lowest label, the step between labels and the number of steps (3 to 6).

    The scale ends at most three times as far below the best score as the median does, so that a
    few failures do not press all good trials into one line.
    """
    top = max(scores)
    floor = max(min(scores), top - 3 * max(top - statistics.median(scores), 0.01))
    span = max(top - floor, 0.004)
    step = next(
        step
        for power in range(-4, 1)
        for step in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)
        if span / step <= 4
    )
    bottom = math.floor(floor / step + 1e-9) * step
    return bottom, step, max(math.ceil((top - bottom) / step - 1e-9), 1)


def _signs(points: Sequence[TrialRow], symbols: Symbols) -> dict[int, tuple[str, str, str]]:
    """Return batch size to its filled sign, hollow sign and colour."""
    filled = symbols.filled + LETTERS
    hollow = symbols.hollow + LETTERS.lower()
    sizes = sorted({row.spec.batch_size for row in points})
    return {
        size: (
            filled[place % len(filled)],
            hollow[place % len(hollow)],
            BATCH_STYLES[place % len(BATCH_STYLES)],
        )
        for place, size in enumerate(sizes)
    }


def _sign(row: TrialRow, signs: Mapping[int, tuple[str, str, str]]) -> Sign:
    filled, hollow, style = signs[row.spec.batch_size]
    return (filled if row.state is TrialState.FINISHED else hollow), style


def _line(line: int, grid: Mapping[tuple[int, int], Sign], frame: Frame, symbols: Symbols) -> Text:
    """Return one line of the picture with its scale."""
    label = frame.labels.get(line, "")
    axis = symbols.axis[1 if label else 0]
    text = Text.assemble((f"{label:>{MARGIN - 1}} {axis} ", "dim"))
    for column in range(frame.width):
        text.append(*grid.get((line, column), (" ", "")))
    text.rstrip()
    return text


def _bottom(frame: Frame, symbols: Symbols) -> list[Text]:
    """Return the horizontal axis and its learning rates."""
    axis = [symbols.axis[3]] * frame.width
    labels = [" "] * frame.width
    free_from = 0
    for rate in _ticks(frame.left, frame.right):
        column = frame.column(rate)
        label = learning_rate(rate)
        start = min(max(column - len(label) // 2, 0), frame.width - len(label))
        if start >= free_from:
            axis[column] = symbols.axis[4]
            labels[start : start + len(label)] = label
            free_from = start + len(label) + 2
    margin = " " * MARGIN
    return [
        Text(f"{margin}{symbols.axis[2]}{symbols.axis[3]}{''.join(axis)}", style="dim"),
        Text(f"{margin}  {''.join(labels)}".rstrip(), style="dim"),
    ]


def _ticks(left: float, right: float) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten between the ends; more where these are few."""
    decades = range(math.floor(left), math.ceil(right) + 1)
    for leading in ((1, 2, 5), tuple(range(1, 10))):
        ticks = [digit * 10.0**power for power in decades for digit in leading]
        inside = [tick for tick in ticks if left <= math.log10(tick) <= right]
        if len(inside) >= 2:
            return inside
    return [10.0**left, 10.0**right]


def _legend(
    signs: Mapping[int, tuple[str, str, str]],
    points: Sequence[TrialRow],
    best_key: str | None,
    symbols: Symbols,
) -> Text:
    legend = Text(f"{' ' * MARGIN}  batch size ")
    for size, (filled, _, style) in signs.items():
        legend.append(f" {filled}", style).append(f" {size} ")
    best = next((row for row in points if row.key == best_key), None)
    if best is not None:
        legend.append(f" {symbols.best}", BEST_STYLE).append(f" best ({best.spec.batch_size}) ")
    if any(row.state is not TrialState.FINISHED for row in points):
        legend.append(f" {symbols.hollow_name}: cut short")
    return legend
